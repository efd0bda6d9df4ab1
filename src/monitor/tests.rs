use std::sync::mpsc::channel;

use super::ended::DestinationBefore;
use super::*;
use crate::screen::Screen;

fn with_command(command: &str) -> Outlets {
    Outlets {
        on_failure: Some(command.parse().unwrap()),
        ..Outlets::default()
    }
}

fn monitor(outlets: Outlets) -> Monitor {
    let state = State {
        outlets,
        ..State::default()
    };
    Monitor::new("backup", state)
}

#[test]
fn end_runs_command_after_panic_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("told");
    let status = folder.path().join("status.json");
    let command = match cfg!(windows) {
        true => format!("cmd.exe /c type nul > \"{}\"", file.display()),
        false => format!("touch '{}'", file.display()),
    };
    let screen = Screen::for_errors(false);
    screen.monitor_by(monitor(Outlets {
        status: Some(status.clone()),
        ..with_command(&command)
    }));
    screen.tell_panic();
    let status = std::fs::read_to_string(status).unwrap();
    assert!(status.contains("\"exit\": 101"), "{status}");
    assert!(file.exists());
}

#[test]
fn patience_waits_for_no_other_thread() {
    let monitor = monitor(with_command("true"));
    // A thread that writes to a disk which does not answer has begun, and does not end.
    let turn = monitor.told.begin(WRITE_LIMIT);
    let state = monitor.state();
    assert_eq!(monitor.patience(), COMMAND_LIMIT);
    drop(state);
    assert_eq!(monitor.tell(17), (17, Vec::new()));
    assert_eq!(monitor.end(0), None);
    drop(turn);
    let none = self::monitor(Outlets::default());
    assert_eq!(none.patience(), Duration::ZERO);
    let unread = State {
        config: Some(PathBuf::from("x")),
        ..State::default()
    };
    let unread = Monitor::new("backup", unread);
    assert_eq!(unread.patience(), COMMAND_LIMIT);
    unread.tell(17);
    assert_eq!(unread.patience(), Duration::ZERO);
}

#[test]
fn tell_waits_for_another_thread() {
    let monitor = monitor(Outlets::default());
    std::thread::scope(|threads| {
        let turn = monitor.told.begin(WRITE_LIMIT);
        let (told, second) = channel();
        let monitor = &monitor;
        threads.spawn(move || told.send(monitor.tell(17)).unwrap());
        monitor.found(Object::default(), Vec::new(), None);
        // The second waits for the first.
        let still = second.recv_timeout(WRITE_LIMIT / 10);
        assert!(still.is_err(), "{still:?}");
        drop(turn);
        assert_eq!(second.recv().unwrap(), (17, Vec::new()));
    });
}

#[test]
fn before_reads_what_was_written() {
    // A backslash is no part of a name on Windows.
    let name = if cfg!(windows) { "\"\n}" } else { "\"\\\n}" };
    let other = format!("/b/{name}");
    let found = Found {
        destinations: ["/a/x", &other]
            .map(|one| Destination::named(Path::new(one)))
            .into(),
        ..Found::default()
    };
    let before = Before {
        last_success: Some(UnixTime::new(60)),
        destinations: [(1, "/a/x", "x"), (2, &other, name)]
            .map(|(number, folder, name)| DestinationBefore {
                number,
                name: name.to_owned(),
                folder: Some(folder.to_owned()),
                last_success: UnixTime::new(60 + i64::try_from(number).unwrap()),
            })
            .into(),
    };
    let mut without_folders = before.clone();
    for one in &mut without_folders.destinations {
        one.folder = None;
    }
    for found in [found, Found::default()] {
        let ended = failed(&found, &before);
        let metrics = metrics::bytes(&ended, Path::new("x.prom"));
        assert_eq!(metrics::before("backup", &metrics), without_folders);
        assert_eq!(
            metrics::before("backup verify", &metrics),
            Before::default()
        );
        let status = status::bytes(&ended);
        assert_eq!(status::before("backup", &status).as_ref(), Some(&before));
        assert_eq!(status::before("backup verify", &status), None);
    }
}

/// A run that ended with 17.
fn failed<'a>(found: &'a Found, before: &'a Before) -> Ended<'a> {
    Ended {
        command: "backup",
        began: UnixTime::new(100),
        ended: UnixTime::new(200),
        exit: 17,
        found,
        before,
    }
}

#[test]
fn last_success_is_that_of_same_folders() {
    let run = |folder: &str| {
        let found = Found {
            destinations: vec![Destination::named(Path::new(folder))],
            ..Found::default()
        };
        let before = Before {
            last_success: Some(UnixTime::new(60)),
            destinations: vec![DestinationBefore {
                number: 1,
                name: "x".to_owned(),
                folder: Some("/a/x".to_owned()),
                last_success: UnixTime::new(61),
            }],
        };
        let ended = failed(&found, &before);
        let of_folder = ended.destinations().find_map(|(.., last)| last);
        (ended.last_success(), of_folder)
    };
    let known = (Some(UnixTime::new(60)), Some(UnixTime::new(61)));
    assert_eq!(run("/a/x"), known);
    assert_eq!(run("/b/x"), (None, None));
}
