//! A locked PKCS#12 file that is the one store named, at a terminal: who is there is asked for its
//! password, and may go on without it.

#![cfg(target_os = "linux")]

#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use certstow_formats::pkcs12::decode::{Limits, decode};
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::Password;
use certstow_formats::testing::writer;
use support::Terminal;

const PASSWORD: &str = "correct horse battery staple";
const QUESTION: &str = "(empty: go on without): ";
const LOCKED: &str = "locked: what it holds is seen only with its password";

/// Starts certstow in `folder`.
fn start(folder: &Path, arguments: &[&str]) -> Terminal {
    let words = [env!("CARGO_BIN_EXE_certstow")].into_iter();
    let words = words.chain(arguments.iter().copied());
    Terminal::run(folder, 200, &[], words)
}

/// A folder with Pat's file, which is locked.
fn world() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let errors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/errors.in");
    fs::copy(errors.join("files/pat.p12"), folder.path().join("pat.p12")).expect("the file");
    folder
}

/// Types an answer when it is asked for.
fn type_in(terminal: &mut Terminal, question: &str, answer: &str) {
    terminal.wait_for(question);
    terminal.press(&format!("{answer}\r"));
}

#[test]
fn list_asks_for_password_of_locked_file() {
    let folder = world();
    let mut terminal = start(folder.path(), &["list", "--store", "pat.p12"]);
    terminal.wait_for("Password of ");
    terminal.wait_for("pat.p12 ");
    type_in(&mut terminal, QUESTION, "wrong");
    terminal.wait_for("the password given does not open it; try again");
    type_in(&mut terminal, QUESTION, PASSWORD);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("Pat Example"), "{shown}");
    assert!(!shown.contains("locked"), "{shown}");
}

#[test]
fn list_goes_on_after_three_wrong_passwords() {
    let folder = world();
    let mut terminal = start(folder.path(), &["list", "--store", "pat.p12"]);
    for wrong in ["one", "two", "three"] {
        type_in(&mut terminal, QUESTION, wrong);
    }
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(14), "{shown}");
    assert!(shown.contains(LOCKED), "{shown}");
}

#[test]
fn list_goes_on_without_password() {
    let folder = world();
    for nothing in ["\r", "\u{1b}"] {
        let mut terminal = start(folder.path(), &["list", "--store", "pat.p12"]);
        terminal.wait_for(QUESTION);
        terminal.press(nothing);
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(14), "{shown}");
        assert!(shown.contains(LOCKED), "{shown}");
    }
    let mut terminal = start(folder.path(), &["list", "--store", "pat.p12"]);
    terminal.wait_for(QUESTION);
    terminal.press("\u{3}");
    assert_eq!(terminal.wait(), Some(130));
}

#[test]
fn list_asks_nobody_where_told_or_answered() {
    let folder = world();
    fs::write(folder.path().join("wrong"), "wrong").expect("a file");
    for (more, code) in [
        (&["--store", "pat.p12", "--non-interactive"][..], 14),
        (
            &["--store", "pat.p12", "--unlock-password-file", "wrong"],
            14,
        ),
        (&["--store", "."], 14),
        (&["--store", "pat.p12", "--store", "wrong"], 14),
    ] {
        let mut terminal = start(folder.path(), &[&["list"][..], more].concat());
        assert_eq!(terminal.wait(), Some(code), "{more:?}");
        assert!(!terminal.all().contains("Password of"), "{more:?}");
    }
}

#[test]
fn show_asks_and_needs_no_selector() {
    let folder = world();
    let mut terminal = start(folder.path(), &["show", "--store", "pat.p12"]);
    type_in(&mut terminal, QUESTION, PASSWORD);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("Pat Example"), "{shown}");
}

#[test]
fn export_asks_for_password_of_locked_file() {
    let folder = world();
    fs::write(folder.path().join("secret"), "another one").expect("a file");
    let arguments = ["export", "Pat", "--store", "pat.p12", "-o", "new.p12"];
    let options = ["--password-file", "secret", "--iterations", "2000"];
    let mut terminal = start(folder.path(), &[&arguments[..], &options].concat());
    type_in(&mut terminal, QUESTION, PASSWORD);
    let (code, shown) = terminal.end();
    // The key is not asked for again.
    assert_eq!(code, Some(0), "{shown}");
    let file = fs::read(folder.path().join("new.p12")).expect("the file");
    let password = Password::new("another one".to_owned());
    let opened = decode(&file, PasswordForm::Text(&password), &Limits::default());
    assert_eq!(opened.expect("it opens").keys.len(), 1);
}

#[test]
fn export_without_password_says_what_opens_it() {
    let folder = world();
    let arguments = [
        "export",
        "Pat",
        "--store",
        "pat.p12",
        "--password-env",
        "HOME",
    ];
    let mut terminal = start(folder.path(), &arguments);
    type_in(&mut terminal, QUESTION, "");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(10), "{shown}");
    assert!(shown.contains("1 file is locked"), "{shown}");
    assert!(shown.contains("--unlock-password-file"), "{shown}");
}

