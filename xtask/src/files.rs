//! Files and folders, with errors that name them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use tempfile::TempDir;

use crate::command::target_folder;

fn named<T>(path: &Path, result: io::Result<T>) -> Result<T, String> {
    result.map_err(|error| format!("{}: {error}", path.display()))
}

pub(crate) fn read(file: impl AsRef<Path>) -> Result<Vec<u8>, String> {
    named(file.as_ref(), fs::read(&file))
}

pub(crate) fn read_text(file: impl AsRef<Path>) -> Result<String, String> {
    named(file.as_ref(), fs::read_to_string(&file))
}

/// Writes a file, and makes the folder for it.
pub(crate) fn write(file: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Result<(), String> {
    create_parent(file.as_ref())?;
    named(file.as_ref(), fs::write(&file, content))
}

pub(crate) fn create_folder(folder: impl AsRef<Path>) -> Result<(), String> {
    named(folder.as_ref(), fs::create_dir_all(&folder))
}

fn create_parent(file: &Path) -> Result<(), String> {
    file.parent().map_or(Ok(()), create_folder)
}

/// Removes a file, or a folder with all that is in it, if it is there.
pub(crate) fn remove(path: impl AsRef<Path>) -> Result<(), String> {
    let path = path.as_ref();
    let removed = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false if path.exists() => fs::remove_file(path),
        false => Ok(()),
    };
    named(path, removed)
}

/// Copies a file, or a folder with all that is in it, and makes the folder for it.
pub(crate) fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), String> {
    let (from, to) = (from.as_ref(), to.as_ref());
    if !from.is_dir() {
        create_parent(to)?;
        return named(from, fs::copy(from, to)).map(drop);
    }
    create_folder(to)?;
    let mut inside = in_folder(from)?.into_iter();
    inside.try_for_each(|path| copy(&path, to.join(name(&path))))
}

/// What a folder holds, in the order of the names.
pub(crate) fn in_folder(folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, String> {
    let folder = folder.as_ref();
    let entries = named(folder, fs::read_dir(folder))?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let mut paths: Vec<_> = named(folder, paths.collect::<io::Result<_>>())?;
    paths.sort();
    Ok(paths)
}

/// The last part of a path.
pub(crate) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// A new folder, which is gone when dropped.
pub(crate) fn scratch() -> Result<TempDir, String> {
    let target = target_folder()?;
    let made = tempfile::Builder::new()
        .prefix("certstow-")
        .tempdir_in(&target);
    named(&target, made)
}
