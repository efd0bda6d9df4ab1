//! `certstow export --copy-to`: the same bytes in further folders, each read back; and what happens
//! when a copy fails after the file was saved.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[cfg(target_os = "linux")]
use program::in_folder;
use program::{certstow, samples};
use serde_json::Value;

/// A folder in which `stick` and `share` are others.
struct Scene(tempfile::TempDir);

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["stick", "share"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Self(folder)
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("the folder is there");
        entries
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    }

    /// Exports Ada's identity to `ada.p12`, and to `stick` and `share`.
    fn arguments(more: &str) -> Vec<String> {
        let store = samples();
        let words = ["export", "Ada", "--store", &store, "-o", "ada.p12"];
        let options = "--iterations 2000 --copy-to stick --copy-to share";
        words
            .into_iter()
            .chain(options.split(' '))
            .chain(more.split_whitespace())
            .map(str::to_owned)
            .collect()
    }

    fn export(&self, code: i32, more: &str) -> Output {
        let mut command = certstow(self.folder());
        command.args(Self::arguments(more));
        ends(code, &mut command)
    }

    fn restores(&self, file: &str) {
        let mut check = certstow(self.folder());
        ends(0, check.args(["check", "--password-env", "SECRET", file]));
    }

    /// The lines of the log that tell of this event.
    fn logged(&self, event: &str) -> Vec<Value> {
        let log = fs::read_to_string(self.path("log")).expect("the log");
        log.lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
            .filter(|line| line["event"] == event)
            .collect()
    }
}

