//! Certificates and private keys by the ten thousand: P-256, each with a key of its own, all
//! from one issuer, as PEM files in folders of a thousand. The same number always gives the same
//! files, so a folder made once is used again.

use std::fs;
use std::io;
use std::path::Path;

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey};
use pem_rfc7468::LineEnding;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `ecdsa-with-SHA256`, as an `AlgorithmIdentifier`.
const ECDSA_SHA256: [u8; 12] = [
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
];
/// `id-at-commonName`.
const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];
/// From 2024 to 2124.
const VALIDITY: [&[u8]; 2] = [b"\x18\x0f20240101000000Z", b"\x18\x0f21240101000000Z"];

/// Fills `folder` with this many pairs of files.
pub(crate) fn fill(folder: &Path, pairs: u32) -> io::Result<()> {
    let issuer = key(0);
    for number in 1..=pairs {
        let folder = folder.join(format!("{:03}", number / 1000));
        if number % 1000 == 0 || number == 1 {
            fs::create_dir_all(&folder)?;
        }
        let key = key(number);
        let certificate = certificate(number, &key, &issuer)?;
        let private = key.to_pkcs8_der().map_err(io::Error::other)?;
        let file = |ending: &str| folder.join(format!("{number:06}.{ending}.pem"));
        fs::write(file("crt"), pem("CERTIFICATE", &certificate)?)?;
        fs::write(file("key"), pem("PRIVATE KEY", private.as_bytes())?)?;
    }
    Ok(())
}

/// A key that depends on the number alone: a small scalar is a key like any other.
fn key(number: u32) -> SigningKey {
    let mut scalar = [0x5a; 32];
    scalar[..4].copy_from_slice(&number.to_be_bytes());
    SigningKey::from_slice(&scalar).unwrap_or_else(|_| unreachable!("below the group's order"))
}

/// An X.509 version 3 certificate without extensions (RFC 5280, 4.1).
fn certificate(number: u32, key: &SigningKey, issuer: &SigningKey) -> io::Result<Vec<u8>> {
    let mut serial = vec![0x01];
    serial.extend_from_slice(&number.to_be_bytes());
    let spki = key
        .verifying_key()
        .to_public_key_der()
        .map_err(io::Error::other)?;
    let tbs = tlv(
        SEQUENCE,
        &[
            &[0xa0, 0x03, 0x02, 0x01, 0x02],
            tlv(0x02, &[&serial]).as_slice(),
            &ECDSA_SHA256,
            &name("Bench CA"),
            &tlv(SEQUENCE, &VALIDITY),
            &name(&format!("Bench {number:06}")),
            spki.as_bytes(),
        ],
    );
    let signature: DerSignature = issuer.sign(&tbs);
    let signature = tlv(0x03, &[&[0], signature.as_bytes()]);
    Ok(tlv(SEQUENCE, &[&tbs, &ECDSA_SHA256, &signature]))
}

/// A `Name` of one common name.
fn name(text: &str) -> Vec<u8> {
    let value = tlv(0x0c, &[text.as_bytes()]);
    let attribute = tlv(SEQUENCE, &[&COMMON_NAME, &value]);
    tlv(SEQUENCE, &[&tlv(SET, &[&attribute])])
}

/// Tag, length and contents of a DER value shorter than 64 KiB.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let [.., high, low] = contents.len().to_be_bytes();
    let mut value = vec![tag];
    match contents.len() {
        0..=0x7f => value.push(low),
        0x80..=0xff => value.extend([0x81, low]),
        _ => value.extend([0x82, high, low]),
    }
    value.extend(contents);
    value
}

fn pem(label: &str, der: &[u8]) -> io::Result<String> {
    pem_rfc7468::encode_string(label, LineEnding::LF, der).map_err(io::Error::other)
}
