//! Encryption under a password: the schemes of PKCS#12 (RFC 7292, appendix C) and PBES1 and PBES2 of
//! PKCS#5 (RFC 8018, section 6), with scrypt, too (RFC 7914, section 7), read from and written as an
//! `AlgorithmIdentifier`.

use zeroize::Zeroizing;

use super::algorithms::{Derivation, SCHEMES, meaning};

pub use super::cipher::Cipher;
use super::error::DecodeError;
use super::kdf::{self, Digest, PasswordForm, Purpose, ScryptCost};
use super::oid;
use super::pem_encryption::PemKey;
use crate::ber::{Reader, Value};
use crate::der::{INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::jks::{JksError, ProtectedKey};
use crate::secret::PrivateKey;
use parameters::{PART, Scrypt, pbes2, pbkdf2_der, read_cipher, salted, scrypt_der};
pub(crate) use parameters::{Pbkdf2, salt_and_iterations};

pub(super) mod parameters;

/// How something is encrypted under a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 7292, appendix C: key and vector by the PKCS#12 derivation with SHA-1.
    Pkcs12 {
        /// 3DES, RC2 or RC4.
        cipher: Cipher,
        /// The salt.
        salt: Vec<u8>,
        /// How often the hash is repeated.
        iterations: u32,
    },
    /// RFC 8018, section 6.1: key and vector by PBKDF1. Old; read and never chosen.
    Pbes1 {
        /// The hash of PBKDF1: MD5 or SHA-1.
        digest: Digest,
        /// DES or RC2.
        cipher: Cipher,
        /// The salt.
        salt: Vec<u8>,
        /// How often the hash is repeated.
        iterations: u32,
    },
    /// RFC 8018, section 6.2: the key by PBKDF2.
    Pbes2 {
        /// AES, three-key 3DES, DES or RC2.
        cipher: Cipher,
        /// The initialization vector, one block long.
        iv: Vec<u8>,
        /// The hash of the HMAC in PBKDF2.
        prf: Digest,
        /// The salt.
        salt: Vec<u8>,
        /// How often the HMAC is repeated.
        iterations: u32,
    },
    /// The same, but for the key by scrypt (RFC 7914). Read and never chosen.
    Scrypt {
        /// As with PBKDF2.
        cipher: Cipher,
        /// The initialization vector, one block long.
        iv: Vec<u8>,
        /// The salt.
        salt: Vec<u8>,
        /// What it costs.
        cost: ScryptCost,
    },
}

impl Scheme {
    /// Reads an `AlgorithmIdentifier`, in DER or BER.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`], and [`DecodeError::Unsupported`] naming the algorithm.
    pub fn from_der(algorithm: &[u8]) -> Result<Self, DecodeError> {
        let algorithm = Reader::new(algorithm).expect(SEQUENCE);
        Self::read(&algorithm.map_err(DecodeError::damaged(PART))?)
    }

    pub(super) fn read(algorithm: &Value<'_>) -> Result<Self, DecodeError> {
        let damaged = DecodeError::damaged(PART);
        let mut fields = algorithm.inside();
        let name = fields.expect(OBJECT_IDENTIFIER).map_err(&damaged)?.oid();
        if name.known() == Some(oid::PBES2) {
            let parameters = fields.expect(SEQUENCE).map_err(&damaged)?;
            fields.end().map_err(&damaged)?;
            return Self::read_pbes2(&parameters);
        }
        let (derivation, cipher) = meaning(SCHEMES, name, "the encryption scheme")?;
        let parameters = fields.expect(SEQUENCE).map_err(&damaged)?;
        fields.end().map_err(&damaged)?;
        let mut fields = parameters.inside();
        let (salt, iterations) = salt_and_iterations(&mut fields, &damaged)?;
        fields.end().map_err(&damaged)?;
        let salt = salt.to_vec();
        Ok(match derivation {
            Derivation::Pkcs12 => Self::Pkcs12 {
                cipher,
                salt,
                iterations,
            },
            Derivation::Pbkdf1(digest) => Self::Pbes1 {
                digest,
                cipher,
                salt,
                iterations,
            },
        })
    }

