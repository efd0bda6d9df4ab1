//! What can be wrong with a PKCS#12 file or an encrypted key, told apart as far as the format
//! allows: a wrong password, damage, an algorithm certstow lacks, or work beyond all measure.

use std::fmt;

/// Why a PKCS#12 file or an encrypted PKCS#8 key cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// It does not begin like a PKCS#12 file.
    NotPkcs12,
    /// It begins like one and breaks off or contradicts itself, or the password opens one part of
    /// it and not another; the text says where and how.
    Damaged(String),
    /// The password is wrong: nothing decrypts with it, and the MAC does not fit it.
    WrongPassword,
    /// The content decrypts, so that the password is right, and the MAC does not fit it: the file
    /// was changed.
    MacMismatch,
    /// It is made with something certstow does not read; the text names it.
    Unsupported(String),
    /// It asks for more key derivation than the limits allow; what is over them was not begun.
    TooMuchWork {
        /// The iterations the file asks for in one derivation, or in all together.
        iterations: u64,
        /// The iterations allowed.
        limit: u64,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPkcs12 => f.write_str("it is not a PKCS#12 file"),
            Self::Damaged(what) => write!(f, "it is damaged: {what}"),
            Self::WrongPassword => f.write_str("the password is wrong"),
            Self::MacMismatch => f.write_str("it decrypts, but its MAC says that it was changed"),
            Self::Unsupported(what) => write!(f, "it uses {what}, which certstow does not read"),
            Self::TooMuchWork { iterations, limit } => write!(
                f,
                "it asks for {iterations} iterations of key derivation, more than the {limit} allowed"
            ),
        }
    }
}

impl std::error::Error for DecodeError {}

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
