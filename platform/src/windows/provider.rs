//! Which providers keep keys in hardware, by the names Microsoft gives them. The name alone tells,
//! so that no card reader and no TPM is touched, and nobody asked for a PIN, to find out.

use super::codes::{SMART_CARD, TPM};

/// CSPs and KSPs whose keys never leave a piece of hardware, and what that is.
const HARDWARE: [(&str, &str); 4] = [
    ("Microsoft Base Smart Card Crypto Provider", SMART_CARD),
    ("Microsoft Smart Card Key Storage Provider", SMART_CARD),
    ("Microsoft Platform Crypto Provider", TPM),
    ("Microsoft Passport Key Storage Provider", "Windows Hello"),
];

/// What keeps the keys of a provider in; `None` if it keeps them in files, or is not known here.
pub(super) fn hardware(provider: &str) -> Option<&'static str> {
    let mut known = HARDWARE.into_iter();
    known
        .find(|(name, _)| name.eq_ignore_ascii_case(provider))
        .map(|(_, what)| what)
}

/// Whether a provider is one of Microsoft's that keep keys in files. One without a name is the default
/// of its type. Those of others may reach for a card, or for a service elsewhere, as soon as they open.
pub(super) fn is_software(provider: &str) -> bool {
    let prefix = "microsoft ";
    let microsofts = provider
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    provider.is_empty() || microsofts && hardware(provider).is_none()
}

/// Whether a provider is one of CNG, by its name: Microsoft calls its own "Key Storage Provider", and
/// so do others, and the TPM's.
pub(super) fn is_of_cng(provider: &str) -> bool {
    let name = provider.to_ascii_lowercase();
    name.contains("key storage provider") || name == "microsoft platform crypto provider"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardware_recognizes_provider_names() {
        assert_eq!(hardware("Microsoft Platform Crypto Provider"), Some("TPM"));
        let card = hardware("microsoft base smart card crypto provider");
        assert_eq!(card, Some("smart card"));
        for software in [
            "Microsoft Software Key Storage Provider",
            "Microsoft Enhanced RSA and AES Cryptographic Provider",
            "Somebody's Key Storage Provider",
            "",
        ] {
            assert_eq!(hardware(software), None, "{software}");
        }
    }

    #[test]
    fn is_software_recognizes_providers_of_files() {
        for software in [
            "Microsoft Software Key Storage Provider",
            "microsoft strong cryptographic provider",
            "",
        ] {
            assert!(is_software(software), "{software}");
        }
        for other in [
            "Microsoft Smart Card Key Storage Provider",
            "Microsoft Platform Crypto Provider",
            "Somebody's Token Cryptographic Provider",
            "Microsoft",
        ] {
            assert!(!is_software(other), "{other}");
        }
    }

    #[test]
    fn is_of_cng_recognizes_provider_names() {
        for cng in [
            "Microsoft Software Key Storage Provider",
            "Microsoft Platform Crypto Provider",
            "Somebody's Key Storage Provider",
        ] {
            assert!(is_of_cng(cng), "{cng}");
        }
        for capi in ["Microsoft Enhanced RSA and AES Cryptographic Provider", ""] {
            assert!(!is_of_cng(capi), "{capi}");
        }
    }
}
