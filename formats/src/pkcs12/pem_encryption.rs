//! Private keys that PEM itself encrypts (`Proc-Type: 4,ENCRYPTED`, RFC 1421, 4.6.1.1), as OpenSSL did by
//! default before 1.0 and does with `-traditional`: the header `DEK-Info` names a cipher and its
//! initialization vector, and the key is MD5 over password and vector (`EVP_BytesToKey` with one
//! iteration). Read and never written.
//!
//! Beside other encrypted keys such a one stands as an `EncryptedPrivateKeyInfo` whose algorithm is
//! the cipher.

use zeroize::Zeroizing;

use super::algorithms::CIPHERS;
use super::cipher::Cipher;
use super::error::DecodeError;
use super::kdf::{Digest, PasswordForm};
use super::pbe::parameters::{cipher_der, read_cipher};
use crate::ber::{self, Reader, Value};
use crate::der::{self, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::key::KeyForm;
use crate::secret::PrivateKey;

/// How much of the vector the key is derived with.
const SALT: usize = 8;

/// The key of a block with this `DEK-Info`, as an `EncryptedPrivateKeyInfo`; `encrypted` is what the
/// block's base64 holds.
///
/// # Errors
/// [`DecodeError::Damaged`] for a header that is none, [`DecodeError::Unsupported`] for a cipher that
/// is not known.
pub fn from_dek_info(dek_info: &str, encrypted: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let damaged = DecodeError::damaged("its DEK-Info");
    let (name, digits) = dek_info
        .split_once(',')
        .ok_or_else(|| damaged("it has no vector"))?;
    let iv = from_hex(digits.trim()).ok_or_else(|| damaged("its vector is not hexadecimal"))?;
    let text = der::value(OCTET_STRING, &[encrypted]);
    let name = name.trim();
    let cipher = match name {
        "DES-EDE3-CBC" => Some(Cipher::TripleDes),
        "RC2-CBC" => Some(Cipher::Rc2 { bits: 128 }),
        "RC2-64-CBC" => Some(Cipher::Rc2 { bits: 64 }),
        "RC2-40-CBC" => Some(Cipher::Rc2 { bits: 40 }),
        _ => {
            let mut known = CIPHERS.iter().filter_map(|(_, cipher)| cipher.ok());
            known.find(|cipher| cipher.name_and_mode() == name)
        }
    };
    let algorithm = match cipher {
        Some(cipher) if iv.len() == cipher.block_length() => cipher_der(cipher, &iv),
        Some(_) => return Err(damaged("its vector is not one block long")),
        // Named when it is to be opened.
        None => {
            let has_name = |unread: &&str| unread.eq_ignore_ascii_case(name);
            let mut unread = CIPHERS.iter();
            let unread = unread.find(|(_, cipher)| cipher.as_ref().err().is_some_and(has_name));
            let (oid, _) =
                unread.ok_or_else(|| DecodeError::Unsupported(format!("the cipher {name}")))?;
            der::sequence(&[&der::oid(oid), &der::value(OCTET_STRING, &[&iv])])
        }
    };
    Ok(der::sequence(&[&algorithm, &text]))
}

/// A key that PEM encrypts.
pub(super) struct PemKey {
    cipher: Cipher,
    iv: Vec<u8>,
    encrypted: Zeroizing<Vec<u8>>,
}

impl PemKey {
    /// Reads what [`from_dek_info`] gives; `None` for any other key.
    pub(super) fn from_der(der: &[u8]) -> Option<Result<Self, DecodeError>> {
        let mut fields = ber::only(der, SEQUENCE)?.inside();
        let algorithm = fields.accept(SEQUENCE)?;
        let name = algorithm.inside().accept(OBJECT_IDENTIFIER)?.oid().known();
        let is_cipher = CIPHERS.iter().any(|(cipher, _)| Some(*cipher) == name);
        is_cipher.then(|| Self::read(&algorithm, fields))
    }

    fn read(algorithm: &Value<'_>, mut rest: Reader<'_>) -> Result<Self, DecodeError> {
        let (cipher, iv) = read_cipher(algorithm)?;
        let text = rest.expect(OCTET_STRING).and_then(|text| text.octets());
        let encrypted = text.map_err(DecodeError::damaged("the encrypted private key"))?;
        Ok(Self {
            cipher,
            iv,
            encrypted,
        })
    }

    /// # Errors
    /// [`DecodeError::WrongPassword`]: it does not decrypt to a private key.
    pub(super) fn open(&self, password: PasswordForm<'_>) -> Result<PrivateKey, DecodeError> {
        let key = self.derive_key(password);
        let decrypted = self.cipher.decrypt(&key, &self.iv, &self.encrypted);
        let decrypted = decrypted.ok_or(DecodeError::WrongPassword)?;
        KeyForm::of(&decrypted)
            .and_then(|form| form.to_pkcs8(&decrypted, None)?.ok())
            .ok_or(DecodeError::WrongPassword)
    }

    fn derive_key(&self, password: PasswordForm<'_>) -> Zeroizing<Vec<u8>> {
        let (length, password) = (self.cipher.key_length(), password.octets());
        let salt = &self.iv[..SALT.min(self.iv.len())];
        let mut key = Zeroizing::new(Vec::with_capacity(length + Digest::Md5.length()));
        let mut block = Zeroizing::new(Vec::new());
        while key.len() < length {
            block = Zeroizing::new(Digest::Md5.digest(&[&block, &password, salt]));
            key.extend_from_slice(&block);
        }
        key.truncate(length);
        key
    }
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| match pair {
        [high, low] => {
            let value = |digit: &u8| char::from(*digit).to_digit(16);
            Some((value(high)? << 4 | value(low)?) as u8)
        }
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pkcs12::pbe::decrypt_private_key;
    use crate::secret::Password;

    #[test]
    fn from_dek_info_names_unread_ciphers() {
        let open = |dek_info: &str| {
            let wrapped = from_dek_info(dek_info, &[0; 32])?;
            decrypt_private_key(&wrapped, PasswordForm::Null, 1)
        };
        for (dek_info, error) in [
            ("CAMELLIA-256-CBC,00", "the cipher Camellia-256-CBC"),
            ("SEED-CBC,00", "the cipher SEED-CBC"),
            ("FOO-CBC,00", "the cipher FOO-CBC"),
        ] {
            assert_eq!(
                open(dek_info).err(),
                Some(DecodeError::Unsupported(error.into()))
            );
        }
        for dek_info in [
            "AES-256-CBC",
            "AES-256-CBC,0011",
            "AES-256-CBC,xy",
            "AES-256-CBC,0",
        ] {
            let error = from_dek_info(dek_info, &[]).unwrap_err();
            assert!(matches!(error, DecodeError::Damaged(_)), "{error}");
        }
    }

    #[test]
    fn pem_key_refuses_a_wrong_password() {
        let iv = "00112233445566778899AABBCCDDEEFF";
        let wrapped = from_dek_info(&format!("AES-128-CBC,{iv}"), &[7; 64]).unwrap();
        let wrong = Password::new("wrong".into());
        let error = decrypt_private_key(&wrapped, PasswordForm::Text(&wrong), 1).err();
        assert_eq!(error, Some(DecodeError::WrongPassword));
    }
}
