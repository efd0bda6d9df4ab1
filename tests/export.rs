//! One export from end to end, as a script runs it: where the password comes from, who may read
//! the file, what is replaced and what is not.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use program::{PASSWORD, certstow, samples};

fn export_of_ada(folder: &Path, options: &[&str]) -> Command {
    let mut command = certstow(folder);
    command.args(["export", "Ada Example", "--store", &samples()]);
    command.args(options);
    command
}

/// With few iterations, to save time.
fn export(folder: &Path, options: &[&str]) -> Command {
    let mut command = export_of_ada(folder, options);
    command.args(["--iterations", "2000"]);
    command
}

fn succeeds(command: &mut Command) -> Output {
    let output = command.output().expect("certstow starts");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn fails_with(code: i32, command: &mut Command) {
    let output = command.output().expect("certstow starts");
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn restores(folder: &Path, file: &str) {
    succeeds(certstow(folder).args(["check", "--password-env", "SECRET", file]));
}

#[test]
fn password_file_provides_password() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("password.txt");
    fs::write(&file, format!("{PASSWORD}\r\n")).expect("the password's file");
    succeeds(&mut export(
        folder.path(),
        &["--password-file", "password.txt", "-o", "ada.p12"],
    ));
    restores(folder.path(), "ada.p12");
}

#[test]
fn password_file_reads_standard_input() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut child = export(folder.path(), &["--password-file", "-", "-o", "ada.p12"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("certstow starts");
    let mut input = child.stdin.take().expect("standard input");
    writeln!(input, "{PASSWORD}").expect("the password is taken");
    drop(input);
    let output = child.wait_with_output().expect("certstow ends");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    restores(folder.path(), "ada.p12");
}

#[cfg(unix)]
#[test]
fn password_fd_provides_password() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = samples();
    let script = "printf %s \"$SECRET\" | \"$0\" export 'Ada Example' --store \"$1\" \
        --iterations 2000 --password-fd 3 -o ada.p12 3<&0 0</dev/null";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_certstow"), &store]);
    program::in_folder(&mut shell, folder.path());
    succeeds(&mut shell);
    restores(folder.path(), "ada.p12");
}

#[cfg(unix)]
#[test]
fn export_writes_private_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a temporary folder");
    succeeds(&mut export(
        folder.path(),
        &["--password-env", "SECRET", "-o", "ada.p12"],
    ));
    let file = fs::metadata(folder.path().join("ada.p12")).expect("the file is there");
    assert_eq!(file.permissions().mode() & 0o7777, 0o600);
}

#[test]
fn export_adds_extension_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    succeeds(&mut export(
        folder.path(),
        &["--password-env", "SECRET", "-o", "ada"],
    ));
    let names: Vec<_> = fs::read_dir(folder.path())
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name())
        // What certstow keeps for the account.
        .filter(|name| name != "data")
        .collect();
    assert_eq!(names, ["ada.p12"]);
}

#[test]
fn export_replaces_existing_file_only_with_force() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("ada.p12");
    fs::write(&file, "precious").expect("a file in the way");
    let options = ["--password-env", "SECRET", "-o", "ada.p12"];
    fails_with(16, &mut export(folder.path(), &options));
    assert_eq!(fs::read(&file).expect("it is still there"), b"precious");

    succeeds(export(folder.path(), &options).arg("--force"));
    restores(folder.path(), "ada.p12");
}

#[test]
fn export_to_standard_output_writes_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = succeeds(&mut export(
        folder.path(),
        &["--password-env", "SECRET", "-o", "-"],
    ));
    fs::write(folder.path().join("piped.p12"), output.stdout).expect("the file is written");
    restores(folder.path(), "piped.p12");
}

#[test]
fn export_json_reports_contents_and_proof() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = succeeds(&mut export(
        folder.path(),
        &["--password-env", "SECRET", "-o", "ada.p12", "--json"],
    ));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["schema"], "certstow.export/1");
    assert_eq!(report["key_deleted"], false);
    assert_eq!(report["profile"], "modern");
    assert_eq!(report["iterations"], 2000);
    assert_eq!(report["root_included"], true);
    let path: Vec<_> = report["chain"]
        .as_array()
        .expect("the path")
        .iter()
        .collect();
    assert_eq!(path.len(), 3, "{path:?}");
    assert!(
        !report["verified"]
            .as_array()
            .expect("what was checked")
            .is_empty()
    );
}

#[test]
fn chain_option_sets_path_length() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (chain, certificates) in [("full", 3), ("no-root", 2), ("none", 1)] {
        let file = format!("{chain}.p12");
        let options = ["--password-env", "SECRET", "--chain", chain, "-o", &file];
        succeeds(&mut export(folder.path(), &options));
        let output = succeeds(certstow(folder.path()).args([
            "check",
            "--json",
            "--password-env",
            "SECRET",
            &file,
        ]));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(report["files"][0]["certificates"], certificates, "{chain}");
    }
}

#[test]
fn export_pem_encrypts_key_by_default() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let locked = [
        "--password-env",
        "SECRET",
        "--format",
        "pem",
        "-o",
        "ada.pem",
    ];
    succeeds(&mut export(folder.path(), &locked));
    let pem = fs::read_to_string(folder.path().join("ada.pem")).expect("the file is text");
    assert!(pem.contains("BEGIN ENCRYPTED PRIVATE KEY") && !pem.contains("BEGIN PRIVATE KEY"));

    let clear = ["--unencrypted-key", "--format", "pem", "-o", "clear.pem"];
    succeeds(&mut export_of_ada(folder.path(), &clear));
    let pem = fs::read_to_string(folder.path().join("clear.pem")).expect("the file is text");
    assert!(pem.contains("BEGIN PRIVATE KEY"));
}

