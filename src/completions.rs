//! Completions. `certstow completions SHELL` prints a script that tells the shell to ask certstow
//! itself what may follow; [`answer`] is what it hears. So identities, stores and passwords are
//! completed as they are at that moment.
//!
//! A shell asks by `certstow -- WORDS` with the variable [`ASKING`] set to its name. `clap_complete`
//! finds out which argument is meant, and `candidates` what that argument may be. Nobody is asked
//! anything, no key is opened, nothing is logged; whatever fails, and whatever takes longer than a
//! person waits, is no completion, and says nothing.

mod bash;
mod candidates;
mod identities;
mod in_time;
mod line;
mod of_store;
mod shown;

use std::env;
use std::ffi::OsString;
use std::io::Write as _;
use std::time::{Duration, Instant};

use clap_complete::{CompletionCandidate, Shell};

use super::args;
use super::screen::Screen;
use crate::error::Error;
use crate::exit::Exit;
use in_time::in_time;
use line::Line;
use shown::{description, value};

/// The variable by which a shell asks. No other program has a reason to set it.
const ASKING: &str = "CERTSTOW_COMPLETE";
/// The words of the line as PowerShell gives them, one on each line: Windows PowerShell loses
/// quotes and empty words on the way to a program's arguments.
const WORDS: &str = "CERTSTOW_COMPLETE_WORDS";

/// How long a person waits for the shell.
const PATIENCE: Duration = Duration::from_millis(2500);

/// Prints the script of a shell.
pub(super) fn run(shell: Shell, screen: &Screen) -> Result<Exit, Error> {
    let script = match shell {
        Shell::Bash => include_bytes!("completions/certstow.bash").to_vec(),
        Shell::Zsh => include_bytes!("completions/_certstow").to_vec(),
        Shell::Fish => include_bytes!("completions/certstow.fish").to_vec(),
        Shell::PowerShell => include_bytes!("completions/_certstow.ps1").to_vec(),
        // Of commands and options alone.
        other => {
            // Made in memory first, since the generator panics when it cannot write.
            let mut script = Vec::new();
            clap_complete::generate(other, &mut args::command(), "certstow", &mut script);
            script
        }
    };
    screen.print(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}

/// What a shell asks.
enum Question {
    Bash(bash::Question),
    Fish(Line),
    /// Zsh and PowerShell, which put any candidate in the place of the word.
    Any(Line),
}

impl Question {
    fn of(shell: &str, arguments: &[OsString]) -> Option<Self> {
        match (shell, arguments) {
            ("bash", [line, word, kind]) => Some(Self::Bash(bash::Question::new(
                line.to_str()?,
                word.to_str()?,
                kind.to_str()?,
            ))),
            ("fish", words) => Some(Self::Fish(Line::new(words.to_vec()))),
            ("zsh", words) => Some(Self::Any(Line::new(words.to_vec()))),
            ("powershell", _) => {
                let words = env::var(WORDS).ok()?;
                Some(Self::Any(Line::new(
                    words.split('\n').map(OsString::from).collect(),
                )))
            }
            _ => None,
        }
    }

    fn answer(&self) -> String {
        match self {
            Self::Bash(question) => question.answer(&candidates::of(&question.line, false)),
            // Fish drops what does not resemble the word.
            Self::Fish(line) => described(candidates::of(line, true)),
            Self::Any(line) => described(candidates::of(line, false)),
        }
    }
}

/// Answers a shell that asks; `false` if none does.
pub fn answer(arguments: &[OsString]) -> bool {
    let Some(shell) = env::var_os(ASKING) else {
        return false;
    };
    let [_, separator, rest @ ..] = arguments else {
        return false;
    };
    if separator != "--" {
        return false;
    }
    let question = shell.to_str().and_then(|shell| Question::of(shell, rest));
    let until = Instant::now() + PATIENCE;
    if let Some(answer) = question.and_then(|question| in_time(until, move || question.answer())) {
        // A shell that has gone away needs no answer.
        let _ = std::io::stdout().write_all(answer.as_bytes());
    }
    true
}

/// Each candidate on a line of its own, and after a tab what it is.
fn described(candidates: Vec<CompletionCandidate>) -> String {
    let mut text = String::new();
    for candidate in candidates {
        let Some(value) = value(&candidate) else {
            continue;
        };
        text.push_str(value);
        if let Some(description) = description(&candidate) {
            text.push('\t');
            text.push_str(&description);
        }
        text.push('\n');
    }
    text
}
