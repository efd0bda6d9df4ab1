//! Whether two public keys are the same, which may be written in several ways: RSA parameters are
//! NULL or left out, what RSASSA-PSS parameters demand is no part of the key, a point is
//! compressed (SEC 1, 2.3.3), or its curve is spelt out in place of its name (RFC 3279, 2.3.5), as
//! some HSMs give their keys out.

use const_oid::ObjectIdentifier;

use super::curve::Curve;
use super::{Algorithm, EC_PUBLIC_KEY, normalized, read_spki, spki};
use crate::pkcs12::der::{self, INTEGER, OBJECT_IDENTIFIER, SEQUENCE};

const PRIME_FIELD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.1.1");

/// Whether two `SubjectPublicKeyInfo` DERs are the same public key.
pub fn same_public_key(a: &[u8], b: &[u8]) -> bool {
    a == b || (curves_may_agree(a, b) && comparable(a) == comparable(b))
}

/// False if both name a curve, and not the same one.
fn curves_may_agree(a: &[u8], b: &[u8]) -> bool {
    let curve = |spki_der| read_spki(spki_der).and_then(|(algorithm, _)| algorithm.curve());
    match (curve(a), curve(b)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// A public key in a form in which equal keys are equal bytes. Of an elliptic curve's key it is the
/// point alone: on which curve, tells [`curves_may_agree`].
pub(crate) fn comparable(spki_der: &[u8]) -> Vec<u8> {
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

/// Whether the last bit of the second coordinate tells the two points apart that have the first
/// one; over a binary field it is not that bit.
fn is_over_a_prime_field(algorithm: &Algorithm<'_>) -> bool {
    let spelt_out = || {
        let mut fields = algorithm.parameters?.tagged(SEQUENCE)?.inner();
        fields.accept(INTEGER)?;
        let mut field = fields.accept(SEQUENCE)?.inner();
        Some(field.accept(OBJECT_IDENTIFIER)?.content == PRIME_FIELD.as_bytes())
    };
    match algorithm.curve() {
        Some(name) => Curve::by_oid(name).is_some_and(Curve::is_over_a_prime_field),
        None => spelt_out().unwrap_or(false),
    }
}

/// The point without its second coordinate, if it has both.
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

    /// The two points with this first coordinate.
    fn points(octets: usize) -> [Vec<u8>; 2] {
        [6, 7].map(|last| [&[4], &*vec![5; octets], &*vec![9; octets - 1], &[last]].concat())
    }

    #[test]
    fn compressed_point_is_the_same_where_nothing_is_computed() {
        for (name, octets) in [(P_224, 28), (BRAINPOOL_512, 64)] {
            let name = named(name);
            let [even, odd] = points(octets);
            let compressed = [&[2], &even[1..=octets]].concat();
            let compressed = on(&name, &compressed);
            assert!(same_public_key(&compressed, &on(&name, &even)));
            assert!(same_public_key(&on(&name, &even), &compressed));
            assert!(!same_public_key(&compressed, &on(&name, &odd)));
            assert!(!same_public_key(&on(&name, &even), &on(&name, &odd)));
        }
    }

    #[test]
    fn points_over_other_fields_are_not_compressed() {
        for name in [SECT_233, UNKNOWN] {
            let [mut point, _] = points(30);
            let one = on(&named(name), &point);
            point[35] ^= 2;
            assert!(!same_public_key(&one, &on(&named(name), &point)), "{name}");
        }
    }

    #[test]
    fn one_point_on_two_named_curves_is_two_keys() {
        let [point, _] = points(28);
        let other = named(UNKNOWN);
        assert!(!same_public_key(
            &on(&named(P_224), &point),
            &on(&other, &point)
        ));
    }

    #[test]
    fn curve_that_is_spelt_out_is_the_curve_of_its_name() {
        let public = fixture("P-256.public");
        let (_, bits) = read_spki(&public).unwrap();
        let field = der::sequence(&[&der::oid(&PRIME_FIELD), &[INTEGER, 1, 3]]);
        let parameters = der::sequence(&[&[INTEGER, 1, 1], &field]);
        let spelt_out = on(&parameters, &bits[1..]);
        assert!(same_public_key(&spelt_out, &public));
        assert!(same_public_key(&spelt_out, &fixture("P-256.compressed")));
        let another = fixture("P-384.public");
        assert!(!same_public_key(&spelt_out, &another));
    }
}
