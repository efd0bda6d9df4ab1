//! Credential Manager: generic credentials named "certstow:NAME", of this computer alone
//! (`CRED_PERSIST_LOCAL_MACHINE`, so that they do not travel with a roaming profile). Windows
//! encrypts them with a key of the account's password; every process of the account can read them.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::api::CredentialStore;
use windows_native_keyring_store::Store;

use super::VaultError;
use super::keyring::failure_of_all;
use crate::error::Source;

pub(super) const PLACE: &str = "Windows Credential Manager";

/// With the prefix below, the account alone makes the credential's name.
pub(super) const SERVICE: &str = "";

/// What finds certstow's credentials.
pub(super) const OURS: (&str, &str) = ("pattern", "^certstow:");

pub(super) fn with_store<T>(
    work: impl FnOnce(&Arc<CredentialStore>) -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    let naming = HashMap::from([("prefix", "certstow:"), ("divider", ""), ("suffix", "")]);
    let store = Store::new_with_configuration(&naming).map_err(failure_of_all)?;
    let store: Arc<CredentialStore> = store;
    work(&store)
}

pub(super) fn modifiers(_label: &str) -> HashMap<&str, &str> {
    HashMap::from([("persistence", "Local")])
}

/// `ERROR_NO_SUCH_LOGON_SESSION`: a network logon, or a task without a stored password.
pub(super) fn no_access(source: Source) -> VaultError {
    VaultError::NoVault {
        reason: "this logon session has no access to Windows Credential Manager; a scheduled task \
                 needs 'Run whether user is logged on or not' with the password stored"
            .to_owned(),
        source: Some(source),
    }
}

pub(super) fn failed(source: Source) -> VaultError {
    VaultError::Failed {
        place: PLACE.to_owned(),
        source,
    }
}
