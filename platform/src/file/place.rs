//! Where the file of a new identity goes in its folder, which file it replaces, and giving it its
//! name.

use std::path::{Path, PathBuf};
use std::{fs, io};

use certstow_formats::certificate::EntryId;

use super::change::{self, Becomes, Change};
use crate::error::StoreError;
use crate::new_file::NewFile;
use crate::os;
use crate::os::disk::{self, Inode};

/// Where a new file goes, and what goes for it.
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// The names that it would have, were they free.
    pub(super) taken: Vec<PathBuf>,
    /// What becomes of the file that has this name.
    pub(super) replaced: Option<Change>,
    /// What is to change once the new file is there, which takes out the copy that was there.
    pub(super) changes: Vec<Change>,
}

/// What came of giving a file its name.
pub(super) enum Named {
    Done,
    /// Another program took the name after the folder was looked at; it may have put the same
    /// identity there. Nothing has changed, and the file is gone.
    NameTaken,
}

impl Place {
    pub(super) fn choose(root: &Path, label: &str, id: &EntryId, mut changes: Vec<Change>) -> Self {
        let usual = change::names(root, label, id).next().unwrap_or_default();
        let replaced = changes
            .iter()
            .position(|change| change.path == usual && matches!(change.becomes, Becomes::Deleted));
        if let Some(at) = replaced {
            return Self {
                path: usual,
                taken: Vec::new(),
                replaced: Some(changes.remove(at)),
                changes,
            };
        }
        let is_taken = |path: &PathBuf| fs::symlink_metadata(os::long_path(path)).is_ok();
        let taken: Vec<PathBuf> = change::names(root, label, id)
            .take_while(is_taken)
            .collect();
        let path = change::names(root, label, id).nth(taken.len());
        Self {
            path: path.unwrap_or_default(),
            taken,
            replaced: None,
            changes,
        }
    }

    /// Gives the finished file its name, and then makes the changes.
    ///
    /// # Errors
    /// - [`StoreError::NotImported`], [`StoreError::NotRemoved`], [`StoreError::AccessDenied`]:
    ///   nothing has changed.
    /// - [`StoreError::HalfDone`]: it is there now, and so is the copy that was there, or a part of
    ///   it.
    pub(super) fn fill(&self, file: NewFile) -> Result<Named, StoreError> {
        let path = &self.path;
        let own = disk::inode_of(file.as_file()).map_err(|error| {
            StoreError::failed_import(path, "the finished file cannot be looked at", error)
        })?;
        // In one step: neither is there ever no file, nor are there two.
        let named = match &self.replaced {
            Some(old) => {
                old.is_still_right()?;
                file.replace(path)
            }
            None => file.rename(path),
        };
        if let Err(error) = named {
            return match error.kind() {
                io::ErrorKind::AlreadyExists => Ok(Named::NameTaken),
                _ => Err(StoreError::failed_import(
                    path,
                    "the finished file cannot get its name",
                    error,
                )),
            };
        }
        // Until the new file is there for good, no other goes.
        change::sync(
            path,
            "the identity is in it now, and its disk did not confirm that",
        )?;
        change::make(&self.changes).map_err(|error| match self.replaced {
            Some(_) => not_all_gone(path, error),
            None => taken_back(path, own, error),
        })?;
        Ok(Named::Done)
    }
}

/// Takes the new file away again where the copy that was there cannot be taken out. Another program
/// that imports the same identity may have put its file in this place since, and taken that copy
/// out: its file may be the only one by now.
fn taken_back(path: &Path, own: Inode, error: StoreError) -> StoreError {
    let is_own = || {
        let there = os::open_to_read(&os::long_path(path)).and_then(|file| disk::inode_of(&file));
        there.is_ok_and(|there| there.id == own.id)
    };
    let nothing_else_done = !matches!(error, StoreError::HalfDone { .. });
    match nothing_else_done && is_own() && os::remove_file(path).is_ok() {
        true => error,
        false => not_all_gone(path, error),
    }
}

fn not_all_gone(path: &Path, error: StoreError) -> StoreError {
    let reason = "the identity is in it now, but the copy that was there before is not all gone";
    StoreError::half_done(path, reason, Some(error.into()))
}

#[cfg(test)]
mod tests;
