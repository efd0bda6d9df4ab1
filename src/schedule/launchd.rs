//! A job of launchd (launchd.plist(5)): an agent in a person's own session, where the login
//! keychain is unlocked, or a daemon of the machine, which has the System keychain alone. A time
//! that passes while the machine sleeps is made up for when it wakes; one that passes while it is off
//! is not (Apple, "Scheduling Timed Jobs").

use std::path::Path;

use certstow_platform::os::privacy;
use roxmltree::{Document, Node, ParsingOptions};

use super::xml::escaped;
use super::{Day, DayOfMonth, Schedule, ScheduleFile, Time, Times, When};
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
    schedule.refuse_delay("launchd")?;
    let intervals: Vec<_> = schedule
        .times
        .all()
        .iter()
        .map(|when| interval(*when))
        .collect();
    let intervals = intervals.into_iter().collect::<Result<Vec<_>, _>>()?;
    let interval = match &intervals[..] {
        [one] => dictionary(one, "\t"),
        several => {
            let several = several.iter().map(|one| dictionary(one, "\t\t"));
            format!("\t<array>\n{}\t</array>\n", several.collect::<String>())
        }
    };
    let log = schedule.log.as_deref().map(escaped).transpose()?;
    let log = log.map(|log| format!("\t<key>StandardErrorPath</key>\n\t<string>{log}</string>\n"));
    Ok(format!(
        include_str!("job.plist"),
        label = label(&schedule.name),
        words = words,
        interval = interval,
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

/// The parts of a time. What is left out stands for every one of it.
type Interval = Vec<(&'static str, u8)>;

fn interval(when: When) -> Result<Interval, Error> {
    let at = |time: Time| vec![("Hour", time.hour), ("Minute", time.minute)];
    Ok(match when {
        When::Hourly => vec![("Minute", 0)],
        When::Daily(time) => at(time),
        When::Weekly(day, time) => [vec![("Weekday", day.0)], at(time)].concat(),
        When::Monthly(DayOfMonth::Number(day), time) => [vec![("Day", day)], at(time)].concat(),
        When::Monthly(DayOfMonth::Last, _) => {
            return Err(Error::Usage(
                "launchd knows no last day of a month: give --monthly a day from 1 to 28"
                    .to_owned(),
            ));
        }
    })
}

fn dictionary(interval: &Interval, indent: &str) -> String {
    let parts = interval.iter().map(|(key, number)| {
        format!("{indent}\t<key>{key}</key>\n{indent}\t<integer>{number}</integer>\n")
    });
    let parts: String = parts.collect();
    format!("{indent}<dict>\n{parts}{indent}</dict>\n")
}

/// The times of a job; `None` of one that says them in another way than certstow.
pub(crate) fn times(list: &str) -> Option<Times> {
    let document = parsed(list)?;
    let node = value(&document, "StartCalendarInterval")?;
    let dictionaries: Vec<_> = match node.tag_name().name() {
        "array" => node.children().filter(Node::is_element).collect(),
        _ => vec![node],
    };
    let all: Option<Vec<_>> = dictionaries.into_iter().map(when_of).collect();
    all.filter(|all| !all.is_empty()).map(Times::of)
}

fn when_of(dictionary: Node<'_, '_>) -> Option<When> {
    let keys = dictionary
        .children()
        .filter(|node| node.has_tag_name("key"));
    let parts: Option<Vec<_>> = keys
        .map(|key| {
            let number = key.next_sibling_element()?.text()?.parse().ok()?;
            Some((key.text()?, number))
        })
        .collect();
    let time = |hour, minute| (hour < 24 && minute < 60).then_some(Time { hour, minute });
    let when = match parts?[..] {
        [("Minute", 0)] => When::Hourly,
        [("Hour", hour), ("Minute", minute)] => When::Daily(time(hour, minute)?),
        [("Weekday", day), ("Hour", hour), ("Minute", minute)] if day < 7 => {
            When::Weekly(Day(day), time(hour, minute)?)
        }
        [("Day", day), ("Hour", hour), ("Minute", minute)] => {
            When::Monthly(DayOfMonth::Number(day), time(hour, minute)?)
        }
        _ => return None,
    };
    Some(when)
}

/// The command line of a job; `None` if it is no property list in XML, or says it in another way.
pub(crate) fn command(list: &str) -> Option<Vec<String>> {
    let document = parsed(list)?;
    let array = value(&document, "ProgramArguments")?;
    let words = array.children().filter(Node::is_element);
    let words: Vec<_> = words
        .map(|word| word.text().unwrap_or_default().to_owned())
        .collect();
    (array.has_tag_name("array") && !words.is_empty()).then_some(words)
}

fn parsed(list: &str) -> Option<Document<'_>> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(list, options).ok()
}

/// What stands behind a key.
fn value<'a, 'i>(document: &'a Document<'i>, key: &str) -> Option<Node<'a, 'i>> {
    let is_key = |node: &Node<'_, '_>| node.has_tag_name("key") && node.text() == Some(key);
    document.descendants().find(is_key)?.next_sibling_element()
}
