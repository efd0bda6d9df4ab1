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

use std::path::{Path, PathBuf};
use std::{fmt, io};

use certstow_formats::certificate::Certificate;
use certstow_formats::secret::Password;
use certstow_formats::{cms, names};
use certstow_platform::certificates_in;

use crate::error::Error;
pub use crate::error::Trouble;
use crate::time::UnixTime;
use crate::warning::{Code, Warning};
use crate::{output, password, time};
pub use opening::EscrowKey;

/// A certificate that passwords are sealed to.
pub struct Recipient(cms::Recipient);

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
            Err(source) => return Err(Error::io(path, source)),
        };
        match certificates.as_slice() {
            [certificate] => Self::new(certificate.clone()).map_err(refuse),
            [] => Err(refuse("it holds no certificate".to_owned())),
            several => Err(refuse(format!("it holds {} certificates", several.len()))),
        }
    }

    fn new(certificate: Certificate) -> Result<Self, String> {
        cms::Recipient::new(certificate).map(Self)
    }

    /// The certificate's SHA-1, 40 lower-case hexadecimal digits.
    pub fn thumbprint(&self) -> String {
        names::thumbprint(self.certificate())
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        self.0.certificate()
    }

    /// What a person should know about the certificate at `now`: that it
    /// is outside its validity, or that its key usage does not allow this use. Neither keeps
    /// anybody from opening what is sealed to it.
    pub fn warnings(&self, now: UnixTime) -> Vec<Warning> {
        let parsed = self.certificate().parse();
        let mut warnings = Vec::new();
        if let Some(how) = time::outside_validity(&parsed, now) {
            let text = format!("the escrow certificate {how}");
            warnings.push(Warning::new(Code::OutsideValidity, text));
        }
        let needed = self.0.key_usage();
        let usages = parsed.key_usages();
        if !usages.is_empty() && !usages.contains(&needed) {
            let text = format!(
                "the key usage of the escrow certificate lacks {needed}, which some programs need \
                 to open what is sealed to it"
            );
            warnings.push(Warning::new(Code::EscrowKeyUsage, text));
        }
        warnings
    }

    /// Seals a password: the DER of a CMS file.
    ///
    /// # Errors
    /// [`Error::Io`]: the system has no random numbers.
    pub fn seal(&self, password: &Password) -> Result<Vec<u8>, Error> {
        let password = password.expose().as_bytes();
        self.0.seal(password).map_err(Error::no_randomness)
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
