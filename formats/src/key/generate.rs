//! New private keys from the system's random numbers (getrandom): RSA (FIPS 186-5, A.1.3, exponent
//! 65537), keys on elliptic curves by rejection sampling (FIPS 186-5, A.2.2) and Ed25519 (RFC 8032,
//! 5.1.5). Written as the rest of [`super::forms`] writes them: PKCS#8 of version 1, with the public
//! point inside a key of a curve.

use std::fmt;
use std::str::FromStr;

use const_oid::ObjectIdentifier;
use getrandom::SysRng;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::rand_core::TryCryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use super::curve::Curve;
use super::forms::{from_ed25519_seed, from_scalar};
use crate::der;
use crate::secret::PrivateKey;

/// A kind of key that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits, which every CA and every store takes.
    #[default]
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
    /// The curve P-256.
    P256,
    /// The curve P-384.
    P384,
    /// The curve P-521.
    P521,
    /// Ed25519.
    Ed25519,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Ed25519,
    ];

    /// The word for it, such as `rsa3072`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa2048",
            Self::Rsa3072 => "rsa3072",
            Self::Rsa4096 => "rsa4096",
            Self::P256 => "p256",
            Self::P384 => "p384",
            Self::P521 => "p521",
            Self::Ed25519 => "ed25519",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Text names no kind of key that can be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is no kind of key; there are {}", words())]
pub struct UnknownKind {
    /// What was given.
    pub text: String,
}

fn words() -> String {
    Kind::ALL.map(Kind::word).join(", ")
}

/// By its word, in whatever case.
impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let mut kinds = Self::ALL.into_iter();
        let named = kinds.find(|kind| kind.word().eq_ignore_ascii_case(text));
        named.ok_or_else(|| UnknownKind {
            text: text.to_owned(),
        })
    }
}

/// Why no key was made.
#[derive(Debug, Error)]
pub enum GenerateError {
    /// The system gave no random numbers.
    #[error("the system gives no random numbers to make a key of")]
    NoRandomness(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was made is no key. Numbers are drawn anew where chance may be the reason.
    #[error("no {0} key could be made")]
    Failed(Kind),
}

/// Makes a key, in memory that is wiped. RSA takes up to some seconds.
///
/// # Errors
/// As each variant of [`GenerateError`] says.
pub fn generate(kind: Kind) -> Result<PrivateKey, GenerateError> {
    from_random_numbers(kind, &mut SysRng)
}

fn from_random_numbers<R>(kind: Kind, random: &mut R) -> Result<PrivateKey, GenerateError>
where
    R: TryCryptoRng,
    R::Error: Send + Sync + 'static,
{
    match kind {
        Kind::Rsa2048 => rsa(kind, 2048, random),
        Kind::Rsa3072 => rsa(kind, 3072, random),
        Kind::Rsa4096 => rsa(kind, 4096, random),
        Kind::P256 => on_curve(kind, "1.2.840.10045.3.1.7", random),
        Kind::P384 => on_curve(kind, "1.3.132.0.34", random),
        Kind::P521 => on_curve(kind, "1.3.132.0.35", random),
        Kind::Ed25519 => {
            let mut seed = Zeroizing::new([0; 32]);
            fill(random, &mut *seed)?;
            Ok(from_ed25519_seed(&seed))
        }
    }
}

fn fill<R>(random: &mut R, octets: &mut [u8]) -> Result<(), GenerateError>
where
    R: TryCryptoRng,
    R::Error: Send + Sync + 'static,
{
    random
        .try_fill_bytes(octets)
        .map_err(|error| GenerateError::NoRandomness(Box::new(error)))
}

fn rsa<R>(kind: Kind, bits: usize, random: &mut R) -> Result<PrivateKey, GenerateError>
where
    R: TryCryptoRng,
    R::Error: Send + Sync + 'static,
{
    // The crate forgets the system's own error; what fails later fails here first.
    fill(random, &mut *Zeroizing::new([0; 32]))?;
    let key = rsa::PrivateKey::new(random, bits).map_err(|error| match error {
        rsa::Error::Rng => GenerateError::NoRandomness(Box::new(error)),
        _ => GenerateError::Failed(kind),
    })?;
    let document = key
        .to_pkcs8_der()
        .map_err(|_| GenerateError::Failed(kind))?;
    Ok(PrivateKey::from_pkcs8_der(document.to_bytes()))
}

fn on_curve<R>(kind: Kind, oid: &str, random: &mut R) -> Result<PrivateKey, GenerateError>
where
    R: TryCryptoRng,
    R::Error: Send + Sync + 'static,
{
    let oid = ObjectIdentifier::new_unwrap(oid);
    let failed = || GenerateError::Failed(kind);
    let curve = Curve::by_oid(oid).ok_or_else(failed)?;
    let mut octets = Zeroizing::new(vec![0; curve.scalar_octets()]);
    let unused = octets.len() * 8 - curve.bits as usize;
    let scalar = loop {
        fill(random, &mut octets)?;
        // The order of P-521 has 521 bits in 66 octets.
        octets[0] &= 0xff >> unused;
        if let Some(scalar) = curve.scalar(&octets) {
            break scalar;
        }
    };
    let point = curve.public_point(&scalar).ok_or_else(failed)?;
    from_scalar(&der::oid(&oid), &scalar, Some(&point)).map_err(|_| failed())
}

#[cfg(test)]
mod tests {
    use rsa::rand_core::TryRng;

