//! certstow for Windows at a console: passwords typed at its prompts, giving up, and colours. What
//! it wrote is opened by the host's OpenSSL.

use super::folder::nothing_but;
use super::openssl;
use super::runner::Runner;
use super::terminal::Terminal;
use crate::command::{command, ensure};
use crate::files;

/// Letters outside ASCII, and one outside the first 65,536 characters.
const PASSWORD: &str = "pässwörd 🔑";

/// A folder of its own, and the file that is exported there. (Wine shows no characters beyond the
/// first 65,536.)
const FOLDER: &str = "at a console";
const FILE: &str = "Müller-Łukasiewicz.p12";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    files::create_folder(runner.prefix.work().join(FOLDER))?;
    gives_up(runner)?;
    exports(runner)?;
    colours(runner)
}

/// Ctrl-C at any time, and the end of input where nothing was typed.
fn gives_up(runner: &Runner) -> Result<(), String> {
    for keys in ["\u{3}", "half a password\u{3}", "\u{1a}", "\u{4}"] {
        let mut terminal = export(runner)?;
        terminal.answer("Password for the file of Ada Example:", keys)?;
        let shown = terminal.end(130)?;
        shows_nothing_of(&shown, "half")?;
    }
    nothing_but(&runner.prefix.work().join(FOLDER), &[])
}

/// Two passwords that differ, then the same one twice, with a key that does nothing and a mistake
/// that is corrected.
fn exports(runner: &Runner) -> Result<(), String> {
    let mut terminal = export(runner)?;
    let question = "Password for the file of Ada Example:";
    terminal.answer(question, "one thing\r")?;
    terminal.answer("The same password again:", "another\r")?;
    terminal.wait_for("the two passwords differ; try again")?;
    let corrected = format!("nonsense\u{15}\u{1}{PASSWORD}🔒\u{7f}\r");
    terminal.answer(question, &corrected)?;
    terminal.answer("The same password again:", &format!("{PASSWORD}\r"))?;
    terminal.wait_for(&format!(r"Saved {FOLDER}\{FILE}"))?;
    let shown = terminal.end(0)?;
    for typed in [
        "typed", "wrongly", "thing", "another", "nonsense", "pä", "wö", "🔒",
    ] {
        shows_nothing_of(&shown, typed)?;
    }
    let folder = runner.prefix.work().join(FOLDER);
    nothing_but(&folder, &[FILE])?;
    openssl::Pkcs12::open(&folder.join(FILE), PASSWORD)?.has_adas_key()
}

fn export(runner: &Runner) -> Result<Terminal, String> {
    let target = format!(r"{FOLDER}\{FILE}");
    runner.certstow_at_terminal(&command!(
        "certstow export 'Ada Example' --store examples/personal -o {target}"
    ))
}

/// Bold headings, and red for what has expired.
fn colours(runner: &Runner) -> Result<(), String> {
    let list = command!("certstow list --store examples/personal");
    let mut terminal = runner.certstow_at_terminal(&list)?;
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
