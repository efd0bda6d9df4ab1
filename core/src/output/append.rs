//! Writing at the end of a private file, for the one file that grows where it is. What is there stays,
//! and a reader has to know an end that was cut off: here nothing is renamed.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use certstow_platform::os;
use certstow_platform::os::disk;

use super::{same, sync, verification, waiting_for};
use crate::error::Error;

/// Writes `bytes` after the first `end` bytes of a file, in place of whatever follows these, and
/// reads them back from the disk. Returns where the file ends now.
///
/// # Errors
/// What follows the first `end` bytes counts as nothing then, though some of it may be there.
/// - [`Error::Target`]: there is no such file of its own, or it is shorter; it cannot be written to, or
///   there is no room.
/// - [`Error::NotSynced`]: its disk did not confirm the bytes.
/// - [`Error::Verification`]: the bytes read back are not those written.
pub fn append(file: &Path, end: u64, bytes: &[u8]) -> Result<u64, Error> {
    const FAILED: &str = "writing at its end failed";
    let _wait = waiting_for(file);
    let path = os::long_path(file);
    let mut open = os::open_regular_file_to_write(&path)
        .map_err(|error| Error::target(file, "it cannot be opened", error))?;
    let found = disk::inode_of(&open).and_then(|inode| Ok((inode.names, open.metadata()?.len())));
    let (names, length) = found.map_err(|error| Error::target(file, FAILED, error))?;
    // Another name may be anywhere; and what is shorter is not what was read before.
    if names > 1 || length < end {
        let reason = "something else changed it meanwhile";
        return Err(Error::target(file, FAILED, std::io::Error::other(reason)));
    }
    let written = open
        .set_len(end)
        .and_then(|()| open.seek(SeekFrom::Start(end)))
        .and_then(|_| open.write_all(bytes));
    let synced = written
        .map_err(|error| Error::target(file, FAILED, error))
        .and_then(|()| sync(&open, file, FAILED));
    if let Err(error) = synced {
        // Half a line would be known as such.
        let _ = open.set_len(end);
        return Err(error);
    }
    drop(open);
    let read = disk::read_from(&path, end, bytes.len())
        .map_err(|error| Error::target(file, "reading it back failed", error))?;
    same(&read, bytes).map_err(|reason| verification(file, reason))?;
    Ok(end + bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn append_replaces_a_truncated_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "first\nsec").unwrap();
        assert_eq!(append(&file, 6, b"second\n").unwrap(), 13);
        assert_eq!(append(&file, 13, b"third\n").unwrap(), 19);
        assert_eq!(fs::read(&file).unwrap(), b"first\nsecond\nthird\n");
    }

    #[test]
    fn append_refuses_links_folders_and_wrong_lengths() {
        let folder = tempfile::tempdir().unwrap();
        let inside = |name: &str| folder.path().join(name);
        fs::write(inside("file"), "first\n").unwrap();
        append(&inside("none"), 0, b"x").unwrap_err();
        append(folder.path(), 0, b"x").unwrap_err();
        append(&inside("file"), 7, b"x").unwrap_err();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("file", inside("link")).unwrap();
            append(&inside("link"), 6, b"x").unwrap_err();
        }
        fs::hard_link(inside("file"), inside("other")).unwrap();
        append(&inside("file"), 6, b"x").unwrap_err();
        assert_eq!(fs::read(inside("other")).unwrap(), b"first\n");
        assert!(!inside("none").exists());
    }
}