    use super::super::forms::plain_pkcs8;
    use super::super::{describe, public_key_of};
    use super::*;

    /// Gives these octets again and again, and then fails.
    struct Octets {
        octet: u8,
        left: usize,
        then: u8,
    }

    #[derive(Debug, Error)]
    #[error("no entropy")]
    struct NoEntropy;

    impl TryRng for Octets {
        type Error = NoEntropy;

        fn try_next_u32(&mut self) -> Result<u32, NoEntropy> {
            let mut octets = [0; 4];
            self.try_fill_bytes(&mut octets)?;
            Ok(u32::from_le_bytes(octets))
        }

        fn try_next_u64(&mut self) -> Result<u64, NoEntropy> {
            let mut octets = [0; 8];
            self.try_fill_bytes(&mut octets)?;
            Ok(u64::from_le_bytes(octets))
        }

        fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), NoEntropy> {
            self.left = self.left.checked_sub(1).ok_or(NoEntropy)?;
            octets.fill(self.octet);
            self.octet = self.then;
            Ok(())
        }
    }

    impl TryCryptoRng for Octets {}

    #[test]
    fn kinds_have_words() {
        for kind in Kind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(kind.word().to_uppercase().parse(), Ok(kind));
        }
        assert_eq!(Kind::default(), Kind::Rsa3072);
        let error = "rsa1024".parse::<Kind>().unwrap_err().to_string();
        assert!(
            error.contains("rsa1024") && error.contains("p521"),
            "{error}"
        );
    }

    #[test]
    fn keys_are_of_their_kind_and_plain() {
        for (kind, algorithm, bits) in [
            (Kind::Rsa2048, "RSA", 2048),
            (Kind::P256, "ECDSA P-256", 256),
            (Kind::P384, "ECDSA P-384", 384),
            (Kind::P521, "ECDSA P-521", 521),
            (Kind::Ed25519, "Ed25519", 256),
        ] {
            let key = generate(kind).unwrap();
            let public = public_key_of(&key).unwrap();
            let described = describe(&public);
            assert_eq!(described.algorithm, algorithm);
            assert_eq!(described.bits, Some(bits), "{kind}");
            if kind != Kind::Ed25519 {
                let plain = plain_pkcs8(&key, &public).unwrap();
                assert_eq!(plain.expose(), key.expose(), "{kind}");
            }
            assert_ne!(generate(kind).unwrap().expose(), key.expose());
        }
    }

    #[test]
    fn numbers_out_of_range_are_drawn_again() {
        for kind in [Kind::P256, Kind::P384, Kind::P521] {
            for beyond in [0, 0xff] {
                let mut random = Octets {
                    octet: beyond,
                    left: 2,
                    then: 7,
                };
                let key = from_random_numbers(kind, &mut random).unwrap();
                assert_eq!(random.left, 0);
                assert!(public_key_of(&key).is_ok());
            }
        }
    }

    #[test]
    fn missing_randomness_is_an_error_of_every_kind() {
        for kind in Kind::ALL {
            for left in [0, 1] {
                let mut random = Octets {
                    octet: 0,
                    left,
                    then: 0,
                };
                if left == 1 && kind == Kind::Ed25519 {
                    continue;
                }
                let error = from_random_numbers(kind, &mut random).unwrap_err();
                assert!(matches!(error, GenerateError::NoRandomness(_)), "{error}");
                let source = std::error::Error::source(&error);
                assert!(source.is_some(), "{kind}");
            }
        }
    }
}
