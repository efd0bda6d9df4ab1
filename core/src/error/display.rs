//! What happened, in words that are safe for a terminal.

use std::fmt;
use std::path::Path;

use certstow_formats::sanitize::{in_full, safe};

use super::{Error, Near, Nearly};

impl Error {
    /// What happened and what caused it, down to the OS error, in one line.
    pub fn in_full(&self) -> String {
        in_full(self)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contradiction(text) | Self::Password(text) => f.write_str(&safe(text)),
            Self::NotFound {
                selector,
                searched,
                note,
                near,
            } => {
                match selector.as_str() {
                    "" => f.write_str("there is no certificate with a private key")?,
                    selector => write!(f, "no identity matches {}", safe(selector))?,
                }
                match searched.as_slice() {
                    [] => f.write_str("; there was no store to search")?,
                    stores => write!(f, " in {}", safe(&stores.join(", ")))?,
                }
                let near = near.as_deref().and_then(nearly);
                let notes: Vec<_> = near.into_iter().chain(note.clone()).collect();
                match notes.as_slice() {
                    [] => Ok(()),
                    notes => write!(f, " ({})", safe(&notes.join("; "))),
                }
            }
            Self::NotInBackup {
                selector, folder, ..
            } => write!(
                f,
                "no identity in the backup {} matches {}",
                path(folder),
                safe(selector)
            ),
            Self::BackupFile { file, reason } => write!(f, "{} {}", path(file), safe(reason)),
            Self::Ambiguous {
                selector,
                candidates,
            } => write!(
                f,
                "{} identities match {}",
                candidates.len(),
                safe(selector)
            ),
            Self::Store(error) => f.write_str(&safe(&error.to_string())),
            Self::InteractionRequired { what } => {
                write!(f, "{} is needed, and nobody may be asked", safe(what))
            }
            Self::WrongPassword { place } => {
                write!(f, "the password does not open {}", safe(place))
            }
            Self::PasswordUnreadable { place, .. } => {
                write!(f, "the password cannot be read from {}", safe(place))
            }
            Self::TargetExists { file } => write!(f, "{} exists already", path(file)),
            Self::Target { file, what, .. } => {
                write!(f, "{} cannot be written: {what}", path(file))
            }
            Self::Device { file } => write!(
                f,
                "{} cannot be written: it is a device, a pipe or a descriptor, and no file",
                path(file)
            ),
            Self::NotSynced {
                file,
                saved: true,
                reason,
            } => write!(
                f,
                "{} is saved and proven, but its disk did not confirm it, and a power cut may lose \
                 it: {}",
                path(file),
                safe(reason)
            ),
            Self::NotSynced {
                file,
                saved: false,
                reason,
            } => write!(
                f,
                "nothing was saved as {}, for its disk did not confirm what was written (a file \
                 that had this name before is as it was): {}",
                path(file),
                safe(reason)
            ),
            Self::NotCopied { folder, error } => write!(f, "no copy in {}: {error}", path(folder)),
            Self::TargetLocked { folder } => {
                write!(f, "another certstow is using {}", path(folder))
            }
            Self::Emptied(emptied) => f.write_str(&safe(&emptied.to_string())),
            Self::NotPrivate { file } => write!(
                f,
                "{} cannot be written: its file system cannot restrict who reads it",
                path(file)
            ),
            Self::Verification { file, reason } => write!(
                f,
                "{} was not saved, since reading it back failed: {}",
                path(file),
                safe(reason)
            ),
            Self::Changed { file } => {
                write!(f, "{} is not what was saved any more", path(file))
            }
            Self::NotReadBack { store, reason } => write!(
                f,
                "reading it back from {} failed: {}",
                safe(store),
                safe(reason)
            ),
            Self::KeyNotDeleted {
                file,
                store,
                reason,
                ..
            } => write!(
                f,
                "{} was saved, and its private key was not deleted from {}: {}",
                path(file),
                safe(store),
                safe(reason)
            ),
            Self::KeyMismatch { place } => write!(
                f,
                "the private key of {} does not belong to its certificate",
                safe(place)
            ),
            Self::Vault(error) => f.write_str(&safe(&error.to_string())),
            Self::PasswordExists { name } => {
                write!(f, "the vault has a password '{name}' already")
            }
            Self::Escrow { file, trouble } => {
                write!(f, "{} {}", path(file), safe(&trouble.to_string()))
            }
            Self::Io { place, .. } => write!(f, "{} cannot be read or written", safe(place)),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

/// Why something that matches was not taken; what was misspelled matches nothing.
fn nearly(near: &Near) -> Option<String> {
    let (who, are, match_) = match near.count {
        1 => ("one".to_owned(), "is", "matches"),
        more => (more.to_string(), "are", "match"),
    };
    match &near.why {
        Nearly::Misspelled => None,
        Nearly::Archived => Some(format!("{who} that {are} archived {match_}")),
        Nearly::LeftOut { filters } => Some(format!("{who} {match_} without {filters}")),
        Nearly::Unlisted { keyless: 0 } => Some(format!("{who} that {are} archived {match_}")),
        Nearly::Unlisted { keyless } if *keyless == near.count => {
            Some(format!("{who} without a private key {match_}"))
        }
        Nearly::Unlisted { keyless } => Some(format!(
            "{who} {match_} that {are} archived or, {keyless} of them, without a private key"
        )),
    }
}

fn path(file: &Path) -> String {
    safe(&file.to_string_lossy()).into_owned()
}
