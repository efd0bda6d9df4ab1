//! What a backup depends on, tried before it matters: who certstow runs as, whether stores can be
//! reached and keys come out in this session, whether the password is there, whether the targets
//! can be written and keep others out. Nothing is asked of anybody and nothing stays behind; run in
//! the task itself, it says why the task fails where a person at the desktop does not.

mod account;
mod escrow;
mod key;
mod left_over;
mod locked;
mod logs;
mod monitor;
mod stores;
mod targets;
mod task;

use std::path::{Path, PathBuf};

use certstow_core::password::{self, Source};
use certstow_formats::sanitize::in_full;
use certstow_formats::secret::Password;
use certstow_platform::spec::StoreSpec;

use crate::defaults::Defaults;
use crate::error::{Error, Explain};
use crate::exit::Exit;
pub(crate) use account::check as account;
pub(crate) use escrow::check as escrow;
pub(crate) use left_over::in_target as left_over;
pub(crate) use logs::{event_log, file as log};
pub(crate) use monitor::{command, file as written};
pub(crate) use stores::{check as store, named_or_found as stores, nothing_to_save};
pub(crate) use targets::{check as target, emptied, manifest};
pub(crate) use task::{doubt as doubt_of_task, last_run, unknown as unknown_task};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// What kind of thing: "account", "config", "log", "event-log", "status", "metrics", "command" (of
    /// `--on-failure`), "store", "unlock", "keys", "identity", "password", "escrow", "target", "manifest",
    /// "left-over", "task".
    pub(crate) name: &'static str,
    /// Which one: a store's name, a folder; empty where there is only one.
    pub(crate) about: String,
    /// How it went.
    pub(crate) status: Status,
    /// What was found, as a clause. Not made safe for a terminal.
    pub(crate) found: String,
    /// What to do about it.
    pub(crate) advice: Option<String>,
    /// What a run that needs it would exit with.
    pub(crate) exit: Exit,
    /// What it looked at, where that matters for a task of another account.
    place: Place,
}

/// What a check looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// A file, or the folder of one, that is the same for every account.
    File(PathBuf),
    /// The vault, of which each account has its own.
    Vault,
    Other,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// As it should be.
    Ok,
    /// A backup may work; a person should know this.
    Warning,
    /// A backup would fail.
    Failed,
}

impl Status {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

impl Check {
    /// Whether it is about a password in the vault.
    pub(crate) fn is_of_vault(&self) -> bool {
        self.place == Place::Vault
    }

    /// Whether it is about a file or folder that is not there, for any account.
    pub(crate) fn names_no_file(&self) -> bool {
        match &self.place {
            Place::File(file) => file.try_exists().is_ok_and(|there| !there),
            Place::Vault | Place::Other => false,
        }
    }

    /// What was found, in a clause that says of what.
    pub(crate) fn told(&self) -> String {
        match self.about.as_str() {
            "" => format!("{}: {}", self.name, self.found),
            about => format!("{} {about}: {}", self.name, self.found),
        }
    }

    /// Whether a run that needs it saves nothing.
    pub(crate) fn is_fatal(&self) -> bool {
        self.status == Status::Failed && self.exit != Exit::Partial
    }

    /// Whether nobody would learn that a run failed.
    pub(crate) fn keeps_silent(&self) -> bool {
        self.status == Status::Failed && matches!(self.name, "status" | "metrics" | "command")
    }

    fn of(self, place: Place) -> Self {
        Self { place, ..self }
    }

    fn ok(name: &'static str, about: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            name,
            about: about.into(),
            status: Status::Ok,
            found: found.into(),
            advice: None,
            exit: Exit::Done,
            place: Place::Other,
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

    /// The same, with what to do where a file cannot be read, which the error knows in general only.
    fn advise_if_unreadable(self, error: &dyn Explain, advice: &str) -> Self {
        match error.code() {
            "io" => self.advise(advice),
            _ => self,
        }
    }

    /// What failed, with everything the error knows.
    fn failed(name: &'static str, about: impl Into<String>, error: &dyn Explain) -> Self {
        Self {
            status: Status::Failed,
            advice: error.hint(),
            exit: error.exit(),
            ..Self::ok(name, about, in_full(error))
        }
    }
}

/// The exit code for all of them: that of the first that failed, and after which a backup does not
/// even save the rest, if there is one.
pub(crate) fn outcome(checks: &[Check]) -> Exit {
    let failed = checks.iter().filter(|check| check.status == Status::Failed);
    let mut exits = failed.map(|check| check.exit);
    let first = exits.clone().next();
    let worst = exits.find(|exit| *exit != Exit::Partial);
    worst.or(first).unwrap_or(Exit::Done)
}

/// What the file for `--config` says and a run would not take.
pub(crate) fn config(file: &Path, error: &Error) -> Check {
    Check::failed("config", file.display().to_string(), error).advise_if_unreadable(
        error,
        "name a file that this account can read with --config",
    )
}

/// Which options come from the environment and from the person's own options file.
pub(crate) fn defaults(defaults: &Defaults) -> Vec<Check> {
    let taken = defaults.taken.iter().map(|(from, options)| {
        let found = match options.as_slice() {
            [] => "it says nothing about this".to_owned(),
            options => format!("it gives {}", options.join(", ")),
        };
        Check::ok("config", from, found)
    });
    let wrong = defaults.wrong.iter();
    let wrong = wrong.map(|error| Check::failed("config", "", error));
    taken.chain(wrong).collect()
}

/// The password of locked keys, of one store or of any, if it is there, and how that went.
pub(crate) fn unlock(source: &Source, only: Option<&StoreSpec>) -> (Option<Password>, Check) {
    let (password, check) = match password::read(source, true) {
        Ok(password) => (Some(password), there("unlock", source)),
        Err(error) => (None, missing("unlock", source, &error)),
    };
    match only {
        Some(only) => {
            let about = format!("{}, for {only}", check.about);
            (password, Check { about, ..check })
        }
        None => (password, check),
    }
}

/// Whether the password is there, and a file that holds it is private.
pub(crate) fn password(source: &Source, allow_empty: bool) -> Check {
    match password::read(source, allow_empty) {
        Ok(_) => there("password", source),
        Err(error) => missing("password", source, &error),
    }
}

/// A password that cannot be had.
fn missing(name: &'static str, source: &Source, error: &dyn Explain) -> Check {
    let place = match source {
        Source::File(file) => Place::File(file.clone()),
        Source::Vault(_) => Place::Vault,
        _ => Place::Other,
    };
    Check::failed(name, words(source), error).of(place)
}

/// A password that was read.
fn there(name: &'static str, source: &Source) -> Check {
    let about = words(source);
    let found = match source {
        Source::Vault(_) => "it answers, and has the password",
        _ => "there is one",
    };
    let found = Check::ok(name, about, found);
    match password::exposure(source) {
        Some(warning) => found.warn(warning),
        None => found,
    }
}

/// Where a password comes from, for a person.
fn words(source: &Source) -> String {
    match source {
        Source::File(file) => file.display().to_string(),
        Source::Stdin => "standard input".to_owned(),
        Source::Env(name) => format!("environment variable {name}"),
        Source::Fd(number) => format!("file descriptor {number}"),
        Source::Command(line) => format!("command, {}", line.program()),
        Source::Vault(name) => format!("vault, {name}"),
    }
}

#[cfg(test)]
mod tests;
