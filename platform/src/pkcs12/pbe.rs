use super::error::DecodeError;
use super::kdf::{self, Digest, PasswordForm, Purpose};
use zeroize::Zeroizing;
use cbc::cipher::{BlockModeEncrypt, BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher { Aes128, Aes192, Aes256, TripleDes, TwoKeyTripleDes, Rc2 { bits: u16 } }
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    Pkcs12 { cipher: Cipher, salt: Vec<u8>, iterations: u32 },
    Pbes2 { cipher: Cipher, iv: Vec<u8>, prf: Digest, salt: Vec<u8>, iterations: u32 },
}
fn tlv(t: u8, c: &[u8]) -> Vec<u8> { let mut v = vec![t]; if c.len() < 128 { v.push(c.len() as u8) } else if c.len() < 256 { v.push(0x81); v.push(c.len() as u8) } else { v.push(0x82); v.extend_from_slice(&(c.len() as u16).to_be_bytes()) } v.extend_from_slice(c); v }
fn int(n: u32) -> Vec<u8> { let mut b = n.to_be_bytes().to_vec(); while b.len() > 1 && b[0] == 0 && b[1] < 128 { b.remove(0); } if b[0] > 127 { b.insert(0, 0) } tlv(2, &b) }
pub fn stub_tlv(t: u8, c: &[u8]) -> Vec<u8> { tlv(t, c) }
pub fn stub_int(n: u32) -> Vec<u8> { int(n) }
pub fn stub_oid(s: &str) -> Vec<u8> { tlv(6, const_oid::ObjectIdentifier::new_unwrap(s).as_bytes()) }
pub fn pbkdf2_alg(salt: &[u8], it: u32, len: Option<u32>) -> Vec<u8> {
    tlv(0x30, &[stub_oid("1.2.840.113549.1.5.12"), tlv(0x30, &[tlv(4, salt), int(it), len.map(int).unwrap_or_default(), tlv(0x30, &[stub_oid("1.2.840.113549.2.9"), vec![5, 0]].concat())].concat())].concat())
}
impl Scheme {
    pub fn from_der(_: &[u8]) -> Result<Self, DecodeError> { todo!() }
    pub fn to_der(&self) -> Vec<u8> { match self {
        Scheme::Pkcs12 { cipher, salt, iterations } => tlv(0x30, &[stub_oid(if *cipher == Cipher::TripleDes { "1.2.840.113549.1.12.1.3" } else { "1.2.840.113549.1.12.1.6" }), tlv(0x30, &[tlv(4, salt), int(*iterations)].concat())].concat()),
        Scheme::Pbes2 { iv, salt, iterations, .. } => tlv(0x30, &[stub_oid("1.2.840.113549.1.5.13"), tlv(0x30, &[pbkdf2_alg(salt, *iterations, None), tlv(0x30, &[stub_oid("2.16.840.1.101.3.4.1.42"), tlv(4, iv)].concat())].concat())].concat()),
    } }
    pub fn iterations(&self) -> u32 { match self { Scheme::Pkcs12 { iterations, .. } | Scheme::Pbes2 { iterations, .. } => *iterations } }
    pub fn name(&self) -> String { String::new() }
    pub fn encrypt(&self, p: PasswordForm<'_>, plain: &[u8]) -> Vec<u8> { match self {
        Scheme::Pkcs12 { cipher, salt, iterations } => {
            let iv = kdf::pkcs12(Digest::Sha1, p, salt, Purpose::Iv, *iterations, 8);
            if *cipher == Cipher::TripleDes { let k = kdf::pkcs12(Digest::Sha1, p, salt, Purpose::Key, *iterations, 24);
                cbc::Encryptor::<des::TdesEde3>::new_from_slices(&k, &iv).unwrap().encrypt_padded_vec::<Pkcs7>(plain) }
            else { let k = kdf::pkcs12(Digest::Sha1, p, salt, Purpose::Key, *iterations, 5);
                cbc::Encryptor::<rc2::Rc2>::new_from_slices(&k, &iv).unwrap().encrypt_padded_vec::<Pkcs7>(plain) }
        }
        Scheme::Pbes2 { iv, salt, iterations, .. } => { let k = kdf::pbkdf2(Digest::Sha256, p, salt, *iterations, 32);
            cbc::Encryptor::<aes::Aes256>::new_from_slices(&k, iv).unwrap().encrypt_padded_vec::<Pkcs7>(plain) }
    } }
    pub fn decrypt(&self, _: PasswordForm<'_>, _: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecodeError> { todo!() }
}
pub fn decrypt_private_key(_: &[u8], _: PasswordForm<'_>, _: u32) -> Result<crate::secret::PrivateKey, DecodeError> { todo!() }
