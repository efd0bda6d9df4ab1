//! The two MACs of a PKCS#12 file: HMAC under a key from the PKCS#12 function (RFC 7292, 4 and
//! B.4), and PBMAC1, whose key comes from PBKDF2 (RFC 9579).

use der::asn1::OctetStringRef;
use der::{Decode, Encode};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::asn1::{AlgorithmIdentifier, DigestInfo, MacData, Pbmac1Params, oid};
use super::error::DecodeError;
use super::kdf::{self, Digest, PasswordForm, Purpose};
use super::pbe::{Pbkdf2, algorithm_der, iteration_count, parameters, unsupported};

/// The lengths in bytes a PBMAC1 key may have. A shorter key could be searched for without the
/// password (RFC 9579, 9); a longer one than SHA-512's block adds nothing but work.
const PBMAC1_KEY_LENGTHS: std::ops::RangeInclusive<usize> = 20..=128;

/// How a file's integrity is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MacScheme {
    /// HMAC with a key from the PKCS#12 function, both with the same hash function.
    Pkcs12 {
        /// The hash function.
        digest: Digest,
        /// The salt.
        salt: Vec<u8>,
        /// The iteration count.
        iterations: u32,
    },
    /// PBMAC1: HMAC with a key from PBKDF2.
    Pbmac1 {
        /// The hash function of the HMAC over the content.
        digest: Digest,
        /// The hash function of PBKDF2's HMAC.
        prf: Digest,
        /// The salt.
        salt: Vec<u8>,
        /// The iteration count.
        iterations: u32,
        /// The length of the derived key in bytes.
        key_length: usize,
    },
}

impl MacScheme {
    /// Reads the scheme of a `MacData`.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] for parameters that cannot be read or a PBMAC1 key shorter than 20
    /// bytes, [`DecodeError::Unsupported`] for another algorithm, [`DecodeError::TooMuchWork`]
    /// for an iteration count of 2^32 or more.
    pub fn from_mac_data(mac_data: &MacData<'_>) -> Result<Self, DecodeError> {
        let algorithm = &mac_data.mac.algorithm;
        if algorithm.algorithm == oid::PBMAC1 {
            return Self::pbmac1(&parameters(algorithm, "PBMAC1")?);
        }
        Ok(Self::Pkcs12 {
            digest: Digest::from_oid(&algorithm.algorithm)
                .ok_or_else(|| unsupported("MAC", &algorithm.algorithm))?,
            salt: mac_data.mac_salt.as_bytes().to_vec(),
            iterations: iteration_count(mac_data.iterations)?,
        })
    }

    fn pbmac1(params: &Pbmac1Params<'_>) -> Result<Self, DecodeError> {
        let pbkdf2 = Pbkdf2::from_algorithm(&params.key_derivation_func)?;
        let scheme = &params.message_auth_scheme;
        let key_length = pbkdf2
            .key_length
            .ok_or_else(|| DecodeError::Damaged("PBMAC1 without a key length".into()))?;
        if !PBMAC1_KEY_LENGTHS.contains(&key_length) {
            return Err(DecodeError::Damaged(format!(
                "PBMAC1 with a key of {key_length} bytes proves nothing"
            )));
        }
        Ok(Self::Pbmac1 {
            digest: Digest::from_hmac_oid(&scheme.algorithm)
                .ok_or_else(|| unsupported("MAC", &scheme.algorithm))?,
            prf: pbkdf2.prf,
            salt: pbkdf2.salt,
            iterations: pbkdf2.iterations,
            key_length,
        })
    }

    /// The iteration count of the derivation.
    pub fn iterations(&self) -> u32 {
        match self {
            Self::Pkcs12 { iterations, .. } | Self::Pbmac1 { iterations, .. } => *iterations,
        }
    }

    /// The name people use: "HMAC-SHA256", "PBMAC1 HMAC-SHA256".
    pub fn name(&self) -> String {
        match self {
            Self::Pkcs12 { digest, .. } => format!("HMAC-{}", digest.name()),
            Self::Pbmac1 { digest, .. } => format!("PBMAC1 HMAC-{}", digest.name()),
        }
    }

