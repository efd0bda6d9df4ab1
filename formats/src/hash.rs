//! Hash functions: SHA-1 and SHA-2 (FIPS 180-4), with their object identifiers (RFC 5754, 2), and those
//! that old or rare files derive keys with.

use const_oid::ObjectIdentifier;
use md5::Md5;
use rsa::Pkcs1v15Sign;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

use crate::pkcs12::oid;

/// What names them in signatures.
pub(crate) const HASHES: [(ObjectIdentifier, Digest); 5] = [
    (oid::SHA1, Digest::Sha1),
    (oid::SHA224, Digest::Sha224),
    (oid::SHA256, Digest::Sha256),
    (oid::SHA384, Digest::Sha384),
    (oid::SHA512, Digest::Sha512),
];

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-1 (FIPS 180-4), as are the others.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA-512/224.
    Sha512_224,
    /// SHA-512/256.
    Sha512_256,
    /// MD5 (RFC 1321), which no signature is verified with.
    Md5,
}

impl Digest {
    /// The name without a hyphen, as in "HMAC-SHA256".
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
            Self::Sha512_224 => "SHA512/224",
            Self::Sha512_256 => "SHA512/256",
            Self::Md5 => "MD5",
        }
    }

    /// The length of the hash in bytes.
    pub fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512_224 => 28,
            Self::Sha256 | Self::Sha512_256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The length in bytes of the blocks it hashes.
    pub(crate) fn block(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha224 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 | Self::Sha512_224 | Self::Sha512_256 => 128,
        }
    }

    /// The function that an object identifier names.
    pub(crate) fn by_oid(oid: ObjectIdentifier) -> Option<Self> {
        let known = HASHES.iter().find(|(known, _)| *known == oid);
        known.map(|(_, digest)| *digest)
    }

    /// The digest of the concatenation of `parts`.
    pub(crate) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        fn run<D: sha2::Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut hash = D::new();
            parts.iter().for_each(|part| hash.update(part));
            hash.finalize().to_vec()
        }
        match self {
            Self::Sha1 => run::<Sha1>(parts),
            Self::Sha224 => run::<Sha224>(parts),
            Self::Sha256 => run::<Sha256>(parts),
            Self::Sha384 => run::<Sha384>(parts),
            Self::Sha512 => run::<Sha512>(parts),
            Self::Sha512_224 => run::<Sha512_224>(parts),
            Self::Sha512_256 => run::<Sha512_256>(parts),
            Self::Md5 => run::<Md5>(parts),
        }
    }

    /// EMSA-PKCS1-v1_5 (RFC 8017, 9.2) with this function's DigestInfo.
    pub(crate) fn pkcs1_encoding(self) -> Pkcs1v15Sign {
        match self {
            Self::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
            Self::Sha224 => Pkcs1v15Sign::new::<Sha224>(),
            Self::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
            Self::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
            Self::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
            Self::Sha512_224 => Pkcs1v15Sign::new::<Sha512_224>(),
            Self::Sha512_256 => Pkcs1v15Sign::new::<Sha512_256>(),
            Self::Md5 => Pkcs1v15Sign::new::<Md5>(),
        }
    }
}
