//! Private and public keys as bytes: PKCS#1 (RFC 8017) and SEC1 (RFC 5915) turned into PKCS#8
//! (RFC 5958), and the `SubjectPublicKeyInfo` (RFC 5280) that belongs to a private key, without
//! signing anything. Algorithms not known here pass through unopened.

#[cfg(any(windows, target_os = "macos", test))]
pub(crate) mod forms;

use std::fmt;

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use crate::pkcs12::der::{
    self, BIT_STRING, EXPLICIT_0, EXPLICIT_1, IMPLICIT_1, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING,
    SEQUENCE,
};
use crate::secret::PrivateKey;
use crate::tlv::{self, Element, Elements};

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ED448: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.113");
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");

/// Why a private key's public half cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a readable key; the text says which part.
    Malformed(&'static str),
    /// The algorithm (dotted OID) is not one certstow computes public keys for.
    UnknownAlgorithm(String),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(what) => write!(f, "the private key is damaged: {what}"),
            Self::UnknownAlgorithm(oid) => {
                write!(f, "the private key's algorithm, {oid}, is not known")
            }
        }
    }
}

impl std::error::Error for KeyError {}

/// The DER of the `SubjectPublicKeyInfo` that belongs to a private key, in the form nearly every
/// certificate has it: NULL parameters for RSA, a named curve and an uncompressed point for EC.
///
/// # Errors
/// - [`KeyError::Malformed`]: it is no PKCS#8, or what is inside does not fit its algorithm.
/// - [`KeyError::UnknownAlgorithm`]: it may be a good key, but of an algorithm not known here and
///   without its public half beside it (as RFC 5958 allows).
pub fn public_key_of(key: &PrivateKey) -> Result<Vec<u8>, KeyError> {
    public_key_of_pkcs8(key.expose())
}

/// [`public_key_of`] for bytes that lie in somebody else's wiped buffer.
pub(crate) fn public_key_of_pkcs8(der: &[u8]) -> Result<Vec<u8>, KeyError> {
    let pkcs8 = Pkcs8::read(der).ok_or(KeyError::Malformed("it is not PKCS#8"))?;
    match pkcs8.algorithm.oid {
        RSA_ENCRYPTION => rsa_public_key(pkcs8.key),
        EC_PUBLIC_KEY => ec_public_key(&pkcs8),
        ED25519 => ed25519_public_key(&pkcs8),
        other => match pkcs8.public_key {
            Some(public) => Ok(spki(pkcs8.algorithm.raw, &[public])),
            None => Err(KeyError::UnknownAlgorithm(other.to_string())),
        },
    }
}

/// Whether two `SubjectPublicKeyInfo` DERs are the same public key. RSA parameters may be NULL or
/// left out, and a point on a known curve may be compressed in one of them.
pub fn same_public_key(a: &[u8], b: &[u8]) -> bool {
    a == b || normalized(a) == normalized(b)
}

/// The DER of a public key as [`public_key_of`] would give it, so that equal keys are equal bytes;
/// what is not understood comes back as it is.
pub(crate) fn normalized(spki_der: &[u8]) -> Vec<u8> {
    let Some((algorithm, bits)) = read_spki(spki_der) else {
        return spki_der.to_vec();
    };
    match (algorithm.oid, bits.split_first()) {
        (RSA_ENCRYPTION, Some((0, key))) => rsa_spki(key),
        (EC_PUBLIC_KEY, Some((0, point))) => match uncompressed(algorithm.curve(), point) {
            Some(point) => spki(algorithm.raw, &[&[0], &point]),
            None => spki_der.to_vec(),
        },
        _ => spki_der.to_vec(),
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

/// What a public key is, for a person: "RSA" with 2048 bits, "ECDSA P-256" with 256, "Ed25519"
/// with 256, or the dotted OID of an algorithm without a name here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDescription {
    /// The algorithm's name, or its dotted OID.
    pub algorithm: String,
    /// The size as people say it: the modulus for RSA, the field for elliptic curves; in bits.
    pub bits: Option<u32>,
}

/// Describes the key in a `SubjectPublicKeyInfo`. What cannot be read is called "unknown".
pub fn describe(spki: &[u8]) -> KeyDescription {
    let named = |algorithm: &str, bits| KeyDescription {
        algorithm: algorithm.to_owned(),
        bits,
    };
    let Some((algorithm, key)) = read_spki(spki) else {
        return named("unknown", None);
    };
    match algorithm.oid {
        RSA_ENCRYPTION => named("RSA", modulus_bits(key)),
        RSASSA_PSS => named("RSASSA-PSS", modulus_bits(key)),
        ED25519 => named("Ed25519", Some(256)),
        ED448 => named("Ed448", Some(456)),
        DSA => named("DSA", None),
        EC_PUBLIC_KEY => match algorithm.curve() {
            Some(P256) => named("ECDSA P-256", Some(256)),
            Some(P384) => named("ECDSA P-384", Some(384)),
            Some(P521) => named("ECDSA P-521", Some(521)),
            Some(curve) => named(&format!("ECDSA {curve}"), None),
            None => named("ECDSA (curve of its own)", None),
        },
        other => named(&other.to_string(), None),
    }
}

/// The dotted OID of the algorithm in a `SubjectPublicKeyInfo`.
pub(crate) fn algorithm_of(spki: &[u8]) -> Option<String> {
    read_spki(spki).map(|(algorithm, _)| algorithm.oid.to_string())
}

/// The DER of the parameters of a `SubjectPublicKeyInfo`, if it is of an elliptic curve: what
/// names the curve.
#[cfg(any(target_os = "macos", test))]
pub(crate) fn curve_parameters(spki: &[u8]) -> Option<&[u8]> {
    let (algorithm, _) = read_spki(spki)?;
    let parameters = algorithm.parameters?;
    (algorithm.oid == EC_PUBLIC_KEY).then_some(parameters.raw)
}

/// `AlgorithmIdentifier` (RFC 5280, 4.1.1.2).
struct Algorithm<'a> {
    oid: ObjectIdentifier,
    parameters: Option<Element<'a>>,
    raw: &'a [u8],
}

