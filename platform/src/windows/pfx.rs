//! The key in a PKCS#12 file that PFXExportCertStoreEx made of one certificate: the last way to a
//! private key, since Windows gives it out in this form even where its provider has no other
//! export.

use crate::key::{self, KeyError};
use crate::pkcs12::decode::{self, Limits};
use crate::pkcs12::kdf::PasswordForm;
use crate::secret::{Password, PrivateKey};

/// The private key of the file that belongs to a public key.
///
/// # Errors
/// Why there is none, as a clause.
pub(super) fn private_key(
    pfx: &[u8],
    password: &Password,
    spki: &[u8],
) -> Result<PrivateKey, String> {
    let contents = decode::decode(pfx, PasswordForm::Text(password), &Limits::default())
        .map_err(|error| format!("the PKCS#12 file that Windows makes of it: {error}"))?;
    let alone = contents.keys.len() == 1;
    let mut keys = contents.keys.into_iter().map(|bag| bag.key);
    keys.find(|key| match key::public_key_of(key) {
        Ok(public) => key::same_public_key(&public, spki),
        // Whoever asked exported one certificate.
        Err(KeyError::UnknownAlgorithm(_)) => alone,
        Err(_) => false,
    })
    .ok_or_else(|| "the PKCS#12 file that Windows makes of it has no key for it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Certificate;

    fn certificate(pem: &[u8]) -> Certificate {
        Certificate::from_der(&pem_rfc7468::decode_vec(pem).unwrap().1).unwrap()
    }

    #[test]
    fn the_certificates_own_key_is_found_and_no_other() {
        let pfx = include_bytes!("../../tests/data/files/rsa.p12");
        let password = Password::new("fixture".to_owned());
        let rsa = certificate(include_bytes!("../../tests/data/certificates/rsa.pem"));
        let key = private_key(pfx, &password, rsa.spki_der()).unwrap();
        let public = key::public_key_of(&key).unwrap();
        assert!(key::same_public_key(&public, rsa.spki_der()));

        let other = certificate(include_bytes!("../../tests/data/certificates/P-256.pem"));
        let none = private_key(pfx, &password, other.spki_der()).map(|_| ());
        assert!(none.unwrap_err().contains("no key for it"));
        let wrong = private_key(pfx, &Password::new("x".into()), rsa.spki_der()).map(|_| ());
        assert!(
            wrong
                .unwrap_err()
                .contains("PKCS#12 file that Windows makes")
        );
    }
}
