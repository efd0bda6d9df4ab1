//! What a listing can tell of a private key in a file without keeping the key.

use std::fmt;

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
    /// It is encrypted, and the listing did not try every password.
    Untried(Untried),
    /// It is encrypted in a way that certstow does not read; the text names it.
    Unreadable(String),
    /// Its algorithm is this one, and its public half cannot be told.
    Unknown(UnknownAlgorithm),
}

/// Why a listing did not try every password on something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Untried {
    /// It asks for this many iterations, more than a listing affords for one thing.
    Iterations(u64),
    /// Other files took the iterations that a listing affords for all.
    Budget,
}

impl fmt::Display for Untried {
    /// What follows "it is encrypted, ".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iterations(iterations) => write!(
                f,
                "and asks for {iterations} iterations, too many to try a password in a listing"
            ),
            Self::Budget => f.write_str(
                "and this listing spent its iterations on other files before it tried every password",
            ),
        }
    }
}

impl KeyKind {
    /// Whether a key whose public half does not show may belong to a certificate, as far as its
    /// algorithm tells.
    pub(crate) fn fits(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Known(_) => false,
            Self::Locked | Self::Untried(_) | Self::Unreadable(_) => true,
            Self::Unknown(algorithm) => {
                key::algorithm_of(certificate.spki_der()).is_some_and(|oid| oid == algorithm.oid)
            }
        }
    }
}
