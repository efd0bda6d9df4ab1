//! The encrypted formats in which an operating system exports a private key: a PKCS#12 file, or an
//! encrypted PKCS#8. The password is random, for one export, and never leaves the process.

use certstow_formats::key::{self, KeyError};
use certstow_formats::pkcs12::decode::{self, Limits};
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::{Password, PrivateKey};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::store::NotExportable;

/// 32 random hexadecimal digits.
///
/// # Errors
/// There are no random numbers.
pub(crate) fn random_password() -> Result<Password, getrandom::Error> {
    random_name("").map(Password::new)
}

/// A name that nobody has: `start`, and 32 random hexadecimal digits.
///
/// # Errors
/// There are no random numbers.
pub(crate) fn random_name(start: &str) -> Result<String, getrandom::Error> {
    let mut random = Zeroizing::new([0; 16]);
    getrandom::fill(&mut *random)?;
    let mut name = String::with_capacity(start.len() + 32);
    name.push_str(start);
    for byte in random.iter() {
        for digit in [byte >> 4, byte & 15] {
            name.extend(char::from_digit(digit.into(), 16));
        }
    }
    Ok(name)
}

/// The private key that belongs to a public key, of a PKCS#12 file made of one identity.
///
/// # Errors
/// Why there is none, as a clause.
pub(crate) fn private_key_of_pkcs12(
    pkcs12: &[u8],
    password: &Password,
    spki: &[u8],
) -> Result<PrivateKey, String> {
    let contents = decode::decode(pkcs12, PasswordForm::Text(password), &Limits::default())
        .map_err(|error| format!("the PKCS#12 file that the system makes of it: {error}"))?;
    let alone = contents.keys.len() == 1;
    let mut keys = contents.keys.into_iter().map(|bag| bag.key);
    keys.find(|key| match key::public_key_of(key) {
        Ok(public) => key::same_public_key(&public, spki),
        // One certificate was exported.
        Err(KeyError::UnknownAlgorithm(_)) => alone,
        Err(_) => false,
    })
    .ok_or_else(|| "the PKCS#12 file that the system makes of it has no key for it".to_owned())
}

/// Whether a key that was just imported is exportable as it was meant to be, and the key if it is.
/// `lets_out` is the reason, as a clause, should it be exportable against its owner's will.
pub(crate) fn proven_export(
    exported: Result<PrivateKey, StoreError>,
    exportable: bool,
    place: &str,
    lets_out: &str,
) -> Result<Option<PrivateKey>, StoreError> {
    match exported {
        Ok(key) if exportable => Ok(Some(key)),
        Ok(_) => Err(StoreError::not_imported(place, lets_out, None)),
        Err(StoreError::KeyNotExportable {
            reason: NotExportable::Policy,
            ..
        }) if !exportable => Ok(None),
        Err(error) => {
            let reason = "its private key could not be read back";
            Err(StoreError::not_imported(place, reason, Some(error.into())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use certstow_formats::certificate::Certificate;

    fn certificate(pem: &[u8]) -> Certificate {
        Certificate::from_der(&pem_rfc7468::decode_vec(pem).unwrap().1).unwrap()
    }

    #[test]
    fn random_password_is_unique() {
        let [one, other] = [random_password().unwrap(), random_password().unwrap()];
        assert_eq!(one.expose().len(), 32);
        assert_ne!(one.expose(), other.expose());
    }

    #[test]
    fn private_key_of_pkcs12_requires_matching_certificate() {
        for pkcs12 in [
            &include_bytes!("../../formats/tests/data/files/rsa.p12")[..],
            include_bytes!("../../formats/tests/data/files/macos.p12"),
        ] {
            finds_rsa_alone(pkcs12);
        }
    }

    fn finds_rsa_alone(pkcs12: &[u8]) {
        let password = Password::new("fixture".to_owned());
        let rsa = certificate(include_bytes!(
            "../../formats/tests/data/certificates/rsa.pem"
        ));
        let key = private_key_of_pkcs12(pkcs12, &password, rsa.spki_der()).unwrap();
        let public = key::public_key_of(&key).unwrap();
        assert!(key::same_public_key(&public, rsa.spki_der()));

        let other = certificate(include_bytes!(
            "../../formats/tests/data/certificates/P-256.pem"
        ));
        let none = private_key_of_pkcs12(pkcs12, &password, other.spki_der()).map(|_| ());
        assert!(none.unwrap_err().contains("no key for it"));
        let wrong =
            private_key_of_pkcs12(pkcs12, &Password::new("x".into()), rsa.spki_der()).map(|_| ());
        assert!(
            wrong
                .unwrap_err()
                .contains("PKCS#12 file that the system makes")
        );
    }

    #[test]
    fn proven_export_is_what_was_meant() {
        let key = || PrivateKey::from_pkcs8_der(Zeroizing::new(vec![1]));
        let kept = |reason| StoreError::KeyNotExportable {
            place: "P".to_owned(),
            reason,
            source: None,
        };
        let proven =
            |exported, exportable| proven_export(exported, exportable, "P", "it is let out");
        assert!(proven(Ok(key()), true).unwrap().is_some());
        assert!(
            proven(Err(kept(NotExportable::Policy)), false)
                .unwrap()
                .is_none()
        );
        for (exported, exportable, expected) in [
            (Ok(key()), false, "it is let out"),
            (
                Err(kept(NotExportable::Policy)),
                true,
                "could not be read back",
            ),
            (
                Err(kept(NotExportable::Hardware("TPM".to_owned()))),
                false,
                "could not be read back",
            ),
        ] {
            let error = proven(exported, exportable).map(drop).unwrap_err();
            assert!(error.to_string().ends_with(expected), "{error}");
        }
    }
}
