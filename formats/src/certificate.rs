//! An X.509 certificate (RFC 5280) as certstow carries it: its DER, checked once to be readable,
//! and the places of the few fields that stores and the certification path compare as bytes.

mod parsed;
mod property;
mod structure;
mod validity;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use sha1::Sha1;
use sha2::{Digest, Sha256};
use thiserror::Error;
use x509_parser::error::X509Error;
use x509_parser::nom;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::names;
pub use parsed::ParsedCertificate;
pub use property::Property;
pub use structure::{as_der, begins_like_one, without_trailing_data};
pub use validity::Clock;

/// The identity of an entry: the SHA-256 of its certificate's DER.
///
/// It is the same in every store and on every machine, and it changes when the certificate is
/// renewed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId([u8; 32]);

impl EntryId {
    /// The id of the certificate with this DER.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// The 32 bytes of the SHA-256.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for EntryId {
    /// 64 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryId({self})")
    }
}

/// Why bytes are not a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a readable X.509 certificate: {reason}")]
pub struct CertificateError {
    reason: String,
}

impl CertificateError {
    /// Of bytes that x509-parser does not read, in words: its own name types of a program.
    fn of(der: &[u8], error: &nom::Err<X509Error>) -> Self {
        let invalid_date = matches!(error, nom::Err::Error(X509Error::InvalidDate));
        let dates = structure::dates(der).filter(|_| invalid_date);
        let reason = match (dates, structure::malformed_part(der)) {
            (Some((from, until)), _) => {
                format!("it is valid from {from} until {until}, which are not both dates")
            }
            (None, Some(_)) if structure::is_cut_off(der) => "its end is missing".to_owned(),
            (None, Some(part)) => format!("{part} cannot be read"),
            (None, None) => "something in it is not as RFC 5280 has it".to_owned(),
        };
        Self { reason }
    }
}

/// A readable X.509 certificate. Cloning shares the bytes.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<[u8]>,
    subject: Range<u32>,
    issuer: Range<u32>,
    spki: Range<u32>,
    ca: bool,
}

impl Certificate {
    /// Reads a certificate from its DER, which must hold nothing after it.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (rest, parsed) =
            X509Certificate::from_der(der).map_err(|error| CertificateError::of(der, &error))?;
        if !rest.is_empty() {
            return Err(CertificateError {
                reason: format!("{} bytes follow the certificate", rest.len()),
            });
        }
        let range = |part: &[u8]| {
            let start = part.as_ptr() as usize - der.as_ptr() as usize;
            start as u32..(start + part.len()) as u32
        };
        let tbs = &parsed.tbs_certificate;
        let self_issued = tbs.subject.as_raw() == tbs.issuer.as_raw();
        let ca = match tbs.basic_constraints() {
            Ok(Some(constraints)) => constraints.value.ca,
            // Version 1 roots have no extensions at all; a self-issued one may be a root.
            _ => self_issued && tbs.extensions().is_empty(),
        };
        Ok(Self {
            subject: range(tbs.subject.as_raw()),
            issuer: range(tbs.issuer.as_raw()),
            spki: range(tbs.subject_pki.raw),
            ca,
            der: der.into(),
        })
    }

    /// The certificate's DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The SHA-256 of the DER.
    pub fn id(&self) -> EntryId {
        EntryId::of(&self.der)
    }

    /// The DER of the subject's `Name`.
    pub fn subject_der(&self) -> &[u8] {
        self.part(&self.subject)
    }

    /// The DER of the issuer's `Name`.
    pub fn issuer_der(&self) -> &[u8] {
        self.part(&self.issuer)
    }

    /// The DER of the `SubjectPublicKeyInfo`.
    pub fn spki_der(&self) -> &[u8] {
        self.part(&self.spki)
    }

    /// Whether subject and issuer are the same name (RFC 5280, 3.2: self-issued).
    pub fn is_self_issued(&self) -> bool {
        self.subject_der() == self.issuer_der()
    }

    /// Whether this certificate may issue others: basicConstraints says so, or it is a
    /// self-issued certificate without extensions, as version 1 roots are.
    pub fn is_ca(&self) -> bool {
        self.ca
    }

    /// The part that is malformed, such as "its issuer", if other programs refuse this certificate
    /// although certstow reads it.
    pub(crate) fn malformed_part(&self) -> Option<&'static str> {
        structure::malformed_part(&self.der)
    }

    /// The certificate's fields, as x509-parser has them.
    pub(crate) fn x509(&self) -> X509Certificate<'_> {
        match X509Certificate::from_der(&self.der) {
            Ok((_, parsed)) => parsed,
            Err(_) => unreachable!("from_der read these bytes"),
        }
    }

    fn part(&self, range: &Range<u32>) -> &[u8] {
        &self.der[range.start as usize..range.end as usize]
    }
}

