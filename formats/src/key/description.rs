//! What a key is, for a person: the names of algorithms and curves, and the size.

use super::curve::Curve;
use super::error::{KeyError, UnknownAlgorithm};
use super::ml_dsa::ParameterSet;
use super::oid::{DSA, EC_PUBLIC_KEY, ED448, ED25519, RSA_ENCRYPTION, RSASSA_PSS, X448, X25519};
use super::structure::{Algorithm, Pkcs8, read_spki};
use crate::ber;
use crate::der::{self, INTEGER, SEQUENCE};
use crate::secret::PrivateKey;

/// What a public key is: "RSA" with 2048 bits, "ECDSA P-256" with 256, "Ed25519" with 256,
/// "ML-DSA-65", or the dotted OID of an algorithm without a name here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDescription {
    /// The algorithm's name, or its dotted OID.
    pub algorithm: String,
    /// The size as people say it: the modulus for RSA, the field for elliptic curves; in bits.
    pub bits: Option<u32>,
}

/// Describes the key in a `SubjectPublicKeyInfo`. What cannot be read is called "unknown".
pub fn describe(spki: &[u8]) -> KeyDescription {
    let Some((algorithm, key)) = read_spki(spki) else {
        return KeyDescription {
            algorithm: "unknown".to_owned(),
            bits: None,
        };
    };
    let curve = || algorithm.curve().and_then(Curve::by_oid);
    KeyDescription {
        algorithm: name(&algorithm),
        bits: match algorithm.oid {
            RSA_ENCRYPTION | RSASSA_PSS => modulus_bits(key),
            ED25519 | X25519 => Some(256),
            ED448 => Some(456),
            X448 => Some(448),
            EC_PUBLIC_KEY => curve().map(|curve| curve.bits),
            _ => None,
        },
    }
}

/// The name of a private key's algorithm, as in [`KeyDescription::algorithm`].
pub fn algorithm_name(key: &PrivateKey) -> String {
    Pkcs8::read(key.expose()).map_or_else(
        || "an unknown algorithm".to_owned(),
        |pkcs8| name(&pkcs8.algorithm),
    )
}

/// The name of an algorithm, with the curve if it has one; else its dotted OID.
pub(super) fn name(algorithm: &Algorithm<'_>) -> String {
    let name = match algorithm.oid {
        RSA_ENCRYPTION => "RSA",
        RSASSA_PSS => "RSASSA-PSS",
        ED25519 => "Ed25519",
        ED448 => "Ed448",
        X25519 => "X25519",
        X448 => "X448",
        DSA => "DSA",
        EC_PUBLIC_KEY => match algorithm.curve() {
            None => "ECDSA (curve of its own)",
            Some(oid) => {
                return match Curve::by_oid(oid) {
                    Some(curve) => format!("ECDSA {}", curve.name),
                    None => format!("ECDSA {oid}"),
                };
            }
        },
        oid => {
            return match ParameterSet::by_oid(oid) {
                Some(set) => set.name.to_owned(),
                None => oid.to_string(),
            };
        }
    };
    name.to_owned()
}

/// The error for an algorithm whose public keys are not computed here.
pub(super) fn unknown(algorithm: &Algorithm<'_>) -> KeyError {
    KeyError::UnknownAlgorithm(UnknownAlgorithm {
        oid: algorithm.oid.to_string(),
        name: name(algorithm),
    })
}

fn modulus_bits(bit_string: &[u8]) -> Option<u32> {
    let key = ber::only(bit_string.strip_prefix(&[0])?, SEQUENCE)?;
    let modulus = key.inside().accept(INTEGER)?.content;
    let modulus = der::without_leading_zeros(modulus);
    let bytes = u32::try_from(modulus.len()).ok()?;
    Some(bytes * 8 - modulus.first()?.leading_zeros())
}
