//! The traits by which programs tell the keys they read from those they refuse: the algorithm, and which
//! of the optional parts of RFC 8017 and RFC 5915 there are.

use super::description::{describe, name};
use super::oid::{EC_PUBLIC_KEY, RSA_ENCRYPTION, RSASSA_PSS};
use super::scalar::odd_scalar_length;
use super::structure::{Pkcs8, Sec1, read_spki};
use crate::ber;
use crate::der::{INTEGER, SEQUENCE};
use crate::secret::PrivateKey;

/// The traits of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeyTraits {
    /// As in [`super::KeyDescription`].
    pub(crate) algorithm: String,
    /// An RSA key of more than two primes (RFC 8017, A.1.2).
    pub(crate) has_several_primes: bool,
    /// An elliptic key without its public half.
    pub(crate) has_no_point: bool,
    /// An elliptic key whose public half is a compressed point.
    pub(crate) has_compressed_point: bool,
    /// An elliptic key that is longer or shorter than its curve's order.
    pub(crate) has_odd_scalar: bool,
}

impl KeyTraits {
    /// Of a certificate's key.
    pub(crate) fn of_public(spki: &[u8]) -> Self {
        let is_compressed = |(algorithm, bits): (super::structure::Algorithm<'_>, &[u8])| {
            algorithm.oid == EC_PUBLIC_KEY && matches!(bits, [0, 2 | 3, ..])
        };
        Self {
            algorithm: describe(spki).algorithm,
            has_compressed_point: read_spki(spki).is_some_and(is_compressed),
            ..Self::default()
        }
    }

    /// Of a private key.
    pub(crate) fn of(key: &PrivateKey) -> Self {
        let Some(pkcs8) = Pkcs8::read(key.expose()) else {
            return Self::default();
        };
        let mut traits = Self {
            algorithm: name(&pkcs8.algorithm),
            has_odd_scalar: odd_scalar_length(key).is_some(),
            ..Self::default()
        };
        match pkcs8.algorithm.oid {
            RSA_ENCRYPTION | RSASSA_PSS => {
                let version =
                    ber::only(pkcs8.key, SEQUENCE).and_then(|key| key.inside().accept(INTEGER));
                traits.has_several_primes = version.is_some_and(|version| version.content == [1]);
            }
            EC_PUBLIC_KEY => {
                let point = Sec1::read(pkcs8.key).and_then(|sec1| sec1.point);
                traits.has_no_point = point.is_none();
                traits.has_compressed_point = matches!(point, Some([2 | 3, ..]));
            }
            _ => {}
        }
        traits
    }

    /// Whether it is on another curve than P-256, P-384 and P-521.
    pub(crate) fn is_on_other_curve(&self) -> bool {
        let curve = self.algorithm.strip_prefix("ECDSA ");
        curve.is_some_and(|curve| !matches!(curve, "P-256" | "P-384" | "P-521"))
    }
}
