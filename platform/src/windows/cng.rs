//! A private key that a KSP of CNG keeps. The key is asked for encrypted first, since most keys
//! that may leave may only do so (NCRYPT_ALLOW_EXPORT_FLAG), and then in clear
//! (NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG).

mod ffi;

use windows_sys::Win32::Security::Cryptography::{
    NCRYPT_ALLOW_EXPORT_FLAG, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG,
};

use super::codes::{OsError, Policy};
use super::encrypted_pkcs8::Protection;
use super::ffi::KeyProviderInfo;
use super::key::Asked;
use crate::attempt::{Attempt, Failure};
use crate::secret::PrivateKey;
use ffi::Key;

/// Opens the key that a certificate names, and exports it.
pub(super) fn export(info: &KeyProviderInfo, silent: bool) -> Asked {
    match Key::open(info, silent) {
        Ok(key) => export_open(&key, silent),
        Err(error) => Asked::closed(error),
    }
}

fn export_open(key: &Key, silent: bool) -> Asked {
    const ALLOW: u32 = NCRYPT_ALLOW_EXPORT_FLAG | NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG;
    let policy = Policy::of(key.export_policy(), ALLOW);
    let mut attempt = Attempt::new();
    // Where the policy forbids it, the call brings Windows' own word on it, but no window.
    if policy != Policy::Forbids || silent {
        attempt.way(|| encrypted(key));
    }
    if policy != Policy::Forbids {
        attempt.way(|| {
            let key = key.export_plain()?;
            Ok(PrivateKey::from_pkcs8_der(key))
        });
    }
    Asked { policy, attempt }
}

fn encrypted(key: &Key) -> Result<PrivateKey, Failure<OsError>> {
    let protection = Protection::random().map_err(OsError::from)?;
    let encrypted = key.export_encrypted(&protection)?;
    protection.open(&encrypted).map_err(Failure::Unreadable)
}
