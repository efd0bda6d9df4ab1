//! Handing a schedule to the scheduler of this system, and asking about it or taking it away again.
//! Task Scheduler is given the XML and keeps it; systemd and launchd read files in folders of their
//! own. What else is called by the same name, and was not made by certstow, is left alone.

mod launchctl;
mod places;
mod service_manager;
mod task_scheduler;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use certstow_platform::scheduler::{Owner, Scheduler, Speech};

use super::{Schedule, SchedulerError, TaskName};
use crate::error::Error;
use certstow_core::waits;

/// The scheduler of this system.
///
/// # Errors
/// [`SchedulerError::None`].
pub(crate) fn scheduler() -> Result<Scheduler, Error> {
    Scheduler::of_this_system().ok_or_else(|| SchedulerError::None.into())
}

/// What was done to schedule a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installed {
    /// The files that were written and stay, where the scheduler reads files.
    pub(crate) files: Vec<PathBuf>,
    /// There was a task of this name, and this one took its place.
    pub(crate) replaced: bool,
}

/// Hands a schedule to this system's scheduler, in the place of an earlier one of that name. On
/// Windows, `schtasks.exe` asks for the account's password itself.
///
/// # Errors
/// [`Error::Usage`] as [`Schedule::files`], [`Error::Scheduler`] otherwise. What was scheduled
/// before is as it was, unless the scheduler itself failed half-way.
pub(crate) fn install(schedule: &Schedule) -> Result<Installed, Error> {
    let scheduler = scheduler()?;
    let files = schedule.files(scheduler)?;
    match scheduler {
        Scheduler::TaskScheduler => task_scheduler::install(schedule, &files),
        Scheduler::Systemd => service_manager::install(schedule, &files),
        Scheduler::Launchd => launchctl::install(schedule, &files),
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
}

/// Asks this system's scheduler about a task.
///
/// # Errors
/// [`Error::Scheduler`]: there is none of that name, or the scheduler refuses to tell.
pub(crate) fn show(name: &TaskName, owner: Owner) -> Result<Scheduled, Error> {
    match scheduler()? {
        Scheduler::TaskScheduler => task_scheduler::show(name),
        Scheduler::Systemd => service_manager::show(name, owner),
        Scheduler::Launchd => launchctl::show(name, owner),
    }
}

/// Takes a task away from this system's scheduler. Returns the files that were removed.
///
/// # Errors
/// [`Error::Scheduler`]: there is none of that name, it is not certstow's, or the scheduler
/// refuses.
pub(crate) fn remove(name: &TaskName, owner: Owner) -> Result<Vec<PathBuf>, Error> {
    match scheduler()? {
        Scheduler::TaskScheduler => task_scheduler::remove(name).map(|()| Vec::new()),
        Scheduler::Systemd => service_manager::remove(name, owner),
        Scheduler::Launchd => launchctl::remove(name, owner),
    }
}

fn not_scheduled(name: &TaskName) -> Error {
    let name = name.to_string();
    SchedulerError::NotScheduled { name }.into()
}

/// Runs the scheduler's program and keeps what it says.
fn run(scheduler: Scheduler, what: &'static str, arguments: &[&str]) -> Result<String, Error> {
    say(scheduler, what, arguments, Speech::Kept)
}

fn say(
    scheduler: Scheduler,
    what: &'static str,
    arguments: &[&str],
    speech: Speech,
) -> Result<String, Error> {
    let arguments: Vec<_> = arguments.iter().map(OsStr::new).collect();
    let _wait = waits::waiting_for(format!("{} {what}", scheduler.program()));
    scheduler.run(&arguments, speech).map_err(|source| {
        if scheduler == Scheduler::Systemd && is_about_the_bus(&source.output) {
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

fn file_error(file: &Path, source: io::Error) -> Error {
    let file = file.to_owned();
    SchedulerError::File { file, source }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manager_that_does_not_run_is_told_from_a_refusal() {
        for said in [
            "Failed to connect to bus: No medium found",
            "Failed to connect to user scope bus via local transport: No such file or directory",
        ] {
            assert!(is_about_the_bus(said));
        }
        assert!(!is_about_the_bus("Failed to enable unit: Access denied"));
    }
}
