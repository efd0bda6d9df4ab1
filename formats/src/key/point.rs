//! The public half of an elliptic-curve key: the point in its `ECPrivateKey` (RFC 5915, 3), or in the
//! `OneAsymmetricKey` around it (RFC 5958), or computed from the scalar.

use const_oid::ObjectIdentifier;

use super::curve::Curve;
use super::description::unknown;
use super::error::KeyError;
use super::scalar;
use super::structure::{Pkcs8, Sec1, spki};
use crate::der::OBJECT_IDENTIFIER;

/// The `SubjectPublicKeyInfo` of a key.
///
/// # Errors
/// As [`super::public_key_of`].
pub(super) fn public_key(pkcs8: &Pkcs8<'_>) -> Result<Vec<u8>, KeyError> {
    let key = Sec1::read(pkcs8.key).ok_or(KeyError::Malformed("it is not an ECPrivateKey"))?;
    if names_another_curve(pkcs8, &key) {
        return Err(KeyError::Malformed("it names two curves"));
    }
    let curve = pkcs8.algorithm.curve();
    let known = curve.and_then(Curve::by_oid);
    if known.is_some_and(|curve| curve.scalar(key.scalar).is_none()) {
        return Err(scalar::OUT_OF_RANGE);
    }
    let beside = || pkcs8.public_key.and_then(|bits| bits.strip_prefix(&[0]));
    let stored = key.point.or_else(beside);
    let stored = stored.map(|point| uncompressed(curve, point).unwrap_or_else(|| point.to_vec()));
    let computed = || known.and_then(|curve| curve.public_point(key.scalar));
    match stored.or_else(computed) {
        Some(point) => Ok(spki(pkcs8.algorithm.raw, &[&[0], &point])),
        None => Err(unknown(&pkcs8.algorithm)),
    }
}

/// Whether the `ECPrivateKey` names another curve than the algorithm around it. It may repeat the
/// curve (RFC 5915, 3), and OpenSSL uses the inner one.
fn names_another_curve(pkcs8: &Pkcs8<'_>, key: &Sec1<'_>) -> bool {
    let (Some(inside), Some(outside)) = (key.parameters, pkcs8.algorithm.parameters) else {
        return false;
    };
    let both_are_names = inside.tag == OBJECT_IDENTIFIER && outside.tag == OBJECT_IDENTIFIER;
    both_are_names && inside.content != outside.content
}

/// The uncompressed form of a compressed point, if its curve is known.
pub(super) fn uncompressed(curve: Option<ObjectIdentifier>, point: &[u8]) -> Option<Vec<u8>> {
    if !matches!(point.first(), Some(2 | 3)) {
        return None;
    }
    Curve::by_oid(curve?)?.uncompressed(point)
}
