//! Putting a certificate into a folder that has its private key. The key's file stays as it is: the
//! certificate gets a file of its own beside it, and its path after it. That file is called as the key's is,
//! since only a name shows whose a key is as long as it is locked (see `pair`).

use std::io;
use std::iter;
use std::path::{Path, PathBuf};

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key;
use certstow_formats::pem;
use certstow_formats::pkcs12::decode::BagAttributes;
use zeroize::Zeroizing;

use super::file_store::FileStore;
use super::found::{FileContents, FoundCertificate, FoundKey};
use super::key_file::Fetch;
use super::key_kind::KeyKind;
use super::pair::{KeyPlace, Known};
use super::seen::Folder;
use super::{bag_attributes, change, contents, remove, same_name};
use crate::error::StoreError;
use crate::new_file::folder_of;
use crate::os;
use crate::store::{Ask, LoneKey, NewCertificate, PublicHalf};

/// How many names are tried, where other programs take them.
const NAMES: usize = 100;

impl FileStore {
    /// The private keys of no certificate; see [`Store::keys`](crate::store::Store::keys).
    pub(super) fn lone_keys(&self) -> Result<Vec<LoneKey>, StoreError> {
        if self.last().is_none() {
            self.scan()?;
        }
        let folder = self.folder()?;
        let mut seen = Vec::new();
        let mut lone = Vec::new();
        for (path, _, key) in keys_in(&folder) {
            let public_half = match &key.kind {
                KeyKind::Known(digest) => {
                    let owner = found_in(&folder).find(|found| found.public_key == *digest);
                    if owner.is_some() || seen.contains(digest) {
                        continue;
                    }
                    seen.push(*digest);
                    PublicHalf::Digest(*digest)
                }
                _ if self.owner(path, key).is_some() => continue,
                _ => PublicHalf::Unknown,
            };
            lone.push(LoneKey {
                place: path.display().to_string(),
                label: None,
                public_half,
            });
        }
        Ok(lone)
    }

    /// Joins a certificate with its key; see [`Store::attach`](crate::store::Store::attach).
    pub(super) fn join(
        &mut self,
        new: &NewCertificate<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        if self.root.is_file() {
            let reason = "it is a single file; name a folder";
            return Err(StoreError::not_imported(&self.root, reason, None));
        }
        self.is_changed = true;
        self.scan()?;
        let id = new.certificate.id();
        self.is_free(&id)?;
        let key = self.key_of(new.certificate, ask)?;
        let written = write_beside(&key, new);
        *self.last() = None;
        written?;
        Ok(id)
    }

    /// The file of the certificate's private key, which is opened to see whose it is, unless that is known.
    fn key_of(&self, certificate: &Certificate, ask: &mut dyn Ask) -> Result<PathBuf, StoreError> {
        let folder = self.folder()?;
        let public_key = contents::public_key_digest(certificate);
        let mut all = keys_in(&folder);
        if let Some((path, ..)) = all.find(|(_, _, key)| key.kind == KeyKind::Known(public_key)) {
            return Ok(path.to_owned());
        }
        let mut first_refusal = None;
        for (path, contents, key) in keys_in(&folder) {
            if !matches!(key.kind, KeyKind::Locked | KeyKind::Untried(_)) {
                continue;
            }
            let is_own = match self.owner(path, key) {
                Some(owner) if contents::public_key_digest(&owner) != public_key => continue,
                Some(owner) if remove::is_beyond_doubt(contents, key, &owner.id()) => Ok(true),
                Some(_) | None => self.opens_as_own(certificate, path, key, ask),
            };
            match is_own {
                Ok(true) => return Ok(path.to_owned()),
                Ok(false) => {}
                Err(StoreError::Cancelled) => return Err(StoreError::Cancelled),
                Err(error) => first_refusal = first_refusal.or(Some(error)),
            }
        }
        Err(first_refusal.unwrap_or_else(|| StoreError::key_missing(&self.root)))
    }

