//! The algorithms that something can be encrypted or protected with under a password, by their object
//! identifiers: those that are read (RFC 7292, appendix C; RFC 8018, appendix A and B), and those that
//! are known by name alone.

use const_oid::ObjectIdentifier;

use super::cipher::Cipher;
use super::error::DecodeError;
use super::oid;
use crate::ber::Oid;
use crate::hash::Digest;

/// What an identifier stands for, or at least its name.
pub(super) type Known<T> = (ObjectIdentifier, Result<T, &'static str>);

/// How a scheme without parameters beside salt and iterations derives its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Derivation {
    /// PKCS#12's own, with SHA-1.
    Pkcs12,
    /// PBKDF1 with this hash.
    Pbkdf1(Digest),
}

/// The schemes: PKCS#12's, and those of PBES1.
pub(super) const SCHEMES: &[Known<(Derivation, Cipher)>] = &[
    (oid::PBE_3DES, Ok((Derivation::Pkcs12, Cipher::TripleDes))),
    (
        oid::PBE_2KEY_3DES,
        Ok((Derivation::Pkcs12, Cipher::TwoKeyTripleDes)),
    ),
    (
        oid::PBE_RC2_128,
        Ok((Derivation::Pkcs12, Cipher::Rc2 { bits: 128 })),
    ),
    (
        oid::PBE_RC2_40,
        Ok((Derivation::Pkcs12, Cipher::Rc2 { bits: 40 })),
    ),
    (
        id("1.2.840.113549.1.12.1.1"),
        Ok((Derivation::Pkcs12, Cipher::Rc4 { bits: 128 })),
    ),
    (
        id("1.2.840.113549.1.12.1.2"),
        Ok((Derivation::Pkcs12, Cipher::Rc4 { bits: 40 })),
    ),
    (
        id("1.2.840.113549.1.5.3"),
        Ok((Derivation::Pbkdf1(Digest::Md5), Cipher::Des)),
    ),
    (
        id("1.2.840.113549.1.5.6"),
        Ok((Derivation::Pbkdf1(Digest::Md5), Cipher::Rc2 { bits: 64 })),
    ),
    (
        id("1.2.840.113549.1.5.10"),
        Ok((Derivation::Pbkdf1(Digest::Sha1), Cipher::Des)),
    ),
    (
        id("1.2.840.113549.1.5.11"),
        Ok((Derivation::Pbkdf1(Digest::Sha1), Cipher::Rc2 { bits: 64 })),
    ),
    (id("1.2.840.113549.1.5.1"), Err("DES-CBC with MD2")),
    (id("1.2.840.113549.1.5.4"), Err("RC2-CBC with MD2")),
    (id("1.2.840.113533.7.66.12"), Err("CAST5-CBC with MD5")),
    (id("1.2.410.200004.1.15"), Err("SEED-CBC with SHA-1")),
];

/// The ciphers of PBES2. RC2 says in its parameters how long its key is.
pub(super) const CIPHERS: &[Known<Cipher>] = &[
    (oid::AES128_CBC, Ok(Cipher::Aes128)),
    (oid::AES192_CBC, Ok(Cipher::Aes192)),
    (oid::AES256_CBC, Ok(Cipher::Aes256)),
    (oid::DES_EDE3_CBC, Ok(Cipher::TripleDes)),
    (id("1.3.14.3.2.7"), Ok(Cipher::Des)),
    (id("1.2.840.113549.3.2"), Ok(Cipher::Rc2 { bits: 128 })),
    (id("1.2.840.113549.3.4"), Err("RC4")),
    (id("1.2.840.113549.3.9"), Err("RC5-CBC")),
    (id("1.2.840.113533.7.66.10"), Err("CAST5-CBC")),
    (id("1.2.392.200011.61.1.1.1.2"), Err("Camellia-128-CBC")),
    (id("1.2.392.200011.61.1.1.1.3"), Err("Camellia-192-CBC")),
    (id("1.2.392.200011.61.1.1.1.4"), Err("Camellia-256-CBC")),
    (id("1.2.410.200046.1.1.2"), Err("ARIA-128-CBC")),
    (id("1.2.410.200046.1.1.7"), Err("ARIA-192-CBC")),
    (id("1.2.410.200046.1.1.12"), Err("ARIA-256-CBC")),
    (id("1.2.410.200004.1.4"), Err("SEED-CBC")),
    (id("1.2.156.10197.1.104.2"), Err("SM4-CBC")),
    (id("1.2.643.2.2.21"), Err("GOST 28147-89")),
    (id("1.2.643.7.1.1.5.1.1"), Err("GOST Magma")),
    (id("1.2.643.7.1.1.5.1.2"), Err("GOST Magma")),
    (id("1.2.643.7.1.1.5.2.1"), Err("GOST Kuznyechik")),
    (id("1.2.643.7.1.1.5.2.2"), Err("GOST Kuznyechik")),
    (id("1.3.6.1.4.1.188.7.1.1.2"), Err("IDEA-CBC")),
    (id("1.3.6.1.4.1.3029.1.2"), Err("Blowfish-CBC")),
    (id("2.16.840.1.101.3.4.1.6"), Err("AES-128-GCM")),
    (id("2.16.840.1.101.3.4.1.26"), Err("AES-192-GCM")),
    (id("2.16.840.1.101.3.4.1.46"), Err("AES-256-GCM")),
];

