//! The files of a schedule, by the scheduler that reads them.

use certstow_platform::scheduler::Scheduler;

use super::{Schedule, ScheduleFile, cron, launchd, systemd, windows_task};
use crate::error::Error;

impl Schedule {
    /// The files for a scheduler; the same schedule gives the same bytes on every system and day.
    ///
    /// # Errors
    /// [`Error::Usage`]: the scheduler has no way to write down a character of a path or argument,
    /// or the program's path is not absolute where the scheduler runs.
    pub(crate) fn files(&self, scheduler: Scheduler) -> Result<Vec<ScheduleFile>, Error> {
        match scheduler {
            Scheduler::TaskScheduler => windows_task::files(self),
            Scheduler::Systemd => systemd::files(self),
            Scheduler::Launchd => launchd::files(self),
            Scheduler::Cron => cron::files(self),
        }
    }
}
