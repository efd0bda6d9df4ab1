//! What an error is to a script: the exit code, and the word in JSON.

use super::{Error, store, vault};
use crate::exit::Exit;

impl Error {
    /// The exit code for this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Folder(error) | Self::NotCopied { error, .. } => error.exit(),
            Self::Usage(_) | Self::Config { .. } => Exit::Usage,
            Self::NotFound { .. } | Self::NotInBackup { .. } | Self::NothingToImport { .. } => {
                Exit::NotFound
            }
            Self::Ambiguous { .. } => Exit::Ambiguous,
            Self::Store(error) => store::exit(error),
            Self::InteractionRequired { .. }
            | Self::PersonRequired { .. }
            | Self::NobodyToShow { .. }
            | Self::TimedOut { .. } => Exit::InteractionRequired,
            Self::Password(_) | Self::WrongPassword { .. } | Self::PasswordUnreadable { .. } => {
                Exit::Password
            }
            Self::TargetExists { .. }
            | Self::Target { .. }
            | Self::Device { .. }
            | Self::TargetLocked { .. }
            | Self::Emptied(_)
            | Self::NotPrivate { .. }
            | Self::Log { .. } => Exit::Target,
            Self::Verification { .. } | Self::Changed { .. } | Self::NotReadBack { .. } => {
                Exit::VerificationFailed
            }
            Self::KeyMismatch { .. } => Exit::KeyUnavailable,
            Self::KeyNotDeleted { .. } | Self::NotSynced { .. } | Self::BackupFile { .. } => {
                Exit::Partial
            }
            Self::Scheduler(error) => error.exit(),
            Self::Vault(error) => vault::exit(error),
            Self::PasswordExists { .. } => Exit::Target,
            Self::Escrow { trouble, .. } => trouble.exit(),
            Self::Io { .. } => Exit::Failure,
            Self::Cancelled => Exit::Cancelled,
        }
    }

    /// The word for it in JSON: "not-found", "ambiguous" and so on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Folder(error) | Self::NotCopied { error, .. } => error.code(),
            Self::Usage(_) => "usage",
            Self::NotFound { .. } | Self::NotInBackup { .. } => "not-found",
            Self::BackupFile { .. } => "backup-file",
            Self::NothingToImport { .. } => "nothing-to-import",
            Self::NotReadBack { .. } => "not-read-back",
            Self::KeyNotDeleted { .. } => "key-not-deleted",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Store(error) => store::code(error),
            Self::InteractionRequired { .. }
            | Self::PersonRequired { .. }
            | Self::NobodyToShow { .. } => "interaction-required",
            Self::Password(_) | Self::WrongPassword { .. } | Self::PasswordUnreadable { .. } => {
                "password"
            }
            Self::TargetExists { .. } => "target-exists",
            Self::Target { .. } => "target",
            Self::Device { .. } => "target-device",
            Self::NotSynced { .. } => "not-synced",
            Self::TargetLocked { .. } => "target-locked",
            Self::Emptied(_) => "target-emptied",
            Self::Config { .. } => "config",
            Self::NotPrivate { .. } => "target-not-private",
            Self::Verification { .. } => "verification-failed",
            Self::Changed { .. } => "changed",
            Self::KeyMismatch { .. } => "key-mismatch",
            Self::Scheduler(error) => error.code(),
            Self::Vault(error) => vault::code(error),
            Self::PasswordExists { .. } => "password-exists",
            Self::Escrow { trouble, .. } => trouble.code(),
            Self::Io { .. } => "io",
            Self::TimedOut { .. } => "timed-out",
            Self::Log { .. } => "log",
            Self::Cancelled => "cancelled",
        }
    }
}
