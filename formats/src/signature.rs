//! Signatures of X.509 certificates (RFC 5280, 4.1.1.3): RSASSA-PKCS1-v1_5 and RSASSA-PSS
//! (RFC 8017), ECDSA (FIPS 186-5) on the curves of [`Curve`], DSA (FIPS 186-4), Ed25519 (RFC 8032,
//! 8410) and ML-DSA (FIPS 204, RFC 9881). SHA-1 is accepted, because roots signed with it are in use
//! and a path is not a decision to trust; MD5 is not.

use const_oid::ObjectIdentifier;
use dsa::signature::hazmat::PrehashVerifier as _;
use ed25519_dalek::Verifier as _;
use rsa::BoxedUint;
use rsa::pkcs1::der::Decode as _;
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::certificate::Certificate;
use crate::hash::Digest;
use crate::key::curve::Curve;
use crate::key::ml_dsa::ParameterSet;

mod error;
mod pss;

pub(crate) use error::SignatureError;

/// RSA moduli that are worked with, in bits. The work of one verification grows with the square
/// of the modulus: 16384 bits take milliseconds, a certificate can claim a million.
pub(crate) const RSA_BITS: std::ops::RangeInclusive<usize> = 512..=16384;

/// Verifies that `issuer`'s key signed `subject`. Names, dates and extensions are not looked at.
///
/// # Errors
/// - [`SignatureError::Invalid`]: that key did not sign this certificate.
/// - [`SignatureError::Unsupported`]: the algorithm is not one certstow can check.
pub(crate) fn verify(subject: &Certificate, issuer: &Certificate) -> Result<(), SignatureError> {
    let signed = subject.signed_der();
    let subject = subject.x509();
    let issuer = issuer.x509();
    // RFC 5280, 4.1.1.2: the algorithm outside the signed part must repeat the one inside it.
    if subject.signature_algorithm != subject.tbs_certificate.signature {
        return Err(SignatureError::Invalid);
    }
    let scheme = Scheme::from_identifier(&subject.signature_algorithm)?;
    scheme.verify(issuer.public_key(), signed, &subject.signature_value.data)
}

/// A way of signing, without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    RsaPkcs1(Digest),
    RsaPss(pss::Parameters),
    /// The curve comes with the key, so any of them goes with any hash.
    Ecdsa(Digest),
    Dsa(Digest),
    Ed25519,
    /// The parameter set comes with the key.
    MlDsa,
}

impl Scheme {
    /// PSS as the proof of a key uses it: SHA-256 throughout, a salt as long as the hash.
    pub(crate) const PSS_SHA256: Self = Self::RsaPss(pss::Parameters {
        hash: Digest::Sha256,
        mask_hash: Digest::Sha256,
        salt_len: 32,
    });

    /// The scheme a certificate's `signatureAlgorithm` names (RFC 3279, 4055, 5758, 8410).
    pub(crate) fn from_identifier(
        identifier: &AlgorithmIdentifier<'_>,
    ) -> Result<Self, SignatureError> {
        let oid = identifier.algorithm.to_id_string();
        Ok(match oid.as_str() {
            // The second is OIW's sha1WithRSASignature, found in certificates of the nineties.
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Self::RsaPkcs1(Digest::Sha1),
            "1.2.840.113549.1.1.14" => Self::RsaPkcs1(Digest::Sha224),
            "1.2.840.113549.1.1.11" => Self::RsaPkcs1(Digest::Sha256),
            "1.2.840.113549.1.1.12" => Self::RsaPkcs1(Digest::Sha384),
            "1.2.840.113549.1.1.13" => Self::RsaPkcs1(Digest::Sha512),
            "1.2.840.113549.1.1.10" => Self::RsaPss(pss_parameters(identifier)?),
            "1.2.840.10045.4.1" => Self::Ecdsa(Digest::Sha1),
            "1.2.840.10045.4.3.1" => Self::Ecdsa(Digest::Sha224),
            "1.2.840.10045.4.3.2" => Self::Ecdsa(Digest::Sha256),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(Digest::Sha384),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(Digest::Sha512),
            "1.2.840.10040.4.3" => Self::Dsa(Digest::Sha1),
            "2.16.840.1.101.3.4.3.1" => Self::Dsa(Digest::Sha224),
            "2.16.840.1.101.3.4.3.2" => Self::Dsa(Digest::Sha256),
            "1.3.101.112" => Self::Ed25519,
            dotted if parameter_set(dotted).is_some() => Self::MlDsa,
            _ => return Err(SignatureError::Unsupported(oid)),
        })
    }

