//! A lock on one byte belongs to the open file (`F_OFD_SETLK`, fcntl_locking(2)). One of
//! `F_SETLK` belongs to the process, and is gone when the file is read back and closed; one of
//! `flock` is on the whole file, which a server of SMB then lets nobody else read. Where there is
//! no `F_OFD_SETLK`, `flock` has to do.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

#[cfg(target_os = "linux")]
pub(in crate::os) fn lock(file: &File, byte: i64) -> io::Result<bool> {
    super::ffi::lock_byte(file, byte)
}

#[cfg(not(target_os = "linux"))]
pub(in crate::os) fn lock(file: &File, _byte: i64) -> io::Result<bool> {
    use rustix::fs::{FlockOperation, flock};
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (open, named) = (file.metadata()?, fs::symlink_metadata(path)?);
    Ok((open.dev(), open.ino()) == (named.dev(), named.ino()))
}
