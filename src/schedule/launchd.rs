//! A job of launchd (launchd.plist(5)): an agent in a person's own session, where the login
//! keychain is unlocked, or a daemon of the machine, which has the System keychain alone. A time
//! that passes while the machine sleeps is made up for when it wakes.

use std::fmt::Write as _;

use roxmltree::{Document, Node, ParsingOptions};

use super::xml::escaped;
use super::{Day, Schedule, ScheduleFile, When};
use crate::error::Error;

/// What the label of a task begins with.
const PREFIX: &str = "org.certstow.";

/// launchd's own name for the task of a name.
pub(crate) fn label(name: &super::TaskName) -> String {
    format!("{PREFIX}{name}")
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

fn document(schedule: &Schedule) -> Result<String, Error> {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n",
    );
    // Writing to a string cannot fail, here and below.
    let label = label(&schedule.name);
    let _ = writeln!(text, "\t<key>Label</key>\n\t<string>{label}</string>");
    text.push_str("\t<key>ProgramArguments</key>\n\t<array>\n");
    for word in std::iter::once(&schedule.program).chain(&schedule.arguments) {
        let _ = writeln!(text, "\t\t<string>{}</string>", escaped(word)?);
    }
    text.push_str("\t</array>\n\t<key>StartCalendarInterval</key>\n\t<dict>\n");
    for (key, number) in interval(schedule.when) {
        let _ = writeln!(
            text,
            "\t\t<key>{key}</key>\n\t\t<integer>{number}</integer>"
        );
    }
    text.push_str("\t</dict>\n");
    text.push_str("\t<key>ProcessType</key>\n\t<string>Background</string>\n");
    // 077, which a property list can only write in decimal.
    let _ = writeln!(text, "\t<key>Umask</key>\n\t<integer>{}</integer>", 0o77);
    if let Some(log) = &schedule.log {
        let log = escaped(log)?;
        let _ = writeln!(
            text,
            "\t<key>StandardErrorPath</key>\n\t<string>{log}</string>"
        );
    }
    text.push_str("</dict>\n</plist>\n");
    Ok(text)
}

/// What is left out stands for every one of it.
fn interval(when: When) -> Vec<(&'static str, u8)> {
    match when {
        When::Hourly => vec![("Minute", 0)],
        When::Daily(time) => vec![("Hour", time.hour), ("Minute", time.minute)],
        When::Weekly(day, time) => vec![
            ("Weekday", weekday(day)),
            ("Hour", time.hour),
            ("Minute", time.minute),
        ],
    }
}

/// Sunday is 0.
fn weekday(day: Day) -> u8 {
    match day {
        Day::Sunday => 0,
        Day::Monday => 1,
        Day::Tuesday => 2,
        Day::Wednesday => 3,
        Day::Thursday => 4,
        Day::Friday => 5,
        Day::Saturday => 6,
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
