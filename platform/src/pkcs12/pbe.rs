//! Password-based encryption as PKCS#12 uses it: the schemes of RFC 7292, appendix C, and PBES2
//! with PBKDF2 (RFC 8018, 6.2), which also protects encrypted PKCS#8 keys (RFC 5958).

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit,
    KeyInit,
};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode};
use des::{TdesEde2, TdesEde3};
use rc2::Rc2;
use zeroize::Zeroizing;

use super::asn1::{
    AlgorithmIdentifier, EncryptedPrivateKeyInfo, Pbes2Params, Pbkdf2Params, Pkcs12PbeParams,
    Rc2CbcParameter, oid,
};
use super::ber;
use super::error::DecodeError;
use super::kdf::{self, Digest, PasswordForm, Purpose};
use crate::secret::PrivateKey;

/// A block cipher, in CBC mode with the padding of RFC 8018, 6.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// AES with a key of 128 bits.
    Aes128,
    /// AES with a key of 192 bits.
    Aes192,
    /// AES with a key of 256 bits.
    Aes256,
    /// Triple DES with three keys.
    TripleDes,
    /// Triple DES with two keys.
    TwoKeyTripleDes,
    /// RC2 (RFC 2268).
    Rc2 {
        /// The key's length, in effect and as derived: 40, 64 or 128.
        bits: u16,
    },
}

impl Cipher {
    /// The length of the key in bytes.
    pub fn key_length(self) -> usize {
        match self {
            Self::Aes128 | Self::TwoKeyTripleDes => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
            Self::Rc2 { bits } => usize::from(bits) / 8,
        }
    }

    /// The length of a block, and so of the initialization vector, in bytes.
    pub fn block_length(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::TripleDes | Self::TwoKeyTripleDes | Self::Rc2 { .. } => 8,
        }
    }

    /// The name people use.
    pub fn name(self) -> String {
        match self {
            Self::Aes128 => "AES-128-CBC".into(),
            Self::Aes192 => "AES-192-CBC".into(),
            Self::Aes256 => "AES-256-CBC".into(),
            Self::TripleDes => "3DES".into(),
            Self::TwoKeyTripleDes => "2-key 3DES".into(),
            Self::Rc2 { bits } => format!("RC2-{bits}"),
        }
    }

    fn encrypt(self, key: &[u8], iv: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Aes128 => cbc_encrypt(Aes128::new_from_slice(key).ok()?, iv, plaintext),
            Self::Aes192 => cbc_encrypt(Aes192::new_from_slice(key).ok()?, iv, plaintext),
            Self::Aes256 => cbc_encrypt(Aes256::new_from_slice(key).ok()?, iv, plaintext),
            Self::TripleDes => cbc_encrypt(TdesEde3::new_from_slice(key).ok()?, iv, plaintext),
            Self::TwoKeyTripleDes => {
                cbc_encrypt(TdesEde2::new_from_slice(key).ok()?, iv, plaintext)
            }
            Self::Rc2 { bits } => {
                let cipher = Rc2::new_with_eff_key_len(key, usize::from(bits));
                cbc_encrypt(cipher, iv, plaintext)
            }
        }
    }

    /// `None` when the padding, or a length, is wrong.
    fn decrypt(self, key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Aes128 => cbc_decrypt(Aes128::new_from_slice(key).ok()?, iv, ciphertext),
            Self::Aes192 => cbc_decrypt(Aes192::new_from_slice(key).ok()?, iv, ciphertext),
            Self::Aes256 => cbc_decrypt(Aes256::new_from_slice(key).ok()?, iv, ciphertext),
            Self::TripleDes => cbc_decrypt(TdesEde3::new_from_slice(key).ok()?, iv, ciphertext),
            Self::TwoKeyTripleDes => {
                cbc_decrypt(TdesEde2::new_from_slice(key).ok()?, iv, ciphertext)
            }
            Self::Rc2 { bits } => {
                let cipher = Rc2::new_with_eff_key_len(key, usize::from(bits));
                cbc_decrypt(cipher, iv, ciphertext)
            }
        }
    }
}

