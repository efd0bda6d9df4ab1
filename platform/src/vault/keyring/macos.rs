//! The login keychain: generic passwords of the service "certstow". The program that made one can
//! read it; for any other, macOS asks in a window, which is kept from opening here.

use std::collections::HashMap;
use std::sync::Arc;

use apple_native_keyring_store::keychain::Store;
use keyring_core::api::CredentialStore;
use security_framework::base::Error as OsError;
use security_framework::os::macos::keychain::SecKeychain;

use crate::error::Source;
use crate::vault::error::VaultError;

pub(super) const PLACE: &str = "the login keychain";

pub(super) const SERVICE: &str = "certstow";

/// `errSecInteractionNotAllowed`: the keychain is locked, or would ask.
const INTERACTION_NOT_ALLOWED: i32 = -25308;
/// `errSecAuthFailed`.
const AUTH_FAILED: i32 = -25293;

pub(super) fn with_store<T>(
    work: impl FnOnce(keyring_core::Result<Arc<CredentialStore>>) -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    let _silent = SecKeychain::disable_user_interaction().map_err(|error| failed(error.into()))?;
    work(Store::new().map(|store| store as Arc<CredentialStore>))
}

pub(super) fn modifiers(_label: &str) -> HashMap<&str, &str> {
    HashMap::new()
}

/// What `NoStorageAccess` means.
pub(super) fn no_access(source: Source) -> VaultError {
    VaultError::Denied {
        place: PLACE.to_owned(),
        source: Some(source),
    }
}

/// What `PlatformFailure` means.
pub(super) fn failed(source: Source) -> VaultError {
    let place = PLACE.to_owned();
    let code = source.downcast_ref::<OsError>().map(|error| error.code());
    match code {
        Some(INTERACTION_NOT_ALLOWED) => VaultError::Locked {
            place,
            source: Some(source),
        },
        Some(AUTH_FAILED) => VaultError::Denied {
            place,
            source: Some(source),
        },
        _ => VaultError::Failed { place, source },
    }
}
