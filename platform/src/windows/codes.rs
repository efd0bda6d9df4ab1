//! What the error codes of Windows' cryptography mean for a private key. CAPI and crypt32 leave an
//! `HRESULT`-like code as the last error, CNG returns it; a plain number below 0x10000 is a Win32
//! error (winerror.h). What a code means depends on the function that gave it, and on what is known
//! of the key's export policy.

use std::fmt;

use crate::attempt::Refusal;
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

impl OsError {
    /// The error of a call that schannel made.
    #[cfg(windows)]
    pub(super) fn of_schannel(call: &'static str, error: &std::io::Error) -> Self {
        let code = error.raw_os_error().unwrap_or_default() as u32;
        Self { call, code }
    }

    /// The code, without the wrapping of a Win32 error as an `HRESULT` (HRESULT_FROM_WIN32).
    pub(super) fn plain_code(&self) -> u32 {
        match self.code {
            0x8007_0000..=0x8007_FFFF => self.code & 0xFFFF,
            code => code,
        }
    }
}

impl fmt::Display for OsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, code } = self;
        match (known(*code), *code) {
            (Some((_, name, _)), _) => write!(f, "{call}: {name} (0x{code:08X})")?,
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

impl From<getrandom::Error> for OsError {
    /// There are no random numbers.
    fn from(error: getrandom::Error) -> Self {
        let code = error.raw_os_error().unwrap_or_default() as u32;
        let call = "ProcessPrng";
        Self { call, code }
    }
}

/// Windows' own sentence for a code, in the language of the account.
fn text(code: u32) -> Option<String> {
    let error = std::io::Error::from_raw_os_error(code as i32).to_string();
    // The standard library appends the number, and says so where there is no sentence.
    let (text, _) = error.split_once(" (os error ")?;
    let text = text.trim();
    (cfg!(windows) && !text.is_empty() && !text.starts_with("OS Error ")).then(|| text.to_owned())
}

/// The codes of winerror.h that calls about keys give: their names there, and what they mean.
const CODES: [(u32, &str, Meaning); 33] = [
    (0x8009_0003, "NTE_BAD_KEY", Meaning::Other),
    (0x8009_000A, "NTE_BAD_TYPE", Meaning::NoSuchExport),
    (0x8009_000B, "NTE_BAD_KEY_STATE", Meaning::BadState),
    (0x8009_000D, "NTE_NO_KEY", Meaning::NoKey),
    (0x8009_0010, "NTE_PERM", Meaning::Denied),
    (0x8009_0011, "NTE_NOT_FOUND", Meaning::NoKey),
    (0x8009_0013, "NTE_BAD_PROVIDER", Meaning::NoProvider),
    (0x8009_0014, "NTE_BAD_PROV_TYPE", Meaning::NoProvider),
    (0x8009_0016, "NTE_BAD_KEYSET", Meaning::NoKey),
    (0x8009_0017, "NTE_PROV_TYPE_NOT_DEF", Meaning::NoProvider),
    (0x8009_0018, "NTE_PROV_TYPE_ENTRY_BAD", Meaning::NoProvider),
    (0x8009_0019, "NTE_KEYSET_NOT_DEF", Meaning::NoProvider),
    (0x8009_001A, "NTE_KEYSET_ENTRY_BAD", Meaning::BadContainer),
    (0x8009_001B, "NTE_PROV_TYPE_NO_MATCH", Meaning::NoProvider),
    (0x8009_001D, "NTE_PROVIDER_DLL_FAIL", Meaning::NoProvider),
    (0x8009_001E, "NTE_PROV_DLL_NOT_FOUND", Meaning::NoProvider),
    (0x8009_0020, "NTE_FAIL", Meaning::Failed),
    (0x8009_0022, "NTE_SILENT_CONTEXT", Meaning::Asks),
    (0x8009_0024, "NTE_TEMPORARY_PROFILE", Meaning::NoProfile),
    (0x8009_0029, "NTE_NOT_SUPPORTED", Meaning::NoSuchExport),
    (0x8009_002C, "NTE_DECRYPTION_FAILURE", Meaning::Failed),
    (0x8009_002D, "NTE_INTERNAL_ERROR", Meaning::Failed),
    (0x8009_002E, "NTE_UI_REQUIRED", Meaning::Asks),
    (0x8009_0030, "NTE_DEVICE_NOT_READY", Meaning::Other),
    (0x8009_0035, "NTE_DEVICE_NOT_FOUND", Meaning::Other),
    (0x8009_0036, "NTE_USER_CANCELLED", Meaning::Cancelled),
    (0x8009_2004, "CRYPT_E_NOT_FOUND", Meaning::NoKey),
    (0x8009_200B, "CRYPT_E_NO_KEY_PROPERTY", Meaning::NoKey),
    (0x8010_000C, "SCARD_E_NO_SMARTCARD", Meaning::SmartCard),
    (0x8010_0069, "SCARD_W_REMOVED_CARD", Meaning::SmartCard),
    (0x8010_006B, "SCARD_W_WRONG_CHV", Meaning::SmartCard),
    (0x8010_006C, "SCARD_W_CHV_BLOCKED", Meaning::SmartCard),
    (0x8010_006E, "SCARD_W_CANCELLED_BY_USER", Meaning::Cancelled),
];

fn known(code: u32) -> Option<&'static (u32, &'static str, Meaning)> {
    CODES.iter().find(|(known, ..)| *known == code)
}

