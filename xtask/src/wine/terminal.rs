//! A terminal that Wine's console draws on.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use super::exit_code::{self, ExitCode};
use crate::terminal;

/// A program for Windows that runs at a terminal.
pub(super) struct Terminal {
    terminal: terminal::Terminal,
    code: ExitCode,
}

impl Terminal {
    /// The command that gives a terminal to another one, in its folder and with its variables.
    pub(super) fn around(command: &Command) -> Command {
        let words: Vec<_> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| quoted(&word.to_string_lossy()))
            .collect();
        // Wine's console handles the keys and shows what is typed, or does not, once it is read
        // from for the first time; until then the terminal would. Enter is a carriage return to it.
        let quiet = "stty -echo -icanon -isig -icrnl rows 40 cols 120";
        let mut terminal =
            terminal::Terminal::around(&format!("{quiet} && exec {}", words.join(" ")));
        terminal.envs(variables(command));
        if let Some(folder) = command.get_current_dir() {
            terminal.current_dir(folder);
        }
        terminal
    }

    /// Starts a command from [`Self::around`].
    pub(super) fn start(mut command: Command, scratch: &Path) -> Result<Self, String> {
        let code = ExitCode::of_windows(&mut command, scratch);
        let terminal = terminal::Terminal::start(command)?;
        Ok(Self { terminal, code })
    }

    /// Waits until the screen shows `text`, after what was waited for before.
    pub(super) fn wait_for(&mut self, text: &str) -> Result<(), String> {
        self.terminal.wait_for(text)
    }

    /// Waits for a question, and types an answer.
    pub(super) fn answer(&mut self, question: &str, keys: &str) -> Result<(), String> {
        self.terminal.answer(question, keys)
    }

    /// Waits for the end, and gives everything that was shown; an error if the command ends with
    /// another code.
    pub(super) fn end(mut self, code: i32) -> Result<String, String> {
        let status = self.terminal.wait_for_end()?;
        exit_code::compare(&self.code.read(status), code)
            .map(|()| self.terminal.shown())
            .map_err(|difference| self.terminal.complain(&difference))
    }
}

/// What a command was given of variables.
fn variables(command: &Command) -> impl Iterator<Item = (&OsStr, &OsStr)> {
    command
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)))
}

/// A word for the shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
