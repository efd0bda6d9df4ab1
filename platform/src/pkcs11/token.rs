//! The tokens of a module: which slots have one (`C_GetSlotList`, `C_GetSlotInfo`, `C_GetTokenInfo`), what
//! each says of itself, and its session (`C_OpenSession`), which stays open because a login ends with the
//! last one. Source: PKCS #11 Base Specification 3.0, 3.2 and 5.5.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use certstow_formats::sanitize::safe;
use certstow_formats::secret::Password;
use cryptoki::context::Pkcs11;
use cryptoki::session::Session;
use cryptoki::slot::{Slot, TokenInfo};

use super::error::ModuleError;
use super::login::{Answer, Login};
use crate::spec::Pkcs11Uri;

/// The token of p11-kit that says which CAs a system trusts: nobody's identities.
const TRUST_MODEL: &str = "p11-kit-trust";

/// What a token calls itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TokenName {
    pub(super) label: String,
    pub(super) serial: String,
    pub(super) manufacturer: String,
    pub(super) model: String,
}

impl TokenName {
    fn of(info: &TokenInfo) -> Self {
        Self {
            label: cut(info.label()),
            serial: cut(info.serial_number()),
            manufacturer: cut(info.manufacturer_id()),
            model: cut(info.model()),
        }
    }

    fn fits(&self, uri: &Pkcs11Uri) -> bool {
        [
            (&uri.token, &self.label),
            (&uri.serial, &self.serial),
            (&uri.manufacturer, &self.manufacturer),
            (&uri.model, &self.model),
        ]
        .into_iter()
        .all(|(wanted, own)| wanted.as_ref().is_none_or(|wanted| wanted == own))
    }

    /// What it is made of, for a person: "token Ada, Yubico YubiKey".
    pub(super) fn in_full(&self) -> String {
        let maker = format!("{} {}", self.manufacturer, self.model);
        match maker.trim() {
            "" => self.to_string(),
            maker => format!("{self}, {}", safe(maker)),
        }
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.label.as_str(), self.serial.as_str()) {
            ("", "") => f.write_str("token"),
            ("", serial) => write!(f, "token {}", safe(serial)),
            (label, _) => write!(f, "token {}", safe(label)),
        }
    }
}

/// Text of a module without the blanks, or zeros and what stands behind them, that fill its field.
pub(super) fn cut(text: &str) -> String {
    let text = text.split('\0').next().unwrap_or_default();
    text.trim_end().to_owned()
}

/// A token in a slot.
pub(super) struct Token {
    functions: Pkcs11,
    slot: Slot,
    pub(super) name: TokenName,
    /// Whether its keys are in hardware (CKF_HW_SLOT of the slot).
    pub(super) is_hardware: bool,
    state: Mutex<State>,
}

/// What one thread at a time does with a token.
#[derive(Default)]
pub(super) struct State {
    session: Option<Session>,
    pub(super) login: Login,
    /// Whether a person was asked for the PIN, and did not know it.
    given_up: bool,
}

impl State {
    /// Gives a PIN to the token by the session, which is open.
    pub(super) fn try_pin(&mut self, pin: &Arc<Password>) -> Answer {
        match &self.session {
            Some(session) => self.login.try_pin(session, pin),
            None => Answer::Wrong(None),
        }
    }

    /// Has the reader ask for the PIN on its own keys, by the session, which is open.
    pub(super) fn at_the_reader(&mut self) -> Answer {
        match &self.session {
            Some(session) => self.login.at_the_reader(session),
            None => Answer::Wrong(None),
        }
    }

    /// Nobody is asked for the PIN any more.
    pub(super) fn give_up(&mut self) {
        self.given_up = true;
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.given_up
    }
}

impl Token {
    /// Every token of a module that is initialised.
    pub(super) fn all(functions: &Pkcs11) -> Result<Vec<Self>, ModuleError> {
        let mut tokens = Vec::new();
        for slot in functions.get_slots_with_token()? {
            // A slot whose token was just taken out, or is of a kind that the module does not know.
            let Ok(info) = functions.get_token_info(slot) else {
                continue;
            };
            if !info.token_initialized() {
                continue;
            }
            let slot_info = functions.get_slot_info(slot);
            tokens.push(Self {
                functions: functions.clone(),
                slot,
                name: TokenName::of(&info),
                is_hardware: slot_info.is_ok_and(|info| info.hardware_slot()),
                state: Mutex::default(),
            });
        }
        Ok(tokens)
    }

    /// Whether it is the same token in the same slot.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.slot == other.slot && self.name == other.name
    }

    /// Whether a store's name means it.
    pub(super) fn fits(&self, uri: &Pkcs11Uri) -> bool {
        self.name.fits(uri)
    }

    /// Whether it holds what a system trusts, and no identities.
    pub(super) fn is_of_trust(&self) -> bool {
        self.name.model == TRUST_MODEL
    }

    /// What the token says now, if it is the one that was there: a module may go on without error, and
    /// without objects, after a token was taken out.
    pub(super) fn info(&self) -> Option<TokenInfo> {
        let info = self.functions.get_token_info(self.slot).ok()?;
        (TokenName::of(&info) == self.name).then_some(info)
    }

    /// The token for one thread.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of the token, which is opened once.
    pub(super) fn session<'s>(&self, state: &'s mut State) -> Result<&'s Session, ModuleError> {
        let session = match state.session.take() {
            Some(session) => session,
            None => self.functions.open_ro_session(self.slot)?,
        };
        Ok(state.session.insert(session))
    }

    /// A further session, in which the token can be changed.
    pub(super) fn session_to_change(&self) -> Result<Session, ModuleError> {
        Ok(self.functions.open_rw_session(self.slot)?)
    }

    /// Forgets a session that ended with its token, and its login.
    pub(super) fn forget_session(&self, state: &mut State) {
        state.session = None;
        state.login.ended();
    }

    /// Whether the token can wrap keys by a mechanism.
    pub(super) fn wraps_by(&self, mechanism: cryptoki::mechanism::MechanismType) -> bool {
        let info = self.functions.get_mechanism_info(self.slot, mechanism);
        info.is_ok_and(|info| info.wrap())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(label: &str, serial: &str) -> TokenName {
        TokenName {
            label: cut(label),
            serial: cut(serial),
            manufacturer: "Example".to_owned(),
            model: String::new(),
        }
    }

    #[test]
    fn labels_are_cut_and_shown_safely() {
        let tpm = name("SW   TPM\0\0\u{1b}[31m", "00");
        assert_eq!(tpm.label, "SW   TPM");
        assert_eq!(tpm.to_string(), "token SW   TPM");
        assert_eq!(tpm.in_full(), "token SW   TPM, Example");
        let escaping = name("a\u{1b}[31m\u{202e}", "00");
        assert_eq!(escaping.to_string(), "token a\\u{1b}[31m\\u{202e}");
        assert_eq!(name("", "7").to_string(), "token 7");
        assert_eq!(name("\0", "  ").to_string(), "token");
    }

    #[test]
    fn fits_compares_what_is_asked_for() {
        let ada = name("Ada", "7");
        for (uri, expected) in [
            ("pkcs11:", true),
            ("pkcs11:token=Ada", true),
            ("pkcs11:token=ada", false),
            ("pkcs11:token=Ada;serial=7;manufacturer=Example", true),
            ("pkcs11:token=Ada;serial=8", false),
            ("pkcs11:model=x", false),
        ] {
            let Ok(crate::spec::StoreSpec::Pkcs11(uri)) = uri.parse() else {
                panic!("{uri}");
            };
            assert_eq!(ada.fits(&uri), expected, "{uri}");
        }
    }
}
