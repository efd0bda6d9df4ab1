//! Bag attributes (RFC 7292, 4.2; PKCS#9, RFC 2985, 5.5): the friendly name, the local key ID
//! that ties key and leaf together, and what Windows keeps beside a certificate.
//!
//! Windows writes the name of the key's provider as 1.3.6.1.4.1.311.17.1 on the key bag, and
//! every certificate property N as 1.3.6.1.4.1.311.17.3.N on the certificate's bag. Other
//! readers skip what they do not know.

use crate::certificate::{Certificate, Property};
use crate::key;

/// `CERT_ENHKEY_USAGE_PROP_ID`: usages the certificate is restricted to on top of its own.
const ENHANCED_KEY_USAGE: u32 = 9;
/// `CERT_DESCRIPTION_PROP_ID`.
const DESCRIPTION: u32 = 13;

/// `CERT_FRIENDLY_NAME_PROP_ID`, which PKCS#12 has an attribute of its own for.
const FRIENDLY_NAME: u32 = 11;

/// Which attributes go into a file beside the local key ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Properties {
    /// The friendly name, the provider's name, the description and the enhanced key usages:
    /// what is worth having on another machine and says nothing of this one.
    #[default]
    Portable,
    /// Everything the store gives, except handles. May name this machine (property 71).
    All,
    /// Nothing, not even the friendly name.
    None,
}

/// What key bag and leaf bag carry beside the local key ID.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The friendly name, on key and leaf.
    pub friendly_name: Option<String>,
    /// The name of the CSP or KSP the key came from, on the key.
    pub provider_name: Option<String>,
    /// Certificate properties, on the leaf, in ascending order of their numbers.
    pub properties: Vec<Property>,
}

impl Attributes {
    /// The attributes for a certificate, with what its store keeps beside it: the name of its key's
    /// provider, and properties. A name ends before the NUL that some programs keep with it, since
    /// readers leave that out; an empty one is none. With [`Properties::None`] there is no name at all.
    pub fn new(
        certificate: &Certificate,
        friendly_name: &str,
        provider: Option<&str>,
        properties: &[Property],
        which: Properties,
    ) -> Self {
        let wanted: fn(u32) -> bool = match which {
            Properties::None => return Self::default(),
            Properties::Portable => |id| matches!(id, ENHANCED_KEY_USAGE | DESCRIPTION),
            Properties::All => |id| id != FRIENDLY_NAME && !Property::is_of_this_machine(id),
        };
        let mut kept: Vec<Property> = properties
            .iter()
            .filter(|property| wanted(property.id))
            .cloned()
            .collect();
        kept.sort_by_key(|property| property.id);
        kept.dedup_by_key(|property| property.id);
        Self {
            friendly_name: without_terminator(friendly_name),
            provider_name: provider_name(certificate, provider),
            properties: kept,
        }
    }
}

/// A name without NUL at its end; `None` if nothing is left.
fn without_terminator(name: &str) -> Option<String> {
    let name = name.trim_end_matches('\0');
    (!name.is_empty()).then(|| name.to_owned())
}

/// The provider the key came from. An RSA key from elsewhere gets the one that Windows does not
/// choose by itself: its own choice cannot sign with SHA-256. For other keys there is only one.
fn provider_name(certificate: &Certificate, provider: Option<&str>) -> Option<String> {
    const RSA_PROVIDER: &str = "Microsoft Enhanced RSA and AES Cryptographic Provider";
    let known = provider.and_then(without_terminator);
    known.or_else(|| {
        let is_rsa = key::describe(certificate.spki_der()).algorithm == "RSA";
        is_rsa.then(|| RSA_PROVIDER.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::identities;

    const PROVIDER: &str = "Microsoft Software Key Storage Provider";

    fn attributes(friendly_name: &str, which: Properties) -> Attributes {
        let properties = [125, 78, 71, 20, 13, 11, 9, 2].map(|id| Property {
            id,
            value: vec![id as u8],
        });
        let certificate = identities::ec_identity().leaf;
        let provider = Some(PROVIDER);
        Attributes::new(&certificate, friendly_name, provider, &properties, which)
    }

    fn ids(attributes: &Attributes) -> Vec<u32> {
        attributes
            .properties
            .iter()
            .map(|property| property.id)
            .collect()
    }

    #[test]
    fn attributes_portable_keeps_names_description_and_usages() {
        let attributes = attributes("Anna", Properties::Portable);
        assert_eq!(attributes.friendly_name.as_deref(), Some("Anna"));
        assert_eq!(attributes.provider_name.as_deref(), Some(PROVIDER));
        assert_eq!(ids(&attributes), [9, 13]);
    }

    #[test]
    fn attributes_all_drops_handles_and_stored_name() {
        assert_eq!(ids(&attributes("Anna", Properties::All)), [9, 13, 20, 71]);
    }

    #[test]
    fn attributes_none_keeps_nothing() {
        assert_eq!(attributes("Bert", Properties::None), Attributes::default());
    }

    #[test]
    fn attributes_treat_empty_name_as_none() {
        for nothing in ["", "\0"] {
            let attributes = attributes(nothing, Properties::Portable);
            assert_eq!(attributes.friendly_name, None);
        }
    }

    #[test]
    fn attributes_cut_names_at_the_terminator() {
        let leaf = identities::ec_identity().leaf;
        let provider = Some("A Provider\0");
        let which = Properties::Portable;
        let attributes = Attributes::new(&leaf, "Ada \u{1f511}\0", provider, &[], which);
        assert_eq!(attributes.friendly_name.as_deref(), Some("Ada \u{1f511}"));
        assert_eq!(attributes.provider_name.as_deref(), Some("A Provider"));
    }

    #[test]
    fn attributes_give_rsa_keys_a_provider() {
        let provider_of = |certificate| {
            Attributes::new(&certificate, "Anna", None, &[], Properties::Portable).provider_name
        };
        let rsa = provider_of(identities::rsa_identity().leaf);
        assert!(rsa.unwrap().contains("RSA and AES"));
        assert_eq!(provider_of(identities::ec_identity().leaf), None);
    }
}