    /// Whether a locked key, once it is open, is the certificate's.
    fn opens_as_own(
        &self,
        certificate: &Certificate,
        path: &Path,
        key: &FoundKey,
        ask: &mut dyn Ask,
    ) -> Result<bool, StoreError> {
        let known = Known {
            certificate: certificate.clone(),
            path: path.to_owned(),
            key: Some(KeyPlace {
                path: path.to_owned(),
                piece: key.piece,
                certain: false,
            }),
        };
        match self.fetch(&known, ask) {
            // One whose public half cannot be told is taken for nobody's.
            Ok(key) => Ok(key::public_key_of(&key)
                .is_ok_and(|public| key::same_public_key(&public, certificate.spki_der()))),
            Err(Fetch::Failed(StoreError::KeyMissing { .. }) | Fetch::Changed) => Ok(false),
            Err(Fetch::Failed(error)) => Err(error),
        }
    }

    /// The certificate that a listing gives a key to which does not show whose it is.
    fn owner(&self, path: &Path, key: &FoundKey) -> Option<Certificate> {
        let last = self.last();
        let mut known = last.as_ref()?.known.values();
        let owner = known.find(|known| {
            let place = known.key.as_ref();
            place.is_some_and(|place| place.path == path && place.piece == key.piece)
        });
        owner.map(|known| known.certificate.clone())
    }
}

/// Every key of a folder, and what else is in its file.
fn keys_in(folder: &Folder) -> impl Iterator<Item = (&Path, &FileContents, &FoundKey)> {
    let scanned = folder.scanned.iter();
    scanned.flat_map(move |(file, contents)| {
        let keys = contents.keys.iter();
        keys.map(move |key| (folder.files[*file].as_path(), contents, key))
    })
}

fn found_in(folder: &Folder) -> impl Iterator<Item = &FoundCertificate> {
    let scanned = folder.scanned.iter();
    scanned.flat_map(|(_, contents)| &contents.certificates)
}

/// Writes the certificate's file, under the first name that is free.
fn write_beside(key: &Path, new: &NewCertificate<'_>) -> Result<(), StoreError> {
    let bytes = encode(new);
    let bytes = bytes.map_err(|error| failed(key, "the certificate has no PEM form", error))?;
    for path in names(key, new).take(NAMES) {
        if std::fs::symlink_metadata(os::long_path(&path)).is_ok() {
            continue;
        }
        let file = change::write(&path, &bytes);
        let file = file.map_err(|error| failed(&path, "the file cannot be written", error))?;
        match file.rename(&path) {
            Ok(()) => {
                return change::sync(
                    &path,
                    "the certificate is in it now, and its disk did not confirm that",
                );
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(failed(
                    &path,
                    "the finished file cannot get its name",
                    error,
                ));
            }
        }
    }
    let reason = "every name for the certificate's file is taken";
    Err(StoreError::not_imported(folder_of(key), reason, None))
}

fn failed(path: &Path, reason: &str, error: io::Error) -> StoreError {
    StoreError::failed_import(path, reason, error)
}

/// The names that the certificate's file may have: that of its key, with the endings of a certificate, and
/// else its own.
fn names<'a>(key: &'a Path, new: &NewCertificate<'_>) -> impl Iterator<Item = PathBuf> + 'a {
    let folder = folder_of(key);
    let label = new.label.map(str::to_owned);
    let label = label.or_else(|| new.certificate.parse().common_name());
    let usual = change::names(folder, &label.unwrap_or_default(), &new.certificate.id());
    let stem = same_name::stem(key);
    let of_key = ["crt", "pem", "cer"].into_iter().map(move |ending| {
        let mut name = stem.to_os_string();
        name.push(format!(".{ending}"));
        folder.join(name)
    });
    of_key.chain(usual)
}

/// The certificate, with its friendly name before it, and then its path.
fn encode(new: &NewCertificate<'_>) -> io::Result<Zeroizing<Vec<u8>>> {
    let before = bag_attributes::write(&BagAttributes {
        friendly_name: new.label.map(str::to_owned),
        ..BagAttributes::default()
    });
    let leaf = pem::Block {
        before: &before,
        ..pem::Block::new(pem::CERTIFICATE, new.certificate.der())
    };
    let issuers = new.issuers.iter();
    let issuers = issuers.map(|issuer| pem::Block::new(pem::CERTIFICATE, issuer.der()));
    let blocks: Vec<_> = iter::once(leaf).chain(issuers).collect();
    pem::join(&blocks).map_err(|error| io::Error::other(error.to_string()))
}
