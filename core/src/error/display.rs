//! What happened, in words that are safe for a terminal.

use std::fmt;

use certstow_formats::sanitize::{in_full, safe};

use super::{Error, IssuedLast, Near, Nearly};

/// Where any identity would do.
const ANY: &str = "there is no certificate with a private key";

impl Error {
    /// What happened and what caused it, down to the OS error, in one line.
    pub fn in_full(&self) -> String {
        in_full(self)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&safe(&self.text()))
    }
}

impl Error {
    /// What happened, with names as they are.
    fn text(&self) -> String {
        match self {
            Self::Contradiction(text) | Self::Password(text) => text.clone(),
            Self::NotFound {
                selector,
                searched,
                note,
                near,
            } => {
                let what = match selector.as_str() {
                    "" => ANY.to_owned(),
                    selector => format!("no identity matches {selector}"),
                };
                let place = match searched.as_slice() {
                    [] => "; there was no store to search".to_owned(),
                    stores => format!(" in {}", stores.join(", ")),
                };
                let near = near.as_deref().and_then(Near::in_words);
                let notes: Vec<_> = near.into_iter().chain(note.clone()).collect();
                match notes.as_slice() {
                    [] => what + &place,
                    notes => format!("{what}{place} ({})", notes.join("; ")),
                }
            }
            Self::NotInBackup {
                selector, folder, ..
            } => {
                let folder = folder.display();
                match selector.as_str() {
                    "" => format!("{ANY} in the backup {folder}"),
                    selector => format!("no identity in the backup {folder} matches {selector}"),
                }
            }
            Self::BackupFile { file, reason } => format!("{} {reason}", file.display()),
            Self::Ambiguous {
                selector,
                candidates,
                issued_last,
            } => {
                let several = match selector.as_str() {
                    "" => format!("there are {} identities", candidates.len()),
                    selector => format!("{} identities match {selector}", candidates.len()),
                };
                let apart = match issued_last {
                    IssuedLast::One => "",
                    IssuedLast::OfDifferentSubjects => ", of different subjects",
                    IssuedLast::Several => ", the newest of which were issued at the same time",
                };
                several + apart
            }
            Self::Store(error) => error.to_string(),
            Self::InteractionRequired { what } => {
                format!("{what} is needed, and nobody may be asked")
            }
            Self::WrongPassword { place } => format!("the password does not open {place}"),
            Self::PasswordUnreadable { place, .. } => {
                format!("the password cannot be read from {place}")
            }
            Self::TargetExists { file } => format!("{} exists already", file.display()),
            Self::Target { file, what, .. } => {
                format!("{} cannot be written: {what}", file.display())
            }
            Self::Device { file } => format!(
                "{} cannot be written: it is a device, a pipe or a descriptor, and no file",
                file.display()
            ),
            Self::NotSynced {
                file,
                saved: true,
                reason,
            } => format!(
                "{} is saved and proven, but its disk did not confirm it, and a power cut may lose \
                 it: {reason}",
                file.display()
            ),
            Self::NotSynced {
                file,
                saved: false,
                reason,
            } => format!(
                "nothing was saved as {}, for its disk did not confirm what was written (a file \
                 that had this name before is as it was): {reason}",
                file.display()
            ),
            Self::NotCopied { folder, error } => {
                format!("no copy in {}: {error}", folder.display())
            }
            Self::TargetLocked { folder } => {
                format!("another certstow is using {}", folder.display())
            }
            Self::Emptied(emptied) => emptied.to_string(),
            Self::NotPrivate { file } => format!(
                "{} cannot be written: its file system cannot restrict who reads it",
                file.display()
            ),
            Self::Verification { file, reason } => {
                let file = file.display();
                format!("{file} was not saved, since reading it back failed: {reason}")
            }
            Self::Changed { file } => format!("{} is not what was saved any more", file.display()),
            Self::NotRequested { reason } => format!("no request can be made: {reason}"),
            Self::NotReadBack { store, reason } => {
                format!("reading it back from {store} failed: {reason}")
            }
            Self::KeyNotDeleted {
                file,
                store,
                reason,
                ..
            } => format!(
                "{} was saved, and its private key was not deleted from {store}: {reason}",
                file.display()
            ),
            Self::NothingToInstall { files, what } => {
                let files = files.iter().map(|file| file.display().to_string());
                format!("{} {what}", files.collect::<Vec<_>>().join(", "))
            }
            Self::NoKeyHere { subject, searched } => format!(
                "no private key here belongs to the certificate of {subject} (searched: {})",
                match searched.as_slice() {
                    [] => "no store".to_owned(),
                    stores => stores.join(", "),
                }
            ),
            Self::SeveralStores { subject, stores } => format!(
                "several stores have the private key of the certificate of {subject}: {}",
                stores.join(", ")
            ),
            Self::KeyMismatch { place } => {
                format!("the private key of {place} does not belong to its certificate")
            }
            Self::Vault(error) => error.to_string(),
            Self::PasswordExists { name } => format!("the vault has a password '{name}' already"),
            Self::Escrow { file, trouble } => format!("{} {trouble}", file.display()),
            Self::Io { place, .. } => format!("{place} cannot be read or written"),
            Self::Cancelled => "cancelled".to_owned(),
        }
    }
}

impl Near {
    /// Why something that matches was not taken, as in "one that is archived matches"; what was
    /// misspelled matches nothing.
    pub fn in_words(&self) -> Option<String> {
        let (who, are, match_) = match self.count {
            1 => ("one".to_owned(), "is", "matches"),
            more => (more.to_string(), "are", "match"),
        };
        match &self.why {
            Nearly::Misspelled => None,
            Nearly::Archived => Some(format!("{who} that {are} archived {match_}")),
            Nearly::Pending => Some(format!("{who} that {are} still requested {match_}")),
            Nearly::LeftOut { filters } => Some(format!("{who} {match_} without {filters}")),
            Nearly::Unlisted {
                keyless,
                archived,
                pending,
            } => {
                const KEYLESS: &str = "without a private key";
                let renewed = self.count - keyless - archived - pending;
                let kinds = [
                    (*archived, "archived"),
                    (*pending, "still requested"),
                    (renewed, "renewed already"),
                    (*keyless, KEYLESS),
                ];
                let kinds: Vec<_> = kinds.iter().filter(|(count, _)| *count > 0).collect();
                Some(match kinds.as_slice() {
                    [(_, KEYLESS)] => format!("{who} {KEYLESS} {match_}"),
                    [(_, kind)] => format!("{who} that {are} {kind} {match_}"),
                    kinds => {
                        let kinds = kinds.iter().map(|(count, kind)| format!("{count} {kind}"));
                        format!("{who} {match_}: {}", kinds.collect::<Vec<_>>().join(", "))
                    }
                })
            }
        }
    }
}
