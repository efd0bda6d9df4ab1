//! A private key in the forms that operating systems take it in, from PKCS#8: the plainest PKCS#8
//! there is, and what stood before it, PKCS#1 (RFC 8017) and SEC1 (RFC 5915). Those systems are
//! older than RFC 5958: they know version 1 without attributes and without a public key beside the
//! private one, and they expect the public point inside a key of an elliptic curve.

use zeroize::Zeroizing;

use super::oid::{EC_PUBLIC_KEY, RSA_ENCRYPTION};
use super::structure::{Pkcs8, Sec1, read_spki};
use super::{KeyError, normalized, unknown};
use crate::der::{self, BIT_STRING, EXPLICIT_1, INTEGER, OCTET_STRING};
use crate::secret::PrivateKey;

/// The algorithms of the keys that operating systems keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// rsaEncryption.
    Rsa,
    /// id-ecPublicKey on a curve that has a name.
    Ec,
}

/// The algorithm of a private key.
///
/// # Errors
/// [`KeyError::UnknownAlgorithm`]: it is none of these; [`KeyError::Malformed`]: it is no PKCS#8.
pub fn algorithm(key: &PrivateKey) -> Result<Algorithm, KeyError> {
    let pkcs8 = read(key)?;
    match (pkcs8.algorithm.oid, pkcs8.algorithm.curve()) {
        (RSA_ENCRYPTION, _) => Ok(Algorithm::Rsa),
        (EC_PUBLIC_KEY, Some(_)) => Ok(Algorithm::Ec),
        _ => Err(unknown(&pkcs8.algorithm)),
    }
}

fn read(key: &PrivateKey) -> Result<Pkcs8<'_>, KeyError> {
    Pkcs8::read(key.expose()).ok_or(KeyError::Malformed("it is not PKCS#8"))
}

/// The key as PKCS#8 of version 1 without attributes, one of an elliptic curve with the point of
/// the `SubjectPublicKeyInfo` that belongs to it.
///
/// # Errors
/// As [`algorithm`]; [`KeyError::Malformed`] for a `SubjectPublicKeyInfo` that is another kind's.
pub fn plain_pkcs8(key: &PrivateKey, spki: &[u8]) -> Result<PrivateKey, KeyError> {
    let read = read(key)?;
    match algorithm(key)? {
        Algorithm::Rsa => Ok(super::pkcs8(read.algorithm.raw, read.key)),
        Algorithm::Ec => Ok(super::pkcs8(read.algorithm.raw, &sec1(&read, spki, &[])?)),
    }
}

/// The key as `RSAPrivateKey`, or as `ECPrivateKey` that names its curve and has its point.
///
/// # Errors
/// As [`plain_pkcs8`].
pub fn traditional(key: &PrivateKey, spki: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let read = read(key)?;
    match (algorithm(key)?, read.algorithm.parameters) {
        (Algorithm::Ec, Some(curve)) => {
            sec1(&read, spki, &der::value(der::EXPLICIT_0, &[curve.raw]))
        }
        _ => Ok(Zeroizing::new(read.key.to_vec())),
    }
}

/// `ECPrivateKey` with these parameters, and the point of its public key.
fn sec1(pkcs8: &Pkcs8<'_>, spki: &[u8], parameters: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let key = Sec1::read(pkcs8.key).ok_or(KeyError::Malformed("it is not an ECPrivateKey"))?;
    let spki = normalized(spki);
    let point = read_spki(&spki)
        .filter(|(algorithm, _)| algorithm.oid == EC_PUBLIC_KEY)
        .map(|(_, bits)| bits)
        // The count of unused bits, the form of the point, and its two coordinates.
        .filter(|bits| bits.len() >= 4 && bits.len() % 2 == 0)
        .ok_or(KeyError::Malformed("its public key is none of a curve"))?;
    let length = (point.len() - 2) / 2;
    let padding = length
        .checked_sub(key.scalar.len())
        .ok_or(KeyError::Malformed("its number does not fit its curve"))?;
    let scalar = Zeroizing::new(der::value(OCTET_STRING, &[&vec![0; padding], key.scalar]));
    let point = der::value(EXPLICIT_1, &[&der::value(BIT_STRING, &[point])]);
    Ok(Zeroizing::new(der::sequence(&[
        &[INTEGER, 1, 1],
        &scalar,
        parameters,
        &point,
    ])))
}

