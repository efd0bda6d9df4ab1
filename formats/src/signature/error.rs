//! Why a signature was not verified.

use thiserror::Error;

/// Why a signature was not verified.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum SignatureError {
    /// It was checked and does not match, or signature or key are malformed.
    #[error("the signature does not match")]
    Invalid,
    /// It cannot be checked: the dotted OID of an algorithm or curve certstow does not know, or
    /// a few words on the parameter it does not support.
    #[error("certstow cannot check signatures with {0}")]
    Unsupported(String),
}
