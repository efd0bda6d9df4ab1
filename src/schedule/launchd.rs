//! A job of launchd (launchd.plist(5)): an agent in a person's own session, where the login
//! keychain is unlocked, or a daemon of the machine, which has the System keychain alone. A time
//! that passes while the machine sleeps is made up for when it wakes; one that passes while it is off
//! is not (Apple, "Scheduling Timed Jobs").

use std::path::Path;

use certstow_platform::os::privacy;
use roxmltree::{Document, Node, ParsingOptions};

use super::xml::escaped;
use super::{Schedule, ScheduleFile, When};
use crate::error::Error;

/// What the label of a task begins with.
const PREFIX: &str = "org.certstow.";

/// launchd's own name for the task of a name.
pub(crate) fn label(name: &super::TaskName) -> String {
    format!("{PREFIX}{name}")
}

/// The name of the task whose property list a file is, by the file's name.
pub(super) fn name_of(file: &str) -> Option<super::TaskName> {
    let name = file.strip_prefix(PREFIX)?.strip_suffix(".plist")?;
    name.parse().ok()
}

pub(super) fn files(schedule: &Schedule) -> Result<Vec<ScheduleFile>, Error> {
    if !schedule.program.starts_with('/') {
        return Err(Error::Usage(format!(
            "the program needs an absolute path on the machine that runs the task, and '{}' is none",
            schedule.program
        )));
    }
    Ok(vec![ScheduleFile {
        name: format!("{}.plist", label(&schedule.name)),
        bytes: document(schedule)?.into_bytes(),
    }])
}

/// `job.plist`, filled in.
fn document(schedule: &Schedule) -> Result<String, Error> {
    let mut words = String::new();
    for word in std::iter::once(&schedule.program).chain(&schedule.arguments) {
        words.push_str(&format!("\t\t<string>{}</string>\n", escaped(word)?));
    }
    let interval = interval(schedule.when).into_iter();
    let interval = interval
        .map(|(key, number)| format!("\t\t<key>{key}</key>\n\t\t<integer>{number}</integer>\n"));
    let log = schedule.log.as_deref().map(escaped).transpose()?;
    let log = log.map(|log| format!("\t<key>StandardErrorPath</key>\n\t<string>{log}</string>\n"));
    Ok(format!(
        include_str!("job.plist"),
        label = label(&schedule.name),
        words = words,
        interval = interval.collect::<String>(),
        // Which a property list can only write in decimal.
        umask = 0o77,
        log = log.unwrap_or_default(),
    ))
}

/// What the task needs a person's leave for, which macOS asks nobody about while it runs.
pub(crate) fn kept_out(schedule: &Schedule) -> Option<String> {
    let mut folders: Vec<&str> = Vec::new();
    for word in schedule.writes_to.iter().chain(&schedule.arguments) {
        let path = word.strip_prefix("file:").unwrap_or(word);
        if privacy::guarded_folder(Path::new(path)).is_some() && !folders.contains(&path) {
            folders.push(path);
        }
    }
    (!folders.is_empty()).then(|| {
        format!(
            "macOS lets no task into {} before {} has Full Disk Access (System Settings, Privacy & \
             Security): until then each run ends with 'Operation not permitted'",
            folders.join(", "),
            schedule.program
        )
    })
}

/// What is left out stands for every one of it.
fn interval(when: When) -> Vec<(&'static str, u8)> {
    match when {
        When::Hourly => vec![("Minute", 0)],
        When::Daily(time) => vec![("Hour", time.hour), ("Minute", time.minute)],
        When::Weekly(day, time) => vec![
            ("Weekday", day.0),
            ("Hour", time.hour),
            ("Minute", time.minute),
        ],
    }
}

/// The command line of a job; `None` if it is no property list in XML, or says it in another way.
pub(crate) fn command(list: &str) -> Option<Vec<String>> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(list, options).ok()?;
    let key = document
        .descendants()
        .find(|node| node.has_tag_name("key") && node.text() == Some("ProgramArguments"))?;
    let array = key.next_sibling_element()?;
    let words = array.children().filter(Node::is_element);
    let words: Vec<_> = words
        .map(|word| word.text().unwrap_or_default().to_owned())
        .collect();
    (array.has_tag_name("array") && !words.is_empty()).then_some(words)
}