fn cbc_encrypt<C: BlockCipherEncrypt>(cipher: C, iv: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    let block = C::block_size();
    let mut buffer = vec![0; (plaintext.len() / block + 1) * block];
    buffer
        .get_mut(..plaintext.len())?
        .copy_from_slice(plaintext);
    cbc::Encryptor::inner_iv_slice_init(cipher, iv)
        .ok()?
        .encrypt_padded::<Pkcs7>(&mut buffer, plaintext.len())
        .ok()?;
    Some(buffer)
}

fn cbc_decrypt<C: BlockCipherDecrypt>(
    cipher: C,
    iv: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let length = cbc::Decryptor::inner_iv_slice_init(cipher, iv)
        .ok()?
        .decrypt_padded::<Pkcs7>(&mut buffer)
        .ok()?
        .len();
    buffer.truncate(length);
    Some(buffer)
}

/// How something is encrypted under a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// A scheme of RFC 7292, appendix C: key and IV from the PKCS#12 function with SHA-1.
    Pkcs12 {
        /// The cipher: one of the two triple DES, RC2-128 or RC2-40.
        cipher: Cipher,
        /// The salt.
        salt: Vec<u8>,
        /// The iteration count.
        iterations: u32,
    },
    /// PBES2 with PBKDF2.
    Pbes2 {
        /// The cipher: an AES, three-key triple DES, or RC2.
        cipher: Cipher,
        /// The initialization vector, one block.
        iv: Vec<u8>,
        /// The hash function of PBKDF2's HMAC.
        prf: Digest,
        /// The salt.
        salt: Vec<u8>,
        /// The iteration count.
        iterations: u32,
    },
}

/// The schemes of RFC 7292, appendix C.
const PKCS12_SCHEMES: [(ObjectIdentifier, Cipher); 4] = [
    (oid::PBE_SHA1_3DES, Cipher::TripleDes),
    (oid::PBE_SHA1_2DES, Cipher::TwoKeyTripleDes),
    (oid::PBE_SHA1_RC2_128, Cipher::Rc2 { bits: 128 }),
    (oid::PBE_SHA1_RC2_40, Cipher::Rc2 { bits: 40 }),
];

/// The ciphers of PBES2 whose parameters are the IV alone.
const PBES2_CIPHERS: [(ObjectIdentifier, Cipher); 4] = [
    (oid::AES_128_CBC, Cipher::Aes128),
    (oid::AES_192_CBC, Cipher::Aes192),
    (oid::AES_256_CBC, Cipher::Aes256),
    (oid::DES_EDE3_CBC, Cipher::TripleDes),
];

/// The encodings of RC2's effective key lengths (RFC 8018, B.2.3).
const RC2_VERSIONS: [(u32, u16); 3] = [(160, 40), (120, 64), (58, 128)];

impl Scheme {
    /// Reads the DER of an `AlgorithmIdentifier`.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] for parameters that cannot be read, [`DecodeError::Unsupported`]
    /// for another algorithm, [`DecodeError::TooMuchWork`] for an iteration count of 2^32 or more.
    pub fn from_der(algorithm: &[u8]) -> Result<Self, DecodeError> {
        let algorithm = AlgorithmIdentifier::from_der(algorithm)
            .map_err(|_| DecodeError::Damaged("the encryption algorithm cannot be read".into()))?;
        Self::from_algorithm(&algorithm)
    }

    /// Reads an `AlgorithmIdentifier`; errors as [`Scheme::from_der`].
    pub fn from_algorithm(algorithm: &AlgorithmIdentifier<'_>) -> Result<Self, DecodeError> {
        if algorithm.algorithm == oid::PBES2 {
            return Self::pbes2(&parameters(algorithm, "PBES2")?);
        }
        let Some((_, cipher)) = PKCS12_SCHEMES
            .iter()
            .find(|(oid, _)| *oid == algorithm.algorithm)
        else {
            return Err(unsupported("encryption", &algorithm.algorithm));
        };
        let params: Pkcs12PbeParams<'_> = parameters(algorithm, "the PKCS#12 encryption")?;
        Ok(Self::Pkcs12 {
            cipher: *cipher,
            salt: params.salt.as_bytes().to_vec(),
            iterations: iteration_count(params.iterations)?,
        })
    }

