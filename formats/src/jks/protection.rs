//! The algorithms of JKS, which are in no standard: how `sun.security.provider.KeyProtector` hides a
//! private key, and what `JavaKeyStore` puts at the end of a file. Both are SHA-1 over the password in
//! UTF-16, with the high octet first and nothing at its end.

use const_oid::ObjectIdentifier;
use sha1::{Digest as _, Sha1};
use zeroize::{Zeroize as _, Zeroizing};

use super::error::JksError;
use crate::ber;
use crate::der::{OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::key::KeyForm;
use crate::secret::{Password, PrivateKey};

/// Below Sun's arc; `KeyProtector` calls it `KEY_PROTECTOR_OID`.
pub(super) const KEY_PROTECTOR: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.42.2.17.1.1");

/// What stands between password and content in the check at the end.
const WORDS: &[u8] = b"Mighty Aphrodite";

/// The length of SHA-1, and with it of a salt, of a block of the keystream and of a check.
const BLOCK: usize = 20;

type Block = Zeroizing<[u8; BLOCK]>;

/// The password as its UTF-16 units, which for a character beyond the Basic Multilingual Plane are
/// two, as in Java.
pub(super) fn utf16(password: &Password) -> Zeroizing<Vec<u8>> {
    let text = password.expose();
    let mut octets = Zeroizing::new(Vec::with_capacity(2 * text.len()));
    text.encode_utf16()
        .for_each(|unit| octets.extend_from_slice(&unit.to_be_bytes()));
    octets
}

/// What should stand at the end of a file.
pub(super) fn store_check(password: &[u8], content: &[u8]) -> Block {
    hash(&[password, WORDS, content])
}

/// Decrypts the DER of an `EncryptedPrivateKeyInfo`.
pub(super) fn open(encrypted: &[u8], password: &[u8]) -> Result<PrivateKey, JksError> {
    let text = encrypted_data(encrypted)?;
    let parts = text.split_first_chunk::<BLOCK>();
    let parts = parts.and_then(|(salt, rest)| Some((salt, rest.split_last_chunk::<BLOCK>()?)));
    let (salt, (hidden, check)) = parts.ok_or_else(|| damaged("it is too short"))?;
    let mut plain = Zeroizing::new(hidden.to_vec());
    apply_keystream(&mut plain, password, salt);
    if hash(&[password, &plain]).as_slice() != check {
        return Err(JksError::KeyPassword);
    }
    if KeyForm::of(&plain) != Some(KeyForm::Pkcs8) {
        return Err(damaged("what it decrypts to is no private key"));
    }
    Ok(PrivateKey::from_pkcs8_der(plain))
}

/// Encrypts or decrypts: each block of the keystream is the SHA-1 of the password and the block before
/// it, and the first of the password and the salt.
pub(super) fn apply_keystream(text: &mut [u8], password: &[u8], salt: &[u8; BLOCK]) {
    let mut block = Block::new(*salt);
    for part in text.chunks_mut(BLOCK) {
        block = hash(&[password, block.as_slice()]);
        part.iter_mut()
            .zip(block.iter())
            .for_each(|(octet, key)| *octet ^= key);
    }
}

pub(super) fn hash(parts: &[&[u8]]) -> Block {
    let mut hash = Sha1::new();
    parts.iter().for_each(|part| hash.update(part));
    let mut value = hash.finalize();
    let mut block = Block::default();
    block.copy_from_slice(&value);
    value.as_mut_slice().zeroize();
    block
}

/// The `encryptedData`, if it is encrypted as JKS has it.
pub(super) fn encrypted_data(encrypted: &[u8]) -> Result<&[u8], JksError> {
    let broken = || damaged("it is no EncryptedPrivateKeyInfo");
    let mut fields = ber::only(encrypted, SEQUENCE).ok_or_else(broken)?.inside();
    let algorithm = fields.accept(SEQUENCE).ok_or_else(broken)?;
    let text = fields.accept(OCTET_STRING).ok_or_else(broken)?;
    fields.end().map_err(|_| broken())?;
    let mut fields = algorithm.inside();
    let name = fields.expect(OBJECT_IDENTIFIER).map_err(|_| broken())?;
    if name.oid().known() != Some(KEY_PROTECTOR) {
        let oid = name.oid();
        return Err(JksError::Unsupported(format!("the key protection {oid}")));
    }
    Ok(text.content)
}

fn damaged(wrong: &str) -> JksError {
    JksError::Damaged(format!("a private key in it: {wrong}"))
}
