//! An [`Ask`] that knows a password, or those that it was given before, so that nobody is asked twice.

use certstow_formats::secret::Password;
use certstow_platform::error::AskError;
use certstow_platform::store::{Ask, AskedFor, Interaction, UnlockRequest};

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

/// Gives what unlocked a place before, when the same place is to be unlocked once more.
pub(crate) struct Remembers<'a> {
    ask: &'a mut dyn Ask,
    /// The places, and the last answer for each.
    given: Vec<(String, Password)>,
}

impl<'a> Remembers<'a> {
    pub(crate) fn new(ask: &'a mut dyn Ask) -> Self {
        Self {
            ask,
            given: Vec::new(),
        }
    }
}

impl Ask for Remembers<'_> {
    fn interaction(&self) -> Interaction {
        self.ask.interaction()
    }

    fn system_windows(&self) -> Interaction {
        self.ask.system_windows()
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        let copy = |password: &Password| Password::new(password.expose().to_owned());
        let known = self
            .given
            .iter()
            .position(|(place, _)| *place == request.place);
        let may_count = matches!(request.asks_for, AskedFor::Pin(_));
        if let Some(at) = known {
            let (place, password) = self.given.swap_remove(at);
            if request.attempt == 0 && !may_count {
                let answer = copy(&password);
                self.given.push((place, password));
                return Ok(answer);
            }
        }
        let password = self.ask.unlock(request)?;
        self.given.push((request.place.clone(), copy(&password)));
        Ok(password)
    }
}
