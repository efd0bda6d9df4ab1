//! What the error codes of Windows' cryptography mean for a private key. CAPI and crypt32 leave an
//! `HRESULT`-like code as the last error, CNG returns it; a plain number below 0x10000 is a Win32
//! error (winerror.h). The same code means different things before and after the key's export
//! policy is known.

use std::fmt;

use crate::error::StoreError;
use crate::store::NotExportable;

/// What a call ended with: the operating system's code and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OsError {
    /// The function that failed.
    pub(super) call: &'static str,
    /// The last error, or the `HRESULT` returned.
    pub(super) code: u32,
}

impl fmt::Display for OsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, code } = self;
        match (name(*code), *code) {
            (Some(name), _) => write!(f, "{call}: {name} (0x{code:08X})")?,
            (None, 0..0x1_0000) => write!(f, "{call}: Windows error {code}")?,
            (None, _) => write!(f, "{call}: Windows error 0x{code:08X}")?,
        }
        match text(*code) {
            Some(text) => write!(f, ": {text}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for OsError {}

/// Windows' own sentence for a code, in the language of the account.
fn text(code: u32) -> Option<String> {
    let error = std::io::Error::from_raw_os_error(code as i32).to_string();
    // The standard library appends the number, and says so where there is no sentence.
    let (text, _) = error.split_once(" (os error ")?;
    let text = text.trim();
    (cfg!(windows) && !text.is_empty() && !text.starts_with("OS Error ")).then(|| text.to_owned())
}

const CERTIFICATE_PROPERTY_NOT_FOUND: u32 = 0x8009_2004;

/// The names in winerror.h of the codes told apart here.
fn name(code: u32) -> Option<&'static str> {
    Some(match code {
        0x8009_0003 => "NTE_BAD_KEY",
        0x8009_000A => "NTE_BAD_TYPE",
        0x8009_000B => "NTE_BAD_KEY_STATE",
        0x8009_000D => "NTE_NO_KEY",
        0x8009_0010 => "NTE_PERM",
        0x8009_0011 => "NTE_NOT_FOUND",
        0x8009_0015 => "NTE_BAD_PUBLIC_KEY",
        0x8009_0016 => "NTE_BAD_KEYSET",
        0x8009_0019 => "NTE_KEYSET_NOT_DEF",
        0x8009_0020 => "NTE_FAIL",
        0x8009_0022 => "NTE_SILENT_CONTEXT",
        0x8009_0024 => "NTE_TEMPORARY_PROFILE",
        0x8009_0029 => "NTE_NOT_SUPPORTED",
        0x8009_002D => "NTE_INTERNAL_ERROR",
        0x8009_0030 => "NTE_DEVICE_NOT_READY",
        0x8009_0036 => "NTE_USER_CANCELLED",
        CERTIFICATE_PROPERTY_NOT_FOUND => "CRYPT_E_NOT_FOUND",
        0x8009_200B => "CRYPT_E_NO_KEY_PROPERTY",
        0x8010_000C => "SCARD_E_NO_SMARTCARD",
        0x8010_0069 => "SCARD_W_REMOVED_CARD",
        0x8010_006B => "SCARD_W_WRONG_CHV",
        0x8010_006C => "SCARD_W_CHV_BLOCKED",
        0x8010_006E => "SCARD_W_CANCELLED_BY_USER",
        _ => return None,
    })
}

/// What a code says of a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is not in a state to be exported: by its policy, or because it cannot be decrypted.
    BadState,
    /// Something failed inside the provider; a key that cannot be decrypted looks like this too.
    Failed,
    /// The account's profile, and with it what protects its keys, is not loaded.
    NoProfile,
    /// The provider has no export of this kind.
    NoSuchExport,
    /// The account may not use it.
    Denied,
    /// There is none in the container, or nothing says where it is.
    NoKey,
    /// The container, or the provider, does not exist.
    NoContainer,
    /// It belongs to another certificate.
    AnotherKey,
    /// Somebody has to be asked.
    Asks,
    /// Somebody was asked and gave up.
    Cancelled,
    /// It is on a smart card.
    SmartCard,
    /// It is in the TPM.
    Tpm,
    /// Anything else.
    Other,
}

