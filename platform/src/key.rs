//! Private and public keys as bytes: PKCS#1 and SEC1 turned into PKCS#8, and the
//! `SubjectPublicKeyInfo` that belongs to a private key, without signing anything.

use crate::secret::PrivateKey;
use zeroize::Zeroizing;

/// Why a private key's public half cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a readable key.
    Malformed(&'static str),
    /// The algorithm (dotted OID) is not one certstow computes public keys for.
    UnknownAlgorithm(String),
}

/// DER of the `SubjectPublicKeyInfo` belonging to a private key, byte-equal to what a
/// certificate for it carries (RSA: NULL parameters; EC: named curve, uncompressed point).
pub fn public_key_of(key: &PrivateKey) -> Result<Vec<u8>, KeyError> {
    todo!()
}

/// Compare two SPKI DERs as public keys (tolerates absent/NULL RSA parameters, compressed points).
pub fn same_public_key(a: &[u8], b: &[u8]) -> bool {
    todo!()
}

/// PKCS#1 `RSAPrivateKey` DER to PKCS#8.
pub fn from_pkcs1(der: &[u8]) -> Result<PrivateKey, KeyError> {
    todo!()
}

/// SEC1 `ECPrivateKey` DER (RFC 5915) to PKCS#8; `curve` from a preceding EC PARAMETERS block.
pub fn from_sec1(der: &[u8], curve: Option<&[u8]>) -> Result<PrivateKey, KeyError> {
    todo!()
}

/// What a public key is, for a person: ("RSA", Some(2048)), ("ECDSA P-256", Some(256)), ("Ed25519", Some(256)), ("1.2.3", None).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDescription {
    /// Algorithm name, or dotted OID
    pub algorithm: String,
    /// key size in bits
    pub bits: Option<u32>,
}

/// Describes the key in a `SubjectPublicKeyInfo`.
pub fn describe(spki: &[u8]) -> KeyDescription {
    todo!()
}
