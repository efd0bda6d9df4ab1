//! A task of Windows' Task Scheduler: XML of schema version 1.2, in UTF-16LE with a byte order
//! mark, which `schtasks.exe /Create /XML` takes ([MS-TSCH] 2.5, whose schema has an order for the
//! elements of a trigger alone).
//!
//! A person's task has the logon type `Password` ("Run whether user is logged on or not"): Windows
//! logs the account on with its password and so can decrypt its private keys. `S4U` ("Do not store
//! password") is never written: without the password the account's keys stay encrypted. A task of
//! the machine runs as SYSTEM, which has no way to a person's keys.

use std::time::Duration;

use certstow_platform::os::windows_arguments;
use roxmltree::{Document, Node};

use super::install::{At, LastRun};
use super::xml::escaped;
use super::{Day, DayOfMonth, HOURS, Owner, Schedule, ScheduleFile, TaskName, Times, When};
use crate::error::Error;

/// The account SYSTEM, whatever its name in the language of the machine.
const SYSTEM: &str = "S-1-5-18";

/// By this the scheduler's own tools, and certstow, tell certstow's tasks from others.
pub(super) const SOURCE: &str = "<Source>certstow</Source>";

pub(super) fn files(schedule: &Schedule) -> Result<Vec<ScheduleFile>, Error> {
    let text = document(schedule)?;
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    Ok(vec![ScheduleFile {
        name: format!("{}.xml", schedule.name),
        bytes: units.flat_map(u16::to_le_bytes).collect(),
    }])
}

/// `task.xml`, filled in.
fn document(schedule: &Schedule) -> Result<String, Error> {
    let triggers = schedule.times.all().iter();
    let triggers = triggers.map(|when| trigger(*when, schedule.delay));
    let principal = match (schedule.owner, &schedule.account) {
        // A service account has no logon type to choose.
        (Owner::Machine, _) => {
            format!("      <UserId>{SYSTEM}</UserId>\n      <RunLevel>HighestAvailable</RunLevel>")
        }
        (Owner::User, account) => {
            let account = account.as_deref().map(escaped).transpose()?;
            let user = account.map(|account| format!("      <UserId>{account}</UserId>\n"));
            user.unwrap_or_default()
                + "      <LogonType>Password</LogonType>\n      <RunLevel>LeastPrivilege</RunLevel>"
        }
    };
    let program = &schedule.program;
    if program.contains('"') {
        let what = format!("a file of Windows has no quotation mark in its name: {program}");
        return Err(Error::Usage(what));
    }
    let arguments: Vec<_> = schedule.arguments.iter().map(|one| quoted(one)).collect();
    let folder = program.rsplit_once(['\\', '/']);
    let folder = folder.map(|(folder, _)| escaped(folder)).transpose()?;
    let folder =
        folder.map(|folder| format!("      <WorkingDirectory>{folder}</WorkingDirectory>\n"));
    let text = format!(
        include_str!("task.xml"),
        source = SOURCE,
        description = escaped(&schedule.description())?,
        triggers = triggers.collect::<String>(),
        principal = principal,
        hours = HOURS,
        program = escaped(program)?,
        arguments = escaped(&arguments.join(" "))?,
        folder = folder.unwrap_or_default(),
    );
    Ok(text.replace('\n', "\r\n"))
}

/// One time. It starts on a Monday of the past, so that the first run is the next one that is due.
fn trigger(when: When, delay: Duration) -> String {
    let (start, repetition, every) = match when {
        When::Hourly => ("00:00".to_owned(), EVERY_HOUR, EVERY_DAY.to_owned()),
        When::Daily(time) => (time.to_string(), "", EVERY_DAY.to_owned()),
        When::Weekly(day, time) => (time.to_string(), "", every_week(day)),
        When::Monthly(day, time) => (time.to_string(), "", every_month(day)),
    };
    let delay = match delay.as_secs() {
        0 => String::new(),
        seconds if seconds.is_multiple_of(60) => format!("PT{}M", seconds / 60),
        seconds => format!("PT{seconds}S"),
    };
    let delay = match delay.is_empty() {
        true => delay,
        false => format!("      <RandomDelay>{delay}</RandomDelay>\n"),
    };
    format!(
        "    <CalendarTrigger>
      <StartBoundary>2024-01-01T{start}:00</StartBoundary>
{repetition}{delay}{every}
    </CalendarTrigger>
"
    )
}

