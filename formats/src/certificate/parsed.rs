//! The fields of a certificate, in the forms in which they are shown and compared.

use x509_parser::prelude::X509Certificate;

use super::Certificate;
use crate::names;

/// A certificate taken apart. Text is the certificate's own, not made safe for a terminal.
#[derive(Debug)]
pub struct ParsedCertificate<'a>(X509Certificate<'a>);

impl Certificate {
    /// Takes the certificate apart, which costs more than any of its fields.
    pub fn parse(&self) -> ParsedCertificate<'_> {
        ParsedCertificate(self.x509())
    }
}

impl ParsedCertificate<'_> {
    /// What a person calls a certificate without a friendly name: the common name, else the first
    /// e-mail address or DNS name, else the organization, else the serial number.
    pub fn label(&self) -> String {
        names::label(&self.0)
    }

    /// The subject, as a string by RFC 4514.
    pub fn subject(&self) -> String {
        names::distinguished_name(self.0.subject())
    }

    /// The last common name of the subject.
    pub fn common_name(&self) -> Option<String> {
        names::common_name(self.0.subject())
    }

    /// The organization of the subject.
    pub fn organization(&self) -> Option<String> {
        names::organization(self.0.subject())
    }

    /// The issuer, as a string by RFC 4514.
    pub fn issuer(&self) -> String {
        names::distinguished_name(self.0.issuer())
    }

    /// The serial number as lower-case hexadecimal digits without the sign byte.
    pub fn serial(&self) -> String {
        names::serial(&self.0)
    }

    /// The first moment at which it is valid, in seconds since 1970-01-01 UTC.
    pub fn not_before(&self) -> i64 {
        self.0.validity().not_before.timestamp()
    }

    /// The last moment at which it is valid, in seconds since 1970-01-01 UTC.
    pub fn not_after(&self) -> i64 {
        self.0.validity().not_after.timestamp()
    }

    /// The e-mail addresses: those of subjectAltName, then those of the subject, each once.
    pub fn emails(&self) -> Vec<String> {
        names::emails(&self.0)
    }

    /// The DNS names of subjectAltName.
    pub fn dns_names(&self) -> Vec<String> {
        names::dns_names(&self.0)
    }

    /// The key usages of RFC 5280 section 4.2.1.3 by their names there.
    pub fn key_usages(&self) -> Vec<&'static str> {
        names::key_usages(&self.0)
    }

    /// The extended key usages, by name where one is known, else in dotted form.
    pub fn extended_key_usages(&self) -> Vec<String> {
        names::extended_key_usages(&self.0)
    }

    /// What it may be used for, each completing "it may"; never empty.
    pub fn purposes(&self) -> Vec<String> {
        names::purposes(&self.0)
    }
}
