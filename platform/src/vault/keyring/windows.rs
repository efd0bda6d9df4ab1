//! Credential Manager: generic credentials named "certstow:NAME", of this computer alone
//! (`CRED_PERSIST_LOCAL_MACHINE`, so that they do not travel with a roaming profile). Windows
//! encrypts them with a key of the account's password; every process of the account can read them.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use keyring_core::api::CredentialStore;
use windows_native_keyring_store::Store;
use windows_sys::Win32::Foundation::ERROR_NO_SUCH_LOGON_SESSION;

use super::ffi;
use crate::error::Source;
use crate::vault::error::VaultError;

pub(super) const PLACE: &str = "Windows Credential Manager";

/// With the prefix below, the account alone makes the credential's name.
pub(super) const SERVICE: &str = "";

const PREFIX: &str = "certstow:";

pub(super) fn with_store<T>(
    work: impl FnOnce(keyring_core::Result<Arc<CredentialStore>>) -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    let naming = HashMap::from([("prefix", PREFIX), ("divider", ""), ("suffix", "")]);
    let store = Store::new_with_configuration(&naming);
    work(store.map(|store| store as Arc<CredentialStore>))
}

/// The crate's own search reads every credential of the account, and takes for granted an alignment
/// that Wine does not give.
pub(super) fn accounts() -> Result<Vec<String>, VaultError> {
    match ffi::credentials_beginning_with(PREFIX) {
        Ok(names) => Ok(names
            .iter()
            .filter_map(|name| name.strip_prefix(PREFIX))
            .map(str::to_owned)
            .collect()),
        Err(code) => {
            let source = io::Error::from_raw_os_error(code as i32).into();
            Err(match code {
                ERROR_NO_SUCH_LOGON_SESSION => no_access(source),
                _ => failed(source),
            })
        }
    }
}

pub(super) fn modifiers(_label: &str) -> HashMap<&str, &str> {
    HashMap::from([("persistence", "Local")])
}

/// What `NoStorageAccess` means: `ERROR_NO_SUCH_LOGON_SESSION` is a network logon, also with a password
/// (PowerShell/Win32-OpenSSH#2273), a task without a stored password, or a policy
/// (`DisableDomainCreds`).
pub(super) fn no_access(source: Source) -> VaultError {
    VaultError::NoVault {
        reason: "this logon session has no access to Windows Credential Manager: it came over the network \
                 (ssh, WinRM), or is of a scheduled task without the stored password of the account, or \
                 the policy 'Network access: Do not allow storage of passwords and credentials for \
                 network authentication' is on"
            .to_owned(),
        source: Some(source),
    }
}

/// What `PlatformFailure` means.
pub(super) fn failed(source: Source) -> VaultError {
    VaultError::Failed {
        place: PLACE.to_owned(),
        source,
    }
}
