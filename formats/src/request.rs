//! Certification requests (PKCS#10, RFC 2986): what goes to a CA, which returns a certificate. The extensions
//! that are asked for lie in the attribute extensionRequest (RFC 2985, 5.4.2). What is written is read back
//! by another implementation, and its signature checked with the key in it.

mod error;
mod extension;
pub mod pending;
mod signing;

use const_oid::ObjectIdentifier;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::{FromDer as _, ParsedExtension};

use crate::alternative_name::{AlternativeName, Kind};
use crate::der::{self, EXPLICIT_0};
use crate::names::{self, DistinguishedName};
use crate::pem;
use crate::secret::{Password, PrivateKey};
use crate::signature::Scheme;
pub use error::RequestError;
use extension::extension;

/// The labels of a request in PEM: that of RFC 7468, section 7, and that of certreq and NSS.
const LABELS: [&str; 2] = [
    "-----BEGIN CERTIFICATE REQUEST-----",
    "-----BEGIN NEW CERTIFICATE REQUEST-----",
];

const EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");
const CHALLENGE_PASSWORD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.7");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
/// The name of a certificate template of Windows' CAs ([MS-WCCE] 2.2.2.7.7.1, a `BMPString`).
const TEMPLATE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2");

/// What is asked of a CA.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The subject, which may be empty beside an alternative name.
    pub subject: &'a DistinguishedName,
    /// The subject's alternative names, in order.
    pub alternative_names: &'a [AlternativeName],
    /// The extended key usages, in order.
    pub usages: &'a [ObjectIdentifier],
    /// The name of a certificate template of Windows' CAs.
    pub template: Option<&'a str>,
    /// The challenge password, by which a CA recognizes the requester later, as for a revocation
    /// (challengePassword, RFC 2985, 5.4.1). It stands in the request in clear.
    pub challenge: Option<&'a Password>,
}

/// A certification request, whose signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificationRequest {
    der: Vec<u8>,
    spki_der: Vec<u8>,
}

impl Draft<'_> {
    /// The request, signed with the key that it is for: RSASSA-PKCS1-v1_5 with SHA-256, ECDSA with the hash
    /// of the size of its curve, Ed25519.
    ///
    /// # Errors
    /// All of [`RequestError`].
    pub fn sign(&self, key: &PrivateKey) -> Result<CertificationRequest, RequestError> {
        if self.subject.is_empty() && self.alternative_names.is_empty() {
            return Err(RequestError::Nameless);
        }
        let spki = signing::public_key(key)?;
        let mut attributes = Vec::new();
        let extensions = self.extensions();
        // RFC 5280 wants one extension at least (4.1, SIZE 1..MAX); without any, there is no attribute.
        if !extensions.is_empty() {
            let extensions: Vec<&[u8]> = extensions.iter().map(Vec::as_slice).collect();
            attributes.push(attribute(&EXTENSION_REQUEST, der::sequence(&extensions)));
        }
        if let Some(challenge) = self.challenge {
            let text = challenge.expose();
            let string = match der::is_printable(text) {
                true => der::PRINTABLE_STRING,
                false => der::UTF8_STRING,
            };
            let value = der::value(string, &[text.as_bytes()]);
            attributes.push(attribute(&CHALLENGE_PASSWORD, value));
        }
        // As those of a SET OF in DER.
        attributes.sort();
        let attributes: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
        let info = der::sequence(&[
            &der::unsigned(0),
            self.subject.der(),
            &spki,
            &der::value(EXPLICIT_0, &attributes),
        ]);
        let algorithm = signing::algorithm(&spki)?;
        let signature = signing::sign(key, &spki, &info)?;
        let signature = der::value(der::BIT_STRING, &[&[0], &signature]);
        CertificationRequest::from_der(&der::sequence(&[&info, &algorithm, &signature]))
    }

    fn extensions(&self) -> Vec<Vec<u8>> {
        let mut extensions = Vec::new();
        if !self.alternative_names.is_empty() {
            let names = self.alternative_names.iter().map(AlternativeName::to_der);
            let names: Vec<Vec<u8>> = names.collect();
            let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
            // Where it is all there is of a name, RFC 5280, 4.2.1.6 has it be critical.
            let critical = self.subject.is_empty();
            extensions.push(extension(
                SUBJECT_ALT_NAME.as_bytes(),
                critical,
                &der::sequence(&names),
            ));
        }
        if !self.usages.is_empty() {
            let usages: Vec<Vec<u8>> = self.usages.iter().map(der::oid).collect();
            let usages: Vec<&[u8]> = usages.iter().map(Vec::as_slice).collect();
            extensions.push(extension(
                EXTENDED_KEY_USAGE.as_bytes(),
                false,
                &der::sequence(&usages),
            ));
        }
        if let Some(template) = self.template {
            extensions.push(extension(
                TEMPLATE_NAME.as_bytes(),
                false,
                &der::bmp_string(template),
            ));
        }
        extensions
    }
}

