//! A password nobody has to keep: made fresh for one file, and stored beside it encrypted to a
//! certificate, so that only the holder of its private key opens it. The form is CMS EnvelopedData
//! (RFC 5652, section 6) as DER, its content the password's UTF-8 bytes and nothing else:
//! `openssl cms -decrypt -inform DER` opens it without certstow.
//!
//! Nothing in such a file tells who wrote it, and a changed one may open to a wrong password: the
//! file that the password belongs to tells, by not opening.

mod opening;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use certstow_formats::certificate::Certificate;
use certstow_formats::cms::{self, agreement, transport};
use certstow_formats::der::{self as write, INTEGER};
use certstow_formats::pkcs12::pbe::Cipher;
use certstow_formats::secret::Password;
use certstow_platform::certificates_in;
use sha1::{Digest as _, Sha1};
use x509_parser::certificate::X509Certificate;
use zeroize::Zeroizing;

use crate::error::Error;
pub use crate::error::Trouble;
use crate::{output, password, time};
use certstow_formats::{names, signature};
pub use opening::EscrowKey;

/// RSA moduli that passwords are sealed to, in bits, at least.
const MIN_RSA_BITS: usize = 2048;

/// A certificate that passwords are sealed to.
pub struct Recipient {
    certificate: Certificate,
    key: PublicKey,
}

/// The kinds of key that something can be encrypted to.
enum PublicKey {
    Rsa(rsa::PublicKey),
    Ec(agreement::PublicKey),
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({})", self.thumbprint())
    }
}

impl Recipient {
    /// Reads the one certificate in a PEM or DER file. Whether it is valid now is not asked; see
    /// [`Recipient::warnings`].
    ///
    /// # Errors
    /// - [`Error::Io`]: the file cannot be read.
    /// - [`Error::Escrow`] with [`Trouble::Certificate`]: it does not hold one readable
    ///   certificate, or one with a key that nothing can be encrypted to: one that only signs
    ///   (Ed25519, RSASSA-PSS), RSA of less than 2048 bits, another curve.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let refuse = |why: String| refused(path, Trouble::Certificate(why));
        let wait = output::waiting_for(path);
        let certificates = certificates_in(path);
        drop(wait);
        let certificates = match certificates {
            Ok(certificates) => certificates,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(refuse(error.to_string()));
            }
            Err(source) => return Err(unreadable(path, source)),
        };
        match certificates.as_slice() {
            [certificate] => Self::new(certificate.clone()).map_err(refuse),
            [] => Err(refuse("it holds no certificate".to_owned())),
            several => Err(refuse(format!("it holds {} certificates", several.len()))),
        }
    }

    fn new(certificate: Certificate) -> Result<Self, String> {
        let key = PublicKey::of(&certificate.parse())?;
        Ok(Self { certificate, key })
    }

    /// The certificate's SHA-1, 40 lower-case hexadecimal digits.
    pub fn thumbprint(&self) -> String {
        names::hex(&Sha1::digest(self.certificate.der()))
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// What a person should know about the certificate at `now` (Unix time), in sentences: that it
    /// is outside its validity, or that its key usage does not allow this use. Neither keeps
    /// anybody from opening what is sealed to it.
    pub fn warnings(&self, now: i64) -> Vec<String> {
        let parsed = self.certificate.parse();
        let mut warnings = Vec::new();
        if let Some(how) = time::outside_validity(&parsed, now) {
            warnings.push(format!("the escrow certificate {how}"));
        }
        let needed = match self.key {
            PublicKey::Rsa(_) => "keyEncipherment",
            PublicKey::Ec(_) => "keyAgreement",
        };
        let usages = names::key_usages(&parsed);
        if !usages.is_empty() && !usages.contains(&needed) {
            warnings.push(format!(
                "the key usage of the escrow certificate lacks {needed}, which some programs need \
                 to open what is sealed to it"
            ));
        }
        warnings
    }

    /// Seals a password: the DER of a CMS file.
    ///
    /// # Errors
    /// [`Error::Io`]: the system has no random numbers.
    pub fn seal(&self, password: &Password) -> Result<Vec<u8>, Error> {
        let mut content_key = Zeroizing::new([0; 32]);
        let mut iv = [0; 16];
        getrandom::fill(&mut *content_key).map_err(no_randomness)?;
        getrandom::fill(&mut iv).map_err(no_randomness)?;
        let name = self.issuer_and_serial_number();
        let (version, recipient) = match &self.key {
            PublicKey::Rsa(key) => (
                transport::ENVELOPED_VERSION,
                transport::seal(key, &name, &*content_key).map_err(no_randomness)?,
            ),
            PublicKey::Ec(key) => (
                agreement::ENVELOPED_VERSION,
                agreement::seal(key, &name, &content_key).map_err(no_randomness)?,
            ),
        };
        let content = password.expose().as_bytes();
        let content = Cipher::Aes256.encrypt(&*content_key, &iv, content);
        Ok(cms::write(version, &recipient, &iv, &content))
    }

    /// `IssuerAndSerialNumber` (RFC 5652, 10.2.4).
    fn issuer_and_serial_number(&self) -> Vec<u8> {
        let parsed = self.certificate.parse();
        let serial = write::value(INTEGER, &[parsed.raw_serial()]);
        write::sequence(&[self.certificate.issuer_der(), &serial])
    }
}

impl PublicKey {
    /// The key of a certificate, or why nothing can be encrypted to it.
    fn of(certificate: &X509Certificate<'_>) -> Result<Self, String> {
        let spki = certificate.public_key();
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

/// Five characters each: a password that no person has to type every day has 139 bits.
const GROUPS: usize = 6;

/// A fresh random password: 30 letters and digits in groups of five ("k3v9p-..."), so that a
/// person can type it in an emergency.
///
/// # Errors
/// [`Error::Io`]: the system has no random numbers.
pub fn random_password() -> Result<Password, Error> {
    password::in_groups(GROUPS)
}

fn refused(file: &Path, trouble: Trouble) -> Error {
    let file = PathBuf::from(file);
    Error::Escrow { file, trouble }
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    Error::Io {
        place: path.display().to_string(),
        source,
    }
}

fn no_randomness(error: impl fmt::Display) -> Error {
    Error::Io {
        place: "the system's source of random numbers".to_owned(),
        source: io::Error::other(error.to_string()),
    }
}
