//! The ASN.1 structures of PKCS#12 (RFC 7292), encrypted PKCS#8 keys (RFC 5958), PBES2 (RFC 8018)
//! and PBMAC1 (RFC 9579), for reading and for writing. All of them borrow, so that parsing a
//! decrypted safe leaves no second copy of a private key in memory.

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef, SetOfVec};
use der::{Sequence, ValueOrd};

/// Object identifiers of PKCS#12 and what it is made of.
pub mod oid {
    use der::asn1::ObjectIdentifier;

    const fn oid(dotted: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(dotted)
    }

    /// PKCS#7 `data` (RFC 2315, 14).
    pub const DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.1");
    /// PKCS#7 `signedData`: a file whose integrity rests on a signature.
    pub const SIGNED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.2");
    /// PKCS#7 `envelopedData`: a safe encrypted to a public key.
    pub const ENVELOPED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.3");
    /// PKCS#7 `encryptedData`: a safe encrypted under a password.
    pub const ENCRYPTED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.6");

    /// `keyBag` (RFC 7292, 4.2.1): an unencrypted private key.
    pub const KEY_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.1");
    /// `pkcs8ShroudedKeyBag` (RFC 7292, 4.2.2): an encrypted private key.
    pub const SHROUDED_KEY_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.2");
    /// `certBag` (RFC 7292, 4.2.3).
    pub const CERT_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.3");
    /// `crlBag` (RFC 7292, 4.2.4).
    pub const CRL_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.4");
    /// `secretBag` (RFC 7292, 4.2.5).
    pub const SECRET_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.5");
    /// `safeContentsBag` (RFC 7292, 4.2.6): bags within a bag.
    pub const SAFE_CONTENTS_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.6");

    /// `x509Certificate`, the usual content of a `certBag`.
    pub const X509_CERTIFICATE: ObjectIdentifier = oid("1.2.840.113549.1.9.22.1");
    /// `friendlyName` (RFC 2985, 5.5.1), a BMPString.
    pub const FRIENDLY_NAME: ObjectIdentifier = oid("1.2.840.113549.1.9.20");
    /// `localKeyId` (RFC 2985, 5.5.2), an OCTET STRING.
    pub const LOCAL_KEY_ID: ObjectIdentifier = oid("1.2.840.113549.1.9.21");
    /// Microsoft's name of the provider that holds the key, a BMPString on the key bag.
    pub const PROVIDER_NAME: ObjectIdentifier = oid("1.3.6.1.4.1.311.17.1");
    /// Microsoft's mark of a key of the machine rather than of a person.
    pub const MACHINE_KEYSET: ObjectIdentifier = oid("1.3.6.1.4.1.311.17.2");
    /// The arc of Microsoft's certificate properties: `.N` is property N, an OCTET STRING.
    pub const CERTIFICATE_PROPERTY: ObjectIdentifier = oid("1.3.6.1.4.1.311.17.3");

    /// pbeWithSHAAnd128BitRC4 (RFC 7292, C), which certstow names and does not read.
    pub const PBE_SHA1_RC4_128: ObjectIdentifier = oid("1.2.840.113549.1.12.1.1");
    /// pbeWithSHAAnd40BitRC4 (RFC 7292, C), which certstow names and does not read.
    pub const PBE_SHA1_RC4_40: ObjectIdentifier = oid("1.2.840.113549.1.12.1.2");
    /// pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, C).
    pub const PBE_SHA1_3DES: ObjectIdentifier = oid("1.2.840.113549.1.12.1.3");
    /// pbeWithSHAAnd2-KeyTripleDES-CBC (RFC 7292, C).
    pub const PBE_SHA1_2DES: ObjectIdentifier = oid("1.2.840.113549.1.12.1.4");
    /// pbeWithSHAAnd128BitRC2-CBC (RFC 7292, C).
    pub const PBE_SHA1_RC2_128: ObjectIdentifier = oid("1.2.840.113549.1.12.1.5");
    /// pbewithSHAAnd40BitRC2-CBC (RFC 7292, C).
    pub const PBE_SHA1_RC2_40: ObjectIdentifier = oid("1.2.840.113549.1.12.1.6");

