//! What a program may not read in a file: the predicates of `programs.txt`, and whether one applies.

use super::text::{after_word, number_of};
use crate::pkcs12::bag_attributes::Oddity;
use crate::pkcs12::facts::Facts;
use crate::pkcs12::kdf::Digest;
use crate::pkcs12::mac::MacScheme;
use crate::pkcs12::pbe::{Cipher, Scheme};
use crate::pkcs12::structure::OtherBag;

/// A predicate about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Encryption by PBES2 (RFC 8018).
    Pbes2,
    /// PBES2 other than AES-256-CBC with HMAC-SHA256.
    OtherPbes2,
    Pbes2Aes192,
    Pbes2TripleDes,
    /// Encryption that no other predicate names.
    OtherEncryption,
    TwoKeyTripleDes,
    Rc2,
    Rc2Of128,
    /// SHA-224, in the MAC or in PBKDF2.
    Sha224,
    OtherDigest,
    NoMac,
    /// A MAC of PKCS#12's own with a hash of the SHA-2 family.
    Sha2Mac,
    Sha384Mac,
    Pbmac1,
    /// A salt of fewer octets than this, of whatever derivation.
    SaltUnder(u32),
    /// More iterations than this in one derivation.
    IterationsOver(u32),
    /// More iterations than this in all derivations together.
    TotalIterationsOver(u32),
    NonAsciiPassword,
    /// The empty password, in PKCS#12's own derivation for a key.
    EmptyPassword,
    /// An encoding that is not DER.
    Ber,
    TrailingBytes,
    PartsUnder(u32),
    PartsOver(u32),
    EmptyPart,
    NestedBags,
    KeyInClear,
    RevocationList,
    Secret,
    /// A certBag with something other than an X.509 certificate.
    OtherCertificate,
    SdsiCertificate,
    UnknownBag,
    /// A certificate with a date that no calendar has.
    ImpossibleDate,
    CertificatesOver(u32),
    FriendlyNameType,
    FriendlyNameWithoutValue,
    FriendlyNameSurrogate,
    LocalKeyIdType,
    LocalKeyIdWithoutValue,
    IdOnNoCertificate,
    IdOfAnotherCertificate,
    IdOrNameOfAnotherCertificate,
    LeafNotFirst,
    KeysOfOneName,
    CertificatesOfOneName,
    SeveralKeys,
    KeyTwice,
    /// A key whose algorithm's name begins like this.
    Key(&'static str),
    /// A key on another curve than P-256, P-384 and P-521.
    OtherCurve,
    KeyOfSeveralPrimes,
    PointLeftOut,
    PointCompressed,
    ScalarLength,
}

/// Why a program does not open a file.
pub(super) enum Objection {
    /// There is something in it that the program does not read, or only under a condition.
    Unread(String),
    /// A sentence of its own.
    Sentence(String),
}

