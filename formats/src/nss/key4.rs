//! How NSS encrypts the private keys in `key4.db` (`sftkpwd.c`, `lowpbe.c`): from the primary password
//! and a salt comes the base key, and from that, with a salt of its own, the key of each value. New
//! values are encrypted by PBES2 (RFC 8018, 6.2), with an initialization vector of NSS's own form; those
//! of NSS before 3.49 by 3DES, with a derivation between PBKDF1 and the P_hash of TLS. Both may lie in
//! one file.

use const_oid::ObjectIdentifier;
use hmac::{Hmac, KeyInit, Mac as _};
use sha1::Sha1;
use zeroize::{Zeroize as _, Zeroizing};

use super::error::NssError;
use super::records::{KeyType, PasswordEntry, PrivateKeyObject, attribute};
use crate::ber::{self, Reader, Value};
use crate::der::{OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::key::{self, forms};
use crate::pkcs12::error::DecodeError;
use crate::pkcs12::kdf;
use crate::pkcs12::oid;
use crate::pkcs12::pbe::{Cipher, Pbkdf2, salt_and_iterations};
use crate::secret::{Password, PrivateKey};

/// The longest password that NSS takes, in octets of UTF-8 (`SFTK_MAX_PIN`).
const LONGEST_PASSWORD: usize = 500;

/// What the password's entry says once it is decrypted.
const CHECK: &[u8] = b"password-check";

/// A global salt of this length says that the base key is made with SHA-384, since NSS 3.118.
pub(super) const SALT_OF_SHA384: usize = 48;

/// The octets of a block of AES, and so of its initialization vector.
const AES_BLOCK: usize = 16;

/// pbeWithSHA1And3-KeyTripleDES-CBC of a draft of PKCS#12, which NSS gives its own derivation to.
const PBE_3DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.5.1.3");

/// What the values of a database are encrypted under: a hash of its password and its salt. It opens
/// every key of the database, and is wiped when dropped.
pub struct BaseKey(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for BaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BaseKey(hidden)")
    }
}

impl BaseKey {
    fn of(password: &Password, salt: &[u8]) -> Self {
        let digest = match salt.len() {
            SALT_OF_SHA384 => kdf::Digest::Sha384,
            _ => kdf::Digest::Sha1,
        };
        let parts = [salt, password.expose().as_bytes()];
        Self(Zeroizing::new(digest.digest(&parts)))
    }
}

impl PasswordEntry {
    /// The iteration count. It is 1 with the empty password and 10,000 or more with any other, but
    /// always 1 in the old form.
    ///
    /// # Errors
    /// [`NssError::Damaged`], [`NssError::Unsupported`]: the entry cannot be read.
    pub(super) fn iterations(&self, max_iterations: u32) -> Result<u32, NssError> {
        let check = self.encrypted_check(max_iterations)?;
        Ok(check.scheme.iterations())
    }

    /// The base key, if this is the password.
    ///
    /// # Errors
    /// - [`NssError::WrongPassword`]: it is not, or is longer than NSS takes.
    /// - [`NssError::Damaged`], [`NssError::Unsupported`]: the entry cannot be read.
    pub(super) fn open(
        &self,
        password: &Password,
        max_iterations: u32,
    ) -> Result<BaseKey, NssError> {
        let check = self.encrypted_check(max_iterations)?;
        if password.expose().len() > LONGEST_PASSWORD {
            return Err(NssError::WrongPassword);
        }
        let base_key = BaseKey::of(password, &self.salt);
        match check.decrypt(&base_key) {
            Some(text) if *text == CHECK => Ok(base_key),
            _ => Err(NssError::WrongPassword),
        }
    }

    fn encrypted_check(&self, max_iterations: u32) -> Result<EncryptedValue<'_>, NssError> {
        EncryptedValue::bounded(&self.check, max_iterations).map_err(|error| match error {
            NssError::Damaged(what) => NssError::Damaged(format!("its password entry: {what}")),
            other => other,
        })
    }
}

/// The private key of an object as PKCS#8, as NSS's own library gives it.
///
/// # Errors
/// - [`NssError::NotExtractable`], [`NssError::Unsupported`]: as they say.
/// - [`NssError::Damaged`]: a value is missing, or cannot be decrypted; the text names the attribute.
pub(super) fn private_key(
    object: &PrivateKeyObject,
    base_key: &BaseKey,
    max_iterations: u32,
) -> Result<PrivateKey, NssError> {
    let values = Values {
        object,
        base_key,
        max_iterations,
    };
    if !object.is_extractable() {
        return Err(NssError::NotExtractable);
    }
    match object.key_type() {
        Some(KeyType::Rsa) => values.rsa(),
        Some(KeyType::Ec) => values.ec(),
        Some(other) => Err(unsupported(other)),
        None => Err(damaged(attribute::KEY_TYPE, "it is no type of keys")),
    }
}

/// That keys of this kind are not read.
pub(super) fn unsupported(kind: KeyType) -> NssError {
    NssError::Unsupported(format!("the form that {} keys have in NSS", kind.name()))
}