    /// The MAC key: the slow half, and independent of the content.
    pub fn derive_key(&self, password: PasswordForm<'_>) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Pkcs12 {
                digest,
                salt,
                iterations,
            } => {
                let length = digest.length();
                kdf::pkcs12(*digest, password, salt, Purpose::Mac, *iterations, length)
            }
            Self::Pbmac1 {
                prf,
                salt,
                iterations,
                key_length,
                ..
            } => kdf::pbkdf2(*prf, password, salt, *iterations, *key_length),
        }
    }

    /// The MAC of `content` under the derived key.
    pub fn compute(&self, key: &[u8], content: &[u8]) -> Vec<u8> {
        match self.digest() {
            Digest::Sha1 => hmac::<Hmac<Sha1>>(key, content)
                .finalize()
                .into_bytes()
                .to_vec(),
            Digest::Sha224 => hmac::<Hmac<Sha224>>(key, content)
                .finalize()
                .into_bytes()
                .to_vec(),
            Digest::Sha256 => hmac::<Hmac<Sha256>>(key, content)
                .finalize()
                .into_bytes()
                .to_vec(),
            Digest::Sha384 => hmac::<Hmac<Sha384>>(key, content)
                .finalize()
                .into_bytes()
                .to_vec(),
            Digest::Sha512 => hmac::<Hmac<Sha512>>(key, content)
                .finalize()
                .into_bytes()
                .to_vec(),
        }
    }

    /// Whether `value` is the MAC of `content` under the derived key; compared in constant time,
    /// and in full length.
    pub fn matches(&self, key: &[u8], content: &[u8], value: &[u8]) -> bool {
        match self.digest() {
            Digest::Sha1 => hmac::<Hmac<Sha1>>(key, content).verify_slice(value),
            Digest::Sha224 => hmac::<Hmac<Sha224>>(key, content).verify_slice(value),
            Digest::Sha256 => hmac::<Hmac<Sha256>>(key, content).verify_slice(value),
            Digest::Sha384 => hmac::<Hmac<Sha384>>(key, content).verify_slice(value),
            Digest::Sha512 => hmac::<Hmac<Sha512>>(key, content).verify_slice(value),
        }
        .is_ok()
    }

    /// The DER of the `MacData` with this scheme and this value.
    ///
    /// # Panics
    /// If salt or value is 256 MiB long.
    pub fn to_mac_data(&self, value: &[u8]) -> Vec<u8> {
        self.try_to_mac_data(value)
            .expect("salt and value are short")
    }

    fn try_to_mac_data(&self, value: &[u8]) -> der::Result<Vec<u8>> {
        let digest = OctetStringRef::new(value)?;
        match self {
            Self::Pkcs12 {
                digest: hash,
                salt,
                iterations,
            } => MacData {
                mac: DigestInfo {
                    algorithm: AlgorithmIdentifier::with_null(hash.oid()),
                    digest,
                },
                mac_salt: OctetStringRef::new(salt)?,
                iterations: u64::from(*iterations),
            }
            .to_der(),
            Self::Pbmac1 {
                digest: hash,
                prf,
                salt,
                iterations,
                key_length,
            } => {
                let kdf = Pbkdf2 {
                    salt: salt.clone(),
                    iterations: *iterations,
                    key_length: Some(*key_length),
                    prf: *prf,
                }
                .to_der()?;
                let params = Pbmac1Params {
                    key_derivation_func: AlgorithmIdentifier::from_der(&kdf)?,
                    message_auth_scheme: AlgorithmIdentifier::with_null(hash.hmac_oid()),
                };
                let algorithm = algorithm_der(oid::PBMAC1, &params)?;
                MacData {
                    mac: DigestInfo {
                        algorithm: AlgorithmIdentifier::from_der(&algorithm)?,
                        digest,
                    },
                    // Without meaning here, and what RFC 9579's own examples carry.
                    mac_salt: OctetStringRef::new(b"NOT USED")?,
                    iterations: 1,
                }
                .to_der()
            }
        }
    }

    /// The hash function of the HMAC over the content.
    fn digest(&self) -> Digest {
        match self {
            Self::Pkcs12 { digest, .. } | Self::Pbmac1 { digest, .. } => *digest,
        }
    }
}

/// An HMAC that has taken in `content`.
fn hmac<M: Mac + KeyInit>(key: &[u8], content: &[u8]) -> M {
    let mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.chain_update(content)
}

#[cfg(test)]
mod tests;