    fn pbes2(params: &Pbes2Params<'_>) -> Result<Self, DecodeError> {
        let pbkdf2 = Pbkdf2::from_algorithm(&params.key_derivation_func)?;
        let (cipher, iv) = pbes2_cipher(&params.encryption_scheme)?;
        if iv.len() != cipher.block_length() {
            return Err(DecodeError::Damaged(
                "the initialization vector has a wrong length".into(),
            ));
        }
        if pbkdf2
            .key_length
            .is_some_and(|length| length != cipher.key_length())
        {
            return Err(DecodeError::Unsupported(format!(
                "{} with a key of another length",
                cipher.name()
            )));
        }
        Ok(Self::Pbes2 {
            cipher,
            iv,
            prf: pbkdf2.prf,
            salt: pbkdf2.salt,
            iterations: pbkdf2.iterations,
        })
    }

    /// The DER of the `AlgorithmIdentifier`, with NULL parameters for PBKDF2's HMAC, which is
    /// left out where it is the DEFAULT.
    ///
    /// # Panics
    /// If the scheme cannot be written: a cipher that [`Scheme`]'s variants do not name, or a
    /// salt of 256 MiB. No scheme that was read can be such a one.
    pub fn to_der(&self) -> Vec<u8> {
        self.try_to_der()
            .expect("the scheme pairs a cipher with its own parameters")
    }

    fn try_to_der(&self) -> der::Result<Vec<u8>> {
        match self {
            Self::Pkcs12 {
                cipher,
                salt,
                iterations,
            } => {
                let params = Pkcs12PbeParams {
                    salt: OctetStringRef::new(salt)?,
                    iterations: u64::from(*iterations),
                };
                algorithm_der(named(&PKCS12_SCHEMES, *cipher)?, &params)
            }
            Self::Pbes2 {
                cipher,
                iv,
                prf,
                salt,
                iterations,
            } => {
                let kdf = Pbkdf2 {
                    salt: salt.clone(),
                    iterations: *iterations,
                    key_length: None,
                    prf: *prf,
                }
                .to_der()?;
                let iv = OctetStringRef::new(iv)?;
                let encryption = match cipher {
                    Cipher::Rc2 { bits } => {
                        let params = Rc2CbcParameter {
                            rc2_parameter_version: RC2_VERSIONS
                                .iter()
                                .find(|(_, of)| of == bits)
                                .map(|(version, _)| *version),
                            iv,
                        };
                        algorithm_der(oid::RC2_CBC, &params)?
                    }
                    _ => algorithm_der(named(&PBES2_CIPHERS, *cipher)?, &iv)?,
                };
                let params = Pbes2Params {
                    key_derivation_func: AlgorithmIdentifier::from_der(&kdf)?,
                    encryption_scheme: AlgorithmIdentifier::from_der(&encryption)?,
                };
                algorithm_der(oid::PBES2, &params)
            }
        }
    }

    /// The iteration count of the derivation.
    pub fn iterations(&self) -> u32 {
        match self {
            Self::Pkcs12 { iterations, .. } | Self::Pbes2 { iterations, .. } => *iterations,
        }
    }

    /// The cipher.
    pub fn cipher(&self) -> Cipher {
        match self {
            Self::Pkcs12 { cipher, .. } | Self::Pbes2 { cipher, .. } => *cipher,
        }
    }

    /// The name people use: "AES-256-CBC, PBKDF2-HMAC-SHA256", "3DES (PKCS#12)".
    pub fn name(&self) -> String {
        match self {
            Self::Pkcs12 { cipher, .. } => format!("{} (PKCS#12)", cipher.name()),
            Self::Pbes2 { cipher, prf, .. } => {
                format!("{}, PBKDF2-HMAC-{}", cipher.name(), prf.name())
            }
        }
    }

    /// Encrypts. Runs the key derivation, which takes the time.
    ///
    /// # Panics
    /// If the initialization vector of `Pbes2` is not one block long.
    pub fn encrypt(&self, password: PasswordForm<'_>, plaintext: &[u8]) -> Vec<u8> {
        let (key, iv) = self.derive(password);
        self.cipher()
            .encrypt(&key, &iv, plaintext)
            .expect("the initialization vector is one block")
    }

