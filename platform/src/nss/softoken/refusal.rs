//! Why softoken did not do something. The text names the call and the code as NSS and PKCS#11 do, since
//! that is what can be searched for.

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;

use cryptoki::error::{Error, RvError};
use cryptoki::object::ObjectHandle;

/// No softoken could be loaded.
#[derive(Debug)]
pub(in crate::nss) struct Missing {
    /// Those that are there, and what the loader says of each.
    pub(super) refused: Vec<(PathBuf, String)>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.refused.is_empty() {
            return f.write_str("NSS's library softokn3 is not installed");
        }
        let refused = self.refused.iter();
        let refused: Vec<_> = refused
            .map(|(path, error)| match path.display().to_string() {
                path if error.contains(&path) => error.clone(),
                path => format!("{path}: {error}"),
            })
            .collect();
        f.write_str(&refused.join("; "))
    }
}

impl StdError for Missing {}

/// What softoken answered to a call.
#[derive(Debug)]
pub(super) enum Refusal {
    /// An error.
    Answer(Error),
    /// `CKR_OK` to `C_DestroyObject`, and the object is still there: softoken drops what its database
    /// says (`NSC_DestroyObject` in pkcs11.c).
    NotDestroyed,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Answer(error)
    }
}

impl Refusal {
    fn code(&self) -> Option<RvError> {
        match self {
            Self::Answer(Error::Pkcs11(code, _)) => Some(*code),
            Self::Answer(_) | Self::NotDestroyed => None,
        }
    }

    /// Whether another program may hold a lock. softoken waits for a second, and answers what it does
    /// for a damaged file, too.
    pub(super) fn may_be_lock(&self) -> bool {
        match self.code() {
            Some(RvError::VendorDefined(CERT_DB_FAILED | KEY_DB_FAILED)) => true,
            Some(code) => code == RvError::GeneralError,
            None => matches!(self, Self::NotDestroyed),
        }
    }

    /// Whether the files or their folder cannot be written.
    pub(super) fn is_write_protection(&self) -> bool {
        self.code() == Some(RvError::TokenWriteProtected)
    }

    /// Whether the password is wrong, or none that NSS takes.
    pub(super) fn is_wrong_password(&self) -> bool {
        let wrong = [
            RvError::PinIncorrect,
            RvError::PinInvalid,
            RvError::PinLenRange,
        ];
        self.code().is_some_and(|code| wrong.contains(&code))
    }
}

/// `CKR_NSS_CERTDB_FAILED` and `CKR_NSS_KEYDB_FAILED` of pkcs11n.h.
const CERT_DB_FAILED: Code = 0xCE53_4351;
const KEY_DB_FAILED: Code = 0xCE53_4352;

/// `CK_RV`.
type Code = std::ffi::c_ulong;

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(Error::Pkcs11(code, function)) => {
                write!(f, "C_{function:?} of NSS: {}", name(*code))
            }
            Self::Answer(other) => write!(f, "NSS: {other}"),
            Self::NotDestroyed => f.write_str("C_DestroyObject of NSS: the object is still there"),
        }
    }
}

impl StdError for Refusal {}

/// The name that PKCS#11 has for a code: `CKR_PIN_INCORRECT`.
fn name(code: RvError) -> String {
    match code {
        RvError::VendorDefined(CERT_DB_FAILED) => "CKR_NSS_CERTDB_FAILED (0xCE534351)".to_owned(),
        RvError::VendorDefined(KEY_DB_FAILED) => "CKR_NSS_KEYDB_FAILED (0xCE534352)".to_owned(),
        RvError::VendorDefined(number) | RvError::UnknownErrorCode(number) => {
            format!("0x{number:08X}")
        }
        named => {
            let mut name = "CKR".to_owned();
            for letter in format!("{named:?}").chars() {
                if letter.is_uppercase() {
                    name.push('_');
                }
                name.extend(letter.to_uppercase());
            }
            name
        }
    }
}

/// Why a database was not changed.
#[derive(Debug)]
pub(super) enum Failure {
    /// It lacks this file.
    NoDatabase(&'static str),
    /// There is no softoken to change it with.
    Missing(Missing),
    /// NSS could open it to read only.
    WriteProtected,
    /// It was never given a password, not even the empty one.
    NeverInitialised,
    /// It has a primary password, and none was given.
    PasswordNeeded,
    /// The password is wrong.
    WrongPassword,
    /// This certificate is there with its private key.
    AlreadyThere(ObjectHandle),
    /// The certificate is not there.
    NotFound,
    /// This certificate has no private key.
    KeyMissing(ObjectHandle),
    /// No private key is known to be that of a certificate which has come.
    NoSuchKey,
    /// It would harm something else, or NSS cannot keep it; as a clause.
    NotPossible(String),
    /// softoken refused. Nothing was changed.
    Refused {
        /// What it refused, as a clause: "NSS does not take its certificate".
        reason: &'static str,
        /// Its answer.
        refusal: Refusal,
    },
    /// softoken refused after something was changed, which stays so.
    HalfDone {
        /// What is done and what is not, as a clause.
        reason: &'static str,
        /// Its answer.
        refusal: Refusal,
    },
}

impl Failure {
    /// softoken refused; the reason is a clause: "NSS does not take its certificate".
    pub(super) fn refused(reason: &'static str) -> impl FnOnce(Refusal) -> Self {
        move |refusal| Self::Refused { reason, refusal }
    }

    /// Whether it may go well in a while.
    pub(super) fn may_be_in_use(&self) -> bool {
        matches!(self, Self::Refused { refusal, .. } if refusal.may_be_lock())
    }
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn refusal_is_told_in_words_of_pkcs11() {
        let told = |code| Refusal::Answer(Error::Pkcs11(code, Function::CreateObject)).to_string();
        assert_eq!(
            told(RvError::GeneralError),
            "C_CreateObject of NSS: CKR_GENERAL_ERROR"
        );
        assert_eq!(
            told(RvError::VendorDefined(0xCE53_4352)),
            "C_CreateObject of NSS: CKR_NSS_KEYDB_FAILED (0xCE534352)"
        );
        assert_eq!(
            told(RvError::VendorDefined(0xCE53_4399)),
            "C_CreateObject of NSS: 0xCE534399"
        );
        assert_eq!(
            told(RvError::UnknownErrorCode(7_777)),
            "C_CreateObject of NSS: 0x00001E61"
        );
        let other = Refusal::Answer(Error::NotSupported).to_string();
        assert_eq!(other, "NSS: Feature not supported");
    }
}
