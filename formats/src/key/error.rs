//! Why a key cannot be used.

use std::fmt;

/// Why the public half of a private key cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyError {
    /// Not a readable key; the text says which part.
    Malformed(&'static str),
    /// The algorithm is not one certstow computes public keys for.
    UnknownAlgorithm(UnknownAlgorithm),
}

/// An algorithm whose public keys certstow does not compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAlgorithm {
    /// Its dotted OID.
    pub oid: String,
    /// Its name, as in [`super::KeyDescription::algorithm`].
    pub name: String,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(what) => write!(f, "the private key is damaged: {what}"),
            Self::UnknownAlgorithm(UnknownAlgorithm { name, .. }) => write!(
                f,
                "certstow cannot tell the public key of a private key for {name}"
            ),
        }
    }
}

impl std::error::Error for KeyError {}
