//! The forms in which Security.framework exports a private key. `kSecFormatWrappedPKCS8` is an
//! `EncryptedPrivateKeyInfo` of PBES2 with PBKDF2-HMAC-SHA1 and 3DES. In clear, by
//! `SecKeyCopyExternalRepresentation`, an RSA key is the `RSAPrivateKey` of PKCS#1, and one of an
//! elliptic curve the ANSI X9.63 form 04 || X || Y || K, which does not name its curve.

use certstow_formats::der::{self, BIT_STRING, EXPLICIT_1, INTEGER, OCTET_STRING};
use certstow_formats::key::{self, KeyError};
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::pkcs12::pbe;
use certstow_formats::secret::{Password, PrivateKey};
use zeroize::Zeroizing;

/// Decrypts a wrapped key.
///
/// # Errors
/// What is wrong with it, as a clause.
pub(super) fn unwrapped(wrapped: &[u8], password: &Password) -> Result<PrivateKey, String> {
    /// macOS takes 2,048.
    const MAX_ITERATIONS: u32 = 1_000_000;
    pbe::decrypt_private_key(wrapped, PasswordForm::Text(password), MAX_ITERATIONS)
        .map_err(|error| format!("what macOS exports cannot be read: {error}"))
}

/// Turns a representation in clear into PKCS#8. The certificate's public key tells algorithm and curve.
///
/// # Errors
/// What is wrong with it, as a clause.
pub(super) fn to_pkcs8(representation: &[u8], spki: &[u8]) -> Result<PrivateKey, String> {
    let converted = match key::curve_parameters(spki) {
        Some(curve) => from_x963(representation, curve),
        None => key::from_pkcs1(representation),
    };
    converted.map_err(|error| error.to_string())
}

/// `curve` is the DER of the curve's parameters.
fn from_x963(point_and_scalar: &[u8], curve: &[u8]) -> Result<PrivateKey, KeyError> {
    /// The point is not compressed.
    const UNCOMPRESSED: u8 = 4;
    let malformed = KeyError::Malformed("it is not in the form of ANSI X9.63");
    let Some((&UNCOMPRESSED, numbers)) = point_and_scalar.split_first() else {
        return Err(malformed);
    };
    if numbers.is_empty() || numbers.len() % 3 != 0 {
        return Err(malformed);
    }
    let length = numbers.len() / 3;
    let (point, scalar) = point_and_scalar.split_at(1 + 2 * length);
    let scalar = Zeroizing::new(der::value(OCTET_STRING, &[scalar]));
    let point = der::value(BIT_STRING, &[&[0], point]);
    let sec1 = Zeroizing::new(der::sequence(&[
        &[INTEGER, 1, 1],
        &scalar,
        &der::value(EXPLICIT_1, &[&point]),
    ]));
    key::from_sec1(&sec1, Some(curve))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(pem: &[u8]) -> Vec<u8> {
        pem_rfc7468::decode_vec(pem).unwrap().1
    }

    fn spki(pem: &[u8]) -> Vec<u8> {
        decoded(pem)
    }

    /// 04 || X || Y || K of a key that OpenSSL wrote.
    fn x963(sec1: &[u8]) -> Vec<u8> {
        let key = key::from_sec1(sec1, None).unwrap();
        let scalar = key::ec_scalar(&key).unwrap().unwrap().octets;
        let public = key::public_key_of(&key).unwrap();
        let point = &public[public.len() - 1 - 2 * scalar.len()..];
        [point, scalar.as_slice()].concat()
    }

    macro_rules! file {
        ($name:literal) => {
            include_bytes!(concat!("../../../formats/tests/data/keys/", $name))
        };
    }

    #[test]
    fn unwrapped_requires_correct_password() {
        let opened = |password: &str| {
            let password = Password::new(password.to_owned());
            unwrapped(file!("rsa.wrapped.der"), &password)
        };
        assert_eq!(
            opened("fixture").unwrap().expose(),
            decoded(file!("rsa.pem"))
        );
        let wrong = opened("another").map(|_| ()).unwrap_err();
        assert!(
            wrong.contains("what macOS exports cannot be read"),
            "{wrong}"
        );
    }

    #[test]
    fn to_pkcs8_converts_rsa_and_every_curve() {
        let pkcs1 = decoded(file!("rsa.pkcs1.pem"));
        let rsa = to_pkcs8(&pkcs1, &spki(file!("rsa.public.pem"))).unwrap();
        assert_eq!(rsa.expose(), decoded(file!("rsa.pem")));
        for (sec1, public) in [
            (&file!("P-256.sec1.pem")[..], &file!("P-256.public.pem")[..]),
            (file!("P-384.sec1.pem"), file!("P-384.public.pem")),
            (file!("P-521.sec1.pem"), file!("P-521.public.pem")),
        ] {
            let key = to_pkcs8(&x963(&decoded(sec1)), &spki(public)).unwrap();
            let own = key::public_key_of(&key).unwrap();
            assert!(key::same_public_key(&own, &spki(public)));
        }
    }

    #[test]
    fn to_pkcs8_rejects_malformed_or_mismatched_keys() {
        let p256 = spki(file!("P-256.public.pem"));
        let good = x963(&decoded(file!("P-256.sec1.pem")));
        for wrong in [&good[1..], &good[..good.len() - 1], &[4], b"", &[2; 97]] {
            let error = to_pkcs8(wrong, &p256).map(|_| ()).unwrap_err();
            assert!(error.contains("X9.63"), "{error}");
        }
        let rsa = spki(file!("rsa.public.pem"));
        assert!(to_pkcs8(&good, &rsa).is_err());
    }
}
