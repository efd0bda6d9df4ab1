//! Password-based encryption schemes of PKCS#12 appendix C and PKCS#5 (PBES2).
use super::error::DecodeError;
use super::kdf::{Digest, PasswordForm};
use crate::secret::Password;
use der::asn1::Any;
use zeroize::Zeroizing;

/// Block cipher in CBC mode
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Cipher { Aes128, Aes192, Aes256, TripleDes, TwoKeyTripleDes, Rc2 { bits: u16 } }

/// How something is encrypted under a password
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Scheme {
    /// PKCS#12 appendix C, SHA-1
    Pkcs12 { cipher: Cipher, salt: Vec<u8>, iterations: u32 },
    /// PBES2 with PBKDF2
    Pbes2 { cipher: Cipher, iv: Vec<u8>, prf: Digest, salt: Vec<u8>, iterations: u32 },
}

impl Scheme {
    /// From DER of an AlgorithmIdentifier
    pub fn from_der(algorithm: &[u8]) -> Result<Self, DecodeError> { todo!() }
    /// DER of the AlgorithmIdentifier (PRF with NULL parameters)
    pub fn to_der(&self) -> Vec<u8> { todo!() }
    /// iteration count
    pub fn iterations(&self) -> u32 { todo!() }
    /// as people name it: "AES-256-CBC, PBKDF2-HMAC-SHA256", "3DES (PKCS#12)", "RC2-40 (PKCS#12)"
    pub fn name(&self) -> String { todo!() }
    /// encrypt
    pub fn encrypt(&self, password: PasswordForm<'_>, plaintext: &[u8]) -> Vec<u8> { todo!() }
    /// decrypt; bad padding is WrongPassword
    pub fn decrypt(&self, password: PasswordForm<'_>, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecodeError> { todo!() }
}

/// Opens an `EncryptedPrivateKeyInfo` DER (RFC 5958) within `max_iterations`.
pub fn decrypt_private_key(der: &[u8], password: PasswordForm<'_>, max_iterations: u32) -> Result<crate::secret::PrivateKey, DecodeError> { todo!() }
