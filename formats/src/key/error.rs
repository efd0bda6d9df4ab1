//! Why a key cannot be used.

use thiserror::Error;

/// Why the public half of a private key cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Not a readable key; the text says which part.
    #[error("the private key is damaged: {0}")]
    Malformed(&'static str),
    /// The algorithm is not one certstow computes public keys for.
    #[error("certstow cannot tell the public key of a private key for {}", .0.name)]
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
