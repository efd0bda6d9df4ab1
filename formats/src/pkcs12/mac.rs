//! The MAC that protects a PKCS#12 file against change: HMAC under a key from the PKCS#12
//! derivation (RFC 7292, section 4 and appendix B), or PBMAC1 (RFC 9579), which takes the key
//! from PBKDF2.

use hmac::digest::block_api::EagerHash;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use zeroize::Zeroizing;

use super::algorithms::{HMACS, MAC_HASHES, identifier, meaning};
use super::error::DecodeError;
use super::kdf::{self, Digest, PasswordForm, Purpose};
use super::oid;
use super::pbe::parameters::{Pbkdf2, count, pbkdf2_der};
use crate::ber::Value;
use crate::der::{self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::plural::counted;

/// The PBMAC1 key lengths taken, in bytes: a MAC under a shorter one can be forged without the
/// password (RFC 9579, section 9), and OpenSSL refuses longer ones.
const PBMAC1_KEY: std::ops::RangeInclusive<usize> = 20..=64;

/// How a file's MAC is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MacScheme {
    /// HMAC under a key from the PKCS#12 derivation.
    Pkcs12 {
        /// The hash, of the HMAC and of the derivation.
        digest: Digest,
        /// The salt.
        salt: Vec<u8>,
        /// How often the hash is repeated.
        iterations: u32,
    },
    /// HMAC under a key from PBKDF2.
    Pbmac1 {
        /// The hash of the HMAC over the content.
        digest: Digest,
        /// The hash of the HMAC in PBKDF2.
        prf: Digest,
        /// The salt.
        salt: Vec<u8>,
        /// How often the HMAC in PBKDF2 is repeated.
        iterations: u32,
        /// The length of the key in bytes.
        key_length: usize,
    },
}

/// A MAC as a file carries it.
#[derive(Debug, Clone)]
pub(super) struct StoredMac {
    pub(super) scheme: MacScheme,
    value: Vec<u8>,
}

impl StoredMac {
    /// Reads `MacData` (RFC 7292, section 4).
    pub(super) fn read(mac_data: &Value<'_>) -> Result<Self, DecodeError> {
        let damaged = DecodeError::damaged("the MAC's description");
        let mut fields = mac_data.inside();
        let mut digest_info = fields.expect(SEQUENCE).map_err(&damaged)?.inside();
        let mut algorithm = digest_info.expect(SEQUENCE).map_err(&damaged)?.inside();
        let value = digest_info
            .expect(OCTET_STRING)
            .and_then(|value| value.octets());
        let value = value.map_err(&damaged)?.to_vec();
        digest_info.end().map_err(&damaged)?;
        let name = algorithm.expect(OBJECT_IDENTIFIER).map_err(&damaged)?.oid();
        if name.known() == Some(oid::PBMAC1) {
            let parameters = algorithm.expect(SEQUENCE).map_err(&damaged)?;
            algorithm.end().map_err(&damaged)?;
            // Salt and iterations stand there and mean nothing (RFC 9579, section 5).
            fields.expect(OCTET_STRING).map_err(&damaged)?;
            fields.optional(INTEGER).map_err(&damaged)?;
            fields.end().map_err(&damaged)?;
            return Ok(Self {
                scheme: read_pbmac1(&parameters)?,
                value,
            });
        }
        let digest = meaning(MAC_HASHES, name, "the MAC's hash")?;
        algorithm.no_parameters().map_err(&damaged)?;
        let salt = fields.expect(OCTET_STRING).and_then(|salt| salt.octets());
        let salt = salt.map_err(&damaged)?.to_vec();
        let iterations = match fields.optional(INTEGER).map_err(&damaged)? {
            None => 1,
            Some(iterations) => count(iterations.unsigned().map_err(&damaged)?)?,
        };
        fields.end().map_err(&damaged)?;
        Ok(Self {
            scheme: MacScheme::Pkcs12 {
                digest,
                salt,
                iterations,
            },
            value,
        })
    }

    /// Whether this is the MAC of `content` under `key`, found out in constant time.
    pub(super) fn matches(&self, key: &[u8], content: &[u8]) -> bool {
        match self.scheme.digest() {
            Digest::Sha1 => verify::<Sha1>(key, content, &self.value),
            Digest::Sha224 => verify::<Sha224>(key, content, &self.value),
            Digest::Sha256 => verify::<Sha256>(key, content, &self.value),
            Digest::Sha384 => verify::<Sha384>(key, content, &self.value),
            Digest::Sha512 => verify::<Sha512>(key, content, &self.value),
            Digest::Sha512_224 => verify::<Sha512_224>(key, content, &self.value),
            Digest::Sha512_256 => verify::<Sha512_256>(key, content, &self.value),
            Digest::Md5 => verify::<Md5>(key, content, &self.value),
        }
    }
}

