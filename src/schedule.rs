//! A backup that runs by itself: what runs, when and for whom, and the files that tell an
//! operating system's scheduler so. The formats (a task of Windows' Task Scheduler, a service and timer
//! of systemd, a property list of launchd, a line for cron) are pure functions and the same everywhere,
//! so that an administrator can print any of them on any system; [`install`] hands them to the
//! scheduler of this one. A line for cron is only ever printed.
//!
//! Where things are put, for the task of the name `NAME`:
//!
//! | scheduler | a person's | the machine's (`--machine`) |
//! | --- | --- | --- |
//! | Task Scheduler | task `\NAME`, which runs as that account with its password stored | task `\NAME`, which runs as SYSTEM |
//! | systemd | `NAME.service` and `NAME.timer` in `$XDG_CONFIG_HOME/systemd/user`, or `~/.config/systemd/user` | the same in `/etc/systemd/system` |
//! | launchd | `org.certstow.NAME.plist` in `~/Library/LaunchAgents` | the same in `/Library/LaunchDaemons` |
//!
//! What a run says goes to Windows' Application log, unless the task has a `--log`; to the journal;
//! and on macOS to `~/Library/Logs/org.certstow.NAME.log`, the machine's to `/Library/Logs`.

pub(crate) mod cron;
mod error;
mod files;
pub(crate) mod install;
pub(crate) mod launchd;
pub(crate) mod systemd;
pub(crate) mod times;
pub(crate) mod windows_task;
mod xml;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub(crate) use certstow_platform::scheduler::{Owner, Scheduler};

use crate::error::Error;

pub(crate) use error::SchedulerError;
pub(crate) use launchd::{kept_out, label as launchd_label};
pub(crate) use times::{Day, DayOfMonth, Monthly, Time, Times, When, parse_weekly};
pub(crate) use windows_task::would_be_replaced;

/// The longest run: certstow ends its own waits long before, so this is for a machine that hangs.
const HOURS: u32 = 2;

/// How much later than its time a task may start, unless it is said: machines of a fleet do not write
/// to the same share in the same second.
const DELAY: Duration = Duration::from_secs(600);

/// The same for a task of a scheduler, which has such a thing or not.
pub(crate) fn usual_delay(scheduler: Scheduler) -> Duration {
    match scheduler {
        Scheduler::TaskScheduler | Scheduler::Systemd => DELAY,
        Scheduler::Launchd | Scheduler::Cron => Duration::ZERO,
    }
}

/// A run of certstow at set times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// What the task is called.
    pub(crate) name: TaskName,
    /// The path of certstow on the machine where it will run, absolute there.
    pub(crate) program: String,
    /// Its arguments, the command first.
    pub(crate) arguments: Vec<String>,
    /// The times.
    pub(crate) times: Times,
    /// How much later than that a run begins at most, by chance.
    pub(crate) delay: Duration,
    /// Whose task it is.
    pub(crate) owner: Owner,
    /// The account that a person's task runs as, as Windows names it; `None` leaves that to
    /// whoever registers it. No other system writes it down.
    pub(crate) account: Option<String>,
    /// The folders that certstow writes to: systemd lets the service write nowhere else.
    pub(crate) writes_to: Vec<String>,
    /// Whether certstow starts programs of the owner's choice there: one that prints a password, say.
    pub(crate) starts_programs: bool,
    /// The names of the encrypted credentials that systemd hands to a service of the machine.
    pub(crate) credentials: Vec<String>,
    /// The file for what certstow says, where nothing else keeps it: on macOS.
    pub(crate) log: Option<String>,
}

/// A file for a scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScheduleFile {
    /// Its name, without a folder.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

impl Schedule {
    /// Refuses a random delay where the scheduler has none.
    fn refuse_delay(&self, scheduler: &str) -> Result<(), Error> {
        match self.delay.is_zero() {
            true => Ok(()),
            false => Err(Error::Usage(format!(
                "{scheduler} has no random delay: leave out --random-delay, and give machines \
                 different times"
            ))),
        }
    }

    /// What the task is, for a person who meets it in the system's own tools.
    fn description(&self) -> String {
        format!(
            "Backup of certificates with their private keys ({})",
            self.name
        )
    }
}

/// What a task is called: letters, digits, `-`, `_` and `.`, at most 64 of them, beginning with a
/// letter or digit. It becomes part of file names, labels and command lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaskName(String);

impl TaskName {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TaskName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && text.len() <= 64 && text.chars().all(usual) {
            Ok(Self(text.to_owned()))
        } else {
            Err(
                "a task's name has letters from a to z, digits, '-', '_' and '.', at most 64"
                    .to_owned(),
            )
        }
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
