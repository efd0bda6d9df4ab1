//! Taking identities into a folder, each as one PEM file. The files are made on every core, and get
//! their names one after the other, each after another look at what is in the folder.
//!
//! The folder is read once, however many identities come. Afterwards its names are looked at, and
//! only where there are others than those known, the files are read again: a name that another
//! program takes is found out at the latest when the file is to get it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::FileStore;
use super::change::{self, Becomes, Change};
use super::contents::Passwords;
use super::identity_file::{IdentityFile, common_name};
use super::pair::Known;
use crate::error::StoreError;
use crate::new_file::NewFile;
use crate::os;
use crate::os::disk::{self, Inode};
use crate::spec::StoreSpec;
use crate::store::{Ask, ExistingEntry, ImportOptions, NewIdentity, Removal};
use certstow_formats::certificate::EntryId;
use certstow_formats::threads;

/// How often the folder is looked at anew, where another program took the name for a new file.
const ATTEMPTS: usize = 100;

/// Whether a folder that is missing could be made, as far as the folders above it tell.
///
/// # Errors
/// [`StoreError::Unavailable`]: something above it is no folder.
pub(crate) fn may_be_made(folder: &Path) -> Result<(), StoreError> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let above = folder.ancestors().find(|above| above.exists());
    match above.is_some_and(Path::is_dir) {
        true => Ok(()),
        false => Err(not_made(&folder, io::ErrorKind::NotADirectory.into())),
    }
}

/// Makes the folder, private, and those above it that are missing; what was made, the innermost
/// first.
///
/// # Errors
/// [`StoreError::AccessDenied`], [`StoreError::Unavailable`]: it cannot be made. What was made
/// above it is gone again.
pub(crate) fn make_folder(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let missing = folder.ancestors().take_while(|above| !above.exists());
    let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    match os::create_private_folder(folder) {
        Ok(()) => Ok(missing),
        Err(error) => {
            unmake(&missing);
            Err(not_made(folder, error))
        }
    }
}

/// Takes folders away again that were made for nothing. One that something is in stays.
pub(crate) fn unmake(folders: &[PathBuf]) {
    for folder in folders {
        // Whatever speaks against it: an empty folder is the smaller fault.
        let _ = fs::remove_dir(os::long_path(folder));
    }
}

fn not_made(folder: &Path, error: io::Error) -> StoreError {
    StoreError::of_file(folder, error, |_, source| StoreError::Unavailable {
        store: StoreSpec::File(folder.to_owned()).to_string(),
        reason: "its folder cannot be made".to_owned(),
        source: Some(source),
    })
}

