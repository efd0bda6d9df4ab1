//! `certstow check` at a terminal: a mistyped password, and files with passwords of their own.

#![cfg(target_os = "linux")]

#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;

use std::fs;
use std::path::Path;

use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::Password;
use certstow_formats::testing::writer;
use support::Terminal;

/// Starts to check these files, with a person there.
fn check(folder: &Path, files: &[&str]) -> Terminal {
    let words = [env!("CARGO_BIN_EXE_certstow"), "check"].into_iter();
    let words = words.chain(files.iter().copied());
    Terminal::run(folder, 200, &[], words.chain(["--ask-password"]))
}

fn write(folder: &Path, file: &str, password: &str) {
    let password = Password::new(password.to_owned());
    let bytes = writer::whole(&writer::pbes2(2_000), PasswordForm::Text(&password));
    fs::write(folder.join(file), bytes).expect("the file is written");
}

fn type_in(terminal: &mut Terminal, question: &str, answer: &str) {
    terminal.wait_for(question);
    terminal.press(&format!("{answer}\r"));
}

#[test]
fn check_asks_again_after_wrong_password() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "a.p12", "correct horse");
    let mut terminal = check(folder.path(), &["a.p12"]);
    type_in(&mut terminal, "Password of the files:", "correct house");
    type_in(&mut terminal, "Wrong. Password of a.p12:", "correct mouse");
    type_in(&mut terminal, "Wrong. Password of a.p12:", "correct horse");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("restores      yes"), "{shown}");
    assert!(shown.contains("identity      "), "{shown}");
}

#[test]
fn check_fails_after_three_wrong_passwords() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "a.p12", "correct horse");
    let mut terminal = check(folder.path(), &["a.p12"]);
    type_in(&mut terminal, "Password of the files:", "one");
    type_in(&mut terminal, "Wrong. Password of a.p12:", "two");
    type_in(&mut terminal, "Wrong. Password of a.p12:", "three");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(17), "{shown}");
    assert!(shown.contains("the password is wrong"), "{shown}");
}

#[test]
fn check_takes_a_password_for_each_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (file, password) in [("a.p12", "first"), ("b.p12", "second"), ("c.p12", "first")] {
        write(folder.path(), file, password);
    }
    let mut terminal = check(folder.path(), &["a.p12", "b.p12", "c.p12"]);
    type_in(&mut terminal, "Password of the files:", "first");
    type_in(&mut terminal, "Wrong. Password of b.p12:", "second");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(shown.matches("restores      yes").count(), 3, "{shown}");
}
