//! `certstow import` at a terminal: each question, its answers, and giving up at it.

#![cfg(target_os = "linux")]

#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;

use std::fs;
use std::path::Path;

use support::Terminal;

const PASSWORD: &str = "correct horse battery staple";

/// Starts certstow in `folder`.
fn start(folder: &Path, arguments: &[&str]) -> Terminal {
    let words = [env!("CARGO_BIN_EXE_certstow")].into_iter();
    let words = words.chain(arguments.iter().copied());
    Terminal::run(folder, 120, &[], words)
}

fn samples() -> String {
    format!("{}/examples/personal", env!("CARGO_MANIFEST_DIR"))
}

fn nothing_is_left_in(folder: &Path) {
    let left: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

const WHERE: &str = "Number [1]: ";
const EXPORTABLE: &str = "May the private key be exported from there again? [Y/n] ";
const THERE: &str = "holds Grace Example already. Replace it? [y/N] ";
const PROTECT: &str = "(empty for none): ";

/// Starts to import Grace, and no more than her.
fn import_grace(folder: &Path, more: &[&str]) -> Terminal {
    let grace = format!("{}/grace-example.pem", samples());
    start(folder, &[&["import", &grace][..], more].concat())
}

/// Types an answer when it is asked for.
fn type_in(terminal: &mut Terminal, question: &str, answer: &str) {
    terminal.wait_for(question);
    terminal.press(&format!("{answer}\r"));
}

/// Types the password for the key in a folder, or that there is to be none, twice as every new one.
fn protect(terminal: &mut Terminal, password: &str) {
    type_in(terminal, PROTECT, password);
    type_in(terminal, "The same password again: ", password);
}

fn personal(folder: &Path) -> Vec<std::ffi::OsString> {
    let files = fs::read_dir(folder.join("data/certstow/personal"));
    let files = files.expect("the personal folder was made");
    files
        .map(|entry| entry.expect("an entry").file_name())
        .collect()
}

#[test]
fn import_prompts_for_store_and_password() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut terminal = import_grace(folder.path(), &[]);
    terminal.wait_for("Where to?");
    terminal.wait_for("data/certstow/personal (personal folder)");
    terminal.wait_for("2  another folder or store");
    type_in(&mut terminal, WHERE, "3");
    terminal.wait_for("that is no number from 1 to 2");
    type_in(&mut terminal, WHERE, "");
    protect(&mut terminal, PASSWORD);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("listed, key, signature"), "{shown}");
    assert!(!shown.contains(PASSWORD), "the password was shown");
    assert_eq!(personal(folder.path()).len(), 1);
}

#[test]
fn import_prompts_until_place_is_valid() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut terminal = import_grace(folder.path(), &[]);
    type_in(&mut terminal, WHERE, "2");
    type_in(&mut terminal, "Folder or store: ", "");
    terminal.wait_for("has to be named");
    type_in(&mut terminal, "Folder or store: ", "dotnet:");
    terminal.wait_for("a store name must follow 'dotnet:'");
    type_in(&mut terminal, "Folder or store: ", "else/where");
    protect(&mut terminal, "");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("no password protects"), "{shown}");
    let there = fs::read_dir(folder.path().join("else/where")).expect("the folder was made");
    assert_eq!(there.count(), 1);
}

#[test]
fn import_prompts_for_exportable_key_where_applicable() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (answer, code) in [("n", Some(18)), ("maybe\rperhaps\rhm", Some(2))] {
        let mut terminal = import_grace(folder.path(), &[]);
        type_in(&mut terminal, WHERE, "2");
        type_in(
            &mut terminal,
            "Folder or store: ",
            "windows:CurrentUser\\My",
        );
        type_in(&mut terminal, EXPORTABLE, answer);
        let (ended, shown) = terminal.end();
        assert_eq!(ended, code, "{shown}");
    }
    // What was said on the command line is not asked again.
    let mut terminal = import_grace(folder.path(), &["--not-exportable"]);
    type_in(&mut terminal, WHERE, "1");
    type_in(&mut terminal, "Folder or store: ", "folder");
    terminal.wait_for("means nothing for file:folder");
    type_in(
        &mut terminal,
        "Folder or store: ",
        "windows:CurrentUser\\My",
    );
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(18), "{shown}");
    assert!(!shown.contains("May the private key"), "{shown}");
    nothing_is_left_in(folder.path());
}

