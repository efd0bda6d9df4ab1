//! What can go wrong with a vault.

use std::error::Error;
use std::fmt;

use super::entry::Name;
use crate::error::Source;

/// Why a vault did not do what was asked. None can hold a secret.
#[derive(Debug)]
pub enum VaultError {
    /// There is no vault, or none that can be reached from here.
    NoVault {
        /// Why, as a sentence without its full stop.
        reason: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// No password has this name.
    NotFound {
        /// The name.
        name: Name,
        /// The vaults that were searched.
        place: String,
    },
    /// The vault is locked, and would ask for its own password in a window.
    Locked {
        /// The vault.
        place: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The operating system refuses access.
    Denied {
        /// The vault, or the file.
        place: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The vault does not take the password, or returns something that is none.
    Unfit {
        /// The vault.
        place: String,
        /// Why, as a clause: "it is too long".
        reason: String,
    },
    /// What the vault gave back was not what it had been given to keep.
    NotKept {
        /// The vault.
        place: String,
    },
    /// The vault failed for a reason of its own.
    Failed {
        /// The vault.
        place: String,
        /// The underlying OS error.
        source: Source,
    },
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVault { reason, .. } => {
                write!(f, "there is no vault for passwords here: {reason}")
            }
            Self::NotFound { name, place } => write!(f, "{place} has no password '{name}'"),
            Self::Locked { place, .. } => {
                write!(
                    f,
                    "{place} is locked, and would ask in a window, which may not open"
                )
            }
            Self::Denied { place, .. } => write!(f, "access to {place} is denied"),
            Self::Unfit { place, reason } => {
                write!(f, "{place} cannot keep or give the password: {reason}")
            }
            Self::NotKept { place } => write!(
                f,
                "{place} gave back something else than the password it was given to keep"
            ),
            Self::Failed { place, .. } => write!(f, "{place} failed"),
        }
    }
}

impl Error for VaultError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = match self {
            Self::NoVault { source, .. }
            | Self::Locked { source, .. }
            | Self::Denied { source, .. } => source.as_deref()?,
            Self::Failed { source, .. } => source.as_ref(),
            Self::NotFound { .. } | Self::Unfit { .. } | Self::NotKept { .. } => return None,
        };
        Some(source)
    }
}