    fn read_pbes2(parameters: &Value<'_>) -> Result<Self, DecodeError> {
        let damaged = DecodeError::damaged(PART);
        let mut fields = parameters.inside();
        let derivation = fields.expect(SEQUENCE).map_err(&damaged)?;
        let (cipher, iv) = read_cipher(&fields.expect(SEQUENCE).map_err(&damaged)?)?;
        fields.end().map_err(&damaged)?;
        let sized = |length: Option<usize>| {
            cipher
                .with_key_length(length.unwrap_or(cipher.key_length()))
                .ok_or_else(|| damaged("the key's length does not fit the cipher"))
        };
        if let Some(derivation) = Scrypt::read(&derivation)? {
            return Ok(Self::Scrypt {
                cipher: sized(derivation.key_length)?,
                iv,
                salt: derivation.salt,
                cost: derivation.cost,
            });
        }
        let Pbkdf2 {
            prf,
            salt,
            iterations,
            key_length,
        } = Pbkdf2::read(&derivation)?;
        Ok(Self::Pbes2 {
            cipher: sized(key_length)?,
            iv,
            prf,
            salt,
            iterations,
        })
    }

    /// The DER of the `AlgorithmIdentifier`.
    ///
    /// # Panics
    /// If the cipher is not one of its family: RC4 in PBES2, AES in the PKCS#12 schemes.
    pub fn to_der(&self) -> Vec<u8> {
        match self {
            Self::Pkcs12 {
                cipher,
                salt,
                iterations,
            } => salted(Derivation::Pkcs12, *cipher, salt, *iterations),
            Self::Pbes1 {
                digest,
                cipher,
                salt,
                iterations,
            } => salted(Derivation::Pbkdf1(*digest), *cipher, salt, *iterations),
            Self::Pbes2 {
                cipher,
                iv,
                prf,
                salt,
                iterations,
            } => pbes2(&pbkdf2_der(*prf, salt, *iterations, None), *cipher, iv),
            Self::Scrypt {
                cipher,
                iv,
                salt,
                cost,
            } => pbes2(&scrypt_der(salt, *cost), *cipher, iv),
        }
    }

    /// How often the hash or the HMAC is repeated; for scrypt, what takes about as long.
    pub fn iterations(&self) -> u32 {
        match self {
            Self::Pkcs12 { iterations, .. }
            | Self::Pbes1 { iterations, .. }
            | Self::Pbes2 { iterations, .. } => *iterations,
            Self::Scrypt { cost, .. } => cost.iterations(),
        }
    }

    /// The hash in PBKDF2, where the key comes from that.
    pub(super) fn prf(&self) -> Option<Digest> {
        match self {
            Self::Pkcs12 { .. } | Self::Pbes1 { .. } | Self::Scrypt { .. } => None,
            Self::Pbes2 { prf, .. } => Some(*prf),
        }
    }

    /// The salt.
    pub(super) fn salt(&self) -> &[u8] {
        match self {
            Self::Pkcs12 { salt, .. }
            | Self::Pbes1 { salt, .. }
            | Self::Pbes2 { salt, .. }
            | Self::Scrypt { salt, .. } => salt,
        }
    }

    /// How often a hash or an HMAC is computed in all to derive the key, and the vector where that
    /// is derived as well.
    pub(super) fn work(&self) -> u64 {
        let chains = match self {
            Self::Pkcs12 { cipher, .. } => [cipher.key_length(), cipher.block_length()]
                .map(|length| kdf::chains(Digest::Sha1, length))
                .iter()
                .sum(),
            Self::Pbes1 { .. } | Self::Scrypt { .. } => 1,
            Self::Pbes2 { cipher, prf, .. } => kdf::chains(*prf, cipher.key_length()),
        };
        chains * u64::from(self.iterations())
    }

