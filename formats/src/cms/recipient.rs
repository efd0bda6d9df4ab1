//! Encrypting to the holder of a certificate: the content under a fresh key of AES-256-CBC, and that
//! key to the certificate's public key, by key transport to RSA and key agreement on a curve.

use zeroize::Zeroizing;

use super::{agreement, enveloped_data, transport};
use crate::certificate::Certificate;
use crate::der::{self, INTEGER};
use crate::pkcs12::pbe::Cipher;
use crate::signature;

/// RSA moduli that are encrypted to, in bits, at least.
const MIN_RSA_BITS: usize = 2048;

/// A certificate with a public key that something can be encrypted to.
pub struct Recipient {
    certificate: Certificate,
    pub(super) key: PublicKey,
}

/// The kinds of key that something can be encrypted to.
pub(super) enum PublicKey {
    Rsa(rsa::PublicKey),
    Ec(agreement::PublicKey),
}

impl Recipient {
    /// The holder of a certificate.
    ///
    /// # Errors
    /// Why nothing can be encrypted to its key: it only signs (Ed25519, RSASSA-PSS), it is an RSA
    /// key of less than 2048 bits, or it is on another curve.
    pub fn new(certificate: Certificate) -> Result<Self, String> {
        let key = PublicKey::of(&certificate)?;
        Ok(Self { certificate, key })
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The bit of the certificate's key usage (RFC 5280, 4.2.1.3) that stands for this use.
    pub fn key_usage(&self) -> &'static str {
        match self.key {
            PublicKey::Rsa(_) => "keyEncipherment",
            PublicKey::Ec(_) => "keyAgreement",
        }
    }

    /// Encrypts `content`: the DER of a `ContentInfo` with an `EnvelopedData`.
    ///
    /// # Errors
    /// The operating system has no random numbers; in its words.
    pub fn seal(&self, content: &[u8]) -> Result<Vec<u8>, String> {
        let mut content_key = Zeroizing::new([0; 32]);
        let mut iv = [0; 16];
        getrandom::fill(&mut *content_key).map_err(|error| error.to_string())?;
        getrandom::fill(&mut iv).map_err(|error| error.to_string())?;
        let id = self.issuer_and_serial_number();
        let (version, info) = match &self.key {
            PublicKey::Rsa(key) => (
                transport::ENVELOPED_VERSION,
                transport::seal(key, &id, &*content_key).map_err(|error| error.to_string())?,
            ),
            PublicKey::Ec(key) => (
                agreement::ENVELOPED_VERSION,
                agreement::seal(key, &id, &content_key).map_err(|error| error.to_string())?,
            ),
        };
        let content = Cipher::Aes256.encrypt(&*content_key, &iv, content);
        Ok(enveloped_data::write(version, &info, &iv, &content))
    }

    /// `IssuerAndSerialNumber` (RFC 5652, 10.2.4).
    pub(super) fn issuer_and_serial_number(&self) -> Vec<u8> {
        let parsed = self.certificate.x509();
        let serial = der::value(INTEGER, &[parsed.raw_serial()]);
        der::sequence(&[self.certificate.issuer_der(), &serial])
    }
}

impl PublicKey {
    /// The key of a certificate, or why nothing can be encrypted to it.
    fn of(certificate: &Certificate) -> Result<Self, String> {
        let parsed = certificate.x509();
        let spki = parsed.public_key();
        let bits = &spki.subject_public_key.data;
        match spki.algorithm.algorithm.to_id_string().as_str() {
            "1.2.840.113549.1.1.1" => {
                let key = signature::rsa_public_key(bits)
                    .map_err(|_| "its RSA key cannot be read".to_owned())?;
                let length = rsa::traits::PublicKeyParts::n(&key).bit_width() as usize;
                if length < MIN_RSA_BITS {
                    return Err(format!("an RSA key of {length} bits is too short"));
                }
                Ok(Self::Rsa(key))
            }
            "1.2.840.10045.2.1" => {
                let parameters = spki.algorithm.parameters.as_ref();
                let curve = parameters.and_then(|parameters| parameters.as_oid().ok());
                let curve = curve.map_or_else(String::new, |oid| oid.to_id_string());
                match agreement::PublicKey::read(&curve, bits) {
                    Some(Ok(key)) => Ok(Self::Ec(key)),
                    Some(Err(())) => Err("its key is no point on its curve".to_owned()),
                    None => Err("its key is on a curve that certstow does not know".to_owned()),
                }
            }
            "1.3.101.112" | "1.3.101.113" | "1.2.840.113549.1.1.10" | "1.2.840.10040.4.1" => {
                Err("its key can only sign".to_owned())
            }
            other => Err(format!(
                "its key is of an algorithm certstow does not know, {other}"
            )),
        }
    }
}
