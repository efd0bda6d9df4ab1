//! What can be wrong with a Java keystore, told apart as far as the format allows.

use std::fmt;

/// Why a Java keystore, or a private key in it, cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JksError {
    /// It does not begin like a JKS.
    NotJks,
    /// It says that it has this version; there are 1 and 2.
    UnknownVersion(u32),
    /// It breaks off.
    Truncated,
    /// It contradicts itself; the text says where and how.
    Damaged(String),
    /// The password fits neither the store nor a key in it. A store that was changed looks the same.
    WrongPassword,
    /// The password opens a key, and does not fit the check over the whole: the store has a password
    /// of its own, or was changed.
    CheckMismatch,
    /// A private key has another password than the one given. Where that one fits the store, this is
    /// certain; by itself, a key that was changed looks the same.
    KeyPassword,
    /// It holds something that certstow does not read; the text names it.
    Unsupported(String),
}

impl fmt::Display for JksError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJks => f.write_str("it is not a Java keystore (JKS)"),
            Self::UnknownVersion(version) => write!(
                f,
                "it is a Java keystore (JKS) of version {version}, which certstow does not read"
            ),
            Self::Truncated => f.write_str("it is damaged: it breaks off"),
            Self::Damaged(what) => write!(f, "it is damaged: {what}"),
            Self::WrongPassword => f.write_str("the password is wrong, or the keystore is damaged"),
            Self::CheckMismatch => f.write_str(
                "the password opens a private key in it, and not the keystore, which has another \
                 password or was changed",
            ),
            Self::KeyPassword => f.write_str("the private key has another password"),
            Self::Unsupported(what) => write!(f, "it uses {what}, which certstow does not read"),
        }
    }
}

impl std::error::Error for JksError {}
