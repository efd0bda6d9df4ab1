//! Whether two public keys are the same although they are encoded differently: RSA parameters may be
//! NULL or left out, RSASSA-PSS parameters are not part of the key, a point may be compressed (SEC 1,
//! 2.3.3), and a curve may have explicit parameters instead of a name (RFC 3279, 2.3.5), as in keys
//! that some HSMs export.

use const_oid::ObjectIdentifier;

use super::curve::Curve;
use super::normalized;
use super::oid::EC_PUBLIC_KEY;
use super::structure::{Algorithm, read_spki, spki};
use crate::ber::Value;
use crate::der::{self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};

const PRIME_FIELD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.1.1");

/// Whether two `SubjectPublicKeyInfo` DERs are the same public key.
pub fn same_public_key(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (normalized(a), normalized(b));
    a == b || same_point(&a, &b).unwrap_or(false)
}

/// Whether two keys of elliptic curves have the same point on the same curve. `None` for other keys.
fn same_point(a: &[u8], b: &[u8]) -> Option<bool> {
    let ((of_a, point_a), (of_b, point_b)) = (read_spki(a)?, read_spki(b)?);
    if (of_a.oid, of_b.oid) != (EC_PUBLIC_KEY, EC_PUBLIC_KEY) {
        return None;
    }
    let (curve_a, curve_b) = (of_a.parameters?, of_b.parameters?);
    if curve_a.raw != curve_b.raw && !describes(curve_a, curve_b) && !describes(curve_b, curve_a) {
        return Some(false);
    }
    // If only one point is compressed, both are compared in that form.
    match point_a.len() == point_b.len() {
        true => Some(point_a == point_b),
        false => Some(comparable(a) == comparable(b)),
    }
}

/// Whether the first parameters describe explicitly the curve that the second ones name. The order
/// of the base point identifies it.
fn describes(domain: Value<'_>, name: Value<'_>) -> bool {
    let curve = || {
        let name = name.tagged(OBJECT_IDENTIFIER)?.content;
        Curve::by_oid(ObjectIdentifier::from_bytes(name).ok()?)
    };
    let domain = SpecifiedDomain::read(domain);
    domain.is_some_and(|domain| curve().is_some_and(|curve| curve.has_order(domain.order)))
}

/// `SpecifiedECDomain` (SEC 1, C.2): a curve with explicit parameters.
struct SpecifiedDomain<'a> {
    is_over_a_prime_field: bool,
    order: &'a [u8],
}

impl<'a> SpecifiedDomain<'a> {
    fn read(parameters: Value<'a>) -> Option<Self> {
        let mut fields = parameters.tagged(SEQUENCE)?.inside();
        fields.accept(INTEGER)?;
        let mut field = fields.accept(SEQUENCE)?.inside();
        let field = field.accept(OBJECT_IDENTIFIER)?.content;
        // The equation, and the base point.
        fields.accept(SEQUENCE)?;
        fields.accept(OCTET_STRING)?;
        Some(Self {
            is_over_a_prime_field: field == PRIME_FIELD.as_bytes(),
            order: fields.accept(INTEGER)?.content,
        })
    }
}

/// A public key in a form in which equal keys have equal bytes, for looking keys up; keys on different
/// curves may have equal bytes as well. For an elliptic curve it holds the point alone, compressed.
pub fn comparable(spki_der: &[u8]) -> Vec<u8> {
    let normalized = normalized(spki_der);
    let Some((algorithm, [0, point @ ..])) = read_spki(&normalized) else {
        return normalized;
    };
    if algorithm.oid != EC_PUBLIC_KEY {
        return normalized;
    }
    let compressed = match is_over_a_prime_field(&algorithm) {
        true => compressed(point),
        false => None,
    };
    let point = compressed.as_deref().unwrap_or(point);
    spki(&der::algorithm(&EC_PUBLIC_KEY), &[&[0], point])
}

/// Whether the curve is over a prime field, where the lowest bit of y distinguishes the two points
/// with the same x. Over a binary field another bit does.
fn is_over_a_prime_field(algorithm: &Algorithm<'_>) -> bool {
    let explicit = || SpecifiedDomain::read(algorithm.parameters?);
    match algorithm.curve() {
        Some(name) => Curve::by_oid(name).is_some_and(Curve::is_over_a_prime_field),
        None => explicit().is_some_and(|domain| domain.is_over_a_prime_field),
    }
}

