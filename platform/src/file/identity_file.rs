//! One identity as a PEM file: the private key as PKCS#8, encrypted if there is a password, then the
//! certificate, then its issuers. The bag attributes before the key and the certificate have one
//! localKeyID, which shows whose the key is while it is locked. The file is private from its first
//! moment, and read back from its disk before it gets its name.

use std::io;
use std::path::Path;

use certstow_formats::certificate::Certificate;
use certstow_formats::key::{self, KeyError, KeyForm};
use certstow_formats::pem;
use certstow_formats::pkcs12::decode::BagAttributes;
use certstow_formats::pkcs12::encrypted_key::encrypt_private_key;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::pkcs12::pbe::decrypt_private_key;
use certstow_formats::pkcs12::profile::Profile;
use certstow_formats::secret::{Password, PrivateKey};
use zeroize::Zeroizing;

use super::blocks::{self, Block};
use super::contents;
use super::found::FileContents;
use super::key_kind::KeyKind;
use super::passwords::Passwords;
use super::{bag_attributes, change};
use crate::error::StoreError;
use crate::new_file::NewFile;
use crate::os;
use crate::store::{ExistingEntry, ImportOptions, NewIdentity};

/// Iterations of PBKDF2 that protect a key in a folder: those of the usual PKCS#12 file.
const ITERATIONS: u32 = Profile::Modern.default_iterations();

/// A finished file under its temporary name.
pub(super) struct IdentityFile {
    pub(super) file: NewFile,
    pub(super) contents: FileContents,
}

impl IdentityFile {
    /// Writes it beside `path` and reads it back. What is encrypted is also decrypted where an
    /// older copy goes once this one is there. Elsewhere that is left to the caller, who takes
    /// the key out of the store afterwards: of the same bytes, and by the store's own reader.
    pub(super) fn write(
        path: &Path,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
        passwords: &Passwords,
    ) -> Result<Self, StoreError> {
        let password = options.password;
        if !may_belong(identity.key, identity.certificate) {
            let reason = "the private key is another certificate's";
            return Err(StoreError::not_imported(path, reason, None));
        }
        let bytes = encode(identity, password).map_err(|error| {
            StoreError::failed_import(path, "its PEM form cannot be made", error)
        })?;
        let file = change::write(path, &bytes).map_err(|error| {
            StoreError::failed_import(path, "the file cannot be written", error)
        })?;
        let others = os::others_have_access(file.as_file()).map_err(|error| {
            StoreError::failed_import(path, "who may read the file cannot be told", error)
        })?;
        if others && password.is_none() {
            let reason = "this file system cannot keep others from reading the file, and no \
                          password protects the key";
            return Err(StoreError::not_imported(path, reason, None));
        }
        let decrypts = options.existing == ExistingEntry::Replace;
        if !holds(&bytes, identity, password, decrypts) {
            let reason = "what was read back is not what was meant";
            return Err(StoreError::not_imported(path, reason, None));
        }
        if let (Some(password), Ok(public)) = (password, key::public_key_of(identity.key)) {
            let kind = KeyKind::Known(contents::digest(&public));
            blocks::read(&bytes, &mut Zeroizing::default(), &mut |block| {
                if let Block::Key(key, _) = block {
                    passwords.opens(password, key.der, kind.clone());
                }
            });
        }
        let (contents, _) = FileContents::read(&bytes, passwords);
        Ok(Self { file, contents })
    }
}

fn encode(
    identity: &NewIdentity<'_>,
    password: Option<&Password>,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let sealed;
    let (label, key) = match password {
        Some(password) => {
            sealed = encrypt_private_key(identity.key, password, ITERATIONS)
                .map_err(|error| io::Error::other(error.to_string()))?;
            (pem::ENCRYPTED_KEY, sealed.as_slice())
        }
        None => (pem::KEY, identity.key.expose()),
    };
    let of_leaf = BagAttributes {
        friendly_name: identity.label.map(str::to_owned),
        local_key_id: Some(bag_attributes::local_key_id_of(identity.certificate)),
        ..BagAttributes::default()
    };
    let before_leaf = bag_attributes::write(&of_leaf);
    let before_key = bag_attributes::write(&BagAttributes {
        provider_name: identity.provider.map(str::to_owned),
        ..of_leaf
    });
    let mut blocks = vec![
        pem::Block {
            before: &before_key,
            ..pem::Block::new(label, key)
        },
        pem::Block {
            before: &before_leaf,
            ..pem::Block::new(pem::CERTIFICATE, identity.certificate.der())
        },
    ];
    let issuers = identity.issuers.iter();
    blocks.extend(issuers.map(|issuer| pem::Block::new(pem::CERTIFICATE, issuer.der())));
    pem::join(&blocks).map_err(|error| io::Error::other(error.to_string()))
}

/// Whether these bytes are the identity, as the store's own reader finds it: its certificates, and
/// its key, which the password opens if it is tried.
fn holds(
    bytes: &[u8],
    identity: &NewIdentity<'_>,
    password: Option<&Password>,
    decrypts: bool,
) -> bool {
    let is_own = |key: &PrivateKey| key.expose() == identity.key.expose();
    let same = |form: KeyForm, der: &[u8]| match (form, password) {
        (KeyForm::EncryptedPkcs8, Some(_)) if !decrypts => true,
        _ => opened(form, der, password).is_some_and(|key| is_own(&key)),
    };
    let mut keys = Vec::new();
    let mut certificates: Vec<Vec<u8>> = Vec::new();
    let mut others = 0;
    blocks::read(bytes, &mut Zeroizing::default(), &mut |block| match block {
        Block::Key(key, _) => keys.push(same(key.form, key.der)),
        Block::Certificate(der, _) => certificates.push(der.to_vec()),
        Block::Pkcs12(_) | Block::Unusable(_) | Block::OtherKey(_) => others += 1,
    });
    let meant = [identity.certificate].into_iter().chain(identity.issuers);
    keys == [true] && others == 0 && meant.map(Certificate::der).eq(certificates.iter())
}

fn opened(form: KeyForm, der: &[u8], password: Option<&Password>) -> Option<PrivateKey> {
    match (form, password) {
        (KeyForm::Pkcs8, None) => Some(PrivateKey::from_pkcs8_der(Zeroizing::new(der.to_vec()))),
        (KeyForm::EncryptedPkcs8, Some(password)) => {
            decrypt_private_key(der, PasswordForm::Text(password), ITERATIONS).ok()
        }
        _ => None,
    }
}

/// Whether a key's public half, where that can be told, is the certificate's.
fn may_belong(key: &PrivateKey, certificate: &Certificate) -> bool {
    match key::public_key_of(key) {
        Ok(public) => key::same_public_key(&public, certificate.spki_der()),
        Err(error) => matches!(error, KeyError::UnknownAlgorithm(_)),
    }
}
