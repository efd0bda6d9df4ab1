//! Private, atomic, read-back file writes. A file is written under a temporary name in its own
//! folder, readable by its owner alone from the first moment, and renamed only when what the disk
//! gives back has been verified: the target holds all of the new bytes or none of them.
//!
//! Code that ends the process early calls [`abandon`] first, as the program does when it is
//! interrupted. What a process that was killed left behind, the next one that writes to the folder
//! removes ([`certstow_platform::new_file`]).

mod append;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

pub use certstow_platform::new_file::abandon;
use certstow_platform::new_file::{NewFile, folder_of};
use certstow_platform::os;
use certstow_platform::os::disk::{self, Synced};
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::waits;
use crate::warning::{Code, Warning};
pub use append::append;

/// What to do when the target exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// Fail with [`Error::TargetExists`], by whichever process it was created, and however late.
    #[default]
    Refuse,
    /// Replace it in one step, if it is a regular file. Nothing of the old file stays but its owner
    /// ([`NewFile::replace`]), its mode neither. A symbolic link is not followed and not replaced, but refused.
    Replace,
    /// The same of anything but a folder. A symbolic link is replaced itself, and what it leads to
    /// stays: for names that are the program's own, in a folder that others can write to.
    ReplaceAny,
}

/// What to do where other accounts can read the file whatever is asked of the file system, as on
/// FAT, exFAT and many network shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Privacy {
    /// Write it, with a warning.
    #[default]
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
    /// What the user should know about it.
    pub warnings: Vec<Warning>,
    /// Why it may not outlast a power cut, in the operating system's words, if its disk failed to
    /// confirm its name; `None` where it did, or knows no such request.
    pub unsynced: Option<String>,
}

impl Written {
    /// As an error, that the disk did not confirm it.
    pub fn not_synced(&self) -> Option<Error> {
        not_synced(&self.file, self.unsynced.as_deref())
    }