impl Rule {
    /// The predicate of a name in `programs.txt`.
    pub(super) const fn named(name: &'static str) -> Self {
        if let Some(algorithm) = after_word(name, "key ") {
            return Self::Key(algorithm);
        }
        if let Some(number) = after_word(name, "salt-under ") {
            return Self::SaltUnder(number_of(number));
        }
        if let Some(number) = after_word(name, "iterations-over ") {
            return Self::IterationsOver(number_of(number));
        }
        if let Some(number) = after_word(name, "total-iterations-over ") {
            return Self::TotalIterationsOver(number_of(number));
        }
        if let Some(number) = after_word(name, "parts-under ") {
            return Self::PartsUnder(number_of(number));
        }
        if let Some(number) = after_word(name, "parts-over ") {
            return Self::PartsOver(number_of(number));
        }
        if let Some(number) = after_word(name, "certificates-over ") {
            return Self::CertificatesOver(number_of(number));
        }
        match name.as_bytes() {
            b"pbes2" => Self::Pbes2,
            b"other-pbes2" => Self::OtherPbes2,
            b"pbes2-aes-192" => Self::Pbes2Aes192,
            b"pbes2-3des" => Self::Pbes2TripleDes,
            b"other-encryption" => Self::OtherEncryption,
            b"other-digest" => Self::OtherDigest,
            b"2-key-3des" => Self::TwoKeyTripleDes,
            b"rc2" => Self::Rc2,
            b"rc2-128" => Self::Rc2Of128,
            b"sha224" => Self::Sha224,
            b"no-mac" => Self::NoMac,
            b"sha2-mac" => Self::Sha2Mac,
            b"sha384-mac" => Self::Sha384Mac,
            b"pbmac1" => Self::Pbmac1,
            b"non-ascii-password" => Self::NonAsciiPassword,
            b"empty-password" => Self::EmptyPassword,
            b"impossible-date" => Self::ImpossibleDate,
            b"ber" => Self::Ber,
            b"trailing-bytes" => Self::TrailingBytes,
            b"empty-part" => Self::EmptyPart,
            b"nested-bags" => Self::NestedBags,
            b"key-in-clear" => Self::KeyInClear,
            b"revocation-list" => Self::RevocationList,
            b"secret" => Self::Secret,
            b"other-certificate" => Self::OtherCertificate,
            b"sdsi-certificate" => Self::SdsiCertificate,
            b"unknown-bag" => Self::UnknownBag,
            b"friendly-name-type" => Self::FriendlyNameType,
            b"friendly-name-without-value" => Self::FriendlyNameWithoutValue,
            b"friendly-name-surrogate" => Self::FriendlyNameSurrogate,
            b"local-key-id-type" => Self::LocalKeyIdType,
            b"local-key-id-without-value" => Self::LocalKeyIdWithoutValue,
            b"id-on-no-certificate" => Self::IdOnNoCertificate,
            b"id-of-another-certificate" => Self::IdOfAnotherCertificate,
            b"id-or-name-of-another-certificate" => Self::IdOrNameOfAnotherCertificate,
            b"leaf-not-first" => Self::LeafNotFirst,
            b"keys-of-one-name" => Self::KeysOfOneName,
            b"certificates-of-one-name" => Self::CertificatesOfOneName,
            b"several-keys" => Self::SeveralKeys,
            b"key-twice" => Self::KeyTwice,
            b"other-curve" => Self::OtherCurve,
            b"key-of-several-primes" => Self::KeyOfSeveralPrimes,
            b"point-left-out" => Self::PointLeftOut,
            b"point-compressed" => Self::PointCompressed,
            b"scalar-length" => Self::ScalarLength,
            _ => panic!("programs.txt has a predicate that is not in target/rule.rs"),
        }
    }

    /// Whether it is about kinds of key.
    #[cfg(test)]
    pub(super) fn is_about_keys(self) -> bool {
        matches!(
            self,
            Self::Key(_) | Self::OtherCurve | Self::KeyOfSeveralPrimes
        )
    }