    /// Decrypts. Runs the key derivation, whose iteration count the caller has bounded.
    ///
    /// # Errors
    /// [`DecodeError::WrongPassword`] if the padding is wrong, [`DecodeError::Damaged`] if the
    /// ciphertext is not whole blocks.
    pub fn decrypt(
        &self,
        password: PasswordForm<'_>,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        let block = self.cipher().block_length();
        if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(block) {
            return Err(DecodeError::Damaged(
                "encrypted content breaks off within a block".into(),
            ));
        }
        let (key, iv) = self.derive(password);
        self.cipher()
            .decrypt(&key, &iv, ciphertext)
            .ok_or(DecodeError::WrongPassword)
    }

    /// The key and the initialization vector.
    fn derive(&self, password: PasswordForm<'_>) -> (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>) {
        match self {
            Self::Pkcs12 {
                cipher,
                salt,
                iterations,
            } => {
                let part = |purpose, length| {
                    kdf::pkcs12(Digest::Sha1, password, salt, purpose, *iterations, length)
                };
                (
                    part(Purpose::Key, cipher.key_length()),
                    part(Purpose::Iv, cipher.block_length()),
                )
            }
            Self::Pbes2 {
                cipher,
                iv,
                prf,
                salt,
                iterations,
            } => (
                kdf::pbkdf2(*prf, password, salt, *iterations, cipher.key_length()),
                Zeroizing::new(iv.clone()),
            ),
        }
    }
}

/// The parameters of PBKDF2, as PBES2 and PBMAC1 use it.
pub(super) struct Pbkdf2 {
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    pub(super) key_length: Option<usize>,
    pub(super) prf: Digest,
}

impl Pbkdf2 {
    pub(super) fn from_algorithm(algorithm: &AlgorithmIdentifier<'_>) -> Result<Self, DecodeError> {
        if algorithm.algorithm != oid::PBKDF2 {
            return Err(unsupported("key derivation", &algorithm.algorithm));
        }
        let params: Pbkdf2Params<'_> = parameters(algorithm, "PBKDF2")?;
        let prf = match &params.prf {
            None => Digest::Sha1,
            Some(prf) => Digest::from_hmac_oid(&prf.algorithm)
                .ok_or_else(|| unsupported("PBKDF2 function", &prf.algorithm))?,
        };
        Ok(Self {
            salt: params.salt.as_bytes().to_vec(),
            iterations: iteration_count(params.iteration_count)?,
            key_length: params.key_length.map(|length| length as usize),
            prf,
        })
    }

    pub(super) fn to_der(&self) -> der::Result<Vec<u8>> {
        let params = Pbkdf2Params {
            salt: OctetStringRef::new(&self.salt)?,
            iteration_count: u64::from(self.iterations),
            key_length: self
                .key_length
                .and_then(|length| u32::try_from(length).ok()),
            prf: (self.prf != Digest::Sha1)
                .then(|| AlgorithmIdentifier::with_null(self.prf.hmac_oid())),
        };
        algorithm_der(oid::PBKDF2, &params)
    }
}

fn pbes2_cipher(algorithm: &AlgorithmIdentifier<'_>) -> Result<(Cipher, Vec<u8>), DecodeError> {
    if algorithm.algorithm == oid::RC2_CBC {
        let params: Rc2CbcParameter<'_> = parameters(algorithm, "RC2")?;
        let bits = RC2_VERSIONS
            .iter()
            .find(|(version, _)| Some(*version) == params.rc2_parameter_version)
            .map(|(_, bits)| *bits)
            .ok_or_else(|| DecodeError::Unsupported("RC2 with an unusual key length".into()))?;
        return Ok((Cipher::Rc2 { bits }, params.iv.as_bytes().to_vec()));
    }
    let Some((_, cipher)) = PBES2_CIPHERS
        .iter()
        .find(|(oid, _)| *oid == algorithm.algorithm)
    else {
        return Err(unsupported("cipher", &algorithm.algorithm));
    };
    let iv: &OctetStringRef = parameters(algorithm, "the cipher")?;
    Ok((*cipher, iv.as_bytes().to_vec()))
}

/// An algorithm's parameters as `T`.
pub(super) fn parameters<'a, T>(
    algorithm: &AlgorithmIdentifier<'a>,
    of: &str,
) -> Result<T, DecodeError>
where
    T: der::Choice<'a> + der::DecodeValue<'a>,
{
    algorithm
        .parameters
        .and_then(|parameters| parameters.decode_as().ok())
        .ok_or_else(|| DecodeError::Damaged(format!("the parameters of {of} cannot be read")))
}

