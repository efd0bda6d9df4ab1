//! What an `OSStatus` of Security.framework means for a private key in a keychain (SecBase.h; what
//! each situation gives is from Apple's published sources of Security.framework).

use std::fmt;

use crate::attempt::Refusal;
use crate::error::{Source, StoreError};
use crate::store::{Interaction, NotExportable};

/// What a call of Security.framework ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    /// The function that failed.
    pub(super) call: &'static str,
    /// The `OSStatus`.
    pub(super) code: i32,
    /// Apple's sentence for it, in the language of the account.
    pub(super) text: Option<String>,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, code, text } = self;
        match known(*code) {
            Some((_, name, _)) => write!(f, "{call}: {name} ({code})")?,
            None => write!(f, "{call}: OSStatus {code}")?,
        }
        match text {
            Some(text) => write!(f, ": {text}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Status {}

/// The statuses of SecBase.h that calls about keys and keychains give: their names there, and what
/// they mean.
const CODES: [(i32, &str, Meaning); 22] = [
    (-61, "errSecWrPerm", Meaning::Denied),
    (-128, "errSecUserCanceled", Meaning::Cancelled),
    // What a locked keychain gives where there is no window server.
    (-2070, "errSecInternalComponent", Meaning::Asks),
    (-25240, "errSecACLNotSimple", Meaning::Denied),
    (-25256, "errSecUnsupportedFormat", Meaning::NoSuchExport),
    (-25257, "errSecUnknownFormat", Meaning::NoSuchExport),
    (-25258, "errSecKeyIsSensitive", Meaning::NotExtractable),
    (-25260, "errSecPassphraseRequired", Meaning::NoSuchExport),
    (-25291, "errSecNotAvailable", Meaning::NoKeychain),
    (-25292, "errSecReadOnly", Meaning::Denied),
    (-25293, "errSecAuthFailed", Meaning::Denied),
    (-25294, "errSecNoSuchKeychain", Meaning::NoKeychain),
    (
        INVALID_KEYCHAIN,
        "errSecInvalidKeychain",
        Meaning::NoKeychain,
    ),
    (DUPLICATE, "errSecDuplicateItem", Meaning::Other),
    (-25300, "errSecItemNotFound", Meaning::NotFound),
    // "key has no integrity, denying access" (KeyItem.cpp): of a key in a keychain file, and others
    // are not looked for, nothing else gives it.
    (-25304, "errSecInvalidItemRef", Meaning::Changed),
    (-25307, "errSecNoDefaultKeychain", Meaning::NoKeychain),
    (-25308, "errSecInteractionNotAllowed", Meaning::Asks),
    (-25315, "errSecInteractionRequired", Meaning::Asks),
    (-25316, "errSecDataNotAvailable", Meaning::NotExtractable),
    (-25320, "errSecInDarkWake", Meaning::Asks),
    (-60005, "errAuthorizationDenied", Meaning::Denied),
];

fn known(code: i32) -> Option<&'static (i32, &'static str, Meaning)> {
    CODES.iter().find(|(known, ..)| *known == code)
}

/// What a status says of a key, or of the keychain it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A window was closed.
    Cancelled,
    /// "Deny" was chosen, or the account may not use it.
    Denied,
    /// The keychain is locked, or a window would be needed, and none may open.
    Asks,
    /// There is no such item.
    NotFound,
    /// There is no such keychain.
    NoKeychain,
    /// The record of the key was changed behind macOS' back.
    Changed,
    /// The key may not leave.
    NotExtractable,
    /// The key does not leave in this form.
    NoSuchExport,
    /// Anything else.
    Other,
}

/// What a status means, given whether macOS was allowed to open windows.
fn meaning(code: i32, windows: Interaction) -> Meaning {
    match (code, windows) {
        // Nobody can have chosen "Deny": it would have had to ask.
        (-25293 | -60005, Interaction::Never) => Meaning::Asks,
        (code, _) => meaning_of(code),
    }
}

