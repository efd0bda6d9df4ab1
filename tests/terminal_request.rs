//! `certstow request` at a terminal: what is asked, step by step, and giving up on the way.

#![cfg(target_os = "linux")]

#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::Terminal;

const PASSWORD: &str = "correct horse battery staple";

/// Starts certstow in `folder`.
fn start(folder: &Path, arguments: &[&str]) -> Terminal {
    let words = [env!("CARGO_BIN_EXE_certstow")].into_iter();
    let words = words.chain(arguments.iter().copied());
    Terminal::run(folder, 120, &[], words)
}

/// Types an answer when it is asked for.
fn type_in(terminal: &mut Terminal, question: &str, answer: &str) {
    terminal.wait_for(question);
    terminal.press(&format!("{answer}\r"));
}

const NAME: &str = "as the certificate is to have it: ";
const EMAIL: &str = "E-mail address (empty for none): ";
const NUMBER: &str = "Number [1]: ";
const PROTECT: &str = "(empty for none): ";
const AGAIN: &str = "The same password again: ";
const COPY: &str = "Save a copy of the key at once?";
const WHERE: &str = "Folder for the copy, such as one on a USB drive: ";
const FILE: &str = "Password for the file that is saved: ";

#[test]
fn request_asks_for_everything_that_no_option_says() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut terminal = start(folder.path(), &["request"]);
    type_in(&mut terminal, NAME, "");
    terminal.wait_for("a name is needed");
    type_in(&mut terminal, NAME, "J\u{fc}rgen Gro\u{df}");
    type_in(&mut terminal, EMAIL, "j.gross");
    terminal.wait_for("it has no @");
    type_in(&mut terminal, EMAIL, "j.gross@example.org");
    terminal.wait_for("e-mail, and logging in (emailProtection, clientAuth)");
    type_in(&mut terminal, NUMBER, "");
    terminal.wait_for("Which kind of key?");
    type_in(&mut terminal, NUMBER, "3");
    terminal.wait_for("Where to?");
    type_in(&mut terminal, NUMBER, "");
    type_in(&mut terminal, PROTECT, PASSWORD);
    type_in(&mut terminal, AGAIN, PASSWORD);
    type_in(&mut terminal, COPY, "");
    type_in(&mut terminal, WHERE, "copy");
    type_in(&mut terminal, FILE, PASSWORD);
    type_in(&mut terminal, AGAIN, PASSWORD);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    for part in [
        "Requested J\u{fc}rgen Gro\u{df}",
        "ECDSA P-256",
        "Send the request to your CA",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains(PASSWORD), "the password was shown");
    assert!(!shown.contains("not encrypted"), "{shown}");
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-verify",
        "-noout",
        "-in",
        "J\u{fc}rgen Gro\u{df}.csr",
    ]);
    let verified = openssl
        .current_dir(folder.path())
        .output()
        .expect("openssl starts");
    assert!(verified.status.success(), "{verified:?}");
    let copies = fs::read_dir(folder.path().join("copy")).expect("a folder");
    let names = copies.map(|copy| copy.expect("a file").file_name());
    let saved = names.filter(|name| name.to_string_lossy().ends_with(".p12"));
    assert_eq!(saved.count(), 1);

    // Another one for the same name is a question.
    let mut terminal = start(
        folder.path(),
        &["request", "J\u{fc}rgen Gro\u{df}", "-o", "second.csr"],
    );
    type_in(&mut terminal, NUMBER, "");
    type_in(&mut terminal, "Make another one? [y/N] ", "");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(130), "{shown}");
    assert!(!folder.path().join("second.csr").exists());

    // So is an end of the first one.
    let forget = ["request", "forget", "J\u{fc}rgen Gro\u{df}"];
    let question = "unless another certificate has it? [y/N] ";
    let mut terminal = start(folder.path(), &forget);
    type_in(&mut terminal, question, "n");
    assert_eq!(terminal.end().0, Some(130));
    let mut terminal = start(folder.path(), &forget);
    type_in(&mut terminal, question, "y");
    type_in(&mut terminal, "Password that unlocks ", PASSWORD);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    let personal = fs::read_dir(folder.path().join("data/certstow/personal"));
    assert_eq!(personal.expect("the personal folder").count(), 0);
}

#[test]
fn giving_up_at_any_question_makes_no_key() {
    let answers: [(&str, &str); 7] = [
        (NAME, "Ada"),
        (EMAIL, ""),
        (NUMBER, "4"),
        (NUMBER, "3"),
        (NUMBER, ""),
        (PROTECT, ""),
        (AGAIN, ""),
    ];
    for given in [0, 2, 4, 7] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut terminal = start(folder.path(), &["request"]);
        for (question, answer) in &answers[..given] {
            type_in(&mut terminal, question, answer);
        }
        terminal.wait_for(answers.get(given).map_or(COPY, |(question, _)| question));
        terminal.press("\u{3}");
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(130), "{given}: {shown}");
        let left = fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!(left, 0, "{given}");
    }
}
