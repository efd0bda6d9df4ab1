//! The parameters of the schemes: salt and iterations, key derivations, ciphers with their vectors.

use zeroize::Zeroizing;

use crate::ber::{Reader, Value};
use crate::der::{self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::pkcs12::algorithms::{CIPHERS, Derivation, HMACS, SCHEMES, identifier, meaning};
use crate::pkcs12::cipher::Cipher;
use crate::pkcs12::error::DecodeError;
use crate::pkcs12::kdf::{Digest, ScryptCost};
use crate::pkcs12::limits::Limits;
use crate::pkcs12::oid;

/// What damage in the description itself is called.
pub(super) const PART: &str = "the encryption's description";

/// The versions by which RC2's parameters tell the key's length in bits (RFC 8018, appendix B.2.3).
const RC2_VERSIONS: [(u64, u16); 3] = [(160, 40), (120, 64), (58, 128)];

/// The cipher of PBES2 and its initialization vector.
pub(in crate::pkcs12) fn read_cipher(
    algorithm: &Value<'_>,
) -> Result<(Cipher, Vec<u8>), DecodeError> {
    let damaged = DecodeError::damaged(PART);
    let mut fields = algorithm.inside();
    let name = fields.expect(OBJECT_IDENTIFIER).map_err(&damaged)?.oid();
    let mut cipher = meaning(CIPHERS, name, "the cipher")?;
    if let Cipher::Rc2 { bits } = &mut cipher {
        let parameters = fields.expect(SEQUENCE).map_err(&damaged)?;
        fields.end().map_err(&damaged)?;
        fields = parameters.inside();
        let version = fields
            .expect(INTEGER)
            .and_then(|version| version.unsigned());
        let version = version.map_err(&damaged)?;
        let known = RC2_VERSIONS.iter().find(|(known, _)| *known == version);
        let unsupported = || DecodeError::Unsupported(format!("RC2 of the version {version}"));
        *bits = known.ok_or_else(unsupported)?.1;
    }
    let iv = fields.expect(OCTET_STRING).and_then(|iv| iv.octets());
    let iv = iv.map_err(&damaged)?;
    fields.end().map_err(&damaged)?;
    if iv.len() != cipher.block_length() {
        return Err(damaged("the initialization vector is not one block long"));
    }
    Ok((cipher, iv.to_vec()))
}

/// The parameters of scrypt (RFC 7914, section 7.1).
pub(super) struct Scrypt {
    pub(super) salt: Vec<u8>,
    pub(super) cost: ScryptCost,
    pub(super) key_length: Option<usize>,
}

impl Scrypt {
    /// `None` for another key derivation.
    pub(super) fn read(derivation: &Value<'_>) -> Result<Option<Self>, DecodeError> {
        let damaged = DecodeError::damaged("the key derivation's description");
        let mut fields = derivation.inside();
        let name = fields.expect(OBJECT_IDENTIFIER).map_err(&damaged)?.oid();
        if name.known() != Some(oid::SCRYPT) {
            return Ok(None);
        }
        let parameters = fields.expect(SEQUENCE).map_err(&damaged)?;
        fields.end().map_err(&damaged)?;
        let mut fields = parameters.inside();
        let salt = fields.expect(OCTET_STRING).and_then(|salt| salt.octets());
        let salt = salt.map_err(&damaged)?.to_vec();
        let mut number = || fields.expect(INTEGER).and_then(|number| number.unsigned());
        let n = number().map_err(&damaged)?;
        let [r, p] = [number().map_err(&damaged)?, number().map_err(&damaged)?];
        let key_length = key_length(&mut fields, &damaged)?;
        fields.end().map_err(&damaged)?;
        let [block_size, parallelization] =
            [r, p].map(|value| u32::try_from(value).unwrap_or(u32::MAX));
        let cost = ScryptCost {
            log_n: n.trailing_zeros() as u8,
            block_size,
            parallelization,
        };
        if !n.is_power_of_two() || !cost.is_possible() {
            return Err(damaged("there is no scrypt of this cost"));
        }
        if cost.mebibytes() > ScryptCost::MAX_MEBIBYTES {
            return Err(DecodeError::Unsupported(format!(
                "scrypt with {} MiB of memory ({} MiB at most)",
                cost.mebibytes(),
                ScryptCost::MAX_MEBIBYTES
            )));
        }
        Ok(Some(Self {
            salt,
            cost,
            key_length,
        }))
    }
}

/// The length of the key that a derivation gives, where it is told.
fn key_length(
    fields: &mut Reader<'_>,
    damaged: impl Fn(&'static str) -> DecodeError,
) -> Result<Option<usize>, DecodeError> {
    let length = fields.optional(INTEGER).map_err(&damaged)?;
    let length = length.map(|length| length.unsigned()).transpose();
    Ok(length
        .map_err(&damaged)?
        .map(|length| usize::try_from(length).unwrap_or(usize::MAX)))
}

/// The DER of a scheme that salt and iterations describe.
pub(super) fn salted(
    derivation: Derivation,
    cipher: Cipher,
    salt: &[u8],
    iterations: u32,
) -> Vec<u8> {
    let salt = der::value(OCTET_STRING, &[salt]);
    der::sequence(&[
        &der::oid(&identifier(SCHEMES, &(derivation, cipher))),
        &der::sequence(&[&salt, &der::unsigned(iterations)]),
    ])
}

/// The DER of PBES2.
pub(super) fn pbes2(derivation: &[u8], cipher: Cipher, iv: &[u8]) -> Vec<u8> {
    let parameters = der::sequence(&[derivation, &cipher_der(cipher, iv)]);
    der::sequence(&[&der::oid(&oid::PBES2), &parameters])
}

/// The DER of a cipher with its initialization vector.
pub(in crate::pkcs12) fn cipher_der(cipher: Cipher, iv: &[u8]) -> Vec<u8> {
    let mut parameters = der::value(OCTET_STRING, &[iv]);
    let mut in_table = cipher;
    if let Cipher::Rc2 { bits } = cipher {
        let version = RC2_VERSIONS.iter().find(|(_, known)| *known == bits);
        let version = version.map_or(0, |(version, _)| *version as u32);
        parameters = der::sequence(&[&der::unsigned(version), &parameters]);
        in_table = Cipher::Rc2 { bits: 128 };
    }
    der::sequence(&[&der::oid(&identifier(CIPHERS, &in_table)), &parameters])
}

/// The DER of [`Scrypt`], without the length of the key.
pub(super) fn scrypt_der(salt: &[u8], cost: ScryptCost) -> Vec<u8> {
    let parameters = der::sequence(&[
        &der::value(OCTET_STRING, &[salt]),
        &der::integer(&(1_u64 << cost.log_n).to_be_bytes()),
        &der::unsigned(cost.block_size),
        &der::unsigned(cost.parallelization),
    ]);
    der::sequence(&[&der::oid(&oid::SCRYPT), &parameters])
}

/// The parameters of PBKDF2 (RFC 8018, appendix A.2), which PBES2, PBMAC1 and NSS share.
pub(crate) struct Pbkdf2 {
    pub(crate) prf: Digest,
    pub(crate) salt: Vec<u8>,
    pub(crate) iterations: u32,
    pub(crate) key_length: Option<usize>,
}

impl Pbkdf2 {
    pub(crate) fn read(algorithm: &Value<'_>) -> Result<Self, DecodeError> {
        let damaged = DecodeError::damaged("the key derivation's description");
        let mut fields = algorithm.inside();
        let name = fields.expect(OBJECT_IDENTIFIER).map_err(&damaged)?.oid();
        let table = [(oid::PBKDF2, Ok(())), (oid::SCRYPT, Err("scrypt"))];
        meaning(&table, name, "the key derivation")?;
        let parameters = fields.expect(SEQUENCE).map_err(&damaged)?;
        fields.end().map_err(&damaged)?;
        let mut fields = parameters.inside();
        let (salt, iterations) = salt_and_iterations(&mut fields, &damaged)?;
        let key_length = key_length(&mut fields, &damaged)?;
        let prf = match fields.optional(SEQUENCE).map_err(&damaged)? {
            None => Digest::Sha1,
            Some(prf) => {
                let mut prf = prf.inside();
                let name = prf.expect(OBJECT_IDENTIFIER).map_err(&damaged)?;
                let digest = meaning(HMACS, name.oid(), "the pseudorandom function")?;
                prf.no_parameters().map_err(&damaged)?;
                digest
            }
        };
        fields.end().map_err(&damaged)?;
        Ok(Self {
            prf,
            salt: salt.to_vec(),
            iterations,
            key_length,
        })
    }
}

/// The DER of [`Pbkdf2`].
pub(in crate::pkcs12) fn pbkdf2_der(
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
        &der::algorithm(&identifier(HMACS, &prf)),
    ]);
    der::sequence(&[&der::oid(&oid::PBKDF2), &parameters])
}

/// The salt and the iterations that parameters begin with, in every scheme.
pub(crate) fn salt_and_iterations(
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
pub(in crate::pkcs12) fn count(iterations: u64) -> Result<u32, DecodeError> {
    if iterations == 0 {
        return Err(DecodeError::Damaged("an iteration count is zero".into()));
    }
    let limit = Limits::default().max_iterations.into();
    u32::try_from(iterations).map_err(|_| DecodeError::TooMuchWork { iterations, limit })
}
