//! A private key in the forms that operating systems take it in, from PKCS#8: the plainest PKCS#8
//! there is, and what stood before it, PKCS#1 (RFC 8017) and SEC1 (RFC 5915). Those systems are
//! older than RFC 5958: they know version 1 without attributes and without a public key beside the
//! private one, and they expect the public point inside a key of an elliptic curve.

use zeroize::Zeroizing;

use super::oid::{EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, RSASSA_PSS};
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

/// The PKCS#8 of an RSA key of two primes from its numbers in the order of [`rsa_numbers`], each with or
/// without leading zeros. `algorithm` is the DER of an `AlgorithmIdentifier`, where it is not
/// rsaEncryption.
pub fn from_rsa_numbers(numbers: [&[u8]; 8], algorithm: Option<&[u8]>) -> PrivateKey {
    let version = der::unsigned(0);
    let numbers = numbers.map(|digits| Zeroizing::new(der::integer(digits)));
    let mut parts: Vec<&[u8]> = vec![&version];
    parts.extend(numbers.iter().map(|number| number.as_slice()));
    let key = Zeroizing::new(der::sequence(&parts));
    match algorithm {
        Some(algorithm) => super::pkcs8(algorithm, &key),
        None => super::pkcs8(&der::algorithm(&RSA_ENCRYPTION), &key),
    }
}

/// The PKCS#8 of a key on a curve, whose name or parameters are in the DER `curve`, from its private
/// number and, if it is at hand, its uncompressed point.
///
/// # Errors
/// [`KeyError::Malformed`]: `curve` is no DER.
pub fn from_scalar(
    curve: &[u8],
    scalar: &[u8],
    point: Option<&[u8]>,
) -> Result<PrivateKey, KeyError> {
    let scalar = Zeroizing::new(der::value(OCTET_STRING, &[scalar]));
    let point = point.map(|point| {
        let bits = der::value(BIT_STRING, &[&[0], point]);
        der::value(EXPLICIT_1, &[&bits])
    });
    let point = point.unwrap_or_default();
    let key = der::sequence(&[&Sec1::VERSION_1, &scalar, &point]);
    super::from_sec1(&Zeroizing::new(key), Some(curve))
}

/// The PKCS#8 of an Ed25519 key from its 32 octets (RFC 8410, 7).
pub fn from_ed25519_seed(seed: &[u8; 32]) -> PrivateKey {
    let algorithm = der::sequence(&[&der::oid(&ED25519)]);
    let key = Zeroizing::new(der::value(OCTET_STRING, &[seed]));
    super::pkcs8(&algorithm, &key)
}

/// The 32 octets of an Ed25519 key; `None` for any other key.
pub fn ed25519_seed(key: &PrivateKey) -> Option<&[u8; 32]> {
    let pkcs8 = Pkcs8::read(key.expose())?;
    (pkcs8.algorithm.oid == ED25519).then_some(())?;
    super::seed(&pkcs8).ok()
}

/// An RSA key under the algorithm that the `SubjectPublicKeyInfo` of a certificate gives to it: keys for
/// RSASSA-PSS alone are kept as plain RSA keys in some places (CKK_RSA of PKCS#11). Any other key stays
/// as it is.
pub fn with_rsa_algorithm_of(key: PrivateKey, spki: &[u8]) -> PrivateKey {
    let (Some(pkcs8), Some((wanted, _))) = (Pkcs8::read(key.expose()), read_spki(spki)) else {
        return key;
    };
    match (pkcs8.algorithm.oid, wanted.oid) {
        (RSA_ENCRYPTION, RSASSA_PSS) => super::pkcs8(wanted.raw, pkcs8.key),
        _ => key,
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

    #[test]
    fn keys_are_made_of_their_numbers() {
        let rsa = private("rsa");
        let numbers = rsa_numbers(&rsa).unwrap();
        assert_eq!(from_rsa_numbers(numbers, None).expose(), rsa.expose());
        for curve in ["P-256", "P-384", "P-521"] {
            let key = private(curve);
            let public = fixture(&format!("{curve}.public"));
            let parameters = super::super::curve_parameters(&public).unwrap();
            let scalar = super::super::ec_scalar(&key).unwrap().unwrap().octets;
            let point = super::super::modulus_or_point(&public);
            let made = from_scalar(parameters, &scalar, point.as_deref()).unwrap();
            assert_eq!(made.expose(), key.expose(), "{curve}");
            let bare = from_scalar(parameters, &scalar, None).unwrap();
            assert_eq!(super::super::public_key_of(&bare).unwrap(), public);
        }
        let ed25519 = private("ed25519");
        let made = from_ed25519_seed(ed25519_seed(&ed25519).unwrap());
        assert_eq!(made.expose(), ed25519.expose());
        assert!(ed25519_seed(&rsa).is_none());
    }

    #[test]
    fn with_rsa_algorithm_of_turns_plain_keys_into_those_of_pss() {
        let pss = private("rsa-pss");
        let public = fixture("rsa-pss.public");
        let numbers = rsa_numbers(&pss).unwrap();
        let plain = from_rsa_numbers(numbers, None);
        let made = with_rsa_algorithm_of(plain, &public);
        let made_public = super::super::public_key_of(&made).unwrap();
        assert!(super::super::same_public_key(&made_public, &public));
        for name in ["rsa", "P-256", "ed25519"] {
            let key = with_rsa_algorithm_of(private(name), &fixture(&format!("{name}.public")));
            assert_eq!(key.expose(), fixture(name), "{name}");
        }
    }
}