/// An iteration count as a file states it: at least 1, and one that could ever be worked off.
pub(super) fn iteration_count(stated: u64) -> Result<u32, DecodeError> {
    match u32::try_from(stated) {
        Ok(0) => Err(DecodeError::Damaged("an iteration count is 0".into())),
        Ok(count) => Ok(count),
        Err(_) => Err(DecodeError::TooMuchWork {
            iterations: stated,
            limit: u64::from(u32::MAX),
        }),
    }
}

pub(super) fn unsupported(what: &str, oid: &ObjectIdentifier) -> DecodeError {
    let name = match *oid {
        oid::PBE_SHA1_RC4_128 => "128-bit RC4".into(),
        oid::PBE_SHA1_RC4_40 => "40-bit RC4".into(),
        oid::SCRYPT => "scrypt".into(),
        other => other.to_string(),
    };
    DecodeError::Unsupported(format!("the {what} {name}"))
}

fn named(table: &[(ObjectIdentifier, Cipher)], cipher: Cipher) -> der::Result<ObjectIdentifier> {
    table
        .iter()
        .find(|(_, of)| *of == cipher)
        .map(|(oid, _)| *oid)
        .ok_or_else(|| der::ErrorKind::Failed.into())
}

pub(super) fn algorithm_der(
    algorithm: ObjectIdentifier,
    parameters: &impl Encode,
) -> der::Result<Vec<u8>> {
    let parameters = parameters.to_der()?;
    AlgorithmIdentifier {
        algorithm,
        parameters: Some(AnyRef::from_der(&parameters)?),
    }
    .to_der()
}

/// Opens an `EncryptedPrivateKeyInfo` (RFC 5958, 3), in DER or BER, within `max_iterations`.
///
/// # Errors
/// As [`Scheme::from_der`] and [`Scheme::decrypt`]; [`DecodeError::TooMuchWork`] above
/// `max_iterations`; [`DecodeError::WrongPassword`] too if what comes out is no private key.
pub fn decrypt_private_key(
    der: &[u8],
    password: PasswordForm<'_>,
    max_iterations: u32,
) -> Result<PrivateKey, DecodeError> {
    let unreadable = |_| DecodeError::Damaged("the encrypted private key cannot be read".into());
    let der = ber::to_der(der)
        .map_err(|error| DecodeError::Damaged(format!("the encrypted private key: {error}")))?;
    let info = EncryptedPrivateKeyInfo::from_der(der.as_bytes()).map_err(unreadable)?;
    let scheme = Scheme::from_algorithm(&info.encryption_algorithm)?;
    if scheme.iterations() > max_iterations {
        return Err(DecodeError::TooMuchWork {
            iterations: u64::from(scheme.iterations()),
            limit: u64::from(max_iterations),
        });
    }
    let plaintext = scheme.decrypt(password, info.encrypted_data.as_bytes())?;
    private_key(plaintext).ok_or(DecodeError::WrongPassword)
}

/// A `PrivateKeyInfo` as a key, if it is one: SEQUENCE, version, algorithm, key. BER becomes DER,
/// and what follows the key (some writers pad twice) is dropped.
pub(super) fn private_key(plaintext: Zeroizing<Vec<u8>>) -> Option<PrivateKey> {
    let der = ber::to_der(&plaintext).ok()?;
    let bytes = der.as_bytes();
    let fields = AnyRef::from_der(bytes).ok()?;
    fields
        .sequence(|reader| -> der::Result<()> {
            u8::decode(reader)?;
            AlgorithmIdentifier::decode(reader)?;
            <&OctetStringRef>::decode(reader)?;
            while !der::Reader::is_finished(reader) {
                AnyRef::decode(reader)?;
            }
            Ok(())
        })
        .ok()?;
    if bytes.len() == plaintext.len() && !der.was_ber() {
        drop(der);
        return Some(PrivateKey::from_pkcs8_der(plaintext));
    }
    Some(PrivateKey::from_pkcs8_der(Zeroizing::new(bytes.to_vec())))
}

#[cfg(test)]
mod tests;