fn meaning_of(code: i32) -> Meaning {
    known(code).map_or(Meaning::Other, |(_, _, meaning)| *meaning)
}

impl Refusal for Status {
    /// Each other way would ask the person again, who has given up or refused, or nobody; or it
    /// ends where this one did, because the key does not leave in any form.
    fn settles(&self) -> bool {
        use Meaning::{Asks, Cancelled, Denied};
        matches!(meaning_of(self.code), Cancelled | Denied | Asks) || self.code == NOT_EXTRACTABLE
    }

    fn is_informative(&self) -> bool {
        !matches!(
            meaning_of(self.code),
            Meaning::NoSuchExport | Meaning::Other
        )
    }
}

/// errSecDataNotAvailable: macOS looks at the key's header before it asks anybody, and the header
/// says that the key may not leave (impExpExportKeyCommon in SecImportExportUtils.cpp).
const NOT_EXTRACTABLE: i32 = -25316;

/// A keychain's file that cannot be read as one.
const INVALID_KEYCHAIN: i32 = -25295;

/// errSecDuplicateItem: the keychain has the key or the certificate already.
pub(super) const DUPLICATE: i32 = -25299;

/// The error for a change of a keychain that macOS did not make; `otherwise` makes it of what says
/// nothing of the keychain or the account.
pub(super) fn change_error(
    status: Status,
    place: &str,
    windows: Interaction,
    otherwise: impl FnOnce(Source) -> StoreError,
) -> StoreError {
    let place = place.to_owned();
    match meaning(status.code, windows) {
        Meaning::Cancelled => StoreError::Cancelled,
        Meaning::Denied => StoreError::AccessDenied {
            place,
            source: Some(status.into()),
        },
        Meaning::Asks => StoreError::KeychainInteractionRequired {
            place,
            source: Some(status.into()),
        },
        _ => otherwise(status.into()),
    }
}

/// The error for a key at `place` that was not exported.
pub(super) fn key_error(status: Status, place: &str, windows: Interaction) -> StoreError {
    let meaning = meaning(status.code, windows);
    let source = Some(status.into());
    let place = place.to_owned();
    let not_exportable = |place, reason, source| StoreError::KeyNotExportable {
        place,
        reason,
        source,
    };
    match meaning {
        Meaning::Cancelled => StoreError::Cancelled,
        Meaning::Denied => StoreError::KeyAccessDenied { place, source },
        Meaning::Asks => StoreError::KeychainInteractionRequired { place, source },
        Meaning::NotFound => StoreError::KeyMissing { place },
        Meaning::NoKeychain => StoreError::Unavailable {
            store: place,
            reason: "its keychain cannot be read any more".to_owned(),
            source,
        },
        Meaning::Changed => {
            let reason = "macOS finds that the record of its private key was changed";
            StoreError::damaged(place, reason, source)
        }
        Meaning::NotExtractable => not_exportable(place, NotExportable::Policy, source),
        Meaning::NoSuchExport => {
            let form = "no form of export that certstow knows".to_owned();
            not_exportable(place, NotExportable::UnsupportedForm(form), source)
        }
        Meaning::Other => StoreError::KeyRefused { place, source },
    }
}

