//! What an `OSStatus` of SecKeychain.h means for a password in the login keychain, where no window may
//! open. A keychain that is locked and an item that another program made both end with
//! errSecAuthFailed then (itemCredentials in Globals.cpp, kcdatabase.cpp of Apple's Security): only
//! the state of the keychain tells them apart.

use super::error::VaultError;
use crate::error::Source;

/// The vault, in words for a person.
pub(super) const PLACE: &str = "the login keychain";

/// The error for a status; `unlocked` is what the keychain said of itself, if it did.
pub(super) fn error(code: Option<i32>, unlocked: Option<bool>, source: Source) -> VaultError {
    let place = PLACE.to_owned();
    match code {
        // errSecAuthFailed, errSecInteractionNotAllowed, errSecInteractionRequired, errSecInDarkWake,
        // errSecInternalComponent: it would ask.
        Some(-25293 | -25308 | -25315 | -25320 | -2070) if unlocked != Some(true) => {
            VaultError::Locked {
                place,
                source: Some(source),
            }
        }
        // Those of an open one; errSecWrPerm, errSecInvalidOwnerEdit, errSecReadOnly; and
        // errSecDuplicateItem, for a new password after none could be read.
        Some(-25293 | -25308 | -25315 | -61 | -25244 | -25292 | -25299) => VaultError::Denied {
            place,
            source: Some(source),
        },
        // errSecNotAvailable, errSecNoSuchKeychain, errSecInvalidKeychain, errSecNoDefaultKeychain.
        Some(-25291 | -25294 | -25295 | -25307) => VaultError::NoVault {
            reason: "this account has no login keychain that can be read".to_owned(),
            source: Some(source),
        },
        _ => VaultError::Failed { place, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_distinguishes_locked_from_denied() {
        for (code, unlocked, expected) in [
            (-25293, Some(false), "locked"),
            (-25293, None, "locked"),
            (-25293, Some(true), "denied"),
            (-25308, Some(false), "locked"),
            (-25308, Some(true), "denied"),
            (-25320, Some(true), "failed"),
            (-25299, Some(true), "denied"),
            (-61, Some(true), "denied"),
            (-25244, None, "denied"),
            (-25294, None, "none"),
            (-25307, None, "none"),
            (-50, Some(false), "failed"),
        ] {
            let error = error(Some(code), unlocked, code.to_string().into());
            let kind = match error {
                VaultError::Locked { .. } => "locked",
                VaultError::Denied { .. } => "denied",
                VaultError::NoVault { .. } => "none",
                VaultError::Failed { .. } => "failed",
                other => panic!("{other:?}"),
            };
            assert_eq!(kind, expected, "{code} {unlocked:?}");
        }
    }
}
