//! Why a scheduler did not do what was asked of it, and what to do then.

use std::fmt;
use std::io;
use std::path::PathBuf;

use certstow_platform::scheduler::{ProgramError, Scheduler};

/// Why a scheduler did not do what was asked.
#[derive(Debug)]
pub enum SchedulerError {
    /// certstow knows of no scheduler on this system.
    None,
    /// There is no task of this name.
    NotScheduled {
        /// The name.
        name: String,
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
        /// The operating system's word on it.
        source: io::Error,
    },
}

impl fmt::Display for SchedulerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("certstow knows of no scheduler on this system"),
            Self::NotScheduled { name } => write!(f, "no task named '{name}' is scheduled"),
            Self::Foreign { what } => write!(f, "{what} exists, and certstow did not make it"),
            Self::NoManager { .. } => {
                f.write_str("the service manager of this account does not run")
            }
            Self::Refused { what, .. } => write!(f, "the scheduler refused {what}"),
            Self::File { file, .. } => {
                write!(f, "{} cannot be read or changed", file.display())
            }
        }
    }
}

impl std::error::Error for SchedulerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoManager { source } | Self::Refused { source, .. } => Some(source),
            Self::File { source, .. } => Some(source),
            Self::None | Self::NotScheduled { .. } | Self::Foreign { .. } => None,
        }
    }
}
