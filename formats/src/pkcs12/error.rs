//! What can be wrong with a PKCS#12 file or an encrypted key, told apart as far as the format
//! allows: a wrong password, damage, an algorithm certstow lacks, or work beyond all measure.

use thiserror::Error;

/// Why a PKCS#12 file or an encrypted PKCS#8 key cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// It does not begin like a PKCS#12 file.
    #[error("it is not a PKCS#12 file")]
    NotPkcs12,
    /// It begins like one and breaks off or contradicts itself, or the password opens one part of
    /// it and not another; the text says where and how.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// The password is wrong: nothing decrypts with it, and the MAC does not fit it.
    #[error("the password is wrong")]
    WrongPassword,
    /// The content decrypts, so that the password is right, and the MAC does not fit it: the file
    /// was changed.
    #[error("it decrypts, but its MAC says that it was changed")]
    MacMismatch,
    /// It is made with something certstow does not read; the text names it.
    #[error("it uses {0}, which certstow does not read")]
    Unsupported(String),
    /// It asks for more key derivation than the limits allow; what is over them was not begun.
    #[error("it asks for {iterations} iterations of key derivation, more than the {limit} allowed")]
    TooMuchWork {
        /// The iterations the file asks for in one derivation, or in all together.
        iterations: u64,
        /// The iterations allowed.
        limit: u64,
    },
}

impl DecodeError {
    /// What certstow lacks to open it, whatever the password; `None` for any other error.
    pub fn lacking(&self) -> Option<String> {
        match self {
            Self::Unsupported(what) => Some(what.clone()),
            Self::TooMuchWork { iterations, .. } => {
                Some(format!("{iterations} iterations of key derivation"))
            }
            _ => None,
        }
    }

    /// Damage in a named part.
    pub(super) fn damaged(part: &str) -> impl Fn(&'static str) -> Self {
        move |wrong| Self::Damaged(format!("{part}: {wrong}"))
    }
}