/// Reads `PBMAC1-params` (RFC 8018, appendix A.5).
fn read_pbmac1(parameters: &Value<'_>) -> Result<MacScheme, DecodeError> {
    let damaged = DecodeError::damaged("the MAC's description");
    let mut fields = parameters.inside();
    let derivation = Pbkdf2::read(&fields.expect(SEQUENCE).map_err(&damaged)?)?;
    let mut mac = fields.expect(SEQUENCE).map_err(&damaged)?.inside();
    fields.end().map_err(&damaged)?;
    let name = mac.expect(OBJECT_IDENTIFIER).map_err(&damaged)?;
    let digest = meaning(HMACS, name.oid(), "the MAC")?;
    mac.no_parameters().map_err(&damaged)?;
    let Pbkdf2 {
        prf,
        salt,
        iterations,
        key_length,
    } = derivation;
    let key_length = key_length.ok_or_else(|| damaged("PBMAC1 without a key length"))?;
    if !PBMAC1_KEY.contains(&key_length) {
        return Err(DecodeError::Unsupported(format!(
            "a PBMAC1 key of {}",
            counted(key_length, "byte", "bytes")
        )));
    }
    Ok(MacScheme::Pbmac1 {
        digest,
        prf,
        salt,
        iterations,
        key_length,
    })
}

impl MacScheme {
    /// How often the hash or the HMAC is repeated to derive the key.
    pub fn iterations(&self) -> u32 {
        match self {
            Self::Pkcs12 { iterations, .. } | Self::Pbmac1 { iterations, .. } => *iterations,
        }
    }

    /// The salt.
    pub(super) fn salt(&self) -> &[u8] {
        match self {
            Self::Pkcs12 { salt, .. } | Self::Pbmac1 { salt, .. } => salt,
        }
    }

    /// How often a hash or an HMAC is computed in all to derive the key.
    pub(super) fn work(&self) -> u64 {
        let chains = match self {
            Self::Pkcs12 { digest, .. } => kdf::chains(*digest, digest.length()),
            Self::Pbmac1 {
                prf, key_length, ..
            } => kdf::chains(*prf, *key_length),
        };
        chains * u64::from(self.iterations())
    }

    /// The hash of the HMAC over the content.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Pkcs12 { digest, .. } | Self::Pbmac1 { digest, .. } => *digest,
        }
    }

    /// The scheme in words: "HMAC-SHA256" or "PBMAC1 HMAC-SHA256".
    pub fn name(&self) -> String {
        let kind = if matches!(self, Self::Pbmac1 { .. }) {
            "PBMAC1 "
        } else {
            ""
        };
        format!("{kind}HMAC-{}", self.digest().name())
    }

    /// The key, which does not depend on the content. Takes as long as the iterations ask for.
    pub fn derive_key(&self, password: PasswordForm<'_>) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Pkcs12 {
                digest,
                salt,
                iterations,
            } => kdf::pkcs12(
                *digest,
                password,
                salt,
                Purpose::Mac,
                *iterations,
                digest.length(),
            ),
            Self::Pbmac1 {
                prf,
                salt,
                iterations,
                key_length,
                ..
            } => kdf::pbkdf2(*prf, password, salt, *iterations, *key_length),
        }
    }

    /// The MAC of `content` under a key from [`MacScheme::derive_key`].
    pub fn compute(&self, key: &[u8], content: &[u8]) -> Vec<u8> {
        match self.digest() {
            Digest::Sha1 => mac::<Sha1>(key, content),
            Digest::Sha224 => mac::<Sha224>(key, content),
            Digest::Sha256 => mac::<Sha256>(key, content),
            Digest::Sha384 => mac::<Sha384>(key, content),
            Digest::Sha512 => mac::<Sha512>(key, content),
            Digest::Sha512_224 => mac::<Sha512_224>(key, content),
            Digest::Sha512_256 => mac::<Sha512_256>(key, content),
            Digest::Md5 => mac::<Md5>(key, content),
        }
    }

    /// The DER of `MacData` with this scheme and a MAC from [`MacScheme::compute`].
    ///
    /// With PBMAC1 the salt and iterations beside it mean nothing; RFC 9579, section 5 has them
    /// filled all the same, for readers that insist on their presence.
    pub fn to_mac_data(&self, value: &[u8]) -> Vec<u8> {
        let (algorithm, salt, iterations): (_, &[u8], _) = match self {
            Self::Pkcs12 {
                digest,
                salt,
                iterations,
            } => (
                der::algorithm(&identifier(MAC_HASHES, digest)),
                salt,
                *iterations,
            ),
            Self::Pbmac1 {
                digest,
                prf,
                salt,
                iterations,
                key_length,
            } => {
                let parameters = der::sequence(&[
                    &pbkdf2_der(*prf, salt, *iterations, Some(*key_length)),
                    &der::algorithm(&identifier(HMACS, digest)),
                ]);
                (
                    der::sequence(&[&der::oid(&oid::PBMAC1), &parameters]),
                    b"NOT USED",
                    1,
                )
            }
        };
        // DER leaves a default out, and 1 is MacData's.
        let iterations = if iterations == 1 {
            Vec::new()
        } else {
            der::unsigned(iterations)
        };
        der::sequence(&[
            &der::sequence(&[&algorithm, &der::value(OCTET_STRING, &[value])]),
            &der::value(OCTET_STRING, &[salt]),
            &iterations,
        ])
    }
}

