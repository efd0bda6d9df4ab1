//! The scheduler's own program, and what comes of running it.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use certstow_core::time::UnixTime;
use certstow_core::waits;
use certstow_platform::scheduler::{ProgramError, Scheduler, Speech};

use super::last_run::LastRun;
use crate::error::Error;
use crate::schedule::{SchedulerError, TaskName, Times};

/// What was done to schedule a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installed {
    /// The files that were written and stay, where the scheduler reads files.
    pub(crate) files: Vec<PathBuf>,
    /// What there was of this name before.
    pub(crate) earlier: Earlier,
}

/// A task of the same name that is there before one is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// There is none.
    None,
    /// It is the same task, by its files.
    Same,
    /// It is another one.
    Other,
}

impl Earlier {
    /// What may be written over: with `force`, whatever is there.
    pub(super) fn replaceable(self, name: &TaskName, force: bool) -> Result<Self, Error> {
        match (self, force) {
            (Self::Other, false) => {
                let name = name.to_string();
                Err(SchedulerError::Exists { name }.into())
            }
            _ => Ok(self),
        }
    }
}

/// What this system's scheduler says of a task, and the files it has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scheduled {
    /// The files, where the scheduler reads files.
    pub(crate) files: Vec<PathBuf>,
    /// The scheduler's own report, in its own words.
    pub(crate) report: String,
    /// What the task runs, the program first; `None` where that cannot be told for certain.
    pub(crate) command: Option<Vec<String>>,
    /// Why the task is not what certstow made it, where the scheduler knows that.
    pub(crate) differs: Option<String>,
    /// The times at which it runs; the error has them in the scheduler's words, where somebody changed
    /// them to what certstow does not know.
    pub(crate) times: Result<Times, String>,
    /// How it last went; `None` where the scheduler does not tell.
    pub(crate) last_run: Option<LastRun>,
    /// When it runs next; `None` where it does not, or nobody tells.
    pub(crate) next_run: Option<UnixTime>,
}

/// Times that somebody set who was not certstow.
pub(super) const OTHER_TIMES: &str = "at times that certstow did not set";

/// `source` is what the scheduler's program said, where it may mean something else, too.
pub(super) fn not_scheduled(name: &TaskName, source: Option<ProgramError>) -> Error {
    let name = name.to_string();
    SchedulerError::NotScheduled { name, source }.into()
}

/// Runs the scheduler's program and keeps what it says.
pub(super) fn run(
    scheduler: Scheduler,
    what: &'static str,
    arguments: &[&str],
) -> Result<String, Error> {
    say(scheduler, what, arguments, Speech::Kept)
}

pub(super) fn say(
    scheduler: Scheduler,
    what: &'static str,
    arguments: &[&str],
    speech: Speech,
) -> Result<String, Error> {
    let arguments: Vec<_> = arguments.iter().map(OsStr::new).collect();
    let _wait = waits::waiting_for(format!("{} {what}", scheduler.program()));
    scheduler.run(&arguments, speech).map_err(|source| {
        let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        let no_systemd = source.source.as_ref().is_some_and(is_missing);
        if scheduler == Scheduler::Systemd && (no_systemd || is_about_the_bus(&source.output)) {
            return SchedulerError::NoManager { source }.into();
        }
        SchedulerError::Refused {
            what,
            scheduler,
            source,
        }
        .into()
    })
}

/// systemctl reaches the service manager by a bus, and says that it does not. The wording differs
/// with the version.
fn is_about_the_bus(output: &str) -> bool {
    output.contains("onnect to") && output.contains(" bus")
}

pub(super) fn file_error(file: &Path, source: io::Error) -> Error {
    let file = file.to_owned();
    SchedulerError::File { file, source }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_about_the_bus_recognizes_connection_errors() {
        for said in [
            "Failed to connect to bus: No medium found",
            "Failed to connect to user scope bus via local transport: No such file or directory",
        ] {
            assert!(is_about_the_bus(said));
        }
        assert!(!is_about_the_bus("Failed to enable unit: Access denied"));
    }
}
