//! What the file store and the registry need of Unix: opening a file without waiting for the
//! other end of a FIFO, and where a person's data lies (XDG Base Directory, Apple's folders).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Opens a file for reading. Should it have become a FIFO or a terminal meanwhile, this neither
/// waits nor takes it over.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path)
}

/// The folder for a person's application data.
pub(crate) fn data_folder() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    // The specification has relative paths ignored.
    named.filter(|path| path.is_absolute()).or_else(|| {
        let inside = if cfg!(target_vendor = "apple") {
            "Library/Application Support"
        } else {
            ".local/share"
        };
        Some(std::env::home_dir()?.join(inside))
    })
}