/// The SHA-1 of a certificate's DER in upper-case digits, as Windows and macOS show it.
pub fn sha1_thumbprint(der: &[u8]) -> String {
    names::hex(&Sha1::digest(der)).to_ascii_uppercase()
}

/// The CA certificates among those with these DERs; what cannot be read is none.
pub fn ca_certificates<'a>(ders: impl Iterator<Item = &'a [u8]>) -> Vec<Certificate> {
    let readable = ders.filter_map(|der| Certificate::from_der(der).ok());
    readable.filter(Certificate::is_ca).collect()
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(pem: &[u8]) -> Vec<u8> {
        pem_rfc7468::decode_vec(pem).unwrap().1
    }

    #[test]
    fn ca_certificates_keeps_only_readable_cas() {
        let ca = der(include_bytes!("../tests/data/certificates/ca.pem"));
        let leaf = der(include_bytes!("../tests/data/certificates/rsa.pem"));
        let found = ca_certificates([&leaf[..], b"no certificate", &ca].into_iter());
        let [found] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(found.der(), ca);
    }

    #[test]
    fn from_der_says_in_words_what_is_wrong() {
        let sound = der(include_bytes!("../tests/data/certificates/rsa.pem"));
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut der = sound.clone();
            change(&mut der);
            Certificate::from_der(&der).unwrap_err().to_string()
        };
        let not_before = structure::dates(&sound).unwrap().0;
        let at = |der: &[u8]| {
            let mut windows = der.windows(not_before.len());
            windows
                .position(|part| part == not_before.as_bytes())
                .unwrap()
        };
        let seconds = not_before.len() - 3;
        for (error, words) in [
            (with(&|der| der.truncate(100)), "its end is missing"),
            (with(&|der| der.clear()), "its end is missing"),
            (
                with(&|der| der[0] = 2),
                "its outermost layer cannot be read",
            ),
            (
                with(&|der| der.extend([0, 0])),
                "2 bytes follow the certificate",
            ),
            (
                with(&|der| {
                    let at = at(der) + seconds;
                    der[at..at + 2].copy_from_slice(b"60");
                }),
                "60Z until ",
            ),
            (
                with(&|der| {
                    let at = at(der) + seconds - 8;
                    der[at..at + 4].copy_from_slice(b"0230");
                }),
                "which are not both dates",
            ),
            (
                with(&|der| {
                    let at = at(der) - 2;
                    der[at] = 4;
                }),
                "its validity cannot be read",
            ),
        ] {
            assert!(error.contains(words), "{words}: {error}");
        }
        // Whatever is wrong, it is said in words.
        for at in 0..sound.len().min(600) {
            for bit in 0..8 {
                let mut der = sound.clone();
                der[at] ^= 1 << bit;
                if let Err(error) = Certificate::from_der(&der) {
                    let error = error.to_string();
                    let foreign = ["(", "{", "Error", "Invalid", "nom", "BER"];
                    assert!(!foreign.iter().any(|word| error.contains(word)), "{error}");
                }
            }
        }
    }

    #[test]
    fn sha1_thumbprint_is_upper_case_hex() {
        // The SHA-1 of no bytes, from FIPS 180.
        let empty = "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709";
        assert_eq!(sha1_thumbprint(b""), empty);
    }
}
