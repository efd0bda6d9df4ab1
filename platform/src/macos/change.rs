//! Putting an identity into a keychain, or a certificate beside its key, and taking it out. A keychain
//! holds a private key once, whichever certificates belong to it: it finds them by the hash of the public
//! key. So a key that is there stays as it is, permissions included, and goes only with the last of its
//! certificates.

mod ffi;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key::{KeyError, describe, forms, key_identifier, normalized};
use security_framework::certificate::SecCertificate;
use security_framework::key::SecKey;
use security_framework::os::macos::keychain::SecKeychain;

use super::ffi::status;
use super::key;
use super::search::{certificate_refs, has_private_key, identities};
use super::status::{DUPLICATE, Status, change_error};
use crate::error::{Source, StoreError};
use crate::exported_key::proven_export;
use crate::store::{
    ExistingEntry, ImportOptions, Interaction, NewCertificate, NewIdentity, Removal,
};

/// A keychain that is to be changed, and what is known of the change.
pub(super) struct Change<'a> {
    pub(super) keychain: &'a SecKeychain,
    /// Where the certificate is, or is to be.
    pub(super) place: &'a str,
    /// Whether macOS may open windows.
    pub(super) windows: Interaction,
}

impl Change<'_> {
    /// Imports an identity.
    pub(super) fn import(
        &self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
    ) -> Result<EntryId, StoreError> {
        let key = traditional(identity).map_err(|reason| self.refused(&reason, None))?;
        let id = identity.certificate.id();
        let there = self.read(|| self.certificates())?;
        let present = self.read(|| identities(std::slice::from_ref(self.keychain)))?;
        let present = present.iter().any(|(found, _)| *found == id);
        if present && options.existing == ExistingEntry::Keep {
            let place = self.place.to_owned();
            return Err(StoreError::AlreadyThere { place });
        }
        let mut made = Made::default();
        if !present && !self.has_key(identity.certificate)? {
            made.key = self.import_key(&key, options.exportable)?;
        }
        // Whatever the key may do, it does already.
        if made.key.is_none() && !options.exportable {
            let reason = "the keychain has this private key already, with permissions of its own";
            return Err(self.refused(reason, None));
        }
        for certificate in std::iter::once(identity.certificate).chain(identity.issuers) {
            self.add(certificate, &there, &mut made)?;
        }
        if let Some(label) = identity.label {
            self.label(&id, made.key.as_ref(), label)?;
        }
        self.prove(identity.certificate, made.key.is_some(), options.exportable)?;
        made.stay();
        Ok(id)
    }

    /// Puts a certificate into the keychain, which has its private key: it pairs them by itself, by the
    /// hash of the public key.
    pub(super) fn attach(&self, new: &NewCertificate<'_>) -> Result<EntryId, StoreError> {
        let id = new.certificate.id();
        let there = self.read(|| self.certificates())?;
        let mut made = Made::default();
        for certificate in std::iter::once(new.certificate).chain(new.issuers) {
            self.add(certificate, &there, &mut made)?;
        }
        self.prove(new.certificate, false, false)?;
        if let Some(label) = new.label {
            self.label(&id, None, label)?;
        }
        made.stay();
        Ok(id)
    }

    /// Whether the keychain has the private key, as it does of a certificate that was renewed with its
    /// old key. A second import of it fails only when the record is there that nobody removes
    /// (modifyUniqueId in KeyItem.cpp), so Apple's own importer looks first, too (SecIdentity.cpp,
    /// importPkcs12KeyToLegacyKeychain).
    pub(super) fn has_key(&self, certificate: &Certificate) -> Result<bool, StoreError> {
        match key_identifier(certificate.spki_der()) {
            Some(hash) => self.read(|| has_private_key(self.keychain, &hash)),
            None => Ok(false),
        }
    }

    /// The new key; `None` if the keychain had it.
    fn import_key(&self, key: &[u8], extractable: bool) -> Result<Option<SecKey>, StoreError> {
        match ffi::import_key(self.keychain, key, extractable) {
            Ok(Some(key)) => Ok(Some(key)),
            Ok(None) => Err(self.refused("macOS does not say where its private key is", None)),
            Err(status) if status.code == DUPLICATE => Ok(None),
            Err(status) => Err(self.failed(status, "macOS does not take its private key")),
        }
    }

    fn add(
        &self,
        certificate: &Certificate,
        there: &[(SecCertificate, Vec<u8>)],
        made: &mut Made,
    ) -> Result<(), StoreError> {
        if there.iter().any(|(_, der)| der == certificate.der()) {
            return Ok(());
        }
        let added = SecCertificate::from_der(certificate.der()).and_then(|new| {
            new.add_to_keychain(Some(self.keychain.clone()))?;
            Ok(new)
        });
        match added {
            Ok(new) => {
                made.certificates.push(new);
                Ok(())
            }
            Err(error) if error.code() == DUPLICATE => Ok(()),
            Err(error) => {
                let status = status("SecCertificateAddToKeychain", error.code());
                Err(self.failed(status, "macOS does not take a certificate of it"))
            }
        }
    }

    fn label(&self, id: &EntryId, key: Option<&SecKey>, label: &str) -> Result<(), StoreError> {
        let labelled = self.find(id).and_then(|found| {
            found
                .iter()
                .try_for_each(|one| ffi::label_certificate(one, label))?;
            key.map_or(Ok(()), |key| ffi::label_key(key, label))
        });
        labelled.map_err(|status| self.failed(status, "macOS does not take its friendly name"))
    }

    /// Sees that certificate and key have found each other, and whether a new key is exportable.
    fn prove(
        &self,
        certificate: &Certificate,
        new: bool,
        exportable: bool,
    ) -> Result<(), StoreError> {
        let identities = self.read(|| identities(std::slice::from_ref(self.keychain)))?;
        let id = certificate.id();
        let Some((_, identity)) = identities.iter().find(|(found, _)| *found == id) else {
            let reason = "the keychain does not pair certificate and private key afterwards";
            return Err(self.refused(reason, None));
        };
        if !new {
            return Ok(());
        }
        let exported = key::export(identity, certificate.der(), self.place, self.windows);
        let lets_out = "macOS would let the private key out";
        proven_export(exported, exportable, self.place, lets_out).map(drop)
    }

    /// Takes out the private key, or the certificate and its key. Others that belong to the same
    /// key keep it, in each of the keychains that are searched for them.
    pub(super) fn remove(
        &self,
        certificate: &Certificate,
        what: Removal,
        searched: &[SecKeychain],
    ) -> Result<(), StoreError> {
        let id = certificate.id();
        let identities = self.read(|| identities(std::slice::from_ref(self.keychain)))?;
        let identity = identities.iter().find(|(found, _)| *found == id);
        let certificates = self.read(|| certificate_refs(searched))?;
        let shared = certificates.iter().any(|(_, der)| match der {
            Some(der) => Certificate::from_der(der)
                .is_ok_and(|other| other != *certificate && same_key(&other, certificate)),
            // A certificate that macOS refuses to return may be of the same key.
            None => true,
        });
        let mut key_is_gone = false;
        match (what, identity) {
            (Removal::Key, None) => {
                return Err(StoreError::key_missing(self.place));
            }
            (Removal::Key, Some(_)) if shared => {
                let reason = "another certificate has the same private key";
                return Err(self.not_removed(reason, None));
            }
            (_, Some((_, identity))) if !shared => {
                let key = identity.private_key();
                key.map_err(|error| status("SecIdentityCopyPrivateKey", error.code()))
                    .and_then(|key| ffi::delete_key(&key))
                    .map_err(|status| self.left(status))?;
                key_is_gone = true;
            }
            _ => {}
        }
        if what == Removal::Entry {
            let found = self.find(&id);
            found
                .and_then(|found| found.iter().try_for_each(ffi::delete_certificate))
                .map_err(|status| match key_is_gone {
                    true => self.half_done(status),
                    false => self.left(status),
                })?;
        }
        Ok(())
    }

    fn certificates(&self) -> Result<Vec<(SecCertificate, Vec<u8>)>, Status> {
        let found = certificate_refs(std::slice::from_ref(self.keychain))?;
        let readable = found.into_iter().filter_map(|(one, der)| Some((one, der?)));
        Ok(readable.collect())
    }

    fn find(&self, id: &EntryId) -> Result<Vec<SecCertificate>, Status> {
        let found = self.certificates()?.into_iter();
        let found = found.filter(|(_, der)| EntryId::of(der) == *id);
        Ok(found.map(|(one, _)| one).collect())
    }

    fn read<T>(&self, read: impl FnOnce() -> Result<T, Status>) -> Result<T, StoreError> {
        read().map_err(|status| self.failed(status, "macOS does not search the keychain"))
    }

    fn failed(&self, status: Status, reason: &str) -> StoreError {
        let otherwise = |source| self.refused(reason, Some(source));
        change_error(status, self.place, self.windows, otherwise)
    }

    fn left(&self, status: Status) -> StoreError {
        let otherwise = |source| self.not_removed("macOS does not delete it", Some(source));
        change_error(status, self.place, self.windows, otherwise)
    }

    fn half_done(&self, status: Status) -> StoreError {
        let reason = "its private key is deleted, but macOS does not delete the certificate";
        StoreError::half_done(self.place, reason, Some(status.into()))
    }

    fn refused(&self, reason: &str, source: Option<Source>) -> StoreError {
        StoreError::not_imported(self.place, reason, source)
    }

    fn not_removed(&self, reason: &str, source: Option<Source>) -> StoreError {
        StoreError::not_removed(self.place, reason, source)
    }
}

/// What an import has added so far; dropped before it may stay, it is deleted again.
#[derive(Default)]
struct Made {
    key: Option<SecKey>,
    certificates: Vec<SecCertificate>,
}

impl Made {
    fn stay(mut self) {
        self.key = None;
        self.certificates.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // The error that led here tells more than one of these would.
        for certificate in &self.certificates {
            let _ = ffi::delete_certificate(certificate);
        }
        if let Some(key) = &self.key {
            let _ = ffi::delete_key(key);
        }
    }
}

/// The key in the form that SecItemImport takes, or why a keychain cannot keep it, as a clause.
fn traditional(identity: &NewIdentity<'_>) -> Result<zeroize::Zeroizing<Vec<u8>>, String> {
    let spki = identity.certificate.spki_der();
    forms::traditional(identity.key, spki).map_err(|error| match error {
        KeyError::UnknownAlgorithm(_) => {
            format!("keychains keep no {} keys", describe(spki).algorithm)
        }
        error => error.to_string(),
    })
}

fn same_key(one: &Certificate, other: &Certificate) -> bool {
    normalized(one.spki_der()) == normalized(other.spki_der())
}
