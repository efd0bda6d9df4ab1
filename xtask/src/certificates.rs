//! Certificates and private keys by the ten thousand: P-256, each with a key of its own, all
//! from one issuer, as PEM files in folders of a thousand. The same number always gives the same
//! files, so a folder made once is used again.

use std::ops::RangeInclusive;
use std::path::Path;
use std::{fs, io};

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
/// Extensions: a critical `basicConstraints` with `cA` (RFC 5280, 4.2.1.9).
const IS_CA: [u8; 21] = [
    0xa3, 0x13, 0x30, 0x11, 0x30, 0x0f, 0x06, 0x03, 0x55, 0x1d, 0x13, 0x01, 0x01, 0xff, 0x04, 0x05,
    0x30, 0x03, 0x01, 0x01, 0xff,
];
const ISSUER: &str = "Bench CA";

/// From when until when a certificate is valid, in `Time`s.
#[derive(Clone, Copy)]
pub(crate) enum Validity {
    /// From 2024 to 2124.
    Long,
    /// The year 2020.
    Over,
}

impl Validity {
    fn times(self) -> [&'static [u8]; 2] {
        match self {
            Self::Long => [b"\x18\x0f20240101000000Z", b"\x18\x0f21240101000000Z"],
            Self::Over => [b"\x18\x0f20200101000000Z", b"\x18\x0f20210101000000Z"],
        }
    }
}

/// A certificate and its private key.
pub(crate) struct Pair {
    pub(crate) certificate: Vec<u8>,
    /// PKCS#8.
    pub(crate) key: Vec<u8>,
}

impl Pair {
    /// Number so and so, a person's.
    pub(crate) fn person(number: u32, validity: Validity) -> io::Result<Self> {
        let key = key(number);
        let subject = format!("Bench {number:06}");
        let certificate = certificate(number, &subject, &key, &key_of_issuer(), validity, &[])?;
        let key = key.to_pkcs8_der().map_err(io::Error::other)?;
        let key = key.as_bytes().to_vec();
        Ok(Self { certificate, key })
    }

    /// Both as PEM.
    pub(crate) fn pem(&self) -> io::Result<String> {
        Ok(pem("CERTIFICATE", &self.certificate)? + &pem("PRIVATE KEY", &self.key)?)
    }
}

/// The certificate of the issuer, self-signed, as PEM.
pub(crate) fn issuer() -> io::Result<String> {
    authority(0, &key(0), &key_of_issuer())
}

/// So many certificates of CAs that have the issuer's name and keys of their own, which signed
/// nothing, as PEM.
pub(crate) fn namesakes(count: u32) -> io::Result<String> {
    (1..=count)
        .map(|number| authority(number, &key(number), &key(1 << 30)))
        .collect()
}

fn authority(number: u32, key: &SigningKey, signer: &SigningKey) -> io::Result<String> {
    let certificate = certificate(number, ISSUER, key, signer, Validity::Long, &IS_CA)?;
    pem("CERTIFICATE", &certificate)
}

/// Fills `folder` with pairs of files, one for each number.
pub(crate) fn fill(
    folder: &Path,
    numbers: RangeInclusive<u32>,
    validity: Validity,
) -> io::Result<()> {
    for number in numbers {
        let folder = folder.join(format!("{:03}", number / 1000));
        fs::create_dir_all(&folder)?;
        let pair = Pair::person(number, validity)?;
        let file = |ending: &str| folder.join(format!("{number:06}.{ending}.pem"));
        fs::write(file("crt"), pem("CERTIFICATE", &pair.certificate)?)?;
        fs::write(file("key"), pem("PRIVATE KEY", &pair.key)?)?;
    }
    Ok(())
}

fn key_of_issuer() -> SigningKey {
    key(0)
}

/// A key that depends on the number alone: a small scalar is a key like any other.
fn key(number: u32) -> SigningKey {
    let mut scalar = [0x5a; 32];
    scalar[..4].copy_from_slice(&number.to_be_bytes());
    SigningKey::from_slice(&scalar).unwrap_or_else(|_| unreachable!("below the group's order"))
}

/// An X.509 version 3 certificate (RFC 5280, 4.1) with these extensions, or none.
fn certificate(
    number: u32,
    subject: &str,
    key: &SigningKey,
    issuer: &SigningKey,
    validity: Validity,
    extensions: &[u8],
) -> io::Result<Vec<u8>> {
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
            &name(ISSUER),
            &tlv(SEQUENCE, &validity.times()),
            &name(subject),
            spki.as_bytes(),
            extensions,
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
