//! A change of one file in a folder, made so that nobody ever finds it half done: what is new gets
//! its name only when it was read back from the disk, and what goes, goes last.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::read::{Content, FileReader};
use crate::certificate::EntryId;
use crate::error::StoreError;
use crate::new_file::{NewFile, folder_of};
use crate::{file_name, os};

/// What becomes of a file.
pub(crate) enum Change {
    /// It stays, with this content.
    Rewrite {
        path: PathBuf,
        was: Zeroizing<Vec<u8>>,
        bytes: Zeroizing<Vec<u8>>,
    },
    /// It goes, and its certificates are kept in a PEM file beside it, named after these.
    Convert {
        path: PathBuf,
        label: String,
        id: EntryId,
        bytes: Zeroizing<Vec<u8>>,
    },
    /// It goes.
    Delete { path: PathBuf },
}

impl Change {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Rewrite { path, .. } | Self::Convert { path, .. } | Self::Delete { path } => path,
        }
    }

    pub(crate) fn removes_file(&self) -> bool {
        !matches!(self, Self::Rewrite { .. })
    }
}

/// Makes the changes, in order. On an error, how many are made.
pub(crate) fn make(changes: &[Change]) -> Result<(), (usize, StoreError)> {
    for (made, change) in changes.iter().enumerate() {
        make_one(change).map_err(|error| (made, error))?;
        // Some network file systems know no such call.
        let _ = os::sync_folder(folder_of(change.path()));
    }
    Ok(())
}

fn make_one(change: &Change) -> Result<(), StoreError> {
    let path = change.path();
    match change {
        Change::Rewrite { was, bytes, .. } => {
            let file = written(path, bytes)?;
            let permissions = fs::metadata(path).map(|metadata| metadata.permissions());
            permissions
                .and_then(|permissions| fs::set_permissions(file.path(), permissions))
                .map_err(|error| failed(path, "its permissions cannot be kept", error))?;
            if read(path)? != *was {
                return Err(StoreError::NotRemoved {
                    place: path.display().to_string(),
                    reason: "the file has changed meanwhile".to_owned(),
                    source: None,
                });
            }
            file.replace(path)
                .map_err(|error| failed(path, "it cannot be replaced", error))
        }
        Change::Convert {
            label, id, bytes, ..
        } => {
            let beside = free_name(folder_of(path), label, id);
            let file = written(&beside, bytes)?;
            file.rename(&beside)
                .map_err(|error| failed(&beside, "the certificates cannot be kept there", error))?;
            delete(path)
        }
        Change::Delete { .. } => delete(path),
    }
}

fn written(path: &Path, bytes: &[u8]) -> Result<NewFile, StoreError> {
    write(path, bytes).map_err(|error| failed(path, "it cannot be written anew", error))
}

/// A file beside `path` with these bytes, as read back from the disk.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<NewFile> {
    let file = NewFile::beside(path)?;
    let mut open = file.as_file();
    open.write_all(bytes)?;
    open.sync_all()?;
    match file.read_back(bytes.len())?.as_slice() == bytes {
        true => Ok(file),
        false => Err(io::Error::other("what is on disk is not what was written")),
    }
}

fn delete(path: &Path) -> Result<(), StoreError> {
    fs::remove_file(os::long_path(path))
        .map_err(|error| failed(path, "it cannot be deleted", error))
}

fn failed(path: &Path, reason: &str, error: io::Error) -> StoreError {
    let place = path.display().to_string();
    match error.kind() {
        io::ErrorKind::PermissionDenied => StoreError::AccessDenied {
            place,
            source: Some(error.into()),
        },
        _ => StoreError::NotRemoved {
            place,
            reason: reason.to_owned(),
            source: Some(error.into()),
        },
    }
}

/// A name for the identity that nothing in the folder has.
pub(crate) fn free_name(folder: &Path, label: &str, id: &EntryId) -> PathBuf {
    let usual = folder.join(file_name::of_identity(label, id, "pem"));
    let stem = usual.file_stem().unwrap_or_default().to_os_string();
    let numbered = (2_u32..).map(|number| {
        let mut name = stem.clone();
        name.push(format!("-{number}.pem"));
        folder.join(name)
    });
    let mut names = std::iter::once(usual.clone()).chain(numbered);
    names
        .find(|name| fs::symlink_metadata(os::long_path(name)).is_err())
        .unwrap_or(usual)
}

pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut reader = FileReader::new();
    match reader.read(path, true) {
        Ok(Content::Whole(bytes)) => Ok(Zeroizing::new(bytes.to_vec())),
        Ok(Content::Foreign | Content::TooLarge) => Err(StoreError::NotRemoved {
            place: path.display().to_string(),
            reason: "the file has changed meanwhile".to_owned(),
            source: None,
        }),
        Err(error) => Err(failed(path, "it cannot be read", error)),
    }
}
