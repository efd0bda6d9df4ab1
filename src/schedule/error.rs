//! Why a scheduler did not do what was asked of it, and what that is to a person and a script.

use std::borrow::Cow;
use std::path::PathBuf;
use std::{fmt, io};

use certstow_formats::sanitize::safe;
use certstow_platform::scheduler::{ProgramError, Scheduler};

use crate::error::{Explain, Facts, Hint};
use crate::exit::Exit;

/// Why a scheduler did not do what was asked.
#[derive(Debug)]
pub(crate) enum SchedulerError {
    /// certstow knows of no scheduler on this system.
    None,
    /// There is no task of this name.
    NotScheduled {
        /// The name.
        name: String,
        /// What the scheduler's program said, where it has one answer to all that is wrong.
        source: Option<ProgramError>,
    },
    /// There is a task of this name, and nobody said that it may be replaced.
    Exists {
        /// The name.
        name: String,
    },
    /// What the task depends on is missing, and will be every time.
    WouldFail {
        /// What was found, as a clause.
        found: String,
        /// What a run would exit with.
        exit: Exit,
        /// What to do about it.
        advice: Option<String>,
    },
    /// There is something of this name that certstow did not make.
    Foreign {
        /// The name, or the file.
        what: String,
    },
    /// The service manager of this account does not run.
    NoManager {
        /// What its program said.
        source: ProgramError,
    },
    /// The scheduler refused.
    Refused {
        /// What was asked of it ("to register the task").
        what: &'static str,
        /// The scheduler.
        scheduler: Scheduler,
        /// What its program said.
        source: ProgramError,
    },
    /// A file of the scheduler cannot be read, written or removed.
    File {
        /// The file or folder.
        file: PathBuf,
        /// The underlying OS error.
        source: io::Error,
    },
}

impl SchedulerError {
    /// What happened, with its facts.
    fn table(&self) -> (String, Facts) {
        fn facts(exit: Exit, code: &'static str, hint: impl Into<Cow<'static, str>>) -> Facts {
            Facts::new(exit, code, Hint::on_command_line(hint))
        }
        match self {
            Self::None => (
                "certstow knows of no scheduler on this system".to_owned(),
                facts(
                    Exit::Failure,
                    "no-scheduler",
                    "'certstow schedule install --print --system cron' prints a line for cron; \
                     --system names others",
                ),
            ),
            Self::NotScheduled { name, source } => (
                format!("no task named '{name}' is scheduled"),
                facts(
                    Exit::NotFound,
                    "not-scheduled",
                    match source {
                        None => {
                            "--name names another task, and --machine looks among those of the \
                             machine"
                        }
                        Some(_) => {
                            "--name names another task; one of the machine, or that an \
                             administrator registered, shows in an administrator's prompt alone"
                        }
                    },
                ),
            ),
            Self::Exists { name } => (
                format!("a task named '{name}' is scheduled already"),
                facts(
                    Exit::Target,
                    "task-exists",
                    "nothing was changed; --name gives this one another name, and --force puts it in \
                     the place of that one",
                ),
            ),
            Self::WouldFail {
                found,
                exit,
                advice,
            } => (
                format!("the task would fail each time: {found}"),
                facts(*exit, "would-fail", {
                    let advice = advice.as_ref().map(|advice| format!("{}; ", safe(advice)));
                    let advice = advice.unwrap_or_default();
                    format!(
                        "{advice}nothing was changed; 'certstow schedule install --print' looks at \
                         nothing"
                    )
                }),
            ),
            Self::Foreign { what } => (
                format!("{what} exists, and certstow did not make it"),
                facts(
                    Exit::Target,
                    "task-not-ours",
                    "choose another name with --name; nothing was changed",
                ),
            ),
            Self::NoManager { .. } => (
                "the service manager of this account does not run".to_owned(),
                facts(
                    Exit::Failure,
                    "no-service-manager",
                    "run certstow in a session of the account itself, after 'loginctl \
                     enable-linger' if nobody is to be logged in; where there is no systemd, \
                     'certstow schedule install --print --system cron' prints a line for cron",
                ),
            ),
            Self::Refused {
                what, scheduler, ..
            } => (
                format!("the scheduler refused {what}"),
                facts(
                    Exit::Failure,
                    "scheduler-refused",
                    match scheduler {
                        Scheduler::TaskScheduler => {
                            "the account needs the right 'Log on as a batch job' and a password (a \
                             PIN is not one), and --machine an administrator's prompt; where a policy \
                             forbids storing passwords, no task of a person can be registered; \
                             --print writes the XML for other tools"
                        }
                        Scheduler::Systemd => "--machine needs root; --print writes the files",
                        Scheduler::Launchd => {
                            "run certstow in a session of the desktop, without sudo (--machine \
                             needs root), and see that it is allowed in System Settings, Login \
                             Items; --print writes the file"
                        }
                        Scheduler::Cron => "--print prints the line",
                    },
                ),
            ),
            Self::File { file, .. } => (
                format!("{} cannot be read or changed", file.display()),
                facts(
                    Exit::Target,
                    "scheduler-file",
                    "--machine needs root; --print writes the files elsewhere",
                ),
            ),
        }
    }
}

impl Explain for SchedulerError {
    fn facts(&self) -> Facts {
        self.table().1
    }
}

impl fmt::Display for SchedulerError {
    /// Not made safe for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table().0)
    }
}

impl std::error::Error for SchedulerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoManager { source } | Self::Refused { source, .. } => Some(source),
            Self::NotScheduled { source, .. } => source.as_ref().map(|source| source as _),
            Self::File { source, .. } => Some(source),
            Self::None | Self::Exists { .. } | Self::WouldFail { .. } | Self::Foreign { .. } => {
                None
            }
        }
    }
}
