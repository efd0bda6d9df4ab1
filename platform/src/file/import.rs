//! Taking an identity into a folder: one PEM file that holds the private key as PKCS#8, encrypted
//! if there is a password, then the certificate, then its issuers. It is private from its first
//! moment, and gets its name only after it was read back and its key opened.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::bag_attributes;
use super::blocks::{self, Block};
use super::change::{self, Becomes, Change, free_name};
use crate::certificate::Certificate;
use crate::error::StoreError;
use crate::key::{self, KeyError, KeyForm};
use crate::new_file::NewFile;
use crate::pkcs12::encrypted_key::encrypt_private_key;
use crate::pkcs12::kdf::PasswordForm;
use crate::pkcs12::pbe::decrypt_private_key;
use crate::secret::{Password, PrivateKey};
use crate::spec::StoreSpec;
use crate::store::NewIdentity;
use crate::{file_name, os, pem};

/// Iterations of PBKDF2 that protect a key in a folder.
const ITERATIONS: u32 = 200_000;

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

/// What came of an attempt to import.
pub(crate) enum Imported {
    /// The identity is in a file of its own.
    Done,
    /// Another program took the name for the file after the folder was looked at; it may have put
    /// the same identity there. Nothing has changed.
    NameTaken,
}

/// Puts the identity into a file of its own in the folder `root`, and then makes `changes`, which
/// take out the copy that was there.
///
/// # Errors
/// - [`StoreError::NotImported`], [`StoreError::NotRemoved`], [`StoreError::AccessDenied`]: nothing
///   has changed.
/// - [`StoreError::HalfDone`]: it is there now, and so is the copy that was there, or a part of it.
pub(crate) fn import(
    root: &Path,
    identity: &NewIdentity<'_>,
    password: Option<&Password>,
    mut changes: Vec<Change>,
) -> Result<Imported, StoreError> {
    if !may_belong(identity.key, identity.certificate) {
        return Err(refused(root, "the private key is another certificate's"));
    }
    let label = identity.label.map(str::to_owned);
    let label = label.or_else(|| common_name(identity.certificate));
    let (label, id) = (label.unwrap_or_default(), identity.certificate.id());
    let usual = root.join(file_name::of_identity(&label, &id, "pem"));
    let replaced = changes
        .iter()
        .position(|change| change.path == usual && matches!(change.becomes, Becomes::Deleted));
    let path = match replaced {
        Some(_) => usual,
        None => free_name(root, &label, &id),
    };
    let file = write(&path, identity, password)?;
    // In one step: neither is there ever no file, nor are there two.
    let named = match replaced.map(|at| changes.remove(at)) {
        Some(old) => {
            old.is_still_right()?;
            file.replace(&path)
        }
        None => file.rename(&path),
    };
    if let Err(error) = named {
        return match error.kind() {
            io::ErrorKind::AlreadyExists => Ok(Imported::NameTaken),
            _ => Err(failed(
                &path,
                "the finished file cannot get its name",
                error,
            )),
        };
    }
    // Until the new file is there for good, no other goes.
    change::sync(
        &path,
        "the identity is in it now, and its disk did not confirm that",
    )?;
    change::make(&changes).map_err(|error| taken_back(&path, replaced.is_some(), error))?;
    Ok(Imported::Done)
}

/// What is said where the copy that was there cannot be taken out. The new one goes again, unless
/// it took the place of another.
fn taken_back(path: &Path, replaced: bool, error: StoreError) -> StoreError {
    let nothing_else_done = !replaced && !matches!(error, StoreError::HalfDone { .. });
    match nothing_else_done && fs::remove_file(os::long_path(path)).is_ok() {
        true => error,
        false => StoreError::HalfDone {
            place: path.display().to_string(),
            reason: "the identity is in it now, but the copy that was there before is not all gone"
                .to_owned(),
            source: Some(error.into()),
        },
    }
}

/// The finished file under its temporary name, read back and found to hold what was meant.
fn write(
    path: &Path,
    identity: &NewIdentity<'_>,
    password: Option<&Password>,
) -> Result<NewFile, StoreError> {
    let bytes = encode(identity, password)
        .map_err(|error| failed(path, "its PEM form cannot be made", error))?;
    let file = change::write(path, &bytes)
        .map_err(|error| failed(path, "the file cannot be written", error))?;
    let others = os::others_have_access(file.as_file())
        .map_err(|error| failed(path, "who may read the file cannot be told", error))?;
    if others && password.is_none() {
        return Err(refused(
            path,
            "this file system cannot keep others from reading the file, and no password protects \
             the key",
        ));
    }
    let read = file
        .read_back(bytes.len())
        .map_err(|error| failed(path, "the file cannot be read back", error))?;
    match holds(&read, identity, password) {
        true => Ok(file),
        false => Err(refused(path, "what was read back is not what was meant")),
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
    let before_key = bag_attributes::write(identity.label, identity.provider);
    let before_leaf = bag_attributes::write(identity.label, None);
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

/// Whether these bytes are the identity, as the store's own reader finds it: its key, which the
/// password opens, and its certificates.
fn holds(bytes: &[u8], identity: &NewIdentity<'_>, password: Option<&Password>) -> bool {
    let mut keys = Vec::new();
    let mut certificates: Vec<Vec<u8>> = Vec::new();
    let mut others = 0;
    blocks::read(bytes, &mut Zeroizing::default(), &mut |block| match block {
        Block::Key(key, _) => keys.push(opened(key.form, key.der, password)),
        Block::Certificate(der, _) => certificates.push(der.to_vec()),
        Block::Pkcs12(_) | Block::Unusable(_) => others += 1,
    });
    let meant = [identity.certificate].into_iter().chain(identity.issuers);
    let same_key = match keys.as_slice() {
        [Some(key)] => key.expose() == identity.key.expose(),
        _ => false,
    };
    same_key && others == 0 && meant.map(Certificate::der).eq(certificates.iter())
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

fn common_name(certificate: &Certificate) -> Option<String> {
    let parsed = certificate.parse();
    let mut names = parsed.subject().iter_common_name();
    names.next()?.as_str().ok().map(str::to_owned)
}

pub(crate) fn refused(place: &Path, reason: &str) -> StoreError {
    StoreError::NotImported {
        place: place.display().to_string(),
        reason: reason.to_owned(),
        source: None,
    }
}

fn failed(path: &Path, reason: &str, error: io::Error) -> StoreError {
    StoreError::of_file(path, error, |place, source| StoreError::NotImported {
        place,
        reason: reason.to_owned(),
        source: Some(source),
    })
}
