//! What certstow shows on a terminal of few columns: every line fits, and no word is broken that fits
//! into a line.

#![cfg(target_os = "linux")]

#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;

use std::fs;
use std::path::Path;

use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::Password;
use certstow_formats::testing::issued::Issued;
use certstow_formats::testing::writer;
use support::Terminal;

/// What certstow shows of that many columns.
fn shown(folder: &Path, width: u16, arguments: &[&str]) -> String {
    let words = [env!("CARGO_BIN_EXE_certstow")].into_iter();
    let words = words.chain(arguments.iter().copied());
    let mut terminal = Terminal::run(folder, width, &[("NO_COLOR", "1")], words);
    terminal.wait();
    let all = terminal.all().replace('\r', "");
    for line in all.lines() {
        assert!(
            line.chars().count() <= width.into(),
            "{width}: {line:?} of\n{all}"
        );
    }
    all
}

fn has_words(shown: &str, words: &[&str]) {
    for word in words {
        let mut found = shown.split_whitespace();
        assert!(found.any(|one| one == *word), "{word} in\n{shown}");
    }
}

#[test]
fn list_fits_narrow_terminals() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let names = ["Anna Müller-Lüdenscheid von Hohenstein", "Al", "Bernd Groß"];
    for (number, subject) in names.into_iter().enumerate() {
        let one = Issued {
            subject,
            key: u8::try_from(number).expect("few") + 1,
            // The longest that is said of an end.
            from: 7_000 + i64::try_from(number).expect("few"),
            until: 10_957,
            ..Issued::default()
        };
        let file = folder.path().join(format!("{number}.pem"));
        fs::write(file, one.pem()).expect("a file");
    }
    for width in [60, 45, 40, 36, 33, 30] {
        let shown = shown(folder.path(), width, &["list", "--store", "."]);
        has_words(&shown, &["NAME", "EXPIRES", "Bernd"]);
        if width >= 45 {
            has_words(&shown, &["THUMBPRINT", "Groß"]);
        }
        // It goes on behind a hyphen.
        assert!(!shown.contains("Lüdensc\n"), "{shown}");
    }
    let at_forty = shown(folder.path(), 40, &["list", "--store", "."]);
    assert!(at_forty.contains("\nAnna "), "{at_forty}");
}

#[test]
fn check_breaks_no_words() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let password = Password::new("correct horse".to_owned());
    let bytes = writer::whole(&writer::pbes2(2_000), PasswordForm::Text(&password));
    fs::write(folder.path().join("a.p12"), bytes).expect("a file");
    for width in [40, 63] {
        let shown = shown(folder.path(), width, &["check", "a.p12"]);
        has_words(
            &shown,
            &["firefox,", "windows2019,", "iterations", "java11,"],
        );
        // Behind the names of the fields.
        assert!(shown.contains("\n                "), "{shown}");
    }
}

#[test]
fn error_breaks_no_words() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shown = shown(folder.path(), 40, &["show", "--store", "/nonesuch", "x"]);
    has_words(
        &shown,
        &["error:", "available:", "caused", "stores'", "machine"],
    );
    assert!(shown.contains("\n  "), "{shown}");
}

#[test]
fn hint_leaves_commands_unbroken() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let words = [env!("CARGO_BIN_EXE_certstow"), "restore"];
    let mut terminal = Terminal::run(folder.path(), 40, &[], words);
    terminal.wait();
    let all = terminal.all();
    let command = "'certstow backup restore DIR --into STORE'";
    assert!(all.contains(command), "{all}");
}

#[test]
fn question_breaks_no_words() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let errors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/errors.in");
    fs::copy(errors.join("files/pat.p12"), folder.path().join("pat.p12")).expect("the file");
    let words = [env!("CARGO_BIN_EXE_certstow"), "list", "--store", "pat.p12"];
    let mut terminal = Terminal::run(folder.path(), 40, &[], words);
    terminal.wait_for("go on without): ");
    let all = terminal.all().replace('\r', "");
    has_words(&all, &["Password", "go", "without):"]);
    for line in all.lines() {
        assert!(line.chars().count() <= 40, "{line:?} of\n{all}");
    }
    terminal.press("\r");
    terminal.wait();
}