const EVERY_HOUR: &str = "      <Repetition>
        <Interval>PT1H</Interval>
        <Duration>P1D</Duration>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
";

const EVERY_DAY: &str = "      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>";

fn every_week(day: Day) -> String {
    format!(
        "      <ScheduleByWeek>
        <DaysOfWeek>
          <{} />
        </DaysOfWeek>
        <WeeksInterval>1</WeeksInterval>
      </ScheduleByWeek>",
        day.name()
    )
}

fn every_month(day: DayOfMonth) -> String {
    let day = match day {
        DayOfMonth::Number(number) => number.to_string(),
        DayOfMonth::Last => LAST.to_owned(),
    };
    let months = MONTHS.map(|month| format!("          <{month} />\n"));
    format!(
        "      <ScheduleByMonth>
        <DaysOfMonth>
          <Day>{day}</Day>
        </DaysOfMonth>
        <Months>
{}        </Months>
      </ScheduleByMonth>",
        months.concat()
    )
}

const LAST: &str = "Last";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The times of a task, from the XML of it that `schtasks.exe` shows, which writes the elements in its own
/// way; `None` of triggers that certstow does not make.
pub(crate) fn times(xml: &str) -> Option<Times> {
    let document = Document::parse(xml.trim()).ok()?;
    let triggers = document
        .descendants()
        .find(|node| node.tag_name().name() == "Triggers")?;
    let triggers = triggers.children().filter(Node::is_element);
    let all: Option<Vec<_>> = triggers.map(when_of).collect();
    all.filter(|all| !all.is_empty()).map(Times::of)
}

fn when_of(trigger: Node<'_, '_>) -> Option<When> {
    let find = |name: &str| {
        let mut all = trigger.descendants();
        all.find(|node| node.tag_name().name() == name)
    };
    let text = |name: &str| find(name)?.text();
    if text("Enabled") == Some("false") {
        return None;
    }
    // The seconds, and at times the time zone, follow.
    let (_, start) = text("StartBoundary")?.split_once('T')?;
    let time = start.get(..5)?.parse().ok()?;
    let is_each = |name| text(name) == Some("1");
    if let Some(days) = find("DaysOfWeek") {
        let mut days = days.children().filter(Node::is_element);
        let (Some(day), None) = (days.next(), days.next()) else {
            return None;
        };
        let day = day.tag_name().name().parse().ok()?;
        return is_each("WeeksInterval").then_some(When::Weekly(day, time));
    }
    if let Some(days) = find("DaysOfMonth") {
        let mut days = days.children().filter(Node::is_element);
        let (Some(day), None) = (days.next(), days.next()) else {
            return None;
        };
        let months = find("Months")?.children().filter(Node::is_element).count();
        let day = day.text()?.parse().ok()?;
        return (months == MONTHS.len()).then_some(When::Monthly(day, time));
    }
    match (is_each("DaysInterval"), text("Interval")) {
        (true, None) => Some(When::Daily(time)),
        (true, Some("PT1H")) => Some(When::Hourly),
        _ => None,
    }
}