impl<'a> Algorithm<'a> {
    fn read(element: Element<'a>) -> Option<Self> {
        let mut inner = element.tagged(SEQUENCE)?.inner();
        Some(Self {
            oid: ObjectIdentifier::from_bytes(inner.accept(OBJECT_IDENTIFIER)?.content).ok()?,
            parameters: inner.next(),
            raw: element.raw,
        })
    }

    /// The curve, where it is named and not spelt out.
    fn curve(&self) -> Option<ObjectIdentifier> {
        let name = self.parameters?.tagged(OBJECT_IDENTIFIER)?;
        ObjectIdentifier::from_bytes(name.content).ok()
    }
}

/// `OneAsymmetricKey` (RFC 5958, 2), borrowed.
struct Pkcs8<'a> {
    algorithm: Algorithm<'a>,
    key: &'a [u8],
    /// Content of the `BIT STRING`: the count of unused bits, then the key.
    public_key: Option<&'a [u8]>,
}

impl<'a> Pkcs8<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut fields = tlv::only(der, SEQUENCE)?.inner();
        fields.accept(INTEGER)?;
        let algorithm = Algorithm::read(fields.next()?)?;
        let key = fields.accept(OCTET_STRING)?.content;
        // Attributes, and an implicitly tagged `BIT STRING`.
        fields.accept(EXPLICIT_0);
        let public_key = fields.accept(IMPLICIT_1).map(|element| element.content);
        Some(Self {
            algorithm,
            key,
            public_key,
        })
    }
}

/// `ECPrivateKey` (RFC 5915, 3), borrowed.
struct Sec1<'a> {
    scalar: &'a [u8],
    parameters: Option<Element<'a>>,
    point: Option<&'a [u8]>,
}

impl<'a> Sec1<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut fields = tlv::only(der, SEQUENCE)?.inner();
        if fields.accept(INTEGER)?.content != [1] {
            return None;
        }
        let scalar = fields.accept(OCTET_STRING)?.content;
        let parameters = fields
            .accept(EXPLICIT_0)
            .and_then(|tagged| tagged.inner().next());
        let point = fields
            .accept(EXPLICIT_1)
            .and_then(|tagged| tagged.inner().accept(BIT_STRING))
            .and_then(|bits| bits.content.strip_prefix(&[0]))
            .filter(|point| !point.is_empty());
        Some(Self {
            scalar,
            parameters,
            point,
        })
    }
}

fn rsa_public_key(pkcs1: &[u8]) -> Result<Vec<u8>, KeyError> {
    let read = || {
        let mut fields = tlv::only(pkcs1, SEQUENCE)?.inner();
        fields.accept(INTEGER)?;
        Some((fields.accept(INTEGER)?.raw, fields.accept(INTEGER)?.raw))
    };
    let (modulus, exponent) = read().ok_or(KeyError::Malformed("it is not an RSAPrivateKey"))?;
    Ok(rsa_spki(&der::sequence(&[modulus, exponent])))
}

fn rsa_spki(rsa_public_key: &[u8]) -> Vec<u8> {
    spki(&der::algorithm(&RSA_ENCRYPTION), &[&[0], rsa_public_key])
}

fn ec_public_key(pkcs8: &Pkcs8<'_>) -> Result<Vec<u8>, KeyError> {
    let key = Sec1::read(pkcs8.key).ok_or(KeyError::Malformed("it is not an ECPrivateKey"))?;
    let curve = pkcs8.algorithm.curve();
    if let Some(point) = key.point {
        let point = uncompressed(curve, point).unwrap_or_else(|| point.to_vec());
        return Ok(spki(pkcs8.algorithm.raw, &[&[0], &point]));
    }
    let point = match curve {
        Some(curve) => point_of_scalar(curve, key.scalar)?,
        None => {
            return Err(KeyError::UnknownAlgorithm(format!(
                "{EC_PUBLIC_KEY} with a curve of its own"
            )));
        }
    };
    Ok(spki(pkcs8.algorithm.raw, &[&[0], &point]))
}