    /// PBKDF2 (RFC 8018, A.2).
    pub const PBKDF2: ObjectIdentifier = oid("1.2.840.113549.1.5.12");
    /// PBES2 (RFC 8018, A.4).
    pub const PBES2: ObjectIdentifier = oid("1.2.840.113549.1.5.13");
    /// PBMAC1 (RFC 8018, A.5; RFC 9579).
    pub const PBMAC1: ObjectIdentifier = oid("1.2.840.113549.1.5.14");
    /// scrypt (RFC 7914, 7), which certstow names and does not read.
    pub const SCRYPT: ObjectIdentifier = oid("1.3.6.1.4.1.11591.4.11");

    /// aes128-CBC-PAD (RFC 8018, B.2.5).
    pub const AES_128_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.2");
    /// aes192-CBC-PAD (RFC 8018, B.2.5).
    pub const AES_192_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.22");
    /// aes256-CBC-PAD (RFC 8018, B.2.5).
    pub const AES_256_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.42");
    /// des-EDE3-CBC (RFC 8018, B.2.2).
    pub const DES_EDE3_CBC: ObjectIdentifier = oid("1.2.840.113549.3.7");
    /// rc2CBC (RFC 8018, B.2.3).
    pub const RC2_CBC: ObjectIdentifier = oid("1.2.840.113549.3.2");

    /// hmacWithSHA1 (RFC 8018, B.1.1).
    pub const HMAC_SHA1: ObjectIdentifier = oid("1.2.840.113549.2.7");
    /// hmacWithSHA224 (RFC 8018, B.1.2).
    pub const HMAC_SHA224: ObjectIdentifier = oid("1.2.840.113549.2.8");
    /// hmacWithSHA256 (RFC 8018, B.1.2).
    pub const HMAC_SHA256: ObjectIdentifier = oid("1.2.840.113549.2.9");
    /// hmacWithSHA384 (RFC 8018, B.1.2).
    pub const HMAC_SHA384: ObjectIdentifier = oid("1.2.840.113549.2.10");
    /// hmacWithSHA512 (RFC 8018, B.1.2).
    pub const HMAC_SHA512: ObjectIdentifier = oid("1.2.840.113549.2.11");

    /// SHA-1 (RFC 3279, 2.2.1).
    pub const SHA1: ObjectIdentifier = oid("1.3.14.3.2.26");
    /// SHA-224 (RFC 5754, 2.1).
    pub const SHA224: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.4");
    /// SHA-256 (RFC 5754, 2.2).
    pub const SHA256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
    /// SHA-384 (RFC 5754, 2.3).
    pub const SHA384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
    /// SHA-512 (RFC 5754, 2.4).
    pub const SHA512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");
}

/// `AlgorithmIdentifier` (RFC 5280, 4.1.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Sequence, ValueOrd)]
pub struct AlgorithmIdentifier<'a> {
    /// Which algorithm.
    pub algorithm: ObjectIdentifier,
    /// Its parameters; NULL and absent differ.
    pub parameters: Option<AnyRef<'a>>,
}

impl AlgorithmIdentifier<'_> {
    /// An algorithm with NULL parameters, as hash functions and HMACs are written.
    pub fn with_null(algorithm: ObjectIdentifier) -> Self {
        Self {
            algorithm,
            parameters: Some(AnyRef::NULL),
        }
    }
}

/// `PFX` (RFC 7292, 4), the whole file.
#[derive(Debug, Clone, Sequence)]
pub struct Pfx<'a> {
    /// 3 in every file there is.
    pub version: u8,
    /// `data` holding the `AuthenticatedSafe`, or `signedData`.
    pub auth_safe: ContentInfo<'a>,
    /// The MAC over the content of `auth_safe`.
    pub mac_data: Option<MacData<'a>>,
}

