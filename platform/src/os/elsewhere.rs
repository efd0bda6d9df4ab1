//! The same as `unix.rs` where there are no modes: files get the access rules of their folder,
//! and the file system journals names. A person's data lies in `%APPDATA%` on Windows, so that
//! it roams with the profile.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Opens a file for reading.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// The file mode's permission bits, as in `0o600`; `None` on a system without modes.
pub fn mode(_metadata: &Metadata) -> Option<u32> {
    None
}

/// Whether accounts other than the owner may read or write an open file, as far as a mode says.
///
/// # Errors
/// The operating system's, if it does not tell.
pub fn others_have_access(_file: &File) -> io::Result<bool> {
    Ok(false)
}

/// Makes the names in a folder survive a power cut.
///
/// # Errors
/// The operating system's: some network file systems know no such call.
pub fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// The folder for a person's application data.
pub(crate) fn data_folder() -> Option<PathBuf> {
    std::env::var_os("APPDATA").map(PathBuf::from)
}