#[test]
fn import_prompts_before_replacing_identity() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let into = ["--store", "store"];
    let mut terminal = import_grace(folder.path(), &into);
    protect(&mut terminal, "");
    assert_eq!(terminal.end().0, Some(0));
    let text = || {
        let mut files = fs::read_dir(folder.path().join("store")).expect("the store");
        let file = files.next().expect("a file").expect("an entry");
        assert!(files.next().is_none(), "more than one file");
        fs::read_to_string(file.path()).expect("a PEM file")
    };
    let before = text();

    for (answer, code) in [("", Some(16)), ("n", Some(16)), ("\u{4}", Some(130))] {
        let mut terminal = import_grace(folder.path(), &into);
        type_in(&mut terminal, THERE, answer);
        let (ended, shown) = terminal.end();
        assert_eq!(ended, code, "{shown}");
        // Nobody thinks up a password for what does not go in.
        assert!(!shown.contains(PROTECT), "{shown}");
        assert_eq!(text(), before);
    }

    let mut terminal = import_grace(folder.path(), &into);
    type_in(&mut terminal, THERE, "y");
    protect(&mut terminal, PASSWORD);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(text().contains("ENCRYPTED PRIVATE KEY"));

    let mut terminal = import_grace(folder.path(), &[&into[..], &["--force"]].concat());
    protect(&mut terminal, "");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("Replace it?"), "{shown}");
    assert_eq!(text(), before);
}

#[test]
fn import_prompts_until_locked_file_opens() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let locked = format!(
        "{}/tests/cmd/errors.in/files/pat.p12",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut terminal = start(folder.path(), &["import", &locked, "--store", "store"]);
    type_in(&mut terminal, "pat.p12: ", "incorrect horse");
    type_in(&mut terminal, "Wrong. Password that unlocks ", PASSWORD);
    protect(&mut terminal, "");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
}

#[test]
fn import_asks_for_private_keys_own_password() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let errors = format!("{}/tests/cmd/errors.in", env!("CARGO_MANIFEST_DIR"));
    let own = format!("{errors}/key-password/own.p12");
    let of_file = format!("{errors}/file-password.txt");
    for given in [&[][..], &["--password-file", &of_file]] {
        let arguments = ["import", &own, "--store", "store", "--force"];
        let mut terminal = start(folder.path(), &[&arguments[..], given].concat());
        if given.is_empty() {
            type_in(&mut terminal, "Password that unlocks ", "fixture");
        }
        protect(&mut terminal, "");
        terminal.wait_for("\nPassword of the private key in ");
        type_in(&mut terminal, "own.p12: ", "its own");
        assert_eq!(terminal.wait(), Some(0), "{}", terminal.all());
    }
}

#[test]
fn import_after_wrong_passwords_hints_without_options() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let locked = format!(
        "{}/tests/cmd/errors.in/files/pat.p12",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut terminal = start(folder.path(), &["import", &locked, "--store", "store"]);
    type_in(&mut terminal, "pat.p12: ", "incorrect horse");
    type_in(&mut terminal, "Wrong. Password that unlocks ", "wrong");
    type_in(&mut terminal, "Wrong. Password that unlocks ", "wrong too");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(17), "{shown}");
    let hint = "give the password that it was saved with; capital letters count";
    assert!(shown.contains(hint), "{shown}");
}

#[test]
fn import_cancelled_at_any_prompt_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let windows = "windows:CurrentUser\\My";
    let again = "The same password again: ";
    let questions = [
        &[(WHERE, "")][..],
        &[(WHERE, "2"), ("Folder or store: ", "")],
        &[
            (WHERE, "2"),
            ("Folder or store: ", windows),
            (EXPORTABLE, ""),
        ],
        &[(WHERE, ""), (PROTECT, "")],
        &[(WHERE, ""), (PROTECT, PASSWORD), (again, "")],
    ];
    for answers in questions {
        let mut terminal = import_grace(folder.path(), &[]);
        let (last, before) = answers.split_last().expect("a question");
        for (question, answer) in before {
            type_in(&mut terminal, question, answer);
        }
        terminal.wait_for(last.0);
        terminal.press("\u{3}");
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(130), "{last:?}: {shown}");
        nothing_is_left_in(folder.path());
    }
    let locked = format!("{}/tests/cmd/errors.in/locked", env!("CARGO_MANIFEST_DIR"));
    let mut terminal = start(folder.path(), &["import", &locked]);
    type_in(&mut terminal, WHERE, "");
    protect(&mut terminal, "");
    terminal.wait_for("Password that unlocks ");
    terminal.press("\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(130), "{shown}");
    nothing_is_left_in(folder.path());
}
