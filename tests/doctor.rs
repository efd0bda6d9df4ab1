//! What `certstow doctor` does about what never answers, and that it leaves nothing behind.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use certstow_platform::new_file::NewFile;

fn doctor(folder: &Path, options: &[&str]) -> Output {
    doctor_of(folder, "examples/personal", options)
}

/// `certstow doctor` of a store in this repository.
fn doctor_of(folder: &Path, store: &str, options: &[&str]) -> Output {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join(store);
    let mut doctor = Command::new(env!("CARGO_BIN_EXE_certstow"));
    doctor
        .arg("doctor")
        .arg("--store")
        .arg(store)
        .args(options)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    doctor.output().unwrap()
}

/// A pipe that nobody writes to stands for a share or a vault that hangs.
#[cfg(unix)]
#[test]
fn doctor_prints_earlier_results_before_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let output = doctor(
        folder.path(),
        &[
            "--password-file",
            "pipe",
            "--to",
            "copies",
            "--timeout",
            "1s",
        ],
    );
    assert_eq!(output.status.code(), Some(13));
    let said = String::from_utf8(output.stdout).unwrap();
    let checks: Vec<_> = said
        .lines()
        .map(|line| line.get(..18).unwrap().trim_end())
        .collect();
    assert_eq!(
        checks,
        ["ok       account", "ok       store", "ok       keys"]
    );
    let complained = String::from_utf8(output.stderr).unwrap();
    assert!(
        complained.contains("waiting for a password from pipe"),
        "{complained}"
    );
}

#[test]
fn doctor_leaves_only_the_log() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("password"), "correct horse").unwrap();
    let options = [
        "--password-file",
        "password",
        "--to",
        "copies",
        "--to",
        ".",
        "--log",
        "log",
    ];
    let output = doctor(folder.path(), &options);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("ok       log       log: can be appended to\n"),
        "{said}"
    );
    let mut there: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    there.sort();
    assert_eq!(there, ["log", "password"]);
    // The run itself is recorded, too.
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.lines().count() >= 2, "{log}");
    assert!(
        log.lines()
            .all(|line| line.contains("\"command\":\"doctor\"")),
        "{log}"
    );
    assert!(!log.contains("horse"), "{log}");
}

#[test]
fn doctor_checks_password_of_locked_keys() {
    let folder = tempfile::tempdir().unwrap();
    let locked = "tests/cmd/errors.in/locked";
    let more = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/personal");
    let more = ["--store", more.to_str().unwrap()];
    let ends_with = |options: &[&str]| {
        let output = doctor_of(folder.path(), locked, &[&more[..], options].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), said)
    };
    let (code, said) = ends_with(&[]);
    assert_eq!(code, Some(14), "{said}");
    assert!(
        said.contains("nothing gives the password of 1 locked key, of Lotte Locked"),
        "{said}"
    );
    fs::write(folder.path().join("right"), "correct horse battery staple").unwrap();
    fs::write(folder.path().join("wrong"), "incorrect").unwrap();
    let (code, said) = ends_with(&["--unlock-password-file", "right"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("the key of Lotte Locked came out, and signs"),
        "{said}"
    );
    let (code, said) = ends_with(&["--unlock-password-file", "wrong"]);
    assert_eq!(code, Some(14), "{said}");
    assert!(said.contains("check the password that unlocks the key"));
}

/// A backup with these options takes one identity, and so there is one to look at.
#[test]
fn doctor_honours_filters_of_config() {
    let folder = tempfile::tempdir().unwrap();
    let locked = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/errors.in/locked");
    let locked = ["--store", locked.to_str().unwrap()];
    let said = |filter: &str| {
        fs::write(folder.path().join("backup.toml"), filter).unwrap();
        let options = [&locked[..], &["--config", "backup.toml"]].concat();
        let output = doctor(folder.path(), &options);
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), said)
    };
    let (code, all) = said("");
    assert_eq!(code, Some(14), "{all}");
    assert!(all.contains("of Lotte Locked"), "{all}");
    let (code, one) = said("label = 'Ada'");
    assert_eq!(code, Some(0), "{one}");
    assert!(
        one.contains("identities: 1; private keys: 1 exportable"),
        "{one}"
    );
    assert!(!one.contains("Lotte") && !one.contains("warning"), "{one}");
    let (code, none) = said("label = 'Nobody'");
    assert_eq!(code, Some(10), "{none}");
    assert!(
        none.contains("failed   identity  no identity passes --label 'Nobody'"),
        "{none}"
    );
}

#[test]
fn doctor_reports_leftover_files_without_removing() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("own/inside")).unwrap();
    fs::create_dir(folder.path().join("copies")).unwrap();
    let left = [
        "copies/.certstow-Xy12ab.tmp",
        "own/inside/.certstow-Xy12ab.tmp",
    ];
    for file in left {
        fs::write(folder.path().join(file), "half").unwrap();
    }
    let writing = NewFile::beside(&folder.path().join("own/new.pem")).unwrap();
    let output = doctor(folder.path(), &["--store", "own", "--to", "copies"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = said
        .lines()
        .filter(|line| line.starts_with("warning  left-over "))
        .collect();
    assert_eq!(lines.len(), 2, "{said}");
    for (line, file) in lines.iter().rev().zip(left) {
        let as_told = file.replace('/', std::path::MAIN_SEPARATOR_STR);
        assert!(line.ends_with(&as_told), "{said}");
        assert!(folder.path().join(file).exists());
    }
    assert!(
        said.contains("-> it may hold a private key: remove it"),
        "{said}"
    );
    drop(writing);
}