impl FileStore {
    /// Imports identities; see [`Store::import_several`](crate::store::Store::import_several).
    pub(super) fn take_in(
        &mut self,
        identities: &[NewIdentity<'_>],
        options: &ImportOptions<'_>,
        ask: &mut dyn Ask,
        progress: &mut dyn FnMut(),
    ) -> Vec<Result<EntryId, StoreError>> {
        self.is_changed = true;
        let made = match self.ready(options) {
            Ok(made) => made,
            Err(error) => return vec![Err(error)],
        };
        let files = self.files_of(identities, options, progress);
        // Making them took its time.
        if let Err(error) = self.look_again() {
            unmake(&made);
            return vec![Err(error)];
        }
        let mut results = Vec::with_capacity(identities.len());
        for (identity, file) in identities.iter().zip(files) {
            let named = file.and_then(|file| self.name(file, identity, options, ask));
            if matches!(named, Err(StoreError::HalfDone { .. })) {
                *self.last() = None;
            }
            let gave_up = matches!(named, Err(StoreError::Cancelled));
            results.push(named);
            progress();
            if gave_up {
                break;
            }
        }
        if results.iter().all(Result::is_err) {
            unmake(&made);
        }
        results
    }

    /// Sees that identities can be taken in, and what is there; the folders that were made for it.
    fn ready(&self, options: &ImportOptions<'_>) -> Result<Vec<PathBuf>, StoreError> {
        let refused = |reason| Err(refused(&self.root, reason));
        if matches!(self.passwords, Passwords::Dotnet) {
            return refused(super::ONLY_DOTNET);
        }
        if self.root.is_file() {
            return refused("it is a single file; name a folder");
        }
        if !options.exportable {
            return refused("whoever can read a file has the key in it, so that it is exportable");
        }
        self.look_again()?;
        match self.made_on_import {
            true => make_folder(&self.root),
            false => Ok(Vec::new()),
        }
    }

    /// The files of those that are not there yet or are to replace what is there, made on every
    /// core.
    fn files_of(
        &self,
        identities: &[NewIdentity<'_>],
        options: &ImportOptions<'_>,
        progress: &mut dyn FnMut(),
    ) -> Vec<Result<IdentityFile, StoreError>> {
        let write = |identity: &NewIdentity<'_>| {
            if options.existing == ExistingEntry::Keep {
                self.is_free(&identity.certificate.id())?;
            }
            let path =
                change::names(&self.root, &label(identity), &identity.certificate.id()).next();
            IdentityFile::write(&path.unwrap_or_default(), identity, options)
        };
        threads::each(threads::for_computing(), identities, write, &mut |_, _| {
            progress();
        })
    }

    /// What is known of an entry that has a private key here.
    fn held(&self, id: &EntryId) -> Result<Option<Known>, StoreError> {
        match self.known(id) {
            Ok(known) => Ok(Some(known).filter(|known| known.key.is_some())),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// # Errors
    /// [`StoreError::AlreadyThere`]: the store has this with a private key.
    fn is_free(&self, id: &EntryId) -> Result<(), StoreError> {
        match self.held(id)?.and_then(|known| known.key) {
            Some(key) => {
                let place = key.path.display().to_string();
                Err(StoreError::AlreadyThere { place })
            }
            None => Ok(()),
        }
    }

    /// Gives the file a name that is free, or that of the file it replaces.
    fn name(
        &self,
        file: IdentityFile,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        let id = identity.certificate.id();
        let mut next = Some(file);
        // Whether the folder was looked at since another program was seen to change it.
        let mut read_again = false;
        for _ in 0..ATTEMPTS {
            if options.existing == ExistingEntry::Keep {
                self.is_free(&id)?;
            }
            let changes = match self.held(&id)? {
                Some(known) => match self.plan(&id, &known, Removal::Entry, ask) {
                    // Files may have gone since they were read.
                    Err(StoreError::NotRemoved { .. }) if !read_again => {
                        self.look_again()?;
                        read_again = true;
                        continue;
                    }
                    planned => planned?,
                },
                None => Vec::new(),
            };
            let place = Place::of(&self.root, &label(identity), &id, changes);
            if !read_again && place.taken.iter().any(|path| !self.knows_file(path)) {
                self.scan()?;
                read_again = true;
                continue;
            }
            let file = match next.take() {
                Some(file) => file,
                None => IdentityFile::write(&place.path, identity, options)?,
            };
            let IdentityFile { file, contents } = file;
            match place.fill(file)? {
                Named::Done => {
                    self.now_has(&place, contents);
                    return Ok(id);
                }
                Named::NameTaken => {
                    self.scan()?;
                    read_again = true;
                }
            }
        }
        Err(refused(
            &self.root,
            "other programs take every name for the file",
        ))
    }
}

fn label(identity: &NewIdentity<'_>) -> String {
    let label = identity.label.map(str::to_owned);
    let label = label.or_else(|| common_name(identity.certificate));
    label.unwrap_or_default()
}

/// Where a new file goes, and what goes for it.
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// The names that it would have, were they free.
    taken: Vec<PathBuf>,
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
    pub(super) fn of(root: &Path, label: &str, id: &EntryId, mut changes: Vec<Change>) -> Self {
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
        let own = disk::inode_of(file.as_file());
        let own = own.map_err(|error| failed(path, "the finished file cannot be looked at", error));
        let own = own?;
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
                _ => Err(failed(path, "the finished file cannot get its name", error)),
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
    match nothing_else_done && is_own() && fs::remove_file(os::long_path(path)).is_ok() {
        true => error,
        false => not_all_gone(path, error),
    }
}

fn not_all_gone(path: &Path, error: StoreError) -> StoreError {
    StoreError::HalfDone {
        place: path.display().to_string(),
        reason: "the identity is in it now, but the copy that was there before is not all gone"
            .to_owned(),
        source: Some(error.into()),
    }
}

pub(crate) fn refused(place: &Path, reason: &str) -> StoreError {
    StoreError::NotImported {
        place: place.display().to_string(),
        reason: reason.to_owned(),
        source: None,
    }
}

pub(crate) fn failed(path: &Path, reason: &str, error: io::Error) -> StoreError {
    StoreError::of_file(path, error, |place, source| StoreError::NotImported {
        place,
        reason: reason.to_owned(),
        source: Some(source),
    })
}

#[cfg(test)]
mod tests;
