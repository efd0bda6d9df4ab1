//! Taking an identity, or its private key, out of a folder: what has to change is planned, the
//! changes are made, and the folder is read again to see that nothing of it is left.

use certstow_formats::certificate::EntryId;

use super::change::{self, Change, Linked};
use super::contents;
use super::file_store::FileStore;
use super::key_file::Fetch;
use super::pair::{KeyPlace, Known};
use super::remove::{self, Target};
use crate::error::StoreError;
use crate::store::{Ask, Removal};

const MAY_BE_ITS_KEY: &str = "by its name this, too, may be the certificate's key, and no password \
                              shows whether it is";

impl FileStore {
    /// Takes it out; see [`Store::remove`](crate::store::Store::remove).
    pub(super) fn take_out(
        &mut self,
        id: &EntryId,
        what: Removal,
        ask: &mut dyn Ask,
    ) -> Result<Vec<String>, StoreError> {
        self.is_changed = true;
        self.scan()?;
        let known = self.known(id)?;
        if what == Removal::Key && known.key.is_none() {
            return Err(StoreError::key_missing(&known.path));
        }
        let changes = self.plan(id, &known, what, ask)?;
        let linked = Linked::of_all(&changes);
        let made = change::make(&changes);
        *self.last() = None;
        made?;
        self.scan()?;
        let left = match self.known(id) {
            Ok(left) if what == Removal::Key => left.key.map(|key| (key.path, MAY_BE_ITS_KEY)),
            Ok(left) => Some((left.path, "it came back")),
            Err(_) => None,
        };
        match left {
            Some((path, reason)) => Err(StoreError::half_done(path, reason, None)),
            None => Ok(linked.iter().map(Linked::warning).collect()),
        }
    }

    /// What has to change in the folder so that this of the entry is gone.
    pub(super) fn plan(
        &self,
        id: &EntryId,
        known: &Known,
        what: Removal,
        ask: &mut dyn Ask,
    ) -> Result<Vec<Change>, StoreError> {
        let folder = self.folder()?;
        let proven = known.key.as_ref().filter(|key| !key.certain);
        if let Some(place) = proven {
            let file = folder.files.iter().position(|file| *file == place.path);
            let mut scanned = folder.scanned.iter();
            let contents = scanned.find(|(number, _)| Some(*number) == file);
            let is_sure = contents.is_some_and(|(_, contents)| {
                let mut keys = contents.keys.iter().filter(|key| key.piece == place.piece);
                keys.any(|key| remove::is_beyond_doubt(contents, key, id))
            });
            if !is_sure {
                self.prove(known, place, ask)?;
            }
        }
        let target = Target {
            id: *id,
            public_key: contents::public_key_digest(&known.certificate),
            proven,
            what,
        };
        let changes = remove::plan(&target, &folder.files, &folder.scanned, &self.passwords)?;
        match changes
            .iter()
            .find(|change| self.root.is_file() && change.removes_file())
        {
            Some(change) => {
                let reason = "the store is this one file, of which nothing would remain";
                Err(StoreError::not_removed(&change.path, reason, None))
            }
            None => Ok(changes),
        }
    }

    /// Makes sure that a key that a name alone ties to the entry is its own, with a password if
    /// need be.
    fn prove(&self, known: &Known, place: &KeyPlace, ask: &mut dyn Ask) -> Result<(), StoreError> {
        match self.fetch(known, ask) {
            Ok(_) => Ok(()),
            Err(Fetch::Failed(
                StoreError::KeyMissing { .. }
                | StoreError::KeyNotExportable { .. }
                | StoreError::Damaged { .. },
            ))
            | Err(Fetch::Changed) => {
                let reason = "whether the key in it is this certificate's cannot be told";
                Err(StoreError::not_removed(&place.path, reason, None))
            }
            Err(Fetch::Failed(error)) => Err(error),
        }
    }
}
