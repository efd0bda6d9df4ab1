//! The wizard as a person uses it: keys sent to a real pseudo-terminal, the screen read back. No test
//! waits for anything but a text.

#![cfg(target_os = "linux")]

mod answers;
mod cancel;
mod choices;
mod drawn;
mod keys;
mod locked;
mod paths;
mod plain;
mod renewed;
mod sizes;
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::Terminal;

const PASSWORD: &str = "correct horse battery staple";
const ADA: &str = "694258fc134145baf46e277b2e68bcd0576d0623";
const ENTER: &str = "\r";
const ESC: &str = "\u{1b}";
const DOWN: &str = "\u{1b}[B";
const CTRL_C: &str = "\u{3}";

/// The questions, as far as they are the same at every width.
const WHICH: &str = "Which certificate to save?";
const PATH: &str = "Which part of the path goes in?";
const PROPERTIES: &str = "Which of the store's properties?";
const NAME: &str = "Friendly name:";
const READER: &str = "Which program will open the file?";
const PASSWORD_FROM: &str = "Who makes up the password?";
const TYPED: &str = "Password for the file:";
const AGAIN: &str = "The same password again:";
const FILE: &str = "Folder and name:";
const RIGHT: &str = "Is that right?";
const COPY: &str = "Where to put a second copy?";

/// What certstow keeps for the account, in the folder.
const DATA: &str = "data";

/// A folder to work in, with the sample store beside it.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    fn path(&self) -> PathBuf {
        // The system may have it under another name than it was made.
        fs::canonicalize(self.folder.path()).expect("the folder")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Starts the wizard on the sample store.
    fn start(&self, more: &[&str]) -> Terminal {
        self.start_at(120, &[], more)
    }

    fn start_at(&self, width: u16, variables: &[(&str, &str)], more: &[&str]) -> Terminal {
        let store = samples();
        let given = ["export", "--store", &store, "--iterations", "2000"];
        self.run_at(width, variables, &[&given[..], more].concat())
    }

    fn run_at(&self, width: u16, variables: &[(&str, &str)], words: &[&str]) -> Terminal {
        self.run_sized((width, 40), variables, words)
    }

    fn run_sized(&self, size: (u16, u16), variables: &[(&str, &str)], words: &[&str]) -> Terminal {
        let program = [env!("CARGO_BIN_EXE_certstow")].into_iter();
        let words = program.chain(words.iter().copied());
        Terminal::run_at(&self.path(), size, variables, words)
    }

    /// Runs a command line as the shell would, and as the summary has it.
    fn run_command(&self, line: &str, more: &str) -> std::process::Output {
        let program = Path::new(env!("CARGO_BIN_EXE_certstow"));
        let folder = program.parent().expect("a folder").display();
        let path = std::env::var("PATH").expect("a search path");
        Command::new("sh")
            .args(["-c", &format!("{line} {more}")])
            .current_dir(self.path())
            .env("XDG_DATA_HOME", self.file(DATA))
            .env("PATH", format!("{folder}:{path}"))
            .output()
            .expect("a shell starts")
    }

    /// A file with the password, outside of the folder.
    fn secret(&self) -> tempfile::NamedTempFile {
        let secret = tempfile::NamedTempFile::new().expect("a file");
        fs::write(secret.path(), PASSWORD).expect("the password's file");
        secret
    }

    /// Nothing is in the folder but these, and what certstow keeps for the account.
    fn holds(&self, names: &[&str]) {
        let mut left: Vec<_> = fs::read_dir(self.path())
            .expect("the folder is there")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("a name")
            })
            .collect();
        left.retain(|name| name != DATA);
        left.sort();
        assert_eq!(left, names);
    }

    fn certstow(&self, arguments: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_certstow"))
            .args(arguments)
            .current_dir(self.path())
            .env("XDG_DATA_HOME", self.file(DATA))
            .output()
            .expect("certstow starts")
    }

    /// The file restores with this password, as `check` proves; what `check` says of it.
    fn restores(&self, file: &Path, password: &str) -> String {
        let secret = tempfile::NamedTempFile::new().expect("a file");
        fs::write(secret.path(), password).expect("the password's file");
        let [file, secret] = [file, secret.path()].map(|path| path.to_str().expect("text"));
        let checked = self.certstow(&["check", file, "--password-file", secret]);
        assert_eq!(checked.status.code(), Some(0), "{checked:?}");
        String::from_utf8(checked.stdout).expect("text")
    }
}

fn samples() -> String {
    format!("{}/examples/personal", env!("CARGO_MANIFEST_DIR"))
}

/// Waits for a question that is ready to be answered.
fn asked(terminal: &mut Terminal, question: &str) {
    terminal.wait_for(question);
    if ![TYPED, AGAIN].contains(&question) {
        terminal.wait_for("Esc goes back");
    }
}

fn answer(terminal: &mut Terminal, question: &str, keys: &str) {
    asked(terminal, question);
    terminal.press(keys);
}

/// Takes what is offered, from one question to before another.
fn accept(terminal: &mut Terminal, questions: &[&str]) {
    for question in questions {
        answer(terminal, question, ENTER);
    }
}

fn type_password(terminal: &mut Terminal, password: &str) {
    for question in [TYPED, AGAIN] {
        answer(terminal, question, &format!("{password}\r"));
    }
}

/// Everything up to the summary, with what is offered, for Ada.
fn up_to_the_summary(terminal: &mut Terminal) {
    accept(
        terminal,
        &[WHICH, PATH, PROPERTIES, NAME, READER, PASSWORD_FROM],
    );
    type_password(terminal, PASSWORD);
    accept(terminal, &[FILE]);
}

/// The command line that the summary showed.
fn command_shown(shown: &str) -> String {
    let (_, after) = shown
        .rsplit_once("The same as a command:")
        .expect("a command");
    let line = after.lines().map(str::trim).find(|line| !line.is_empty());
    line.expect("the line").to_owned()
}
