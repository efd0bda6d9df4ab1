//! A signal at any moment of an export: afterwards the folder is empty, or holds the whole file.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{export_ada, in_folder, names, restores};

/// Longer than any export takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const TARGET: &str = "ada.p12";

/// A signal by name and number.
type Signal = (&'static str, i32);

const SIGINT: Signal = ("INT", 2);
const SIGTERM: Signal = ("TERM", 15);

/// The moments of the signal after the start, in milliseconds.
const AFTER_START: [u64; 10] = [5, 10, 20, 40, 70, 100, 150, 220, 300, 400];
/// And after a file appeared that has something in it.
const AFTER_WRITE: [u64; 4] = [0, 5, 20, 60];

/// An export that takes a while.
fn start(folder: &Path) -> Child {
    // A shell has what it runs in the background ignore SIGINT, and so may this test.
    let mut command = Command::new("env");
    command
        .args(["--default-signal=INT,TERM", env!("CARGO_BIN_EXE_certstow")])
        .args(export_ada("600000"))
        .args(["-o", TARGET])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    in_folder(&mut command, folder);
    command.spawn().expect("certstow starts")
}

fn send(signal: Signal, child: &Child) {
    let sent = Command::new("kill")
        .args(["-s", signal.0, &child.id().to_string()])
        .status();
    assert!(
        sent.expect("kill starts").success(),
        "the process is there until it is waited for"
    );
}

fn end(mut child: Child) -> ExitStatus {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("the process is ours") {
            return status;
        }
        sleep(Duration::from_millis(2));
    }
    let _ = child.kill();
    panic!("did not end after the signal");
}

/// Whether the export was cut off; the folder must be in order either way.
fn was_cut_off(folder: &Path, status: ExitStatus, signal: Signal, moment: &str) -> bool {
    let place = format!("SIG{}, {moment}: {status}", signal.0);
    let left = names(folder);
    if status.success() {
        assert_eq!(left, [TARGET], "{place}");
        restores(folder, TARGET);
        return false;
    }
    assert!(
        status.code() == Some(130) || status.signal() == Some(signal.1),
        "{place}"
    );
    // It may have come between the file's last step and the end of the program.
    if left != [TARGET] {
        assert!(left.is_empty(), "{place}, left behind: {left:?}");
        return true;
    }
    restores(folder, TARGET);
    false
}

fn at_any_time(signal: Signal) {
    let mut cut_off = 0;
    for delay in AFTER_START {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let child = start(folder.path());
        sleep(Duration::from_millis(delay));
        send(signal, &child);
        let moment = format!("{delay} ms after the start");
        cut_off += u32::from(was_cut_off(folder.path(), end(child), signal, &moment));
    }
    assert_ne!(cut_off, 0, "no signal came in time");
}

/// Waits for a temporary file with something in it; certstow makes and removes an empty one
/// before it begins.
fn wait_for_write(folder: &Path, child: &mut Child) {
    let written = |name: &String| {
        let file = folder.join(name).metadata();
        name.starts_with(".certstow-") && file.is_ok_and(|file| file.len() > 0)
    };
    while !names(folder).iter().any(written) {
        let ended = child.try_wait().expect("the process is ours");
        assert_eq!(ended, None, "ended without a temporary file");
    }
}

fn during_the_read_back(signal: Signal) {
    let mut cut_off = 0;
    for delay in AFTER_WRITE {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut child = start(folder.path());
        wait_for_write(folder.path(), &mut child);
        sleep(Duration::from_millis(delay));
        send(signal, &child);
        let moment = format!("{delay} ms after the write");
        cut_off += u32::from(was_cut_off(folder.path(), end(child), signal, &moment));
    }
    assert_ne!(cut_off, 0, "no signal came in time");
}

#[test]
fn sigint_anytime_leaves_no_partial_file() {
    at_any_time(SIGINT);
}

#[test]
fn sigterm_anytime_leaves_no_partial_file() {
    at_any_time(SIGTERM);
}

#[test]
fn sigint_during_read_back_leaves_no_leftover() {
    during_the_read_back(SIGINT);
}

#[test]
fn sigterm_during_read_back_leaves_no_leftover() {
    during_the_read_back(SIGTERM);
}