    /// Verifies `signature` over `message` with a public key, which must be of this scheme's kind.
    pub(crate) fn verify(
        self,
        key: &SubjectPublicKeyInfo<'_>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let bits: &[u8] = &key.subject_public_key.data;
        let algorithm = key.algorithm.algorithm.to_id_string();
        match (self, algorithm.as_str()) {
            (Self::RsaPkcs1(hash), "1.2.840.113549.1.1.1") => rsa_public_key(bits)?
                .verify(hash.pkcs1_encoding(), &hash.digest(&[message]), signature)
                .map_err(|_| SignatureError::Invalid),
            // A key marked for PSS alone has an OID of its own (RFC 4055, 1.2).
            (Self::RsaPss(parameters), "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10") => {
                parameters.verify(&rsa_public_key(bits)?, message, signature)
            }
            (Self::Ecdsa(hash), "1.2.840.10045.2.1") => {
                let curve = key
                    .algorithm
                    .parameters
                    .as_ref()
                    .and_then(|p| p.as_oid().ok());
                let Some(curve) = curve.map(|oid| oid.to_id_string()) else {
                    return Err(SignatureError::Unsupported(
                        "a curve without a name".to_owned(),
                    ));
                };
                verify_ecdsa(&curve, bits, &hash.digest(&[message]), signature)
            }
            (Self::Dsa(hash), "1.2.840.10040.4.1") => {
                verify_dsa(key.raw, &hash.digest(&[message]), signature)
            }
            (Self::MlDsa, dotted) => match parameter_set(dotted) {
                Some(set) if set.verify(bits, message, signature) => Ok(()),
                _ => Err(SignatureError::Invalid),
            },
            (Self::Ed25519, "1.3.101.112") => verify_ed25519(bits, message, signature),
            _ => Err(SignatureError::Invalid),
        }
    }
}

/// RSASSA-PSS-params (RFC 4055, 3.1), every field of which has a default.
fn pss_parameters(identifier: &AlgorithmIdentifier<'_>) -> Result<pss::Parameters, SignatureError> {
    let any = identifier
        .parameters
        .as_ref()
        .ok_or(SignatureError::Invalid)?;
    let params = RsaSsaPssParams::try_from(any).map_err(|_| SignatureError::Invalid)?;
    let mask = params
        .mask_gen_algorithm()
        .map_err(|_| SignatureError::Invalid)?;
    let mgf = mask.mgf.to_id_string();
    if mgf != "1.2.840.113549.1.1.8" {
        return Err(SignatureError::Unsupported(mgf));
    }
    if params.trailer_field() != 1 {
        return Err(SignatureError::Invalid);
    }
    Ok(pss::Parameters {
        hash: hash(&params.hash_algorithm_oid().to_id_string())?,
        mask_hash: hash(&mask.hash.to_id_string())?,
        salt_len: params.salt_length() as usize,
    })
}

/// The hash function that a dotted object identifier names.
fn hash(oid: &str) -> Result<Digest, SignatureError> {
    let known = ObjectIdentifier::new(oid).ok().and_then(Digest::by_oid);
    known.ok_or_else(|| SignatureError::Unsupported(oid.to_owned()))
}

/// Reads an `RSAPublicKey` (RFC 8017, A.1.1) of a size in [`RSA_BITS`].
pub(crate) fn rsa_public_key(der: &[u8]) -> Result<rsa::PublicKey, SignatureError> {
    let key = rsa::pkcs1::RsaPublicKeyRef::from_der(der).map_err(|_| SignatureError::Invalid)?;
    let (n, e) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
    if n.len() * 8 > *RSA_BITS.end() {
        let bits = n.len() * 8;
        return Err(SignatureError::Unsupported(format!(
            "an RSA key of {bits} bits"
        )));
    }
    let n = BoxedUint::from_be_slice_vartime(n);
    let e = BoxedUint::from_be_slice_vartime(e);
    rsa::PublicKey::new_with_size_limits(n, e, RSA_BITS).map_err(|error| match error {
        rsa::Error::PublicExponentTooLarge => {
            SignatureError::Unsupported("an RSA public exponent over 33 bits".to_owned())
        }
        rsa::Error::ModulusTooSmall => {
            SignatureError::Unsupported("an RSA key under 512 bits".to_owned())
        }
        _ => SignatureError::Invalid,
    })
}

/// Verifies a DER `Ecdsa-Sig-Value` on the curve of this dotted OID.
fn verify_ecdsa(
    curve: &str,
    point: &[u8],
    digest: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let unsupported = |what: &str| SignatureError::Unsupported(what.to_owned());
    let oid = ObjectIdentifier::new(curve).map_err(|_| unsupported(curve))?;
    let known = Curve::by_oid(oid).ok_or_else(|| unsupported(curve))?;
    match known.verify(point, digest, signature) {
        Some(true) => Ok(()),
        Some(false) => Err(SignatureError::Invalid),
        None => Err(unsupported(known.name)),
    }
}

/// Verifies a DER `Dss-Sig-Value` (RFC 3279, 2.2.2) with a `SubjectPublicKeyInfo`. The crate knows
/// the four sizes of FIPS 186-4.
fn verify_dsa(spki: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    let unsupported = || SignatureError::Unsupported("a DSA key of unusual size".to_owned());
    let spki = SubjectPublicKeyInfoRef::from_der(spki).map_err(|_| SignatureError::Invalid)?;
    let key = dsa::VerifyingKey::try_from(spki).map_err(|_| unsupported())?;
    let signature = dsa::Signature::try_from(signature).map_err(|_| SignatureError::Invalid)?;
    key.verify_prehash(digest, &signature)
        .map_err(|_| SignatureError::Invalid)
}

fn parameter_set(oid: &str) -> Option<&'static ParameterSet> {
    ParameterSet::by_oid(ObjectIdentifier::new(oid).ok()?)
}

fn verify_ed25519(point: &[u8], message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    let point = point.try_into().map_err(|_| SignatureError::Invalid)?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(point);
    let signature = ed25519_dalek::Signature::from_slice(signature);
    key.and_then(|key| key.verify(message, &signature?))
        .map_err(|_| SignatureError::Invalid)
}

#[cfg(test)]
mod tests;
