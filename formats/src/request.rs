//! Certification requests (PKCS#10, RFC 2986): what goes to a CA, which returns a certificate.

use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer as _;

/// The labels of a request in PEM: that of RFC 7468, section 7, and that of certreq and NSS.
const LABELS: [&str; 2] = [
    "-----BEGIN CERTIFICATE REQUEST-----",
    "-----BEGIN NEW CERTIFICATE REQUEST-----",
];

/// Whether the bytes are a request in DER, or text with one in PEM.
pub fn is_request(bytes: &[u8]) -> bool {
    let is_der =
        matches!(X509CertificationRequest::from_der(bytes), Ok((rest, _)) if rest.is_empty());
    is_der || {
        let text = String::from_utf8_lossy(bytes);
        LABELS.iter().any(|label| text.contains(label))
    }
}
