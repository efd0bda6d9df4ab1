//! What opens the files of a backup, and the passwords that it gives for one of them.

use std::ffi::OsStr;
use std::path::Path;

use certstow_formats::secret::Password;

use super::folder::{Folder, KeyFile, LARGEST_ESCROW, read, sealed_beside};
use crate::error::Error;
use crate::escrow::EscrowKey;

/// What opens the files of a backup.
#[derive(Debug, Clone, Copy)]
pub enum Opener<'a> {
    /// Nothing: only hashes are compared.
    Nothing,
    /// One password for all files.
    Password(&'a Password),
    /// The key that opens the password beside each file.
    Escrow(&'a EscrowKey),
}

impl Opener<'_> {
    /// Whether it opens anything at all.
    pub fn opens(self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// Whether the password of a file lies beside it.
    pub(super) fn is_escrow(self) -> bool {
        matches!(self, Self::Escrow(_))
    }

    /// Opens a file with the passwords that this gives for it, the likeliest first: with an escrow
    /// key the one beside it, then those that a run which was cut off kept aside. The first that
    /// opens it is the last that is tried.
    ///
    /// # Errors
    /// What the likeliest failed with; [`Error::BackupFile`] if there is none to try.
    pub(super) fn open<T>(
        self,
        folder: &Folder,
        name: &OsStr,
        file: &KeyFile,
        open: impl Fn(&Password) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self {
            Self::Nothing => Err(closed(folder, name)),
            Self::Password(password) => open(password),
            Self::Escrow(key) => {
                let beside = folder.path(&sealed_beside(name));
                let mut first = match &file.sealed {
                    Some(Ok(sealed)) => match unseal(key, sealed, &beside, &open) {
                        Err(error) => Some(error),
                        opened => return opened,
                    },
                    Some(Err(error)) => Some(unreadable(&beside, error)),
                    None => None,
                };
                for aside in folder.kept_aside(name) {
                    let path = folder.path(aside);
                    let opened = match read(&path, LARGEST_ESCROW) {
                        Ok(sealed) => unseal(key, &sealed, &path, &open),
                        Err(error) => Err(unreadable(&path, &error)),
                    };
                    match opened {
                        Err(error) => first = first.or(Some(error)),
                        opened => return opened,
                    }
                }
                Err(first.unwrap_or_else(|| closed(folder, name)))
            }
        }
    }
}

fn unseal<T>(
    key: &EscrowKey,
    sealed: &[u8],
    path: &Path,
    open: impl Fn(&Password) -> Result<T, Error>,
) -> Result<T, Error> {
    open(&key.open(sealed, path)?)
}

/// A sealed password that cannot be read.
fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::BackupFile {
        file: path.to_owned(),
        reason: match error.kind() {
            std::io::ErrorKind::NotFound => {
                "is missing, and the password of its file with it".to_owned()
            }
            _ => format!("cannot be read: {error}"),
        },
    }
}

fn closed(folder: &Folder, name: &OsStr) -> Error {
    Error::BackupFile {
        file: folder.path(name),
        reason: "is opened by nothing that was given".to_owned(),
    }
}
