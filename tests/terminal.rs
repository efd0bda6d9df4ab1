//! certstow at a terminal: the prompts, with a person's typing and the screen read back.

#![cfg(target_os = "linux")]

#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use support::Terminal;

const PASSWORD: &str = "correct horse battery staple";

/// Starts certstow in `folder`.
fn start(folder: &Path, arguments: &[&str]) -> Terminal {
    start_at(folder, 120, &[], arguments)
}

/// Starts certstow at a terminal this wide, with these variables set.
fn start_at(folder: &Path, width: u16, variables: &[(&str, &str)], arguments: &[&str]) -> Terminal {
    let words = [env!("CARGO_BIN_EXE_certstow")].into_iter();
    let words = words.chain(arguments.iter().copied());
    Terminal::run(folder, width, variables, words)
}

fn samples() -> String {
    format!("{}/examples/personal", env!("CARGO_MANIFEST_DIR"))
}

fn export_ada(folder: &Path) -> Terminal {
    let store = samples();
    let arguments = [
        "export",
        "Ada Example",
        "--store",
        &store,
        "-o",
        "ada.p12",
        "--iterations",
        "2000",
    ];
    start(folder, &arguments)
}

/// Types the password and its repetition, each when it is asked for.
fn answer(terminal: &mut Terminal, password: &str, again: &str) {
    terminal.wait_for("Password for the file of Ada Example: ");
    terminal.press(&format!("{password}\r"));
    terminal.wait_for("The same password again: ");
    terminal.press(&format!("{again}\r"));
}

fn nothing_is_left_in(folder: &Path) {
    let left: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn export_prompts_for_password_twice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut terminal = export_ada(folder.path());
    answer(&mut terminal, PASSWORD, PASSWORD);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains(PASSWORD), "the password was shown");
    assert!(folder.path().join("ada.p12").exists());
}

#[test]
fn password_confirmation_mismatch_prompts_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut terminal = export_ada(folder.path());
    answer(&mut terminal, "one thing", "another");
    terminal.wait_for("the two passwords differ; try again");
    answer(&mut terminal, PASSWORD, PASSWORD);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(folder.path().join("ada.p12").exists());
}

#[test]
fn password_confirmation_fails_after_three_mismatches() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut terminal = export_ada(folder.path());
    for _ in 0..3 {
        answer(&mut terminal, "one thing", "another");
    }
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(17), "{shown}");
    assert!(shown.contains("the two passwords differ"), "{shown}");
    nothing_is_left_in(folder.path());
}

#[test]
fn export_cancelled_at_prompt_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut terminal = export_ada(folder.path());
    terminal.wait_for("Password for the file of Ada Example: ");
    terminal.press("\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(130), "{shown}");
    nothing_is_left_in(folder.path());
}

#[test]
fn prompt_waits_unless_timeout_is_given() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut terminal = export_ada(folder.path());
    terminal.wait_for("Password for the file of Ada Example: ");
    let threads = terminal.threads();
    assert!(threads.contains(&"certstow".to_owned()), "{threads:?}");
    assert!(!threads.contains(&"watchdog".to_owned()), "{threads:?}");
    terminal.press("\u{3}");
    assert_eq!(terminal.end().0, Some(130));

    let store = samples();
    let export = ["export", "Ada Example", "--store", &store, "-o", "ada.p12"];
    let mut terminal = start(folder.path(), &[&export[..], &["--timeout", "1s"]].concat());
    terminal.wait_for("Password for the file of Ada Example: ");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(13), "{shown}");
    assert!(
        shown.contains("waiting for an answer at the terminal"),
        "{shown}"
    );
    nothing_is_left_in(folder.path());
}

#[test]
fn non_interactive_run_starts_the_watchdog() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // The terminal that nobody types at is what the password is read from.
    let check = ["check", "a.p12", "--password-file", "/dev/tty"];
    let mut terminal = start(
        folder.path(),
        &[&check[..], &["--non-interactive"]].concat(),
    );
    terminal.wait_until(|terminal| terminal.threads().contains(&"watchdog".to_owned()));
    terminal.press("password\r\u{4}");
    assert_eq!(terminal.end().0, Some(15));
}

