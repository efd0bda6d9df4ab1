//! A backup that runs by itself: what runs, when and for whom, and the files that tell an
//! operating system's scheduler so. The three formats (a task of Windows' Task Scheduler, a service
//! and timer of systemd, a property list of launchd) are pure functions and the same everywhere, so
//! that an administrator can print any of them on any system; [`install`] hands them to the
//! scheduler of this one.
//!
//! Where things are put, for the task of the name `NAME`:
//!
//! | scheduler | a person's | the machine's (`--machine`) |
//! | --- | --- | --- |
//! | Task Scheduler | task `\NAME`, which runs as that account with its password stored | task `\NAME`, which runs as SYSTEM |
//! | systemd | `NAME.service` and `NAME.timer` in `$XDG_CONFIG_HOME/systemd/user`, or `~/.config/systemd/user` | the same in `/etc/systemd/system` |
//! | launchd | `org.certstow.NAME.plist` in `~/Library/LaunchAgents` | the same in `/Library/LaunchDaemons` |
//!
//! What a run says goes to Windows' Application log, unless the task has a `--log`; to the journal;
//! and on macOS to `~/Library/Logs/org.certstow.NAME.log`, the machine's to `/Library/Logs`.

mod error;
mod files;
pub(crate) mod install;
pub(crate) mod launchd;
pub(crate) mod systemd;
pub(crate) mod windows_task;
mod xml;

use std::fmt;
use std::str::FromStr;

pub(crate) use certstow_platform::scheduler::{Owner, Scheduler};

pub(crate) use error::SchedulerError;
pub(crate) use launchd::{kept_out, label as launchd_label};
pub(crate) use windows_task::would_be_replaced;

/// The longest run: certstow ends its own waits long before, so this is for a machine that hangs.
const HOURS: u32 = 2;

/// Machines of a fleet do not write to the same share in the same second.
const DELAY_MINUTES: u32 = 10;

/// A run of certstow at set times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// What the task is called.
    pub(crate) name: TaskName,
    /// The path of certstow on the machine where it will run, absolute there.
    pub(crate) program: String,
    /// Its arguments, the command first.
    pub(crate) arguments: Vec<String>,
    /// The times.
    pub(crate) when: When,
    /// Whose task it is.
    pub(crate) owner: Owner,
    /// The account that a person's task runs as, as Windows names it; `None` leaves that to
    /// whoever registers it. No other system writes it down.
    pub(crate) account: Option<String>,
    /// The folders that certstow writes to: systemd lets the service write nowhere else.
    pub(crate) writes_to: Vec<String>,
    /// Whether certstow starts programs of the owner's choice there: one that prints a password, say.
    pub(crate) starts_programs: bool,
    /// The names of the encrypted credentials that systemd hands to a service of the machine.
    pub(crate) credentials: Vec<String>,
    /// The file for what certstow says, where nothing else keeps it: on macOS.
    pub(crate) log: Option<String>,
}

/// A file for a scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScheduleFile {
    /// Its name, without a folder.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

impl Schedule {
    /// What the task is, for a person who meets it in the system's own tools.
    fn description(&self) -> String {
        format!(
            "Backup of certificates with their private keys ({})",
            self.name
        )
    }
}

/// What a task is called: letters, digits, `-`, `_` and `.`, at most 64 of them, beginning with a
/// letter or digit. It becomes part of file names, labels and command lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaskName(String);

impl TaskName {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TaskName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && text.len() <= 64 && text.chars().all(usual) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a task's name has letters, digits, '-', '_' and '.', at most 64".to_owned())
        }
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// When a task runs, in the machine's own time. A run that was missed because the machine was asleep
/// is made up for as soon as it is awake; one that was missed because it was off, by systemd and Task
/// Scheduler alone: launchd waits for the next time (Apple, "Scheduling Timed Jobs").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// At the beginning of every hour.
    Hourly,
    /// Every day.
    Daily(Time),
    /// Once a week.
    Weekly(Day, Time),
}

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    /// 0 to 23.
    hour: u8,
    /// 0 to 59.
    minute: u8,
}

impl Time {
    /// Noon, when most machines are on.
    pub(crate) const NOON: Self = Self {
        hour: 12,
        minute: 0,
    };
}

impl FromStr for Time {
    type Err = String;

    /// Reads `HH:MM`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no time of day such as 03:15");
        let number = |part: &str, limit: u8| {
            let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            let number = part.parse().ok().filter(|number| digits && *number < limit);
            number.ok_or_else(wrong)
        };
        let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
        if minute.len() != 2 {
            return Err(wrong());
        }
        Ok(Self {
            hour: number(hour, 24)?,
            minute: number(minute, 60)?,
        })
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

/// A day of the week, by its number: Sunday is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(u8);

impl Day {
    const NAMES: [&'static str; 7] = [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ];

    /// Its English name, which is also the element of Windows' XML.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[usize::from(self.0)]
    }
}

impl FromStr for Day {
    type Err = String;

    /// Reads an English name in any letter case, in full or its first three letters.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut days = (0..7).map(Self);
        days.find(|day| {
            let name = day.name();
            name.eq_ignore_ascii_case(text) || name[..3].eq_ignore_ascii_case(text)
        })
        .ok_or_else(|| format!("'{text}' is no day of the week such as sunday or sun"))
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hourly => f.write_str("every hour"),
            Self::Daily(time) => write!(f, "every day at {time}"),
            Self::Weekly(day, time) => write!(f, "every {} at {time}", day.name()),
        }
    }
}

/// Reads `DAY@HH:MM`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse_weekly(text: &str) -> Result<(Day, Time), String> {
    let (day, time) = text
        .split_once('@')
        .ok_or_else(|| format!("'{text}' is no day and time such as sun@03:15"))?;
    Ok((day.parse()?, time.parse()?))
}

#[cfg(test)]
mod tests;
