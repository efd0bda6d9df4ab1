//! The login keychain: generic passwords of the service "certstow". The program that made one can
//! read it; for any other, macOS asks in a window, which is kept from opening here.

use std::collections::HashMap;
use std::sync::Arc;

use apple_native_keyring_store::keychain::Store;
use keyring_core::api::CredentialStore;
use security_framework::base::Error as OsError;
use security_framework::os::macos::keychain::{SecKeychain, SecPreferencesDomain};

use crate::error::Source;
use crate::macos;
use crate::vault::error::VaultError;
use crate::vault::login_keychain;
pub(super) use crate::vault::login_keychain::PLACE;

pub(super) const SERVICE: &str = "certstow";

pub(super) fn with_store<T>(
    work: impl FnOnce(keyring_core::Result<Arc<CredentialStore>>) -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    let _silent = macos::without_windows().map_err(|status| failed(status.into()))?;
    work(Store::new().map(|store| store as Arc<CredentialStore>))
}

pub(super) fn modifiers(_label: &str) -> HashMap<&str, &str> {
    HashMap::new()
}

/// What `NoStorageAccess` means.
pub(super) fn no_access(source: Source) -> VaultError {
    failed(source)
}

/// What `PlatformFailure` means.
pub(super) fn failed(source: Source) -> VaultError {
    let code = source.downcast_ref::<OsError>().map(|error| error.code());
    login_keychain::error(code, is_unlocked(), source)
}

/// Whether the keychain that the store uses is unlocked, if that can be told.
fn is_unlocked() -> Option<bool> {
    let keychain = SecKeychain::default_for_domain(SecPreferencesDomain::User).ok()?;
    macos::is_unlocked(&keychain).ok()
}
