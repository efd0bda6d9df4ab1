//! The primary password of an NSS database: first what was given beforehand, then what a person types. It
//! is asked for once, however many private keys are taken while the store is kept open.

use std::sync::{Arc, MutexGuard, PoisonError};

use certstow_formats::nss::PasswordState;
use certstow_formats::nss::error::NssError;
use certstow_formats::secret::Password;

use super::listing::Opened;
use super::nss_store::NssStore;
use super::opening::{Found, Opening, Unlocked};
use super::snapshot::Snapshot;
use crate::error::{AskError, StoreError};
use crate::store::{Ask, AskedFor, Interaction, UnlockRequest, Unlocks};

/// How often a person may mistype it.
const ATTEMPTS: u32 = 3;

impl NssStore {
    pub(super) fn unlocked(&self) -> MutexGuard<'_, Unlocked> {
        // Nothing is left half done by a panic: each value is replaced as a whole.
        self.unlocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the passwords do that were given beforehand.
    pub(super) fn opened_by_what_was_given(&self, snapshot: &Snapshot) -> Opened {
        match snapshot.database.password {
            PasswordState::Set if !self.given.is_empty() => match self.with_given(snapshot) {
                Some(_) => Opened::Yes,
                None => Opened::No,
            },
            _ => Opened::NotTried,
        }
    }

    fn with_given(&self, snapshot: &Snapshot) -> Option<Opening> {
        let mut given = self.given.iter();
        given.find_map(|password| Opening::of(&snapshot.database, Arc::clone(password)).ok())
    }

    /// What decrypts the private keys, with the password that it is made of. One thread after the other
    /// gets here, so that nobody is asked twice at once.
    pub(super) fn unlock(
        &self,
        snapshot: &Arc<Snapshot>,
        ask: &mut dyn Ask,
    ) -> Result<Opening, StoreError> {
        let mut unlocked = self.unlocked();
        let in_vain = match unlocked.of(snapshot) {
            Some(Found::Opened(opening)) => return Ok(opening),
            Some(Found::InVain) => true,
            None => false,
        };
        let opened = self.opening(snapshot, in_vain, ask);
        match &opened {
            Ok(opening) => unlocked.note(snapshot, Found::Opened(opening.clone())),
            Err(StoreError::WrongPassword { .. }) if ask.interaction() == Interaction::Allowed => {
                unlocked.note(snapshot, Found::InVain);
            }
            Err(_) => {}
        }
        opened
    }

    fn opening(
        &self,
        snapshot: &Snapshot,
        in_vain: bool,
        ask: &mut dyn Ask,
    ) -> Result<Opening, StoreError> {
        let database = &snapshot.database;
        let key_error = |error| self.key_error(error, &self.name());
        if database.password != PasswordState::Set {
            let empty = Arc::new(Password::new(String::new()));
            return Opening::of(database, empty).map_err(key_error);
        }
        if let Some(opening) = self.with_given(snapshot) {
            return Ok(opening);
        }
        let wrong_before = u32::from(!self.given.is_empty());
        let questions = match ask.interaction() {
            Interaction::Allowed if in_vain => 0,
            Interaction::Allowed => ATTEMPTS,
            Interaction::Never => 1,
        };
        for attempt in wrong_before..wrong_before + questions {
            let request = UnlockRequest {
                store: self.info.spec.clone(),
                place: self.name(),
                asks_for: AskedFor::PrimaryPassword,
                unlocks: Unlocks::Whole,
                attempt,
            };
            let password = match ask.unlock(&request) {
                Ok(password) => password,
                Err(AskError::Cancelled) => return Err(StoreError::Cancelled),
                Err(AskError::NotAllowed) if attempt > 0 => break,
                Err(AskError::NotAllowed) => {
                    let place = self.name();
                    return Err(StoreError::InteractionRequired { place });
                }
            };
            match Opening::of(database, Arc::new(password)) {
                Err(NssError::WrongPassword) => {}
                opened => return opened.map_err(key_error),
            }
        }
        Err(StoreError::WrongPassword { place: self.name() })
    }
}
