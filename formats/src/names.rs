//! Names in certificates as text: distinguished names in the string form of RFC 4514, and the
//! e-mail addresses, host names and usages of RFC 5280's extensions. Everything here is the
//! certificate's own text, not yet made safe for a terminal.

use sha1::{Digest as _, Sha1};
use x509_parser::prelude::{GeneralName, ParsedExtension, X509Certificate};

use crate::certificate::Certificate;
use crate::key;

mod distinguished;
mod hex;
mod purposes;

pub(crate) use distinguished::{common_name, distinguished_name, organization};
pub use distinguished::{distinguished_name_of_der, short_name_of_der};
use distinguished::{known, string_value};
pub use hex::hex;
pub(crate) use purposes::purposes;

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

/// What a person calls a certificate without a friendly name: the common name, else the first
/// e-mail address or DNS name, else the organization, else the serial number.
pub(crate) fn label(parsed: &X509Certificate<'_>) -> String {
    common_name(parsed.subject())
        .or_else(|| emails(parsed).into_iter().next())
        .or_else(|| dns_names(parsed).into_iter().next())
        .or_else(|| organization(parsed.subject()))
        .unwrap_or_else(|| format!("serial {}", serial(parsed)))
}

/// The SHA-1 of the certificate's DER, 40 lower-case digits: what Windows calls thumbprint.
pub fn thumbprint(certificate: &Certificate) -> String {
    hex(&Sha1::digest(certificate.der()))
}

/// A label with enough of the thumbprint to select the identity by: "Ada Example (694258fc134145ba)".
pub fn with_thumbprint(label: &str, certificate: &Certificate) -> String {
    format!("{label} ({})", &thumbprint(certificate)[..16])
}

/// The e-mail addresses: those of subjectAltName, then those of the subject, each once.
pub(crate) fn emails(parsed: &X509Certificate<'_>) -> Vec<String> {
    let mut found = alternative_names(parsed, |name| match name {
        GeneralName::RFC822Name(address) => Some((*address).to_owned()),
        _ => None,
    });
    for attribute in parsed.subject().iter_email() {
        if let Some(address) = string_value(attribute.attr_value())
            && !found
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&address))
        {
            found.push(address);
        }
    }
    found
}

/// The DNS names of subjectAltName.
pub(crate) fn dns_names(parsed: &X509Certificate<'_>) -> Vec<String> {
    alternative_names(parsed, |name| match name {
        GeneralName::DNSName(host) => Some((*host).to_owned()),
        _ => None,
    })
}

fn alternative_names(
    parsed: &X509Certificate<'_>,
    pick: impl Fn(&GeneralName<'_>) -> Option<String>,
) -> Vec<String> {
    match parsed.subject_alternative_name() {
        Ok(Some(extension)) => extension
            .value
            .general_names
            .iter()
            .filter_map(pick)
            .collect(),
        _ => Vec::new(),
    }
}

/// The extended key usages, by name where one is known, else in dotted form.
pub(crate) fn extended_key_usages(parsed: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = parsed.extended_key_usage() else {
        return Vec::new();
    };
    let usages = extension.value;
    let flags = [
        (usages.any, "anyExtendedKeyUsage"),
        (usages.server_auth, "serverAuth"),
        (usages.client_auth, "clientAuth"),
        (usages.code_signing, "codeSigning"),
        (usages.email_protection, "emailProtection"),
        (usages.time_stamping, "timeStamping"),
        (usages.ocsp_signing, "OCSPSigning"),
    ];
    flags
        .into_iter()
        .filter(|(set, _)| *set)
        .map(|(_, name)| name.to_owned())
        .chain(usages.other.iter().map(|oid| {
            let dotted = oid.to_id_string();
            known(&USAGES, &dotted).map_or(dotted, str::to_owned)
        }))
        .collect()
}

/// The name of an extended key usage given in dotted form; anything else stays as it is.
pub fn usage_name(usage: &str) -> &str {
    known(&USAGES, usage).unwrap_or(usage)
}

/// The key usages of RFC 5280 section 4.2.1.3 by their names there.
pub(crate) fn key_usages(parsed: &X509Certificate<'_>) -> Vec<&'static str> {
    const BITS: [&str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];
    let flags = match parsed.key_usage() {
        Ok(Some(extension)) => extension.value.flags,
        _ => 0,
    };
    BITS.into_iter()
        .enumerate()
        .filter(|(bit, _)| flags >> bit & 1 == 1)
        .map(|(_, name)| name)
        .collect()
}

/// What kind of key a `SubjectPublicKeyInfo` holds, for people: "RSA 2048", "ECDSA P-256".
pub fn key_kind(spki: &[u8]) -> String {
    let described = key::describe(spki);
    match described.bits {
        Some(bits) if described.algorithm == "RSA" => format!("RSA {bits}"),
        _ => described.algorithm,
    }
}

/// The serial number as lower-case hexadecimal digits without the sign byte.
pub(crate) fn serial(parsed: &X509Certificate<'_>) -> String {
    serial_of_octets(parsed.raw_serial())
}

/// The same of the octets of the number in DER.
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
