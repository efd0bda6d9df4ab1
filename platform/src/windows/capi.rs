//! A private key that a CSP of CryptoAPI keeps, CNG's predecessor: exported in clear, as a
//! PRIVATEKEYBLOB, if its permissions have CRYPT_EXPORT; and imported from one.

mod ffi;

use windows_sys::Win32::Security::Cryptography::{
    AT_KEYEXCHANGE, AT_SIGNATURE, CRYPT_EXPORT, CRYPT_MACHINE_KEYSET, PROV_RSA_AES,
};

use super::codes::{Meaning, OsError, Policy, meaning};
use super::ffi::KeyProviderInfo;
use super::kept::Kept;
use super::{private_key_blob, public_key_blob};
use crate::attempt::{Attempt, Failure};
use ffi::{Container, Key};

/// MS_ENH_RSA_AES_PROV, the one that can sign with SHA-256.
const PROVIDER: &str = "Microsoft Enhanced RSA and AES Cryptographic Provider";

/// The keys that a container may have.
const KINDS: [u32; 2] = [AT_KEYEXCHANGE, AT_SIGNATURE];

/// Takes the RSA key of a PRIVATEKEYBLOB into a new container; where it is. A failure leaves none.
pub(super) fn import(
    name: String,
    blob: &[u8],
    exportable: bool,
    machine: bool,
) -> Result<KeyProviderInfo, OsError> {
    let info = KeyProviderInfo {
        container: name,
        provider: PROVIDER.to_owned(),
        provider_type: PROV_RSA_AES,
        flags: if machine { CRYPT_MACHINE_KEYSET } else { 0 },
        key_spec: AT_KEYEXCHANGE,
    };
    let container = Container::create(&info)?;
    let imported = container.import(blob, exportable);
    drop(container);
    match imported {
        Ok(()) => Ok(info),
        Err(error) => {
            // What the import failed with tells more.
            let _ = delete(&info);
            Err(error)
        }
    }
}

/// The RSA keys of the account or the computer. Microsoft's providers of RSA share their containers. A
/// container that does not open, and a key that does not tell its public half, are passed over.
pub(super) fn keys(machine: bool) -> Result<Vec<Kept>, OsError> {
    let mut keys = Vec::new();
    for container in ffi::containers(PROVIDER, PROV_RSA_AES, machine)? {
        for key_spec in KINDS {
            let info = KeyProviderInfo {
                container: container.clone(),
                provider: PROVIDER.to_owned(),
                provider_type: PROV_RSA_AES,
                flags: if machine { CRYPT_MACHINE_KEYSET } else { 0 },
                key_spec,
            };
            let opened = Container::open(&info, true);
            let public = opened.and_then(|container| container.key(key_spec)?.export_public());
            if let Some(public) = public.ok().and_then(|blob| public_key_blob::of_capi(&blob)) {
                keys.push(Kept { info, public });
            }
        }
    }
    Ok(keys)
}

/// What the public half of the key that a certificate names is compared by; `None` if it is no RSA key.
/// Opens no window.
pub(super) fn public_value(info: &KeyProviderInfo) -> Result<Option<Vec<u8>>, OsError> {
    let container = Container::open(info, true)?;
    let blob = key_of(&container, info.key_spec)?.export_public()?;
    Ok(public_key_blob::of_capi(&blob))
}

/// Deletes the container that a certificate names.
pub(super) fn delete(info: &KeyProviderInfo) -> Result<(), OsError> {
    ffi::delete(info)
}

/// Opens the container that a certificate names, and exports its key.
pub(super) fn export(info: &KeyProviderInfo, silent: bool) -> (Policy, Attempt<OsError>) {
    let opened = Container::open(info, silent);
    let key = opened.as_ref().map_err(OsError::clone);
    match key.and_then(|container| key_of(container, info.key_spec)) {
        Ok(key) => export_open(&key, silent),
        Err(error) => (Policy::Closed, Attempt::refused(error)),
    }
}

fn export_open(key: &Key<'_>, silent: bool) -> (Policy, Attempt<OsError>) {
    let policy = Policy::from_flags(key.permissions(), CRYPT_EXPORT);
    let mut attempt = Attempt::new();
    // Where the policy forbids it, the call returns Windows' own error, and opens no window.
    if policy != Policy::Forbids || silent {
        attempt.way(|| {
            let blob = key.export()?;
            private_key_blob::to_pkcs8(&blob).map_err(Failure::Unreadable)
        });
    }
    (policy, attempt)
}

/// The key of the kind that the certificate names, or else the only one there is: what a
/// certificate names is not always one of the two kinds.
fn key_of(container: &Container, key_spec: u32) -> Result<Key<'_>, OsError> {
    container.key(key_spec).or_else(|error| {
        let named_a_kind = KINDS.contains(&key_spec);
        if named_a_kind && meaning(&error) != Meaning::NoKey {
            return Err(error);
        }
        let others = KINDS.into_iter().filter(|kind| *kind != key_spec);
        let mut found = others.filter_map(|kind| container.key(kind).ok());
        found.next().ok_or(error)
    })
}
