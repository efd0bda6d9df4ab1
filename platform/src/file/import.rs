//! Importing identities into a folder, each as one PEM file. The files are written on every core, and
//! get their names one after the other, each after another look at what is in the folder.
//!
//! The folder is read once, however many identities come. Afterwards its names are looked at, and
//! only where there are others than those known, the files are read again: a name that another
//! program takes is found out at the latest when the file is to get it.

use std::path::PathBuf;

use certstow_formats::certificate::EntryId;
use certstow_formats::threads;

use super::change;
use super::file_store::FileStore;
use super::identity_file::IdentityFile;
use super::made_folder::{make_folder, unmake};
use super::pair::Known;
use super::place::{Named, Place};
use crate::error::StoreError;
use crate::store::{Ask, ExistingEntry, ImportOptions, NewIdentity, Removal};

/// How often the folder is looked at anew, where another program took the name for a new file.
const ATTEMPTS: usize = 100;

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
        let refused = |reason| Err(StoreError::not_imported(&self.root, reason, None));
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
            IdentityFile::write(
                &path.unwrap_or_default(),
                identity,
                options,
                &self.passwords,
            )
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
    pub(super) fn is_free(&self, id: &EntryId) -> Result<(), StoreError> {
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
            let place = Place::choose(&self.root, &label(identity), &id, changes);
            if !read_again && place.taken.iter().any(|path| !self.knows_file(path)) {
                self.scan()?;
                read_again = true;
                continue;
            }
            let file = match next.take() {
                Some(file) => file,
                None => IdentityFile::write(&place.path, identity, options, &self.passwords)?,
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
        Err(StoreError::not_imported(
            &self.root,
            "other programs take every name for the file",
            None,
        ))
    }
}

fn label(identity: &NewIdentity<'_>) -> String {
    let label = identity.label.map(str::to_owned);
    let label = label.or_else(|| identity.certificate.parse().common_name());
    label.unwrap_or_default()
}
