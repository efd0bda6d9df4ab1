//! Why an NSS database, or a key in it, cannot be used.

use thiserror::Error;

use super::sqlite::SqliteError;

/// Why an NSS database, or a private key in it, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NssError {
    /// `cert9.db` cannot be read, and with it nothing is known of any certificate.
    #[error("cert9.db is not a database that can be read: {0}")]
    Certificates(#[source] SqliteError),
    /// The password is wrong. A damaged password entry may look the same.
    #[error("the primary password is wrong")]
    WrongPassword,
    /// The database was never given a password, not even the empty one.
    #[error("the database has no password yet, so that no private key can be in it")]
    NoPassword,
    /// No private key has this object id.
    #[error("the database has no such private key")]
    NotFound,
    /// `CKA_EXTRACTABLE` is false.
    #[error("NSS was told never to give the private key out")]
    NotExtractable,
    /// The key is of a kind, or encrypted in a way, that is not read; the text names it.
    #[error("it uses {0}, which certstow does not read")]
    Unsupported(String),
    /// What is stored contradicts itself; the text says where and how.
    #[error("it is damaged: {0}")]
    Damaged(String),
}
