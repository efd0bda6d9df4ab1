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
            PublicHalf::Value(own) => Some(key::public_value(spki_der)? == *own),
            PublicHalf::Unknown => None,
        }
    }
}
