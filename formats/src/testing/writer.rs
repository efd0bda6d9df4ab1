//! Writes PKCS#12 files from parts, sound or not, as no tool would.

use crate::der::{self, EXPLICIT_0, IMPLICIT_0, OCTET_STRING, SEQUENCE, sequence, value};
use crate::pkcs12::kdf::{Digest, PasswordForm};
use crate::pkcs12::mac::MacScheme;
use crate::pkcs12::oid;
use crate::pkcs12::pbe::{Cipher, Scheme};

/// A fixture of `tests/data`.
pub fn file_of(path: &str) -> Vec<u8> {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    std::fs::read(format!("{data}/{path}")).unwrap()
}

/// A fixture of `tests/data`, PEM decoded.
pub fn data(path: &str) -> Vec<u8> {
    let bytes = file_of(path);
    match pem_rfc7468::decode_vec(&bytes) {
        Ok((_, der)) if path.ends_with(".pem") => der,
        _ => bytes,
    }
}

/// AES-256 and HMAC-SHA256 by PBES2.
pub fn pbes2(iterations: u32) -> Scheme {
    Scheme::Pbes2 {
        cipher: Cipher::Aes256,
        iv: vec![3; 16],
        prf: Digest::Sha256,
        salt: vec![5; 16],
        iterations,
    }
}

/// 3DES by PKCS#12's own derivation.
pub fn triple_des(iterations: u32) -> Scheme {
    Scheme::Pkcs12 {
        cipher: Cipher::TripleDes,
        salt: vec![7; 8],
        iterations,
    }
}

/// PKCS#12's own MAC.
pub fn mac(iterations: u32) -> MacScheme {
    MacScheme::Pkcs12 {
        digest: Digest::Sha256,
        salt: vec![9; 8],
        iterations,
    }
}

/// `SafeBag` of any kind, given the DER of its name.
pub fn bag(name: &[u8], content: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    let attributes = match attributes {
        [] => Vec::new(),
        some => der::set_of(some.to_vec()),
    };
    sequence(&[name, &value(EXPLICIT_0, &[content]), &attributes])
}

/// A certBag.
pub fn certificate(der: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    let octets = value(OCTET_STRING, &[der]);
    let content = sequence(&[
        &der::oid(&oid::X509_CERTIFICATE),
        &value(EXPLICIT_0, &[&octets]),
    ]);
    bag(&der::oid(&oid::CERTIFICATE_BAG), &content, attributes)
}

/// A keyBag.
pub fn key(pkcs8: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    bag(&der::oid(&oid::KEY_BAG), pkcs8, attributes)
}

/// A pkcs8ShroudedKeyBag.
pub fn shrouded_key(
    pkcs8: &[u8],
    scheme: &Scheme,
    password: PasswordForm<'_>,
    attributes: &[Vec<u8>],
) -> Vec<u8> {
    let content = encrypted_pkcs8(scheme, &scheme.encrypt(password, pkcs8));
    bag(&der::oid(&oid::SHROUDED_KEY_BAG), &content, attributes)
}

/// `EncryptedPrivateKeyInfo`.
pub fn encrypted_pkcs8(scheme: &Scheme, ciphertext: &[u8]) -> Vec<u8> {
    sequence(&[&scheme.to_der(), &value(OCTET_STRING, &[ciphertext])])
}

/// A safeContentsBag.
pub fn nested(bags: &[Vec<u8>]) -> Vec<u8> {
    let name = der::oid(&oid::SAFE_CONTENTS_BAG);
    bag(&name, &safe_contents(bags), &[])
}

/// `PKCS12Attribute` with one value.
pub fn attribute(name: &[u8], content: &[u8]) -> Vec<u8> {
    sequence(&[name, &der::set_of(vec![content.to_vec()])])
}

/// friendlyName.
pub fn label(text: &str) -> Vec<u8> {
    attribute(&der::oid(&oid::FRIENDLY_NAME), &der::bmp_string(text))
}

/// localKeyId.
pub fn local_key_id(id: u8) -> Vec<u8> {
    let id = value(OCTET_STRING, &[&[id]]);
    attribute(&der::oid(&oid::LOCAL_KEY_ID), &id)
}

/// The name of the provider that held a key.
pub fn provider(name: &str) -> Vec<u8> {
    attribute(&der::oid(&oid::PROVIDER_NAME), &der::bmp_string(name))
}

fn joined(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    value(tag, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// `SafeContents`.
pub fn safe_contents(bags: &[Vec<u8>]) -> Vec<u8> {
    joined(SEQUENCE, bags)
}

/// `ContentInfo` of any kind, given the DER of its name.
pub fn content_info(name: &[u8], content: &[u8]) -> Vec<u8> {
    sequence(&[name, &value(EXPLICIT_0, &[content])])
}

/// A part whose bags lie open.
pub fn plain(bags: &[Vec<u8>]) -> Vec<u8> {
    let content = value(OCTET_STRING, &[&safe_contents(bags)]);
    content_info(&der::oid(&oid::DATA), &content)
}

/// A part that is encrypted as a whole.
pub fn encrypted(scheme: &Scheme, password: PasswordForm<'_>, bags: &[Vec<u8>]) -> Vec<u8> {
    encrypted_bytes(scheme, &scheme.encrypt(password, &safe_contents(bags)))
}

/// The same from what is encrypted already.
pub fn encrypted_bytes(scheme: &Scheme, ciphertext: &[u8]) -> Vec<u8> {
    let content = sequence(&[
        &der::oid(&oid::DATA),
        &scheme.to_der(),
        &value(IMPLICIT_0, &[ciphertext]),
    ]);
    let data = sequence(&[&der::unsigned(0), &content]);
    content_info(&der::oid(&oid::ENCRYPTED_DATA), &data)
}

/// A whole file, with a MAC or without.
pub fn file(parts: &[Vec<u8>], mac: Option<(&MacScheme, PasswordForm<'_>)>) -> Vec<u8> {
    let safe = joined(SEQUENCE, parts);
    let mac = mac.map_or_else(Vec::new, |(scheme, password)| {
        let key = scheme.derive_key(password);
        scheme.to_mac_data(&scheme.compute(&key, &safe))
    });
    let content = content_info(&der::oid(&oid::DATA), &value(OCTET_STRING, &[&safe]));
    sequence(&[&der::unsigned(3), &content, &mac])
}

/// A file as people have it: the fixture "P-256" with its key, encrypted throughout, with a MAC.
pub fn whole(scheme: &Scheme, password: PasswordForm<'_>) -> Vec<u8> {
    let certificate = certificate(&data("certificates/P-256.pem"), &[local_key_id(1)]);
    let key = data("keys/P-256.pem");
    let key = shrouded_key(&key, scheme, password, &[local_key_id(1)]);
    let parts = [encrypted(scheme, password, &[certificate]), plain(&[key])];
    file(&parts, Some((&mac(scheme.iterations()), password)))
}
