//! Private, atomic, read-back file writes. A file is written under a temporary name in its own
//! folder, readable by its owner alone from the first moment, and renamed only when what the file
//! system gives back has been verified: the target holds all of the new bytes or none of them.
//!
//! Whoever ends the process early calls [`abandon`] first, as the program does when it is
//! interrupted. A process killed outright leaves a `.certstow-*.tmp` file behind; it is as private
//! as the finished file, and nobody cleans it up, since it may belong to a run still going on.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use certstow_platform::os;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::watchdog;

/// What to do when the target exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Fail with [`Error::TargetExists`], whoever created it and however late.
    Refuse,
    /// Replace it in one step, if it is a regular file. Nothing of the old file stays, its mode
    /// neither. A symbolic link is not followed and not replaced, but refused.
    Replace,
}

/// What to do where other accounts can read the file whatever is asked of the file system, as on
/// FAT, exFAT and many network shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Write it, with a warning.
    Wanted,
    /// Fail with [`Error::NotPrivate`].
    Required,
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
/// creates and removes an empty file beside it. Passing is no promise, [`write()`] checks again.
///
/// # Errors
/// - [`Error::TargetExists`]: it is there, and `existing` is [`Existing::Refuse`].
/// - [`Error::Target`]: it is a folder or no regular file; it is to be replaced, and another
///   program has it open; its folder is missing or not writable.
/// - [`Error::NotPrivate`]: nothing in its folder is private, and `privacy` is
///   [`Privacy::Required`].
pub fn preflight(file: &Path, existing: Existing, privacy: Privacy) -> Result<(), Error> {
    let _wait = waiting_for(file);
    check_target(file, existing)?;
    create_beside(file, privacy).map(drop)
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
    privacy: Privacy,
    bytes: &[u8],
    verify: impl FnOnce(&[u8]) -> Result<(), String>,
) -> Result<Written, Error> {
    let _wait = waiting_for(file);
    check_target(file, existing)?;
    let mut temporary = create_beside(file, privacy)?;
    let mut warnings = Vec::new();
    if temporary.exposed {
        warnings.push(
            "this file system cannot restrict who reads the file; only the password protects it"
                .to_owned(),
        );
    }
    temporary
        .file
        .write_all(bytes)
        .and_then(|()| temporary.file.as_file().sync_all())
        .map_err(|error| target(file, "writing failed", error))?;

    let read = read_back(&temporary.file, bytes.len())
        .map_err(|error| target(file, "reading it back failed", error))?;
    let sha256 = same(&read, bytes).map_err(|reason| verification(file, reason))?;
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

/// A disk that was pulled out, or a share whose server is gone, may never answer.
fn waiting_for(file: &Path) -> watchdog::Wait {
    watchdog::waiting_for(format!("the disk or share of {}", file.display()))
}

/// Refuses targets that must not be written, whether or not they could be.
fn check_target(file: &Path, existing: Existing) -> Result<(), Error> {
    if names_a_folder(file) || file.file_name().is_none() {
        return Err(target(
            file,
            "it is a folder",
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
            Err(target(file, NOT_REPLACED, io::Error::other(what)))
        }
        (Ok(_), Existing::Replace) => {
            os::may_be_replaced(file).map_err(|error| target(file, NOT_REPLACED, error))
        }
        (Err(error), _) if error.kind() != ErrorKind::NotFound => {
            Err(target(file, "it cannot be looked at", error))
        }
        (Err(_), _) => Ok(()),
    }
}

const NOT_REPLACED: &str = "it cannot be replaced";

/// Whether a path names a folder, there or not, rather than a file.
pub(crate) fn names_a_folder(file: &Path) -> bool {
    let text = file.as_os_str().to_string_lossy();
    text.ends_with(std::path::is_separator) || file.is_dir()
}

/// The temporary files there are now.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long [`abandon`] waits for a file that is just getting its name. It takes no time, unless
/// its disk never answers.
const PATIENCE: Duration = Duration::from_secs(2);

/// Removes the temporary files of writes that are going on in other threads; one that is just
/// getting its name gets it first. The process has to end after it: from now on, no write begins.
pub fn abandon() {
    let began = Instant::now();
    let unfinished = loop {
        match UNFINISHED.try_lock() {
            Ok(unfinished) => break unfinished,
            Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => return,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    };
    for temporary in unfinished.iter() {
        // Meanwhile it may have become the finished file, which is complete.
        let _ = fs::remove_file(temporary);
    }
    std::mem::forget(unfinished);
}

/// A temporary file in the target's folder, removed when dropped.
struct Temporary {
    file: NamedTempFile,
    /// Whether other accounts can read it all the same.
    exposed: bool,
    /// After the file, so that it is dropped after the file is gone.
    _listed: Listed,
}

/// An entry of [`UNFINISHED`].
struct Listed(PathBuf);

impl Drop for Listed {
    fn drop(&mut self) {
        unfinished().retain(|temporary| *temporary != self.0);
    }
}

/// An empty file in the target's folder, private from the start.
fn create_beside(file: &Path, privacy: Privacy) -> Result<Temporary, Error> {
    let mut unfinished = unfinished();
    let temporary = tempfile::Builder::new()
        .prefix(".certstow-")
        .suffix(".tmp")
        .make_in(os::long_path(folder_of(file)), os::create_private)
        .map_err(|error| target(file, "no file can be created in its folder", error))?;
    let exposed = exposed(temporary.as_file(), file, privacy)?;
    let path = temporary.path().to_owned();
    unfinished.push(path.clone());
    Ok(Temporary {
        file: temporary,
        exposed,
        _listed: Listed(path),
    })
}

/// Whether other accounts can read the temporary file; an error where that must not be.
fn exposed(temporary: &File, file: &Path, privacy: Privacy) -> Result<bool, Error> {
    let exposed = os::others_have_access(temporary)
        .map_err(|error| target(file, "who may read it cannot be told", error))?;
    if exposed && privacy == Privacy::Required {
        return Err(Error::NotPrivate {
            file: file.to_owned(),
        });
    }
    Ok(exposed)
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

/// The SHA-256 of the bytes read back, if they are those written.
fn same(read: &[u8], written: &[u8]) -> Result<[u8; 32], String> {
    if read == written {
        Ok(Sha256::digest(read).into())
    } else {
        Err("the bytes on disk are not the bytes written".to_owned())
    }
}

fn rename(temporary: Temporary, file: &Path, existing: Existing) -> Result<(), Error> {
    // Whoever abandons it now would leave an empty file where taking the name has two steps.
    let _in_one_piece = unfinished();
    // `tempfile` hands names to the system as they are.
    let name = os::long_path(file);
    let renamed = match existing {
        Existing::Replace => {
            check_target(file, existing)?;
            temporary.file.persist(name)
        }
        Existing::Refuse => match temporary.file.persist_noclobber(name) {
            Err(refused) if cannot_be_told_not_to_replace(&refused.error) => {
                return take_the_name(refused.file, file);
            }
            other => other,
        },
    };
    renamed
        .map(drop)
        .map_err(|refused| not_renamed(file, refused.error))
}

/// Whether the file system (FAT and exFAT on a USB drive, some network shares) has neither a
/// rename that spares an existing file nor hard links.
fn cannot_be_told_not_to_replace(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::Unsupported | ErrorKind::InvalidInput
    )
}

/// Renames without replacing what is not ours: an empty file, which only one process can create,
/// takes the name, and is then replaced.
fn take_the_name(temporary: NamedTempFile, file: &Path) -> Result<(), Error> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .map_err(|error| not_renamed(file, error))?;
    temporary
        .persist(os::long_path(file))
        .map(drop)
        .map_err(|refused| {
            // The error that counts is the other one.
            let _ = fs::remove_file(file);
            not_renamed(file, refused.error)
        })
}

fn not_renamed(file: &Path, error: io::Error) -> Error {
    if error.kind() == ErrorKind::AlreadyExists {
        Error::TargetExists {
            file: file.to_owned(),
        }
    } else {
        target(file, "the finished file cannot get its name", error)
    }
}

fn target(file: &Path, what: &'static str, source: io::Error) -> Error {
    Error::Target {
        file: file.to_owned(),
        what,
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