fn damaged(attribute: u32, what: &str) -> NssError {
    NssError::Damaged(format!(
        "the attribute 0x{attribute:x} of the private key: {what}"
    ))
}

/// The values of an object, those in clear and those that are encrypted.
struct Values<'a> {
    object: &'a PrivateKeyObject,
    base_key: &'a BaseKey,
    max_iterations: u32,
}

impl Values<'_> {
    fn clear(&self, attribute: u32) -> Result<&[u8], NssError> {
        let value = self.object.attribute(attribute);
        value
            .filter(|value| !value.is_empty())
            .ok_or_else(|| damaged(attribute, "it is missing"))
    }

    fn secret(&self, attribute: u32) -> Result<Zeroizing<Vec<u8>>, NssError> {
        let in_attribute = |error| match error {
            NssError::Damaged(what) => damaged(attribute, &what),
            other => other,
        };
        let value = EncryptedValue::bounded(self.clear(attribute)?, self.max_iterations);
        let value = value.map_err(in_attribute)?.decrypt(self.base_key);
        value
            .filter(|value| !value.is_empty())
            .ok_or_else(|| damaged(attribute, "it does not decrypt under the password"))
    }

    fn rsa(&self) -> Result<PrivateKey, NssError> {
        let algorithm = match self.object.attribute(attribute::PUBLIC_KEY_INFO) {
            None | Some([]) => None,
            Some(info) => {
                let wrong = || damaged(attribute::PUBLIC_KEY_INFO, "it is no RSA public key");
                Some(rsa_algorithm(info).ok_or_else(wrong)?)
            }
        };
        let modulus = self.clear(attribute::MODULUS)?;
        let exponent = self.clear(attribute::PUBLIC_EXPONENT)?;
        let mut secrets = Vec::with_capacity(attribute::RSA_PRIVATE.len());
        for attribute in attribute::RSA_PRIVATE {
            secrets.push(self.secret(attribute)?);
        }
        let mut numbers: [&[u8]; 8] = [&[]; 8];
        numbers[..2].copy_from_slice(&[modulus, exponent]);
        for (number, secret) in numbers[2..].iter_mut().zip(&secrets) {
            *number = secret;
        }
        Ok(forms::from_rsa_numbers(numbers, algorithm))
    }

    fn ec(&self) -> Result<PrivateKey, NssError> {
        let curve = self.clear(attribute::EC_PARAMS)?;
        ber::only(curve, OBJECT_IDENTIFIER)
            .ok_or_else(|| damaged(attribute::EC_PARAMS, "it names no curve"))?;
        let point = self.clear(attribute::NSS_DB)?;
        let scalar = self.secret(attribute::VALUE)?;
        forms::from_scalar(curve, &scalar, Some(point))
            .map_err(|error| NssError::Damaged(error.to_string()))
    }
}

/// The `AlgorithmIdentifier` in a `SubjectPublicKeyInfo`, if it is one of RSA.
fn rsa_algorithm(info: &[u8]) -> Option<&[u8]> {
    let algorithm = ber::only(info, SEQUENCE)?.inside().accept(SEQUENCE)?;
    let name = algorithm
        .inside()
        .accept(OBJECT_IDENTIFIER)?
        .oid()
        .known()?;
    matches!(name, key::oid::RSA_ENCRYPTION | key::oid::RSASSA_PSS).then_some(algorithm.raw)
}

/// A value under the base key: `SEQUENCE { AlgorithmIdentifier, OCTET STRING }`.
struct EncryptedValue<'a> {
    scheme: Scheme,
    ciphertext: &'a [u8],
}

enum Scheme {
    /// PBES2 with AES-256-CBC.
    Pbes2 {
        derivation: Pbkdf2,
        iv: [u8; AES_BLOCK],
    },
    /// [`PBE_3DES`].
    TripleDes { salt: Vec<u8>, iterations: u32 },
}

impl Scheme {
    fn iterations(&self) -> u32 {
        match self {
            Self::Pbes2 { derivation, .. } => derivation.iterations,
            Self::TripleDes { iterations, .. } => *iterations,
        }
    }
}

impl<'a> EncryptedValue<'a> {
    fn read(der: &'a [u8]) -> Result<Self, NssError> {
        let damaged = |wrong: &str| NssError::Damaged(wrong.to_owned());
        let mut fields = Reader::definite(der)
            .expect(SEQUENCE)
            .map_err(damaged)?
            .inside();
        let algorithm = fields.expect(SEQUENCE).map_err(damaged)?;
        let ciphertext = fields.accept(OCTET_STRING).ok_or(ber::UNEXPECTED);
        let ciphertext = ciphertext.map_err(damaged)?.content;
        fields.end().map_err(damaged)?;
        Ok(Self {
            scheme: Scheme::read(&algorithm)?,
            ciphertext,
        })
    }

    /// One that does not ask for more than this.
    fn bounded(der: &'a [u8], max_iterations: u32) -> Result<Self, NssError> {
        let value = Self::read(der)?;
        let iterations = value.scheme.iterations();
        if iterations > max_iterations {
            let wrong = format!("it asks for {iterations} iterations of key derivation");
            return Err(NssError::Damaged(wrong));
        }
        Ok(value)
    }