/// The compressed form of an uncompressed point.
fn compressed(point: &[u8]) -> Option<Vec<u8>> {
    let (4, coordinates) = point.split_first()? else {
        return None;
    };
    let parity = coordinates.last()? & 1;
    let half = coordinates.len() / 2;
    (coordinates.len() % 2 == 0).then(|| [&[2 + parity], &coordinates[..half]].concat())
}

#[cfg(test)]
mod tests {
    use super::super::tests::fixture;
    use super::*;

    /// A public key on a curve with these parameters.
    fn on(parameters: &[u8], point: &[u8]) -> Vec<u8> {
        let algorithm = der::sequence(&[&der::oid(&EC_PUBLIC_KEY), parameters]);
        spki(&algorithm, &[&[0], point])
    }

    fn named(name: &str) -> Vec<u8> {
        der::oid(&ObjectIdentifier::new_unwrap(name))
    }

    const P_224: &str = "1.3.132.0.33";
    const BRAINPOOL_512: &str = "1.3.36.3.3.2.8.1.1.13";
    const SECT_233: &str = "1.3.132.0.27";
    const UNKNOWN: &str = "1.3.132.0.32";

    fn p256_order() -> Vec<u8> {
        let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
        let octet = |at| u8::from_str_radix(&order[at..at + 2], 16).unwrap();
        (0..order.len()).step_by(2).map(octet).collect()
    }

    /// The two points with this first coordinate.
    fn points(octets: usize) -> [Vec<u8>; 2] {
        [6, 7].map(|last| [&[4], &*vec![5; octets], &*vec![9; octets - 1], &[last]].concat())
    }

    #[test]
    fn same_public_key_compresses_points_without_arithmetic() {
        for (name, octets) in [(P_224, 28), (BRAINPOOL_512, 64)] {
            let name = named(name);
            let [even, odd] = points(octets);
            let compressed = [&[2], &even[1..=octets]].concat();
            let compressed = on(&name, &compressed);
            assert!(same_public_key(&compressed, &on(&name, &even)));
            assert!(same_public_key(&on(&name, &even), &compressed));
            assert!(!same_public_key(&compressed, &on(&name, &odd)));
            assert!(!same_public_key(&on(&name, &even), &on(&name, &odd)));
            // On no curve is there such a point.
            let mut off = even.clone();
            off[octets + 1] ^= 0x80;
            assert!(!same_public_key(&on(&name, &even), &on(&name, &off)));
        }
    }

    #[test]
    fn same_public_key_keeps_other_fields_uncompressed() {
        for name in [SECT_233, UNKNOWN] {
            let [mut point, _] = points(30);
            let one = on(&named(name), &point);
            point[35] ^= 2;
            assert!(!same_public_key(&one, &on(&named(name), &point)), "{name}");
        }
    }

    #[test]
    fn same_public_key_distinguishes_named_curves() {
        let [point, _] = points(28);
        let other = named(UNKNOWN);
        assert!(!same_public_key(
            &on(&named(P_224), &point),
            &on(&other, &point)
        ));
    }

    #[test]
    fn same_public_key_matches_explicit_curve_parameters() {
        let public = fixture("P-256.public");
        let (_, bits) = read_spki(&public).unwrap();
        let field = der::sequence(&[&der::oid(&PRIME_FIELD), &[INTEGER, 1, 3]]);
        let order = p256_order();
        let with = |order: &[u8]| {
            let order = der::value(INTEGER, &[&[0], order]);
            let base = der::value(OCTET_STRING, &[]);
            let fields: [&[u8]; 5] = [&[INTEGER, 1, 1], &field, &der::sequence(&[]), &base, &order];
            on(&der::sequence(&fields), &bits[1..])
        };
        let explicit = with(&order);
        assert!(same_public_key(&explicit, &public));
        assert!(same_public_key(&explicit, &fixture("P-256.compressed")));
        let another = fixture("P-384.public");
        assert!(!same_public_key(&explicit, &another));
        assert!(!same_public_key(&with(&order[1..]), &public));
        // Neither a name nor explicit parameters.
        for parameters in [
            &[0x86, 1, 1][..],
            &[OBJECT_IDENTIFIER, 1, 0x87],
            &[SEQUENCE, 0],
        ] {
            assert!(!same_public_key(&on(parameters, &bits[1..]), &public));
        }
    }
}
