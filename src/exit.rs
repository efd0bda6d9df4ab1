//! The exit codes, in one place. Task Scheduler shows them as "Last Run Result" and words small
//! numbers as Windows errors (5 is "Access is denied"), hence 10 and up.

/// How a run of certstow ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed for a reason without a code of its own.
    Failure = 1,
    /// The command line was wrong.
    Usage = 2,
    /// Nothing matched.
    NotFound = 10,
    /// More than one identity matched.
    Ambiguous = 11,
    /// The private key is missing or not exportable.
    KeyUnavailable = 12,
    /// A prompt or dialog would be needed, or something waited for never answered.
    InteractionRequired = 13,
    /// Partly done: some entries had problems.
    Partial = 14,
    /// The written or checked file did not prove to restore.
    VerificationFailed = 15,
    /// The target exists or is not writable.
    Target = 16,
    /// The password is missing or wrong.
    Password = 17,
    /// The store is unavailable or access was denied.
    Store = 18,
    /// Cancelled by the person at the terminal.
    Cancelled = 130,
}

impl Exit {
    /// Every code, in ascending order.
    pub const ALL: [Exit; 13] = [
        Exit::Done,
        Exit::Failure,
        Exit::Usage,
        Exit::NotFound,
        Exit::Ambiguous,
        Exit::KeyUnavailable,
        Exit::InteractionRequired,
        Exit::Partial,
        Exit::VerificationFailed,
        Exit::Target,
        Exit::Password,
        Exit::Store,
        Exit::Cancelled,
    ];

    /// The number the process exits with.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// What the code means, for help and manual.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Failure => "failure",
            Exit::Usage => "wrong command line",
            Exit::NotFound => "nothing matched",
            Exit::Ambiguous => "more than one identity matched",
            Exit::KeyUnavailable => "private key missing or not exportable",
            Exit::InteractionRequired => {
                "a prompt or dialog would be needed, or a wait took too long"
            }
            Exit::Partial => "partly done, some entries had problems",
            Exit::VerificationFailed => "verification failed",
            Exit::Target => "target exists or is not writable",
            Exit::Password => "password missing or wrong",
            Exit::Store => "store unavailable or access denied",
            Exit::Cancelled => "cancelled",
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_stable_and_ascending() {
        let codes = Exit::ALL.map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 130]);
    }

    #[test]
    fn exit_meanings_are_unique() {
        for (position, exit) in Exit::ALL.iter().enumerate() {
            assert!(!exit.meaning().is_empty());
            for other in &Exit::ALL[position + 1..] {
                assert_ne!(exit.meaning(), other.meaning());
            }
        }
    }
}
