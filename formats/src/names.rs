//! Names in certificates as text: distinguished names in the string form of RFC 4514, and the
//! e-mail addresses, host names and usages of RFC 5280's extensions. Everything here is the
//! certificate's own text, not yet made safe for a terminal.

use sha1::{Digest as _, Sha1};
use x509_parser::prelude::{ParsedExtension, X509Certificate};

use crate::certificate::Certificate;
use crate::key;

mod attribute;
mod distinguished;
mod hex;
mod name_error;
mod purposes;
mod usages;
mod written;

pub(crate) use distinguished::{
    common_name, distinguished_name, organization, readable_name, string_value, with_emails_of,
};
pub use distinguished::{distinguished_name_of_der, escaped, short_name_of_der};
pub use hex::hex;
pub use name_error::NameError;
pub use purposes::may_decrypt;
pub(crate) use usages::usages_of;
pub use usages::{UnknownUsage, usage_name, usage_oid};
pub use written::{DistinguishedName, Parts};

/// The SHA-1 of the certificate's DER, 40 lower-case digits: what Windows calls thumbprint.
pub fn thumbprint(certificate: &Certificate) -> String {
    hex(&Sha1::digest(certificate.der()))
}

/// A label with enough of the thumbprint to select the identity by: "Ada Example (694258fc134145ba)".
pub fn with_thumbprint(label: &str, certificate: &Certificate) -> String {
    format!("{label} ({})", &thumbprint(certificate)[..16])
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
