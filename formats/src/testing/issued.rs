//! Certificates as a CA may issue them to somebody again and again. Nothing is signed: they are for what
//! is told from their fields and for whether a key belongs to them.

use base64ct::{Base64, Encoding as _};

use super::identities::{ec_key, pkcs8, spki};
use crate::certificate::Certificate;
use crate::der;
use crate::secret::PrivateKey;
use crate::time::UnixTime;

/// A bit of `KeyUsage` (RFC 5280, 4.2.1.3), as its first octet has it.
pub const DIGITAL_SIGNATURE: u8 = 0x80;
/// The same.
pub const KEY_ENCIPHERMENT: u8 = 0x20;
/// The last arc of `id-kp-clientAuth`, below `id-kp`.
pub const CLIENT_AUTH: u8 = 2;
/// The same of `id-kp-emailProtection`.
pub const EMAIL_PROTECTION: u8 = 4;

/// What stands in a certificate.
#[derive(Debug, Clone, Copy)]
pub struct Issued<'a> {
    /// The common name; the subject is empty without one.
    pub subject: &'a str,
    /// The organization in the subject; none, if it is empty.
    pub organization: &'a str,
    /// The common name of the issuer.
    pub issuer: &'a str,
    /// The addresses in subjectAltName.
    pub emails: &'a [&'a str],
    /// The DNS names there.
    pub dns_names: &'a [&'a str],
    /// Equal numbers are equal keys. The serial number is the same.
    pub key: u8,
    /// The bits of the extension; 0 for none.
    pub key_usage: u8,
    /// The usages in the extension, by their last arcs.
    pub extended_key_usages: &'a [u8],
    /// From this day on, in days since 1970-01-01.
    pub from: i64,
    /// Until this day.
    pub until: i64,
}

impl Default for Issued<'_> {
    /// To Ada Example, to sign and log in, for two years from 2024-01-01.
    fn default() -> Self {
        Self {
            subject: "Ada Example",
            organization: "",
            issuer: "Issuing CA",
            emails: &[],
            dns_names: &[],
            key: 1,
            key_usage: DIGITAL_SIGNATURE,
            extended_key_usages: &[CLIENT_AUTH, EMAIL_PROTECTION],
            from: 19_723,
            until: 20_453,
        }
    }
}

impl Issued<'_> {
    /// The certificate.
    pub fn certificate(&self) -> Certificate {
        // sha256WithRSAEncryption, of which nobody asks here.
        let algorithm =
            der::sequence(&[&of_type(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b])]);
        let mut subject = Vec::new();
        if !self.organization.is_empty() {
            subject.extend(attribute(10, self.organization));
        }
        if !self.subject.is_empty() {
            subject.extend(attribute(3, self.subject));
        }
        let validity = der::sequence(&[&time(self.from), &time(self.until)]);
        let to_be_signed = der::sequence(&[
            &[0xa0, 3, 2, 1, 2],
            &der::unsigned(self.key.into()),
            &algorithm,
            &der::sequence(&[&attribute(3, self.issuer)]),
            &validity,
            &der::sequence(&[&subject]),
            &spki(&ec_key(self.key)),
            &self.extensions(),
        ]);
        let signature = der::value(3, &[&[0, 0]]);
        Certificate::from_der(&der::sequence(&[&to_be_signed, &algorithm, &signature])).unwrap()
    }

    /// The private key.
    pub fn private_key(&self) -> PrivateKey {
        pkcs8(&ec_key(self.key))
    }

    /// Both in one file of PEM.
    pub fn pem(&self) -> String {
        let block = |label: &str, der: &[u8]| {
            let text = Base64::encode_string(der);
            format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
        };
        let key = block("PRIVATE KEY", self.private_key().expose());
        block("CERTIFICATE", self.certificate().der()) + &key
    }

    fn extensions(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        if self.key_usage != 0 {
            extensions.extend(extension(15, &der::value(3, &[&[0, self.key_usage]])));
        }
        let emails = self.emails.iter().map(|one| (0x81, one));
        let names = emails.chain(self.dns_names.iter().map(|one| (0x82, one)));
        let names: Vec<u8> = names
            .flat_map(|(tag, one)| der::value(tag, &[one.as_bytes()]))
            .collect();
        if !names.is_empty() {
            extensions.extend(extension(17, &der::sequence(&[&names])));
        }
        if !self.extended_key_usages.is_empty() {
            let usages = self.extended_key_usages.iter();
            let usages: Vec<u8> = usages
                .flat_map(|arc| of_type(&[0x2b, 6, 1, 5, 5, 7, 3, *arc]))
                .collect();
            extensions.extend(extension(37, &der::sequence(&[&usages])));
        }
        match extensions.is_empty() {
            true => extensions,
            false => der::value(0xa3, &[&der::sequence(&[&extensions])]),
        }
    }
}

fn of_type(octets: &[u8]) -> Vec<u8> {
    der::value(6, &[octets])
}

/// A relative name of one attribute of `id-at`.
fn attribute(arc: u8, text: &str) -> Vec<u8> {
    let value = der::value(0x0c, &[text.as_bytes()]);
    der::set_of(vec![der::sequence(&[&of_type(&[0x55, 4, arc]), &value])])
}

/// An extension of `id-ce`.
fn extension(arc: u8, value: &[u8]) -> Vec<u8> {
    let value = der::value(der::OCTET_STRING, &[value]);
    der::sequence(&[&of_type(&[0x55, 0x1d, arc]), &value])
}

fn time(day: i64) -> Vec<u8> {
    let text = UnixTime::new(day * 24 * 3600).to_string();
    let text: String = text.chars().filter(|one| one.is_ascii_digit()).collect();
    der::value(0x18, &[text.as_bytes(), b"Z"])
}
