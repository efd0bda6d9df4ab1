//! What `--log` keeps, and what systemd's journal gets: every line whole, private, and of the form
//! that `docs/logging.md` describes.

#![cfg(any(target_os = "linux", windows))]

#[path = "support/program.rs"]
mod program;

use std::fs::{self, File};
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
use std::process::{Output, Stdio};

use serde_json::Value;

#[cfg(unix)]
use program::in_folder;
use program::{certstow, samples};

fn run(folder: &Path, code: i32, arguments: &[&str]) -> Output {
    let output = certstow(folder).args(arguments).output();
    let output = output.expect("certstow starts");
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}: {output:?}"
    );
    output
}

fn export_ada<'a>(samples: &'a str, file: &'a str) -> [&'a str; 10] {
    let [export, ada, store] = ["export", "Ada", "--store"];
    let [env, secret] = ["--password-env", "SECRET"];
    let [iterations, few] = ["--iterations", "2000"];
    [
        export, ada, store, samples, env, secret, iterations, few, "-o", file,
    ]
}

/// The lines, each a JSON object with what every line has.
fn lines(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).expect("the log");
    assert!(text.ends_with('\n'), "{text}");
    let lines = text.lines().map(|line| {
        let json: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        let time = json["time"].as_str().expect("a time");
        let milliseconds = "2030-01-02T03:04:05.678Z";
        assert_eq!(time.len(), milliseconds.len(), "{line}");
        assert!(time.ends_with('Z'), "{line}");
        for word in ["level", "command", "event", "message"] {
            assert!(json[word].is_string(), "no {word} in {line}");
        }
        assert!(json["pid"].is_u64(), "{line}");
        json
    });
    lines.collect()
}

/// The events of one kind.
fn events<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