    /// What a program with this rule objects to in a file; `None` if nothing is known to be there.
    pub(super) fn objection(self, facts: &Facts) -> Option<Objection> {
        let unread = |holds: bool, what: &str| holds.then(|| Objection::Unread(what.to_owned()));
        let sentence = |holds: bool, why: &str| holds.then(|| Objection::Sentence(why.to_owned()));
        let odd = |oddity| facts.layout.oddities.contains(&oddity);
        let pairing = &facts.pairing;
        match self {
            Self::Pbes2
            | Self::OtherPbes2
            | Self::Pbes2Aes192
            | Self::Pbes2TripleDes
            | Self::OtherEncryption
            | Self::TwoKeyTripleDes
            | Self::Rc2
            | Self::Rc2Of128 => self.encryption(facts),
            Self::Sha224 => unread(facts.digests().any(|one| one == Digest::Sha224), "SHA-224"),
            Self::OtherDigest => {
                let mut digests = facts.digests();
                let is_other = |one: &Digest| {
                    matches!(one, Digest::Md5 | Digest::Sha512_224 | Digest::Sha512_256)
                };
                unread(true, digests.find(is_other)?.name())
            }
            Self::NoMac => unread(facts.mac.is_none(), "files without a MAC"),
            Self::Sha2Mac | Self::Sha384Mac => self.own_mac(facts.mac.as_ref()?),
            Self::Pbmac1 => unread(
                matches!(facts.mac, Some(MacScheme::Pbmac1 { .. })),
                "PBMAC1",
            ),
            Self::SaltUnder(least) => {
                let least = least as usize;
                let shortest = facts.salts().min().filter(|shortest| *shortest < least)?;
                let octets = format!("salts of {shortest} octets, fewer than {least}");
                unread(true, &octets)
            }
            Self::IterationsOver(limit) => {
                let most = facts.iterations().max().filter(|most| *most > limit)?;
                let why = format!(
                    "it accepts {limit} iterations of one derivation, and the file asks for {most}"
                );
                sentence(true, &why)
            }
            Self::TotalIterationsOver(limit) => {
                let total: u64 = facts.iterations().map(u64::from).sum();
                let why =
                    format!("it accepts {limit} iterations in all, and the file asks for {total}");
                sentence(total > u64::from(limit), &why)
            }
            Self::NonAsciiPassword => {
                sentence(facts.beyond_ascii, "it takes passwords in ASCII only")
            }
            Self::EmptyPassword => {
                let mut schemes = facts.layout.key_schemes.iter();
                let holds = schemes.any(|scheme| matches!(scheme, Scheme::Pkcs12 { .. }));
                let what = "keys under the empty password and PKCS#12's own derivation";
                unread(facts.empty_password && holds, what)
            }
            Self::ImpossibleDate => unread(
                facts.impossible_date,
                "certificates with a date that no calendar has",
            ),
            Self::Ber => sentence(facts.ber, "it reads DER only, and the file is BER"),
            Self::TrailingBytes => unread(facts.trailing, "files that something follows"),
            Self::PartsUnder(limit) => {
                let parts = facts.parts?;
                let why = format!("it reads {limit} parts, and the file consists of {parts}");
                sentence(parts < limit as usize, &why)
            }
            Self::PartsOver(limit) => {
                let parts = facts.parts?;
                let why = format!("it reads {limit} parts, and the file consists of {parts}");
                sentence(parts > limit as usize, &why)
            }
            Self::EmptyPart => unread(facts.layout.empty_part, "a part without contents"),
            Self::NestedBags => unread(facts.layout.nested, "nested SafeContents"),
            Self::KeyInClear => unread(
                facts.layout.key_in_clear,
                "private keys that are not encrypted",
            ),
            Self::RevocationList => unread(
                facts.layout.others.contains(&OtherBag::RevocationList),
                "revocation lists",
            ),
            Self::Secret => unread(facts.layout.others.contains(&OtherBag::Secret), "secrets"),
            Self::OtherCertificate => unread(
                facts.layout.others.iter().any(|other| {
                    matches!(other, OtherBag::SdsiCertificate | OtherBag::Certificate(_))
                }),
                "certificates that are not X.509",
            ),
            Self::SdsiCertificate => unread(
                facts.layout.others.contains(&OtherBag::SdsiCertificate),
                "SDSI certificates",
            ),
            Self::UnknownBag => unread(
                facts
                    .layout
                    .others
                    .iter()
                    .any(|other| matches!(other, OtherBag::Unknown(_))),
                "bags of an unknown type",
            ),
            Self::CertificatesOver(limit) => {
                let count = facts.certificates.filter(|count| *count > limit as usize)?;
                let why = format!("it reads {limit} certificate, and the file holds {count}");
                sentence(true, &why)
            }
            Self::FriendlyNameType => unread(
                odd(Oddity::FriendlyNameType),
                "a friendly name that is not a BMPString",
            ),
            Self::FriendlyNameWithoutValue => unread(
                odd(Oddity::FriendlyNameWithoutValue),
                "a friendly name without a value",
            ),
            Self::FriendlyNameSurrogate => unread(
                odd(Oddity::FriendlyNameSurrogate),
                "a friendly name with half a character",
            ),
            Self::LocalKeyIdType => unread(
                odd(Oddity::LocalKeyIdType),
                "a local key ID that is not an OCTET STRING",
            ),
            Self::LocalKeyIdWithoutValue => unread(
                odd(Oddity::LocalKeyIdWithoutValue),
                "a local key ID without a value",
            ),
            Self::IdOnNoCertificate => sentence(
                pairing.id_on_no_certificate,
                "it finds a key's certificate by the local key ID, and a key has that of none",
            ),
            Self::IdOfAnotherCertificate => sentence(
                pairing.id_of_another_certificate,
                "it finds a key's certificate by the local key ID, and a key has that of another \
                 certificate",
            ),
            Self::IdOrNameOfAnotherCertificate => sentence(
                pairing.id_or_name_of_another_certificate,
                "it finds a key's certificate by the local key ID or the friendly name, and they \
                 lead to none or to another",
            ),
            Self::LeafNotFirst => sentence(
                pairing.leaf_not_first,
                "it takes the first certificate for the key's, and the file begins with another",
            ),
            Self::KeysOfOneName => sentence(
                pairing.keys_of_one_name,
                "it tells keys apart by their friendly names, and two have the same",
            ),
            Self::CertificatesOfOneName => sentence(
                pairing.certificates_of_one_name,
                "it refuses certificates of different subjects with the same friendly name",
            ),
            Self::SeveralKeys => sentence(
                pairing.several_keys,
                "it reads one private key, and the file holds several",
            ),
            Self::KeyTwice => unread(pairing.key_twice, "files that hold a private key twice"),
            Self::Key(beginning) => {
                let mut keys = facts.keys.iter();
                let key = keys.find(|key| key.algorithm.starts_with(beginning))?;
                unread(true, &format!("{} keys", key.algorithm))
            }
            Self::OtherCurve => {
                let key = facts.keys.iter().find(|key| key.is_on_other_curve())?;
                unread(true, &format!("{} keys", key.algorithm))
            }
            Self::KeyOfSeveralPrimes => unread(
                facts.keys.iter().any(|key| key.has_several_primes),
                "RSA keys of more than two primes",
            ),
            Self::PointLeftOut => unread(
                facts.keys.iter().any(|key| key.has_no_point),
                "elliptic keys without their public half",
            ),
            Self::PointCompressed => unread(
                facts.keys.iter().any(|key| key.has_compressed_point),
                "elliptic keys with a compressed point",
            ),
            Self::ScalarLength => sentence(
                facts.keys.iter().any(|key| key.has_odd_scalar),
                "it reads private keys of their curve's length only",
            ),
        }
    }

