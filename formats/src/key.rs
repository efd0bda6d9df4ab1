//! Private and public keys as bytes: PKCS#1 (RFC 8017) and SEC1 (RFC 5915) turned into PKCS#8
//! (RFC 5958), and the `SubjectPublicKeyInfo` (RFC 5280) that belongs to a private key, without
//! signing anything. Algorithms not known here pass through unopened.

mod comparison;
pub(crate) mod curve;
mod description;
pub(crate) mod dsa;
mod error;
pub mod forms;
pub mod generate;
pub mod ml_dsa;
pub(crate) mod oid;
mod point;
mod scalar;
mod structure;
mod traits;
pub mod wrapped;

use curve25519_dalek::MontgomeryPoint;
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

pub use self::comparison::{comparable, same_public_key};
use self::description::unknown;
pub use self::description::{KeyDescription, algorithm_name, describe};
pub use self::error::{KeyError, UnknownAlgorithm};
use self::ml_dsa::ParameterSet;
use self::oid::{DSA, EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, RSASSA_PSS, X25519};
pub use self::scalar::{EcScalar, ec_scalar, odd_scalar_length, with_full_scalar};
pub(crate) use self::structure::pkcs8;
use self::structure::{Pkcs8, Sec1, read_spki, spki, with_attributes};
pub(crate) use self::traits::KeyTraits;
use crate::ber::{self, Reader, Value};
use crate::der::{self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::secret::PrivateKey;

/// The DER of the `SubjectPublicKeyInfo` that belongs to a private key, in the form nearly every
/// certificate has it: NULL parameters for RSA, none for RSASSA-PSS, a named curve and an
/// uncompressed point for EC.
///
/// # Errors
/// - [`KeyError::Malformed`]: it is no PKCS#8, or what is inside does not fit its algorithm.
/// - [`KeyError::UnknownAlgorithm`]: it may be a good key, but of an algorithm not known here and
///   without its public half beside it (as RFC 5958 allows).
pub fn public_key_of(key: &PrivateKey) -> Result<Vec<u8>, KeyError> {
    public_key_of_pkcs8(key.expose())
}

/// [`public_key_of`] for bytes that lie in somebody else's wiped buffer.
pub fn public_key_of_pkcs8(der: &[u8]) -> Result<Vec<u8>, KeyError> {
    let pkcs8 = Pkcs8::read(der).ok_or(KeyError::Malformed("it is not PKCS#8"))?;
    match pkcs8.algorithm.oid {
        RSA_ENCRYPTION => Ok(rsa_spki(&rsa_public_key(pkcs8.key)?)),
        RSASSA_PSS => Ok(pss_spki(&rsa_public_key(pkcs8.key)?)),
        EC_PUBLIC_KEY => point::public_key(&pkcs8),
        ED25519 => ed25519_public_key(&pkcs8),
        X25519 => x25519_public_key(&pkcs8),
        DSA => {
            let y = dsa::public_key(pkcs8.algorithm.parameters, pkcs8.key)?;
            let y = y.ok_or_else(|| unknown(&pkcs8.algorithm))?;
            Ok(spki(pkcs8.algorithm.raw, &[&[0], &y]))
        }
        other => match (ParameterSet::by_oid(other), pkcs8.public_key) {
            (Some(set), _) => {
                let public = set.public_key(pkcs8.key)?;
                Ok(spki(pkcs8.algorithm.raw, &[&[0], &public]))
            }
            (None, Some(public)) => Ok(spki(pkcs8.algorithm.raw, &[public])),
            (None, None) => Err(unknown(&pkcs8.algorithm)),
        },
    }
}

/// The DER of a public key in the form that [`public_key_of`] gives; unchanged if it is not understood.
pub fn normalized(spki_der: &[u8]) -> Vec<u8> {
    let Some((algorithm, bits)) = read_spki(spki_der) else {
        return spki_der.to_vec();
    };
    match (algorithm.oid, bits.split_first()) {
        (RSA_ENCRYPTION, Some((0, key))) => rsa_spki(key),
        (RSASSA_PSS, Some((0, key))) => pss_spki(key),
        (EC_PUBLIC_KEY, Some((0, point))) => match point::uncompressed(algorithm.curve(), point) {
            Some(point) => spki(algorithm.raw, &[&[0], &point]),
            None => spki_der.to_vec(),
        },
        _ => spki_der.to_vec(),
    }
}

/// The hash by which certificates and keychains name a public key: SHA-1 of the bits in its
/// `SubjectPublicKeyInfo` (RFC 5280, 4.2.1.2, method 1), in the form that [`normalized`] gives.
pub fn key_identifier(spki_der: &[u8]) -> Option<[u8; 20]> {
    let spki = normalized(spki_der);
    let (unused_bits, bits) = read_spki(&spki)?.1.split_first()?;
    (*unused_bits == 0).then(|| Sha1::digest(bits).into())
}

/// The number or the point by which PKCS#11 modules know a public key: the modulus of an RSA key without
/// leading zeros, or the uncompressed point of an elliptic curve. `None` for other keys.
pub fn modulus_or_point(spki_der: &[u8]) -> Option<Vec<u8>> {
    let spki = normalized(spki_der);
    let (algorithm, bits) = read_spki(&spki)?;
    let bits = bits.strip_prefix(&[0])?;
    match algorithm.oid {
        RSA_ENCRYPTION | RSASSA_PSS => {
            let modulus = ber::only(bits, SEQUENCE)?.inside().accept(INTEGER)?;
            Some(der::without_leading_zeros(modulus.content).to_vec())
        }
        EC_PUBLIC_KEY => Some(bits.to_vec()),
        _ => None,
    }
}

/// What a public key is told from others by: [`modulus_or_point`], or the bits of a key of any other kind.
pub fn public_value(spki_der: &[u8]) -> Option<Vec<u8>> {
    modulus_or_point(spki_der).or_else(|| Some(read_spki(spki_der)?.1.strip_prefix(&[0])?.to_vec()))
}

/// The content of a DER `OCTET STRING`, if the bytes are one and no more: PKCS#11 modules put a point in
/// one, or not.
pub fn octet_string(der: &[u8]) -> Option<&[u8]> {
    ber::only(der, OCTET_STRING).map(|value| value.content)
}

/// The key without its optional public half (RFC 5958, publicKey), which OpenSSL up to 3.0 and other
/// old programs cannot read. A key whose public half cannot be computed from the rest keeps it.
pub fn without_public_half(key: PrivateKey) -> PrivateKey {
    let Some(pkcs8) = Pkcs8::read(key.expose()).filter(|pkcs8| pkcs8.public_key.is_some()) else {
        return key;
    };
    let plain = with_attributes(pkcs8.algorithm.raw, pkcs8.key, pkcs8.attributes);
    match (public_key_of(&key), public_key_of(&plain)) {
        (Ok(told), Ok(computed)) if told == computed => plain,
        _ => key,
    }
}

/// A PKCS#1 `RSAPrivateKey` (RFC 8017, A.1.2) as PKCS#8.
///
/// # Errors
/// [`KeyError::Malformed`]: it does not begin like one.
pub fn from_pkcs1(key: &[u8]) -> Result<PrivateKey, KeyError> {
    rsa_public_key(key)?;
    Ok(pkcs8(&der::algorithm(&RSA_ENCRYPTION), key))
}

/// A SEC1 `ECPrivateKey` (RFC 5915) as PKCS#8. `curve` is the DER of the curve's parameters when
/// they stand outside, as in a preceding `EC PARAMETERS` block; those inside the key win.
///
/// # Errors
/// [`KeyError::Malformed`]: it does not begin like one, or no curve is given.
pub fn from_sec1(key: &[u8], curve: Option<&[u8]>) -> Result<PrivateKey, KeyError> {
    let curve = Sec1::read(key)
        .ok_or(KeyError::Malformed("it is not an ECPrivateKey"))?
        .parameters
        .map(|parameters| parameters.raw)
        .or(curve)
        .ok_or(KeyError::Malformed("it does not name its curve"))?;
    let algorithm = der::sequence(&[&der::oid(&EC_PUBLIC_KEY), curve]);
    Ok(pkcs8(&algorithm, key))
}

/// The dotted OID of the algorithm in a `SubjectPublicKeyInfo`.
pub fn algorithm_of(spki: &[u8]) -> Option<String> {
    read_spki(spki).map(|(algorithm, _)| algorithm.oid.to_string())
}

/// The DER of the parameters of a `SubjectPublicKeyInfo`, if it is of an elliptic curve: what
/// names the curve.
pub fn curve_parameters(spki: &[u8]) -> Option<&[u8]> {
    let (algorithm, _) = read_spki(spki)?;
    let parameters = algorithm.parameters?;
    (algorithm.oid == EC_PUBLIC_KEY).then_some(parameters.raw)
}

/// The `RSAPublicKey` (RFC 8017, A.1.1) of an `RSAPrivateKey`.
fn rsa_public_key(pkcs1: &[u8]) -> Result<Vec<u8>, KeyError> {
    let read = || {
        let mut fields = ber::only(pkcs1, SEQUENCE)?.inside();
        fields.accept(INTEGER)?;
        Some((fields.accept(INTEGER)?.raw, fields.accept(INTEGER)?.raw))
    };
    let (modulus, exponent) = read().ok_or(KeyError::Malformed("it is not an RSAPrivateKey"))?;
    Ok(der::sequence(&[modulus, exponent]))
}

fn rsa_spki(rsa_public_key: &[u8]) -> Vec<u8> {
    spki(&der::algorithm(&RSA_ENCRYPTION), &[&[0], rsa_public_key])
}

/// An RSA key for PSS alone, without parameters: what they demand of signatures (RFC 4055, 3.1) may
/// differ between a key and its certificate.
fn pss_spki(rsa_public_key: &[u8]) -> Vec<u8> {
    let algorithm = der::sequence(&[&der::oid(&RSASSA_PSS)]);
    spki(&algorithm, &[&[0], rsa_public_key])
}

fn ed25519_public_key(pkcs8: &Pkcs8<'_>) -> Result<Vec<u8>, KeyError> {
    if let Some(public) = pkcs8.public_key {
        return Ok(spki(pkcs8.algorithm.raw, &[public]));
    }
    let public = ed25519_dalek::SigningKey::from_bytes(seed(pkcs8)?).verifying_key();
    Ok(spki(pkcs8.algorithm.raw, &[&[0], public.as_bytes()]))
}

fn x25519_public_key(pkcs8: &Pkcs8<'_>) -> Result<Vec<u8>, KeyError> {
    let public = MontgomeryPoint::mul_base_clamped(*seed(pkcs8)?);
    Ok(spki(pkcs8.algorithm.raw, &[&[0], public.as_bytes()]))
}

/// The `CurvePrivateKey` (RFC 8410, 7) of Ed25519 and X25519.
fn seed<'a>(pkcs8: &Pkcs8<'a>) -> Result<&'a [u8; 32], KeyError> {
    ber::only(pkcs8.key, OCTET_STRING)
        .and_then(|seed| seed.content.try_into().ok())
        .ok_or(KeyError::Malformed("it is not a CurvePrivateKey"))
}