#[test]
fn log_records_export_from_start_to_end() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (folder, samples) = (folder.path(), samples());
    let export = export_ada(&samples, "ada.p12");
    let output = run(
        folder,
        0,
        &[&export[..], &["--log", "log", "--json"]].concat(),
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");

    let log = folder.join("log");
    #[cfg(unix)]
    {
        let mode = log.metadata().expect("the log").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }
    let lines = lines(&log);
    let (first, last) = (&lines[0], lines.last().expect("a line"));
    assert_eq!(first["event"], "start");
    assert_eq!(first["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(first["command"], "export");
    assert_eq!(first["options"]["store"], samples.as_str());
    assert_eq!(first["options"]["password-env"], true);
    assert_eq!(last["event"], "end");
    assert_eq!(last["exit"], 0);
    assert!(last["duration_ms"].is_u64());
    let [saved] = events(&lines, "saved")[..] else {
        panic!("not one file saved: {lines:?}")
    };
    for field in ["file", "sha256", "thumbprint", "store"] {
        assert_eq!(saved[field], report[field], "{field}");
    }
    // Without -v, too.
    assert!(events(&lines, "step").len() >= 3, "{lines:?}");
}

#[test]
fn log_records_error_cause_and_exit_code() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (folder, samples) = (folder.path(), samples());
    let export = export_ada(&samples, "no/ada.p12");
    run(folder, 16, &[&export[..], &["--log", "log"]].concat());
    let lines = lines(&folder.join("log"));
    let [error] = events(&lines, "error")[..] else {
        panic!("not one error: {lines:?}")
    };
    assert_eq!(error["level"], "error");
    assert_eq!(error["code"], "target");
    assert_eq!(error["exit"], 16);
    let message = error["message"].as_str().expect("a message");
    let system = match cfg!(windows) {
        // ERROR_PATH_NOT_FOUND, in words of its language.
        true => "(os error 3)",
        false => "No such file or directory (os error 2)",
    };
    assert!(message.ends_with(system), "{message}");
    assert!(error["hint"].is_string());
    assert_eq!(lines.last().expect("a line")["exit"], 16);
}

#[test]
fn log_records_warnings_in_every_output_mode() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    fs::create_dir(folder.join("broken")).expect("a folder");
    fs::write(
        folder.join("broken/half.pem"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .expect("a file");
    for more in [&[][..], &["--json"], &["--quiet"]] {
        let log = folder.join(format!("log{}", more.concat()));
        let log = log.to_string_lossy();
        let list = ["list", "--store", "broken", "--log", &log];
        run(folder, 14, &[&list[..], more].concat());
        let lines = lines(Path::new(&*log));
        let warnings = events(&lines, "warning");
        assert_eq!(warnings.len(), 1, "{more:?}: {lines:?}");
        assert_eq!(warnings[0]["level"], "warning");
        assert_eq!(lines.last().expect("a line")["level"], "warning");
    }
}

#[test]
fn log_records_check_results() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (folder, samples) = (folder.path(), samples());
    run(folder, 0, &export_ada(&samples, "ada.p12"));
    fs::write(folder.join("none.p12"), "none").expect("a file");
    let check = ["check", "--password-env", "SECRET", "ada.p12", "none.p12"];
    run(folder, 15, &[&check[..], &["--log", "log"]].concat());
    let lines = lines(&folder.join("log"));
    let checked = events(&lines, "checked");
    let results: Vec<_> = checked
        .iter()
        .map(|line| {
            (
                line["file"].as_str(),
                line["restores"].as_bool(),
                line["level"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        results,
        [
            (Some("ada.p12"), Some(true), Some("info")),
            (Some("none.p12"), Some(false), Some("error")),
        ]
    );
}

/// A backup of the samples, a folder named `kept`.
fn back_up(folder: &Path, more: &[&str]) {
    let samples = samples();
    let backup = ["backup", "--to", "kept", "--store", &samples];
    let password = ["--password-env", "SECRET", "--iterations", "2000"];
    run(folder, 0, &[&backup[..], &password, more].concat());
}

#[test]
fn log_records_backup_verify_and_restore() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    back_up(folder, &["--log", "backup.log"]);
    let backup = lines(&folder.join("backup.log"));
    assert_eq!(backup[0]["options"]["to"], "kept");
    assert_eq!(backup[0]["options"]["password-env"], true);

    let file = fs::read_dir(folder.join("kept")).expect("the backup");
    let file = file.map(|entry| entry.expect("an entry").path());
    let mut file = file.filter(|file| file.extension().is_some_and(|ending| ending == "p12"));
    fs::write(file.next().expect("a file"), "damaged").expect("a file of ours");
    let password = ["--password-env", "SECRET"];
    let verify = ["backup", "verify", "kept", "--log", "verify.log"];
    run(folder, 15, &[&verify[..], &password].concat());
    let verified = lines(&folder.join("verify.log"));
    let checked = events(&verified, "checked");
    let good = checked.iter().filter(|line| line["level"] == "info");
    assert_eq!((checked.len(), good.count()), (3, 2), "{checked:?}");
    for line in checked {
        let good = line["level"] == "info";
        assert_eq!(line["restores"] == true, good, "{line}");
        assert_eq!(line["finding"].is_string(), !good, "{line}");
    }

    for more in [&[][..], &["--json"]] {
        let log = format!("restore.log{}", more.concat());
        let into = format!("file:restored{}", more.concat());
        let restore = ["backup", "restore", "kept", "--into", &into, "--log", &log];
        run(folder, 14, &[&restore[..], &password, more].concat());
        let restored = lines(&folder.join(&log));
        let imported = events(&restored, "imported");
        assert_eq!(imported.len(), 2, "{restored:?}");
        for line in imported {
            for field in ["file", "thumbprint", "place"] {
                assert!(line[field].is_string(), "no {field} in {line}");
            }
            assert_eq!(line["store"], into.as_str());
        }
        let [error] = events(&restored, "error")[..] else {
            panic!("not one error: {restored:?}")
        };
        assert!(error["file"].is_string(), "{error}");
    }
}

#[test]
fn log_records_import() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (folder, samples) = (folder.path(), samples());
    run(folder, 0, &export_ada(&samples, "ada.p12"));
    let import = ["import", "ada.p12", "--store", "file:own", "--log", "log"];
    let passwords = [
        "--password-env",
        "SECRET",
        "--unlock-password-env",
        "SECRET",
    ];
    run(folder, 0, &[&import[..], &passwords].concat());
    let lines = lines(&folder.join("log"));
    let [imported] = events(&lines, "imported")[..] else {
        panic!("not one import: {lines:?}")
    };
    for field in ["thumbprint", "from", "place", "store"] {
        assert!(imported[field].is_string(), "no {field} in {imported}");
    }
    assert_eq!(imported["message"], "imported Ada Example");
    assert_eq!(lines.last().expect("a line")["exit"], 0);
}

#[cfg(unix)]
#[test]
fn log_records_end_of_interrupted_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let child = Command::new("env")
        .args(["--default-signal=TERM", env!("CARGO_BIN_EXE_certstow")])
        .args(["check", "a.p12", "--password-file", "-", "--log", "log"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .spawn();
    let mut child = child.expect("certstow starts");
    // Waiting for the process would close it, and an end of input is an empty password.
    let _open = child.stdin.take();
    let log = folder.join("log");
    while !log.metadata().is_ok_and(|log| log.len() > 0) {
        assert_eq!(child.try_wait().expect("it is ours"), None);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    // The run has its log between the first line and the wait for standard input.
    let status = format!("/proc/{}/status", child.id());
    while !fs::read_to_string(&status).is_ok_and(|status| status.contains("State:\tS")) {
        assert_eq!(child.try_wait().expect("it is ours"), None);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let killed = Command::new("kill").arg(child.id().to_string()).status();
    assert!(killed.expect("kill starts").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let lines = lines(&log);
    let last = lines.last().expect("a line");
    assert_eq!(last["event"], "end");
    assert_eq!(last["exit"], 130);
}

/// As on NFS without a lock manager; another file system says that it has no such operation.
#[cfg(unix)]
#[test]
#[ignore = "needs strace"]
fn log_works_without_file_locks() {
    for error in ["ENOLCK", "EOPNOTSUPP"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e"]);
        command.arg(format!("inject=flock:error={error}"));
        command.arg(env!("CARGO_BIN_EXE_certstow"));
        command.args(["list", "--store", &samples(), "--log", "log"]);
        let output = command.current_dir(folder.path()).output();
        let output = output.expect("strace starts");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(lines(&folder.path().join("log")).len() >= 2);
    }
}

#[test]
fn log_is_shared_by_concurrent_runs() {
    const RUNS: usize = 8;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (folder, samples) = (folder.path(), samples());
    let runs: Vec<_> = (0..RUNS)
        .map(|_| {
            certstow(folder)
                .args(["list", "--store", &samples, "--log", "log"])
                .stdout(Stdio::null())
                .spawn()
                .expect("certstow starts")
        })
        .collect();
    for mut run in runs {
        assert!(run.wait().expect("it ends").success());
    }
    let lines = lines(&folder.join("log"));
    for event in ["start", "end"] {
        assert_eq!(events(&lines, event).len(), RUNS);
    }
}

#[cfg(unix)]
#[test]
fn log_keeps_existing_mode_and_lines() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let log = folder.join("log");
    fs::write(&log, "not certstow's\n").expect("a file");
    fs::set_permissions(&log, fs::Permissions::from_mode(0o640)).expect("our file");
    run(folder, 0, &["stores", "--log", "log"]);
    let text = fs::read_to_string(&log).expect("the log");
    assert!(text.starts_with("not certstow's\n{\"time\":"), "{text}");
    let mode = log.metadata().expect("the log").permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
}

#[cfg(unix)]
#[test]
fn log_that_cannot_open_stops_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (folder, samples) = (folder.path(), samples());
    fs::create_dir(folder.join("taken")).expect("a folder");
    let fifo = Command::new("mkfifo").arg(folder.join("fifo")).status();
    assert!(fifo.expect("mkfifo starts").success());
    std::os::unix::fs::symlink("nowhere", folder.join("dangling")).expect("a link");
    for (log, why) in [
        ("no/log", "No such file or directory"),
        ("taken", "it is a folder"),
        ("fifo", "it is no regular file"),
        ("/dev/null", "it is no regular file"),
        ("dangling", "it is a link"),
    ] {
        let export = export_ada(&samples, "ada.p12");
        let output = run(folder, 16, &[&export[..], &["--log", log]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&format!("caused by: {why}")), "{said}");
    }
    assert!(!folder.join("ada.p12").exists() && !folder.join("nowhere").exists());
}

/// Others may make a link where root appends; a person's own is followed.
#[cfg(unix)]
#[test]
#[ignore = "needs root, to run as somebody else, too"]
fn log_as_root_follows_no_link() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let everybody = fs::Permissions::from_mode(0o777);
    fs::set_permissions(folder, everybody).expect("our folder");
    fs::write(folder.join("precious"), "precious\n").expect("a file");
    std::os::unix::fs::symlink("precious", folder.join("log")).expect("a link");
    let output = run(folder, 16, &["stores", "--log", "log"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("links are not followed"), "{said}");
    let precious = fs::read_to_string(folder.join("precious")).expect("the file");
    assert_eq!(precious, "precious\n");

    std::os::unix::fs::chown(folder.join("precious"), Some(65534), None)
        .expect("a file of nobody's");
    fs::copy(env!("CARGO_BIN_EXE_certstow"), folder.join("certstow")).expect("a copy");
    std::os::unix::fs::symlink("nowhere", folder.join("dangling")).expect("a link");
    let nobody = |log| {
        let mut nobody = Command::new("setpriv");
        nobody.args([
            "--reuid=65534",
            "--clear-groups",
            "./certstow",
            "stores",
            "--log",
            log,
        ]);
        in_folder(&mut nobody, folder);
        nobody.output().expect("setpriv starts")
    };
    let dangling = nobody("dangling");
    let said = String::from_utf8_lossy(&dangling.stderr);
    assert_eq!(dangling.status.code(), Some(16), "{said}");
    assert!(
        said.contains("it is a link to a file that is not there"),
        "{said}"
    );
    let output = nobody("log");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let appended = fs::read_to_string(folder.join("precious")).expect("the file");
    assert!(appended.starts_with("precious\n{\"time\":"), "{appended}");
}

#[test]
fn log_held_by_others_delays_only_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (folder, samples) = (folder.path(), samples());
    let held = File::create(folder.join("log")).expect("a file");
    held.lock().expect("nobody else has it");
    let began = std::time::Instant::now();
    run(
        folder,
        0,
        &[&export_ada(&samples, "ada.p12")[..], &["--log", "log"]].concat(),
    );
    let took = began.elapsed().as_secs();
    let lines = lines(&folder.join("log"));
    // Each would have cost two seconds.
    assert!(
        lines.len() > 6 && took < 10,
        "{} lines took {took} s",
        lines.len()
    );
}

#[cfg(unix)]
#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn log_failing_during_run_warns_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let rooted = Command::new("unshare")
        .args(["--mount", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let mut unshare = Command::new("unshare");
    unshare.arg("--mount");
    if !rooted {
        unshare.arg("--map-root-user");
    }
    // Room for the first line and not for all.
    let script = "mkdir full && mount -t tmpfs -o size=4k none full || exit 99
        head --bytes=3500 /dev/zero | tr '\\0' '\\n' > full/log
        \"$@\" --log full/log; code=$?; tail --bytes=+3501 full/log; exit $code";
    unshare
        .args(["sh", "-c", script, "sh", env!("CARGO_BIN_EXE_certstow")])
        .args(export_ada(&samples(), "ada.p12"))
        .args(["--quiet", "--json"]);
    in_folder(&mut unshare, folder);
    let output = unshare.output().expect("unshare starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}{stderr}");
    assert!(folder.join("ada.p12").exists());
    assert_eq!(
        stderr
            .matches(" entries are missing: No space left on device")
            .count(),
        1,
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let (_, log) = stdout
        .split_once("\n}\n")
        .expect("the report, then the log");
    assert!(log.contains("\"event\":\"start\""), "{log}");
    // No line is there in part.
    for line in log.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}"));
    }
}

/// What certstow writes when both its outputs are a file of which `JOURNAL_STREAM` says that it is, or is
/// not, the journal.
#[cfg(unix)]
fn to_journal(folder: &Path, journal: bool, arguments: &[&str]) -> String {
    let path = folder.join("stderr");
    let stderr = File::create(&path).expect("a file");
    let metadata = stderr.metadata().expect("the file");
    let inode = metadata.ino() + u64::from(!journal);
    certstow(folder)
        .args(arguments)
        .env("JOURNAL_STREAM", format!("{}:{inode}", metadata.dev()))
        .env("CLICOLOR_FORCE", "1")
        .stdout(stderr.try_clone().expect("the same file"))
        .stderr(stderr)
        .status()
        .expect("certstow starts");
    fs::read_to_string(path).expect("what it said")
}

/// The lines of a level, without it; 6 where there is none.
#[cfg(unix)]
fn lines_of(said: &str, level: u8) -> Vec<&str> {
    let mark = format!("<{level}>");
    let lines = said.lines().filter_map(|line| match level {
        6 if !line.starts_with('<') => Some(line),
        _ => line.strip_prefix(&mark),
    });
    lines.collect()
}

/// What a run was not able to do is on standard output, as its result.
#[cfg(unix)]
#[test]
fn journal_lines_of_results_carry_their_level() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (folder, samples) = (folder.path(), samples());
    let locked = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/errors.in/locked");
    let locked = locked.to_str().expect("text");
    fs::write(folder.join("password"), "correct horse").expect("a password");
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(folder.join("password"), private).expect("its mode");
    let stores = ["--store", samples.as_str(), "--store", locked];
    let password = ["--to", "saved", "--password-file", "password"];
    let said = to_journal(
        folder,
        true,
        &[&["backup"][..], &stores, &password].concat(),
    );
    let [errors, warnings, others] = [3, 4, 6].map(|level| lines_of(&said, level));
    assert_eq!(errors.len(), 1, "{said}");
    assert!(
        errors[0].starts_with("Lotte Locked  ") && errors[0].contains("  not saved: "),
        "{said}"
    );
    assert_eq!(
        warnings,
        ["3 of 4 identities are saved; what is not right is listed above."],
        "{said}"
    );
    assert!(
        others.contains(&"Private keys that did not come out:"),
        "{said}"
    );

    // A file that was changed, an identity that is not there, and a restore that lacks both.
    let file = fs::read_dir(folder.join("saved")).expect("the backup");
    let mut files = file.map(|file| file.expect("a file").path());
    let file = files.find(|file| file.extension().is_some_and(|end| end == "p12"));
    fs::write(file.expect("a file of the backup"), "other").expect("it is changed");
    let said = to_journal(
        folder,
        true,
        &[&["backup", "verify", "saved"][..], &stores].concat(),
    );
    let errors = lines_of(&said, 3);
    assert_eq!(errors.len(), 3, "{said}");
    assert!(errors[2].contains("Lotte Locked") && errors[2].contains("is not in this backup"));
    assert!(
        lines_of(&said, 4)
            .iter()
            .any(|line| line.starts_with("saved: 1 of 3 files "))
    );
    let restore = [
        "backup",
        "restore",
        "saved",
        "--into",
        "new",
        "--password-file",
        "password",
    ];
    let said = to_journal(folder, true, &restore);
    assert!(
        lines_of(&said, 3)
            .iter()
            .any(|line| line.contains(" is not restored: ")),
        "{said}"
    );
    assert!(
        lines_of(&said, 4)
            .iter()
            .any(|line| line.ends_with("; 1 failed.")),
        "{said}"
    );
    let doctor = ["doctor", "--store", locked, "--escrow", "none"];
    let said = to_journal(folder, true, &doctor);
    let failed = |line: &&str| line.starts_with("failed   ");
    assert_eq!(
        lines_of(&said, 3).into_iter().filter(failed).count(),
        2,
        "{said}"
    );
    let said = to_journal(folder, true, &["check", "password"]);
    assert!(
        lines_of(&said, 3)
            .iter()
            .any(|line| line.starts_with("  error ")),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn journal_lines_carry_their_level() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (folder, samples) = (folder.path(), samples());
    let nobody = ["list", "Nobody", "--store", &samples, "-v"];
    let said = to_journal(folder, true, &nobody);
    let levels: Vec<_> = said.lines().map(|line| line.get(..3)).collect();
    assert_eq!(levels, [Some("<6>"), Some("<3>"), Some("<3>")], "{said}");
    assert!(said.contains("\n<3>error: no identity matches"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");

    let json = to_journal(folder, true, &["list", "--store", "nowhere", "--json"]);
    let error: String = json
        .lines()
        .map(|line| line.strip_prefix("<3>").expect("a level"))
        .collect();
    let error: Value = serde_json::from_str(&error).expect("JSON beside the levels");
    assert_eq!(error["error"]["exit"], 18);

    let usage = to_journal(folder, true, &["list", "--no-such-option"]);
    assert!(usage.lines().all(|line| line.starts_with("<3>")), "{usage}");

    // Redirected elsewhere, with the variable as it was.
    let said = to_journal(folder, false, &nobody);
    assert!(!said.contains("<3>") && said.contains("error:"), "{said}");
}
