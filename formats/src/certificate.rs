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
use x509_parser::prelude::{FromDer, X509Certificate, X509Extension};

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
    /// The same with dates that exist, which has every part in the same place.
    parseable: Arc<[u8]>,
    signed: Range<u32>,
    subject: Range<u32>,
    issuer: Range<u32>,
    spki: Range<u32>,
    ca: bool,
    pending: bool,
}

/// The object identifier, as its octets in DER, of the extension by which a pending certificate carries
/// its certification request: 2.25.91767310229833366041550506022419648530, which is a UUID and so needs
/// no registration (X.667, 6.3).
pub(crate) const CARRIED_REQUEST: [u8; 20] = [
    0x69, 0x81, 0x8a, 0x89, 0xde, 0xed, 0xd5, 0xe8, 0x8a, 0xa5, 0xbb, 0xb1, 0x96, 0x9b, 0x9f, 0xd8,
    0xce, 0xb5, 0xa0, 0x12,
];

impl Certificate {
    /// Reads a certificate from its DER, which must hold nothing after it.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let shared: Arc<[u8]> = der.into();
        let error = match Self::read(&shared, &shared) {
            Err(error) => error,
            read => return read,
        };
        match structure::with_existing_dates(der) {
            Some(parseable) => Self::read(&shared, &parseable.into()).map_err(|_| error),
            None => Err(error),
        }
    }

    fn read(der: &Arc<[u8]>, parseable: &Arc<[u8]>) -> Result<Self, CertificateError> {
        let (rest, parsed) = X509Certificate::from_der(parseable)
            .map_err(|error| CertificateError::of(der, &error))?;
        if !rest.is_empty() {
            return Err(CertificateError {
                reason: format!("{} bytes follow the certificate", rest.len()),
            });
        }
        let range = |part: &[u8]| {
            let start = part.as_ptr() as usize - parseable.as_ptr() as usize;
            start as u32..(start + part.len()) as u32
        };
        let tbs = &parsed.tbs_certificate;
        let self_issued = tbs.subject.as_raw() == tbs.issuer.as_raw();
        let ca = match tbs.basic_constraints() {
            Ok(Some(constraints)) => constraints.value.ca,
            // Version 1 roots have no extensions at all; a self-issued one may be a root.
            _ => self_issued && tbs.extensions().is_empty(),
        };
        let carries_request = |extension: &X509Extension<'_>| {
            extension.oid.as_bytes() == CARRIED_REQUEST && !extension.critical
        };
        let pending = self_issued && !ca && tbs.extensions().iter().any(carries_request);
        Ok(Self {
            signed: range(tbs.as_ref()),
            subject: range(tbs.subject.as_raw()),
            issuer: range(tbs.issuer.as_raw()),
            spki: range(tbs.subject_pki.raw),
            ca,
            pending,
            parseable: parseable.clone(),
            der: der.clone(),
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

    /// The DER of the `TBSCertificate`, which is what its issuer signed.
    pub(crate) fn signed_der(&self) -> &[u8] {
        self.part(&self.signed)
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

    /// Whether it only stands beside a private key until a CA has issued the real one: self-issued, with
    /// the request in it ([`pending`](crate::request::pending)).
    pub fn is_pending(&self) -> bool {
        self.pending
    }

    /// Whether a date of its validity is in no calendar, such as 30 February.
    pub(crate) fn has_impossible_date(&self) -> bool {
        self.der != self.parseable
    }

    /// From when until when it is valid, as it is written there, if one of these dates is in no
    /// calendar. What [`Self::parse`] gives in its place is the nearest one before.
    pub fn impossible_dates(&self) -> Option<(String, String)> {
        structure::dates(&self.der).filter(|_| self.has_impossible_date())
    }

    /// The part that is malformed, such as "its issuer", if other programs refuse this certificate
    /// although certstow reads it.
    pub(crate) fn malformed_part(&self) -> Option<&'static str> {
        structure::malformed_part(&self.der)
    }

    /// The certificate's fields, as x509-parser has them. Its dates exist, where the certificate's do
    /// not, so that its bytes are not for verifying signatures.
    pub fn x509(&self) -> X509Certificate<'_> {
        match X509Certificate::from_der(&self.parseable) {
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
                    let at = at(der) + seconds - 8;
                    der[at..at + 4].copy_from_slice(b"1330");
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
    fn from_der_takes_nearest_date_that_exists() {
        let sound = der(include_bytes!("../tests/data/certificates/rsa.pem"));
        let written = structure::dates(&sound).unwrap().0;
        let mut windows = sound.windows(written.len());
        let at = windows.position(|part| part == written.as_bytes()).unwrap();
        for (date, shown) in [
            ("250101000060Z", "2025-01-01T00:00:59Z"),
            ("250230000000Z", "2025-02-28T00:00:00Z"),
            ("000230000000Z", "2000-02-29T00:00:00Z"),
            ("240231000000Z", "2024-02-29T00:00:00Z"),
            ("240631000099Z", "2024-06-30T00:00:59Z"),
        ] {
            let mut der = sound.clone();
            der[at..at + date.len()].copy_from_slice(date.as_bytes());
            let certificate = Certificate::from_der(&der).unwrap();
            assert_eq!(certificate.parse().not_before().to_string(), shown);
            assert_eq!(certificate.id(), EntryId::of(&der));
            let signed = certificate.signed_der();
            assert!(
                signed
                    .windows(date.len())
                    .any(|part| part == date.as_bytes())
            );
        }
    }

    #[test]
    fn sha1_thumbprint_is_upper_case_hex() {
        // The SHA-1 of no bytes, from FIPS 180.
        let empty = "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709";
        assert_eq!(sha1_thumbprint(b""), empty);
    }
}
