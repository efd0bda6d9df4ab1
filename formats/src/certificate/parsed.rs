//! The fields of a certificate, in the forms in which they are shown and compared.

use x509_parser::prelude::{GeneralName, ParsedExtension, X509Certificate};

use super::Certificate;
use crate::alternative_name::Kind;
use crate::time::UnixTime;
use crate::{key, names};

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
    /// e-mail address, DNS name or user principal name, else the organization, else the serial number.
    pub fn label(&self) -> String {
        names::common_name(self.0.subject())
            .or_else(|| self.emails().into_iter().next())
            .or_else(|| self.dns_names().into_iter().next())
            .or_else(|| self.user_principal_names().into_iter().next())
            .or_else(|| names::organization(self.0.subject()))
            .unwrap_or_else(|| format!("serial {}", self.serial()))
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
        names::serial_of_octets(self.0.raw_serial())
    }

    /// The first moment at which it is valid.
    pub fn not_before(&self) -> UnixTime {
        UnixTime::new(self.0.validity().not_before.timestamp())
    }

    /// The last moment at which it is valid.
    pub fn not_after(&self) -> UnixTime {
        UnixTime::new(self.0.validity().not_after.timestamp())
    }

    /// The e-mail addresses: those of subjectAltName (rfc822Name and SmtpUTF8Mailbox), then those of
    /// the subject, each once.
    pub fn emails(&self) -> Vec<String> {
        let names = self.alternative_names(|name| Kind::Email.text_of(name));
        names::with_emails_of(names, self.0.subject())
    }

    /// The DNS names of subjectAltName.
    pub fn dns_names(&self) -> Vec<String> {
        self.names(Kind::Dns)
    }

    /// The user principal names of subjectAltName, as `ada@corp.example`.
    pub fn user_principal_names(&self) -> Vec<String> {
        self.names(Kind::Upn)
    }

    /// The names of one kind in subjectAltName; for e-mail addresses, see [`Self::emails`].
    pub fn names(&self, kind: Kind) -> Vec<String> {
        self.alternative_names(|name| kind.text_of(name))
    }

    /// The distinguished names of subjectAltName, as strings by RFC 4514 but for attributes without a
    /// short name, whose text is readable, too.
    pub fn directory_names(&self) -> Vec<String> {
        self.alternative_names(|name| match name {
            GeneralName::DirectoryName(name) => Some(names::readable_name(name)),
            _ => None,
        })
    }

    /// The key usages of RFC 5280 section 4.2.1.3 by their names there.
    pub fn key_usages(&self) -> Vec<&'static str> {
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
        let flags = match self.0.key_usage() {
            Ok(Some(extension)) => extension.value.flags,
            _ => 0,
        };
        BITS.into_iter()
            .enumerate()
            .filter(|(bit, _)| flags >> bit & 1 == 1)
            .map(|(_, name)| name)
            .collect()
    }

    /// The extended key usages, by name where one is known, else in dotted form.
    pub fn extended_key_usages(&self) -> Vec<String> {
        match self.0.extended_key_usage() {
            Ok(Some(extension)) => names::usages_of(extension.value),
            _ => Vec::new(),
        }
    }

    /// Where the certificate of the issuer can be had, as its CA says (authorityInfoAccess, RFC 5280,
    /// 4.2.2.1): addresses in the order of the certificate.
    pub fn issuer_addresses(&self) -> Vec<String> {
        const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
        let extensions = self.0.extensions().iter();
        let described = extensions.filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityInfoAccess(access) => Some(&access.accessdescs),
            _ => None,
        });
        let of_issuers = described.flatten().filter_map(|description| {
            let is_of_issuer = description.access_method.to_id_string() == CA_ISSUERS;
            match &description.access_location {
                GeneralName::URI(address) if is_of_issuer => Some((*address).to_owned()),
                _ => None,
            }
        });
        of_issuers.collect()
    }

    /// What is weak about the certificate today, a sentence each: an RSA key of less than 2048 bits, a
    /// signature over a hash for which collisions are made (NIST SP 800-131A).
    pub fn weaknesses(&self) -> Vec<String> {
        const SHORT: u32 = 2048;
        const COLLIDING: [(&str, &str); 4] = [
            ("1.2.840.113549.1.1.4", "MD5"),
            ("1.2.840.113549.1.1.5", "SHA-1"),
            ("1.2.840.10045.4.1", "SHA-1"),
            ("1.2.840.10040.4.3", "SHA-1"),
        ];
        let described = key::describe(self.0.public_key().raw);
        let key = described
            .bits
            .filter(|bits| described.algorithm == "RSA" && *bits < SHORT);
        let key = key.map(|bits| format!("its RSA key has {bits} bits, which is too short today"));
        let signed = self.0.signature_algorithm.algorithm.to_id_string();
        let hash = COLLIDING.iter().find(|(oid, _)| *oid == signed);
        let hash = hash.map(|(_, hash)| {
            format!("its CA signed it over {hash}, which most programs refuse today")
        });
        key.into_iter().chain(hash).collect()
    }

    fn alternative_names(&self, pick: impl Fn(&GeneralName<'_>) -> Option<String>) -> Vec<String> {
        match self.0.subject_alternative_name() {
            Ok(Some(extension)) => extension
                .value
                .general_names
                .iter()
                .filter_map(pick)
                .collect(),
            _ => Vec::new(),
        }
    }
}
