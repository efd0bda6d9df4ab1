//! Unix: opening a file without waiting for the other end of a FIFO, who may read a file (its
//! mode), making a new name survive a power cut (`fsync` of the folder), and where a person's
//! data lies (XDG Base Directory, Apple's folders).

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
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

/// The file mode's permission bits, as in `0o600`; `None` on a system without modes.
pub fn mode(metadata: &Metadata) -> Option<u32> {
    Some(metadata.mode() & 0o7777)
}

/// Whether accounts other than the owner may read or write an open file. FAT and many shares make
/// a mode up, so that it says otherwise than was asked for when the file was created.
///
/// # Errors
/// The operating system's, if it does not tell.
pub fn others_have_access(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.mode() & 0o077 != 0)
}

/// Makes the names in a folder survive a power cut.
///
/// # Errors
/// The operating system's: some network file systems know no such call.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
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