/// What unencrypted or encrypted key the bytes are, told by their outer structure alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// `PrivateKeyInfo` or `OneAsymmetricKey` (RFC 5958).
    Pkcs8,
    /// `EncryptedPrivateKeyInfo` (RFC 5958), or what stands for one here: a key of a Java keystore or
    /// of an encrypted PEM block.
    EncryptedPkcs8,
    /// `RSAPrivateKey` (RFC 8017).
    Pkcs1,
    /// `ECPrivateKey` (RFC 5915).
    Sec1,
    /// OpenSSL's `DSAPrivateKey`: a zero, and p, q, g, y and x.
    Dsa,
}

impl KeyForm {
    /// The form of a key's DER.
    pub fn of(der: &[u8]) -> Option<Self> {
        let mut fields = ber::only(der, SEQUENCE)?.inside();
        let first = fields.next()?;
        let second = fields.next()?;
        let names_algorithm = |value: Value<'_>| {
            value
                .inside()
                .next()
                .is_some_and(|inner| inner.tag == OBJECT_IDENTIFIER)
        };
        match (first.tag, first.content, second.tag) {
            (SEQUENCE, _, OCTET_STRING) if names_algorithm(first) => Some(Self::EncryptedPkcs8),
            (INTEGER, [0 | 1], SEQUENCE)
                if names_algorithm(second) && fields.accept(OCTET_STRING).is_some() =>
            {
                Some(Self::Pkcs8)
            }
            (INTEGER, [0 | 1], INTEGER) if Reader::count(fields) >= 6 => Some(Self::Pkcs1),
            (INTEGER, [0], INTEGER) if Reader::count(fields) == 4 => Some(Self::Dsa),
            (INTEGER, [1], OCTET_STRING) => Some(Self::Sec1),
            _ => None,
        }
    }

    /// A key of this form as PKCS#8; `curve` as with [`from_sec1`]. `None` if it is encrypted.
    pub fn to_pkcs8(
        self,
        der: &[u8],
        curve: Option<&[u8]>,
    ) -> Option<Result<PrivateKey, KeyError>> {
        Some(match self {
            Self::Pkcs8 => Ok(PrivateKey::from_pkcs8_der(Zeroizing::new(der.to_vec()))),
            Self::EncryptedPkcs8 => return None,
            Self::Pkcs1 => from_pkcs1(der),
            Self::Sec1 => from_sec1(der, curve),
            Self::Dsa => dsa::from_openssl(der),
        })
    }
}

#[cfg(test)]
mod tests;
