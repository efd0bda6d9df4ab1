//! Key derivation: PKCS#12 (RFC 7292 B.2) and PBKDF2 (RFC 8018 5.2), with a fast HMAC-SHA-256 loop.
use crate::secret::Password;
use zeroize::Zeroizing;

/// Hash functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Digest { Sha1, Sha224, Sha256, Sha384, Sha512 }

/// The two empty passwords of PKCS#12 differ: `Null` is zero bytes, `Text("")` is 00 00.
#[derive(Debug, Clone, Copy)]
pub enum PasswordForm<'a> {
    /// Password text (BMPString + 00 00 for PKCS#12 KDF; UTF-8 for PBKDF2)
    Text(&'a Password),
    /// No password at all
    Null,
}

/// RFC 7292 B.3 id
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Purpose { Key = 1, Iv = 2, Mac = 3 }

/// PKCS#12 KDF
pub fn pkcs12(digest: Digest, password: PasswordForm<'_>, salt: &[u8], purpose: Purpose, iterations: u32, length: usize) -> Zeroizing<Vec<u8>> { todo!() }

/// PBKDF2
pub fn pbkdf2(prf: Digest, password: PasswordForm<'_>, salt: &[u8], iterations: u32, length: usize) -> Zeroizing<Vec<u8>> { todo!() }
