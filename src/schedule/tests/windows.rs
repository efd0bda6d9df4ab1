//! The XML of a task of Windows.

use super::*;

#[test]
fn windows_task_matches_golden_file() {
    let text = windows_text(&windows());
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    let golden = include_str!("../../../tests/schedule/golden/certstow.xml");
    assert_eq!(text.replace("\r\n", "\n"), golden.replace("\r\n", "\n"));
}

/// Names of elements without their namespace.
pub(super) fn parsed(text: &str) -> String {
    text.replace(
        " xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\"",
        "",
    )
}

#[test]
fn windows_task_of_user_stores_password() {
    let text = parsed(&windows_text(&windows()));
    let document = Document::parse(&text).unwrap();
    let get = |path: &str| text_at(&document, &format!("Task/{path}"));
    assert_eq!(get("Principals/Principal/LogonType"), Some("Password"));
    assert_eq!(get("Principals/Principal/UserId"), Some(r"CONTOSO\ada"));
    assert_eq!(get("Principals/Principal/RunLevel"), Some("LeastPrivilege"));
    assert_eq!(get("Settings/MultipleInstancesPolicy"), Some("IgnoreNew"));
    assert_eq!(get("Settings/StartWhenAvailable"), Some("true"));
    assert_eq!(get("Settings/DisallowStartIfOnBatteries"), Some("false"));
    assert_eq!(
        get("Actions/Exec/Command"),
        Some(r"C:\Program Files\certstow\certstow.exe")
    );
    assert_eq!(
        get("Actions/Exec/Arguments"),
        Some(r#"backup --non-interactive --to "D:\My Backup\\" --event-log"#)
    );
    assert_eq!(
        get("Actions/Exec/WorkingDirectory"),
        Some(r"C:\Program Files\certstow")
    );
    assert!(!text.contains("S4U"));
}

#[test]
fn windows_task_of_machine_runs_as_system() {
    let machine = Schedule {
        owner: Owner::Machine,
        ..windows()
    };
    let text = parsed(&windows_text(&machine));
    let document = Document::parse(&text).unwrap();
    let get = |path: &str| text_at(&document, &format!("Task/Principals/Principal/{path}"));
    assert_eq!(get("UserId"), Some("S-1-5-18"));
    assert_eq!(get("RunLevel"), Some("HighestAvailable"));
    assert_eq!(get("LogonType"), None);
}

#[test]
fn windows_trigger_covers_each_time() {
    let trigger = |times| {
        let text = windows_text(&task_at(&[times]));
        assert!(!text.contains("RandomDelay"), "{text}");
        let (_, rest) = text.split_once("<CalendarTrigger>").unwrap();
        rest.split_once("</CalendarTrigger>").unwrap().0.to_owned()
    };
    let hourly = trigger("hourly");
    assert!(hourly.contains("<Interval>PT1H</Interval>"), "{hourly}");
    assert!(hourly.contains("T00:00:00</StartBoundary>"), "{hourly}");
    let weekly = trigger("weekly SUN@23:05");
    assert!(weekly.contains("<Sunday />"), "{weekly}");
    assert!(weekly.contains("T23:05:00</StartBoundary>"), "{weekly}");
    for (times, day) in [("monthly 28@03:15", "28"), ("monthly last@03:15", "Last")] {
        let monthly = trigger(times);
        assert!(monthly.contains(&format!("<Day>{day}</Day>")), "{monthly}");
        assert_eq!(monthly.matches("ber />").count(), 4, "{monthly}");
    }
    let several = windows_text(&task_at(&EACH));
    assert_eq!(several.matches("</CalendarTrigger>").count(), 5);
    for (seconds, expected) in [(600, "PT10M"), (90, "PT90S"), (7200, "PT120M")] {
        let delay = Duration::from_secs(seconds);
        let text = windows_text(&Schedule { delay, ..windows() });
        let element = format!("<RandomDelay>{expected}</RandomDelay>");
        assert!(text.contains(&element), "{text}");
    }
}

/// What the schema of Task Scheduler ([MS-TSCH] 2.5) allows in each element that certstow writes.
/// Only the elements of a trigger have to be in this order, and the settings of version 1.2.
const SCHEMA: [(&str, &[&str]); 14] = [
    (
        "Task",
        &[
            "RegistrationInfo",
            "Triggers",
            "Principals",
            "Settings",
            "Actions",
        ],
    ),
    (
        "RegistrationInfo",
        &["Source", "Author", "Description", "URI"],
    ),
    ("Triggers", &["CalendarTrigger"]),
    (
        "CalendarTrigger",
        &[
            "Enabled",
            "StartBoundary",
            "EndBoundary",
            "Repetition",
            "ExecutionTimeLimit",
            "RandomDelay",
            "ScheduleByDay",
            "ScheduleByWeek",
            "ScheduleByMonth",
        ],
    ),
    ("Repetition", &["Interval", "Duration", "StopAtDurationEnd"]),
    ("ScheduleByDay", &["DaysInterval"]),
    ("ScheduleByWeek", &["DaysOfWeek", "WeeksInterval"]),
    ("DaysOfWeek", &["Monday", "Sunday"]),
    ("ScheduleByMonth", &["DaysOfMonth", "Months"]),
    ("DaysOfMonth", &["Day"]),
    ("Principals", &["Principal"]),
    ("Principal", &["UserId", "LogonType", "RunLevel"]),
    ("Actions", &["Exec"]),
    ("Exec", &["Command", "Arguments", "WorkingDirectory"]),
];

#[test]
fn windows_task_follows_schema_order() {
    let owners = [Owner::User, Owner::Machine].into_iter().cycle();
    for (times, owner) in EACH.into_iter().zip(owners) {
        let text = windows_text(&Schedule {
            times: task_at(&[times]).times,
            owner,
            ..windows()
        });
        let document = Document::parse(&text).unwrap();
        let namespace = "http://schemas.microsoft.com/windows/2004/02/mit/task";
        for node in document
            .root_element()
            .descendants()
            .filter(Node::is_element)
        {
            let name = node.tag_name().name();
            assert_eq!(node.tag_name().namespace(), Some(namespace), "{name}");
            let Some((_, allowed)) = SCHEMA.iter().find(|(parent, _)| *parent == name) else {
                continue;
            };
            let children = node.children().filter(Node::is_element);
            let places: Vec<_> = children
                .map(|child| {
                    let child = child.tag_name().name();
                    let place = allowed.iter().position(|one| *one == child);
                    place.unwrap_or_else(|| panic!("{child} in {name}"))
                })
                .collect();
            assert!(!places.is_empty(), "{name}");
            assert!(
                places.is_sorted_by(|one, next| one < next),
                "{name}: {text}"
            );
        }
    }
}

#[test]
fn windows_task_differs_reports_external_edits() {
    let text = windows_text(&windows());
    assert_eq!(windows_task::differs(&text), None);
    assert_eq!(windows_task::differs(""), None);
    let s4u = text.replace("<LogonType>Password<", "<LogonType>S4U<");
    let told = windows_task::differs(&s4u).unwrap();
    assert!(told.contains("cannot decrypt"), "{told}");
    let disabled = text.replace("<Enabled>true<", "<Enabled>false<");
    let told = windows_task::differs(&disabled).unwrap();
    assert_eq!(told, "the task is disabled");
}
