//! Object identifiers of the algorithms of keys, as they stand in `SubjectPublicKeyInfo` and
//! `PrivateKeyInfo`. Those of ML-DSA are in [`super::ml_dsa`].

use const_oid::ObjectIdentifier;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

/// rsaEncryption (RFC 8017, A.1): an RSA key for any use.
pub(crate) const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
/// id-RSASSA-PSS (RFC 4055, 1.2): an RSA key that signs with PSS alone.
pub(crate) const RSASSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
/// id-dsa (RFC 3279, 2.3.2).
pub(crate) const DSA: ObjectIdentifier = oid("1.2.840.10040.4.1");
/// id-ecPublicKey (RFC 5480, 2.1.1).
pub(crate) const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
/// id-X25519 (RFC 8410, 3).
pub(crate) const X25519: ObjectIdentifier = oid("1.3.101.110");
/// id-X448 (RFC 8410, 3).
pub(crate) const X448: ObjectIdentifier = oid("1.3.101.111");
/// id-Ed25519 (RFC 8410, 3).
pub(crate) const ED25519: ObjectIdentifier = oid("1.3.101.112");
/// id-Ed448 (RFC 8410, 3).
pub(crate) const ED448: ObjectIdentifier = oid("1.3.101.113");