    /// `None` where the padding is wrong.
    fn decrypt(&self, base_key: &BaseKey) -> Option<Zeroizing<Vec<u8>>> {
        match &self.scheme {
            Scheme::Pbes2 { derivation, iv } => {
                let Pbkdf2 {
                    prf,
                    salt,
                    iterations,
                    ..
                } = derivation;
                let length = Cipher::Aes256.key_length();
                let key = kdf::pbkdf2_of_octets(*prf, &base_key.0, salt, *iterations, length);
                Cipher::Aes256.decrypt(&key, iv, self.ciphertext)
            }
            Scheme::TripleDes { salt, iterations } => {
                let derived = triple_des_key(base_key, salt, *iterations);
                let (key, rest) = derived.split_at(Cipher::TripleDes.key_length());
                let iv = rest.last_chunk::<8>()?;
                Cipher::TripleDes.decrypt(key, iv, self.ciphertext)
            }
        }
    }
}

impl Scheme {
    fn read(algorithm: &Value<'_>) -> Result<Self, NssError> {
        let damaged = |wrong: &str| NssError::Damaged(wrong.to_owned());
        let mut fields = algorithm.inside();
        let name = fields.expect(OBJECT_IDENTIFIER).map_err(damaged)?.oid();
        let parameters = fields.expect(SEQUENCE).map_err(damaged)?;
        fields.end().map_err(damaged)?;
        let mut fields = parameters.inside();
        match name.known() {
            Some(oid::PBES2) => {
                let derivation = fields.expect(SEQUENCE).map_err(damaged)?;
                let derivation = Pbkdf2::read(&derivation).map_err(not_read)?;
                let cipher = fields.expect(SEQUENCE).map_err(damaged)?;
                fields.end().map_err(damaged)?;
                let length = derivation.key_length.unwrap_or(Cipher::Aes256.key_length());
                if length != Cipher::Aes256.key_length() {
                    return Err(damaged("the key's length does not fit the cipher"));
                }
                let iv = aes_256_iv(&cipher)?;
                Ok(Self::Pbes2 { derivation, iv })
            }
            Some(PBE_3DES) => {
                let in_parameters = |wrong: &str| DecodeError::Damaged(wrong.to_owned());
                let read = salt_and_iterations(&mut fields, in_parameters);
                let (salt, iterations) = read.map_err(not_read)?;
                fields.end().map_err(damaged)?;
                let salt = salt.to_vec();
                Ok(Self::TripleDes { salt, iterations })
            }
            _ => Err(NssError::Unsupported(format!(
                "the encryption scheme {name}"
            ))),
        }
    }
}

/// An error of the readers that PKCS#12 has, too.
fn not_read(error: DecodeError) -> NssError {
    match error {
        DecodeError::Unsupported(what) => NssError::Unsupported(what),
        DecodeError::Damaged(what) => NssError::Damaged(what),
        other => NssError::Damaged(other.to_string()),
    }
}

/// The initialization vector of AES-256-CBC. NSS takes for it the whole encoding of an `OCTET STRING`
/// of 14 octets, its tag and its length with it; one of 16 octets is the vector itself.
fn aes_256_iv(cipher: &Value<'_>) -> Result<[u8; AES_BLOCK], NssError> {
    let damaged = |wrong: &str| NssError::Damaged(wrong.to_owned());
    let mut fields = cipher.inside();
    let name = fields.expect(OBJECT_IDENTIFIER).map_err(damaged)?.oid();
    if name.known() != Some(oid::AES256_CBC) {
        return Err(NssError::Unsupported(format!("the cipher {name}")));
    }
    let iv = fields.accept(OCTET_STRING).ok_or(ber::UNEXPECTED);
    let iv = iv.map_err(damaged)?;
    fields.end().map_err(damaged)?;
    let iv = match iv.content.len() {
        AES_BLOCK => iv.content,
        _ => iv.raw,
    };
    iv.try_into()
        .map_err(|_| damaged("the initialization vector is not one block long"))
}

/// 40 octets by `nsspkcs5_PBKDF1Extended`: PBKDF1 with SHA-1, and what `nsspkcs5_PFXPBE` makes of it. The
/// first 24 are the key, the last 8 the vector.
fn triple_des_key(base_key: &BaseKey, salt: &[u8], iterations: u32) -> Zeroizing<[u8; 40]> {
    let hash = kdf::pbkdf1_of_octets(kdf::Digest::Sha1, &base_key.0, salt, iterations);
    let mut state = salt.to_vec();
    state.resize(salt.len().max(20), 0);
    let mut derived = Zeroizing::new([0; 40]);
    for part in derived.chunks_exact_mut(20) {
        part.copy_from_slice(&*hmac(&hash, &[&state, salt]));
        state = hmac(&hash, &[&state]).to_vec();
    }
    state.zeroize();
    derived
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 20]> {
    let Ok(mut mac) = <Hmac<Sha1> as KeyInit>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of every length")
    };
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests;
