//! Private, atomic, read-back file writes. A file is written under a temporary name in its own
//! folder, readable by its owner alone from the first moment, and renamed only when what the file
//! system gives back has been verified: the target holds all of the new bytes or none of them.
//!
//! A process killed in between leaves a `.certstow-*.tmp` file behind. It is as private as the
//! finished file, and it is not cleaned up later, since it may belong to a run still going on.

use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use certstow_platform::os;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::error::Error;

/// What to do when the target exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Fail with [`Error::TargetExists`], whoever created it and however late.
    Refuse,
    /// Replace it in one step, if it is a regular file. Nothing of the old file stays, its mode
    /// neither. A symbolic link is not followed and not replaced, but refused.
    Replace,
}

/// A file that was written and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file, as it was named.
    pub file: PathBuf,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// What the user should know about it, in sentences.
    pub warnings: Vec<String>,
}

/// Looks for the usual reasons a write to `file` would fail, before any slow or interactive work:
/// creates and removes an empty file beside it. Passing is no promise, [`write`] checks again.
///
/// # Errors
/// - [`Error::TargetExists`]: it is there, and `existing` is [`Existing::Refuse`].
/// - [`Error::Target`]: it is a folder or no regular file; its folder is missing or not writable.
pub fn preflight(file: &Path, existing: Existing) -> Result<(), Error> {
    check_target(file, existing)?;
    create_beside(file).map(drop)
}

/// Writes `bytes` to `file` so that other accounts cannot read it, and only after `verify` has
/// accepted the bytes read back from the file system.
///
/// # Errors
/// Whatever the error, no temporary file remains and the target is as it was.
/// - [`Error::TargetExists`], [`Error::Target`]: as [`preflight`]; the latter with the operating
///   system's error for a full disk too.
/// - [`Error::Verification`]: the bytes read back are not those written, or `verify` refused them
///   with this reason.
pub fn write(
    file: &Path,
    existing: Existing,
    bytes: &[u8],
    verify: impl FnOnce(&[u8]) -> Result<(), String>,
) -> Result<Written, Error> {
    check_target(file, existing)?;
    let mut temporary = create_beside(file)?;
    let mut warnings = Vec::new();
    if os::others_have_access(temporary.as_file())
        .map_err(|error| target(file, "protect", error))?
    {
        warnings.push(
            "this file system cannot restrict who reads the file; only the password protects it"
                .to_owned(),
        );
    }
    temporary
        .write_all(bytes)
        .and_then(|()| temporary.as_file().sync_all())
        .map_err(|error| target(file, "write", error))?;

    let read =
        read_back(&temporary, bytes.len()).map_err(|error| target(file, "read back", error))?;
    let sha256: [u8; 32] = Sha256::digest(&read).into();
    if sha256 != <[u8; 32]>::from(Sha256::digest(bytes)) {
        return Err(verification(
            file,
            "the bytes on disk are not the bytes written".to_owned(),
        ));
    }
    verify(&read).map_err(|reason| verification(file, reason))?;

    rename(temporary, file, existing)?;
    // The file is in place by now, so this failing (some network file systems know no such call)
    // cannot be an error.
    if let Err(error) = os::sync_folder(folder_of(file)) {
        warnings.push(format!(
            "the folder's entry for the file may be lost if the machine fails now: {error}"
        ));
    }
    Ok(Written {
        file: file.to_owned(),
        sha256,
        warnings,
    })
}

/// Refuses targets that must not be written, whether or not they could be.
fn check_target(file: &Path, existing: Existing) -> Result<(), Error> {
    let named_as_folder = file
        .as_os_str()
        .to_string_lossy()
        .ends_with(std::path::is_separator);
    if named_as_folder || file.file_name().is_none() || file.is_dir() {
        return Err(target(
            file,
            "write a file in place of",
            ErrorKind::IsADirectory.into(),
        ));
    }
    match (fs::symlink_metadata(file), existing) {
        (Ok(_), Existing::Refuse) => Err(Error::TargetExists {
            file: file.to_owned(),
        }),
        (Ok(metadata), Existing::Replace) if !metadata.is_file() => {
            let what = if metadata.is_symlink() {
                "it is a symbolic link; name the file it points to"
            } else {
                "it is not a regular file"
            };
            Err(target(file, "replace", io::Error::other(what)))
        }
        (Err(error), _) if error.kind() != ErrorKind::NotFound => {
            Err(target(file, "look at", error))
        }
        (Ok(_) | Err(_), _) => Ok(()),
    }
}

/// An empty file in the target's folder, removed when dropped. `tempfile` creates it with
/// `O_EXCL` and mode 0600.
fn create_beside(file: &Path) -> Result<NamedTempFile, Error> {
    tempfile::Builder::new()
        .prefix(".certstow-")
        .suffix(".tmp")
        .tempfile_in(folder_of(file))
        .map_err(|error| target(file, "create a file in the folder of", error))
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Reads the file through a handle of its own, as another program would.
fn read_back(temporary: &NamedTempFile, expected: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    // Room for all of it from the start: a PEM file may hold a key in clear, and growing would
    // leave copies of it behind.
    let mut read = Zeroizing::new(Vec::with_capacity(expected + 1));
    let limit = u64::try_from(expected)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    temporary.reopen()?.take(limit).read_to_end(&mut read)?;
    Ok(read)
}

fn rename(temporary: NamedTempFile, file: &Path, existing: Existing) -> Result<(), Error> {
    let refused = match existing {
        Existing::Replace => {
            check_target(file, existing)?;
            temporary.persist(file).err()
        }
        Existing::Refuse => match temporary.persist_noclobber(file) {
            Err(refused) if cannot_be_told_not_to_replace(&refused.error) => {
                check_target(file, existing)?;
                refused.file.persist(file).err()
            }
            other => other.err(),
        },
    };
    match refused.map(|refused| refused.error) {
        None => Ok(()),
        Some(error) if error.kind() == ErrorKind::AlreadyExists && existing == Existing::Refuse => {
            Err(Error::TargetExists {
                file: file.to_owned(),
            })
        }
        Some(error) => Err(target(file, "rename the finished file to", error)),
    }
}

/// Whether the file system (FAT and exFAT on a USB drive, some network shares) has neither a
/// rename that spares an existing file nor hard links. Looking first has to do there.
fn cannot_be_told_not_to_replace(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::Unsupported | ErrorKind::InvalidInput
    )
}

fn target(file: &Path, action: &'static str, source: io::Error) -> Error {
    Error::Target {
        file: file.to_owned(),
        action,
        source,
    }
}

fn verification(file: &Path, reason: String) -> Error {
    Error::Verification {
        file: file.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests;