    /// The cipher.
    pub fn cipher(&self) -> Cipher {
        match self {
            Self::Pkcs12 { cipher, .. }
            | Self::Pbes1 { cipher, .. }
            | Self::Pbes2 { cipher, .. }
            | Self::Scrypt { cipher, .. } => *cipher,
        }
    }

    /// The scheme in words: "AES-256-CBC, PBKDF2-HMAC-SHA256" or "3DES-CBC, PKCS#12-KDF-SHA1".
    pub fn name(&self) -> String {
        let derivation = match self {
            Self::Pkcs12 { .. } => "PKCS#12-KDF-SHA1".to_owned(),
            Self::Pbes1 { digest, .. } => format!("PBKDF1-{}", digest.name()),
            Self::Pbes2 { prf, .. } => format!("PBKDF2-HMAC-{}", prf.name()),
            Self::Scrypt { .. } => "scrypt".to_owned(),
        };
        format!("{}, {derivation}", self.cipher().name_and_mode())
    }

    fn key_and_iv(&self, password: PasswordForm<'_>) -> (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>) {
        match self {
            Self::Pkcs12 {
                cipher,
                salt,
                iterations,
            } => {
                let derive = |purpose, length| {
                    kdf::pkcs12(Digest::Sha1, password, salt, purpose, *iterations, length)
                };
                let key = derive(Purpose::Key, cipher.key_length());
                (key, derive(Purpose::Iv, cipher.block_length()))
            }
            Self::Pbes1 {
                digest,
                cipher,
                salt,
                iterations,
            } => {
                let derived = kdf::pbkdf1(*digest, password, salt, *iterations);
                let (key, rest) = derived.split_at(cipher.key_length());
                let iv = &rest[..cipher.block_length()];
                (Zeroizing::new(key.to_vec()), Zeroizing::new(iv.to_vec()))
            }
            Self::Pbes2 {
                cipher,
                iv,
                prf,
                salt,
                iterations,
            } => {
                let key = kdf::pbkdf2(*prf, password, salt, *iterations, cipher.key_length());
                (key, Zeroizing::new(iv.clone()))
            }
            Self::Scrypt {
                cipher,
                iv,
                salt,
                cost,
            } => {
                let key = kdf::scrypt(password, salt, *cost, cipher.key_length());
                (key, Zeroizing::new(iv.clone()))
            }
        }
    }

    /// Encrypts `plaintext`, padded to whole blocks. Takes as long as the iterations ask for.
    pub fn encrypt(&self, password: PasswordForm<'_>, plaintext: &[u8]) -> Vec<u8> {
        let (key, iv) = self.key_and_iv(password);
        self.cipher().encrypt(&key, &iv, plaintext)
    }

    /// Decrypts `ciphertext`. Takes as long as the iterations ask for. RC4 makes something of it with
    /// every password.
    ///
    /// # Errors
    /// [`DecodeError::WrongPassword`] when the padding is wrong, which damage causes as well.
    pub fn decrypt(
        &self,
        password: PasswordForm<'_>,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        #[cfg(feature = "testing")]
        crate::testing::counts::derived_from(self.salt());
        let (key, iv) = self.key_and_iv(password);
        self.cipher()
            .decrypt(&key, &iv, ciphertext)
            .ok_or(DecodeError::WrongPassword)
    }
}

