//! What can go wrong in a store. Each error names the store and the place, keeps the operating
//! system's own code and text as its source, and can hold no secret.

use std::error::Error;
use std::fmt;

use crate::certificate::EntryId;
use crate::store::NotExportable;

/// The error underneath, usually the operating system's.
pub type Source = Box<dyn Error + Send + Sync>;

/// Why no password came from [`crate::store::Ask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskError {
    /// There is nobody to ask.
    NotAllowed,
    /// The person gave up.
    Cancelled,
}

/// Why a store could not do what was asked. [`crate::store::Store`] says which error each
/// situation gives.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The store is not there, not reachable, or not part of this build.
    Unavailable {
        /// The store's name.
        store: String,
        /// Why.
        reason: String,
        /// The operating system's word on it.
        source: Option<Source>,
    },
    /// The operating system refuses access.
    AccessDenied {
        /// The store, file or key that was refused.
        place: String,
        /// The operating system's word on it.
        source: Option<Source>,
    },
    /// No entry has this id.
    NotFound {
        /// The store's name.
        store: String,
        /// The id that was asked for.
        id: EntryId,
    },
    /// The entry has no private key.
    KeyMissing {
        /// Where the certificate lies.
        place: String,
    },
    /// The private key will not come out.
    KeyNotExportable {
        /// Where the key lies.
        place: String,
        /// Why not.
        reason: NotExportable,
        /// The operating system's word on it.
        source: Option<Source>,
    },
    /// A password, PIN or window would be needed, and none is allowed.
    InteractionRequired {
        /// What is locked.
        place: String,
    },
    /// The password does not open the key.
    WrongPassword {
        /// What is locked.
        place: String,
    },
    /// The person asked gave up.
    Cancelled,
    /// What is stored cannot be read.
    Damaged {
        /// The file or object.
        place: String,
        /// What is wrong with it.
        reason: String,
        /// The error underneath.
        source: Option<Source>,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { store, reason, .. } => {
                write!(f, "store {store} is not available: {reason}")
            }
            Self::AccessDenied { place, .. } => write!(f, "access to {place} is denied"),
            Self::NotFound { store, id } => write!(f, "store {store} has no certificate {id}"),
            Self::KeyMissing { place } => {
                write!(f, "there is no private key for the certificate in {place}")
            }
            Self::KeyNotExportable { place, reason, .. } => {
                write!(
                    f,
                    "the private key in {place} cannot be exported: it is {reason}"
                )
            }
            Self::InteractionRequired { place } => {
                write!(
                    f,
                    "{place} is locked, and nobody may be asked for its password"
                )
            }
            Self::WrongPassword { place } => write!(f, "the password does not open {place}"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Damaged { place, reason, .. } => write!(f, "{place} cannot be read: {reason}"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unavailable { source, .. }
            | Self::AccessDenied { source, .. }
            | Self::KeyNotExportable { source, .. }
            | Self::Damaged { source, .. } => source
                .as_deref()
                .map(|source| source as &(dyn Error + 'static)),
            _ => None,
        }
    }
}