#[test]
fn export_refuses_to_write_to_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = samples();
    let terminal = start(
        folder.path(),
        &["export", "Ada Example", "--store", &store, "-o", "-"],
    );
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(2), "{shown}");
}

#[test]
fn password_prompt_rejects_arrows_but_keeps_tabs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut terminal = export_ada(folder.path());
    terminal.wait_for("Password for the file of Ada Example: ");
    terminal.press("left\u{1b}[Darrow\r");
    terminal.wait_for("a key was pressed that types no character; try again");
    answer(&mut terminal, "with\ttab", "with\ttab");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    fs::write(folder.path().join("password"), "with\ttab").expect("the password's file");
    let checked = Command::new(env!("CARGO_BIN_EXE_certstow"))
        .args(["check", "ada.p12", "--password-file", "password"])
        .current_dir(folder.path())
        .output()
        .expect("certstow starts");
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
}

#[test]
fn password_prompt_omits_erased_characters() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut terminal = export_ada(folder.path());
    // Ctrl-U erases all of the line, Backspace the last character.
    answer(
        &mut terminal,
        &format!("nonsense\u{15}{PASSWORD}é\u{7f}"),
        PASSWORD,
    );
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
}

#[test]
fn report_refuses_to_write_to_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let terminal = start(folder.path(), &["report", "--store", &samples(), "-o", "-"]);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("redirect standard output"), "{shown}");
    assert!(!shown.contains("<html"), "{shown}");
}

/// What `list --all` shows of the sample store at a terminal of some width.
fn listed_at(width: u16, variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = samples();
    let terminal = start_at(
        folder.path(),
        width,
        variables,
        &["list", "--all", "--store", &store],
    );
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    shown
}

#[test]
fn list_table_fits_terminal_width() {
    for width in [200, 120, 100, 80, 60, 40] {
        let shown = listed_at(width, &[("NO_COLOR", "1")]);
        let widest = shown
            .lines()
            .map(|line| line.trim_end().chars().count())
            .max();
        assert!(widest <= Some(width.into()), "{width}: {widest:?}\n{shown}");
        for part in ["Ada", "2124-01-01", "in ", "694258fc"] {
            assert!(shown.contains(part), "{width}: no {part} in\n{shown}");
        }
    }
}

#[test]
fn list_with_unknown_width_assumes_80_columns() {
    let plain = [("NO_COLOR", "1")];
    assert_eq!(listed_at(0, &plain), listed_at(80, &plain));
}

#[test]
fn list_colours_obey_no_color() {
    assert!(listed_at(120, &[]).contains("\u{1b}["));
    assert!(!listed_at(120, &[("NO_COLOR", "1")]).contains('\u{1b}'));
}

#[test]
#[ignore = "needs OpenSSL"]
fn check_shows_progress_only_at_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let key = format!("{}/ada-example.key.pem", samples());
    let certificate = format!("{}/ada-example.pem", samples());
    let made = Command::new("openssl")
        .args(["pkcs12", "-export", "-iter", "4000000", "-passout"])
        .args([&format!("pass:{PASSWORD}"), "-inkey", &key])
        .args(["-in", &certificate, "-out", "slow.p12"])
        .current_dir(folder.path())
        .status();
    assert!(made.expect("openssl starts").success());
    let password = folder.path().join("password");
    fs::write(&password, PASSWORD).expect("the password's file");
    fs::set_permissions(&password, Permissions::from_mode(0o600)).expect("our file");
    let check = ["check", "slow.p12", "--password-file", "password"];

    let mut terminal = start(folder.path(), &check);
    terminal.wait_for("Checking");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");

    let piped = Command::new(env!("CARGO_BIN_EXE_certstow"))
        .args(check)
        .current_dir(folder.path())
        .output()
        .expect("certstow starts");
    assert_eq!(piped.status.code(), Some(0));
    assert!(piped.stderr.is_empty(), "{piped:?}");
}