/// Opens the DER of an `EncryptedPrivateKeyInfo` (RFC 5958, section 3), also of one in a Java keystore,
/// and of one that stands for a PEM block ([`from_dek_info`](super::pem_encryption::from_dek_info)).
///
/// # Errors
/// - [`DecodeError::WrongPassword`]: it does not decrypt to a private key.
/// - [`DecodeError::TooMuchWork`]: it asks for more than `max_iterations`.
/// - [`DecodeError::Damaged`], [`DecodeError::Unsupported`]: it cannot be read.
pub fn decrypt_private_key(
    der: &[u8],
    password: PasswordForm<'_>,
    max_iterations: u32,
) -> Result<PrivateKey, DecodeError> {
    if let (Some(key), PasswordForm::Text(password)) = (ProtectedKey::from_der(der), password) {
        return key.open(password).map_err(|error| match error {
            JksError::KeyPassword => DecodeError::WrongPassword,
            other => DecodeError::Damaged(other.to_string()),
        });
    }
    if let Some(key) = PemKey::from_der(der) {
        return key?.open(password);
    }
    let (scheme, encrypted) = bounded_private_key(der, max_iterations)?;
    let open = |form| private_key(scheme.decrypt(form, &encrypted).ok()?);
    let widened = || match (password, &scheme) {
        (PasswordForm::Text(text), Scheme::Pkcs12 { .. }) if !text.is_ascii() => {
            open(PasswordForm::Widened(text))
        }
        _ => None,
    };
    open(password)
        .or_else(widened)
        .ok_or(DecodeError::WrongPassword)
}

/// Whether [`decrypt_private_key`] would open an `EncryptedPrivateKeyInfo`, given its password, as
/// far as its outside shows.
///
/// # Errors
/// As there, but for the password.
pub fn check_encrypted_private_key(der: &[u8], max_iterations: u32) -> Result<(), DecodeError> {
    match (ProtectedKey::from_der(der), PemKey::from_der(der)) {
        (Some(_), _) => Ok(()),
        (_, Some(key)) => key.map(drop),
        (None, None) => bounded_private_key(der, max_iterations).map(drop),
    }
}

fn bounded_private_key(
    der: &[u8],
    max_iterations: u32,
) -> Result<(Scheme, Zeroizing<Vec<u8>>), DecodeError> {
    let (scheme, encrypted) = encrypted_private_key(der)?;
    if scheme.iterations() > max_iterations {
        let (iterations, limit) = (scheme.iterations().into(), max_iterations.into());
        return Err(DecodeError::TooMuchWork { iterations, limit });
    }
    Ok((scheme, encrypted))
}

/// How much work [`decrypt_private_key`] has with each password, as [`Limits`](super::limits::Limits)
/// count it. Nothing for a key of a Java keystore, or for what cannot be read.
pub fn work_of_encrypted_private_key(der: &[u8]) -> u64 {
    encrypted_private_key(der).map_or(0, |(scheme, _)| scheme.work())
}

/// The two fields of an `EncryptedPrivateKeyInfo`.
pub(super) fn encrypted_private_key(
    der: &[u8],
) -> Result<(Scheme, Zeroizing<Vec<u8>>), DecodeError> {
    let damaged = DecodeError::damaged("the encrypted private key");
    let mut fields = Reader::new(der)
        .expect(SEQUENCE)
        .map_err(&damaged)?
        .inside();
    let scheme = Scheme::read(&fields.expect(SEQUENCE).map_err(&damaged)?)?;
    let encrypted = fields.expect(OCTET_STRING).and_then(|text| text.octets());
    let encrypted = encrypted.map_err(&damaged)?;
    fields.end().map_err(&damaged)?;
    Ok((scheme, encrypted))
}

/// What was decrypted, if it looks like a `PrivateKeyInfo`: a sequence of a version, an algorithm
/// and a string. One wrong password in 256 leaves padding that looks right.
pub(super) fn private_key(decrypted: Zeroizing<Vec<u8>>) -> Option<PrivateKey> {
    let info = Reader::new(&decrypted).expect(SEQUENCE).ok()?;
    let mut fields = info.inside();
    fields.expect(INTEGER).ok()?;
    fields.expect(SEQUENCE).ok()?;
    fields.expect(OCTET_STRING).ok()?;
    let length = info.raw.len();
    let mut key = decrypted;
    key.truncate(length);
    Some(PrivateKey::from_pkcs8_der(key))
}

#[cfg(test)]
mod tests;
