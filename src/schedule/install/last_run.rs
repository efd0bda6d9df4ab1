//! How a task's last run went, as far as its scheduler remembers.

use std::fmt;

use certstow_core::time::{self, UnixTime};

use crate::exit::Exit;

/// How a task's last run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LastRun {
    /// There was none since the task was installed.
    Never,
    /// It goes on.
    Running,
    /// It ended.
    Ended {
        /// The exit code of what it ran, or the scheduler's own code for why that did not start.
        code: i64,
        /// When.
        at: Option<At>,
    },
    /// It was ended, by a signal or by the scheduler, or did not start.
    Failed {
        /// The scheduler's word for it.
        why: String,
        /// When.
        at: Option<At>,
    },
    /// There was one, and the scheduler has been started anew since.
    Forgotten {
        /// When it began.
        at: At,
    },
}

/// When something was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum At {
    /// At this time.
    Time(UnixTime),
    /// In the scheduler's words, which differ with language and region.
    Words(String),
}

impl LastRun {
    /// The exit code.
    pub(crate) fn code(&self) -> Option<i64> {
        match self {
            Self::Ended { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// When it ended, or began if that is all that is known.
    pub(crate) fn at(&self) -> Option<&At> {
        match self {
            Self::Never | Self::Running => None,
            Self::Ended { at, .. } | Self::Failed { at, .. } => at.as_ref(),
            Self::Forgotten { at } => Some(at),
        }
    }

    /// A word for it, for programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Running => "running",
            Self::Ended { code: 0, .. } => "done",
            Self::Ended { .. } | Self::Failed { .. } => "failed",
            Self::Forgotten { .. } => "forgotten",
        }
    }

    /// Whether it is one that a person should look at.
    pub(crate) fn is_bad(&self) -> bool {
        self.word() == "failed"
    }
}

impl fmt::Display for LastRun {
    /// "exit code 14, partly done (2026-11-30 12:30:12 +01:00)".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never")?,
            Self::Running => f.write_str("it is running now")?,
            Self::Ended { code, .. } => f.write_str(&meaning(*code))?,
            Self::Failed { why, .. } => write!(f, "failed: {why}")?,
            Self::Forgotten { .. } => {
                f.write_str("the scheduler has forgotten how it ended, as it was started anew")?;
            }
        }
        match self.at() {
            Some(at) => write!(f, " ({at})"),
            None => Ok(()),
        }
    }
}

impl At {
    /// The time, where the scheduler says it in a way that certstow can read.
    pub(crate) fn time(&self) -> Option<UnixTime> {
        match self {
            Self::Time(time) => Some(*time),
            Self::Words(_) => None,
        }
    }
}

impl fmt::Display for At {
    /// By the clock of this machine.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => f.write_str(&time::local(*time)),
            Self::Words(words) => f.write_str(words),
        }
    }
}

/// An exit code of certstow, or the number that a scheduler has for what it could not start.
fn meaning(code: i64) -> String {
    let known = Exit::ALL.into_iter();
    let mut known = known.filter(|exit| *exit != Exit::Failure);
    match known.find(|exit| i64::from(exit.code()) == code) {
        Some(exit) => format!("exit code {code}, {}", exit.meaning()),
        None if (0..=255).contains(&code) => format!("exit code {code}"),
        // As Task Scheduler shows what Windows says.
        None => format!("{:#x}", code as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_run_says_what_codes_mean() {
        let ended = |code| LastRun::Ended { code, at: None };
        let monday = Some(At::Words("Monday".to_owned()));
        for (last_run, said, word) in [
            (LastRun::Never, "never", "never"),
            (LastRun::Running, "it is running now", "running"),
            (ended(0), "exit code 0, done", "done"),
            (
                LastRun::Ended {
                    code: 16,
                    at: monday,
                },
                "exit code 16, target exists or is not writable (Monday)",
                "failed",
            ),
            (ended(203), "exit code 203", "failed"),
            (ended(-2_147_024_894), "0x80070002", "failed"),
            (
                LastRun::Failed {
                    why: "signal".to_owned(),
                    at: None,
                },
                "failed: signal",
                "failed",
            ),
        ] {
            assert_eq!(last_run.to_string(), said);
            assert_eq!(last_run.word(), word);
        }
    }
}
