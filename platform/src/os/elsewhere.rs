//! Where there are no modes: files get the access rules of their folder, and the file system
//! journals names. A person's data lies in `%APPDATA%` on Windows, so that it roams with the
//! profile.

pub(super) mod terminal;

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

pub(super) fn open_to_read(path: &Path) -> io::Result<File> {
    File::open(path)
}

pub(super) fn descriptor(_number: i32) -> io::Result<File> {
    let reason = "there are no file descriptors on this system";
    Err(io::Error::new(io::ErrorKind::Unsupported, reason))
}

pub(super) fn data_folder() -> Option<PathBuf> {
    std::env::var_os("APPDATA").map(PathBuf::from)
}

pub(super) fn mode(_metadata: &Metadata) -> Option<u32> {
    None
}

pub(super) fn others_have_access(_file: &File) -> io::Result<bool> {
    Ok(false)
}

pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn stdout_is_lost() -> bool {
    false
}
