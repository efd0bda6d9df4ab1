//! Names in certificates as text: distinguished names in the string form of RFC 4514, and the
//! e-mail addresses, host names and usages of RFC 5280's extensions. Everything here is the
//! certificate's own text, not yet made safe for a terminal.

use sha1::{Digest as _, Sha1};
use x509_parser::prelude::{ParsedExtension, X509Certificate};

use crate::certificate::Certificate;
use crate::key;

mod distinguished;
mod hex;
mod purposes;

use distinguished::known;
pub(crate) use distinguished::string_value;
pub(crate) use distinguished::{common_name, distinguished_name, organization, readable_name};
pub use distinguished::{distinguished_name_of_der, escaped, short_name_of_der};
pub use hex::hex;
pub use purposes::may_decrypt;

/// Extended key usages that have a name of their own, by what the certificate carries.
const USAGES: [(&str, &str); 14] = [
    ("2.5.29.37.0", "anyExtendedKeyUsage"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ("1.3.6.1.5.5.7.3.17", "ipsecIKE"),
    ("1.3.6.1.5.5.7.3.36", "documentSigning"),
    ("1.3.6.1.5.2.3.4", "pkinitClient"),
    ("1.3.6.1.5.2.3.5", "pkinitKDC"),
    ("1.3.6.1.4.1.311.20.2.2", "smartcardLogon"),
    ("1.3.6.1.4.1.311.10.3.4", "encryptingFileSystem"),
    ("1.3.6.1.4.1.311.10.3.12", "msDocumentSigning"),
];

/// The SHA-1 of the certificate's DER, 40 lower-case digits: what Windows calls thumbprint.
pub fn thumbprint(certificate: &Certificate) -> String {
    hex(&Sha1::digest(certificate.der()))
}

/// A label with enough of the thumbprint to select the identity by: "Ada Example (694258fc134145ba)".
pub fn with_thumbprint(label: &str, certificate: &Certificate) -> String {
    format!("{label} ({})", &thumbprint(certificate)[..16])
}

/// The name of an extended key usage given in dotted form; anything else stays as it is.
pub fn usage_name(usage: &str) -> &str {
    known(&USAGES, usage).unwrap_or(usage)
}

/// What kind of key a `SubjectPublicKeyInfo` holds, for people: "RSA 2048", "ECDSA P-256".
pub fn key_kind(spki: &[u8]) -> String {
    let described = key::describe(spki);
    match described.bits {
        Some(bits) if described.algorithm == "RSA" => format!("RSA {bits}"),
        _ => described.algorithm,
    }
}

/// A serial number as lower-case hexadecimal digits without the sign byte, of its octets in DER.
pub(crate) fn serial_of_octets(octets: &[u8]) -> String {
    match octets {
        [0, rest @ ..] if !rest.is_empty() => hex(rest),
        _ => hex(octets),
    }
}

/// The subject key identifier, if the certificate has one.
pub(crate) fn subject_key_id<'a>(parsed: &X509Certificate<'a>) -> Option<&'a [u8]> {
    let mut extensions = parsed.extensions().iter();
    extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0),
        _ => None,
    })
}
