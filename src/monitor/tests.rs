use super::*;
use crate::screen::Screen;

#[test]
fn end_runs_command_after_panic_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("told");
    let status = folder.path().join("status.json");
    let state = State {
        outlets: Outlets {
            status: Some(status.clone()),
            on_failure: Some(format!("touch '{}'", file.display()).parse().unwrap()),
            ..Outlets::default()
        },
        ..State::default()
    };
    let screen = Screen::for_errors(false);
    screen.monitor_by(Monitor {
        command: "backup",
        began: time::now(),
        state: Mutex::new(state),
    });
    screen.tell_panic();
    let status = std::fs::read_to_string(status).unwrap();
    assert!(status.contains("\"exit\": 101"), "{status}");
    assert_eq!(file.exists(), cfg!(unix));
}

#[test]
fn before_reads_what_was_written() {
    let found = Found {
        destinations: ["/a/x", "/b/\"\\\n}"]
            .map(|one| Destination::named(Path::new(one)))
            .into(),
        ..Found::default()
    };
    let before = Before {
        last_success: Some(UnixTime::new(60)),
        destinations: vec![
            (1, "x".to_owned(), UnixTime::new(61)),
            (2, "\"\\\n}".to_owned(), UnixTime::new(62)),
        ],
    };
    for found in [found, Found::default()] {
        let ended = Ended {
            command: "backup",
            began: UnixTime::new(100),
            ended: UnixTime::new(200),
            exit: 17,
            found: &found,
            before: &before,
        };
        let metrics = metrics::bytes(&ended, Path::new("x.prom"));
        assert_eq!(metrics::before(&metrics), before);
        assert_eq!(
            status::before(&status::bytes(&ended)).as_ref(),
            Some(&before)
        );
    }
}
