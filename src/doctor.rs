//! What a backup depends on, tried before it matters: who certstow runs as, whether stores can be
//! reached and keys come out in this session, whether the password is there, whether the targets
//! can be written and keep others out. Nothing is asked of anybody and nothing stays behind; run in
//! the task itself, it says why the task fails where a person at the desktop does not.

mod account;
mod stores;
mod targets;

use std::fs::File;
use std::path::Path;

use certstow_platform::os;

pub use account::check as account;
pub use stores::check as stores;
pub use targets::check as target;
pub use targets::manifest;

use crate::error::Error;
use crate::exit::Exit;
use crate::password::{self, Source};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What kind of thing: "account", "store", "keys", "password", "target", "manifest".
    pub name: &'static str,
    /// Which one: a store's name, a folder; empty where there is only one.
    pub about: String,
    /// How it went.
    pub status: Status,
    /// What was found, as a clause. Not made safe for a terminal.
    pub found: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// What a run that needs it would exit with.
    exit: Exit,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As it should be.
    Ok,
    /// A backup may work; a person should know this.
    Warning,
    /// A backup would fail.
    Failed,
}

impl Status {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

impl Check {
    fn ok(name: &'static str, about: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            name,
            about: about.into(),
            status: Status::Ok,
            found: found.into(),
            advice: None,
            exit: Exit::Done,
        }
    }

    /// The same, with something a person should know.
    fn warn(self, advice: impl Into<String>) -> Self {
        Self {
            status: Status::Warning,
            ..self.advise(advice)
        }
    }

    /// The same, with what to do instead of what the error says, which is about other options.
    fn advise(self, advice: impl Into<String>) -> Self {
        Self {
            advice: Some(advice.into()),
            ..self
        }
    }

    /// What failed, with everything the error knows.
    fn failed(name: &'static str, about: impl Into<String>, error: &Error) -> Self {
        let mut found = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(underneath) = cause {
            found.push_str(&format!(": {underneath}"));
            cause = underneath.source();
        }
        Self {
            status: Status::Failed,
            advice: error.hint(),
            exit: error.exit(),
            ..Self::ok(name, about, found)
        }
    }
}

/// The exit code for all of them: that of the first that failed.
pub fn outcome(checks: &[Check]) -> Exit {
    let mut checks = checks.iter();
    checks
        .find(|check| check.status == Status::Failed)
        .map_or(Exit::Done, |check| check.exit)
}

/// Whether the password is there, and a file that holds it is private.
pub fn password(source: &Source, allow_empty: bool) -> Check {
    let about = place(source);
    if let Err(error) = password::read(source, allow_empty) {
        return Check::failed("password", about, &error);
    }
    let found = Check::ok("password", about, "there is one");
    match source {
        Source::File(file) if is_open_to_others(file) => found.warn(format!(
            "other accounts may read {}: let its owner alone read it",
            file.display()
        )),
        _ => found,
    }
}

fn is_open_to_others(file: &Path) -> bool {
    File::open(file).is_ok_and(|file| os::others_have_access(&file).unwrap_or(true))
}

/// Where a password comes from, for a person.
fn place(source: &Source) -> String {
    match source {
        Source::File(file) => file.display().to_string(),
        Source::Stdin => "standard input".to_owned(),
        Source::Env(name) => format!("environment variable {name}"),
        Source::Fd(number) => format!("file descriptor {number}"),
        Source::Vault(name) => format!("vault, {name}"),
    }
}

#[cfg(test)]
mod tests;
