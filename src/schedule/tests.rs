mod windows;
mod words;

use roxmltree::{Document, Node, ParsingOptions};

use super::*;
use crate::error::Explain as _;
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
        starts_programs: false,
        credentials: vec!["certstow".to_owned()],
        log: None,
    }
}

fn windows() -> Schedule {
    Schedule {
        program: r"C:\Program Files\certstow\certstow.exe".to_owned(),
        arguments: [
            "backup",
            "--non-interactive",
            "--to",
            r"D:\My Backup\",
            "--event-log",
        ]
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
fn files_refuse_values_scheduler_cannot_hold() {
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
    for program in ["/opt/Ada's/x", "/a\"b", "/a\\b", "/a\nb", "/a\u{7f}"] {
        schedule.program = program.to_owned();
        let error = schedule.files(Scheduler::Systemd).unwrap_err();
        assert!(error.to_string().contains("apostrophe"), "{error}");
    }
    schedule.program = r#"C:\a"b.exe"#.to_owned();
    let error = schedule.files(Scheduler::TaskScheduler).unwrap_err();
    assert!(error.to_string().contains("quotation mark"), "{error}");
}

#[test]
fn systemd_calendar_covers_each_schedule() {
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
fn systemd_adds_credentials_for_machine_units_only() {
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
fn launchd_calendar_covers_each_schedule() {
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
fn files_are_deterministic() {
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
fn task_name_accepts_only_plain_names() {
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
fn time_accepts_only_clock_times() {
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

#[test]
fn kept_out_names_guarded_folders_once() {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let of = |writes_to: &[&str], arguments: &[&str]| {
        launchd::kept_out(&Schedule {
            writes_to: words(writes_to),
            arguments: words(arguments),
            ..schedule()
        })
    };
    assert_eq!(of(&["/Users/ada/Backups"], &["backup", "--to", "x"]), None);
    let told = of(
        &["/Volumes/STICK"],
        &[
            "--store",
            "file:/Users/ada/Documents/keys",
            "--to",
            "/Volumes/STICK",
        ],
    );
    let told = told.unwrap();
    assert!(
        told.starts_with(
            "macOS lets no task into /Volumes/STICK, /Users/ada/Documents/keys before"
        ),
        "{told}"
    );
    assert!(told.contains("Full Disk Access"), "{told}");
}
