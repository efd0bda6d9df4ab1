use super::kdf::{self, Digest, PasswordForm, Purpose};
use super::pbe::*;
use hmac::{Hmac, KeyInit, Mac};
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MacScheme {
    Pkcs12 { digest: Digest, salt: Vec<u8>, iterations: u32 },
    Pbmac1 { digest: Digest, prf: Digest, salt: Vec<u8>, iterations: u32, key_length: usize },
}
impl MacScheme {
    pub fn iterations(&self) -> u32 { match self { Self::Pkcs12 { iterations, .. } | Self::Pbmac1 { iterations, .. } => *iterations } }
    pub fn name(&self) -> String { String::new() }
    pub fn derive_key(&self, p: PasswordForm<'_>) -> zeroize::Zeroizing<Vec<u8>> { match self {
        Self::Pkcs12 { digest, salt, iterations } => kdf::pkcs12(*digest, p, salt, Purpose::Mac, *iterations, if *digest == Digest::Sha1 { 20 } else { 32 }),
        Self::Pbmac1 { salt, iterations, key_length, .. } => kdf::pbkdf2(Digest::Sha256, p, salt, *iterations, *key_length) } }
    pub fn compute(&self, key: &[u8], content: &[u8]) -> Vec<u8> { match self {
        Self::Pkcs12 { digest: Digest::Sha1, .. } => Hmac::<sha1::Sha1>::new_from_slice(key).unwrap().chain_update(content).finalize().into_bytes().to_vec(),
        _ => Hmac::<sha2::Sha256>::new_from_slice(key).unwrap().chain_update(content).finalize().into_bytes().to_vec() } }
    pub fn to_mac_data(&self, value: &[u8]) -> Vec<u8> { 
        let (alg, salt, it) = match self {
            Self::Pkcs12 { digest, salt, iterations } => (stub_tlv(0x30, &[stub_oid(if *digest == Digest::Sha1 { "1.3.14.3.2.26" } else { "2.16.840.1.101.3.4.2.1" }), vec![5, 0]].concat()), salt, *iterations),
            Self::Pbmac1 { salt, iterations, key_length, .. } => (stub_tlv(0x30, &[stub_oid("1.2.840.113549.1.5.14"), stub_tlv(0x30, &[pbkdf2_alg(salt, *iterations, Some(*key_length as u32)), stub_tlv(0x30, &[stub_oid("1.2.840.113549.2.9"), vec![5, 0]].concat())].concat())].concat()), salt, 1) };
        stub_tlv(0x30, &[stub_tlv(0x30, &[alg, stub_tlv(4, value)].concat()), stub_tlv(4, salt), if it == 1 { vec![] } else { stub_int(it) }].concat())
    }
}
