//! What can go wrong in a store. Each error names the store and the place, keeps the operating
//! system's own code and text as its source, and can hold no secret.

use std::error::Error;
use std::path::Path;
use std::{fmt, io};

use certstow_formats::certificate::EntryId;

use crate::key_state::NotExportable;
use crate::spec::StoreSpec;

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
pub enum StoreError {
    /// The store is not there, not reachable, or not part of this build.
    Unavailable {
        /// The store's name.
        store: String,
        /// Why.
        reason: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The operating system refuses access.
    AccessDenied {
        /// The store, file or key that was refused.
        place: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The operating system refuses this account the private key.
    KeyAccessDenied {
        /// Where the certificate lies.
        place: String,
        /// The underlying OS error.
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
    /// The store names where the private key lies, and this account finds none there: there is
    /// nothing, or the account may not even see it, which Windows does not tell apart.
    KeyContainerMissing {
        /// Where the certificate lies.
        place: String,
        /// The key container, and the provider it belongs to.
        container: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The store names a provider for the private key that is not installed.
    KeyProviderMissing {
        /// Where the certificate lies.
        place: String,
        /// The key container, and the provider it belongs to.
        container: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The private key stored for a certificate is another's.
    KeyMismatch {
        /// Where the certificate lies.
        place: String,
    },
    /// The private key is not exportable.
    KeyNotExportable {
        /// Where the key lies.
        place: String,
        /// Why not.
        reason: NotExportable,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The operating system does not export the private key, for a reason of its own.
    KeyRefused {
        /// Where the key lies.
        place: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The operating system cannot decrypt the private key in this logon session: it was started
    /// without the password that protects the account's keys, or that was reset.
    KeyUnreadableHere {
        /// Where the key lies.
        place: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// A password would be needed, and nobody may be asked.
    InteractionRequired {
        /// What is locked.
        place: String,
    },
    /// The keychain is locked, or macOS would ask in a window whether the key may be used, and no
    /// window may open, or none can.
    KeychainInteractionRequired {
        /// The key, or the keychain.
        place: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The operating system would ask for a confirmation or a PIN in a window of its own, and may
    /// not.
    ConfirmationRequired {
        /// Where the key lies.
        place: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The password does not open the key.
    WrongPassword {
        /// What is locked.
        place: String,
    },
    /// A password opens the file, and the private key in it is under another one.
    KeyPassword {
        /// The file.
        place: String,
    },
    /// A token was given no PIN, because it takes none or could be locked by it; or its module answers
    /// with what may mean a wrong one. None was tried a second time.
    LoginRefused {
        /// The token.
        place: String,
        /// Why, as a clause: "its PIN is locked".
        reason: String,
        /// What the module says.
        source: Option<Source>,
    },
    /// A name fits several tokens, where one has to be meant.
    SeveralTokens {
        /// The name.
        store: String,
        /// What the tokens are called.
        tokens: Vec<String>,
    },
    /// The store has the identity that was to be put into it.
    AlreadyThere {
        /// Where the certificate lies.
        place: String,
    },
    /// The identity was not put into the store.
    NotImported {
        /// The store, or the file in it.
        place: String,
        /// Why not, as a clause: "it holds RSA keys only".
        reason: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The entry or its private key was not taken out of the store.
    NotRemoved {
        /// Where it lies.
        place: String,
        /// Why not, as a clause: "the file holds others' keys, too".
        reason: String,
        /// The underlying OS error.
        source: Option<Source>,
    },
    /// The identity stands inside a text of another kind, such as JSON or YAML, and is not taken out.
    InOtherText {
        /// The file.
        place: String,
    },
    /// A change was made in part, and the rest was refused.
    HalfDone {
        /// What was to be changed further.
        place: String,
        /// What is done and what is not, as a clause: "its private key is gone, but it stays".
        reason: String,
        /// What refused the rest.
        source: Option<Source>,
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

impl StoreError {
    /// As [`Self::Unavailable`].
    pub(crate) fn unavailable(
        store: &StoreSpec,
        reason: impl Into<String>,
        source: Option<Source>,
    ) -> Self {
        Self::Unavailable {
            store: store.to_string(),
            reason: reason.into(),
            source,
        }
    }

    /// As [`Self::NotFound`].
    pub(crate) fn not_found(store: &StoreSpec, id: &EntryId) -> Self {
        Self::NotFound {
            store: store.to_string(),
            id: *id,
        }
    }

    /// As [`Self::KeyMissing`]; `place` is a file or another place's name.
    pub(crate) fn key_missing(place: impl AsRef<Path>) -> Self {
        Self::KeyMissing {
            place: name_of(place),
        }
    }

    /// As [`Self::NotImported`]; `place` is a file or another place's name.
    pub(crate) fn not_imported(
        place: impl AsRef<Path>,
        reason: impl Into<String>,
        source: Option<Source>,
    ) -> Self {
        Self::NotImported {
            place: name_of(place),
            reason: reason.into(),
            source,
        }
    }

    /// As [`Self::NotRemoved`]; `place` is a file or another place's name.
    pub(crate) fn not_removed(
        place: impl AsRef<Path>,
        reason: impl Into<String>,
        source: Option<Source>,
    ) -> Self {
        Self::NotRemoved {
            place: name_of(place),
            reason: reason.into(),
            source,
        }
    }

    /// As [`Self::HalfDone`]; `place` is a file or another place's name.
    pub(crate) fn half_done(
        place: impl AsRef<Path>,
        reason: impl Into<String>,
        source: Option<Source>,
    ) -> Self {
        Self::HalfDone {
            place: name_of(place),
            reason: reason.into(),
            source,
        }
    }

    /// As [`Self::Damaged`]; `place` is a file or another place's name.
    pub(crate) fn damaged(
        place: impl AsRef<Path>,
        reason: impl Into<String>,
        source: Option<Source>,
    ) -> Self {
        Self::Damaged {
            place: name_of(place),
            reason: reason.into(),
            source,
        }
    }

    /// An import that an error of the file system ended.
    pub(crate) fn failed_import(place: &Path, reason: &str, error: io::Error) -> Self {
        Self::of_file(place, error, |place, source| {
            Self::not_imported(place, reason, Some(source))
        })
    }

    /// What an error of the file system says of `place`: that access is denied, or else what
    /// `otherwise` makes of the place and the error.
    pub(crate) fn of_file(
        place: &Path,
        error: io::Error,
        otherwise: impl FnOnce(String, Source) -> Self,
    ) -> Self {
        let place = place.display().to_string();
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::AccessDenied {
                place,
                source: Some(error.into()),
            },
            _ => otherwise(place, error.into()),
        }
    }
}

fn name_of(place: impl AsRef<Path>) -> String {
    place.as_ref().display().to_string()
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { store, reason, .. } => {
                write!(f, "store {store} is not available: {reason}")
            }
            Self::AccessDenied { place, .. } => write!(f, "access to {place} is denied"),
            Self::KeyAccessDenied { place, .. } => {
                write!(f, "access to the private key of {place} is denied")
            }
            Self::NotFound { store, id } => write!(f, "store {store} has no certificate {id}"),
            Self::KeyMissing { place } => {
                write!(f, "there is no private key for the certificate in {place}")
            }
            Self::KeyContainerMissing {
                place, container, ..
            } => write!(
                f,
                "the certificate in {place} names the key container {container}, in which this \
                 account finds no key"
            ),
            Self::KeyProviderMissing {
                place, container, ..
            } => write!(
                f,
                "the certificate in {place} names the key container {container}, whose provider is \
                 not installed"
            ),
            Self::KeyMismatch { place } => write!(
                f,
                "the private key stored for the certificate in {place} belongs to another \
                 certificate"
            ),
            Self::KeyNotExportable { place, reason, .. } => {
                write!(
                    f,
                    "the private key in {place} cannot be exported: it is {reason}"
                )
            }
            Self::KeyRefused { place, .. } => {
                write!(
                    f,
                    "the operating system does not give out the private key of {place}"
                )
            }
            Self::KeyUnreadableHere { place, .. } => write!(
                f,
                "the private key of {place} cannot be unlocked in this logon session"
            ),
            Self::KeychainInteractionRequired { place, .. } => write!(
                f,
                "{place} is in a keychain that is locked or asks for permission, and no window may \
                 open"
            ),
            Self::ConfirmationRequired { place, .. } => write!(
                f,
                "the private key of {place} asks for a confirmation or a PIN in a window, and may \
                 not"
            ),
            Self::InteractionRequired { place } => {
                write!(
                    f,
                    "{place} is locked, and nobody may be asked for its password"
                )
            }
            Self::WrongPassword { place } => write!(f, "the password does not open {place}"),
            Self::KeyPassword { place } => {
                write!(f, "the private key in {place} is under another password")
            }
            Self::LoginRefused { place, reason, .. } => {
                write!(f, "there was no login to {place}: {reason}")
            }
            Self::SeveralTokens { store, tokens } => {
                write!(
                    f,
                    "{store} stands for several tokens: {}",
                    tokens.join(", ")
                )
            }
            Self::AlreadyThere { place } => {
                write!(f, "{place} holds this identity already")
            }
            Self::NotImported { place, reason, .. } => {
                write!(f, "the identity cannot be put into {place}: {reason}")
            }
            Self::NotRemoved { place, reason, .. } => {
                write!(f, "what is in {place} cannot be taken out: {reason}")
            }
            Self::InOtherText { place } => write!(
                f,
                "what is in {place} cannot be taken out: it stands inside a text that is more than \
                 certificates and keys"
            ),
            Self::HalfDone { place, reason, .. } => {
                write!(f, "not all was done to {place}: {reason}")
            }
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
            | Self::KeyAccessDenied { source, .. }
            | Self::KeyContainerMissing { source, .. }
            | Self::KeyProviderMissing { source, .. }
            | Self::KeyNotExportable { source, .. }
            | Self::KeyRefused { source, .. }
            | Self::LoginRefused { source, .. }
            | Self::KeyUnreadableHere { source, .. }
            | Self::KeychainInteractionRequired { source, .. }
            | Self::ConfirmationRequired { source, .. }
            | Self::NotImported { source, .. }
            | Self::NotRemoved { source, .. }
            | Self::HalfDone { source, .. }
            | Self::Damaged { source, .. } => source
                .as_deref()
                .map(|source| source as &(dyn Error + 'static)),
            Self::NotFound { .. }
            | Self::InOtherText { .. }
            | Self::KeyMissing { .. }
            | Self::KeyMismatch { .. }
            | Self::InteractionRequired { .. }
            | Self::WrongPassword { .. }
            | Self::KeyPassword { .. }
            | Self::SeveralTokens { .. }
            | Self::AlreadyThere { .. }
            | Self::Cancelled => None,
        }
    }
}
