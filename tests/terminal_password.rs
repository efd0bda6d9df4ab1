//! The password of an export at a terminal: one that certstow makes and shows, and what it says of
//! one that a person thought up.

#![cfg(target_os = "linux")]

#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use support::Terminal;

const SHOWN: &str = "The password for the file of Ada Example:";

fn samples() -> String {
    format!("{}/examples/personal", env!("CARGO_MANIFEST_DIR"))
}

/// Starts to export Ada's identity to `ada.p12`.
fn export(folder: &Path, more: &[&str]) -> Terminal {
    let store = samples();
    let words = [env!("CARGO_BIN_EXE_certstow"), "export", "Ada"];
    let to = ["--store", &store, "-o", "ada.p12", "--iterations", "2000"];
    let words = words.iter().chain(&to).chain(more).copied();
    Terminal::run(folder, 200, &[("NO_COLOR", "1")], words)
}

/// Has a shell at the terminal run a script, in which `$@` is an export with a new password.
fn script(folder: &Path, script: &str) -> (Option<i32>, String) {
    let store = samples();
    let shell = ["sh", "-c", script, "sh", env!("CARGO_BIN_EXE_certstow")];
    let export = ["export", "Ada", "--store", &store, "--iterations", "2000"];
    let words = shell.iter().chain(&export).chain(&["--generate-password"]);
    Terminal::run(folder, 200, &[("NO_COLOR", "1")], words.copied()).end()
}

/// The password opens the file.
fn opens(folder: &Path, file: &str, password: &str) {
    fs::write(folder.join("password"), password).expect("the password's file");
    let output = Command::new(env!("CARGO_BIN_EXE_certstow"))
        .args(["check", file, "--password-file", "password"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("certstow starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

fn is_new_password(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let fits = |group: &&str| {
        group.len() == 5
            && group
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    groups.len() == 5 && groups.iter().all(fits)
}

#[test]
fn generate_password_shows_it_once_before_saving() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = ["--generate-password", "--log", "log", "-v"];
    let mut terminal = export(folder.path(), &options);
    terminal.wait_for(SHOWN);
    terminal.next_line();
    assert_eq!(terminal.next_line(), "");
    let password = terminal.next_line().trim().to_owned();
    assert!(is_new_password(&password), "{password}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("Saved ada.p12"), "{shown}");
    assert!(!shown.contains(&password), "shown twice");
    opens(folder.path(), "ada.p12", &password);
    let log = fs::read_to_string(folder.path().join("log")).expect("the log");
    assert!(
        log.contains("\"saved\"") && !log.contains(&password),
        "{log}"
    );
}

#[test]
fn generate_password_uses_terminal_when_output_piped() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, shown) = script(folder.path(), "\"$@\" -o - > piped.p12");
    assert_eq!(code, Some(0), "{shown}");
    let password = shown
        .lines()
        .map(str::trim)
        .find(|line| is_new_password(line));
    opens(folder.path(), "piped.p12", password.expect("a password"));
}

#[test]
fn generate_password_is_refused_without_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (with, reason) in [
        ("\"$@\" -o ada.p12 2> said", "is no terminal"),
        (
            "\"$@\" -o ada.p12 --non-interactive 2> said",
            "nobody may be asked",
        ),
        (
            "\"$@\" -o ada.p12 < /dev/null 2> said",
            "nobody may be asked",
        ),
        ("\"$@\" -o ada.p12 --json 2> said", "read by a program"),
    ] {
        let (code, shown) = script(folder.path(), with);
        assert_eq!(code, Some(13), "{with}: {shown}");
        let said = fs::read_to_string(folder.path().join("said")).expect("what was said");
        assert!(said.contains(reason), "{with}: {said}");
        assert!(
            said.contains("--escrow") && said.contains("--password-file"),
            "{said}"
        );
        assert!(!folder.path().join("ada.p12").exists());
    }
}

/// strace makes every write to the terminal fail, as one whose window was closed does.
#[test]
#[ignore = "needs strace"]
fn generate_password_not_shown_saves_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_, shown) = script(
        folder.path(),
        "strace -f -qq -o trace -P \"$(tty)\" -e trace=write -e inject=write:error=EIO \
         \"$@\" -o ada.p12; echo \"ended with $?\"",
    );
    assert!(shown.contains("ended with 1\r\n"), "{shown}");
    let left: Vec<_> = fs::read_dir(folder.path())
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(left, ["trace"]);
}

/// Types a password twice, and gives what is shown then.
fn with_typed(folder: &Path, password: &str, more: &[&str]) -> String {
    let mut terminal = export(folder, &[&["--force"], more].concat());
    terminal.wait_for("Password for the file of Ada Example: ");
    terminal.press(&format!("{password}\r"));
    terminal.wait_for("The same password again: ");
    terminal.press(&format!("{password}\r"));
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    opens(folder, "ada.p12", password);
    shown
}

#[test]
fn strength_warning_shown_for_weak_typed_password() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (password, words) in [
        ("Passw0rd!", "This password is very weak: "),
        // What is in the certificate is no secret.
        ("ada example", "This password is very weak: "),
        ("Sommer2024!", "This password is weak: "),
    ] {
        let shown = with_typed(folder.path(), password, &["--log", "log"]);
        assert!(shown.contains(words), "{password}: {shown}");
        assert!(shown.contains("--generate-password"), "{shown}");
    }
    let log = fs::read_to_string(folder.path().join("log")).expect("the log");
    assert!(
        !log.contains("weak"),
        "a log tells which file is easy: {log}"
    );
}

#[test]
fn strength_warning_absent_when_strong_or_quiet() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shown = with_typed(folder.path(), "seven grey herons, half a bicycle", &[]);
    assert!(!shown.contains("This password"), "{shown}");
    let shown = with_typed(folder.path(), "Passw0rd!", &["--quiet"]);
    assert!(!shown.contains("This password"), "{shown}");
}

#[test]
fn strength_warning_absent_for_password_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("weak"), "Passw0rd!").expect("the password's file");
    let (code, shown) = export(folder.path(), &["--password-file", "weak"]).end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("This password"), "{shown}");
}

/// What a password manager does that has a PIN: it asks at the terminal, whatever certstow may ask.
#[test]
fn password_command_may_ask_at_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let manager = "printf 'PIN: ' > /dev/tty; read -r pin < /dev/tty; \
                   test \"$pin\" = 1234 && echo 'from the manager'";
    fs::write(folder.path().join("manager"), manager).expect("the manager");
    for more in [&[][..], &["--non-interactive"]] {
        let options = [&["--force", "--password-command", "sh manager"][..], more].concat();
        let mut terminal = export(folder.path(), &options);
        terminal.wait_for("PIN: ");
        terminal.press("1234\n");
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(0), "{shown}");
        opens(folder.path(), "ada.p12", "from the manager");
        let mut terminal = export(folder.path(), &options);
        terminal.wait_for("PIN: ");
        terminal.press("0000\n");
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(17), "{shown}");
    }
}
