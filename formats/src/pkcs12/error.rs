//! What can be wrong with a PKCS#12 file or an encrypted key, told apart as far as the format
//! allows: a wrong password, or one of several, damage, an algorithm certstow lacks, or work beyond all
//! measure.

use thiserror::Error;

/// Why a PKCS#12 file or an encrypted PKCS#8 key cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// It does not begin like a PKCS#12 file.
    #[error("it is not a PKCS#12 file")]
    NotPkcs12,
    /// It is text, and a PKCS#12 file in base64 or PEM stands in it (RFC 4648, 7468).
    #[error(
        "it is the text of a PKCS#12 file, which programs do not open; base64 -d makes the file of \
         it, without the lines of dashes, or certutil -decode on Windows"
    )]
    Text,
    /// It begins like one and breaks off or contradicts itself; the text says where and how.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// The password is wrong: nothing decrypts with it, and the MAC does not fit it.
    #[error("the password is wrong")]
    WrongPassword,
    /// The MAC does not fit, and nothing is encrypted that would show whether the password is right.
    #[error("the password is wrong, or the file was altered")]
    WrongPasswordOrAltered,
    /// The password is right for the MAC and for what else is in the file, but for a private key.
    #[error("the private key is under another password")]
    KeyPassword,
    /// The MAC fits the password, and what it protects is encrypted under another one: PKCS#12 allows
    /// for a password of integrity and one of privacy (RFC 7292, section 3).
    #[error("its content is under another password than its MAC")]
    ContentPassword,
    /// The password opens some parts of it and not others, and no MAC shows why.
    #[error("the password opens some parts of it; the others are under another one, or damaged")]
    PartlyOpened,
    /// The content decrypts, so that the password is right, and the MAC does not fit it: the file
    /// was changed.
    #[error("it decrypts, but its MAC says that it was changed")]
    MacMismatch,
    /// It is made with something certstow does not read; the text names it.
    #[error("it uses {0}, which certstow does not read")]
    Unsupported(String),
    /// It asks for more key derivation than the limits allow; what is over them was not begun.
    #[error("it asks for {}, more than the {limit} allowed", asked(*iterations))]
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
            Self::TooMuchWork { iterations, .. } => Some(asked(*iterations)),
            _ => None,
        }
    }

    /// Whether another password, or a further one, may open it.
    pub fn asks_for_password(&self) -> bool {
        matches!(
            self,
            Self::WrongPassword
                | Self::WrongPasswordOrAltered
                | Self::KeyPassword
                | Self::ContentPassword
        )
    }

    /// Damage in a named part.
    pub(super) fn damaged(part: &str) -> impl Fn(&'static str) -> Self {
        move |wrong| Self::Damaged(format!("{part}: {wrong}"))
    }
}

/// So many iterations, of which `u64::MAX` stands for all that are more.
fn asked(iterations: u64) -> String {
    match iterations {
        u64::MAX => "2^64 or more iterations of key derivation".to_owned(),
        iterations => format!("{iterations} iterations of key derivation"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_work_does_not_invent_a_number() {
        let said = |iterations| {
            let limit = 10;
            DecodeError::TooMuchWork { iterations, limit }.to_string()
        };
        assert!(said(11).starts_with("it asks for 11 iterations"));
        assert!(said(u64::MAX).starts_with("it asks for 2^64 or more iterations"));
    }
}
