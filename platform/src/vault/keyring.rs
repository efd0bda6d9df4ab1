//! The vault of the system by `keyring-core`: one entry for each password, of the service
//! "certstow" and the account NAME. What the crate copies out is wiped here; what the system's own
//! interface copies on its way is out of reach.

#[cfg(windows)]
mod ffi;
#[cfg(target_os = "macos")]
#[path = "keyring/macos.rs"]
mod system;
#[cfg(target_os = "linux")]
#[path = "keyring/secret_service.rs"]
mod system;
#[cfg(windows)]
#[path = "keyring/windows.rs"]
mod system;

use std::sync::Arc;

use certstow_formats::secret::Password;
use keyring_core::api::CredentialStore;
use keyring_core::{Entry, Error as KeyringError};
use zeroize::Zeroizing;

use super::entry::{Name, VaultEntry};
use super::error::VaultError;

pub(super) fn set(name: &Name, password: &Password) -> Result<VaultEntry, VaultError> {
    let name = name.clone();
    let password = Password::new(password.expose().to_owned());
    with_store(move |store| {
        let entry = entry(store, &name)?;
        let kept = entry.set_password(password.expose());
        kept.map_err(|error| failure(error, &name))?;
        if *read(&entry, &name)? == *password.expose() {
            Ok(entry_of(&name))
        } else {
            Err(VaultError::NotKept {
                place: system::PLACE.to_owned(),
            })
        }
    })
}

pub(super) fn get(name: &Name) -> Result<Password, VaultError> {
    let name = name.clone();
    with_store(move |store| {
        let mut text = read(&entry(store, &name)?, &name)?;
        Ok(Password::new(std::mem::take(&mut *text)))
    })
}

pub(super) fn forget(name: &Name) -> Result<VaultEntry, VaultError> {
    let name = name.clone();
    with_store(move |store| {
        let gone = entry(store, &name)?.delete_credential();
        gone.map_err(|error| failure(error, &name))?;
        Ok(entry_of(&name))
    })
}

pub(super) fn list() -> Result<Vec<VaultEntry>, VaultError> {
    let accounts = accounts()?;
    let names = accounts.iter().filter_map(|account| account.parse().ok());
    let mut entries: Vec<_> = names.map(|name| entry_of(&name)).collect();
    entries.sort();
    entries.dedup();
    Ok(entries)
}

fn entry_of(name: &Name) -> VaultEntry {
    VaultEntry {
        name: name.clone(),
        place: system::PLACE.to_owned(),
    }
}

fn entry(store: &Arc<CredentialStore>, name: &Name) -> Result<Entry, VaultError> {
    let label = format!("certstow: {name}");
    let modifiers = system::modifiers(&label);
    store
        .build(system::SERVICE, name.as_str(), Some(&modifiers))
        .map_err(|error| failure(error, name))
}

fn read(entry: &Entry, name: &Name) -> Result<Zeroizing<String>, VaultError> {
    let password = entry.get_password();
    password
        .map(Zeroizing::new)
        .map_err(|error| failure(error, name))
}

fn failure(error: KeyringError, name: &Name) -> VaultError {
    match error {
        KeyringError::NoEntry => VaultError::NotFound {
            name: name.clone(),
            place: system::PLACE.to_owned(),
        },
        other => vault_error(other),
    }
}

/// What an error means that names no entry. Some hold what the vault had, which is wiped; their
/// text does not.
fn vault_error(error: KeyringError) -> VaultError {
    let place = system::PLACE.to_owned();
    let unfit = |reason: &str| VaultError::Unfit {
        place: system::PLACE.to_owned(),
        reason: reason.to_owned(),
    };
    match error {
        KeyringError::NoStorageAccess(source) => system::no_access(source),
        KeyringError::PlatformFailure(source) => system::failed(source),
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

/// What `work` makes of the system's store.
fn with_store<T: Send + 'static>(
    work: impl FnOnce(&Arc<CredentialStore>) -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    system::with_store(|store| work(&store.map_err(vault_error)?))
}

#[cfg(windows)]
use system::accounts;

/// The accounts of the service.
#[cfg(not(windows))]
fn accounts() -> Result<Vec<String>, VaultError> {
    with_store(|store| {
        let service = std::collections::HashMap::from([("service", system::SERVICE)]);
        let found = store.search(&service).map_err(vault_error)?;
        let accounts = found
            .iter()
            .filter_map(|entry| Some(entry.get_specifiers()?.1));
        Ok(accounts.collect())
    })
}
