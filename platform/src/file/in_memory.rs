//! Certificates and private keys in memory, in any form that a folder's files have, as a read-only
//! store. They are paired as in a folder of this one file; what is locked opens with the password
//! given beforehand, or with those that are asked for.

use std::path::Path;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::secret::PrivateKey;

use super::contents::FileContents;
use super::key_file::{Fetch, KeyFile, Opening};
use super::pair::{self, Paired};
use super::passwords::Passwords;
use crate::error::StoreError;
use crate::spec::StoreSpec;
use crate::store::{Ask, Listing, OpenOptions, Store, StoreInfo};

/// What the bytes of a file hold.
pub(crate) struct InMemory {
    info: StoreInfo,
    passwords: Passwords,
    paired: Paired,
    keys: KeyFile,
}

impl InMemory {
    /// Reads the bytes of a file. `place` is for names and messages; nothing is read there.
    pub(crate) fn read(bytes: &[u8], place: &Path, options: &OpenOptions) -> Self {
        let passwords = Passwords::given(&options.unlock);
        let found = FileContents::read_expected(bytes, &passwords);
        let paired = pair::pair(&[place.to_owned()], vec![(0, found)]);
        Self {
            info: StoreInfo {
                description: "file in memory".to_owned(),
                path: None,
                ..StoreInfo::new(StoreSpec::File(place.to_owned()))
            },
            passwords,
            paired,
            keys: KeyFile::of(bytes),
        }
    }
}

impl Store for InMemory {
    fn info(&self) -> StoreInfo {
        self.info.clone()
    }

    fn list(&self) -> Result<Listing, StoreError> {
        Ok(self.paired.listing())
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        Ok(self.paired.issuers.clone())
    }

    fn shared(&self) -> Option<&(dyn Store + Sync)> {
        Some(self)
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        let known = self.paired.known(id, &self.info.spec)?;
        let missing = || StoreError::KeyMissing {
            place: known.path.display().to_string(),
        };
        let place = known.key.as_ref().ok_or_else(missing)?;
        let opening = Opening {
            store: &self.info.spec,
            passwords: &self.passwords,
        };
        let key = self.keys.key(known, place, opening, ask);
        key.map_err(|error| match error {
            Fetch::Failed(error) => error,
            // The bytes are those that were listed: another key was taken for its own.
            Fetch::Changed => missing(),
        })
    }
}