/// One argument, so that `CommandLineToArgvW` and the C runtime read it back as it was: backslashes
/// count double before a quotation mark, and nowhere else.
fn quoted(argument: &str) -> String {
    let plain = !argument.is_empty() && !argument.contains([' ', '\t', '"']);
    if plain {
        return argument.to_owned();
    }
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for character in argument.chars() {
        match character {
            '\\' => backslashes += 1,
            '"' => {
                quoted.push_str(&"\\".repeat(backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        quoted.push(character);
    }
    quoted.push_str(&"\\".repeat(backslashes));
    quoted.push('"');
    quoted
}

/// The command line of a task, from the XML of it that `schtasks.exe` shows; `None` if it does not
/// run one program alone, or has characters that got lost on the way.
pub(crate) fn command(xml: &str) -> Option<Vec<String>> {
    let document = Document::parse(xml.trim()).ok()?;
    let all = |name| {
        let named = move |node: &Node<'_, '_>| node.tag_name().name() == name;
        document.descendants().filter(named)
    };
    let mut programs = all("Command");
    let (Some(program), None) = (programs.next(), programs.next()) else {
        return None;
    };
    let arguments = all("Arguments").next().and_then(|node| node.text());
    let mut command = vec![program.text()?.trim_matches('"').to_owned()];
    command.extend(windows_arguments(arguments.unwrap_or_default()));
    let lost = command.iter().any(|word| word.contains('\u{fffd}'));
    (!lost).then_some(command)
}

/// The names of certstow's tasks in the XML of all of them, as far as certstow could have given them, and
/// whose they are.
pub(crate) fn tasks(xml: &str) -> Vec<(TaskName, Owner)> {
    let tasks = xml.split("<Task ").filter(|task| task.contains(SOURCE));
    // Each is in a folder of tasks; those of certstow are in the first one.
    let names = tasks.filter_map(|task| {
        let (_, rest) = task.split_once("<URI>\\")?;
        let (name, _) = rest.split_once("</URI>")?;
        let owner = match task.contains(&format!("<UserId>{SYSTEM}</UserId>")) {
            true => Owner::Machine,
            false => Owner::User,
        };
        Some((name.parse().ok()?, owner))
    });
    names.collect()
}

/// How a task last ended, from the line that `schtasks.exe /V /FO CSV /NH` has of it: the columns are the
/// same in each language, and the last two that count are the time and the code of the last run.
pub(crate) fn last_run(table: &str) -> Option<LastRun> {
    /// `SCHED_S_TASK_RUNNING` and `SCHED_S_TASK_HAS_NOT_RUN` ("Task Scheduler Error and Success Constants").
    const RUNNING: i64 = 0x0004_1301;
    const HAS_NOT_RUN: i64 = 0x0004_1303;
    let line = table.lines().find(|line| !line.trim().is_empty())?;
    let mut columns = line.trim().split("\",\"").skip(5);
    let when = columns.next()?.to_owned();
    Some(match columns.next()?.parse().ok()? {
        RUNNING => LastRun::Running,
        HAS_NOT_RUN => LastRun::Never,
        code => LastRun::Ended {
            code,
            at: Some(At::Words(when)),
        },
    })
}

/// Why a task will not do what certstow registered it for, from the XML of it: somebody changed how
/// it logs on, or disabled it.
pub(crate) fn differs(xml: &str) -> Option<String> {
    let document = Document::parse(xml.trim()).ok()?;
    let text = |parent: &str, name: &str| {
        let inside = |node: &Node<'_, '_>| {
            let outer = node.parent_element();
            node.tag_name().name() == name
                && outer.is_some_and(|outer| outer.tag_name().name() == parent)
        };
        document.descendants().find(inside)?.text()
    };
    if text("Principal", "LogonType") == Some("S4U") {
        return Some(
            "the task logs on without the account's password (S4U, 'Do not store password'), so \
             that Windows cannot decrypt the account's private keys: install it anew"
                .to_owned(),
        );
    }
    (text("Settings", "Enabled") == Some("false")).then(|| "the task is disabled".to_owned())
}

/// Whether Task Scheduler would put something else in a text's place: a variable of the environment
/// (`%TEMP%`), or of the task (`$(Arg0)`, "IRegisteredTask::Run"; `$(EventData)`, "ValueQueries"). There is
/// no way to write these so that they stay.
pub(crate) fn would_be_replaced(text: &str) -> bool {
    let parts: Vec<_> = text.split('%').collect();
    // What stands between two percent signs; two in a row name nothing, and stay.
    let mut names = parts.iter().skip(1).rev().skip(1);
    names.any(|name| !name.is_empty()) || text.contains("$(")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_is_read_back_as_it_was() {
        let arguments = [
            "backup",
            "",
            "C:\\Users\\Ada Example\\Backup\\",
            r"C:\plain\path\",
            r#"say "hello""#,
            r#"back\"slash\\"#,
            r#"\\server\share\"#,
            r#"\\server\a share\\"#,
            "tab\there",
            "\"",
            "Müller & Söhne <x> 🔑",
        ];
        let line: Vec<_> = arguments.iter().map(|one| quoted(one)).collect();
        assert_eq!(windows_arguments(&line.join(" ")), arguments);
    }

    #[test]
    fn quoted_quotes_only_when_needed() {
        assert_eq!(quoted(r"C:\Backup"), r"C:\Backup");
        assert_eq!(quoted(r"C:\My Backup\"), r#""C:\My Backup\\""#);
    }

    #[test]
    fn tasks_are_own_ones_and_their_owners() {
        let task_of = |uri: &str, source: &str| {
            format!(
                "<!-- {uri} -->\n<Task version=\"1.2\" xmlns=\"x\">\n<RegistrationInfo>{source}\
                 <URI>{uri}</URI></RegistrationInfo>\n<UserId>{user}</UserId>\n<Actions/></Task>\n",
                user = if uri.contains("machine") {
                    SYSTEM
                } else {
                    "PC\\ada"
                }
            )
        };
        let own = [task_of(r"\certstow", SOURCE), task_of(r"\machine", SOURCE)].concat();
        let others = [task_of(r"\Folder\moved", SOURCE), task_of(r"\other", "")].concat();
        let all = format!("<?xml version=\"1.0\" ?>\n<Tasks>\n{others}{own}</Tasks>");
        let name = |name: &str| name.parse().unwrap();
        let expected = [
            (name("certstow"), Owner::User),
            (name("machine"), Owner::Machine),
        ];
        assert_eq!(tasks(&all), expected);
        assert!(tasks("").is_empty());
    }

    #[test]
    fn last_run_reads_columns_of_each_language() {
        let line = |code: &str| {
            format!(
                "\r\n\"PC\",\"\\certstow\",\"01.12.2026 12:30:00\",\"Bereit\",\"Interaktiv/Hintergrund\",\
                 \"30.11.2026 12:30:12\",\"{code}\",\"PC\\ada\",\"C:\\certstow.exe backup\"\r\n"
            )
        };
        let ended = |code| {
            let at = Some(At::Words("30.11.2026 12:30:12".to_owned()));
            Some(LastRun::Ended { code, at })
        };
        assert_eq!(last_run(&line("0")), ended(0));
        assert_eq!(last_run(&line("14")), ended(14));
        assert_eq!(last_run(&line("-2147024894")), ended(-2_147_024_894));
        assert_eq!(last_run(&line("267011")), Some(LastRun::Never));
        assert_eq!(last_run(&line("267009")), Some(LastRun::Running));
        for other in ["", "ERROR: x", "\"a\",\"b\""] {
            assert_eq!(last_run(other), None);
        }
    }

    #[test]
    fn would_be_replaced_detects_variables() {
        for (text, replaced) in [
            (r"%TEMP%\x", true),
            (r"C:\100%", false),
            ("100%%", false),
            ("a%b%c", true),
            ("%%TEMP%", true),
            ("%%TEMP%%", true),
            ("%", false),
            ("$(Arg0)", true),
            ("$100", false),
        ] {
            assert_eq!(would_be_replaced(text), replaced, "{text}");
        }
    }
}
