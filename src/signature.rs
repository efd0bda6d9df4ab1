//! X.509 signature verification: RSA PKCS#1 v1.5 and PSS, ECDSA P-256/384/521, Ed25519; SHA-1 too (old roots).
use certstow_platform::certificate::Certificate;
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureError { Invalid, /// algorithm OID certstow cannot check
    Unsupported(String) }
/// Whether `issuer`'s key signed `subject`.
pub fn verify(subject: &Certificate, issuer: &Certificate) -> Result<(), SignatureError> { todo!() }
