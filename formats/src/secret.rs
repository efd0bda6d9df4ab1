//! Secrets as types: a password and an unencrypted private key.
//!
//! Both wipe their memory when dropped, cannot be cloned, and print a fixed word in
//! `Debug`, so that no error, log line or panic message can carry one. `expose` is the only
//! way to the content, so that every use can be found by searching for that word.

use std::fmt;

use zeroize::Zeroizing;

/// A password, as Unicode text.
///
/// PKCS#12 turns it into a BMPString for its own key derivation (RFC 7292, B.1), while PKCS#5
/// schemes take its UTF-8 bytes (RFC 8018); both conversions happen where the key is derived.
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes ownership of `text`, which is wiped when the password is dropped.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The password itself. Keep no copy that is not wiped.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is the empty password, which PKCS#12 tells from having none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every character is ASCII, which Java's and Apple's tools need.
    pub fn is_ascii(&self) -> bool {
        self.0.is_ascii()
    }

    /// At which end it has a blank, which nobody sees and much puts there (`echo` of cmd.exe, text that
    /// was copied): "begins with a blank".
    pub fn blank_end(&self) -> Option<&'static str> {
        let begins = self.0.starts_with(char::is_whitespace);
        let ends = self.0.ends_with(char::is_whitespace);
        match (begins, ends) {
            (true, true) => Some("begins and ends with a blank"),
            (true, false) => Some("begins with a blank"),
            (false, true) => Some("ends with a blank"),
            (false, false) => None,
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

/// An unencrypted private key: the DER of a PKCS#8 `PrivateKeyInfo` or `OneAsymmetricKey`
/// (RFC 5958).
pub struct PrivateKey(Zeroizing<Vec<u8>>);

impl PrivateKey {
    /// Wraps the DER of a `PrivateKeyInfo`. The bytes are not looked at: algorithms certstow
    /// does not know pass through unopened.
    pub fn from_pkcs8_der(der: Zeroizing<Vec<u8>>) -> Self {
        Self(der)
    }

    /// The DER of the `PrivateKeyInfo`. Keep no copy that is not wiped.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(hidden)")
    }
}

/// As far below the caller as this goes [`wipe_stack`].
const DEPTH: usize = 128 * 1024;

/// Overwrites what functions that have returned left on this thread's stack. Block ciphers put whole
/// keys there: a core with wide registers has one take a kilobyte at a time, and returns without
/// wiping. To be called where work with a secret ends, before the thread does: its stack goes
/// back to no allocator.
#[inline(never)]
pub fn wipe_stack() {
    // What is hidden from the compiler has to be there, and zero.
    std::hint::black_box(&mut [0_u8; DEPTH]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_holds_no_secret() {
        let password = Password::new("correct horse".into());
        let key = PrivateKey::from_pkcs8_der(Zeroizing::new(b"battery staple".to_vec()));
        assert_eq!(
            format!("{password:?} {key:?}"),
            "Password(hidden) PrivateKey(hidden)"
        );
    }
}
