//! The fuzz targets, each a file of `fuzz/fuzz_targets`.

use std::path::{Path, PathBuf};

use crate::command::root;
use crate::files;

/// The folder of the targets.
pub(super) fn folder() -> PathBuf {
    root().join("fuzz")
}

/// The targets by name, in the order of the alphabet.
pub(super) fn targets() -> Result<Vec<String>, String> {
    let files = files_in(&folder().join("fuzz_targets"))?;
    let names = files.iter().filter_map(|file| file.file_stem());
    Ok(names
        .map(|name| name.to_string_lossy().into_owned())
        .collect())
}

/// The files in a folder, in the order of their names.
pub(super) fn files_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = files::in_folder(folder)?;
    files.retain(|path| path.is_file());
    Ok(files)
}