/// What a code means, from winerror.h and the documentation of the functions that give it.
pub(super) fn meaning(code: u32) -> Meaning {
    match code {
        0x8009_000B => Meaning::BadState,
        0x8009_0020 | 0x8009_002D => Meaning::Failed,
        0x8009_0024 => Meaning::NoProfile,
        0x8009_000A | 0x8009_0029 => Meaning::NoSuchExport,
        0x8009_0010 | 5 => Meaning::Denied,
        0x8009_000D | CERTIFICATE_PROPERTY_NOT_FOUND | 0x8009_200B | 1168 => Meaning::NoKey,
        0x8009_0011 | 0x8009_0016 | 0x8009_0019 => Meaning::NoContainer,
        0x8009_0003 | 0x8009_0015 => Meaning::AnotherKey,
        0x8009_0022 => Meaning::Asks,
        // SCARD_W_CANCELLED_BY_USER is one of the smart card's codes and comes first.
        0x8009_0036 | 1223 | 0x8010_006E => Meaning::Cancelled,
        0x8010_0000..=0x8010_FFFF => Meaning::SmartCard,
        0x8009_0030 | 0x8028_0000..=0x8029_FFFF => Meaning::Tpm,
        _ => Meaning::Other,
    }
}

/// What is known of the key's export policy when a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// The key could not be opened, so that nothing is known.
    Unopened,
    /// It was opened, and its provider does not tell.
    Untold,
    /// It may be exported.
    Allows,
    /// It may not.
    Forbids,
}

/// Where a private key is kept.
#[derive(Debug, Clone)]
pub(super) struct KeyPlace {
    /// Where the certificate lies.
    pub(super) place: String,
    /// The key container and its provider, if the certificate names one.
    pub(super) container: Option<String>,
}

/// The error for a private key that a call did not give.
pub(super) fn key_error(error: OsError, policy: Policy, key: &KeyPlace) -> StoreError {
    let place = key.place.clone();
    let meaning = meaning(error.code);
    let source = Some(error.into());
    let not_exportable = |reason, source| StoreError::KeyNotExportable {
        place: key.place.clone(),
        reason,
        source,
    };
    match (meaning, policy) {
        (Meaning::Cancelled, _) => StoreError::Cancelled,
        (Meaning::Asks, _) => StoreError::ConfirmationRequired { place, source },
        (Meaning::SmartCard, _) => {
            not_exportable(NotExportable::Hardware(SMART_CARD.into()), source)
        }
        (Meaning::Tpm, _) => not_exportable(NotExportable::Hardware(TPM.into()), source),
        (Meaning::NoProfile, _) => StoreError::KeyUnreadableHere { place, source },
        (Meaning::BadState | Meaning::Failed, Policy::Allows)
        | (Meaning::BadState, Policy::Unopened) => StoreError::KeyUnreadableHere { place, source },
        // The policy says it, whatever the words of the call.
        (_, Policy::Forbids) | (Meaning::BadState, Policy::Untold) => {
            not_exportable(NotExportable::Policy, source)
        }
        (Meaning::NoSuchExport, _) => {
            let form = "its provider offers no export that certstow knows";
            not_exportable(NotExportable::UnsupportedForm(form.into()), source)
        }
        (Meaning::Denied, _) => StoreError::AccessDenied {
            place: format!("the private key of {place}"),
            source,
        },
        (Meaning::NoKey | Meaning::NoContainer, _) => match key.container.clone() {
            Some(container) => StoreError::KeyContainerMissing {
                place,
                container,
                source,
            },
            None => StoreError::KeyMissing { place },
        },
        (Meaning::AnotherKey, _) => StoreError::Damaged {
            place,
            reason: "the private key stored for it belongs to another certificate".to_owned(),
            source,
        },
        (Meaning::Failed | Meaning::Other, _) => StoreError::KeyRefused { place, source },
    }
}

/// Of several failures, each of another way to the same key, the one to report: the first that says
/// something of the key, and not only that there is no such way.
pub(super) fn first_informative(failures: Vec<OsError>) -> Option<OsError> {
    let says_something =
        |error: &&OsError| !matches!(meaning(error.code), Meaning::NoSuchExport | Meaning::Other);
    let informative = failures.iter().find(says_something).cloned();
    informative.or_else(|| failures.into_iter().next())
}

