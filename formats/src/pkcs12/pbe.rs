//! Encryption under a password: the schemes of PKCS#12 (RFC 7292, appendix C) and PBES2 of
//! PKCS#5 (RFC 8018, section 6.2), read from and written as an `AlgorithmIdentifier`.

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

pub use super::cipher::Cipher;
use super::error::DecodeError;
use super::kdf::{self, Digest, PasswordForm, Purpose};
use super::oid;
use crate::ber::{Oid, Reader, Value};
use crate::der::{self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::jks::{JksError, ProtectedKey};
use crate::secret::PrivateKey;

/// How something is encrypted under a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 7292, appendix C: key and vector by the PKCS#12 derivation with SHA-1.
    Pkcs12 {
        /// 3DES or RC2.
        cipher: Cipher,
        /// The salt.
        salt: Vec<u8>,
        /// How often the hash is repeated.
        iterations: u32,
    },
    /// RFC 8018, section 6.2: the key by PBKDF2.
    Pbes2 {
        /// AES or three-key 3DES.
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
}

const PKCS12_SCHEMES: [(ObjectIdentifier, Cipher); 4] = [
    (oid::PBE_3DES, Cipher::TripleDes),
    (oid::PBE_2KEY_3DES, Cipher::TwoKeyTripleDes),
    (oid::PBE_RC2_128, Cipher::Rc2 { bits: 128 }),
    (oid::PBE_RC2_40, Cipher::Rc2 { bits: 40 }),
];

const PBES2_CIPHERS: [(ObjectIdentifier, Cipher); 4] = [
    (oid::AES128_CBC, Cipher::Aes128),
    (oid::AES192_CBC, Cipher::Aes192),
    (oid::AES256_CBC, Cipher::Aes256),
    (oid::DES_EDE3_CBC, Cipher::TripleDes),
];

pub(super) const HMACS: [(ObjectIdentifier, Digest); 5] = [
    (oid::HMAC_SHA1, Digest::Sha1),
    (oid::HMAC_SHA224, Digest::Sha224),
    (oid::HMAC_SHA256, Digest::Sha256),
    (oid::HMAC_SHA384, Digest::Sha384),
    (oid::HMAC_SHA512, Digest::Sha512),
];

/// What an identifier stands for in a table of them; `kind` names it if it is not there.
pub(super) fn meaning<T: Copy>(
    table: &[(ObjectIdentifier, T)],
    oid: Oid<'_>,
    kind: &str,
) -> Result<T, DecodeError> {
    let known = oid.known();
    match table
        .iter()
        .find(|(candidate, _)| Some(*candidate) == known)
    {
        Some((_, meaning)) => Ok(*meaning),
        None => Err(DecodeError::Unsupported(format!("{kind} {oid}"))),
    }
}

/// The identifier that stands for a value in a table of them.
pub(super) fn identifier<T: PartialEq>(
    table: &[(ObjectIdentifier, T)],
    meaning: &T,
) -> ObjectIdentifier {
    let Some((oid, _)) = table.iter().find(|(_, candidate)| candidate == meaning) else {
        unreachable!("no scheme is read or made with a part outside its table")
    };
    *oid
}

const PART: &str = "the encryption's description";

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
        let cipher = meaning(&PKCS12_SCHEMES, name, "the encryption scheme")?;
        let parameters = fields.expect(SEQUENCE).map_err(&damaged)?;
        fields.end().map_err(&damaged)?;
        let mut fields = parameters.inside();
        let (salt, iterations) = salt_and_iterations(&mut fields, &damaged)?;
        fields.end().map_err(&damaged)?;
        Ok(Self::Pkcs12 {
            cipher,
            salt: salt.to_vec(),
            iterations,
        })
    }

    fn read_pbes2(parameters: &Value<'_>) -> Result<Self, DecodeError> {
        let damaged = DecodeError::damaged(PART);
        let mut fields = parameters.inside();
        let derivation = Pbkdf2::read(&fields.expect(SEQUENCE).map_err(&damaged)?)?;
        let cipher = fields.expect(SEQUENCE).map_err(&damaged)?;
        fields.end().map_err(&damaged)?;
        let mut fields = cipher.inside();
        let name = fields.expect(OBJECT_IDENTIFIER).map_err(&damaged)?.oid();
        let cipher = meaning(&PBES2_CIPHERS, name, "the cipher")?;
        let iv = fields
            .expect(OCTET_STRING)
            .and_then(|iv| iv.octets())
            .map_err(&damaged)?;
        fields.end().map_err(&damaged)?;
        if iv.len() != cipher.block_length() {
            return Err(damaged("the initialization vector is not one block long"));
        }
        if derivation
            .key_length
            .is_some_and(|length| length != cipher.key_length())
        {
            return Err(damaged("the key's length does not fit the cipher"));
        }
        let Pbkdf2 {
            prf,
            salt,
            iterations,
            ..
        } = derivation;
        Ok(Self::Pbes2 {
            cipher,
            iv: iv.to_vec(),
            prf,
            salt,
            iterations,
        })
    }

    /// The DER of the `AlgorithmIdentifier`.
    ///
    /// # Panics
    /// If the cipher is not one of its family: RC2 in PBES2, AES in the PKCS#12 schemes.
    pub fn to_der(&self) -> Vec<u8> {
        match self {
            Self::Pkcs12 {
                cipher,
                salt,
                iterations,
            } => {
                let salt = der::value(OCTET_STRING, &[salt]);
                der::sequence(&[
                    &der::oid(&identifier(&PKCS12_SCHEMES, cipher)),
                    &der::sequence(&[&salt, &der::unsigned(*iterations)]),
                ])
            }
            Self::Pbes2 {
                cipher,
                iv,
                prf,
                salt,
                iterations,
            } => {
                let derivation = pbkdf2_der(*prf, salt, *iterations, None);
                let cipher = der::sequence(&[
                    &der::oid(&identifier(&PBES2_CIPHERS, cipher)),
                    &der::value(OCTET_STRING, &[iv]),
                ]);
                let parameters = der::sequence(&[&derivation, &cipher]);
                der::sequence(&[&der::oid(&oid::PBES2), &parameters])
            }
        }
    }

    /// How often the hash or the HMAC is repeated.
    pub fn iterations(&self) -> u32 {
        match self {
            Self::Pkcs12 { iterations, .. } | Self::Pbes2 { iterations, .. } => *iterations,
        }
    }

    /// The hash in PBKDF2, where the key comes from that.
    pub(super) fn prf(&self) -> Option<Digest> {
        match self {
            Self::Pkcs12 { .. } => None,
            Self::Pbes2 { prf, .. } => Some(*prf),
        }
    }

    /// The salt.
    pub(super) fn salt(&self) -> &[u8] {
        match self {
            Self::Pkcs12 { salt, .. } | Self::Pbes2 { salt, .. } => salt,
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
            Self::Pbes2 { cipher, prf, .. } => kdf::chains(*prf, cipher.key_length()),
        };
        chains * u64::from(self.iterations())
    }

    /// The cipher.
    pub fn cipher(&self) -> Cipher {
        match self {
            Self::Pkcs12 { cipher, .. } | Self::Pbes2 { cipher, .. } => *cipher,
        }
    }

    /// The scheme in words: "AES-256-CBC, PBKDF2-HMAC-SHA256" or "3DES-CBC, PKCS#12-KDF-SHA1".
    pub fn name(&self) -> String {
        match self {
            Self::Pkcs12 { cipher, .. } => format!("{}-CBC, PKCS#12-KDF-SHA1", cipher.name()),
            Self::Pbes2 { cipher, prf, .. } => {
                format!("{}-CBC, PBKDF2-HMAC-{}", cipher.name(), prf.name())
            }
        }
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
        }
    }

    /// Encrypts `plaintext`, padded to whole blocks. Takes as long as the iterations ask for.
    pub fn encrypt(&self, password: PasswordForm<'_>, plaintext: &[u8]) -> Vec<u8> {
        let (key, iv) = self.key_and_iv(password);
        self.cipher().encrypt(&key, &iv, plaintext)
    }

    /// Decrypts `ciphertext`. Takes as long as the iterations ask for.
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