/// `ContentInfo` (RFC 2315, 7). `AuthenticatedSafe` (RFC 7292, 4.1) is a SEQUENCE of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Sequence)]
pub struct ContentInfo<'a> {
    /// What the content is.
    pub content_type: ObjectIdentifier,
    /// The content; an OCTET STRING for `data`.
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub content: AnyRef<'a>,
}

/// `MacData` (RFC 7292, 4).
#[derive(Debug, Clone, Sequence)]
pub struct MacData<'a> {
    /// The MAC's algorithm and value.
    pub mac: DigestInfo<'a>,
    /// The salt of the PKCS#12 derivation; without meaning under PBMAC1.
    pub mac_salt: &'a OctetStringRef,
    /// The iteration count of the PKCS#12 derivation; without meaning under PBMAC1.
    #[asn1(default = "one")]
    pub iterations: u64,
}

/// The DEFAULT of `MacData.iterations`.
fn one() -> u64 {
    1
}

/// `DigestInfo` (RFC 2315, 9.4).
#[derive(Debug, Clone, Sequence)]
pub struct DigestInfo<'a> {
    /// The hash function of the HMAC, or PBMAC1.
    pub algorithm: AlgorithmIdentifier<'a>,
    /// The MAC's value.
    pub digest: &'a OctetStringRef,
}

/// `EncryptedData` (RFC 2315, 13).
#[derive(Debug, Clone, Sequence)]
pub struct EncryptedData<'a> {
    /// 0.
    pub version: u8,
    /// What is encrypted, and how.
    pub encrypted_content_info: EncryptedContentInfo<'a>,
}

/// `EncryptedContentInfo` (RFC 2315, 10.1).
#[derive(Debug, Clone, Sequence)]
pub struct EncryptedContentInfo<'a> {
    /// What the plaintext is: `data`.
    pub content_type: ObjectIdentifier,
    /// How it is encrypted.
    pub content_encryption_algorithm: AlgorithmIdentifier<'a>,
    /// The ciphertext.
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub encrypted_content: Option<&'a OctetStringRef>,
}

/// `SafeBag` (RFC 7292, 4.2). `SafeContents` is a SEQUENCE of them.
#[derive(Clone, Sequence)]
pub struct SafeBag<'a> {
    /// The kind of bag.
    pub bag_id: ObjectIdentifier,
    /// What is in it. For a key bag this is the secret itself, so the bag has no `Debug`.
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub bag_value: AnyRef<'a>,
    /// Names and properties of what is in it.
    pub bag_attributes: Option<SetOfVec<Attribute<'a>>>,
}

/// `PKCS12Attribute` (RFC 7292, 4.2).
#[derive(Debug, Clone, PartialEq, Eq, Sequence, ValueOrd)]
pub struct Attribute<'a> {
    /// Which attribute.
    pub attr_id: ObjectIdentifier,
    /// Its values; all attributes known here have exactly one.
    pub attr_values: SetOfVec<AnyRef<'a>>,
}

/// `CertBag` (RFC 7292, 4.2.3).
#[derive(Debug, Clone, Copy, Sequence)]
pub struct CertBag<'a> {
    /// `x509Certificate` or `sdsiCertificate`.
    pub cert_id: ObjectIdentifier,
    /// The certificate; an OCTET STRING holding DER for `x509Certificate`.
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub cert_value: AnyRef<'a>,
}

/// `EncryptedPrivateKeyInfo` (RFC 5958, 3).
#[derive(Debug, Clone, Sequence)]
pub struct EncryptedPrivateKeyInfo<'a> {
    /// How the key is encrypted.
    pub encryption_algorithm: AlgorithmIdentifier<'a>,
    /// The encrypted `PrivateKeyInfo`.
    pub encrypted_data: &'a OctetStringRef,
}

/// `pkcs-12PbeParams` (RFC 7292, C).
#[derive(Debug, Clone, Sequence)]
pub struct Pkcs12PbeParams<'a> {
    /// The salt.
    pub salt: &'a OctetStringRef,
    /// The iteration count.
    pub iterations: u64,
}

