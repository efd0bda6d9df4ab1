//! The private scalar of an elliptic-curve key, `privateKey` of `ECPrivateKey` (RFC 5915, 3): an
//! octet string as long as the curve's order. GnuTLS and others write it like an `INTEGER`: with a
//! zero octet in front, or without its leading zeros. OpenSSL, NSS and Java accept that; .NET
//! refuses it.

use zeroize::Zeroizing;

use super::curve::Curve;
use super::error::KeyError;
use super::oid::EC_PUBLIC_KEY;
use super::structure::{Pkcs8, Sec1};
use crate::der::{self, OCTET_STRING};
use crate::secret::PrivateKey;

/// The error for a scalar that does not belong to its curve.
pub(super) const OUT_OF_RANGE: KeyError =
    KeyError::Malformed("its scalar is not between 1 and the order of its curve");

/// The private scalar of a key on a named curve.
pub struct EcScalar {
    /// The curve.
    pub curve: &'static Curve,
    /// The scalar, as long as the curve's order.
    pub octets: Zeroizing<Vec<u8>>,
}

/// The scalar of a key on a named curve; `None` for any other key.
///
/// # Errors
/// [`KeyError::Malformed`]: the scalar is zero or not below the order.
pub fn ec_scalar(key: &PrivateKey) -> Result<Option<EcScalar>, KeyError> {
    let Some((_, sec1, curve)) = read(key) else {
        return Ok(None);
    };
    let octets = curve.scalar(sec1.scalar).ok_or(OUT_OF_RANGE)?;
    Ok(Some(EcScalar { curve, octets }))
}

/// The length of the scalar of a key on a named curve and the length it should have, in octets, if
/// they differ.
pub fn odd_scalar_length(key: &PrivateKey) -> Option<(usize, usize)> {
    let (_, sec1, curve) = read(key)?;
    let lengths = (sec1.scalar.len(), curve.scalar_octets());
    (lengths.0 != lengths.1).then_some(lengths)
}

/// The key with its scalar as long as its curve's order. Unchanged if the length is right, if the
/// curve is unknown, or if the key is of another algorithm.
///
/// # Errors
/// [`KeyError::Malformed`]: the scalar is zero or not below the order.
pub fn with_full_scalar(key: PrivateKey) -> Result<PrivateKey, KeyError> {
    let Some((pkcs8, sec1, curve)) = read(&key) else {
        return Ok(key);
    };
    let scalar = curve.scalar(sec1.scalar).ok_or(OUT_OF_RANGE)?;
    if *scalar == sec1.scalar {
        return Ok(key);
    }
    let octets = |content: &[u8]| Zeroizing::new(der::value(OCTET_STRING, &[content]));
    let sec1 = der::sequence(&[&Sec1::VERSION_1, &octets(&scalar), sec1.after]);
    let info = der::sequence(&[pkcs8.before, &octets(&Zeroizing::new(sec1)), pkcs8.after]);
    Ok(PrivateKey::from_pkcs8_der(Zeroizing::new(info)))
}

fn read(key: &PrivateKey) -> Option<(Pkcs8<'_>, Sec1<'_>, &'static Curve)> {
    let pkcs8 = Pkcs8::read(key.expose())?;
    let curve = Curve::by_oid(pkcs8.algorithm.curve()?)?;
    let sec1 = Sec1::read(pkcs8.key)?;
    (pkcs8.algorithm.oid == EC_PUBLIC_KEY).then_some((pkcs8, sec1, curve))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fixture, private};
    use super::super::{describe, from_sec1, public_key_of};
    use super::*;

    /// A test key with another scalar. What stands beside the scalar stays, the point among it.
    fn with_scalar(name: &str, change: impl Fn(&[u8]) -> Vec<u8>) -> PrivateKey {
        let key = private(name);
        let (pkcs8, sec1, _) = read(&key).unwrap();
        let scalar = der::value(OCTET_STRING, &[&change(sec1.scalar)]);
        let sec1 = der::sequence(&[&Sec1::VERSION_1, &scalar, sec1.after]);
        let sec1 = der::value(OCTET_STRING, &[&sec1]);
        let info = der::sequence(&[pkcs8.before, &sec1, pkcs8.after]);
        PrivateKey::from_pkcs8_der(Zeroizing::new(info))
    }

    #[test]
    fn with_full_scalar_keeps_the_right_length() {
        for name in ["P-256", "P-384", "P-521", "rsa", "ed25519"] {
            let key = with_full_scalar(private(name)).unwrap();
            assert_eq!(key.expose(), fixture(name), "{name}");
            assert_eq!(odd_scalar_length(&key), None);
        }
    }

    #[test]
    fn with_full_scalar_strips_leading_zeros() {
        for (name, octets) in [("P-256", 32), ("P-384", 48), ("P-521", 66)] {
            for zeros in [1, 2, 9] {
                let long = with_scalar(name, |scalar| [&vec![0; zeros], scalar].concat());
                assert_eq!(odd_scalar_length(&long), Some((octets + zeros, octets)));
                let key = with_full_scalar(long).unwrap();
                assert_eq!(key.expose(), fixture(name), "{name}");
            }
        }
    }

    #[test]
    fn with_full_scalar_pads_short_scalars() {
        // The fixture's begins with a zero bit at least, as 521 bits leave seven of 66 octets.
        for length in [1, 31, 65] {
            let short = with_scalar("P-521", |_| vec![1; length]);
            let scalar = ec_scalar(&short).unwrap().unwrap().octets;
            assert_eq!(scalar.len(), 66);
            let key = with_full_scalar(short).unwrap();
            let (_, sec1, _) = read(&key).unwrap();
            assert_eq!(sec1.scalar, scalar.as_slice());
            assert_eq!(odd_scalar_length(&key), None);
        }
    }

    #[test]
    fn ec_scalar_rejects_values_out_of_range() {
        for scalar in [vec![], vec![0; 32], vec![0xff; 32], vec![1; 33]] {
            let key = with_scalar("P-256", |_| scalar.clone());
            assert_eq!(ec_scalar(&key).err(), Some(OUT_OF_RANGE), "{scalar:02x?}");
            assert_eq!(public_key_of(&key), Err(OUT_OF_RANGE));
            assert!(with_full_scalar(key).is_err());
        }
    }

    #[test]
    fn public_key_of_accepts_overlong_scalars() {
        let bare = fixture("P-256.no-public.sec1");
        let bare = from_sec1(&bare, None).unwrap();
        let scalar = ec_scalar(&bare).unwrap().unwrap().octets;
        let long = der::value(OCTET_STRING, &[&[0, 0], &scalar]);
        let long = der::sequence(&[&Sec1::VERSION_1, &long]);
        let curve = super::super::curve_parameters(&fixture("P-256.public"))
            .unwrap()
            .to_vec();
        let long = from_sec1(&long, Some(&curve)).unwrap();
        let public = public_key_of(&long).unwrap();
        assert_eq!(public, fixture("P-256.public"));
        assert_eq!(describe(&public).algorithm, "ECDSA P-256");
    }
}
