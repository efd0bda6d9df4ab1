//! A PKCS#12 file (RFC 7292) that was opened in memory, as a read-only store. The caller has read the
//! bytes; the file system is not asked again. Certificates and keys are paired as in a folder. The
//! decrypted keys are kept until the store is dropped, so that key derivation runs once per file.

use std::path::Path;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::pkcs12::decode::{self, Contents, Limits, MacStatus};
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::{Password, PrivateKey};

use super::contents::FileContents;
use super::keys::Keys;
use super::pair::{self, Paired};
use crate::error::StoreError;
use crate::spec::StoreSpec;
use crate::store::{Ask, Listing, Store, StoreInfo};

/// What a PKCS#12 file holds.
pub struct OpenedFile {
    info: StoreInfo,
    paired: Paired,
    keys: Keys,
    mac: MacStatus,
}

impl OpenedFile {
    /// Opens the bytes of a PKCS#12 file, and of no other form. `place` is where they were read
    /// from, for names and messages; nothing is read there.
    ///
    /// # Errors
    /// As [`decode::decode`].
    pub fn open(bytes: &[u8], place: &Path, password: &Password) -> Result<Self, DecodeError> {
        let password = PasswordForm::Text(password);
        let contents = decode::decode(bytes, password, &Limits::default())?;
        Ok(Self::from_contents(contents, place))
    }

    fn from_contents(contents: Contents, place: &Path) -> Self {
        let mut found = FileContents::default();
        found.opened(0, &contents);
        let paired = pair::pair(&[place.to_owned()], vec![(0, found)]);
        Self {
            info: StoreInfo {
                description: "PKCS#12 file".to_owned(),
                ..StoreInfo::new(StoreSpec::File(place.to_owned()))
            },
            paired,
            keys: Keys::new(contents.keys.into_iter().map(|bag| bag.key)),
            mac: contents.mac,
        }
    }

    /// Whether a MAC shows that somebody who knows the password made it. A file without one, and
    /// with nothing in it encrypted, opens with any.
    pub fn has_mac(&self) -> bool {
        self.mac == MacStatus::Ok
    }
}

impl Store for OpenedFile {
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

    fn private_key(&self, id: &EntryId, _ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        let known = self.paired.known(id, &self.info.spec)?;
        let key = known.key.as_ref().and_then(|_| {
            let spki = known.certificate.spki_der();
            self.keys.belonging_to(spki)
        });
        key.ok_or_else(|| StoreError::key_missing(&known.path))
    }
}
