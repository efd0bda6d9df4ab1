//! Private keys that a store has for no certificate in it: one whose request a CA has not answered yet,
//! or whose certificate was lost.

use certstow_formats::key;
use sha2::{Digest as _, Sha256};

/// A private key that belongs to no certificate of its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoneKey {
    /// Where it lies: a file, a container, an object of a token.
    pub place: String,
    /// The name that the store has for it, if it has one.
    pub label: Option<String>,
    /// What is known of its public half.
    pub public_half: PublicHalf,
}

/// What a store knows of the public half of a key, without opening the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicHalf {
    /// The SHA-256 of the public key in the form in which keys are compared
    /// ([`key::comparable`](certstow_formats::key::comparable)).
    Digest([u8; 32]),
    /// The SHA-1 of the public key by which keychains name one
    /// ([`key::key_identifier`](certstow_formats::key::key_identifier)).
    Identifier([u8; 20]),
    /// The modulus of an RSA key without leading zeros, or the uncompressed point of a curve.
    Value(Vec<u8>),
    /// Nothing, as of an encrypted file.
    Unknown,
}

impl LoneKey {
    /// Whether it is the key of a certificate with this `SubjectPublicKeyInfo`; `None` if that cannot be
    /// known without opening it.
    pub fn is_of(&self, spki_der: &[u8]) -> Option<bool> {
        match &self.public_half {
            PublicHalf::Digest(own) => {
                Some(Sha256::digest(key::comparable(spki_der))[..] == own[..])
            }
            PublicHalf::Identifier(own) => Some(key::key_identifier(spki_der)? == *own),
            PublicHalf::Value(own) => Some(key::public_value(spki_der)? == *own),
            PublicHalf::Unknown => None,
        }
    }
}

// The samples come with the feature.
#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::testing::Sample;

    #[test]
    fn is_of_compares_what_is_known() {
        let spki = |sample: Sample| sample.certificate().unwrap().spki_der().to_vec();
        for own in [Sample::Rsa, Sample::P256, Sample::Ed25519] {
            let own_spki = spki(own);
            let digest = Sha256::digest(key::comparable(&own_spki));
            for public_half in [
                PublicHalf::Digest(digest.into()),
                PublicHalf::Identifier(key::key_identifier(&own_spki).unwrap()),
                PublicHalf::Value(key::public_value(&own_spki).unwrap()),
            ] {
                let alone = LoneKey {
                    place: "a place".to_owned(),
                    label: None,
                    public_half,
                };
                assert_eq!(alone.is_of(&own_spki), Some(true), "{alone:?}");
                // A second certificate of this RSA key.
                let other = spki(Sample::NotExportable);
                assert_eq!(alone.is_of(&other), Some(own == Sample::Rsa), "{alone:?}");
                assert_eq!(alone.is_of(&spki(Sample::Keyless)), Some(false));
            }
        }
        let unknown = LoneKey {
            place: "a place".to_owned(),
            label: None,
            public_half: PublicHalf::Unknown,
        };
        assert_eq!(unknown.is_of(&spki(Sample::Rsa)), None);
    }
}
