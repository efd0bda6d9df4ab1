//! The block ciphers of PKCS#12 and PBES2, in CBC mode with the padding of PKCS#7 (RFC 5652, 6.3).

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit,
};
use zeroize::Zeroizing;

/// A block cipher, always in CBC mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// AES with a key of 128 bits (FIPS 197).
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
        /// The key's length in bits: 128, or 40, which is no protection any more.
        bits: u16,
    },
}

impl Cipher {
    /// The name people use, with the key's length.
    pub fn name(self) -> String {
        match self {
            Self::Aes128 => "AES-128".into(),
            Self::Aes192 => "AES-192".into(),
            Self::Aes256 => "AES-256".into(),
            Self::TripleDes => "3DES".into(),
            Self::TwoKeyTripleDes => "2-key 3DES".into(),
            Self::Rc2 { bits } => format!("RC2-{bits}"),
        }
    }

    /// The length of the key in bytes.
    pub fn key_length(self) -> usize {
        match self {
            Self::Aes128 | Self::TwoKeyTripleDes => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
            Self::Rc2 { bits } => usize::from(bits / 8),
        }
    }

    /// The length of a block, and of the initialization vector, in bytes.
    pub(crate) fn block_length(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::TripleDes | Self::TwoKeyTripleDes | Self::Rc2 { .. } => 8,
        }
    }

    /// The text with its padding, encrypted. Key and vector must have the lengths above.
    pub fn encrypt(self, key: &[u8], iv: &[u8], plaintext: &[u8]) -> Vec<u8> {
        match self {
            Self::Aes128 => encrypt_cbc::<aes::Aes128>(key, iv, plaintext),
            Self::Aes192 => encrypt_cbc::<aes::Aes192>(key, iv, plaintext),
            Self::Aes256 => encrypt_cbc::<aes::Aes256>(key, iv, plaintext),
            Self::TripleDes => encrypt_cbc::<des::TdesEde3>(key, iv, plaintext),
            Self::TwoKeyTripleDes => encrypt_cbc::<des::TdesEde2>(key, iv, plaintext),
            Self::Rc2 { .. } => encrypt_cbc::<rc2::Rc2>(key, iv, plaintext),
        }
    }

    /// `None` when the text is no whole number of blocks or its padding is wrong, or key or vector
    /// have another length.
    pub fn decrypt(self, key: &[u8], iv: &[u8], text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Aes128 => decrypt_cbc::<aes::Aes128>(key, iv, text),
            Self::Aes192 => decrypt_cbc::<aes::Aes192>(key, iv, text),
            Self::Aes256 => decrypt_cbc::<aes::Aes256>(key, iv, text),
            Self::TripleDes => decrypt_cbc::<des::TdesEde3>(key, iv, text),
            Self::TwoKeyTripleDes => decrypt_cbc::<des::TdesEde2>(key, iv, text),
            Self::Rc2 { .. } => decrypt_cbc::<rc2::Rc2>(key, iv, text),
        }
    }
}

fn encrypt_cbc<C: KeyInit + BlockCipherEncrypt>(
    key: &[u8],
    iv: &[u8],
    plaintext: &[u8],
) -> Vec<u8> {
    let Ok(cipher) = cbc::Encryptor::<C>::new_from_slices(key, iv) else {
        unreachable!("key and vector are as long as the cipher says")
    };
    cipher.encrypt_padded_vec::<Pkcs7>(plaintext)
}

fn decrypt_cbc<C: KeyInit + BlockCipherDecrypt>(
    key: &[u8],
    iv: &[u8],
    text: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(text.to_vec());
    let cipher = cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?;
    let length = cipher.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}