fn ends(code: i32, command: &mut Command) -> Output {
    let output = command.output().expect("it starts");
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn copy_to_writes_and_logs_identical_copies() {
    let scene = Scene::new();
    let output = scene.export(0, "--password-env SECRET --log log");
    let shown = text(&output.stdout);
    for copy in ["stick/ada.p12", "share/ada.p12"] {
        let copy_of_windows = copy.replace('/', "\\");
        let line = |copy: &str| shown.contains(&format!("  copy          {copy}\n"));
        assert!(line(copy) || line(&copy_of_windows), "{shown}");
        assert_eq!(scene.read(copy), scene.read("ada.p12"));
        scene.restores(copy);
    }
    assert_eq!(scene.names("stick"), ["ada.p12"]);
    let (saved, copied) = (scene.logged("saved"), scene.logged("copied"));
    assert_eq!((saved.len(), copied.len()), (1, 2));
    assert!(
        copied
            .iter()
            .all(|copy| copy["sha256"] == saved[0]["sha256"])
    );
    assert!(copied.iter().all(|copy| copy["file"].is_string()));
}

#[cfg(unix)]
#[test]
fn copy_to_makes_files_private() {
    use std::os::unix::fs::PermissionsExt;

    let scene = Scene::new();
    scene.export(0, "--password-env SECRET --require-private");
    let copy = fs::metadata(scene.path("stick/ada.p12")).expect("the copy");
    assert_eq!(copy.permissions().mode() & 0o7777, 0o600);
}

#[test]
fn copy_to_checks_existing_files_before_writing() {
    let scene = Scene::new();
    fs::write(scene.path("share/ada.p12"), b"another").expect("a file in the way");
    let output = scene.export(16, "--password-env SECRET");
    let shown = text(&output.stderr);
    assert!(shown.contains("ada.p12 exists already"), "{shown}");
    assert!(!scene.path("ada.p12").exists());
    assert!(scene.names("stick").is_empty());

    scene.export(0, "--password-env SECRET --force");
    assert_eq!(scene.read("share/ada.p12"), scene.read("ada.p12"));
}

#[test]
fn copy_to_copies_formats_without_password() {
    let scene = Scene::new();
    let store = samples();
    let mut export = certstow(scene.folder());
    export.args(["export", "Ada", "--store", &store, "--format", "der"]);
    ends(0, export.args(["-o", "ada", "--copy-to", "stick"]));
    assert_eq!(scene.read("stick/ada.cer"), scene.read("ada.cer"));
}

/// Exports, and does something after certstow has looked at all folders and before it writes: while
/// it waits for the password.
#[cfg(unix)]
fn meanwhile(scene: &Scene, code: i32, more: &str, act: impl FnOnce()) -> Output {
    use std::process::Stdio;

    let pipe = scene.path("password");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo starts").success());
    let mut command = certstow(scene.folder());
    command
        .args(Scene::arguments(more))
        .args(["--password-file", "password"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().expect("certstow starts");
    // Opens when certstow opens its end.
    let mut writer = fs::File::options()
        .write(true)
        .open(&pipe)
        .expect("the pipe");
    act();
    std::io::Write::write_all(&mut writer, program::PASSWORD.as_bytes()).expect("the password");
    drop(writer);
    let output = child.wait_with_output().expect("certstow ends");
    fs::remove_file(&pipe).expect("the pipe");
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    output
}

#[cfg(unix)]
#[test]
fn copy_to_failure_keeps_file_and_copies() {
    let scene = Scene::new();
    let output = meanwhile(&scene, 14, "--log log", || {
        fs::write(scene.path("stick/ada.p12"), b"another").expect("a file in the way");
    });
    let (told, wrong) = (text(&output.stdout), text(&output.stderr));
    assert!(told.starts_with("Saved ada.p12\n"), "{told}");
    assert!(told.contains("copy          share/ada.p12\n"), "{told}");
    assert!(!told.contains("stick"), "{told}");
    let expected = "error: no copy in stick: stick/ada.p12 exists already\n\
                    hint: choose another folder with --copy-to, or replace it with --force\n";
    assert_eq!(wrong, expected);
    scene.restores("ada.p12");
    scene.restores("share/ada.p12");
    assert_eq!(scene.read("stick/ada.p12"), b"another");
    assert_eq!(scene.logged("copied").len(), 1);
    assert_eq!(scene.logged("error").len(), 1);
    assert_eq!(scene.logged("end")[0]["exit"], 14);
}

#[cfg(unix)]
#[test]
fn copy_to_json_reports_failed_copy() {
    let scene = Scene::new();
    let output = meanwhile(&scene, 14, "--json --log log", || {
        fs::remove_dir(scene.path("share")).expect("the folder goes");
    });
    assert_eq!(text(&output.stderr), "");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["file"], "ada.p12");
    let copies = report["copies"].as_array().expect("the copies");
    assert_eq!(copies.len(), 2);
    assert_eq!(copies[0]["folder"], "stick");
    assert_eq!(copies[0]["file"], "stick/ada.p12");
    assert_eq!(copies[0]["error"], Value::Null);
    assert_eq!(copies[1]["folder"], "share");
    assert_eq!(copies[1]["file"], Value::Null);
    assert_eq!(copies[1]["error"]["code"], "target");
    assert_eq!(copies[1]["error"]["exit"], 16);
    assert_eq!(scene.logged("error").len(), 1);
}

/// The program is held where the file has just got its name.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs strace"]
fn copy_to_refuses_file_changed_after_saving() {
    let scene = Scene::new();
    let mut command = Command::new("strace");
    command
        .args(["-f", "-qq", "-o", "trace", "-e", "trace=/^rename"])
        .args(["-e", "inject=/^rename:delay_exit=3000000:when=1"])
        .arg(env!("CARGO_BIN_EXE_certstow"))
        .args(Scene::arguments("--password-env SECRET"));
    in_folder(&mut command, scene.folder());
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let child = command.spawn().expect("strace starts");
    let began = std::time::Instant::now();
    while !scene.path("ada.p12").exists() {
        assert!(began.elapsed().as_secs() < 60, "the file does not come");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    fs::write(scene.path("ada.p12"), b"something else").expect("the change");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(14), "{output:?}");
    let shown = text(&output.stderr);
    for folder in ["stick", "share"] {
        let expected = format!("no copy in {folder}: ada.p12 is not what was saved any more");
        assert!(shown.contains(&expected), "{shown}");
        assert!(scene.names(folder).is_empty());
    }
}

/// Runs a script with mounts of its own, which root may make, or anybody where the kernel has user
/// namespaces for everybody. `$@` is the export.
#[cfg(target_os = "linux")]
fn with_mounts(scene: &Scene, code: i32, script: &str) -> Output {
    let rooted = Command::new("unshare")
        .args(["--mount", "true"])
        .stderr(std::process::Stdio::null())
        .status();
    let mut command = Command::new("unshare");
    command.arg("--mount");
    if !rooted.is_ok_and(|status| status.success()) {
        command.arg("--map-root-user");
    }
    command
        .args(["bash", "-c", script, "bash"])
        .arg(env!("CARGO_BIN_EXE_certstow"))
        .args(Scene::arguments("--password-env SECRET"));
    in_folder(&mut command, scene.folder());
    ends(code, &mut command)
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn copy_to_full_disk_keeps_other_copies() {
    let scene = Scene::new();
    // Nothing is left of 1 MiB but a page for the file's entry.
    let output = with_mounts(
        &scene,
        14,
        "mount -t tmpfs -o size=1m none stick || exit 99
         head -c 1048576 /dev/zero > stick/full
         \"$@\"; code=$?; echo left: $(ls -A stick); exit $code",
    );
    let (told, wrong) = (text(&output.stdout), text(&output.stderr));
    assert!(told.ends_with("left: full\n"), "{told}");
    assert!(
        wrong.contains("no copy in stick: stick/ada.p12 cannot be written"),
        "{wrong}"
    );
    assert!(wrong.contains("No space left"), "{wrong}");
    scene.restores("ada.p12");
    scene.restores("share/ada.p12");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn copy_to_checks_read_only_folder_first() {
    let scene = Scene::new();
    let output = with_mounts(
        &scene,
        16,
        "mount -t tmpfs -o ro none share || exit 99
         \"$@\"",
    );
    let shown = text(&output.stderr);
    assert!(shown.contains("no copy in share: share/ada.p12"), "{shown}");
    assert!(shown.contains("Read-only file system"), "{shown}");
    assert!(!scene.path("ada.p12").exists());
    assert!(scene.names("stick").is_empty());
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn copy_to_detects_same_folder_through_mount() {
    let scene = Scene::new();
    let output = with_mounts(
        &scene,
        2,
        "mkdir again && mount --bind . again || exit 99
         \"$@\" --force --copy-to again",
    );
    let shown = text(&output.stderr);
    assert!(
        shown.contains("again is the folder of the file itself"),
        "{shown}"
    );
    assert!(!scene.path("ada.p12").exists());
}