/// The parameters of PBKDF2 (RFC 8018, appendix A.2), which PBES2 and PBMAC1 share.
pub(super) struct Pbkdf2 {
    pub(super) prf: Digest,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    pub(super) key_length: Option<usize>,
}

impl Pbkdf2 {
    pub(super) fn read(algorithm: &Value<'_>) -> Result<Self, DecodeError> {
        let damaged = DecodeError::damaged("the key derivation's description");
        let mut fields = algorithm.inside();
        let name = fields.expect(OBJECT_IDENTIFIER).map_err(&damaged)?.oid();
        if name.known() == Some(oid::SCRYPT) {
            return Err(DecodeError::Unsupported("the key derivation scrypt".into()));
        }
        meaning(&[(oid::PBKDF2, ())], name, "the key derivation")?;
        let parameters = fields.expect(SEQUENCE).map_err(&damaged)?;
        fields.end().map_err(&damaged)?;
        let mut fields = parameters.inside();
        let (salt, iterations) = salt_and_iterations(&mut fields, &damaged)?;
        let key_length = fields.optional(INTEGER).map_err(&damaged)?;
        let key_length = key_length
            .map(|length| length.unsigned())
            .transpose()
            .map_err(&damaged)?;
        let prf = match fields.optional(SEQUENCE).map_err(&damaged)? {
            None => Digest::Sha1,
            Some(prf) => {
                let mut prf = prf.inside();
                let name = prf.expect(OBJECT_IDENTIFIER).map_err(&damaged)?;
                let digest = meaning(&HMACS, name.oid(), "the pseudorandom function")?;
                prf.no_parameters().map_err(&damaged)?;
                digest
            }
        };
        fields.end().map_err(&damaged)?;
        let key_length = key_length.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        Ok(Self {
            prf,
            salt: salt.to_vec(),
            iterations,
            key_length,
        })
    }
}

