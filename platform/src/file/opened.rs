//! Certificates and private keys of a file in memory, as a read-only store. The caller has read the
//! bytes; the file system is not asked again. They are paired as in a folder of this one file. Keys
//! that were decrypted are kept until the store is dropped, so that key derivation runs once per file.

use std::path::Path;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::pkcs12::decode::{self, Limits, MacStatus};
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::{Password, PrivateKey};

use super::found::FileContents;
use super::key_file::{Fetch, KeyFile};
use super::keys::Keys;
use super::pair::{self, Guesses, Paired};
use super::passwords::Passwords;
use super::unlock::Lock;
use crate::error::StoreError;
use crate::spec::StoreSpec;
use crate::store::{Ask, Listing, OpenOptions, Store, StoreInfo};

/// What a file holds, in memory.
pub struct OpenedFile {
    info: StoreInfo,
    passwords: Passwords,
    paired: Paired,
    keys: KeyFile,
    has_mac: bool,
}

impl OpenedFile {
    /// Opens the bytes of a PKCS#12 file (RFC 7292), and of no other form. `place` is where they were
    /// read from, for names and messages; nothing is read there.
    ///
    /// # Errors
    /// As [`decode::decode`].
    pub fn open(bytes: &[u8], place: &Path, password: &Password) -> Result<Self, DecodeError> {
        let password = PasswordForm::Text(password);
        let contents = decode::decode(bytes, password, &Limits::default())?;
        let mut found = FileContents::default();
        found.opened(0, &contents);
        let keys = Keys::new(contents.keys.into_iter().map(|bag| bag.key));
        let mut opened = Self::new(place, found, Passwords::given(&[]), KeyFile::open(keys));
        opened.info.description = "PKCS#12 file".to_owned();
        opened.has_mac = contents.mac == MacStatus::Ok;
        Ok(opened)
    }

    /// Reads the bytes of a file of any form that a folder's files have. What is locked opens with
    /// the password given beforehand, or with those that are asked for.
    pub(crate) fn read(bytes: &[u8], place: &Path, options: &OpenOptions) -> Self {
        let store = StoreSpec::File(place.to_owned());
        let passwords = Passwords::given(&options.passwords_for(&store));
        let found = FileContents::read_expected(bytes, &passwords);
        let mut read = Self::new(place, found, passwords, KeyFile::of(bytes));
        read.info.description = "file in memory".to_owned();
        read.info.path = None;
        read
    }

    fn new(place: &Path, found: FileContents, passwords: Passwords, keys: KeyFile) -> Self {
        Self {
            info: StoreInfo::new(StoreSpec::File(place.to_owned())),
            passwords,
            paired: pair::pair(&[place.to_owned()], vec![(0, found)], Guesses::ByName),
            keys,
            has_mac: false,
        }
    }

    /// Whether a MAC shows that somebody who knows the password made it. A file without one, and
    /// with nothing in it encrypted, opens with any.
    pub fn has_mac(&self) -> bool {
        self.has_mac
    }
}

impl Store for OpenedFile {
    fn info(&self) -> StoreInfo {
        self.info.clone()
    }

    fn list(&self) -> Result<Listing, StoreError> {
        Ok(self.paired.listing.clone())
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        Ok(self.paired.issuers.clone())
    }

    fn shared(&self) -> Option<&(dyn Store + Sync)> {
        Some(self)
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        let known = self.paired.known(id, &self.info.spec)?;
        let missing = || StoreError::key_missing(&known.path);
        let place = known.key.as_ref().ok_or_else(missing)?;
        let lock = Lock {
            store: &self.info.spec,
            place: &place.path.display().to_string(),
            passwords: &self.passwords,
        };
        let key = self.keys.key(known, place, &lock, ask);
        key.map_err(|error| match error {
            Fetch::Failed(error) => error,
            // The bytes are those that were listed: another key was taken for its own.
            Fetch::Changed => missing(),
        })
    }
}
