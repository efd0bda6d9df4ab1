//! One run at a time in a folder: an advisory lock (`flock` on Unix, `LockFileEx` on Windows) on a
//! file that stays there and is empty. The system releases it however a process ends.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use certstow_platform::os;

use crate::error::Error;
use crate::output;

/// The file that is locked.
const NAME: &str = ".certstow-lock";

/// A lock on a folder, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// What came of asking for the lock.
#[derive(Debug)]
pub(super) enum Locking {
    /// Nobody else writes here until it is dropped.
    Held(Lock),
    /// The file system knows no locks: nobody can tell.
    Unsupported(io::Error),
}

impl Locking {
    /// Locks a folder for writing.
    ///
    /// # Errors
    /// - [`Error::TargetLocked`]: another process holds the lock.
    /// - [`Error::Target`]: the file cannot be made.
    pub(super) fn for_writing(folder: &Path) -> Result<Self, Error> {
        let path = path(folder);
        // Others who can write there could have put a link in its place, to have an empty file made
        // elsewhere.
        let file = os::open_or_make_regular_file(&path).map_err(|source| Error::Target {
            file: folder.to_owned(),
            what: match path.symlink_metadata() {
                Ok(found) if !found.is_file() => ".certstow-lock in it is not certstow's",
                _ => "no file can be created in it",
            },
            source,
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Self::Held(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Err(locked(folder)),
            Err(TryLockError::Error(error)) => Ok(Self::Unsupported(error)),
        }
    }
}

/// Keeps writers out of a folder that is being read. Without a lock file there, or with something
/// else under its name (a FIFO that would never open, say), the folder is read unlocked.
///
/// # Errors
/// [`Error::TargetLocked`]: a run is writing there.
pub(super) fn for_reading(folder: &Path) -> Result<Option<Lock>, Error> {
    let _wait = output::waiting_for(folder);
    let Ok(file) = os::open_regular_file(&path(folder)) else {
        return Ok(None);
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(Lock { _file: file })),
        Err(TryLockError::WouldBlock) => Err(locked(folder)),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

fn path(folder: &Path) -> PathBuf {
    os::long_path(&folder.join(NAME))
}

fn locked(folder: &Path) -> Error {
    Error::TargetLocked {
        folder: folder.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_until_the_lock_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let first = Locking::for_writing(folder.path()).unwrap();
        assert!(matches!(first, Locking::Held(_)));
        let second = Locking::for_writing(folder.path());
        assert!(matches!(second, Err(Error::TargetLocked { .. })));
        assert!(matches!(
            for_reading(folder.path()),
            Err(Error::TargetLocked { .. })
        ));
        drop(first);
        let reader = for_reading(folder.path()).unwrap();
        assert!(reader.is_some());
        assert!(for_reading(folder.path()).unwrap().is_some());
        assert!(Locking::for_writing(folder.path()).is_err());
    }

    #[test]
    fn a_folder_without_a_lock_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(for_reading(folder.path()).unwrap().is_none());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
