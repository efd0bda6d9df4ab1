//! What a PKCS#11 module answers that is no success: the function that was called, and its return value
//! under the name that the standard gives to it.

use std::error::Error;
use std::fmt;

use cryptoki::error::RvError;

/// An error of a module, in one line: `C_Login: CKR_PIN_INCORRECT`.
#[derive(Debug)]
pub(crate) struct ModuleError(cryptoki::error::Error);

impl ModuleError {
    /// The return value, if it was a function of the module that failed.
    pub(crate) fn code(&self) -> Option<RvError> {
        match self.0 {
            cryptoki::error::Error::Pkcs11(code, _) => Some(code),
            _ => None,
        }
    }

    /// Whether it says that the token is not where it was.
    pub(crate) fn is_of_absent_token(&self) -> bool {
        use RvError::{DeviceError, DeviceRemoved, TokenNotPresent, TokenNotRecognized};
        matches!(
            self.code(),
            Some(DeviceError | DeviceRemoved | TokenNotPresent | TokenNotRecognized)
        )
    }

    /// Whether it may come of a token that is not where it was, or came back meanwhile.
    pub(crate) fn is_of_old_session(&self) -> bool {
        use RvError::{SessionClosed, SessionHandleInvalid, SlotIdInvalid};
        let old = matches!(
            self.code(),
            Some(SessionClosed | SessionHandleInvalid | SlotIdInvalid)
        );
        old || self.is_of_absent_token()
    }
}

impl From<cryptoki::error::Error> for ModuleError {
    fn from(error: cryptoki::error::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            cryptoki::error::Error::Pkcs11(code, function) => {
                write!(f, "C_{function:?}: {}", name(*code))
            }
            cryptoki::error::Error::LibraryLoading(error) => write!(f, "{error}"),
            other => write!(f, "{other}"),
        }
    }
}

impl Error for ModuleError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            // Its text is this one's, and on Windows the system's is underneath.
            cryptoki::error::Error::LibraryLoading(error) => error.source(),
            _ => None,
        }
    }
}

/// The standard's name of a return value, or its number. `cryptoki` has the same words as variants, and
/// for texts whole paragraphs of the standard.
fn name(code: RvError) -> String {
    if let RvError::VendorDefined(number) | RvError::UnknownErrorCode(number) = code {
        return format!("0x{number:X}");
    }
    let mut name = "CKR".to_owned();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;
    use cryptoki::error::Error as Cryptoki;

    use super::*;

    #[test]
    fn texts_have_the_names_of_the_standard() {
        for (code, function, text) in [
            (
                RvError::PinIncorrect,
                Function::Login,
                "C_Login: CKR_PIN_INCORRECT",
            ),
            (
                RvError::SlotIdInvalid,
                Function::GetTokenInfo,
                "C_GetTokenInfo: CKR_SLOT_ID_INVALID",
            ),
            (
                RvError::VendorDefined(0xCE53_4352),
                Function::Initialize,
                "C_Initialize: 0xCE534352",
            ),
        ] {
            let error = ModuleError::from(Cryptoki::Pkcs11(code, function));
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn codes_of_a_token_that_is_gone_are_known() {
        for (code, expected) in [
            (RvError::DeviceError, true),
            (RvError::DeviceRemoved, true),
            (RvError::TokenNotPresent, true),
            (RvError::TokenNotRecognized, true),
            (RvError::GeneralError, false),
            (RvError::SessionHandleInvalid, false),
        ] {
            let error = ModuleError::from(Cryptoki::Pkcs11(code, Function::FindObjects));
            assert_eq!(error.is_of_absent_token(), expected, "{code:?}");
        }
    }
}
