//! Disks that lose what they were given: one that does not confirm it, one that gives back something
//! else.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use certstow_platform::new_file::NewFile;
use certstow_platform::os::disk;

use crate::loop_disk::LoopDisk;
use crate::{export_ada, in_folder, names, restores, said};

/// certstow, on a system where syncing `folder` fails with this error.
fn with_failing_sync(folder: &Path, error: &str, words: &[String]) -> Output {
    let mut command = Command::new("strace");
    command
        .args(["-f", "-qq", "-o", "/dev/null", "-P"])
        .arg(folder);
    command.args(["-e", "trace=fsync", "-e"]);
    command.arg(format!("inject=fsync:error={error}"));
    command.arg(env!("CARGO_BIN_EXE_certstow")).args(words);
    in_folder(&mut command, folder.parent().expect("a folder in one"));
    command.output().expect("strace starts")
}

fn words(more: &[&str]) -> Vec<String> {
    let more = more.iter().map(|word| (*word).to_owned());
    export_ada("2000").into_iter().chain(more).collect()
}

/// An empty folder `to` in a new one.
fn target() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let to = folder.path().join("to");
    fs::create_dir(&to).expect("a folder");
    (folder, to)
}

#[test]
#[ignore = "needs strace"]
fn export_fails_when_folder_sync_fails() {
    let (folder, to) = target();
    let output = with_failing_sync(&to, "EIO", &words(&["-o", "to/ada.p12"]));
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(14), "{shown}");
    for part in [
        "Saved to/ada.p12",
        "error: to/ada.p12 is saved and proven, but its disk did not confirm it",
        "Input/output error (os error 5)",
        "hint: that disk or share has trouble",
    ] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
    restores(folder.path(), "to/ada.p12");

    let again = words(&["-o", "to/ada.p12", "--force", "--json"]);
    let output = with_failing_sync(&to, "EIO", &again);
    assert_eq!(output.status.code(), Some(14), "{}", said(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["error"]["code"], "not-synced");
    assert_eq!(json["error"]["exit"], 14);
}

#[test]
#[ignore = "needs strace"]
fn copy_to_fails_when_folder_sync_fails() {
    let (folder, to) = target();
    let copied = words(&["-o", "ada.p12", "--copy-to", "to"]);
    let output = with_failing_sync(&to, "EIO", &copied);
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(14), "{shown}");
    let reason = "error: to/ada.p12 is saved and proven, but its disk did not confirm it";
    assert!(shown.contains(reason), "{shown}");
    restores(folder.path(), "ada.p12");
    restores(folder.path(), "to/ada.p12");
}

