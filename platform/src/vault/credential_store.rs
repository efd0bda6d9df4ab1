//! What a credential store of `keyring-core` shares with those of the other systems: the meaning of
//! its errors, and the search by service.

#[cfg(not(windows))]
use std::collections::HashMap;
#[cfg(not(windows))]
use std::sync::Arc;

use keyring_core::Error as KeyringError;
#[cfg(not(windows))]
use keyring_core::api::CredentialStore;
use zeroize::Zeroizing;

use super::error::VaultError;
use crate::error::Source;

/// What the errors of a system's store mean.
pub(super) struct Errors {
    /// The vault, in words for a person.
    pub(super) place: &'static str,
    /// What `NoStorageAccess` means.
    pub(super) no_access: fn(Source) -> VaultError,
    /// What `PlatformFailure` means.
    pub(super) failed: fn(Source) -> VaultError,
}

impl Errors {
    /// What an error means that names no entry. Some hold what the vault had, which is wiped; their
    /// text does not.
    pub(super) fn vault_error(&self, error: KeyringError) -> VaultError {
        let place = self.place.to_owned();
        let unfit = |reason: &str| VaultError::Unfit {
            place: self.place.to_owned(),
            reason: reason.to_owned(),
        };
        match error {
            KeyringError::NoStorageAccess(source) => (self.no_access)(source),
            KeyringError::PlatformFailure(source) => (self.failed)(source),
            KeyringError::BadEncoding(bytes) | KeyringError::BadDataFormat(bytes, _) => {
                drop(Zeroizing::new(bytes));
                unfit("it is no text")
            }
            KeyringError::TooLong(..) => unfit("it is longer than the vault takes"),
            KeyringError::Ambiguous(entries) => {
                unfit(&format!("there are {} of this name", entries.len()))
            }
            other => VaultError::Failed {
                place,
                source: other.to_string().into(),
            },
        }
    }
}

/// The accounts of a service, where a store can search by service.
#[cfg(not(windows))]
pub(super) fn accounts(
    store: &Arc<CredentialStore>,
    service: &str,
    errors: &Errors,
) -> Result<Vec<String>, VaultError> {
    let found = store.search(&HashMap::from([("service", service)]));
    let found = found.map_err(|error| errors.vault_error(error))?;
    let accounts = found
        .iter()
        .filter_map(|entry| Some(entry.get_specifiers()?.1));
    Ok(accounts.collect())
}