/// The error for a keychain that cannot be opened or searched, which never opens a window.
pub(super) fn keychain_error(status: Status, store: &str) -> StoreError {
    let reason = match (status.code, meaning_of(status.code)) {
        (INVALID_KEYCHAIN, _) => "the file is no keychain, or is damaged",
        (_, Meaning::NoKeychain) => "there is no such keychain",
        _ => "macOS does not open it",
    };
    change_error(status, store, Interaction::Never, |source| {
        StoreError::Unavailable {
            store: store.to_owned(),
            reason: reason.to_owned(),
            source: Some(source),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: i32) -> Status {
        Status {
            call: "SecItemExport",
            code,
            text: None,
        }
    }

    fn kind(error: &StoreError) -> &'static str {
        match error {
            StoreError::Cancelled => "cancelled",
            StoreError::AccessDenied { .. } | StoreError::KeyAccessDenied { .. } => "denied",
            StoreError::KeychainInteractionRequired { .. } => "asks",
            StoreError::KeyMissing { .. } => "missing",
            StoreError::KeyNotExportable { reason, .. } => match reason {
                NotExportable::Policy => "policy",
                _ => "form",
            },
            StoreError::KeyRefused { .. } => "refused",
            StoreError::Damaged { .. } => "damaged",
            StoreError::Unavailable { .. } => "unavailable",
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn key_error_without_interaction_reports_interaction_required() {
        for code in [-25293, -60005] {
            let error = key_error(status(code), "login: Ada", Interaction::Never);
            assert_eq!(kind(&error), "asks", "{code}");
        }
        let error = key_error(status(-61), "login: Ada", Interaction::Never);
        assert_eq!(kind(&error), "denied");
    }

    #[test]
    fn key_error_maps_every_status() {
        for (code, expected) in [
            (-128, "cancelled"),
            (-25293, "denied"),
            (-60005, "denied"),
            (-61, "denied"),
            (-25240, "denied"),
            (-25308, "asks"),
            (-25315, "asks"),
            (-25320, "asks"),
            (-2070, "asks"),
            (-25300, "missing"),
            (-25294, "unavailable"),
            (-25295, "unavailable"),
            (-25304, "damaged"),
            (-34018, "refused"),
            (-25316, "policy"),
            (-25258, "policy"),
            (-25260, "form"),
            (-25256, "form"),
            (-25257, "form"),
            (-50, "refused"),
            (-26275, "refused"),
        ] {
            let error = key_error(status(code), "login: Ada", Interaction::Allowed);
            assert_eq!(kind(&error), expected, "{code}");
            if !matches!(error, StoreError::Cancelled | StoreError::KeyMissing { .. }) {
                let source = std::error::Error::source(&error).unwrap().to_string();
                assert!(source.starts_with("SecItemExport: "), "{source}");
                assert!(source.contains(&code.to_string()), "{source}");
            }
        }
    }

    #[test]
    fn keychain_error_distinguishes_unavailable_from_locked() {
        for (code, expected) in [
            (-25294, "unavailable"),
            (-25307, "unavailable"),
            (-25308, "asks"),
            (-25293, "asks"),
            (-61, "denied"),
            (-128, "cancelled"),
            (-50, "unavailable"),
        ] {
            let error = keychain_error(status(code), "keychain:login");
            assert_eq!(kind(&error), expected, "{code}");
        }
        let reason = |code| keychain_error(status(code), "keychain:login").to_string();
        assert!(reason(-25294).contains("no such keychain"));
        assert!(reason(-25295).contains("is no keychain, or is damaged"));
    }

    #[test]
    fn change_error_maps_status_to_reason() {
        for (code, windows, expected) in [
            (-128, Interaction::Allowed, "cancelled"),
            (-61, Interaction::Never, "denied"),
            (-25292, Interaction::Never, "denied"),
            (-25293, Interaction::Allowed, "denied"),
            (-25293, Interaction::Never, "asks"),
            (-25308, Interaction::Never, "asks"),
            (-25299, Interaction::Never, "refused"),
            (-26275, Interaction::Never, "refused"),
        ] {
            let otherwise = |source| StoreError::KeyRefused {
                place: String::new(),
                source: Some(source),
            };
            let error = change_error(status(code), "login: Ada", windows, otherwise);
            assert_eq!(kind(&error), expected, "{code}");
        }
    }

    #[test]
    fn status_settles_after_refusal_or_cancellation() {
        for code in [-128, -25293, -25308, -25315, -25316] {
            assert!(status(code).settles(), "{code}");
        }
        for code in [-25260, -25258, -50] {
            assert!(!status(code).settles(), "{code}");
        }
        assert!(status(-25316).is_informative());
        assert!(!status(-25260).is_informative());
    }
}