/// The numbers of an RSA key in the order of RFC 8017, each as its digits without leading zeros:
/// modulus, public exponent, private exponent, primes, their exponents, coefficient.
///
/// # Errors
/// [`KeyError::Malformed`]: it is no RSA key with two primes.
pub fn rsa_numbers(key: &PrivateKey) -> Result<[&[u8]; 8], KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed("it is not an RSAPrivateKey of two primes");
    let pkcs8 = read(key)?;
    let mut fields = crate::ber::only(pkcs8.key, der::SEQUENCE)
        .ok_or(MALFORMED)?
        .inside();
    if fields.accept(INTEGER).ok_or(MALFORMED)?.content != [0] {
        return Err(MALFORMED);
    }
    let mut numbers: [&[u8]; 8] = [&[]; 8];
    for number in &mut numbers {
        let digits = fields.accept(INTEGER).ok_or(MALFORMED)?.content;
        *number = der::without_leading_zeros(digits);
    }
    match fields.rest() {
        [] => Ok(numbers),
        _ => Err(MALFORMED),
    }
}

#[cfg(test)]
mod tests {
    use super::super::from_sec1;
    use super::super::tests::{fixture, private};
    use super::*;

    #[test]
    fn plain_pkcs8_keeps_what_openssl_writes() {
        for name in ["rsa", "P-256", "P-384", "P-521"] {
            let key = private(name);
            let plain = plain_pkcs8(&key, &fixture(&format!("{name}.public"))).unwrap();
            assert_eq!(plain.expose(), key.expose(), "{name}");
        }
    }

    #[test]
    fn plain_pkcs8_adds_point_and_drops_parameters() {
        for curve in ["P-256", "P-384", "P-521"] {
            let bare = fixture(&format!("{curve}.no-public.sec1"));
            let bare = from_sec1(&bare, None).unwrap();
            // As a certificate may have it, the point is compressed.
            for public in ["public", "compressed"] {
                let public = fixture(&format!("{curve}.{public}"));
                let plain = plain_pkcs8(&bare, &public).unwrap();
                assert_eq!(plain.expose(), fixture(curve), "{curve}");
            }
        }
    }

    #[test]
    fn plain_pkcs8_drops_attributes() {
        let plain = private("rsa");
        let fields = crate::ber::only(plain.expose(), der::SEQUENCE)
            .unwrap()
            .content;
        let more = der::sequence(&[fields, &der::value(der::EXPLICIT_0, &[])]);
        let more = PrivateKey::from_pkcs8_der(Zeroizing::new(more));
        let written = plain_pkcs8(&more, &fixture("rsa.public")).unwrap();
        assert_eq!(written.expose(), plain.expose());
    }

    #[test]
    fn traditional_matches_openssl() {
        for (name, expected) in [
            ("rsa", "rsa.pkcs1"),
            ("P-256", "P-256.sec1"),
            ("P-384", "P-384.sec1"),
            ("P-521", "P-521.sec1"),
        ] {
            let public = fixture(&format!("{name}.public"));
            let written = traditional(&private(name), &public).unwrap();
            assert_eq!(*written, fixture(expected), "{name}");
        }
    }

    #[test]
    fn forms_refuse_other_algorithms_and_public_keys() {
        for name in ["ed25519", "ed448", "rsa-pss"] {
            let error = algorithm(&private(name)).unwrap_err();
            assert!(matches!(error, KeyError::UnknownAlgorithm(_)), "{error}");
        }
        for (name, public) in [("P-256", "rsa"), ("P-521", "P-256")] {
            let public = fixture(&format!("{public}.public"));
            let error = plain_pkcs8(&private(name), &public).unwrap_err();
            assert!(matches!(error, KeyError::Malformed(_)), "{error}");
        }
        assert!(rsa_numbers(&private("P-256")).is_err());
    }

    #[test]
    fn rsa_numbers_have_no_leading_zeros() {
        let key = private("rsa");
        let numbers = rsa_numbers(&key).unwrap();
        assert_eq!(numbers[0].len(), 256);
        assert_eq!(numbers[1], [1, 0, 1]);
        assert!(numbers.iter().all(|number| number[0] != 0));
    }
}
