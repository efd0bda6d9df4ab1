//! A line for cron (crontab(5)): five fields for the time, then a command for `sh`. It is only ever
//! printed, for machines without systemd: Alpine, containers, WSL, the BSDs.
//!
//! cron takes the first percent sign for the end of the command, unless a backslash stands before it,
//! which the cron of Debian and the BSDs then takes away and that of BusyBox does not. Outside of quotation
//! marks the shell takes away what cron left, so that is where it stands.

use super::{DayOfMonth, Schedule, ScheduleFile, When};
use crate::error::Error;

pub(super) fn files(schedule: &Schedule) -> Result<Vec<ScheduleFile>, Error> {
    schedule.refuse_delay("cron")?;
    if !schedule.program.starts_with('/') {
        return Err(Error::Usage(format!(
            "the program needs an absolute path on the machine that runs the task, and '{}' is none",
            schedule.program
        )));
    }
    let mut command = Vec::new();
    for word in std::iter::once(&schedule.program).chain(&schedule.arguments) {
        command.push(quoted(word)?);
    }
    let command = command.join(" ");
    let mut text = format!(
        "# {}: {}\n# cron mails what a run says on standard output and standard error to whom this names:\n\
         # MAILTO=\"admin@example.org\"\n",
        schedule.description(),
        schedule.times
    );
    for when in schedule.times.all() {
        text.push_str(&format!("{} {command}\n", fields(*when)?));
    }
    Ok(vec![ScheduleFile {
        name: format!("{}.cron", schedule.name),
        bytes: text.into_bytes(),
    }])
}

/// Minute, hour, day of the month, month, day of the week.
fn fields(when: When) -> Result<String, Error> {
    Ok(match when {
        When::Hourly => "0 * * * *".to_owned(),
        When::Daily(time) => format!("{} {} * * *", time.minute, time.hour),
        When::Weekly(day, time) => format!("{} {} * * {}", time.minute, time.hour, day.0),
        When::Monthly(DayOfMonth::Number(day), time) => {
            format!("{} {} {day} * *", time.minute, time.hour)
        }
        When::Monthly(DayOfMonth::Last, _) => {
            return Err(Error::Usage(
                "cron knows no last day of a month: give --monthly a day from 1 to 28".to_owned(),
            ));
        }
    })
}

/// A word for `sh`, in apostrophes unless nothing in it could mean anything else.
fn quoted(word: &str) -> Result<String, Error> {
    if word.contains(char::is_control) {
        let what = format!("cron cannot hold a control character in a word: {word}");
        return Err(Error::Usage(what));
    }
    let usual = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@".contains(c);
    if !word.is_empty() && word.chars().all(usual) {
        return Ok(word.to_owned());
    }
    let word = word.replace('\'', r"'\''").replace('%', r"'\%'");
    Ok(format!("'{word}'"))
}
