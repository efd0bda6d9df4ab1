//! Signatures of requests: the algorithm as an `AlgorithmIdentifier` (RFC 8017, A.2.4; RFC 5758, 3.2; RFC 8410, 3)
//! and the signature.

use const_oid::ObjectIdentifier;
use ed25519_dalek::Signer as _;

use super::error::RequestError;
use crate::der;
use crate::hash::Digest;
use crate::key::{self, EcScalar, KeyError};
use crate::proof::{self, Refusal};
use crate::secret::PrivateKey;

const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

impl From<Refusal> for RequestError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Damaged(why) => Self::DamagedKey(why.to_owned()),
            Refusal::Unknown(kind) => Self::UnsupportedKey(kind),
        }
    }
}

impl From<KeyError> for RequestError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::UnknownAlgorithm(algorithm) => Self::UnsupportedKey(algorithm.name),
            KeyError::Malformed(why) => Self::DamagedKey(why.to_owned()),
        }
    }
}

/// The `SubjectPublicKeyInfo` of the key in DER.
pub(super) fn public_key(key: &PrivateKey) -> Result<Vec<u8>, RequestError> {
    Ok(key::public_key_of(key)?)
}

/// Signs the message with the key of this `SubjectPublicKeyInfo`; the algorithm, and the signature.
pub(super) fn sign(
    key: &PrivateKey,
    spki: &[u8],
    message: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), RequestError> {
    match key::algorithm_of(spki).as_deref() {
        Some("1.2.840.113549.1.1.1") => {
            let info = proof::read_info(key)?;
            let key = proof::rsa_private_key(info.private_key.as_bytes())?;
            let hash = Digest::Sha256;
            let signature = key.sign(hash.pkcs1_encoding(), &hash.digest(&[message]));
            let signature = signature.map_err(|_| Refusal::Damaged("RSA signing failed"))?;
            Ok((der::algorithm(&RSA_SHA256), signature))
        }
        Some("1.2.840.10045.2.1") => {
            let unsupported = || RequestError::UnsupportedKey(key::describe(spki).algorithm);
            let EcScalar { curve, octets } = key::ec_scalar(key)?.ok_or_else(unsupported)?;
            let (oid, hash) = match curve.bits {
                0..=256 => (ECDSA_SHA256, Digest::Sha256),
                257..=384 => (ECDSA_SHA384, Digest::Sha384),
                _ => (ECDSA_SHA512, Digest::Sha512),
            };
            let signature = curve.sign(&octets, &hash.digest(&[message]));
            let signature = signature.ok_or_else(unsupported)?;
            Ok((der::sequence(&[&der::oid(&oid)]), signature))
        }
        Some("1.3.101.112") => {
            let info = proof::read_info(key)?;
            let key = ed25519_dalek::SigningKey::try_from(info);
            let key = key.map_err(|_| Refusal::Damaged("its two halves do not belong together"))?;
            let signature = key.sign(message).to_vec();
            Ok((der::sequence(&[&der::oid(&ED25519)]), signature))
        }
        _ => Err(RequestError::UnsupportedKey(key::describe(spki).algorithm)),
    }
}
