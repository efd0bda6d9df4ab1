//! Passwords in a vault: their names, and what a vault returns for one.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use certstow_formats::secret::Password;
use zeroize::Zeroizing;

/// The name of a password in a vault: 1 to 64 of the letters A to Z, digits, `-`, `_` and `.`, of
/// which the last does not come first. It is a file name among systemd's credentials.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let length = (1..=64).contains(&text.len());
        if length && !text.starts_with('.') && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName)
        }
    }
}

/// Why a text names no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadName;

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a name is 1 to 64 letters (A to Z), digits, '-', '_' and '.', and begins with no '.'",
        )
    }
}

impl Error for BadName {}

/// A password in a vault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VaultEntry {
    /// Its name.
    pub name: Name,
    /// The vault, in words for a person.
    pub place: String,
}

/// What a vault returned.
#[derive(Debug)]
pub enum Kept {
    /// A password.
    Password(Password),
    /// The bytes of a file that holds one, as password files do; its path.
    File(FileBytes, String),
}

/// The bytes of a file with a password.
pub struct FileBytes(pub(super) Zeroizing<Vec<u8>>);

impl FileBytes {
    /// The bytes. Keep no copy that is not wiped.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for FileBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileBytes(hidden)")
    }
}
