use super::*;
use roxmltree::{Document, Node, ParsingOptions};

use crate::exit::Exit;

/// Paths as nobody has them, and as somebody will.
const HOSTILE: [&str; 8] = [
    "/srv/two words",
    "/srv/100% & more; <x> \"y\" 'z'",
    "/srv/$HOME/%h/${X}",
    "/srv/back\\slash\\",
    "/srv/Schlüssel 🔑",
    "#",
    ";",
    "",
];

fn schedule() -> Schedule {
    Schedule {
        name: "certstow".parse().unwrap(),
        program: "/usr/bin/certstow".to_owned(),
        arguments: ["backup", "--non-interactive", "--to", "/srv/backup"]
            .map(str::to_owned)
            .to_vec(),
        when: When::Daily("03:15".parse().unwrap()),
        owner: Owner::User,
        account: None,
        writes_to: vec!["/srv/backup".to_owned()],
        credentials: vec!["certstow".to_owned()],
        log: None,
    }
}

fn windows() -> Schedule {
    Schedule {
        program: r"C:\Program Files\certstow\certstow.exe".to_owned(),
        arguments: ["backup", "--non-interactive", "--to", r"D:\My Backup\"]
            .map(str::to_owned)
            .to_vec(),
        account: Some(r"CONTOSO\ada".to_owned()),
        ..schedule()
    }
}

fn hostile() -> Schedule {
    let mut hostile = schedule();
    hostile.arguments.extend(HOSTILE.map(str::to_owned));
    hostile
}

/// The text of a task of Windows, whose encoding is checked on the way.
fn windows_text(schedule: &Schedule) -> String {
    let [file] = &schedule.files(Scheduler::TaskScheduler).unwrap()[..] else {
        panic!("not one file")
    };
    assert_eq!(file.name, "certstow.xml");
    assert_eq!(file.bytes[..2], [0xff, 0xfe]);
    let (pairs, []) = file.bytes[2..].as_chunks::<2>() else {
        panic!("half a unit")
    };
    let units: Vec<u16> = pairs.iter().copied().map(u16::from_le_bytes).collect();
    String::from_utf16(&units).unwrap()
}

fn text_of(schedule: &Schedule, scheduler: Scheduler, position: usize) -> String {
    let mut files = schedule.files(scheduler).unwrap();
    String::from_utf8(files.swap_remove(position).bytes).unwrap()
}

/// The text at a path of element names.
fn at<'a>(document: &'a Document<'_>, path: &str) -> Option<&'a str> {
    let mut node = document.root();
    for name in path.split('/') {
        node = node.children().find(|child| child.has_tag_name(name))?;
    }
    Some(node.text().unwrap_or_default())
}

#[test]
fn a_task_of_windows_is_what_is_shown() {
    let text = windows_text(&windows());
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    let golden = include_str!("../../tests/schedule/golden/certstow.xml");
    assert_eq!(text.replace("\r\n", "\n"), golden.replace("\r\n", "\n"));
}

/// Names of elements without their namespace.
fn parsed(text: &str) -> String {
    text.replace(
        " xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\"",
        "",
    )
}

#[test]
fn a_persons_task_of_windows_stores_the_password_and_never_says_s4u() {
    let text = parsed(&windows_text(&windows()));
    let document = Document::parse(&text).unwrap();
    let get = |path: &str| at(&document, &format!("Task/{path}"));
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
        Some(r#"backup --non-interactive --to "D:\My Backup\\""#)
    );
    assert_eq!(
        get("Actions/Exec/WorkingDirectory"),
        Some(r"C:\Program Files\certstow")
    );
    assert!(!text.contains("S4U"));
}

#[test]
fn a_task_of_the_machine_runs_as_system() {
    let machine = Schedule {
        owner: Owner::Machine,
        ..windows()
    };
    let text = parsed(&windows_text(&machine));
    let document = Document::parse(&text).unwrap();
    let get = |path: &str| at(&document, &format!("Task/Principals/Principal/{path}"));
    assert_eq!(get("UserId"), Some("S-1-5-18"));
    assert_eq!(get("RunLevel"), Some("HighestAvailable"));
    assert_eq!(get("LogonType"), None);
}

#[test]
fn windows_is_told_each_kind_of_time() {
    let trigger = |when| {
        let text = windows_text(&Schedule { when, ..windows() });
        let (_, rest) = text.split_once("<CalendarTrigger>").unwrap();
        rest.split_once("</CalendarTrigger>").unwrap().0.to_owned()
    };
    let hourly = trigger(When::Hourly);
    assert!(hourly.contains("<Interval>PT1H</Interval>"), "{hourly}");
    assert!(hourly.contains("T00:00:00</StartBoundary>"), "{hourly}");
    let (day, time) = parse_weekly("SUN@23:05").unwrap();
    let weekly = trigger(When::Weekly(day, time));
    assert!(weekly.contains("<Sunday />"), "{weekly}");
    assert!(weekly.contains("T23:05:00</StartBoundary>"), "{weekly}");
}

#[test]
fn xml_gives_back_what_was_put_in() {
    let text = parsed(&windows_text(&Schedule {
        arguments: hostile().arguments,
        ..windows()
    }));
    let document = Document::parse(&text).unwrap();
    let arguments = at(&document, "Task/Actions/Exec/Arguments").unwrap();
    assert!(arguments.contains("/srv/$HOME/%h/${X}"), "{arguments}");
    assert!(
        arguments.contains(r#"& more; <x> \"y\" 'z'"#),
        "{arguments}"
    );

    let text = text_of(&hostile(), Scheduler::Launchd, 0);
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(&text, options).unwrap();
    let array = document
        .descendants()
        .find(|node| node.has_tag_name("array"))
        .unwrap();
    let words: Vec<_> = array
        .children()
        .filter(Node::is_element)
        .map(|node| node.text().unwrap_or_default())
        .collect();
    assert_eq!(words[0], "/usr/bin/certstow");
    assert_eq!(words[1..], hostile().arguments);
}

#[test]
fn what_a_scheduler_cannot_hold_is_refused() {
    let mut schedule = schedule();
    schedule.arguments.push("a\nb".to_owned());
    for scheduler in [Scheduler::TaskScheduler, Scheduler::Launchd] {
        let error = schedule.files(scheduler).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.to_string().contains("control character"), "{error}");
    }
    schedule.files(Scheduler::Systemd).unwrap();

    schedule.program = "certstow".to_owned();
    for scheduler in [Scheduler::Systemd, Scheduler::Launchd] {
        let error = schedule.files(scheduler).unwrap_err();
        assert!(error.to_string().contains("absolute path"), "{error}");
    }
    schedule.program = r#"C:\a"b.exe"#.to_owned();
    let error = schedule.files(Scheduler::TaskScheduler).unwrap_err();
    assert!(error.to_string().contains("quotation mark"), "{error}");
}

#[test]
fn systemd_is_told_each_kind_of_time() {
    let calendar = |when| {
        let text = text_of(&Schedule { when, ..schedule() }, Scheduler::Systemd, 1);
        let (_, rest) = text.split_once("OnCalendar=").unwrap();
        rest.lines().next().unwrap().to_owned()
    };
    assert_eq!(calendar(When::Hourly), "*-*-* *:00:00");
    assert_eq!(calendar(schedule().when), "*-*-* 03:15:00");
    let (day, time) = parse_weekly("Monday@0:00").unwrap();
    assert_eq!(calendar(When::Weekly(day, time)), "Mon *-*-* 00:00:00");
}

#[test]
fn credentials_and_the_tightest_limits_are_for_the_systems_own_manager() {
    let own = text_of(&schedule(), Scheduler::Systemd, 0);
    let machine = Schedule {
        owner: Owner::Machine,
        ..schedule()
    };
    let machine = text_of(&machine, Scheduler::Systemd, 0);
    for line in ["LoadCredentialEncrypted=certstow\n", "PrivateNetwork=yes\n"] {
        assert!(!own.contains(line), "{own}");
        assert!(machine.contains(line), "{machine}");
    }
    for text in [own, machine] {
        assert!(text.contains("\nReadWritePaths=-/srv/backup\n"), "{text}");
        assert!(text.contains("\nNoNewPrivileges=yes\n"), "{text}");
    }
}

#[test]
fn launchd_is_told_each_kind_of_time() {
    let (day, time) = parse_weekly("sun@03:15").unwrap();
    let when = When::Weekly(day, time);
    let text = text_of(&Schedule { when, ..schedule() }, Scheduler::Launchd, 0);
    for (key, number) in [("Weekday", 0), ("Hour", 3), ("Minute", 15)] {
        let expected = format!("<key>{key}</key>\n\t\t<integer>{number}</integer>");
        assert!(text.contains(&expected), "{text}");
    }
    let hourly = Schedule {
        when: When::Hourly,
        log: Some("/Library/Logs/org.certstow.certstow.log".to_owned()),
        ..schedule()
    };
    let text = text_of(&hourly, Scheduler::Launchd, 0);
    assert!(!text.contains("<key>Hour</key>"), "{text}");
    assert!(text.contains("<key>StandardErrorPath</key>"), "{text}");
}

#[test]
fn the_same_schedule_gives_the_same_bytes() {
    for scheduler in [
        Scheduler::TaskScheduler,
        Scheduler::Systemd,
        Scheduler::Launchd,
    ] {
        assert_eq!(
            hostile().files(scheduler).unwrap(),
            hostile().files(scheduler).unwrap()
        );
    }
}

#[test]
fn names_of_tasks_are_plain() {
    for name in ["certstow", "a", "Backup-2_x.y"] {
        assert_eq!(name.parse::<TaskName>().unwrap().as_str(), name);
    }
    let long = "x".repeat(65);
    for name in [
        "",
        "-x",
        ".x",
        "a b",
        "a/b",
        r"a\b",
        "ü",
        "a%b",
        long.as_str(),
    ] {
        assert!(name.parse::<TaskName>().is_err(), "{name}");
    }
}

#[test]
fn times_are_those_of_a_clock() {
    for (text, shown) in [("03:15", "03:15"), ("3:05", "03:05"), ("23:59", "23:59")] {
        assert_eq!(text.parse::<Time>().unwrap().to_string(), shown);
    }
    for text in ["", "3", "24:00", "12:60", "12:5", "+1:00", "012:00", "a:00"] {
        assert!(text.parse::<Time>().is_err(), "{text}");
    }
    for text in ["sun", "sun@", "someday@03:00", "s@03:00"] {
        assert!(parse_weekly(text).is_err(), "{text}");
    }
}
