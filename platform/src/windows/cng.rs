//! A private key that a KSP of CNG keeps. The key is asked for encrypted first, since most keys
//! that may leave may only do so (NCRYPT_ALLOW_EXPORT_FLAG), and then in clear
//! (NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG). A key that is imported may leave as Windows' own import
//! would have it: encrypted.

mod ffi;

use certstow_formats::secret::PrivateKey;
use windows_sys::Win32::Security::Cryptography::{
    CRYPT_MACHINE_KEYSET, NCRYPT_ALLOW_EXPORT_FLAG, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG,
};

use super::codes::{OsError, Policy};
use super::encrypted_pkcs8::Protection;
use super::ffi::KeyProviderInfo;
use super::kept::Kept;
use super::public_key_blob;
use crate::attempt::{Attempt, Failure};
use ffi::Key;

/// MS_KEY_STORAGE_PROVIDER, which keeps keys in files.
const PROVIDER: &str = "Microsoft Software Key Storage Provider";

/// Takes a key in under a new name, from PKCS#8 of version 1; where it is. A failure leaves none.
pub(super) fn import(
    name: String,
    pkcs8: &PrivateKey,
    exportable: bool,
    machine: bool,
) -> Result<KeyProviderInfo, OsError> {
    let info = KeyProviderInfo {
        container: name,
        provider: PROVIDER.to_owned(),
        provider_type: 0,
        flags: if machine { CRYPT_MACHINE_KEYSET } else { 0 },
        key_spec: 0,
    };
    let policy = if exportable {
        NCRYPT_ALLOW_EXPORT_FLAG
    } else {
        0
    };
    Key::import(&info, pkcs8.expose())?.keep(policy)?;
    Ok(info)
}

/// The keys of the account or the computer that CAPI does not have. What does not open without a window
/// is passed over.
pub(super) fn keys(machine: bool) -> Result<Vec<Kept>, OsError> {
    let mut keys = Vec::new();
    for container in ffi::names(PROVIDER, machine)? {
        let info = KeyProviderInfo {
            container,
            provider: PROVIDER.to_owned(),
            provider_type: 0,
            flags: if machine { CRYPT_MACHINE_KEYSET } else { 0 },
            key_spec: 0,
        };
        if let Ok(Some(public)) = public_value(&info) {
            keys.push(Kept { info, public });
        }
    }
    Ok(keys)
}

/// What the public half of the key that a certificate names is compared by; `None` if it is neither an
/// RSA key nor one of an elliptic curve. Opens no window.
pub(super) fn public_value(info: &KeyProviderInfo) -> Result<Option<Vec<u8>>, OsError> {
    let blob = Key::open(info, true)?.export_public()?;
    Ok(public_key_blob::of_cng(&blob))
}

/// Deletes the key that a certificate names.
pub(super) fn delete(info: &KeyProviderInfo) -> Result<(), OsError> {
    Key::open(info, true)?.delete()
}

/// Opens the key that a certificate names, and exports it.
pub(super) fn export(info: &KeyProviderInfo, silent: bool) -> (Policy, Attempt<OsError>) {
    match Key::open(info, silent) {
        Ok(key) => export_open(&key, silent),
        Err(error) => (Policy::Closed, Attempt::refused(error)),
    }
}

fn export_open(key: &Key, silent: bool) -> (Policy, Attempt<OsError>) {
    const ALLOW: u32 = NCRYPT_ALLOW_EXPORT_FLAG | NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG;
    let policy = Policy::from_flags(key.export_policy(), ALLOW);
    let mut attempt = Attempt::new();
    // Where the policy forbids it, the call returns Windows' own error, and opens no window.
    if policy != Policy::Forbids || silent {
        attempt.way(|| encrypted(key));
    }
    if policy != Policy::Forbids {
        attempt.way(|| {
            let key = key.export_plain()?;
            Ok(PrivateKey::from_pkcs8_der(key))
        });
    }
    (policy, attempt)
}

fn encrypted(key: &Key) -> Result<PrivateKey, Failure<OsError>> {
    let protection = Protection::random().map_err(OsError::from)?;
    let encrypted = key.export_encrypted(&protection)?;
    protection.open(&encrypted).map_err(Failure::Unreadable)
}