/// The DER of [`Pbkdf2`].
pub(super) fn pbkdf2_der(
    prf: Digest,
    salt: &[u8],
    iterations: u32,
    key_length: Option<usize>,
) -> Vec<u8> {
    let key_length = key_length.and_then(|length| u32::try_from(length).ok());
    let parameters = der::sequence(&[
        &der::value(OCTET_STRING, &[salt]),
        &der::unsigned(iterations),
        &key_length.map(der::unsigned).unwrap_or_default(),
        &der::algorithm(&identifier(&HMACS, &prf)),
    ]);
    der::sequence(&[&der::oid(&oid::PBKDF2), &parameters])
}

/// The salt and the iterations that parameters begin with, in every scheme.
fn salt_and_iterations(
    parameters: &mut Reader<'_>,
    damaged: impl Fn(&'static str) -> DecodeError,
) -> Result<(Zeroizing<Vec<u8>>, u32), DecodeError> {
    let salt = parameters.expect(OCTET_STRING);
    let salt = salt.and_then(|salt| salt.octets()).map_err(&damaged)?;
    let iterations = parameters.expect(INTEGER);
    let iterations = iterations.and_then(|count| count.unsigned());
    Ok((salt, count(iterations.map_err(&damaged)?)?))
}

/// An iteration count as a file gives it. What no machine works off is refused here already.
pub(super) fn count(iterations: u64) -> Result<u32, DecodeError> {
    if iterations == 0 {
        return Err(DecodeError::Damaged("an iteration count is zero".into()));
    }
    let limit = u32::MAX.into();
    u32::try_from(iterations).map_err(|_| DecodeError::TooMuchWork { iterations, limit })
}

/// Opens the DER of an `EncryptedPrivateKeyInfo` (RFC 5958, section 3), also of one in a Java keystore.
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
    let (scheme, encrypted) = bounded_private_key(der, max_iterations)?;
    private_key(scheme.decrypt(password, &encrypted)?).ok_or(DecodeError::WrongPassword)
}

/// Whether [`decrypt_private_key`] would open an `EncryptedPrivateKeyInfo`, given its password, as
/// far as its outside shows.
///
/// # Errors
/// As there, but for the password.
pub fn check_encrypted_private_key(der: &[u8], max_iterations: u32) -> Result<(), DecodeError> {
    match ProtectedKey::from_der(der) {
        Some(_) => Ok(()),
        None => bounded_private_key(der, max_iterations).map(|_| ()),
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
