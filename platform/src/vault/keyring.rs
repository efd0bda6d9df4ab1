//! The vault of the system by `keyring-core`: one entry for each password, of the service
//! "certstow" and the account NAME. What the crate copies out is wiped here; what the system's own
//! interface copies on its way is out of reach.

use std::sync::Arc;

use certstow_formats::secret::Password;
use keyring_core::api::CredentialStore;
use keyring_core::{Entry, Error as KeyringError};
use zeroize::Zeroizing;

use super::entry::{Name, VaultEntry};
use super::error::VaultError;
use super::system;

pub(super) fn set(name: &Name, password: &Password) -> Result<VaultEntry, VaultError> {
    let name = name.clone();
    let password = Password::new(password.expose().to_owned());
    system::with_store(move |store| {
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
    system::with_store(move |store| {
        let mut text = read(&entry(store, &name)?, &name)?;
        Ok(Password::new(std::mem::take(&mut *text)))
    })
}

pub(super) fn forget(name: &Name) -> Result<VaultEntry, VaultError> {
    let name = name.clone();
    system::with_store(move |store| {
        let gone = entry(store, &name)?.delete_credential();
        gone.map_err(|error| failure(error, &name))?;
        Ok(entry_of(&name))
    })
}

pub(super) fn list() -> Result<Vec<VaultEntry>, VaultError> {
    let accounts = system::accounts()?;
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
        other => system::ERRORS.vault_error(other),
    }
}
