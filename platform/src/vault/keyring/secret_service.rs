//! The Secret Service of a Linux desktop (org.freedesktop.secrets: GNOME Keyring, KWallet,
//! KeePassXC): items of the service "certstow" in the default collection, over the session's D-Bus.
//! A locked collection would be unlocked by a prompt in a window; that is found out beforehand. The
//! bus starts the service by itself where it knows of one, and whatever does not answer in time is
//! given up.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use certstow_formats::secret::wipe_stack;
use keyring_core::api::CredentialStore;
use secret_service::blocking::SecretService;
use secret_service::{EncryptionType, Error as ServiceError};
use zbus_secret_service_keyring_store::Store;

use crate::error::Source;
use crate::vault::error::VaultError;

pub(super) const PLACE: &str = "the Secret Service";

pub(super) const SERVICE: &str = "certstow";

/// A bus gives a service it starts 25 seconds.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn with_store<T: Send + 'static>(
    work: impl FnOnce(keyring_core::Result<Arc<CredentialStore>>) -> Result<T, VaultError>
    + Send
    + 'static,
) -> Result<T, VaultError> {
    within(PATIENCE, move || {
        see_that_it_is_open()?;
        work(Store::new().map(|store| store as Arc<CredentialStore>))
    })
}

/// What `work` gives, if it does so in time. Otherwise its thread stays behind until the process
/// ends: there is no way to call off a call over D-Bus.
fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    let (done, answer) = mpsc::channel();
    let waiting = thread::Builder::new().spawn(move || {
        let result = work();
        wipe_stack();
        // Nobody may be listening any more.
        let _ = done.send(result);
    });
    waiting.map_err(|error| failed(error.into()))?;
    match answer.recv_timeout(patience) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(VaultError::NoVault {
            reason: format!("{PLACE} did not answer for {} seconds", patience.as_secs()),
            source: None,
        }),
        Err(RecvTimeoutError::Disconnected) => Err(failed("its D-Bus library failed".into())),
    }
}

/// The crates above would open a prompt to unlock the collection.
fn see_that_it_is_open() -> Result<(), VaultError> {
    let none = |reason: &str, source: ServiceError| VaultError::NoVault {
        reason: reason.to_owned(),
        source: Some(source.into()),
    };
    let service = match SecretService::connect(EncryptionType::Plain) {
        Ok(service) => service,
        Err(error @ ServiceError::Unavailable) => {
            return Err(none("this session has no D-Bus", error));
        }
        Err(error) => {
            return Err(none(
                "no Secret Service answers on this session's D-Bus",
                error,
            ));
        }
    };
    match service.get_default_collection() {
        Ok(collection) => match collection.is_locked() {
            Ok(false) => Ok(()),
            Ok(true) => Err(VaultError::Locked {
                place: PLACE.to_owned(),
                source: None,
            }),
            Err(error) => Err(failed(error.into())),
        },
        Err(error @ ServiceError::NoResult) => {
            Err(none("the Secret Service has no default collection", error))
        }
        Err(error) => Err(failed(error.into())),
    }
}

pub(super) fn modifiers(label: &str) -> HashMap<&str, &str> {
    HashMap::from([("label", label)])
}

/// What `NoStorageAccess` means.
pub(super) fn no_access(source: Source) -> VaultError {
    VaultError::Locked {
        place: PLACE.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_times_out_without_answer() {
        let (keep_waiting, never) = mpsc::channel::<()>();
        let result = within(Duration::from_millis(10), move || {
            // Ends when the test does.
            let _ = never.recv();
            Ok(())
        });
        assert!(matches!(result, Err(VaultError::NoVault { .. })));
        drop(keep_waiting);
        assert!(within(PATIENCE, || Ok(())).is_ok());
    }

    #[test]
    fn within_reports_panic_as_failure() {
        let result: Result<(), _> = within(PATIENCE, || std::panic::resume_unwind(Box::new(())));
        assert!(matches!(result, Err(VaultError::Failed { .. })));
    }
}
