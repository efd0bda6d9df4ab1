//! The ciphers of PKCS#12, PBES1 and PBES2: block ciphers in CBC mode with the padding of PKCS#7
//! (RFC 5652, 6.3), and RC4.

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit,
};
use rc4::{Rc4, StreamCipher};
use zeroize::Zeroizing;

/// A cipher, in CBC mode if it is a block cipher.
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
        /// The key's length in bits: 128, 64, or 40, which is no protection any more.
        bits: u16,
    },
    /// DES (FIPS 46-3), whose 56 bits are no protection any more.
    Des,
    /// RC4, a stream cipher.
    Rc4 {
        /// The key's length in bits: 128, or 40.
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
            Self::Des => "DES".into(),
            Self::Rc4 { bits } => format!("RC4-{bits}"),
        }
    }

    /// The same with its mode.
    pub(crate) fn name_and_mode(self) -> String {
        match self {
            Self::Rc4 { .. } => self.name(),
            _ => format!("{}-CBC", self.name()),
        }
    }

    /// The length of the key in bytes.
    pub fn key_length(self) -> usize {
        match self {
            Self::Aes128 | Self::TwoKeyTripleDes => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
            Self::Rc2 { bits } | Self::Rc4 { bits } => usize::from(bits / 8),
            Self::Des => 8,
        }
    }

    /// The cipher with a key of this length in bytes. AES may have a longer one than its name says: NSS
    /// up to 3.29 named AES-128 and took the longest key.
    pub(crate) fn with_key_length(self, length: usize) -> Option<Self> {
        match (self, length) {
            (Self::Aes128, 24) => Some(Self::Aes192),
            (Self::Aes128 | Self::Aes192, 32) => Some(Self::Aes256),
            _ => (self.key_length() == length).then_some(self),
        }
    }

    /// The length of a block, and of the initialization vector, in bytes: none of a stream cipher.
    pub(crate) fn block_length(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::TripleDes | Self::TwoKeyTripleDes | Self::Rc2 { .. } | Self::Des => 8,
            Self::Rc4 { .. } => 0,
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
            Self::Des => encrypt_cbc::<des::Des>(key, iv, plaintext),
            Self::Rc4 { .. } => rc4(key, plaintext).map_or_else(Vec::new, |text| text.to_vec()),
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
            Self::Des => decrypt_cbc::<des::Des>(key, iv, text),
            Self::Rc4 { .. } => rc4(key, text),
        }
    }
}

/// Encrypts, and decrypts.
fn rc4(key: &[u8], text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(text.to_vec());
    Rc4::new_from_slice(key).ok()?.apply_keystream(&mut buffer);
    Some(buffer)
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