/// The uncompressed point that belongs to a private scalar, which may lack leading zeros.
fn point_of_scalar(curve: ObjectIdentifier, scalar: &[u8]) -> Result<Vec<u8>, KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed("its number does not fit its curve");
    let padded = |length: usize| {
        let mut bytes = Zeroizing::new(vec![0; length]);
        let start = length.checked_sub(scalar.len()).ok_or(MALFORMED)?;
        bytes[start..].copy_from_slice(scalar);
        Ok(bytes)
    };
    macro_rules! compute {
        ($curve:ident, $length:literal) => {
            $curve::SecretKey::from_slice(&padded($length)?)
                .map(|key| key.public_key().to_sec1_point(false).as_bytes().to_vec())
                .map_err(|_| MALFORMED)
        };
    }
    use p256::elliptic_curve::sec1::ToSec1Point;
    match curve {
        P256 => compute!(p256, 32),
        P384 => compute!(p384, 48),
        P521 => compute!(p521, 66),
        other => Err(KeyError::UnknownAlgorithm(format!(
            "{EC_PUBLIC_KEY} with the curve {other}"
        ))),
    }
}

/// The point with both coordinates, if it was compressed and its curve is known.
fn uncompressed(curve: Option<ObjectIdentifier>, point: &[u8]) -> Option<Vec<u8>> {
    if !matches!(point.first(), Some(2 | 3)) {
        return None;
    }
    macro_rules! expand {
        ($curve:ident) => {
            $curve::PublicKey::from_sec1_bytes(point)
                .ok()
                .map(|key| key.to_sec1_point(false).as_bytes().to_vec())
        };
    }
    use p256::elliptic_curve::sec1::ToSec1Point;
    match curve? {
        P256 => expand!(p256),
        P384 => expand!(p384),
        P521 => expand!(p521),
        _ => None,
    }
}

fn ed25519_public_key(pkcs8: &Pkcs8<'_>) -> Result<Vec<u8>, KeyError> {
    if let Some(public) = pkcs8.public_key {
        return Ok(spki(pkcs8.algorithm.raw, &[public]));
    }
    let seed = tlv::only(pkcs8.key, OCTET_STRING)
        .and_then(|seed| seed.content.try_into().ok())
        .ok_or(KeyError::Malformed("it is not a CurvePrivateKey"))?;
    let public = ed25519_dalek::SigningKey::from_bytes(seed).verifying_key();
    Ok(spki(pkcs8.algorithm.raw, &[&[0], public.as_bytes()]))
}

fn read_spki(der: &[u8]) -> Option<(Algorithm<'_>, &[u8])> {
    let mut fields = tlv::only(der, SEQUENCE)?.inner();
    let algorithm = Algorithm::read(fields.next()?)?;
    Some((algorithm, fields.accept(BIT_STRING)?.content))
}

fn modulus_bits(bit_string: &[u8]) -> Option<u32> {
    let key = tlv::only(bit_string.strip_prefix(&[0])?, SEQUENCE)?;
    let modulus = key.inner().accept(INTEGER)?.content;
    let first = modulus.iter().position(|&byte| byte != 0)?;
    let bytes = u32::try_from(modulus.len() - first).ok()?;
    Some(bytes * 8 - modulus[first].leading_zeros())
}

/// `SubjectPublicKeyInfo` from its algorithm and the parts of its `BIT STRING`'s content.
fn spki(algorithm: &[u8], bits: &[&[u8]]) -> Vec<u8> {
    der::sequence(&[algorithm, &der::value(BIT_STRING, bits)])
}

/// `PrivateKeyInfo` of version 1.
fn pkcs8(algorithm: &[u8], key: &[u8]) -> PrivateKey {
    const VERSION_1: [u8; 3] = [INTEGER, 1, 0];
    let key = Zeroizing::new(der::value(OCTET_STRING, &[key]));
    let info = der::sequence(&[&VERSION_1, algorithm, &key]);
    PrivateKey::from_pkcs8_der(Zeroizing::new(info))
}

/// What unencrypted or encrypted key the bytes are, told by their outer structure alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyForm {
    /// `PrivateKeyInfo` or `OneAsymmetricKey` (RFC 5958).
    Pkcs8,
    /// `EncryptedPrivateKeyInfo` (RFC 5958).
    EncryptedPkcs8,
    /// `RSAPrivateKey` (RFC 8017).
    Pkcs1,
    /// `ECPrivateKey` (RFC 5915).
    Sec1,
}

impl KeyForm {
    /// The form of a key's DER.
    pub(crate) fn of(der: &[u8]) -> Option<Self> {
        let mut fields = tlv::only(der, SEQUENCE)?.inner();
        let first = fields.next()?;
        let second = fields.next()?;
        let names_algorithm = |element: Element<'_>| {
            element
                .inner()
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
            (INTEGER, [0 | 1], INTEGER) if Elements::count(fields) >= 6 => Some(Self::Pkcs1),
            (INTEGER, [1], OCTET_STRING) => Some(Self::Sec1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
