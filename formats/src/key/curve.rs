//! Named elliptic curves (SEC 2, RFC 5639, RFC 5480): each one's name, size and order, and ECDSA
//! (FIPS 186-5) on those for which there is a released RustCrypto crate. On the others a key can
//! be recognized and its scalar checked against the order, but no point can be computed.

use const_oid::ObjectIdentifier;
use ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use ecdsa::{Signature, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::der;

/// A named curve.
pub struct Curve {
    oid: ObjectIdentifier,
    /// As the standards and OpenSSL call it: `P-256`, `secp256k1`, `brainpoolP256r1`.
    pub name: &'static str,
    /// The size of its field.
    pub bits: u32,
    /// The order of its base point: hexadecimal digits, two an octet.
    order: &'static str,
    arithmetic: Option<Arithmetic>,
}

/// What a crate computes on one curve. Scalars have the length of the order.
struct Arithmetic {
    public_point: fn(scalar: &[u8]) -> Option<Vec<u8>>,
    uncompressed: fn(point: &[u8]) -> Option<Vec<u8>>,
    sign: fn(scalar: &[u8], digest: &[u8]) -> Option<Vec<u8>>,
    verify: fn(point: &[u8], digest: &[u8], signature: &[u8]) -> bool,
}

/// [`Arithmetic`] on a crate's type for a curve.
macro_rules! arithmetic {
    ($curve:ty) => {
        Arithmetic {
            public_point: |scalar| {
                let key = SigningKey::<$curve>::from_slice(scalar).ok()?;
                Some(key.verifying_key().to_sec1_point(false).as_bytes().to_vec())
            },
            uncompressed: |point| {
                let key = VerifyingKey::<$curve>::from_sec1_bytes(point).ok()?;
                Some(key.to_sec1_point(false).as_bytes().to_vec())
            },
            sign: |scalar, digest| {
                let key = SigningKey::<$curve>::from_slice(scalar).ok()?;
                let signature: Signature<$curve> = key.sign_prehash(digest).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            },
            verify: |point, digest, signature| {
                let key = VerifyingKey::<$curve>::from_sec1_bytes(point);
                let signature = Signature::<$curve>::from_der(signature);
                // Of (r, s) and (r, -s) both are signatures; k256 takes the lower s alone.
                key.and_then(|key| key.verify_prehash(digest, &signature?.normalize_s()))
                    .is_ok()
            },
        }
    };
}

/// P-192 and P-224 have crates that are not released, the curves over binary fields none.
#[rustfmt::skip]
static CURVES: &[Curve] = &[
    Curve::new("1.2.840.10045.3.1.1", "P-192", 192, "ffffffffffffffffffffffff99def836146bc9b1b4d22831", None),
    Curve::new("1.3.132.0.33", "P-224", 224, "ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d", None),
    Curve::new("1.2.840.10045.3.1.7", "P-256", 256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", Some(arithmetic!(p256::NistP256))),
    Curve::new("1.3.132.0.34", "P-384", 384, "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973", Some(arithmetic!(p384::NistP384))),
    Curve::new("1.3.132.0.35", "P-521", 521, "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409", Some(arithmetic!(p521::NistP521))),
    Curve::new("1.3.132.0.8", "secp160r1", 160, "0100000000000000000001f4c8f927aed3ca752257", None),
    Curve::new("1.3.132.0.10", "secp256k1", 256, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", Some(arithmetic!(k256::Secp256k1))),
    Curve::new("1.3.36.3.3.2.8.1.1.1", "brainpoolP160r1", 160, "e95e4a5f737059dc60df5991d45029409e60fc09", None),
    Curve::new("1.3.36.3.3.2.8.1.1.3", "brainpoolP192r1", 192, "c302f41d932a36cda7a3462f9e9e916b5be8f1029ac4acc1", None),
    Curve::new("1.3.36.3.3.2.8.1.1.5", "brainpoolP224r1", 224, "d7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939f", None),
    Curve::new("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256, "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7", Some(arithmetic!(bp256::BrainpoolP256r1))),
    Curve::new("1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1", 320, "d35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311", None),
    Curve::new("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384, "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565", Some(arithmetic!(bp384::BrainpoolP384r1))),
    Curve::new("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512, "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069", None),
    Curve::new("1.3.36.3.3.2.8.1.1.8", "brainpoolP256t1", 256, "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7", None),
    Curve::new("1.3.36.3.3.2.8.1.1.12", "brainpoolP384t1", 384, "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565", None),
    Curve::new("1.3.36.3.3.2.8.1.1.14", "brainpoolP512t1", 512, "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069", None),
    Curve::new("1.2.156.10197.1.301", "SM2", 256, "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123", None),
    Curve::new("1.3.132.0.1", "sect163k1", 163, "04000000000000000000020108a2e0cc0d99f8a5ef", None),
    Curve::new("1.3.132.0.15", "sect163r2", 163, "040000000000000000000292fe77e70c12a4234c33", None),
    Curve::new("1.3.132.0.26", "sect233k1", 233, "8000000000000000000000000000069d5bb915bcd46efb1ad5f173abdf", None),
    Curve::new("1.3.132.0.27", "sect233r1", 233, "01000000000000000000000000000013e974e72f8a6922031d2603cfe0d7", None),
    Curve::new("1.3.132.0.16", "sect283k1", 283, "01ffffffffffffffffffffffffffffffffffe9ae2ed07577265dff7f94451e061e163c61", None),
    Curve::new("1.3.132.0.17", "sect283r1", 283, "03ffffffffffffffffffffffffffffffffffef90399660fc938a90165b042a7cefadb307", None),
    Curve::new("1.3.132.0.36", "sect409k1", 409, "7ffffffffffffffffffffffffffffffffffffffffffffffffffe5f83b2d4ea20400ec4557d5ed3e3e7ca5b4b5c83b8e01e5fcf", None),
    Curve::new("1.3.132.0.37", "sect409r1", 409, "010000000000000000000000000000000000000000000000000001e2aad6a612f33307be5fa47c3c9e052f838164cd37d9a21173", None),
    Curve::new("1.3.132.0.38", "sect571k1", 571, "020000000000000000000000000000000000000000000000000000000000000000000000131850e1f19a63e4b391a8db917f4138b630d84be5d639381e91deb45cfe778f637c1001", None),
    Curve::new("1.3.132.0.39", "sect571r1", 571, "03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe661ce18ff55987308059b186823851ec7dd9ca1161de93d5174d66e8382e9bb2fe84e47", None),
    Curve::new("1.3.132.0.6", "secp112r1", 112, "db7c2abf62e35e7628dfac6561c5", None),
    Curve::new("1.3.132.0.7", "secp112r2", 112, "36df0aafd8b8d7597ca10520d04b", None),
    Curve::new("1.3.132.0.28", "secp128r1", 128, "fffffffe0000000075a30d1b9038a115", None),
    Curve::new("1.3.132.0.29", "secp128r2", 128, "3fffffff7fffffffbe0024720613b5a3", None),
    Curve::new("1.3.132.0.9", "secp160k1", 160, "0100000000000000000001b8fa16dfab9aca16b6b3", None),
    Curve::new("1.3.132.0.30", "secp160r2", 160, "0100000000000000000000351ee786a818f3a1a16b", None),
    Curve::new("1.3.132.0.31", "secp192k1", 192, "fffffffffffffffffffffffe26f2fc170f69466a74defd8d", None),
    Curve::new("1.3.132.0.32", "secp224k1", 224, "010000000000000000000000000001dce8d2ec6184caf0a971769fb1f7", None),
    Curve::new("1.2.840.10045.3.1.2", "prime192v2", 192, "fffffffffffffffffffffffe5fb1a724dc80418648d8dd31", None),
    Curve::new("1.2.840.10045.3.1.3", "prime192v3", 192, "ffffffffffffffffffffffff7a62d031c83f4294f640ec13", None),
    Curve::new("1.2.840.10045.3.1.4", "prime239v1", 239, "7fffffffffffffffffffffff7fffff9e5e9a9f5d9071fbd1522688909d0b", None),
    Curve::new("1.2.840.10045.3.1.5", "prime239v2", 239, "7fffffffffffffffffffffff800000cfa7e8594377d414c03821bc582063", None),
    Curve::new("1.2.840.10045.3.1.6", "prime239v3", 239, "7fffffffffffffffffffffff7fffff975deb41b3a6057c3c432146526551", None),
    Curve::new("1.3.132.0.4", "sect113r1", 113, "0100000000000000d9ccec8a39e56f", None),
    Curve::new("1.3.132.0.5", "sect113r2", 113, "010000000000000108789b2496af93", None),
    Curve::new("1.3.132.0.22", "sect131r1", 131, "0400000000000000023123953a9464b54d", None),
    Curve::new("1.3.132.0.23", "sect131r2", 131, "0400000000000000016954a233049ba98f", None),
    Curve::new("1.3.132.0.2", "sect163r1", 163, "03ffffffffffffffffffff48aab689c29ca710279b", None),
    Curve::new("1.3.132.0.24", "sect193r1", 193, "01000000000000000000000000c7f34a778f443acc920eba49", None),
    Curve::new("1.3.132.0.25", "sect193r2", 193, "010000000000000000000000015aab561b005413ccd4ee99d5", None),
    Curve::new("1.3.132.0.3", "sect239k1", 239, "2000000000000000000000000000005a79fec67cb6e91f1c1da800e478a5", None),
    Curve::new("1.3.36.3.3.2.8.1.1.2", "brainpoolP160t1", 160, "e95e4a5f737059dc60df5991d45029409e60fc09", None),
    Curve::new("1.3.36.3.3.2.8.1.1.4", "brainpoolP192t1", 192, "c302f41d932a36cda7a3462f9e9e916b5be8f1029ac4acc1", None),
    Curve::new("1.3.36.3.3.2.8.1.1.6", "brainpoolP224t1", 224, "d7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939f", None),
    Curve::new("1.3.36.3.3.2.8.1.1.10", "brainpoolP320t1", 320, "d35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311", None),
];

impl Curve {
    const fn new(
        oid: &str,
        name: &'static str,
        bits: u32,
        order: &'static str,
        arithmetic: Option<Arithmetic>,
    ) -> Self {
        Self {
            oid: ObjectIdentifier::new_unwrap(oid),
            name,
            bits,
            order,
            arithmetic,
        }
    }

    /// The curve of this object identifier, if it is one of those known here.
    pub fn by_oid(oid: ObjectIdentifier) -> Option<&'static Self> {
        CURVES.iter().find(|curve| curve.oid == oid)
    }

    /// Whether this is the order of its base point: the content of an `INTEGER`.
    pub(super) fn has_order(&self, number: &[u8]) -> bool {
        let digits = number.strip_prefix(&[0]).unwrap_or(number);
        digits.iter().copied().eq(self.order_octets())
    }

    /// Whether its field is a prime one, and no binary one.
    pub(super) fn is_over_a_prime_field(&self) -> bool {
        !self.name.starts_with("sect")
    }

    /// Whether points can be computed and signatures made on it.
    pub(crate) fn has_arithmetic(&self) -> bool {
        self.arithmetic.is_some()
    }

    /// Its name in certificates and keys.
    pub fn oid(&self) -> ObjectIdentifier {
        self.oid
    }

    /// The length of a private scalar.
    pub fn scalar_octets(&self) -> usize {
        self.order.len() / 2
    }

    /// A private scalar as RFC 5915, 3 wants it written: as many octets as the order has. GnuTLS
    /// and others put a zero in front or leave leading zeros out. `None` for zero and for what is
    /// not below the order.
    pub fn scalar(&self, octets: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let digits = der::without_leading_zeros(octets);
        let padding = self.scalar_octets().checked_sub(digits.len())?;
        let mut scalar = Zeroizing::new(vec![0; self.scalar_octets()]);
        scalar[padding..].copy_from_slice(digits);
        let below_order = scalar.iter().copied().lt(self.order_octets());
        (!digits.is_empty() && below_order).then_some(scalar)
    }

    fn order_octets(&self) -> impl Iterator<Item = u8> {
        let octet = |at| u8::from_str_radix(&self.order[at..at + 2], 16).unwrap_or_default();
        (0..self.order.len()).step_by(2).map(octet)
    }

    /// The uncompressed point that belongs to a private scalar of any length; `None` for a scalar
    /// out of range and on a curve without arithmetic.
    pub(crate) fn public_point(&self, scalar: &[u8]) -> Option<Vec<u8>> {
        (self.arithmetic.as_ref()?.public_point)(&self.scalar(scalar)?)
    }

    /// The point with both coordinates; `None` if it is not on the curve, and on a curve without
    /// arithmetic.
    pub fn uncompressed(&self, point: &[u8]) -> Option<Vec<u8>> {
        (self.arithmetic.as_ref()?.uncompressed)(point)
    }

    /// The DER of an `Ecdsa-Sig-Value` (RFC 3279, 2.2.3) over a digest, which has at least half the
    /// octets of the order. `None` as for [`Curve::public_point`].
    pub fn sign(&self, scalar: &[u8], digest: &[u8]) -> Option<Vec<u8>> {
        (self.arithmetic.as_ref()?.sign)(&self.scalar(scalar)?, digest)
    }

    /// Whether the DER of an `Ecdsa-Sig-Value` is the signature over a digest of any length, which
    /// FIPS 186-5, 6.4.2 cuts to or takes as a number below the order. `None` on a curve without
    /// arithmetic.
    pub fn verify(&self, point: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
        let arithmetic = self.arithmetic.as_ref()?;
        Some((arithmetic.verify)(point, digest, signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(name: &str) -> &'static Curve {
        CURVES.iter().find(|curve| curve.name == name).unwrap()
    }

    fn order(curve: &Curve) -> Vec<u8> {
        curve.order_octets().collect()
    }

    #[test]
    fn curve_scalar_has_the_orders_length() {
        for curve in CURVES {
            let length = order(curve).len();
            for octets in [&[7][..], &[0, 7], &[0; 80].map(|_| 0), &vec![0; length]] {
                let scalar = curve.scalar(octets);
                let meant = octets.contains(&7).then(|| {
                    let mut scalar = vec![0; length];
                    scalar[length - 1] = 7;
                    scalar
                });
                assert_eq!(scalar.as_deref(), meant.as_ref(), "{}", curve.name);
            }
        }
    }

    #[test]
    fn curve_scalar_rejects_the_order_and_above() {
        for curve in CURVES {
            let order = order(curve);
            let mut below = order.clone();
            *below.last_mut().unwrap() -= 1;
            assert_eq!(curve.scalar(&below).unwrap().as_slice(), below);
            assert!(curve.scalar(&order).is_none(), "{}", curve.name);
            assert!(curve.scalar(&[&[1], order.as_slice()].concat()).is_none());
        }
    }

    #[test]
    fn curve_order_matches_the_arithmetic_crate() {
        let mut computed = 0;
        for curve in CURVES.iter().filter(|curve| curve.has_arithmetic()) {
            let arithmetic = curve.arithmetic.as_ref().unwrap();
            let mut scalar = order(curve);
            assert!(
                (arithmetic.public_point)(&scalar).is_none(),
                "{}",
                curve.name
            );
            *scalar.last_mut().unwrap() -= 1;
            let point = curve.public_point(&scalar).unwrap();
            // Minus the base point: it differs from it by the second coordinate alone.
            let base = curve.public_point(&[1]).unwrap();
            let half = point.len() / 2;
            assert_eq!(point[1..=half], base[1..=half]);
            assert_ne!(point, base);
            computed += 1;
        }
        assert_eq!(computed, 6);
    }

    #[test]
    fn curve_verifies_only_its_own_signatures() {
        let digest = [3; 32];
        for curve in CURVES.iter().filter(|curve| curve.has_arithmetic()) {
            let point = curve.public_point(&[9]).unwrap();
            let signature = curve.sign(&[9], &digest).unwrap();
            assert_eq!(curve.verify(&point, &digest, &signature), Some(true));
            assert_eq!(curve.verify(&point, &[4; 32], &signature), Some(false));
            let mut compressed = point[..=point.len() / 2].to_vec();
            compressed[0] = 2 + (point[point.len() - 1] & 1);
            assert_eq!(curve.uncompressed(&compressed), Some(point));
        }
        assert_eq!(curve("P-224").verify(&[4], &digest, &[]), None);
    }
}
