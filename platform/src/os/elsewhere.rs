//! The same two questions as `unix.rs`, where the standard library's answers do: opening a file,
//! and where a person's data lies (`%APPDATA%` on Windows, so that it roams with the profile).

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Opens a file for reading.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// The folder for a person's application data.
pub(crate) fn data_folder() -> Option<PathBuf> {
    std::env::var_os("APPDATA").map(PathBuf::from)
}
