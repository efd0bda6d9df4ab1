//! Opening what is encrypted in a file, with the passwords known beforehand and with those that
//! somebody gives who is asked.

use certstow_formats::pkcs12::decode::Limits;
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::pkcs12::pbe::{check_encrypted_private_key, decrypt_private_key};
use certstow_formats::pkcs12::structure::Structure;
use certstow_formats::secret::Password;
use zeroize::Zeroizing;

use super::keys::Keys;
use super::passwords::Passwords;
use crate::error::{AskError, StoreError};
use crate::spec::StoreSpec;
use crate::store::{Ask, AskedFor, Interaction, NotExportable, UnlockRequest, Unlocks};

/// How often a person may mistype a password.
const ATTEMPTS: u32 = 3;

/// A file with something behind a password.
pub(super) struct Lock<'a> {
    pub(super) store: &'a StoreSpec,
    pub(super) place: &'a str,
    pub(super) passwords: &'a Passwords,
}

/// What was tried on a file so far, so that nobody is asked once for each key in it.
#[derive(Default)]
pub(super) struct Tried {
    /// What somebody gave and opened a part of it.
    right: Option<Password>,
    /// A person was asked, and gave none that opens it.
    in_vain: bool,
}

/// What a file holds behind a password.
pub(super) enum Locked {
    /// The DER of an `EncryptedPrivateKeyInfo`.
    Key(Zeroizing<Vec<u8>>),
    /// A PKCS#12 container.
    Pkcs12(Zeroizing<Vec<u8>>),
}

/// Why something did not open.
pub(super) enum Refusal {
    /// No password opens it.
    Unopenable(DecodeError),
    /// A password is missing, or was wrong.
    Locked(StoreError),
}

impl Lock<'_> {
    /// The private keys behind the lock. `known_is_wrong`: the passwords known beforehand were tried.
    pub(super) fn open(
        &self,
        locked: &Locked,
        tried: &mut Tried,
        known_is_wrong: &mut bool,
        ask: &mut dyn Ask,
    ) -> Result<Keys, Refusal> {
        let limits = Limits::default();
        match locked {
            Locked::Key(der) => {
                let limit = limits.max_iterations;
                check_encrypted_private_key(der, limit).map_err(Refusal::Unopenable)?;
                let mut key = None;
                let mut open = |password: PasswordForm<'_>| {
                    key = Some(decrypt_private_key(der, password, limit)?);
                    Ok(())
                };
                let mut known = self.passwords.for_key();
                self.attempts(&mut known, tried, known_is_wrong, &mut open, ask)?;
                Ok(Keys::new(key))
            }
            Locked::Pkcs12(bytes) => {
                let file = Structure::read(bytes, &limits).map_err(Refusal::Unopenable)?;
                let mut opening = file.opening(&limits);
                let mut open = |password: PasswordForm<'_>| {
                    opening.attempt(password)?;
                    opening.verdict()
                };
                let mut known = self.passwords.for_file(&file);
                self.attempts(&mut known, tried, known_is_wrong, &mut open, ask)?;
                let contents = opening.finish().map_err(Refusal::Unopenable)?;
                Ok(Keys::new(contents.keys.into_iter().map(|bag| bag.key)))
            }
        }
    }

    /// Tries the passwords known beforehand, the one that opened another part of the file, and then
    /// those that `ask` gives.
    fn attempts(
        &self,
        known: &mut dyn Iterator<Item = PasswordForm<'_>>,
        tried: &mut Tried,
        known_is_wrong: &mut bool,
        open: &mut dyn FnMut(PasswordForm<'_>) -> Result<(), DecodeError>,
        ask: &mut dyn Ask,
    ) -> Result<(), Refusal> {
        let mut locked = DecodeError::WrongPassword;
        if !*known_is_wrong {
            let mut last = Err(locked);
            for password in known {
                last = open(password);
                if last.is_ok() {
                    return Ok(());
                }
            }
            locked = still_locked(last)?;
            // One that opens a part is needed again, with the next.
            *known_is_wrong = locked == DecodeError::WrongPassword;
        }
        if let Some(right) = &tried.right {
            match open(PasswordForm::Text(right)) {
                Ok(()) => return Ok(()),
                refused => locked = still_locked(refused)?,
            }
        }
        let mut wrong = u32::from(self.passwords.were_given());
        let questions = match ask.interaction() {
            Interaction::Allowed if tried.in_vain => 0,
            Interaction::Allowed => ATTEMPTS,
            Interaction::Never => 1,
        };
        let mut unlocks = Unlocks::Whole;
        let mut left = questions;
        while left > 0 {
            let was_given = wrong > 0;
            // What opened the file is not wrong for what is left of it.
            let now = Unlocks::after(&locked);
            if now > unlocks {
                (unlocks, wrong, left) = (now, 0, questions);
            }
            left -= 1;
            let request = UnlockRequest {
                store: self.store.clone(),
                place: self.place.to_owned(),
                asks_for: AskedFor::Password,
                unlocks,
                attempt: wrong,
            };
            wrong += 1;
            let password = match ask.unlock(&request) {
                Ok(password) => password,
                Err(AskError::Cancelled) => return Err(Refusal::Locked(StoreError::Cancelled)),
                Err(AskError::NotAllowed) if was_given => break,
                Err(AskError::NotAllowed) => {
                    let place = self.place.to_owned();
                    return Err(Refusal::Locked(StoreError::InteractionRequired { place }));
                }
            };
            match open(PasswordForm::Text(&password)) {
                Ok(()) => {
                    tried.right = Some(password);
                    return Ok(());
                }
                refused => locked = still_locked(refused)?,
            }
        }
        tried.in_vain |= ask.interaction() == Interaction::Allowed;
        let place = self.place.to_owned();
        Err(Refusal::Locked(match locked {
            DecodeError::KeyPassword | DecodeError::ContentPassword => {
                StoreError::KeyPassword { place }
            }
            DecodeError::PartlyOpened => self.unopenable(locked),
            _ => StoreError::WrongPassword { place },
        }))
    }

    /// The error for what no password opens: it is damaged, or certstow cannot read it.
    pub(super) fn unopenable(&self, error: DecodeError) -> StoreError {
        let place = self.place.to_owned();
        match error.lacking() {
            Some(form) => StoreError::KeyNotExportable {
                reason: NotExportable::UnsupportedFile {
                    file: place.clone(),
                    form,
                },
                place,
                source: Some(error.into()),
            },
            None => StoreError::damaged(place, error.to_string(), Some(error.into())),
        }
    }
}

impl Unlocks {
    /// What is still locked after this.
    fn after(refused: &DecodeError) -> Self {
        match refused {
            DecodeError::KeyPassword => Self::PrivateKey,
            DecodeError::ContentPassword => Self::Content,
            _ => Self::Whole,
        }
    }
}

/// What a further password may mend; anything else that goes wrong is final.
fn still_locked(refused: Result<(), DecodeError>) -> Result<DecodeError, Refusal> {
    match refused {
        Ok(()) => Ok(DecodeError::WrongPassword),
        Err(error) if error.asks_for_password() || error == DecodeError::PartlyOpened => Ok(error),
        Err(error) => Err(Refusal::Unopenable(error)),
    }
}
