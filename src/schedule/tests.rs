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
        times: Times::of([When::Daily("03:15".parse().unwrap())]),
        delay: DELAY,
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
    hostile.delay = Duration::ZERO;
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
fn text_at<'a>(document: &'a Document<'_>, path: &str) -> Option<&'a str> {
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

/// One of each time that there is, and what its scheduler's word for it is.
fn at(times: &str) -> When {
    match times.split_once(' ') {
        None => When::Hourly,
        Some(("daily", time)) => When::Daily(time.parse().unwrap()),
        Some(("weekly", at)) => {
            let (day, time) = parse_weekly(at).unwrap();
            When::Weekly(day, time)
        }
        Some((_, at)) => monthly(&[at]).unwrap()[0],
    }
}

fn monthly(words: &[&str]) -> Result<Vec<When>, String> {
    let words: Result<Vec<Monthly>, _> = words.iter().map(|word| word.parse()).collect();
    Monthly::times(&words?)
}

/// A task at these times, and at no other moment.
fn task_at(times: &[&str]) -> Schedule {
    Schedule {
        times: Times::of(times.iter().map(|times| at(times))),
        delay: Duration::ZERO,
        ..schedule()
    }
}

const EACH: [&str; 5] = [
    "hourly",
    "daily 8:05",
    "weekly Monday@0:00",
    "monthly 28@03:15",
    "monthly last@23:59",
];

#[test]
fn systemd_calendar_covers_each_time() {
    let timer = |schedule: &Schedule| text_of(schedule, Scheduler::Systemd, 1);
    let text = timer(&task_at(&EACH));
    let expected = "[Timer]\nOnCalendar=*-*-* *:00:00\nOnCalendar=*-*-* 08:05:00\n\
                    OnCalendar=Mon *-*-* 00:00:00\nOnCalendar=*-*-28 03:15:00\n\
                    OnCalendar=*-*~01 23:59:00\nPersistent=true\n\n";
    assert!(text.contains(expected), "{text}");
    for (seconds, expected) in [(600, "=10min"), (90, "=90s"), (7200, "=120min")] {
        let delay = Duration::from_secs(seconds);
        let text = timer(&Schedule {
            delay,
            ..schedule()
        });
        let line = format!("\nRandomizedDelaySec{expected}\n");
        assert!(text.contains(&line), "{text}");
    }
}

/// What an administrator changed is said in the scheduler's own words.
#[test]
fn times_are_read_back_from_each_file() {
    let schedule = task_at(&EACH);
    let timer = text_of(&schedule, Scheduler::Systemd, 1);
    assert_eq!(systemd::times(&timer), Ok(schedule.times.clone()));
    for (words, calendar) in [
        ("OnCalendar=Mon..Fri 08:00", "Mon..Fri 08:00"),
        ("OnCalendar=*-*-30 08:00:00", "*-*-30 08:00:00"),
        (
            "OnCalendar=hourly\nOnCalendar=*-*-* 8:00:00",
            "hourly, *-*-* 8:00:00",
        ),
        ("OnBootSec=5min", ""),
    ] {
        assert_eq!(systemd::times(words), Err(calendar.to_owned()));
    }

    for times in [&EACH[..4], &EACH[1..2]] {
        let schedule = task_at(times);
        let list = text_of(&schedule, Scheduler::Launchd, 0);
        assert_eq!(launchd::times(&list), Some(schedule.times), "{list}");
    }
    let list = text_of(&task_at(&EACH[1..2]), Scheduler::Launchd, 0);
    for other in [list.replace("Minute", "Month"), list.replace("Start", "")] {
        assert_eq!(launchd::times(&other), None, "{other}");
    }

    let text = windows_text(&task_at(&EACH));
    assert_eq!(windows_task::times(&text), Some(schedule.times));
    for (ours, other) in [
        ("<DaysInterval>1", "<DaysInterval>2"),
        ("<WeeksInterval>1", "<WeeksInterval>2"),
        ("<Monday />", "<Monday /><Friday />"),
        ("<August />", ""),
        ("<Day>28</Day>", "<Day>31</Day>"),
        ("PT1H", "PT2H"),
        ("<CalendarTrigger>", "<BootTrigger/><CalendarTrigger>"),
    ] {
        let other = text.replacen(ours, other, 1);
        assert_ne!(other, text);
        assert_eq!(windows_task::times(&other), None, "{other}");
    }
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
fn launchd_calendar_covers_each_time() {
    let text = text_of(&task_at(&["weekly sun@03:15"]), Scheduler::Launchd, 0);
    for (key, number) in [("Weekday", 0), ("Hour", 3), ("Minute", 15)] {
        let expected = format!("<key>{key}</key>\n\t\t<integer>{number}</integer>");
        assert!(text.contains(&expected), "{text}");
    }
    let hourly = Schedule {
        log: Some("/Library/Logs/org.certstow.certstow.log".to_owned()),
        ..task_at(&["hourly"])
    };
    let text = text_of(&hourly, Scheduler::Launchd, 0);
    assert!(!text.contains("<key>Hour</key>"), "{text}");
    assert!(text.contains("<key>StandardErrorPath</key>"), "{text}");
    let twice = text_of(
        &task_at(&["daily 8:05", "monthly 28@18:00"]),
        Scheduler::Launchd,
        0,
    );
    let expected = "<key>StartCalendarInterval</key>\n\t<array>\n\t\t<dict>\n\t\t\t<key>Hour</key>\n\
                    \t\t\t<integer>8</integer>";
    assert!(twice.contains(expected), "{twice}");
    assert!(
        twice.contains("<key>Day</key>\n\t\t\t<integer>28</integer>"),
        "{twice}"
    );
}

/// Neither has a last day of the month or a delay by chance.
#[test]
fn launchd_and_cron_refuse_what_they_lack() {
    let delayed = Schedule {
        delay: DELAY,
        ..task_at(&["hourly"])
    };
    for scheduler in [Scheduler::Launchd, Scheduler::Cron] {
        assert_eq!(usual_delay(scheduler), Duration::ZERO);
        let last = task_at(&["daily 8:05", "monthly last@03:15"]);
        for (schedule, why) in [(&last, "knows no last day"), (&delayed, "no random delay")] {
            let error = schedule.files(scheduler).unwrap_err();
            assert_eq!(error.exit(), Exit::Usage);
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}

#[test]
fn cron_lines_cover_each_time() {
    let text = text_of(&task_at(&EACH[..4]), Scheduler::Cron, 0);
    let command = "/usr/bin/certstow backup --non-interactive --to /srv/backup\n";
    let lines = ["0 * * * *", "5 8 * * *", "0 0 * * 1", "15 3 28 * *"];
    let lines = lines.map(|fields| format!("{fields} {command}")).concat();
    let comments = "# Backup of certificates with their private keys (certstow): every day at 08:05, every \
                    hour, every Monday at 00:00, on day 28 of every month at 03:15\n";
    assert!(
        text.starts_with(comments) && text.ends_with(&lines),
        "{text}"
    );
    let mut schedule = task_at(&["hourly"]);
    schedule.arguments.push("a\nb".to_owned());
    let error = schedule.files(Scheduler::Cron).unwrap_err();
    assert!(error.to_string().contains("control character"), "{error}");
    schedule.program = "certstow".to_owned();
    let error = schedule.files(Scheduler::Cron).unwrap_err();
    assert!(error.to_string().contains("absolute path"), "{error}");
}

#[test]
fn times_are_said_in_one_sentence() {
    for (times, said) in [
        (&["daily 12:00"][..], "every day at 12:00"),
        (
            &[
                "daily 8:05",
                "weekly sun@03:15",
                "daily 18:00",
                "daily 8:05",
            ],
            "every day at 08:05 and 18:00, every Sunday at 03:15",
        ),
        (
            &["daily 8:00", "daily 12:00", "daily 16:00"],
            "every day at 08:00, 12:00 and 16:00",
        ),
        (
            &["monthly last@3:15"],
            "on the last day of every month at 03:15",
        ),
        (&[], "every day at 12:00"),
    ] {
        assert_eq!(task_at(times).times.to_string(), said);
    }
}

#[test]
fn files_are_deterministic() {
    for scheduler in [
        Scheduler::TaskScheduler,
        Scheduler::Systemd,
        Scheduler::Launchd,
        Scheduler::Cron,
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
    for text in [
        "28",
        "0@03:00",
        "29@03:00",
        "+1@03:00",
        "@03:00",
        "lastday@03:00",
        "1@",
    ] {
        assert!(monthly(&[text]).is_err(), "{text}");
    }
    for words in [
        &["3:00"][..],
        &["28", "3"],
        &["3:00", "28"],
        &["28", "1@3:00"],
    ] {
        assert!(monthly(words).is_err(), "{words:?}");
    }
    let two = monthly(&["28", "3:00", "last@4:00"]);
    assert_eq!(two, monthly(&["28@3:00", "last", "4:00"]));
    assert_eq!(two.map(|times| times.len()), Ok(2));
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