    /// The same, unless the disk did not confirm it.
    ///
    /// # Errors
    /// [`Error::NotSynced`]; the file is there all the same.
    pub(crate) fn synced(self) -> Result<Self, Error> {
        match self.not_synced() {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

/// As an error, that a disk did not confirm a file that was written and proven.
pub(crate) fn not_synced(file: &Path, unsynced: Option<&str>) -> Option<Error> {
    unsynced.map(|reason| Error::NotSynced {
        file: file.to_owned(),
        saved: true,
        reason: reason.to_owned(),
    })
}

/// Looks for the usual reasons a write to `file` would fail, before any slow or interactive work:
/// creates and removes an empty file beside it. Passing is no promise, [`write()`] checks again.
///
/// # Errors
/// - [`Error::TargetExists`]: it is there, and `existing` is [`Existing::Refuse`].
/// - [`Error::Device`]: it names a device, a pipe or a descriptor.
/// - [`Error::Target`]: it is a folder or no regular file; it is to be replaced, and another
///   program has it open; its folder is missing or not writable; it would get another name than this one
///   ([`os::check_name`]).
/// - [`Error::NotPrivate`]: nothing in its folder is private, and `privacy` is
///   [`Privacy::Required`].
pub fn preflight(file: &Path, existing: Existing, privacy: Privacy) -> Result<(), Error> {
    let _wait = waiting_for(file);
    check_target(file, existing)?;
    create_beside(file, privacy).map(drop)
}

/// [`preflight`], as far as that goes without creating a file: what a share, a quota or Windows' permissions
/// refuse does not show, nor whether what is in the folder would be private.
///
/// # Errors
/// As [`preflight`], but for [`Error::NotPrivate`].
pub(crate) fn look(file: &Path, existing: Existing) -> Result<(), Error> {
    let _wait = waiting_for(file);
    check_target(file, existing)?;
    os::may_take_files(folder_of(file)).map_err(|error| not_created(file, error))
}

/// Writes `bytes` to `file` so that other accounts cannot read it, and only after `verify` has
/// accepted the bytes read back from the disk.
///
/// # Errors
/// Whatever the error, no temporary file remains and the target is as it was.
/// - [`Error::TargetExists`], [`Error::Device`], [`Error::Target`]: as [`preflight`]; the last with
///   the operating system's error for a full disk too.
/// - [`Error::NotSynced`]: its disk did not confirm the bytes, and none of them are kept.
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
    let (temporary, exposed) = create_beside(file, privacy)?;
    let mut warnings = Vec::new();
    if exposed {
        warnings.push(Warning::new(
            Code::NotPrivate,
            "this file system cannot restrict who reads the file; what is not under a password in it \
             is open to other accounts",
        ));
    }
    if disk::is_in_memory(folder_of(file)) {
        let text = format!("{IN_MEMORY}: it is gone after a restart");
        warnings.push(Warning::new(Code::InMemory, text));
    }
    let synced = put(&temporary, bytes, file, "writing failed")?;
    if let Synced::Unknown(error) = synced {
        let text =
            format!("this file system does not tell whether the file is on its disk yet: {error}");
        warnings.push(Warning::new(Code::SyncUnknown, text));
    }

    let read = temporary
        .read_back(bytes.len())
        .map_err(|error| Error::target(file, "reading it back failed", error))?;
    let sha256 = same(&read, bytes).map_err(|reason| verification(file, reason))?;
    verify(&read).map_err(|reason| verification(file, reason))?;

    rename(temporary, file, existing)?;
    // The file is in place by now, and stays.
    let unsynced = match disk::sync_name(file) {
        Ok(Synced::Yes) => None,
        Ok(Synced::Unknown(error)) => {
            let text = format!(
                "the folder's entry for the file may be lost if the machine fails now: {error}"
            );
            warnings.push(Warning::new(Code::SyncUnknown, text));
            None
        }
        Err(error) => Some(error.to_string()),
    };
    Ok(Written {
        file: file.to_owned(),
        sha256,
        warnings,
        unsynced,
    })
}

/// What is wrong with a file in such a folder.
const IN_MEMORY: &str = "its folder is on no disk, but in memory";

/// Fails where what is saved as `file` is gone after a restart.
///
/// # Errors
/// [`Error::Target`].
pub(crate) fn refuse_memory(file: &Path) -> Result<(), Error> {
    let _wait = waiting_for(file);
    match disk::is_in_memory(folder_of(file)) {
        true => {
            let reason = "a private key is deleted only where its copy outlasts a restart";
            Err(Error::target(file, IN_MEMORY, io::Error::other(reason)))
        }
        false => Ok(()),
    }
}

/// Writes and syncs what is to become `file`, or `failed`.
///
/// # Errors
/// [`Error::Target`]: the bytes cannot be written, or there is no room for them, which some file
/// systems find out only now. [`Error::NotSynced`]: the disk did not confirm them.
fn put(
    temporary: &NewFile,
    bytes: &[u8],
    file: &Path,
    failed: &'static str,
) -> Result<Synced, Error> {
    let mut open = temporary.as_file();
    open.write_all(bytes)
        .map_err(|error| Error::target(file, failed, error))?;
    sync(open, file, failed)
}

/// Syncs what was written to an open file for `file`, or `failed`.
///
/// # Errors
/// As [`put`].
fn sync(open: &File, file: &Path, failed: &'static str) -> Result<Synced, Error> {
    disk::sync_file(open).map_err(|error| {
        let reason = error.to_string();
        let failed = Error::target(file, failed, error);
        match failed.is_of_a_full_disk() {
            true => failed,
            false => Error::NotSynced {
                file: file.to_owned(),
                saved: false,
                reason,
            },
        }
    })
}

/// Writes a file into a folder as [`write()`] would, reads it back and removes it. Whether other
/// accounts could have read it.
///
/// # Errors
/// [`Error::Target`]: it is no folder, or writing or reading fails. [`Error::NotSynced`]: its disk
/// did not confirm what was written. [`Error::Verification`]: what was read is not what was written.
pub fn probe(folder: &Path) -> Result<bool, Error> {
    let _wait = waiting_for(folder);
    if !folder.is_dir() {
        return Err(Error::target(
            folder,
            "it is not a folder",
            ErrorKind::NotADirectory.into(),
        ));
    }
    let temporary = NewFile::trial(folder)
        .map_err(|error| Error::target(folder, "no file can be created in it", error))?;
    let exposed = exposed(temporary.as_file(), folder, Privacy::Wanted)?;
    let bytes = [0xc5; 4096];
    put(&temporary, &bytes, folder, "writing failed")?;
    let read = temporary
        .read_back(bytes.len())
        .map_err(|error| Error::target(folder, "reading it back failed", error))?;
    same(&read, &bytes).map_err(|reason| verification(folder, reason))?;
    disk::sync_name(temporary.path())
        .map_err(|error| Error::target(folder, "it cannot be synced", error))?;
    Ok(exposed)
}

/// A disk that was pulled out, or a share whose server is gone, may never answer.
pub(crate) fn waiting_for(file: &Path) -> waits::Wait {
    waits::waiting_for(format!("the disk or share of {}", file.display()))
}

/// Refuses targets that must not be written, whether or not they could be.
fn check_target(file: &Path, existing: Existing) -> Result<(), Error> {
    check_name(file)?;
    let found = fs::symlink_metadata(file);
    let is_folder = match (&found, existing) {
        (Ok(found), Existing::ReplaceAny) => found.is_dir(),
        _ => names_a_folder(file),
    };
    if is_folder || file.file_name().is_none() {
        let (what, kind) = match file.file_name().is_some() && !file.exists() {
            true => ("there is no such folder", ErrorKind::NotFound),
            false => ("it is a folder", ErrorKind::IsADirectory),
        };
        return Err(Error::target(file, what, kind.into()));
    }
    if existing == Existing::ReplaceAny && found.as_ref().is_ok_and(|found| !found.is_file()) {
        return Ok(());
    }
    if os::is_device(file) {
        return Err(Error::Device {
            file: file.to_owned(),
        });
    }
    match (found, existing) {
        (Ok(_), Existing::Refuse) => Err(Error::TargetExists {
            file: file.to_owned(),
        }),
        (Ok(metadata), Existing::Replace) if !metadata.is_file() => {
            let what = if metadata.is_symlink() {
                "it is a symbolic link; name the file it points to"
            } else {
                "it is not a regular file"
            };
            Err(Error::target(file, NOT_REPLACED, io::Error::other(what)))
        }
        (Ok(_), Existing::Replace | Existing::ReplaceAny) => {
            os::may_be_replaced(file).map_err(|error| Error::target(file, NOT_REPLACED, error))
        }
        (Err(error), _) if error.kind() != ErrorKind::NotFound => {
            Err(Error::target(file, "it cannot be looked at", error))
        }
        (Err(_), _) => Ok(()),
    }
}

/// Refuses a name that the file or folder would not have, before anything is made.
///
/// # Errors
/// [`Error::Target`].
pub(crate) fn check_name(path: &Path) -> Result<(), Error> {
    os::check_name(path).map_err(|error| Error::target(path, "it cannot have this name", error))
}

const NOT_REPLACED: &str = "it cannot be replaced";

/// Whether a path names a folder, there or not, rather than a file.
pub(crate) fn names_a_folder(file: &Path) -> bool {
    let text = file.as_os_str().to_string_lossy();
    text.ends_with(std::path::is_separator) || file.is_dir()
}

/// Room on a disk, until it is dropped.
pub(crate) struct Reserve {
    _file: NewFile,
}

/// As much is written to keep room, at most.
const MOST_ZEROS: u64 = 1024 * 1024;

/// Takes up room on the disk of `file`, for writes to it that must not fail later for want of
/// room. Where the file system keeps none for what is not written, 1 MiB at most.
///
/// # Errors
/// [`Error::Target`]: there is no such room, or no file can be created. [`Error::NotSynced`]: the
/// disk did not confirm it.
pub(crate) fn reserve(file: &Path, bytes: u64) -> Result<Reserve, Error> {
    const NO_ROOM: &str = "there is no room for it";
    let _wait = waiting_for(file);
    let (reserve, _) = create_beside(file, Privacy::Wanted)?;
    let is_kept = disk::allocate(reserve.as_file(), bytes)
        .map_err(|error| Error::target(file, NO_ROOM, error))?;
    if !is_kept {
        let zeros = vec![0; bytes.min(MOST_ZEROS) as usize];
        put(&reserve, &zeros, file, NO_ROOM)?;
    }
    Ok(Reserve { _file: reserve })
}

/// An empty file in the target's folder, private from the start, and whether other accounts can
/// read it all the same.
fn create_beside(file: &Path, privacy: Privacy) -> Result<(NewFile, bool), Error> {
    let temporary = NewFile::beside(file).map_err(|error| not_created(file, error))?;
    let exposed = exposed(temporary.as_file(), file, privacy)?;
    Ok((temporary, exposed))
}

fn not_created(file: &Path, error: io::Error) -> Error {
    Error::target(file, "no file can be created in its folder", error)
}

/// Whether other accounts can read the temporary file; an error where that must not be.
fn exposed(temporary: &File, file: &Path, privacy: Privacy) -> Result<bool, Error> {
    let exposed = os::others_have_access(temporary)
        .map_err(|error| Error::target(file, "who may read it cannot be told", error))?;
    if exposed && privacy == Privacy::Required {
        return Err(Error::NotPrivate {
            file: file.to_owned(),
        });
    }
    Ok(exposed)
}

/// The SHA-256 of the bytes read back, if they are those written.
fn same(read: &[u8], written: &[u8]) -> Result<[u8; 32], String> {
    if read == written {
        Ok(Sha256::digest(read).into())
    } else {
        Err("the bytes on disk are not the bytes written".to_owned())
    }
}

fn rename(temporary: NewFile, file: &Path, existing: Existing) -> Result<(), Error> {
    let renamed = match existing {
        Existing::Replace | Existing::ReplaceAny => {
            check_target(file, existing)?;
            temporary.replace(file)
        }
        Existing::Refuse => temporary.rename(file),
    };
    renamed.map_err(|error| not_renamed(file, error))
}

fn not_renamed(file: &Path, error: io::Error) -> Error {
    if error.kind() == ErrorKind::AlreadyExists {
        Error::TargetExists {
            file: file.to_owned(),
        }
    } else {
        Error::target(file, "the finished file cannot get its name", error)
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
