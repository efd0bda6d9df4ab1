//! A lock on one byte belongs to the handle (`LockFileEx`). It is mandatory for every process that reads or
//! writes that byte, and there is nothing to read there.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES,
};

use super::{ffi, long_path};

pub(in crate::os) fn lock(file: &File, byte: i64) -> io::Result<bool> {
    ffi::lock_byte(file, byte)
}

pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let named = OpenOptions::new()
        .access_mode(FILE_READ_ATTRIBUTES)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS)
        .open(long_path(path))?;
    Ok(ffi::inode_of(file)?.id == ffi::inode_of(&named)?.id)
}