/// What hardware is called, for a person.
pub(super) const SMART_CARD: &str = "smart card";
/// The same.
pub(super) const TPM: &str = "TPM";

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: u32, policy: Policy) -> StoreError {
        let key = KeyPlace {
            place: r"Cert:\CurrentUser\My\00".to_owned(),
            container: Some("le-1 (Microsoft Software Key Storage Provider)".to_owned()),
        };
        let call = "NCryptExportKey";
        key_error(OsError { call, code }, policy, &key)
    }

    /// The word for an error, as short as the tests below need it.
    fn kind(error: &StoreError) -> &'static str {
        match error {
            StoreError::KeyNotExportable { reason, .. } => match reason {
                NotExportable::Policy => "policy",
                NotExportable::Hardware(_) => "hardware",
                _ => "form",
            },
            StoreError::KeyUnreadableHere { .. } => "not here",
            StoreError::KeyContainerMissing { .. } => "container",
            StoreError::AccessDenied { .. } => "denied",
            StoreError::ConfirmationRequired { .. } => "asks",
            StoreError::Cancelled => "cancelled",
            StoreError::Damaged { .. } => "damaged",
            StoreError::KeyRefused { .. } => "refused",
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_policy_tells_a_kept_key_from_one_this_logon_cannot_unlock() {
        for (code, policy, expected) in [
            (0x8009_000B, Policy::Forbids, "policy"),
            (0x8009_000B, Policy::Untold, "policy"),
            (0x8009_000B, Policy::Allows, "not here"),
            (0x8009_000B, Policy::Unopened, "not here"),
            (0x8009_002D, Policy::Allows, "not here"),
            (0x8009_0020, Policy::Allows, "not here"),
            (0x8009_0020, Policy::Untold, "refused"),
            (0x8009_0024, Policy::Unopened, "not here"),
            (0x8009_0029, Policy::Forbids, "policy"),
        ] {
            assert_eq!(
                kind(&error(code, policy)),
                expected,
                "{code:08X} {policy:?}"
            );
        }
    }

    #[test]
    fn every_code_has_its_sentence() {
        for (code, expected) in [
            (0x8009_000A, "form"),
            (0x8009_0029, "form"),
            (0x8009_0010, "denied"),
            (5, "denied"),
            (0x8009_000D, "container"),
            (0x8009_2004, "container"),
            (0x8009_200B, "container"),
            (1168, "container"),
            (0x8009_0011, "container"),
            (0x8009_0016, "container"),
            (0x8009_0019, "container"),
            (0x8009_0003, "damaged"),
            (0x8009_0015, "damaged"),
            (0x8009_0022, "asks"),
            (0x8009_0036, "cancelled"),
            (1223, "cancelled"),
            (0x8010_006E, "cancelled"),
            (0x8010_000C, "hardware"),
            (0x8010_006B, "hardware"),
            (0x8009_0030, "hardware"),
            (0x8028_0087, "hardware"),
            (0x8029_0400, "hardware"),
            (0x8009_0027, "refused"),
            (8, "refused"),
        ] {
            let error = error(code, Policy::Allows);
            assert_eq!(kind(&error), expected, "{code:08X}");
            if !matches!(error, StoreError::Cancelled) {
                let source = std::error::Error::source(&error).unwrap().to_string();
                let number = if code < 0x1_0000 {
                    format!("Windows error {code}")
                } else {
                    format!("0x{code:08X}")
                };
                assert!(source.starts_with("NCryptExportKey: "), "{source}");
                assert!(source.contains(&number), "{source}");
            }
        }
    }

    #[test]
    fn a_key_that_nothing_names_is_missing() {
        let key = KeyPlace {
            place: "p".to_owned(),
            container: None,
        };
        let call = "CryptAcquireCertificatePrivateKey";
        let code = 0x8009_200B;
        let error = key_error(OsError { call, code }, Policy::Unopened, &key);
        assert!(matches!(error, StoreError::KeyMissing { .. }), "{error:?}");
    }

    #[test]
    fn the_first_failure_that_tells_something_is_reported() {
        let failures = |codes: &[u32]| {
            let failures = codes.iter().map(|&code| OsError { call: "f", code });
            first_informative(failures.collect()).map(|error| error.code)
        };
        assert_eq!(failures(&[0x8009_0029, 0x8009_000B, 5]), Some(0x8009_000B));
        assert_eq!(failures(&[5, 0x8009_000B]), Some(5));
        assert_eq!(failures(&[0x8009_0029, 120]), Some(0x8009_0029));
        assert_eq!(failures(&[]), None);
    }
}
