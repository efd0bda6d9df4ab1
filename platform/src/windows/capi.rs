//! A private key that a CSP of CryptoAPI keeps, CNG's predecessor: exported in clear, as a
//! PRIVATEKEYBLOB, if its permissions have CRYPT_EXPORT.

mod ffi;

use windows_sys::Win32::Security::Cryptography::{AT_KEYEXCHANGE, AT_SIGNATURE, CRYPT_EXPORT};

use super::attempt::{Attempt, Failure};
use super::codes::{Meaning, OsError, Policy, meaning};
use super::ffi::KeyProviderInfo;
use super::private_key_blob;

use ffi::{Container, Key};

/// Opens the container that a certificate names, and exports its key.
pub(super) fn export(info: &KeyProviderInfo, silent: bool) -> Attempt {
    let opened = Container::open(info, silent);
    let key = opened.as_ref().map_err(OsError::clone);
    match key.and_then(|container| key_of(container, info.key_spec)) {
        Ok(key) => export_open(&key),
        Err(error) => Attempt::failed(Policy::Unopened, error),
    }
}

fn export_open(key: &Key<'_>) -> Attempt {
    let policy = match key.permissions() {
        Ok(permissions) if permissions & CRYPT_EXPORT != 0 => Policy::Allows,
        Ok(_) => Policy::Forbids,
        Err(_) => Policy::Untold,
    };
    let mut attempt = Attempt::new(policy);
    attempt.way(|| {
        let blob = key.export()?;
        private_key_blob::to_pkcs8(&blob).map_err(Failure::Unreadable)
    });
    attempt
}

/// The key of the kind that the certificate names, or else the only one there is: what a
/// certificate names is not always one of the two kinds.
fn key_of(container: &Container, key_spec: u32) -> Result<Key<'_>, OsError> {
    let named = container.key(key_spec);
    let other_kinds = [AT_KEYEXCHANGE, AT_SIGNATURE];
    let other_kinds = other_kinds.into_iter().filter(|&kind| kind != key_spec);
    match named {
        Err(error) if meaning(error.code) == Meaning::NoKey => other_kinds
            .into_iter()
            .find_map(|kind| container.key(kind).ok())
            .ok_or(error),
        named => named,
    }
}
