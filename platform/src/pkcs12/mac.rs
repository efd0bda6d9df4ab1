//! MACs of PKCS#12: RFC 7292 B (PKCS#12 KDF + HMAC) and PBMAC1 (RFC 9579).
use super::kdf::{Digest, PasswordForm};

/// How the file's integrity is protected
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MacScheme {
    /// HMAC with the key from the PKCS#12 KDF
    Pkcs12 { digest: Digest, salt: Vec<u8>, iterations: u32 },
    /// RFC 9579: PBKDF2 (prf) then HMAC (digest)
    Pbmac1 { digest: Digest, prf: Digest, salt: Vec<u8>, iterations: u32, key_length: usize },
}

impl MacScheme {
    /// iteration count
    pub fn iterations(&self) -> u32 { todo!() }
    /// "HMAC-SHA256", "PBMAC1 HMAC-SHA256"
    pub fn name(&self) -> String { todo!() }
    /// The derived key; the slow half, independent of the content
    pub fn derive_key(&self, password: PasswordForm<'_>) -> zeroize::Zeroizing<Vec<u8>> { todo!() }
    /// The MAC value over content with the derived key
    pub fn compute(&self, key: &[u8], content: &[u8]) -> Vec<u8> { todo!() }
    /// DER of MacData with this scheme and value (writer's side)
    pub fn to_mac_data(&self, value: &[u8]) -> Vec<u8> { todo!() }
}
