//! Logging in to a token (`C_Login`) so that no card is ever locked: one PIN once, and another only if a
//! person gives it. What the token's flags say of tries that are left is respected, and since not every
//! module sets them truly, an unattended run that failed leaves a note (`notes.rs`) for the
//! next one. Source: PKCS #11 Base Specification 3.0, 5.6.8, and the flags of CK_TOKEN_INFO, 3.2.

use std::sync::Arc;

use certstow_formats::secret::Password;
use cryptoki::error::RvError;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::TokenInfo;
use cryptoki::types::AuthPin;

use super::error::ModuleError;
use crate::store::TriesLeft;

/// What came of logging in to a token in this process.
#[derive(Default)]
pub(super) struct Login {
    logged_in: bool,
    /// The PINs that the token did not take. They are kept to be given to no token again.
    refused: Vec<Arc<Password>>,
}

/// What a token makes of a PIN.
pub(super) enum Answer {
    LoggedIn,
    /// It is not the PIN; or the module says something that may mean this.
    Wrong(Option<ModuleError>),
    /// The token takes no PIN, for this reason.
    Refused(&'static str, ModuleError),
    /// A person cancelled at the reader's keypad.
    Cancelled,
}

impl Login {
    pub(super) fn is_done(&self) -> bool {
        self.logged_in
    }

    /// That the session ended in which the login was.
    pub(super) fn ended(&mut self) {
        self.logged_in = false;
    }

    /// Whether this very PIN was tried in vain.
    pub(super) fn was_refused(&self, pin: &Password) -> bool {
        self.refused
            .iter()
            .any(|wrong| wrong.expose() == pin.expose())
    }

    /// Whether any PIN was tried in vain.
    pub(super) fn has_failed(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Gives the PIN to the token, unless it is one that the token did not take before.
    pub(super) fn try_pin(&mut self, session: &Session, pin: &Arc<Password>) -> Answer {
        // No token has an empty one, and some count it as a try.
        if pin.is_empty() || self.was_refused(pin) {
            return Answer::Wrong(None);
        }
        let secret = AuthPin::from(pin.expose().to_owned());
        let answer = self.answer(session.login(UserType::User, Some(&secret)));
        if matches!(answer, Answer::Wrong(_)) {
            self.refused.push(Arc::clone(pin));
        }
        answer
    }

    /// Has the reader ask for the PIN, on its own keys.
    pub(super) fn at_the_reader(&mut self, session: &Session) -> Answer {
        self.answer(session.login(UserType::User, None))
    }

    fn answer(&mut self, result: cryptoki::error::Result<()>) -> Answer {
        use RvError::{
            FunctionCanceled, PinExpired, PinIncorrect, PinInvalid, PinLenRange, PinLocked,
            UserAlreadyLoggedIn, UserPinNotInitialized,
        };
        let error = match result.map_err(ModuleError::from) {
            Ok(()) => {
                self.logged_in = true;
                return Answer::LoggedIn;
            }
            Err(error) => error,
        };
        match error.code() {
            Some(UserAlreadyLoggedIn) => {
                self.logged_in = true;
                Answer::LoggedIn
            }
            Some(PinIncorrect | PinInvalid | PinLenRange) => Answer::Wrong(None),
            Some(PinLocked) => Answer::Refused(LOCKED, error),
            Some(PinExpired) => Answer::Refused(EXPIRED, error),
            Some(UserPinNotInitialized) => Answer::Refused(NO_PIN, error),
            Some(FunctionCanceled) => Answer::Cancelled,
            // Some modules say CKR_GENERAL_ERROR of a wrong PIN.
            _ => Answer::Wrong(Some(error)),
        }
    }
}

const LOCKED: &str = "its PIN is locked; unlock it with the token's own software";
const EXPIRED: &str = "its PIN has expired; change it with the token's own software";
const NO_PIN: &str = "it has no PIN yet; set one with the token's own software";

/// What the flags of a token say of its PIN (CK_TOKEN_INFO).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PinFlags {
    /// CKF_USER_PIN_LOCKED
    pub(super) locked: bool,
    /// CKF_USER_PIN_FINAL_TRY
    pub(super) final_try: bool,
    /// CKF_USER_PIN_COUNT_LOW
    pub(super) count_low: bool,
    /// CKF_USER_PIN_TO_BE_CHANGED
    pub(super) to_be_changed: bool,
    /// CKF_USER_PIN_INITIALIZED
    pub(super) initialized: bool,
}

impl PinFlags {
    pub(super) fn of(info: &TokenInfo) -> Self {
        Self {
            locked: info.user_pin_locked(),
            final_try: info.user_pin_final_try(),
            count_low: info.user_pin_count_low(),
            to_be_changed: info.user_pin_to_be_changed(),
            initialized: info.user_pin_initialized(),
        }
    }

    /// What the prompt for the PIN says of the tries that are left.
    pub(super) fn tries_left(self) -> TriesLeft {
        match (self.final_try, self.count_low) {
            (true, _) => TriesLeft::Last,
            (false, true) => TriesLeft::Few,
            (false, false) => TriesLeft::Unknown,
        }
    }

    /// Why the token must not be given any PIN, typed or not; as a clause.
    pub(super) fn refusal(self) -> Option<&'static str> {
        match self {
            Self { locked: true, .. } => Some(LOCKED),
            Self {
                to_be_changed: true,
                ..
            } => Some(EXPIRED),
            Self {
                initialized: false, ..
            } => Some(NO_PIN),
            _ => None,
        }
    }

    /// Why the token is not to be given a PIN while nobody is at hand; as a clause.
    pub(super) fn refusal_unattended(self) -> Option<&'static str> {
        match self {
            _ if self.refusal().is_some() => self.refusal(),
            Self {
                final_try: true, ..
            } => Some("one more wrong PIN locks it; give the PIN at a terminal"),
            Self {
                count_low: true, ..
            } => Some(
                "a wrong PIN was given since the last right one, and each brings it nearer to being \
                 locked; give the PIN at a terminal",
            ),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_decide_who_may_give_a_pin() {
        let usual = PinFlags {
            initialized: true,
            ..PinFlags::default()
        };
        let refused = |flags: PinFlags| {
            (
                flags.refusal().is_some(),
                flags.refusal_unattended().is_some(),
            )
        };
        assert_eq!(refused(usual), (false, false));
        for (flags, expected) in [
            (
                PinFlags {
                    locked: true,
                    ..usual
                },
                (true, true),
            ),
            (
                PinFlags {
                    final_try: true,
                    ..usual
                },
                (false, true),
            ),
            (
                PinFlags {
                    count_low: true,
                    ..usual
                },
                (false, true),
            ),
            (
                PinFlags {
                    to_be_changed: true,
                    ..usual
                },
                (true, true),
            ),
            (PinFlags::default(), (true, true)),
        ] {
            assert_eq!(refused(flags), expected, "{flags:?}");
        }
    }
}