    /// The first scheme that the rule is about.
    fn encryption(self, facts: &Facts) -> Option<Objection> {
        let scheme = facts.schemes.iter().find(|scheme| self.is_about(scheme))?;
        let is_rc2 = matches!(scheme.cipher(), Cipher::Rc2 { .. });
        Some(Objection::Unread(match is_rc2 {
            true => "RC2".to_owned(),
            false => scheme.name(),
        }))
    }

    fn is_about(self, scheme: &Scheme) -> bool {
        let Scheme::Pbes2 { cipher, prf, .. } = scheme else {
            return match (self, scheme.cipher()) {
                (Self::TwoKeyTripleDes, Cipher::TwoKeyTripleDes) => true,
                (Self::Rc2, Cipher::Rc2 { .. }) => true,
                (Self::Rc2Of128, Cipher::Rc2 { bits }) => bits == 128,
                (Self::OtherEncryption, cipher) => !is_named_by_another(cipher),
                _ => false,
            };
        };
        match self {
            Self::Pbes2 => true,
            Self::OtherPbes2 => (*cipher, *prf) != (Cipher::Aes256, Digest::Sha256),
            Self::Pbes2Aes192 => *cipher == Cipher::Aes192,
            Self::Pbes2TripleDes => *cipher == Cipher::TripleDes,
            Self::OtherEncryption => !matches!(
                cipher,
                Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 | Cipher::TripleDes
            ),
            _ => false,
        }
    }

    fn own_mac(self, mac: &MacScheme) -> Option<Objection> {
        let MacScheme::Pkcs12 { digest, .. } = mac else {
            return None;
        };
        let holds = match self {
            Self::Sha384Mac => *digest == Digest::Sha384,
            _ => *digest != Digest::Sha1,
        };
        holds.then(|| Objection::Unread(format!("a MAC with {}", mac.name())))
    }
}

/// Whether it is one of PKCS#12's own that the other predicates know.
fn is_named_by_another(cipher: Cipher) -> bool {
    matches!(
        cipher,
        Cipher::TripleDes | Cipher::TwoKeyTripleDes | Cipher::Rc2 { bits: 40 | 128 }
    )
}
