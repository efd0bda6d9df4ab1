//! certstow for Windows at a console: passwords typed at its prompts, giving up, and colours. What
//! it wrote is opened by the host's OpenSSL.

use std::path::PathBuf;

use super::openssl;
use super::runner::Runner;
use super::terminal::Terminal;
use crate::command::{ensure, root};
use crate::files;

/// Letters outside ASCII, and one outside the first 65,536 characters.
const PASSWORD: &str = "pässwörd 🔑";

/// A folder of its own, and the file that is exported there. (Wine shows no characters beyond the
/// first 65,536.)
const FOLDER: &str = "at a console";
const FILE: &str = "Müller-Łukasiewicz.p12";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let folder = runner.work().join(FOLDER);
    files::create_folder(&folder)?;
    gives_up(runner)?;
    exports(runner)?;
    colours(runner)
}

/// Ctrl-C at any time, and the end of input where nothing was typed.
fn gives_up(runner: &Runner) -> Result<(), String> {
    for keys in ["\u{3}", "half a password\u{3}", "\u{1a}", "\u{4}"] {
        let mut terminal = export(runner)?;
        terminal.wait_for("Password for the file of Ada Example:")?;
        terminal.press(keys)?;
        let shown = terminal.end(130)?;
        shows_nothing_of(&shown, "half")?;
    }
    nothing_but(runner, &[])
}

/// A password that is no text, then two that differ, then the same one twice, with a mistake that
/// is corrected.
fn exports(runner: &Runner) -> Result<(), String> {
    let mut terminal = export(runner)?;
    let mut answer = |question: &str, keys: &str| {
        terminal.wait_for(question)?;
        terminal.press(keys)
    };
    answer(
        "Password for the file of Ada Example:",
        "typed\u{1}wrongly\r",
    )?;
    answer("types no character; try again", "")?;
    answer("Password for the file of Ada Example:", "one thing\r")?;
    answer("The same password again:", "another\r")?;
    answer("the two passwords differ; try again", "")?;
    let corrected = format!("nonsense\u{15}{PASSWORD}🔒\u{7f}\r");
    answer("Password for the file of Ada Example:", &corrected)?;
    answer("The same password again:", &format!("{PASSWORD}\r"))?;
    answer(&format!(r"Saved {FOLDER}\{FILE}"), "")?;
    let shown = terminal.end(0)?;
    for typed in [
        "typed", "wrongly", "thing", "another", "nonsense", "pä", "wö", "🔒",
    ] {
        shows_nothing_of(&shown, typed)?;
    }
    nothing_but(runner, &[FILE])?;
    let exported = openssl::Pkcs12::open(&runner.work().join(FOLDER).join(FILE), PASSWORD)?;
    exported.has_key(&root().join("examples/personal/ada-example.key.pem"))
}

fn export(runner: &Runner) -> Result<Terminal, String> {
    let target = format!(r"{FOLDER}\{FILE}");
    let store = store().display().to_string();
    runner.certstow_at_terminal(&["export", "Ada Example", "--store", &store, "-o", &target])
}

fn store() -> PathBuf {
    root().join("examples/personal")
}

/// Bold headings, and red for what has expired.
fn colours(runner: &Runner) -> Result<(), String> {
    let store = store().display().to_string();
    let mut terminal = runner.certstow_at_terminal(&["list", "--store", &store])?;
    for part in [
        "\u{1b}[1m",
        "NAME",
        "Ada Example",
        "Certstow Sam…",
        "█",
        "\u{1b}[38;5;9m",
    ] {
        terminal.wait_for(part)?;
    }
    terminal.end(0).map(drop)
}

fn shows_nothing_of(shown: &str, typed: &str) -> Result<(), String> {
    ensure(!shown.contains(typed), || {
        format!("{typed:?} was typed hidden, and shown: {shown:?}")
    })
}

/// The folder holds these files alone.
fn nothing_but(runner: &Runner, expected: &[&str]) -> Result<(), String> {
    super::folder::nothing_but(&runner.work().join(FOLDER), expected)
}