/// The hashes of an HMAC: in PBKDF2, and in PBMAC1.
pub(super) const HMACS: &[Known<Digest>] = &[
    (oid::HMAC_SHA1, Ok(Digest::Sha1)),
    (oid::HMAC_SHA224, Ok(Digest::Sha224)),
    (oid::HMAC_SHA256, Ok(Digest::Sha256)),
    (oid::HMAC_SHA384, Ok(Digest::Sha384)),
    (oid::HMAC_SHA512, Ok(Digest::Sha512)),
    (id("1.2.840.113549.2.12"), Ok(Digest::Sha512_224)),
    (id("1.2.840.113549.2.13"), Ok(Digest::Sha512_256)),
    (id("1.2.840.113549.2.6"), Ok(Digest::Md5)),
    (id("2.16.840.1.101.3.4.2.13"), Err("HMAC-SHA3-224")),
    (id("2.16.840.1.101.3.4.2.14"), Err("HMAC-SHA3-256")),
    (id("2.16.840.1.101.3.4.2.15"), Err("HMAC-SHA3-384")),
    (id("2.16.840.1.101.3.4.2.16"), Err("HMAC-SHA3-512")),
    (id("1.2.156.10197.1.401.3.1"), Err("HMAC-SM3")),
    (id("1.2.643.2.2.10"), Err("HMAC-GOST R 34.11-94")),
    (id("1.2.643.7.1.1.4.1"), Err("HMAC-Streebog-256 (GOST)")),
    (id("1.2.643.7.1.1.4.2"), Err("HMAC-Streebog-512 (GOST)")),
];

/// The hashes of PKCS#12's own MAC.
pub(super) const MAC_HASHES: &[Known<Digest>] = &[
    (oid::SHA1, Ok(Digest::Sha1)),
    (oid::SHA224, Ok(Digest::Sha224)),
    (oid::SHA256, Ok(Digest::Sha256)),
    (oid::SHA384, Ok(Digest::Sha384)),
    (oid::SHA512, Ok(Digest::Sha512)),
    (id("2.16.840.1.101.3.4.2.5"), Ok(Digest::Sha512_224)),
    (id("2.16.840.1.101.3.4.2.6"), Ok(Digest::Sha512_256)),
    (id("1.2.840.113549.2.5"), Ok(Digest::Md5)),
    (id("1.2.840.113549.2.2"), Err("MD2")),
    (id("1.2.840.113549.2.4"), Err("MD4")),
    (id("2.16.840.1.101.3.4.2.7"), Err("SHA3-224")),
    (id("2.16.840.1.101.3.4.2.8"), Err("SHA3-256")),
    (id("2.16.840.1.101.3.4.2.9"), Err("SHA3-384")),
    (id("2.16.840.1.101.3.4.2.10"), Err("SHA3-512")),
    (id("1.3.36.3.2.1"), Err("RIPEMD-160")),
    (id("1.0.10118.3.0.55"), Err("Whirlpool")),
    (id("1.2.156.10197.1.401"), Err("SM3")),
    (id("1.2.643.2.2.9"), Err("GOST R 34.11-94")),
    (id("1.2.643.7.1.1.2.2"), Err("Streebog-256 (GOST)")),
    (id("1.2.643.7.1.1.2.3"), Err("Streebog-512 (GOST)")),
    (id("1.3.6.1.4.1.1722.12.2.1.16"), Err("BLAKE2b")),
    (id("1.3.6.1.4.1.1722.12.2.2.8"), Err("BLAKE2s")),
];

const fn id(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

/// What an identifier stands for in a table; `kind` and the name, or the identifier if it has none, say
/// what is not read.
pub(super) fn meaning<T: Copy>(
    table: &[Known<T>],
    oid: Oid<'_>,
    kind: &str,
) -> Result<T, DecodeError> {
    let unsupported =
        |name: &dyn std::fmt::Display| DecodeError::Unsupported(format!("{kind} {name}"));
    let known = oid.known();
    match table
        .iter()
        .find(|(candidate, _)| Some(*candidate) == known)
    {
        Some((_, Ok(meaning))) => Ok(*meaning),
        Some((_, Err(name))) => Err(unsupported(name)),
        None => Err(unsupported(&oid)),
    }
}

/// The identifier that stands for a value in a table.
pub(super) fn identifier<T: PartialEq>(table: &[Known<T>], meaning: &T) -> ObjectIdentifier {
    let is_meant = |known: &&Known<T>| known.1.as_ref() == Ok(meaning);
    let Some((oid, _)) = table.iter().find(is_meant) else {
        unreachable!("no scheme is read or made with a part outside its table")
    };
    *oid
}
