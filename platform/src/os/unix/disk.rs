//! What is on the disk, by POSIX and by what Linux and macOS have beyond it.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::os::darwin;
use crate::os::disk::Inode;
use crate::os::folder_of;

/// The standard library asks macOS for `F_FULLFSYNC` and for nothing else, which a share refuses.
#[expect(clippy::disallowed_methods, reason = "this is the place for it")]
pub(in crate::os) fn sync(file: &File) -> io::Result<()> {
    let synced = file.sync_all();
    match cfg!(target_vendor = "apple") {
        true => if_unknown(synced, || Ok(rustix::fs::fsync(file)?)),
        false => synced,
    }
}

/// What macOS says of `F_FULLFSYNC`, or of `fsync` where the file system does not know the former:
/// the disk's own cache is then left to the server (fsync(2)).
fn if_unknown(synced: io::Result<()>, fsync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let code = synced.as_ref().err().and_then(io::Error::raw_os_error);
    match code.is_some_and(darwin::has_no_full_sync) {
        true => fsync(),
        false => synced,
    }
}

pub(in crate::os) fn open_to_sync_name(file: &Path) -> io::Result<Option<File>> {
    File::open(folder_of(file)).map(Some)
}

/// As fsync(2) and the file systems' own errors say: some take no folder for a file that can be
/// synced, and a FUSE file system may have no such function.
pub(in crate::os) fn knows_no_sync(error: &io::Error) -> bool {
    let known = [
        Errno::INVAL,
        Errno::NOTSUP,
        Errno::OPNOTSUPP,
        Errno::NOSYS,
        Errno::BADF,
    ];
    known
        .iter()
        .any(|known| error.raw_os_error() == Some(known.raw_os_error()))
}

pub(in crate::os) fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    use rustix::fs::FallocateFlags;

    // The file stays as long as it is, but that macOS makes it longer. A file system that writes
    // zeros to make a file longer, such as FAT, writes none.
    #[cfg(target_os = "linux")]
    let flags = FallocateFlags::KEEP_SIZE;
    #[cfg(not(target_os = "linux"))]
    let flags = FallocateFlags::empty();
    Ok(rustix::fs::fallocate(file, flags, 0, bytes)?)
}

pub(in crate::os) fn knows_no_allocation(error: &io::Error) -> bool {
    knows_no_sync(error)
}

pub(in crate::os) fn read(
    path: &Path,
    offset: u64,
    expected: usize,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut file = super::open_to_read(path)?;
    file.seek(SeekFrom::Start(offset))?;
    // Best effort: where it is refused, what memory has is read.
    #[cfg(target_os = "linux")]
    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    #[cfg(target_os = "macos")]
    let _ = rustix::fs::fcntl_nocache(&file, true);
    // Room for all of it from the start: a PEM file may hold a key in clear, and growing would
    // leave copies of it behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(expected.saturating_add(1)));
    let limit = u64::try_from(expected).unwrap_or(u64::MAX);
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(target_os = "linux")]
pub fn is_in_memory(folder: &Path) -> bool {
    // statfs(2); the type of the number differs between processors.
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    let found = rustix::fs::statfs(folder);
    found.is_ok_and(|found| matches!(found.f_type as u64 & 0xffff_ffff, TMPFS | RAMFS))
}

#[cfg(not(target_os = "linux"))]
pub fn is_in_memory(_folder: &Path) -> bool {
    false
}

pub fn inode_of(file: &File) -> io::Result<Inode> {
    let metadata = file.metadata()?;
    Ok(Inode {
        id: (metadata.dev(), metadata.ino()),
        names: metadata.nlink(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sync_falls_back_only_where_unknown() {
        let outcome = |first: io::Result<()>, second: Option<i32>| {
            let mut asked = false;
            let synced = if_unknown(first, || {
                asked = true;
                second.map_or(Ok(()), |code| Err(io::Error::from_raw_os_error(code)))
            });
            (asked, synced.err().and_then(|error| error.raw_os_error()))
        };
        let failed = |code| Err(io::Error::from_raw_os_error(code));
        // ENOTSUP of macOS, then EIO.
        assert_eq!(outcome(failed(45), None), (true, None));
        assert_eq!(outcome(failed(45), Some(5)), (true, Some(5)));
        assert_eq!(outcome(failed(5), None), (false, Some(5)));
        assert_eq!(outcome(Ok(()), Some(5)), (false, None));
    }
}
