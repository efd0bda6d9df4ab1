//! Why there is no request.

use thiserror::Error;

/// Why there is no request. Holds nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// There is neither a subject nor an alternative name.
    #[error("neither a subject nor an alternative name says whom the certificate is for")]
    Nameless,
    /// The key is of a kind that certstow does not sign requests with; which it is.
    #[error("certstow signs no requests with {0}")]
    UnsupportedKey(String),
    /// The key does not sign; why.
    #[error("the private key is damaged: {0}")]
    DamagedKey(String),
    /// It is no request.
    #[error("it is no certification request")]
    Malformed,
    /// Its signature is not one of the key in it, or is made in a way that is not checked here.
    #[error("its signature does not verify with the key in it")]
    NotVerified,
}
