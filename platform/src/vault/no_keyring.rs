//! In place of the vault of the system where there is none that can be written to.

use certstow_formats::secret::Password;

use super::entry::{Name, VaultEntry};
use super::error::VaultError;

/// `credentials` says what there is of systemd's.
fn none<T>(credentials: &str) -> Result<T, VaultError> {
    let reason = if cfg!(target_os = "linux") {
        format!(
            "this certstow was built without the feature secret-service, and systemd's \
             credentials {credentials}"
        )
    } else {
        "certstow knows of none on this system".to_owned()
    };
    Err(VaultError::NoVault {
        reason,
        source: None,
    })
}

const READ_ONLY: &str = "can only be read";
const NOT_GIVEN: &str = "were not given to this process";

pub(super) fn set(_: &Name, _: &Password) -> Result<VaultEntry, VaultError> {
    none(READ_ONLY)
}

pub(super) fn get(_: &Name) -> Result<Password, VaultError> {
    none(NOT_GIVEN)
}

pub(super) fn forget(_: &Name) -> Result<VaultEntry, VaultError> {
    none(READ_ONLY)
}

pub(super) fn list() -> Result<Vec<VaultEntry>, VaultError> {
    none(NOT_GIVEN)
}
