//! Which temporary files belong to a live process: each process locks one byte of its own, far
//! beyond the end of any file, and the system releases the lock however the process ends. The byte is no part
//! of the file, so that the lock keeps nobody from reading the file where locks are mandatory:
//! on Windows, and on shares of Windows and Samba. The calls are `fcntl(F_OFD_SETLK)` on Linux,
//! `flock` on other Unix systems, and `LockFileEx`.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::system::claim as system;

/// Where the locked byte is: within what a signed offset of 64 bits can say, which is as far as
/// NFS and SMB go.
const LOCKED_BYTE: i64 = 1 << 62;

/// Opens a file that somebody else may have locked, for [`lock`]; a link is not followed, and a
/// FIFO is not waited for.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    super::system::open_without_following(path, OpenOptions::new().read(true).write(true))
}

/// Locks a file until this handle, and every duplicate of it, is closed. False if another handle,
/// of this process or any, holds the lock. Needs a handle for reading and writing.
///
/// # Errors
/// The operating system's: some network file systems know no locks.
pub(crate) fn lock(file: &File) -> io::Result<bool> {
    system::lock(file, LOCKED_BYTE)
}

/// Whether a path still leads to this open file, and not through a link.
///
/// # Errors
/// The operating system's, `NotFound` among them.
pub(crate) use system::is_at;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::create_private;
    use std::io::{Read as _, Write as _};

    #[test]
    fn lock_excludes_other_handles_until_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let first = create_private(&path).unwrap();
        assert!(lock(&first).unwrap());
        let second = open(&path).unwrap();
        assert!(!lock(&second).unwrap());
        // A lock of the whole process would be gone with any handle it has on the file.
        drop(File::open(&path).unwrap());
        assert!(!lock(&second).unwrap());
        drop(first);
        assert!(lock(&second).unwrap());
    }

    #[test]
    fn lock_allows_reading_and_renaming() {
        let folder = tempfile::tempdir().unwrap();
        let (path, renamed) = (folder.path().join("file"), folder.path().join("renamed"));
        let mut file = create_private(&path).unwrap();
        assert!(lock(&file).unwrap());
        file.write_all(b"content").unwrap();
        std::fs::rename(&path, &renamed).unwrap();
        let mut read = String::new();
        let mut other = File::open(&renamed).unwrap();
        other.read_to_string(&mut read).unwrap();
        assert_eq!(read, "content");
    }

    #[test]
    fn is_at_follows_renamed_file() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("file"), folder.path().join("other"));
        let file = create_private(&path).unwrap();
        assert!(is_at(&file, &path).unwrap());
        std::fs::rename(&path, &other).unwrap();
        is_at(&file, &path).unwrap_err();
        let _another = create_private(&path).unwrap();
        assert!(!is_at(&file, &path).unwrap());
        assert!(is_at(&file, &other).unwrap());
    }
}
