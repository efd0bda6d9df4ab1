//! What a listing can tell of a private key in a file without keeping the key.

use certstow_formats::certificate::Certificate;
use certstow_formats::key::{self, UnknownAlgorithm};

/// The SHA-256 of a public key in its usual form.
pub(crate) type KeyDigest = [u8; 32];

/// What can be told of a key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// Its public half.
    Known(KeyDigest),
    /// It is encrypted.
    Locked,
    /// It is encrypted in a way that certstow does not read; the text names it.
    Unreadable(String),
    /// Its algorithm is this one, and its public half cannot be told.
    Unknown(UnknownAlgorithm),
}

impl KeyKind {
    /// Whether a key whose public half does not show may belong to a certificate, as far as its
    /// algorithm tells.
    pub(crate) fn fits(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Known(_) => false,
            Self::Locked | Self::Unreadable(_) => true,
            Self::Unknown(algorithm) => {
                key::algorithm_of(certificate.spki_der()).is_some_and(|oid| oid == algorithm.oid)
            }
        }
    }
}
