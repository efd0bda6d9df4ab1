//! Exporting a CNG key as the `EncryptedPrivateKeyInfo` of RFC 5958, which is all that a key with
//! NCRYPT_ALLOW_EXPORT_FLAG alone is exported as: NCryptExportKey takes the password, the algorithm
//! and its parameters as an NCryptBufferDesc ("Cryptography Next Generation: Key Import and
//! Export"). The password is random, exists for this one call, and is wiped after it.

use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::pkcs12::pbe;
use certstow_formats::secret::{Password, PrivateKey};
use zeroize::Zeroizing;

use super::wide;
use crate::exported_key::random_password;

/// pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, appendix C), the only algorithm every version of
/// Windows has here; as ASCII with its zero.
pub(super) const ALGORITHM: &[u8] = b"1.2.840.113549.1.12.1.3\0";

/// One iteration: nobody guesses 128 random bits.
const ITERATIONS: u32 = 1;

const SALT_LENGTH: usize = 8;

/// What protects a key on its way out of its provider.
pub(super) struct Protection {
    password: Password,
    salt: [u8; SALT_LENGTH],
}

impl Protection {
    /// A password and a salt that nobody has seen.
    ///
    /// # Errors
    /// There are no random numbers.
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut salt = [0; SALT_LENGTH];
        getrandom::fill(&mut salt)?;
        Ok(Self {
            password: random_password()?,
            salt,
        })
    }

    /// NCRYPTBUFFER_PKCS_SECRET: UTF-16 with its zero, which counts.
    pub(super) fn secret(&self) -> Zeroizing<Vec<u16>> {
        wide::secret(&self.password)
    }

    /// NCRYPTBUFFER_PKCS_ALG_PARAM: a CRYPT_PKCS12_PBE_PARAMS with the salt right behind it.
    pub(super) fn parameters(&self) -> Vec<u8> {
        let mut parameters = Vec::with_capacity(8 + SALT_LENGTH);
        parameters.extend_from_slice(&ITERATIONS.to_le_bytes());
        parameters.extend_from_slice(&(SALT_LENGTH as u32).to_le_bytes());
        parameters.extend_from_slice(&self.salt);
        parameters
    }

    /// Decrypts what was exported.
    ///
    /// # Errors
    /// What is wrong with it, as a clause.
    pub(super) fn open(&self, encrypted: &[u8]) -> Result<PrivateKey, String> {
        let password = PasswordForm::Text(&self.password);
        pbe::decrypt_private_key(encrypted, password, MAX_ITERATIONS)
            .map_err(|error| format!("what its provider exports cannot be read: {error}"))
    }
}

/// A provider may find one iteration too few, but has no reason for more than this.
const MAX_ITERATIONS: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

    fn protection(password: &str) -> Protection {
        Protection {
            password: Password::new(password.to_owned()),
            salt: SALT,
        }
    }

    #[test]
    fn protection_lays_out_buffers_for_ncrypt() {
        let protection = protection("ab");
        assert_eq!(*protection.secret(), [0x61, 0x62, 0]);
        assert_eq!(
            protection.parameters(),
            [1, 0, 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
        );
        assert_eq!(ALGORITHM.last(), Some(&0));
    }

    #[test]
    fn protection_opens_key_encrypted_by_openssl() {
        // pbeWithSHAAnd3-KeyTripleDES-CBC with one iteration (tests/data/make.sh).
        let encrypted = include_bytes!("../../../formats/tests/data/keys/P-256.3des.der");
        let key = protection("fixture").open(encrypted).unwrap();
        let pem = include_bytes!("../../../formats/tests/data/keys/P-256.pem");
        assert_eq!(key.expose(), pem_rfc7468::decode_vec(pem).unwrap().1);

        let wrong = protection("wrong").open(encrypted).map(|_| ()).unwrap_err();
        assert!(wrong.contains("cannot be read"), "{wrong}");
        assert!(protection("fixture").open(b"no key").is_err());
    }

    #[test]
    fn protection_random_is_unique() {
        let [one, other] = [Protection::random().unwrap(), Protection::random().unwrap()];
        assert_eq!(one.password.expose().len(), 32);
        assert_ne!(one.password.expose(), other.password.expose());
        assert_ne!(one.salt, other.salt);
    }
}