/// A file and the private key in it have passwords of their own.
#[test]
fn export_asks_for_private_keys_own_password() {
    let folder = world();
    let errors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/errors.in");
    let own = folder.path().join("own.p12");
    fs::copy(errors.join("key-password/own.p12"), own).expect("the file");
    let of_file = fs::read_to_string(errors.join("file-password.txt")).expect("its password");
    let arguments = ["export", "fixture", "--store", "own.p12", "-o", "new.p12"];
    let options = ["--password-env", "HOME", "--iterations", "2000"];
    let mut terminal = start(folder.path(), &[&arguments[..], &options].concat());
    type_in(&mut terminal, QUESTION, of_file.trim_end());
    terminal.wait_for("\nPassword of the private key in ");
    type_in(&mut terminal, "own.p12: ", "wrong");
    terminal.wait_for("\nWrong. Password of the private key in ");
    type_in(&mut terminal, "own.p12: ", "its own");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
}

/// A file whose MAC is under the password "mac", with these parts.
fn write(folder: &Path, parts: &[Vec<u8>]) {
    let password = Password::new("mac".to_owned());
    let mac = writer::mac(1);
    let bytes = writer::file(parts, Some((&mac, PasswordForm::Text(&password))));
    fs::write(folder.join("made.p12"), bytes).expect("the file is written");
}

#[test]
fn list_takes_passwords_of_mac_and_content() {
    let folder = world();
    let password = Password::new("content".to_owned());
    let (scheme, form) = (writer::pbes2(1), PasswordForm::Text(&password));
    let certificate = writer::certificate(&writer::data("certificates/P-256.pem"), &[]);
    let key = writer::shrouded_key(&writer::data("keys/P-256.pem"), &scheme, form, &[]);
    let certificates = writer::encrypted(&scheme, form, &[certificate]);
    write(folder.path(), &[certificates, writer::plain(&[key])]);
    let mut terminal = start(folder.path(), &["list", "--store", "made.p12"]);
    type_in(&mut terminal, QUESTION, "mac");
    terminal.wait_for("under another password than its MAC; try again");
    type_in(&mut terminal, QUESTION, "content");
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.all());
}

/// The certificate is seen, and that it has a private key is not.
#[test]
fn export_asks_where_only_the_key_is_hidden() {
    let folder = world();
    let password = Password::new("mac".to_owned());
    let (scheme, form) = (writer::pbes2(1), PasswordForm::Text(&password));
    let certificate = writer::certificate(&writer::data("certificates/P-256.pem"), &[]);
    let key = writer::shrouded_key(&writer::data("keys/P-256.pem"), &scheme, form, &[]);
    let keys = writer::encrypted(&scheme, form, &[key]);
    write(folder.path(), &[writer::plain(&[certificate]), keys]);
    let arguments = ["export", "--valid", "--store", "made.p12", "-o", "new.p12"];
    let options = ["--password-env", "HOME", "--iterations", "2000"];
    let arguments = [&arguments[..], &options].concat();
    let mut terminal = start(folder.path(), &arguments);
    type_in(&mut terminal, QUESTION, "mac");
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.all());
    let alone = [&arguments[..], &["--non-interactive"]].concat();
    assert_eq!(start(folder.path(), &alone).wait(), Some(13));
}

/// A backup of the sample store.
fn backup() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = format!("{}/examples/personal", env!("CARGO_MANIFEST_DIR"));
    let words = ["backup", "--to", "backup", "--store", &store];
    let saved = Command::new(env!("CARGO_BIN_EXE_certstow"))
        .args(words)
        .args(["--iterations", "2000", "--password-env", "SECRET"])
        .env("SECRET", PASSWORD)
        .env("XDG_DATA_HOME", folder.path().join("data"))
        .current_dir(folder.path())
        .output()
        .expect("certstow starts");
    assert_eq!(saved.status.code(), Some(0), "{saved:?}");
    folder
}

#[test]
fn backup_asks_three_times_for_its_password() {
    let folder = backup();
    let verify = ["backup", "verify", "backup", "--ask-password"];
    let restore = ["backup", "restore", "backup", "--into", "restored"];
    for arguments in [&verify[..], &restore] {
        let mut terminal = start(folder.path(), arguments);
        type_in(&mut terminal, "Password of the files:", "correct house");
        type_in(
            &mut terminal,
            "Wrong. Password of the files:",
            "correct mouse ",
        );
        type_in(
            &mut terminal,
            "Wrong; what was typed ends with a blank. Password of the files:",
            PASSWORD,
        );
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(0), "{arguments:?}: {shown}");
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
    let into = ["backup", "restore", "backup", "--into", "nothing"];
    for arguments in [&verify[..], &into] {
        let mut terminal = start(folder.path(), arguments);
        type_in(&mut terminal, "Password of the files:", "one");
        type_in(&mut terminal, "Wrong. Password of the files:", "two");
        type_in(&mut terminal, "Wrong. Password of the files:", "three");
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(17), "{arguments:?}: {shown}");
    }
}

#[test]
fn cancelled_prompt_is_no_error() {
    let folder = world();
    let mut terminal = start(folder.path(), &["list", "--store", "pat.p12"]);
    terminal.wait_for(QUESTION);
    terminal.press("\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(130), "{shown}");
    assert!(shown.contains("\nCancelled."), "{shown}");
    assert!(!shown.contains("error"), "{shown}");
}
