//! Handing a schedule to the scheduler of this system, and asking about it or taking it away again.
//! Task Scheduler is given the XML and keeps it; systemd and launchd read files in folders of their
//! own. What else is called by the same name, and was not made by certstow, is left alone.

mod last_run;
mod launchctl;
mod places;
mod program;
mod service_manager;
mod task_scheduler;

use std::path::PathBuf;

use certstow_platform::scheduler::{Owner, Scheduler};

use super::{Schedule, SchedulerError, TaskName};
use crate::error::Error;
pub(crate) use last_run::{At, LastRun};
pub(crate) use program::{Earlier, Installed, Scheduled};

/// The scheduler of this system.
///
/// # Errors
/// [`SchedulerError::None`].
pub(crate) fn scheduler() -> Result<Scheduler, Error> {
    Scheduler::of_this_system().ok_or_else(|| SchedulerError::None.into())
}

/// Hands a schedule to this system's scheduler; with `force`, in the place of another one of that
/// name. On Windows, `schtasks.exe` asks for the account's password itself.
///
/// # Errors
/// [`Error::Usage`] as [`Schedule::files`], [`Error::Scheduler`] otherwise. What was scheduled
/// before is as it was, unless the scheduler itself failed half-way.
pub(crate) fn install(schedule: &Schedule, force: bool) -> Result<Installed, Error> {
    let scheduler = scheduler()?;
    let files = schedule.files(scheduler)?;
    match scheduler {
        Scheduler::TaskScheduler => task_scheduler::install(schedule, &files, force),
        Scheduler::Systemd => service_manager::install(schedule, &files, force),
        Scheduler::Launchd => launchctl::install(schedule, &files, force),
        Scheduler::Cron => Err(SchedulerError::None.into()),
    }
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
        Scheduler::Cron => Err(SchedulerError::None.into()),
    }
}

/// The names of certstow's tasks, a person's and the machine's, as far as this account may see them.
///
/// # Errors
/// [`Error::Scheduler`]: the scheduler's program cannot be started.
pub(crate) fn tasks() -> Result<Vec<(TaskName, Owner)>, Error> {
    let Some(scheduler) = Scheduler::of_this_system() else {
        return Ok(Vec::new());
    };
    if scheduler == Scheduler::TaskScheduler {
        return task_scheduler::tasks();
    }
    let of = |owner| {
        let names = places::names(scheduler, owner).into_iter();
        names.map(move |name| (name, owner))
    };
    Ok(of(Owner::User).chain(of(Owner::Machine)).collect())
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
        Scheduler::Cron => Err(SchedulerError::None.into()),
    }
}
