//! `EncryptedPrivateKeyInfo` (RFC 5958, section 3) as written: in a shrouded key bag of PKCS#12,
//! and by itself in a PEM file.

use super::kdf::PasswordForm;
use super::pbe::Scheme;
use super::profile::aes_256;
use crate::der::{self, OCTET_STRING};
use crate::secret::{Password, PrivateKey};

/// The DER around a key that `scheme` has encrypted.
pub(crate) fn encrypted_private_key(scheme: &Scheme, encrypted: &[u8]) -> Vec<u8> {
    der::sequence(&[&scheme.to_der(), &der::value(OCTET_STRING, &[encrypted])])
}

/// Encrypts a key with PBES2 (RFC 8018): AES-256-CBC under PBKDF2-HMAC-SHA256 with this many
/// iterations, and a salt and an IV nobody used before.
///
/// # Errors
/// The operating system's, when it has no random bytes to give.
pub fn encrypt_private_key(
    key: &PrivateKey,
    password: &Password,
    iterations: u32,
) -> Result<Vec<u8>, getrandom::Error> {
    let scheme = aes_256(iterations)?;
    let encrypted = scheme.encrypt(PasswordForm::Text(password), key.expose());
    Ok(encrypted_private_key(&scheme, &encrypted))
}
