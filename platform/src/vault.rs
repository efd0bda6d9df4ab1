//! The vault: passwords that the operating system keeps under a name, for a program that runs with
//! nobody there. Windows keeps them in Credential Manager (`CredWriteW`), macOS in the login
//! keychain (`SecKeychainAddGenericPassword`), a Linux desktop in its Secret Service
//! (org.freedesktop.secrets, over D-Bus; feature `secret-service`), all three by the crate
//! `keyring-core` and one below it for each system. On Linux a service of systemd also has
//! credentials (systemd.exec(5), `LoadCredential=`), which it can only read.
//!
//! Nothing here opens a window: a vault that is locked is an error.

#[cfg(target_os = "linux")]
mod credentials;
mod entry;
mod error;
#[cfg(any(
    windows,
    target_os = "macos",
    all(target_os = "linux", feature = "secret-service")
))]
mod keyring;
#[cfg(not(any(
    windows,
    target_os = "macos",
    all(target_os = "linux", feature = "secret-service")
)))]
#[path = "vault/no_keyring.rs"]
mod keyring;
#[cfg(any(target_os = "macos", test))]
mod login_keychain;

use certstow_formats::secret::Password;

pub use entry::{BadName, FileBytes, Kept, Name, VaultEntry};
pub use error::VaultError;

/// Whether systemd may give a process of this system credentials.
pub const HAS_CREDENTIALS: bool = cfg!(target_os = "linux");

/// Keeps a password under a name, in place of the one that had it, and reads it back.
///
/// # Errors
/// - [`VaultError::NoVault`], [`VaultError::Locked`], [`VaultError::Denied`],
///   [`VaultError::Failed`].
/// - [`VaultError::Unfit`]: the vault takes no password like this; Windows' takes 1,280 UTF-16
///   units.
/// - [`VaultError::NotKept`]: it did not read back.
pub fn set(name: &Name, password: &Password) -> Result<VaultEntry, VaultError> {
    replacing_denied(
        || keyring::set(name, password),
        || keyring::forget(name).map(drop),
    )
}

/// Keeps a password where one may be that this program can neither read nor change, but remove: the
/// login keychain knows a program by its code, and certstow was another one before it was updated.
fn replacing_denied<T>(
    mut keep: impl FnMut() -> Result<T, VaultError>,
    forget: impl FnOnce() -> Result<(), VaultError>,
) -> Result<T, VaultError> {
    match keep() {
        // A vault that takes nothing has none to remove: the first error tells more.
        Err(denied @ VaultError::Denied { .. }) => match forget() {
            Ok(()) => keep(),
            Err(_) => Err(denied),
        },
        kept => kept,
    }
}

/// The password of a name: from systemd's credentials, if this process has any, else from the
/// vault of the system.
///
/// # Errors
/// - [`VaultError::NotFound`]: none has this name.
/// - [`VaultError::NoVault`], [`VaultError::Locked`], [`VaultError::Denied`],
///   [`VaultError::Failed`].
/// - [`VaultError::Unfit`]: what the vault has is no text.
pub fn get(name: &Name) -> Result<Kept, VaultError> {
    #[cfg(target_os = "linux")]
    if let Some(folder) = credentials::Folder::of_process() {
        if let Some(kept) = folder.get(name)? {
            return Ok(kept);
        }
        return match keyring::get(name) {
            Ok(password) => Ok(Kept::Password(password)),
            Err(VaultError::NoVault { .. } | VaultError::NotFound { .. }) => {
                Err(folder.has_no(name))
            }
            Err(error) => Err(error),
        };
    }
    keyring::get(name).map(Kept::Password)
}

/// Whether the vault that [`set`] writes to has a password of this name.
///
/// # Errors
/// [`VaultError::NoVault`], [`VaultError::Locked`], [`VaultError::Failed`].
pub fn holds(name: &Name) -> Result<bool, VaultError> {
    match keyring::get(name) {
        // A password that cannot be read is one nevertheless: where there is none, no vault looks
        // whom it would let in.
        Ok(_) | Err(VaultError::Unfit { .. } | VaultError::Denied { .. }) => Ok(true),
        Err(VaultError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes the password of a name for good. Systemd's credentials are not certstow's to remove.
///
/// # Errors
/// - [`VaultError::NotFound`]: none has this name.
/// - [`VaultError::NoVault`], [`VaultError::Locked`], [`VaultError::Denied`],
///   [`VaultError::Failed`].
pub fn forget(name: &Name) -> Result<VaultEntry, VaultError> {
    keyring::forget(name)
}

/// The passwords that certstow keeps in the vault of the system, and systemd's credentials, by
/// name. The passwords themselves are not read.
///
/// # Errors
/// - [`VaultError::NoVault`], [`VaultError::Locked`], [`VaultError::Denied`],
///   [`VaultError::Failed`].
pub fn list() -> Result<Vec<VaultEntry>, VaultError> {
    #[cfg(target_os = "linux")]
    if let Some(folder) = credentials::Folder::of_process() {
        let mut entries = folder.list()?;
        match keyring::list() {
            Ok(others) => entries.extend(others),
            Err(VaultError::NoVault { .. }) => {}
            Err(error) => return Err(error),
        }
        entries.sort();
        return Ok(entries);
    }
    keyring::list()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[test]
    fn name_accepts_only_safe_characters() {
        let longest = "a".repeat(64);
        for name in ["backup", "Backup-2.p12", "_", "0", &longest] {
            assert_eq!(name.parse::<Name>().unwrap().as_str(), name);
        }
        let too_long = "a".repeat(65);
        for name in [
            "", ".", "..", ".hidden", "a/b", "a\\b", "a:b", "a b", "ä", "a\n", "a*", &too_long,
        ] {
            assert_eq!(name.parse::<Name>(), Err(BadName), "{name:?}");
        }
    }

    #[test]
    fn replacing_denied_removes_only_denied_passwords() {
        let error = |denied: bool| {
            let place = "the login keychain".to_owned();
            match denied {
                true => VaultError::Denied {
                    place,
                    source: None,
                },
                false => VaultError::Locked {
                    place,
                    source: None,
                },
            }
        };
        // As a keychain does: refused while another program's password is there.
        let there = std::cell::Cell::new(true);
        let keep = |denied| match there.get() {
            true => Err(error(denied)),
            false => Ok(()),
        };
        let forget = || {
            there.set(false);
            Ok(())
        };
        assert!(replacing_denied(|| keep(false), forget).is_err());
        assert!(there.get());
        let refused = replacing_denied(|| keep(true), || Err(error(false)));
        assert!(matches!(refused, Err(VaultError::Denied { .. })));
        assert!(replacing_denied(|| keep(true), forget).is_ok());
        assert!(!there.get());
    }

    #[test]
    fn kept_debug_hides_secret() {
        let kept = [
            Kept::Password(Password::new("canary".to_owned())),
            Kept::File(
                FileBytes(Zeroizing::new(b"canary".to_vec())),
                "place".to_owned(),
            ),
        ];
        assert!(!format!("{kept:?}").contains("canary"));
        assert!(!format!("{kept:?}").contains("99, 97"));
    }
}