/// `Attribute` (RFC 2986, 4.1) with one value.
fn attribute(oid: &ObjectIdentifier, value: Vec<u8>) -> Vec<u8> {
    der::sequence(&[&der::oid(oid), &der::set_of(vec![value])])
}

impl CertificationRequest {
    /// Reads a request in DER.
    ///
    /// # Errors
    /// [`RequestError::Malformed`], [`RequestError::NotVerified`].
    pub fn from_der(der: &[u8]) -> Result<Self, RequestError> {
        let read = X509CertificationRequest::from_der(der);
        let Ok((&[], request)) = read else {
            return Err(RequestError::Malformed);
        };
        let info = &request.certification_request_info;
        let scheme = Scheme::from_identifier(&request.signature_algorithm);
        let verified = scheme.and_then(|scheme| {
            scheme.verify(&info.subject_pki, info.raw, &request.signature_value.data)
        });
        if verified.is_err() || request.signature_value.unused_bits != 0 {
            return Err(RequestError::NotVerified);
        }
        Ok(Self {
            spki_der: info.subject_pki.raw.to_vec(),
            der: der.to_vec(),
        })
    }

    /// The DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The `SubjectPublicKeyInfo` in DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// The DER of the subject's `Name`.
    pub fn subject_der(&self) -> Vec<u8> {
        self.x509()
            .certification_request_info
            .subject
            .as_raw()
            .to_vec()
    }

    /// The alternative names that are asked for, in order; those of other kinds are left out.
    pub fn alternative_names(&self) -> Vec<(Kind, String)> {
        let request = self.x509();
        let asked = request.requested_extensions().into_iter().flatten();
        let names = asked.filter_map(|extension| match extension {
            ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
            _ => None,
        });
        let known = |name| {
            let text = |kind: Kind| Some((kind, kind.text_of(name)?));
            Kind::ALL.into_iter().find_map(text)
        };
        names.flatten().filter_map(known).collect()
    }

    /// The extended key usages that are asked for, by name where one is known, else in dotted form.
    pub fn extended_key_usages(&self) -> Vec<String> {
        let request = self.x509();
        let asked = request.requested_extensions().into_iter().flatten();
        let usages = asked.filter_map(|extension| match extension {
            ParsedExtension::ExtendedKeyUsage(usages) => Some(names::usages_of(usages)),
            _ => None,
        });
        usages.flatten().collect()
    }

    fn x509(&self) -> X509CertificationRequest<'_> {
        match X509CertificationRequest::from_der(&self.der) {
            Ok((_, request)) => request,
            Err(_) => unreachable!("from_der read these bytes"),
        }
    }

    /// In PEM (RFC 7468, 7): ASCII, with LF at the end of each line.
    pub fn to_pem(&self) -> String {
        let block = pem::Block::new(pem::REQUEST, &self.der);
        let text = pem::join(&[block]).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Whether the bytes are a request in DER, or text with one in PEM.
pub fn is_request(bytes: &[u8]) -> bool {
    let is_der =
        matches!(X509CertificationRequest::from_der(bytes), Ok((rest, _)) if rest.is_empty());
    is_der || {
        let text = String::from_utf8_lossy(bytes);
        LABELS.iter().any(|label| text.contains(label))
    }
}

#[cfg(test)]
mod tests;
