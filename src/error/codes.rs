//! What an error is to a script: the exit code, and the word in JSON.

use certstow_core::error::Error;

use super::{escrow, scheduler, store, vault};
use crate::exit::Exit;

/// The exit code for this error.
pub(super) fn exit(error: &Error) -> Exit {
    match error {
        Error::Folder(error) | Error::NotCopied { error, .. } => exit(error),
        Error::Usage(_) | Error::Config { .. } => Exit::Usage,
        Error::NotFound { .. } | Error::NotInBackup { .. } | Error::NothingToImport { .. } => {
            Exit::NotFound
        }
        Error::Ambiguous { .. } => Exit::Ambiguous,
        Error::Store(error) => store::exit(error),
        Error::InteractionRequired { .. }
        | Error::PersonRequired { .. }
        | Error::NobodyToShow { .. }
        | Error::TimedOut { .. } => Exit::InteractionRequired,
        Error::Password(_) | Error::WrongPassword { .. } | Error::PasswordUnreadable { .. } => {
            Exit::Password
        }
        Error::TargetExists { .. }
        | Error::Target { .. }
        | Error::Device { .. }
        | Error::TargetLocked { .. }
        | Error::Emptied(_)
        | Error::NotPrivate { .. }
        | Error::Log { .. } => Exit::Target,
        Error::Verification { .. } | Error::Changed { .. } | Error::NotReadBack { .. } => {
            Exit::VerificationFailed
        }
        Error::KeyMismatch { .. } => Exit::KeyUnavailable,
        Error::KeyNotDeleted { .. } | Error::NotSynced { .. } | Error::BackupFile { .. } => {
            Exit::Partial
        }
        Error::Scheduler(error) => scheduler::exit(error),
        Error::Vault(error) => vault::exit(error),
        Error::PasswordExists { .. } => Exit::Target,
        Error::Escrow { trouble, .. } => escrow::exit(trouble),
        Error::Io { .. } => Exit::Failure,
        Error::Cancelled => Exit::Cancelled,
    }
}

/// The word for it in JSON: "not-found", "ambiguous" and so on.
pub(super) fn code(error: &Error) -> &'static str {
    match error {
        Error::Folder(error) | Error::NotCopied { error, .. } => code(error),
        Error::Usage(_) => "usage",
        Error::NotFound { .. } | Error::NotInBackup { .. } => "not-found",
        Error::BackupFile { .. } => "backup-file",
        Error::NothingToImport { .. } => "nothing-to-import",
        Error::NotReadBack { .. } => "not-read-back",
        Error::KeyNotDeleted { .. } => "key-not-deleted",
        Error::Ambiguous { .. } => "ambiguous",
        Error::Store(error) => store::code(error),
        Error::InteractionRequired { .. }
        | Error::PersonRequired { .. }
        | Error::NobodyToShow { .. } => "interaction-required",
        Error::Password(_) | Error::WrongPassword { .. } | Error::PasswordUnreadable { .. } => {
            "password"
        }
        Error::TargetExists { .. } => "target-exists",
        Error::Target { .. } => "target",
        Error::Device { .. } => "target-device",
        Error::NotSynced { .. } => "not-synced",
        Error::TargetLocked { .. } => "target-locked",
        Error::Emptied(_) => "target-emptied",
        Error::Config { .. } => "config",
        Error::NotPrivate { .. } => "target-not-private",
        Error::Verification { .. } => "verification-failed",
        Error::Changed { .. } => "changed",
        Error::KeyMismatch { .. } => "key-mismatch",
        Error::Scheduler(error) => scheduler::code(error),
        Error::Vault(error) => vault::code(error),
        Error::PasswordExists { .. } => "password-exists",
        Error::Escrow { trouble, .. } => escrow::code(trouble),
        Error::Io { .. } => "io",
        Error::TimedOut { .. } => "timed-out",
        Error::Log { .. } => "log",
        Error::Cancelled => "cancelled",
    }
}
