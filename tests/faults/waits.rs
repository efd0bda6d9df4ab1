//! What never answers: a pipe that nobody writes to, one that nobody reads from. The wait ends
//! after the time given, with an exit code of its own, and nothing half-done stays behind.

use std::fs::File;
use std::io::{PipeReader, PipeWriter, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::{certstow, export_ada, names, said};

const TIMEOUT: Duration = Duration::from_secs(1);

/// Longer than any of it takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs it; it must take as long as the wait may, and not much longer.
fn times_out(command: &mut Command) -> Output {
    let began = Instant::now();
    let output = command
        .args(["--timeout", "1s"])
        .output()
        .expect("certstow starts");
    let took = began.elapsed();
    assert_eq!(output.status.code(), Some(13), "{}", said(&output));
    assert!(took >= TIMEOUT, "{took:?}");
    assert!(took < PATIENCE, "{took:?}");
    output
}

/// A pipe that takes a page and no more, and something that fills it.
fn small_pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).expect("a small pipe");
    (reader, writer)
}

fn stdio(writer: PipeWriter) -> Stdio {
    OwnedFd::from(writer).into()
}

#[test]
fn password_wait_times_out_and_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (nothing, _writer) = std::io::pipe().expect("a pipe");
    let samples = crate::samples();
    let export = ["export", "Ada", "--store", &samples, "-o", "ada.p12"];
    let output = times_out(
        certstow(folder.path())
            .args(export)
            .args(["--password-file", "-", "--log", "log"])
            .stdin(Stdio::from(OwnedFd::from(nothing))),
    );
    let shown = said(&output);
    assert!(
        shown.contains("nothing happened for 1 second while waiting for a password from standard"),
        "{shown}"
    );
    assert!(shown.contains("hint: "), "{shown}");
    assert_eq!(names(folder.path()), ["log"]);
    let log = std::fs::read_to_string(folder.path().join("log")).expect("the log");
    for part in ["\"code\":\"timed-out\"", "\"event\":\"end\"", "\"exit\":13"] {
        assert!(log.contains(part), "no {part} in {log}");
    }
}

#[test]
fn password_file_fifo_times_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = Command::new("mkfifo")
        .arg(folder.path().join("fifo"))
        .status();
    assert!(made.expect("mkfifo starts").success());
    let check = ["check", "a.p12", "--password-file", "fifo", "--json"];
    let output = times_out(certstow(folder.path()).args(check));
    let json: serde_json::Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert_eq!(json["error"]["code"], "timed-out");
    let message = json["error"]["message"].to_string();
    assert!(message.contains("a password from fifo"), "{message}");
}

#[test]
fn export_to_blocked_pipe_times_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_reader, writer) = small_pipe();
    let output = times_out(
        certstow(folder.path())
            .args(export_ada("2000"))
            .args(["-o", "-"])
            .stdout(stdio(writer))
            .stderr(Stdio::piped()),
    );
    let shown = said(&output);
    assert!(shown.contains("standard output to take"), "{shown}");
}

#[test]
fn timeout_works_with_blocked_standard_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_reader, mut writer) = small_pipe();
    writer.write_all(&[b'x'; 4096]).expect("a full pipe");
    let mut command = certstow(folder.path());
    command
        .args([
            "list",
            "-v",
            "--store",
            &crate::samples(),
            "--timeout",
            "1s",
        ])
        .stdout(Stdio::null())
        .stderr(stdio(writer));
    let mut child = command.spawn().expect("certstow starts");
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the process is ours") {
            break status;
        }
        assert!(began.elapsed() < PATIENCE, "it did not end");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(13));
}

/// Runs certstow where some calls do not answer for a while, by strace, which holds the process
/// as long: its trace has to show that certstow ended before any of them did.
fn does_not_wait_for(calls: &str, folder: &Path, more: &[&str], arguments: &[&str]) -> Output {
    let delay = (PATIENCE / 2).as_micros();
    let trace = folder.join("trace");
    let mut command = Command::new("strace");
    command
        .args(["-f", "-o"])
        .arg(&trace)
        .args(["-e", &format!("trace={calls}")])
        .args(["-e", &format!("inject={calls}:delay_enter={delay}")])
        .args(more)
        .arg(env!("CARGO_BIN_EXE_certstow"))
        .args(arguments);
    crate::in_folder(&mut command, folder);
    let output = times_out(&mut command);
    let trace = std::fs::read_to_string(trace).expect("the trace");
    let mut held = trace.lines().filter(|line| line.contains(" resumed>"));
    let answered = |line: &str| !line.ends_with("= ?");
    assert!(trace.contains(" resumed>"), "no call was held: {trace}");
    assert!(!held.any(answered), "{trace}");
    output
}

#[test]
#[ignore = "needs strace"]
fn timeout_works_when_unlink_blocks() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let export = export_ada("2000");
    let export: Vec<&str> = export.iter().map(String::as_str).collect();
    let export = [&export[..], &["-o", "ada.p12"]].concat();
    let output = does_not_wait_for("/^unlink", folder.path(), &[], &export);
    assert!(said(&output).contains("ada.p12"), "{}", said(&output));
    assert!(!names(folder.path()).contains(&"ada.p12".to_owned()));
}

#[test]
#[ignore = "needs strace"]
fn log_open_times_out_and_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("log");
    let log = log.to_string_lossy();
    let stores = ["stores", "--log", &log];
    let output = does_not_wait_for("openat", folder.path(), &["-P", &log], &stores);
    let shown = said(&output);
    assert!(shown.contains("while waiting for the log"), "{shown}");
}

/// How long it takes.
fn time(folder: &Path, arguments: &[&str]) -> Duration {
    let began = Instant::now();
    let output = certstow(folder)
        .args(arguments)
        .stderr(File::create(folder.join("said")).expect("a file"))
        .output()
        .expect("certstow starts");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    began.elapsed()
}

#[test]
fn timeout_ignores_work_that_makes_progress() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let exported = certstow(folder)
        .args(export_ada("600000"))
        .args(["-o", "ada.p12"])
        .output()
        .expect("certstow starts");
    assert_eq!(exported.status.code(), Some(0), "{}", said(&exported));

    let check = ["check", "--password-env", "SECRET"];
    let one = time(folder, &[&check[..], &["ada.p12"]].concat());
    let seconds = (4 * one).as_secs() + 1;
    let timeout = format!("{seconds}s");
    // Twice as long as any wait may be.
    let count = Duration::from_secs(2 * seconds)
        .div_duration_f64(one)
        .ceil();
    let files = vec!["ada.p12"; count as usize];
    let all = [&check[..], &files, &["--timeout", &timeout]].concat();
    let took = time(folder, &all);
    assert!(took > Duration::from_secs(seconds), "{took:?} is not long");
}