#[test]
#[ignore = "needs strace"]
fn report_fails_when_folder_sync_fails() {
    let (_folder, to) = target();
    let report = [
        "report",
        "--store",
        &crate::samples(),
        "-o",
        "to/report.html",
    ];
    let mut report: Vec<_> = report.map(str::to_owned).into();
    let output = with_failing_sync(&to, "EIO", &report);
    assert_eq!(output.status.code(), Some(14), "{}", said(&output));
    assert_eq!(names(&to), ["report.html"]);
    report.extend(["--force", "--json"].map(str::to_owned));
    let output = with_failing_sync(&to, "EIO", &report);
    assert_eq!(output.status.code(), Some(14), "{}", said(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let warning = json["warnings"][0].to_string();
    assert!(warning.contains("did not confirm it"), "{warning}");
}

#[test]
#[ignore = "needs strace"]
fn import_fails_when_folder_sync_fails() {
    let (_folder, to) = target();
    let import = [
        "import",
        &crate::samples(),
        "--store",
        "to",
        "--unlock-password-env",
        "SECRET",
    ];
    let output = with_failing_sync(&to, "EIO", &import.map(str::to_owned));
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(14), "{shown}");
    let reason = "the identity is in it now, and its disk did not confirm that";
    assert!(shown.contains(reason), "{shown}");
    assert_eq!(names(&to).len(), 3);
}

#[test]
#[ignore = "needs strace"]
fn export_warns_when_sync_is_unsupported() {
    for error in ["EINVAL", "EOPNOTSUPP", "ENOSYS", "EBADF"] {
        let (folder, to) = target();
        let output = with_failing_sync(&to, error, &words(&["-o", "to/ada.p12"]));
        let shown = said(&output);
        assert_eq!(output.status.code(), Some(0), "{error}: {shown}");
        assert!(
            shown.contains("may be lost if the machine fails now"),
            "{shown}"
        );
        restores(folder.path(), "to/ada.p12");
    }
}

/// certstow in a folder, on a system where each thread's syncs fail with this error: those of these
/// numbers, as strace(1) counts them.
fn with_failing_syncs(folder: &Path, error: &str, which: &str, words: &[String]) -> Output {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e"]);
    command.arg(format!("inject=fsync:error={error}:when={which}"));
    command.arg(env!("CARGO_BIN_EXE_certstow")).args(words);
    in_folder(&mut command, folder);
    command.output().expect("strace starts")
}

#[test]
#[ignore = "needs strace"]
fn export_saves_nothing_when_file_sync_fails() {
    let (_folder, to) = target();
    let export = words(&["-o", "ada.p12"]);
    let output = with_failing_syncs(&to, "EIO", "1", &export);
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(14), "{shown}");
    for part in [
        "error: nothing was saved as ada.p12, for its disk did not confirm what was written",
        "Input/output error (os error 5)",
        "hint: that disk or share has trouble",
    ] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
    assert!(names(&to).is_empty(), "{:?}", names(&to));

    fs::write(to.join("ada.p12"), "earlier").expect("a file");
    let again = words(&["-o", "ada.p12", "--force", "--json"]);
    let output = with_failing_syncs(&to, "EIO", "1", &again);
    assert_eq!(output.status.code(), Some(14), "{}", said(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert_eq!(json["error"]["code"], "not-synced");
    assert_eq!(json["error"]["exit"], 14);
    assert_eq!(fs::read(to.join("ada.p12")).expect("a file"), b"earlier");
    assert_eq!(names(&to), ["ada.p12"]);
}

/// Some file systems find out only when they are to sync it.
#[test]
#[ignore = "needs strace"]
fn export_reports_full_disk_found_by_sync() {
    for error in ["ENOSPC", "EDQUOT", "EFBIG"] {
        let (_folder, to) = target();
        let output = with_failing_syncs(&to, error, "1", &words(&["-o", "ada.p12"]));
        let shown = said(&output);
        assert_eq!(output.status.code(), Some(16), "{error}: {shown}");
        assert!(shown.contains("writing failed"), "{error}: {shown}");
        assert!(names(&to).is_empty(), "{error}: {:?}", names(&to));
    }
}

#[test]
#[ignore = "needs strace"]
fn copy_to_drops_copy_when_sync_fails() {
    let (folder, to) = target();
    let copied = words(&["-o", "ada.p12", "--copy-to", "to"]);
    // The file, its folder, the note of it and that one's folder, the copy.
    let output = with_failing_syncs(folder.path(), "EIO", "5", &copied);
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(14), "{shown}");
    assert!(shown.contains("nothing was saved as to/ada.p12"), "{shown}");
    restores(folder.path(), "ada.p12");
    assert!(names(&to).is_empty(), "{:?}", names(&to));
}

#[test]
#[ignore = "needs strace"]
fn backup_fails_when_file_syncs_fail() {
    let samples = crate::samples();
    let backup = ["backup", "--store", &samples, "--to", "to", "--json"];
    let protection = ["--password-env", "SECRET", "--iterations", "1"];
    let backup = backup.into_iter().chain(protection).map(str::to_owned);
    let backup: Vec<_> = backup.collect();
    // The first sync is the main thread's of the room for the manifest; each other thread syncs a
    // file and the folder in turn.
    for (which, saved) in [("1+", 0), ("3+2", 1)] {
        let (folder, to) = target();
        let output = with_failing_syncs(folder.path(), "EIO", which, &backup);
        assert_eq!(output.status.code(), Some(14), "{}", said(&output));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let destination = &report["destinations"][0];
        assert_eq!(destination["ok"], false, "{report}");
        assert_eq!(destination["error"]["code"], "not-synced", "{report}");
        let left = names(&to);
        assert!(left.iter().all(|name| !name.ends_with(".tmp")), "{left:?}");
        let files = left.iter().filter(|name| name.ends_with(".p12")).count();
        assert!(files >= saved, "{left:?}");
        assert_eq!(files == 0, saved == 0, "{left:?}");
    }
}

#[test]
#[ignore = "needs root to mount a disk"]
fn read_back_reads_from_disk_not_cache() {
    let disk = LoopDisk::new();
    let file = NewFile::beside(&disk.path().join("file")).expect("a new file");
    let bytes: Vec<u8> = (0..20_000_u32).flat_map(u32::to_be_bytes).collect();
    file.as_file().write_all(&bytes).expect("written");
    disk::sync_file(file.as_file()).expect("synced");
    assert!(*file.read_back(bytes.len()).expect("read") == bytes);
    disk.spoil(&bytes[40_000..40_064]);
    let read = file.read_back(bytes.len()).expect("read");
    assert_eq!(read.len(), bytes.len());
    assert!(*read != bytes, "it was read from memory");
}

/// Longer than any of it takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Stopped once its file is synced, and let go on when the disk has spoilt it.
#[test]
#[ignore = "needs root to mount a disk, and strace"]
fn export_rejects_file_corrupted_on_disk() {
    let disk = LoopDisk::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let target = disk.path().join("ada.p12");
    let log = folder.path().join("trace");
    let mut command = Command::new("strace");
    command.args(["-f", "-o"]).arg(&log);
    command.args(["-e", "trace=fsync", "-e", "inject=fsync:signal=STOP:when=1"]);
    command.arg(env!("CARGO_BIN_EXE_certstow"));
    command.args(words(&["-o", &target.to_string_lossy()]));
    in_folder(&mut command, folder.path());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("strace starts");
    let began = Instant::now();
    let process = loop {
        let trace = fs::read_to_string(&log).unwrap_or_default();
        let mut lines = trace.lines();
        if let Some(line) = lines.find(|line| line.contains("stopped by SIGSTOP")) {
            break line.split(' ').next().expect("its number").to_owned();
        }
        assert!(began.elapsed() < PATIENCE, "it did not stop: {trace}");
        std::thread::sleep(Duration::from_millis(10));
    };
    let unfinished = names(&disk.path());
    let unfinished = unfinished
        .iter()
        .find(|name| name.starts_with(".certstow-"));
    let unfinished = disk.path().join(unfinished.expect("a temporary file"));
    let bytes = fs::read(unfinished).expect("its bytes");
    disk.spoil(&bytes[bytes.len() / 2..][..64]);
    let continued = Command::new("kill").args(["-CONT", &process]).status();
    assert!(continued.expect("kill starts").success());
    let output = child.wait_with_output().expect("it ends");
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(15), "{shown}");
    assert!(
        shown.contains("the bytes on disk are not the bytes written"),
        "{shown}"
    );
    assert_eq!(names(&disk.path()), ["lost+found"]);
}
