//! Why a signature was not verified.

use std::fmt;

/// Why a signature was not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SignatureError {
    /// It was checked and does not match, or signature or key are malformed.
    Invalid,
    /// It cannot be checked: the dotted OID of an algorithm or curve certstow does not know, or
    /// a few words on the parameter it does not support.
    Unsupported(String),
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => f.write_str("the signature does not match"),
            Self::Unsupported(what) => write!(f, "certstow cannot check signatures with {what}"),
        }
    }
}

impl std::error::Error for SignatureError {}
