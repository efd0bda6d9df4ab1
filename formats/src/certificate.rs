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
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|error| CertificateError {
            reason: error.to_string(),
        })?;
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
    fn sha1_thumbprint_is_upper_case_hex() {
        // The SHA-1 of no bytes, from FIPS 180.
        let empty = "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709";
        assert_eq!(sha1_thumbprint(b""), empty);
    }
}
