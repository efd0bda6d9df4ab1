//! An [`Ask`] that knows a password.

use certstow_formats::secret::Password;
use certstow_platform::error::AskError;
use certstow_platform::store::{Ask, Interaction, UnlockRequest};

/// Gives the password that a key was just protected with, before anybody is asked.
pub(crate) struct Knows<'a> {
    pub(crate) password: Option<&'a Password>,
    pub(crate) ask: &'a mut dyn Ask,
}

impl Ask for Knows<'_> {
    fn interaction(&self) -> Interaction {
        self.ask.interaction()
    }

    fn system_windows(&self) -> Interaction {
        self.ask.system_windows()
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        match self.password.take() {
            Some(password) => Ok(Password::new(password.expose().to_owned())),
            None => self.ask.unlock(request),
        }
    }
}
