//! Whether something will be there after a power cut, as far as a system tells: syncing, reading
//! from the disk and not from memory, file systems that are memory, and other names of a file. A
//! disk may have a cache of its own; what that holds, no system shows.

use std::fs::File;
use std::io;
use std::path::Path;

use zeroize::Zeroizing;

pub use super::inode::Inode;
use super::retries::Retries;
use super::system::disk as system;

/// What became of a request to put something on the disk that did not fail.
#[derive(Debug)]
pub enum Synced {
    /// The disk says that it has it.
    Yes,
    /// The file system knows no such request, and says so with this error. It may or may not be
    /// there.
    Unknown(io::Error),
}

/// Has the disk take what was written to a file: `fsync(2)`, on macOS `F_FULLFSYNC` where the file
/// system knows that, `FlushFileBuffers`.
///
/// # Errors
/// The operating system's: what was written may be lost.
pub fn sync_file(file: &File) -> io::Result<Synced> {
    outcome(system::sync(file))
}

/// Has the disk take the name that a file was given, or that was taken away: `fsync(2)` of its folder.
/// Windows has no call for a folder; there NTFS and ReFS write their journal up to that name when the
/// file that has it is flushed, and a name that is gone is in the journal with the next flush. (`MoveFileEx`
/// promises a name on the disk with `MOVEFILE_WRITE_THROUGH` alone; "FlushFileBuffers" in
/// Microsoft's documentation: a file's metadata, too, is written.)
///
/// # Errors
/// The operating system's: the name may be lost.
pub fn sync_name(file: &Path) -> io::Result<Synced> {
    match system::open_to_sync_name(file) {
        Ok(Some(open)) => sync_file(&open),
        Ok(None) => Ok(Synced::Yes),
        // The file is read-only, or another program has it open.
        Err(error) if cfg!(windows) => Ok(Synced::Unknown(error)),
        Err(error) => outcome(Err(error)),
    }
}

fn outcome(synced: io::Result<()>) -> io::Result<Synced> {
    match synced {
        Ok(()) => Ok(Synced::Yes),
        Err(error) if system::knows_no_sync(&error) => Ok(Synced::Unknown(error)),
        Err(error) => Err(error),
    }
}

/// Reads a file that is `expected` bytes long, and one byte more if it is longer, from its disk:
/// what memory holds of it is dropped or passed by, if it was synced and as far as the system can
/// do that. Linux drops it (`posix_fadvise` with `POSIX_FADV_DONTNEED`), macOS is asked to keep
/// nothing of the file in memory (`F_NOCACHE`), Windows reads unbuffered (`FILE_FLAG_NO_BUFFERING`).
/// A file system that can do none of it is read as any other.
///
/// # Errors
/// The operating system's.
pub fn read(path: &Path, expected: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    read_from(path, 0, expected)
}

/// The same of what begins at an offset.
///
/// # Errors
/// The operating system's.
pub fn read_from(path: &Path, offset: u64, expected: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    // Another program may have opened what was just written.
    Retries::new().run(|| system::read(path, offset, expected))
}

/// Takes up room on the disk of an open file for this many bytes, without writing any: `fallocate(2)`,
/// `F_PREALLOCATE` on macOS, `FILE_ALLOCATION_INFO` on Windows. The room is the file's until it is
/// closed. False where the file system knows no such request.
///
/// # Errors
/// The operating system's: there is no such room.
pub fn allocate(file: &File, bytes: u64) -> io::Result<bool> {
    match system::allocate(file, bytes) {
        Ok(()) => Ok(true),
        Err(error) if system::knows_no_allocation(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether what is saved in a folder is on no disk, and gone after a restart: tmpfs and ramfs on
/// Linux, a RAM disk on Windows. False where that cannot be told: macOS' RAM disks are disks to the
/// system, and of an overlay of Linux nobody sees that its upper layer is a tmpfs.
pub use system::is_in_memory;

/// The file behind an open one.
///
/// # Errors
/// The operating system's.
pub use system::inode_of;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_returns_file_up_to_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for length in [0_usize, 1, 4095, 4096, 4097, 70_000] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            assert!(matches!(sync_file(&file).unwrap(), Synced::Yes));
            assert_eq!(*read(&path, length).unwrap(), bytes);
            assert_eq!(*read(&path, length + 9000).unwrap(), bytes);
            let shorter = length.saturating_sub(3);
            let read = read(&path, shorter).unwrap();
            assert_eq!(*read, bytes[..length.min(shorter + 1)]);
        }
        std::fs::write(&path, [vec![1; 5000], vec![2; 300]].concat()).unwrap();
        for offset in [5000, 5100] {
            let read = read_from(&path, offset, 300).unwrap();
            assert_eq!(*read, vec![2; 5300 - offset as usize]);
        }
        assert!(matches!(sync_name(&path).unwrap(), Synced::Yes));
        let gone = folder.path().join("gone");
        assert!(matches!(sync_name(&gone).unwrap(), Synced::Yes));
        let missing = read(&folder.path().join("none"), 1).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn allocate_reserves_space_or_fails() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("file")).unwrap();
        // Some file systems know no such request.
        if allocate(&file, 1 << 20).unwrap() {
            // Longer than any file may be, so that it is refused at once. Asked for a little more than is
            // free, ext4 first takes all that is free, and every other program has none meanwhile.
            allocate(&file, i64::MAX as u64).unwrap_err();
        }
    }

    #[test]
    fn inode_of_counts_hard_links() {
        let folder = tempfile::tempdir().unwrap();
        let inside = |name: &str| folder.path().join(name);
        std::fs::write(inside("a"), "x").unwrap();
        let file = File::open(inside("a")).unwrap();
        assert_eq!(inode_of(&file).unwrap().names, 1);
        std::fs::hard_link(inside("a"), inside("b")).unwrap();
        assert_eq!(inode_of(&file).unwrap().names, 2);
        for name in ["a", "b"] {
            std::fs::remove_file(inside(name)).unwrap();
        }
        #[cfg(unix)]
        assert_eq!(inode_of(&file).unwrap().names, 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn is_in_memory_detects_tmpfs_and_ramfs() {
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
        let kind = |folder: &str| {
            let lines = mounts.lines().map(|line| line.split(' '));
            let mut mounted = lines.filter(|words| words.clone().nth(1) == Some(folder));
            mounted.next_back()?.nth(2)
        };
        for folder in ["/", "/proc", "/dev/shm", "/run", "/tmp"] {
            if let Some(kind) = kind(folder) {
                let expected = kind == "tmpfs" || kind == "ramfs";
                assert_eq!(
                    is_in_memory(Path::new(folder)),
                    expected,
                    "{folder}: {kind}"
                );
            }
        }
        assert!(!is_in_memory(Path::new("/no/such/folder")));
    }

    #[cfg(unix)]
    #[test]
    fn outcome_treats_unsupported_sync_as_unknown() {
        use rustix::io::Errno;

        for unknown in [Errno::INVAL, Errno::NOTSUP, Errno::NOSYS, Errno::BADF] {
            let outcome = outcome(Err(unknown.into()));
            assert!(matches!(outcome, Ok(Synced::Unknown(_))), "{unknown:?}");
        }
        for failed in [Errno::IO, Errno::NOSPC, Errno::DQUOT, Errno::ACCESS] {
            outcome(Err(failed.into())).unwrap_err();
        }
    }
}
