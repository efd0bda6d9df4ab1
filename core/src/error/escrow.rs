//! Why a certificate, a private key or a sealed password is of no use for escrow.

use std::fmt;

/// What is wrong with a certificate, a key or a sealed password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing can be sealed to the certificate, for this reason: "its key can only sign".
    Certificate(String),
    /// The file holds no private key that could open anything, for this reason.
    Key(String),
    /// The private key is another one than the password was sealed to; whom it was sealed to.
    WrongKey(Vec<String>),
    /// The sealed password is damaged, or sealed in a way certstow does not read: for this reason.
    Unreadable(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(why) => write!(f, "cannot be used for escrow: {why}"),
            Self::Key(why) => write!(f, "opens no sealed password: {why}"),
            Self::WrongKey(recipients) => {
                write!(f, "is not opened by this key: it is sealed to ")?;
                f.write_str(&recipients.join(" and to "))
            }
            Self::Unreadable(why) => write!(f, "cannot be opened: {why}"),
        }
    }
}
