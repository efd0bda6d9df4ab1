//! The wizard of certstow for Windows at a console: in plain lines, and drawn as far as Wine's
//! console takes it. (It gives no Ctrl-C there, and a hidden line no Esc.) What it wrote is
//! opened by the host's OpenSSL.

use std::path::Path;

use super::folder::nothing_but;
use super::openssl::Pkcs12;
use super::runner::{PASSWORD, Runner};
use super::terminal::Terminal;
use crate::command::{command, ensure, root};
use crate::files;

/// A folder of its own, and where PCT-SAFE has its files.
const FOLDER: &str = "the wizard";
const PCT_SAFE: &str = "drive_c/PCT-SAFE/PKCS12";

/// The removable drive.
const DRIVE: &str = "dosdevices/e:";

const ENTER: &str = "\r";
const ESC: &str = "\u{1b}";
const DOWN: &str = "\u{1b}[B";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let folder = runner.prefix.work().join(FOLDER);
    let pct_safe = runner.prefix.windows().join(PCT_SAFE);
    for folder in [&folder, &pct_safe] {
        files::create_folder(folder)?;
    }
    gives_up(runner)?;
    in_lines(runner, &pct_safe)?;
    drawn(runner, &folder)
}

fn start(runner: &Runner, options: &[&str]) -> Result<Terminal, String> {
    runner.certstow_at_terminal(&command!(
        "certstow export --store examples/personal --iterations 2000 {options...}"
    ))
}

/// A question, what shows that it is ready, and what is answered.
fn answer(terminal: &mut Terminal, question: &str, ready: &str, keys: &str) -> Result<(), String> {
    terminal.wait_for(question)?;
    terminal.answer(ready, keys)
}

fn gives_up(runner: &Runner) -> Result<(), String> {
    for (options, ready, keys) in [(&[][..], "goes back", ESC), (&["--plain"], "]:", "\u{3}")] {
        let mut terminal = start(runner, options)?;
        answer(&mut terminal, "Which certificate", ready, keys)?;
        terminal.end(130)?;
    }
    nothing_but(&runner.prefix.work().join(FOLDER), &[])
}

/// Into the folder of PCT-SAFE, for PCT-SAFE; back once on the way.
fn in_lines(runner: &Runner, pct_safe: &Path) -> Result<(), String> {
    let mut terminal = start(runner, &["--plain"])?;
    let mut numbered = |question: &str, keys: &str| answer(&mut terminal, question, "]:", keys);
    numbered("Which certificate", ENTER)?;
    numbered("Which part of the path", ENTER)?;
    numbered("Which of the store's properties", "back\r")?;
    numbered("Which part of the path", ENTER)?;
    numbered("Which of the store's properties", ENTER)?;
    numbered("Friendly name", ENTER)?;
    numbered("Which program will open the file?", "2\r")?;
    numbered("Who makes up the password?", ENTER)?;
    type_password(&mut terminal)?;
    let mut numbered = |question: &str, keys: &str| answer(&mut terminal, question, "]:", keys);
    numbered("Where to?", "2\r")?;
    numbered("Folder and name", ENTER)?;
    numbered("Is that right?", ENTER)?;
    numbered("Where to put a second copy?", "back\r")?;
    let shown = ends(terminal)?;
    // The console breaks it where its line ends.
    let command = r#"--output "C:\PCT-SAFE\PKCS12\Ada Example.p12" --profile compatible"#;
    let told = shown.replace(['\r', '\n'], "").contains(command);
    ensure(told, || format!("the command is not shown: {shown:?}"))?;
    Pkcs12::open(&pct_safe.join("Ada Example.p12"), PASSWORD)?.has_adas_key()
}

/// Back from the second question, then another identity, into a folder of its own, and a copy on the
/// removable drive, which comes first.
fn drawn(runner: &Runner, folder: &Path) -> Result<(), String> {
    let file = format!(r"{FOLDER}\grace");
    let mut terminal = start(runner, &["-o", &file])?;
    let mut asked = |question: &str, keys: &str| answer(&mut terminal, question, "goes back", keys);
    asked("Which certificate", ENTER)?;
    asked("Which part of the path", ESC)?;
    asked("Which certificate", &format!("{DOWN}{ENTER}"))?;
    asked("Which part of the path", ENTER)?;
    asked("Which of the store's properties", ENTER)?;
    asked("Friendly name", ENTER)?;
    asked("Which program will open the file?", ENTER)?;
    asked("Who makes up the password?", ENTER)?;
    type_password(&mut terminal)?;
    let mut asked = |question: &str, keys: &str| answer(&mut terminal, question, "goes back", keys);
    asked("Is that right?", ENTER)?;
    asked("Where to put a second copy?", ENTER)?;
    terminal.wait_for("and read back from there: it is the same file.")?;
    ends(terminal)?;
    nothing_but(folder, &["grace.p12"])?;
    for folder in [folder, &runner.prefix.windows().join(DRIVE)] {
        let exported = Pkcs12::open(&folder.join("grace.p12"), PASSWORD)?;
        exported.has_key(&root().join("examples/personal/grace-example.pem"))?;
    }
    Ok(())
}

fn type_password(terminal: &mut Terminal) -> Result<(), String> {
    for question in ["Password for the file:", "The same password again:"] {
        terminal.answer(question, &format!("{PASSWORD}\r"))?;
    }
    Ok(())
}

/// Everything that was shown, the password not among it. At a console of its own, as after a double
/// click, the wizard waits to be read.
fn ends(mut terminal: Terminal) -> Result<String, String> {
    terminal.answer("Press Enter to close this window.", ENTER)?;
    let shown = terminal.end(0)?;
    ensure(!shown.contains(PASSWORD), || {
        format!("the password was shown: {shown:?}")
    })?;
    Ok(shown)
}