fn keyed<D: EagerHash>(key: &[u8], content: &[u8]) -> Hmac<D>
where
    Hmac<D>: KeyInit + Mac,
{
    let Ok(mut mac) = <Hmac<D> as KeyInit>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of every length")
    };
    mac.update(content);
    mac
}

fn mac<D: EagerHash>(key: &[u8], content: &[u8]) -> Vec<u8>
where
    Hmac<D>: KeyInit + Mac,
{
    keyed::<D>(key, content).finalize().into_bytes().to_vec()
}

fn verify<D: EagerHash>(key: &[u8], content: &[u8], value: &[u8]) -> bool
where
    Hmac<D>: KeyInit + Mac,
{
    keyed::<D>(key, content).verify_slice(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ber::Reader;

    fn schemes() -> Vec<MacScheme> {
        let digests = MAC_HASHES.iter().filter_map(|(_, digest)| digest.ok());
        digests
            .flat_map(|digest| {
                let salt = vec![5; 20];
                [
                    MacScheme::Pkcs12 {
                        digest,
                        salt: salt.clone(),
                        iterations: 1,
                    },
                    MacScheme::Pkcs12 {
                        digest,
                        salt: salt.clone(),
                        iterations: 2048,
                    },
                    MacScheme::Pbmac1 {
                        digest,
                        prf: digest,
                        salt,
                        iterations: 10,
                        key_length: 32,
                    },
                ]
            })
            .collect()
    }

    #[test]
    fn stored_mac_round_trips_every_scheme() {
        for scheme in schemes() {
            let der = scheme.to_mac_data(b"value");
            let read = StoredMac::read(&Reader::new(&der).any().unwrap()).unwrap();
            assert_eq!((read.scheme, &read.value[..]), (scheme, &b"value"[..]));
        }
    }

    #[test]
    fn stored_mac_matches_only_its_content() {
        for scheme in schemes() {
            let key = scheme.derive_key(PasswordForm::Null);
            let value = scheme.compute(&key, b"content");
            let mut mac = StoredMac { scheme, value };
            assert!(mac.matches(&key, b"content"));
            assert!(!mac.matches(&key, b"contents"));
            mac.value.truncate(10);
            assert!(!mac.matches(&key, b"content"));
        }
    }

    #[test]
    fn stored_mac_refuses_unsafe_pbmac1_key_lengths() {
        let scheme = |key_length| MacScheme::Pbmac1 {
            digest: Digest::Sha256,
            prf: Digest::Sha256,
            salt: vec![5; 20],
            iterations: 10,
            key_length,
        };
        for (length, accepted) in [
            (0, false),
            (1, false),
            (19, false),
            (20, true),
            (64, true),
            (65, false),
        ] {
            let der = scheme(length).to_mac_data(b"value");
            let read = StoredMac::read(&Reader::new(&der).any().unwrap());
            assert_eq!(read.is_ok(), accepted, "{length}");
        }
    }
}