/// `PBES2-params` (RFC 8018, A.4).
#[derive(Debug, Clone, Sequence)]
pub struct Pbes2Params<'a> {
    /// How the key is derived.
    pub key_derivation_func: AlgorithmIdentifier<'a>,
    /// What it is used for.
    pub encryption_scheme: AlgorithmIdentifier<'a>,
}

/// `PBKDF2-params` (RFC 8018, A.2), with a salt that is specified.
#[derive(Debug, Clone, Sequence)]
pub struct Pbkdf2Params<'a> {
    /// The salt.
    pub salt: &'a OctetStringRef,
    /// The iteration count.
    pub iteration_count: u64,
    /// The derived key's length in bytes.
    pub key_length: Option<u32>,
    /// The pseudo-random function; hmacWithSHA1 when absent.
    pub prf: Option<AlgorithmIdentifier<'a>>,
}

/// `RC2-CBC-Parameter` (RFC 8018, B.2.3).
#[derive(Debug, Clone, Sequence)]
pub struct Rc2CbcParameter<'a> {
    /// The effective key length, encoded; 32 bits when absent.
    pub rc2_parameter_version: Option<u32>,
    /// The initialization vector.
    pub iv: &'a OctetStringRef,
}

/// `PBMAC1-params` (RFC 8018, A.5).
#[derive(Debug, Clone, Sequence)]
pub struct Pbmac1Params<'a> {
    /// How the key is derived: PBKDF2, with a key length.
    pub key_derivation_func: AlgorithmIdentifier<'a>,
    /// The HMAC it is used for.
    pub message_auth_scheme: AlgorithmIdentifier<'a>,
}

/// The object identifiers of hash functions and of the HMACs built on them.
mod digests {
    use super::oid;
    use crate::pkcs12::kdf::Digest;
    use der::asn1::ObjectIdentifier;

    /// Every hash function certstow reads, alone and within HMAC.
    const DIGESTS: [(Digest, ObjectIdentifier, ObjectIdentifier); 5] = [
        (Digest::Sha1, oid::SHA1, oid::HMAC_SHA1),
        (Digest::Sha224, oid::SHA224, oid::HMAC_SHA224),
        (Digest::Sha256, oid::SHA256, oid::HMAC_SHA256),
        (Digest::Sha384, oid::SHA384, oid::HMAC_SHA384),
        (Digest::Sha512, oid::SHA512, oid::HMAC_SHA512),
    ];

    impl Digest {
        /// The object identifier of the hash function.
        pub fn oid(self) -> ObjectIdentifier {
            match self {
                Self::Sha1 => oid::SHA1,
                Self::Sha224 => oid::SHA224,
                Self::Sha256 => oid::SHA256,
                Self::Sha384 => oid::SHA384,
                Self::Sha512 => oid::SHA512,
            }
        }

        /// The object identifier of the HMAC built on the hash function.
        pub fn hmac_oid(self) -> ObjectIdentifier {
            match self {
                Self::Sha1 => oid::HMAC_SHA1,
                Self::Sha224 => oid::HMAC_SHA224,
                Self::Sha256 => oid::HMAC_SHA256,
                Self::Sha384 => oid::HMAC_SHA384,
                Self::Sha512 => oid::HMAC_SHA512,
            }
        }

        /// The hash function with this object identifier.
        pub fn from_oid(oid: &ObjectIdentifier) -> Option<Self> {
            DIGESTS
                .iter()
                .find(|(_, hash, _)| hash == oid)
                .map(|(digest, ..)| *digest)
        }

        /// The hash function of the HMAC with this object identifier.
        pub fn from_hmac_oid(oid: &ObjectIdentifier) -> Option<Self> {
            DIGESTS
                .iter()
                .find(|(_, _, hmac)| hmac == oid)
                .map(|(digest, ..)| *digest)
        }
    }
}