/// What a failed call says of a private key.
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
    /// There is none in the container, there is no such container, or the account may not see it.
    NoKey,
    /// The container is damaged.
    BadContainer,
    /// The provider is not installed.
    NoProvider,
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

/// What a failed call means, from winerror.h and the documentation of the function.
pub(super) fn meaning(error: &OsError) -> Meaning {
    match (error.call, error.plain_code()) {
        // Its documented words for a key that may not be exported.
        (PFX_EXPORT, 0x8009_0003 | 0x8009_0010) => Meaning::BadState,
        // Documented: "the profile of the user is not loaded".
        (ACQUIRE_CONTEXT, 2) => Meaning::NoProfile,
        (_, 5) => Meaning::Denied,
        (_, 1168) => Meaning::NoKey,
        (_, 1223) => Meaning::Cancelled,
        (_, code) => match (known(code), code) {
            (Some((_, _, meaning)), _) => *meaning,
            (None, 0x8010_0000..=0x8010_FFFF) => Meaning::SmartCard,
            (None, 0x8028_0000..=0x8029_FFFF) => Meaning::Tpm,
            (None, _) => Meaning::Other,
        },
    }
}

/// Calls whose codes mean something of their own.
pub(super) const PFX_EXPORT: &str = "PFXExportCertStoreEx";
/// The same.
pub(super) const ACQUIRE_CONTEXT: &str = "CryptAcquireContext";

impl Refusal for OsError {
    fn is_informative(&self) -> bool {
        !matches!(meaning(self), Meaning::NoSuchExport | Meaning::Other)
    }

    /// The key is not there, or a person was asked for a confirmation or a PIN, of which there may
    /// be three tries altogether.
    fn settles(&self) -> bool {
        use Meaning::{Asks, Cancelled, NoKey, NoProfile, NoProvider, SmartCard, Tpm};
        matches!(
            meaning(self),
            Asks | Cancelled | NoKey | NoProfile | NoProvider | SmartCard | Tpm
        )
    }
}

/// What is known of the key's export policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// The key could not be opened or decrypted, so that nothing is known.
    Closed,
    /// It was opened, and its provider does not tell.
    Untold,
    /// It may be exported.
    Allows,
    /// It may not.
    Forbids,
}

impl Policy {
    /// The policy, from the flags a provider tells and those that allow the export. Both CSPs and
    /// KSPs protect it together with the key: if it cannot be decrypted, neither can the key.
    pub(super) fn from_flags(told: Result<u32, OsError>, allow: u32) -> Self {
        match told {
            Ok(flags) if flags & allow != 0 => Self::Allows,
            Ok(_) => Self::Forbids,
            Err(error) => match meaning(&error) {
                Meaning::BadState | Meaning::Failed | Meaning::NoProfile => Self::Closed,
                _ => Self::Untold,
            },
        }
    }
}

/// Where a private key is kept.
#[derive(Debug, Clone)]
pub(super) struct KeyPlace {
    /// Where the certificate lies.
    pub(super) place: String,
    /// The key container and its provider.
    pub(super) container: String,
}

/// The error for a private key that a call did not give.
pub(super) fn key_error(error: OsError, policy: Policy, key: &KeyPlace) -> StoreError {
    let KeyPlace { place, container } = key.clone();
    let meaning = meaning(&error);
    let source = Some(error.into());
    let not_exportable = |reason, source| StoreError::KeyNotExportable {
        place: key.place.clone(),
        reason,
        source,
    };
    match (meaning, policy) {
        // The policy says it, whatever the words of the call.
        (_, Policy::Forbids) => not_exportable(NotExportable::Policy, source),
        (Meaning::Cancelled, _) => StoreError::Cancelled,
        (Meaning::Asks, _) => StoreError::ConfirmationRequired { place, source },
        (Meaning::SmartCard, _) => {
            not_exportable(NotExportable::Hardware(SMART_CARD.into()), source)
        }
        (Meaning::Tpm, _) => not_exportable(NotExportable::Hardware(TPM.into()), source),
        (Meaning::NoProfile, _)
        | (Meaning::BadState, Policy::Closed | Policy::Allows)
        | (Meaning::Failed, Policy::Allows) => StoreError::KeyUnreadableHere { place, source },
        (Meaning::BadState, Policy::Untold) => not_exportable(NotExportable::Policy, source),
        (Meaning::NoSuchExport, _) => {
            let form = "its provider offers no export that certstow knows";
            not_exportable(NotExportable::UnsupportedForm(form.into()), source)
        }
        (Meaning::Denied, _) => StoreError::KeyAccessDenied { place, source },
        (Meaning::NoKey, _) => StoreError::KeyContainerMissing {
            place,
            container,
            source,
        },
        (Meaning::BadContainer, _) => StoreError::Damaged {
            place: format!("the key container {container}"),
            reason: "what is stored there is no key any more".to_owned(),
            source,
        },
        (Meaning::NoProvider, _) => StoreError::KeyProviderMissing {
            place,
            container,
            source,
        },
        (Meaning::Failed | Meaning::Other, _) => StoreError::KeyRefused { place, source },
    }
}

/// What hardware is called, for a person.
pub(super) const SMART_CARD: &str = "smart card";
/// The same.
pub(super) const TPM: &str = "TPM";

#[cfg(test)]
mod tests;