#[test]
fn export_refuses_options_without_effect() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for options in [
        &[
            "--format",
            "pem",
            "--unencrypted-key",
            "--password-env",
            "SECRET",
        ][..],
        &[
            "--format",
            "pem",
            "--password-env",
            "SECRET",
            "--profile",
            "legacy",
        ],
        &[
            "--format",
            "pem",
            "--password-env",
            "SECRET",
            "--name",
            "Ada",
        ],
        &["--format", "p7b", "--password-env", "SECRET"],
        &["--format", "p7b", "--iterations", "5"],
        &["--format", "der", "--chain", "full"],
        &["--unencrypted-key", "--password-env", "SECRET"],
        &[
            "--properties",
            "none",
            "--name",
            "Ada",
            "--password-env",
            "SECRET",
        ],
        &["--for", "go", "--chain", "full", "--password-env", "SECRET"],
        &["-o", "-", "--json", "--password-env", "SECRET"],
        &["--password-file", "-", "--unlock-password-file", "-"],
    ] {
        fails_with(2, &mut export_of_ada(folder.path(), options));
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

#[test]
fn export_without_key_needs_no_password() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (format, file) in [("der", "Ada Example.cer"), ("p7b", "Ada Example.p7b")] {
        succeeds(&mut export_of_ada(folder.path(), &["--format", format]));
        let bytes = fs::read(folder.path().join(file)).expect("the file is named by the label");
        assert_eq!(bytes[0], 0x30, "{format}");
    }
}

#[test]
fn for_option_selects_profile_and_path() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (program, profile, certificates) in
        [("windows2016", "compatible", 3), ("go", "compatible", 1)]
    {
        let options = [
            "--for",
            program,
            "--password-env",
            "SECRET",
            "--json",
            "--force",
        ];
        let output = succeeds(&mut export(folder.path(), &options));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(report["profile"], profile);
        let chain = report["chain"].as_array().expect("the path");
        assert_eq!(chain.len(), certificates, "{program}");
    }
}

#[test]
fn export_json_keeps_warnings_off_stderr() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = ["--profile", "legacy", "--password-env", "SECRET", "--json"];
    let output = succeeds(&mut export(folder.path(), &options));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let warnings = report["warnings"].as_array().expect("the warnings");
    assert!(
        warnings
            .iter()
            .any(|text| text.as_str().is_some_and(|text| text.contains("RC2-40")))
    );
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn usage_error_is_complete_json() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = certstow(folder.path())
        .args(["export", "--json"])
        .output()
        .expect("certstow starts");
    assert_eq!(output.status.code(), Some(2));
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).expect("JSON");
    let message = error["error"]["message"].as_str().expect("a message");
    assert!(
        message.contains("<SELECTOR>") || message.contains("[SELECTOR]"),
        "{message}"
    );
}

/// Nobody needs a new certificate because of a key that another program can convert.
#[test]
fn unread_encryption_names_file_and_conversion() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/tests/data");
    for (name, source) in [
        ("me.crt", "certificates/P-256.pem"),
        ("me.key", "keys/P-256.camellia.pem"),
    ] {
        fs::copy(data.join(source), folder.path().join(name)).expect("a copy");
    }
    let mut command = certstow(folder.path());
    command.args(["export", "--store", ".", "-o", "me.p12"]);
    command.args(["P-256", "--password-env", "SECRET"]);
    let output = command.output().expect("certstow starts");
    assert_eq!(output.status.code(), Some(12));
    let said = String::from_utf8_lossy(&output.stderr);
    let key = folder.path().join("me.key");
    let key = key.display();
    for part in [
        format!(
            "it is kept in {key}, in a form certstow does not read (the cipher Camellia-256-CBC)"
        ),
        format!("convert it: 'openssl pkcs8 -topk8 -in {key} -out NEW'"),
    ] {
        assert!(said.contains(&part), "{said}");
    }
    assert!(!said.contains("issuer"), "{said}");
}

/// Whoever gives a password after such an error is not to hear of another that was known before.
#[test]
fn missing_password_is_told_last() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let keyless = folder.path().join("keyless");
    fs::create_dir(&keyless).expect("a folder");
    let ada = Path::new(&samples()).join("ada-example.pem");
    fs::copy(ada, keyless.join("ada.pem")).expect("a copy");
    fs::write(folder.path().join("there.p12"), "").expect("written");
    let samples = samples();
    for (code, words) in [
        (10, &["Nobody", "--store", &samples][..]),
        (11, &["Example", "--store", &samples]),
        (12, &["Ada", "--store", "keyless"]),
        (18, &["Ada", "--store", "nowhere"]),
        (16, &["Ada", "--store", &samples, "-o", "there.p12"]),
        (16, &["Ada", "--store", &samples, "-o", "no/where.p12"]),
        (13, &["Ada", "--store", &samples, "-o", "new.p12"]),
    ] {
        fails_with(code, certstow(folder.path()).arg("export").args(words));
    }
}
