//! Alternative names of a subject (RFC 5280, 4.2.1.6): e-mail addresses, DNS names, user principal names
//! of Windows, IP addresses and URIs, from text into DER and from certificates and requests as text. In
//! text that is written into DER, all but user principal names are ASCII; a name in other letters has an
//! `xn--` form (RFC 5890).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use const_oid::ObjectIdentifier;
use thiserror::Error;
use x509_parser::asn1_rs::Any;
use x509_parser::prelude::{FromDer as _, GeneralName};

use crate::der::{self, EXPLICIT_0, IMPLICIT_1, IMPLICIT_2, UTF8_STRING};
use crate::names;

/// SmtpUTF8Mailbox (RFC 9598, 3).
const SMTP_UTF8_MAILBOX: &str = "1.3.6.1.5.5.7.8.9";
/// The user principal name of Windows ([MS-WCCE] 2.2.2.7.5), by which Kerberos knows an account.
const USER_PRINCIPAL_NAME: &str = "1.3.6.1.4.1.311.20.2.3";
/// `[6] IMPLICIT` of a primitive type: uniformResourceIdentifier.
const URI: u8 = 0x86;
/// `[7] IMPLICIT` of a primitive type: iPAddress.
const IP_ADDRESS: u8 = 0x87;

/// What an alternative name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// rfc822Name.
    Email,
    /// dNSName.
    Dns,
    /// otherName with a user principal name.
    Upn,
    /// iPAddress.
    Ip,
    /// uniformResourceIdentifier.
    Uri,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Email, Self::Dns, Self::Upn, Self::Ip, Self::Uri];

    /// For sentences.
    pub fn words(self) -> &'static str {
        match self {
            Self::Email => "e-mail address",
            Self::Dns => "DNS name",
            Self::Upn => "user principal name",
            Self::Ip => "IP address",
            Self::Uri => "URI",
        }
    }

    /// The text of a name in a certificate or request, if it is of this kind.
    pub(crate) fn text_of(self, name: &GeneralName<'_>) -> Option<String> {
        match (self, name) {
            (Self::Email, GeneralName::RFC822Name(text))
            | (Self::Dns, GeneralName::DNSName(text))
            | (Self::Uri, GeneralName::URI(text)) => Some((*text).to_owned()),
            (Self::Email, other) => text_of_other_name(other, SMTP_UTF8_MAILBOX),
            (Self::Upn, other) => text_of_other_name(other, USER_PRINCIPAL_NAME),
            (Self::Ip, GeneralName::IPAddress(octets)) => {
                ip_address(octets).map(|ip| ip.to_string())
            }
            _ => None,
        }
    }
}

/// An alternative name that can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlternativeName {
    kind: Kind,
    text: String,
}

/// Why text is no alternative name that a CA could be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is no {}: {reason}", kind.words())]
pub struct AlternativeNameError {
    /// What it should have been.
    pub kind: Kind,
    /// What was given.
    pub text: String,
    /// What is wrong, in words.
    pub reason: &'static str,
}

const NOT_ASCII: &str = "it has letters beyond ASCII; use the xn-- form of the domain";

impl AlternativeName {
    /// The name of this kind that the text is.
    ///
    /// # Errors
    /// [`AlternativeNameError`]: it is none, or none that may stand in a certificate.
    pub fn new(kind: Kind, text: &str) -> Result<Self, AlternativeNameError> {
        let checked = match kind {
            Kind::Email => check_email(text),
            Kind::Dns => check_dns_name(text),
            Kind::Upn => check_upn(text),
            Kind::Ip => match text.parse::<IpAddr>() {
                Ok(_) => Ok(()),
                Err(_) => Err("it has neither the form 192.0.2.1 nor 2001:db8::1"),
            },
            Kind::Uri => check_uri(text),
        };
        let text = text.to_owned();
        match checked {
            Ok(()) => Ok(Self { kind, text }),
            Err(reason) => Err(AlternativeNameError { kind, text, reason }),
        }
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The DER of the `GeneralName`.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        let text = self.text.as_bytes();
        match self.kind {
            Kind::Email => der::value(IMPLICIT_1, &[text]),
            Kind::Dns => der::value(IMPLICIT_2, &[text]),
            Kind::Uri => der::value(URI, &[text]),
            Kind::Upn => {
                let oid = der::oid(&ObjectIdentifier::new_unwrap(USER_PRINCIPAL_NAME));
                let value = der::value(UTF8_STRING, &[text]);
                der::value(EXPLICIT_0, &[&oid, &der::value(EXPLICIT_0, &[&value])])
            }
            Kind::Ip => match self.text.parse() {
                Ok(IpAddr::V4(address)) => der::value(IP_ADDRESS, &[&address.octets()]),
                Ok(IpAddr::V6(address)) => der::value(IP_ADDRESS, &[&address.octets()]),
                Err(_) => unreachable!("new parsed this text"),
            },
        }
    }
}

/// The text alone.
impl fmt::Display for AlternativeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A mailbox (RFC 5321, 4.1.2) without quotation marks.
fn check_email(text: &str) -> Result<(), &'static str> {
    let (local, domain) = text.rsplit_once('@').ok_or("it has no @")?;
    if !domain.is_ascii() {
        return Err(NOT_ASCII);
    }
    if !local.is_ascii() {
        return Err("what stands before the @ has letters beyond ASCII");
    }
    let is_atom = |byte: u8| byte.is_ascii_graphic() && !b"\"(),:;<>@[\\]".contains(&byte);
    if local.is_empty() || !local.bytes().all(is_atom) {
        return Err("what stands before the @ is none");
    }
    if local.len() > 64 || text.len() > 254 {
        return Err("it is too long");
    }
    check_host(domain)
}

fn check_dns_name(text: &str) -> Result<(), &'static str> {
    if text.parse::<IpAddr>().is_ok() {
        return Err("it is an IP address, which has a kind of its own");
    }
    // RFC 9525, 6.3: a wildcard is the whole of the leftmost label.
    check_host(text.strip_prefix("*.").unwrap_or(text))
}

/// The preferred name syntax (RFC 1034, 3.5), and the underscores of Windows domains.
fn check_host(text: &str) -> Result<(), &'static str> {
    if !text.is_ascii() {
        return Err(NOT_ASCII);
    }
    if text.contains('*') {
        return Err("`*` may be the whole of the part before the first dot, and nothing else");
    }
    if text.len() > 253 {
        return Err("the name of the host is longer than 253 characters");
    }
    for label in text.split('.') {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if label.is_empty() {
            return Err("a part between dots is empty");
        }
        if label.len() > 63 {
            return Err("a part between dots is longer than 63 characters");
        }
        if !label.bytes().all(is_known) {
            return Err("the name of a host has letters, digits, hyphens and dots only");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("a part between dots begins or ends with a hyphen");
        }
    }
    Ok(())
}

/// `account@suffix`, of which Active Directory takes 1024 characters.
fn check_upn(text: &str) -> Result<(), &'static str> {
    let is_blank = |one: char| one.is_control() || one.is_whitespace();
    match text.split_once('@') {
        Some((account, suffix)) if !account.is_empty() && !suffix.is_empty() => {}
        _ => return Err("it has not the form account@domain"),
    }
    if text.matches('@').count() > 1 {
        return Err("it has more than one @");
    }
    if text.contains(is_blank) {
        return Err("it has a blank in it");
    }
    if text.chars().count() > 1024 {
        return Err("it is longer than 1024 characters");
    }
    Ok(())
}

/// An absolute URI (RFC 3986, 4.3), as RFC 5280 wants it: with a scheme.
fn check_uri(text: &str) -> Result<(), &'static str> {
    if !text.is_ascii() {
        return Err("it has letters beyond ASCII; use the xn-- form of the domain, and %-escapes");
    }
    let is_graphic = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    if !text.bytes().all(is_graphic) {
        return Err("it has a character that has to be written as a %-escape");
    }
    let (scheme, rest) = text
        .split_once(':')
        .ok_or("it has no scheme such as https:")?;
    let begins = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    if !begins || !scheme.bytes().all(is_known) {
        return Err("it has no scheme such as https:");
    }
    match rest.trim_start_matches('/') {
        "" => Err("nothing follows its scheme"),
        _ => Ok(()),
    }
}

/// The text of an otherName of this type.
fn text_of_other_name(name: &GeneralName<'_>, kind: &str) -> Option<String> {
    let GeneralName::OtherName(oid, tagged) = name else {
        return None;
    };
    if oid.to_id_string() != kind {
        return None;
    }
    let (_, tagged) = Any::from_der(tagged).ok()?;
    let (_, value) = Any::from_der(tagged.data).ok()?;
    names::string_value(&value)
}

fn ip_address(octets: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(octets).map(|octets| Ipv4Addr::from(octets).into());
    let sixteen = <[u8; 16]>::try_from(octets).map(|octets| Ipv6Addr::from(octets).into());
    four.or(sixteen).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_text() {
        for (kind, text) in [
            (Kind::Email, "zoe@xn--mller-kva.example"),
            (Kind::Email, "o'neil+tag@localhost"),
            (Kind::Dns, "*.example.org"),
            (Kind::Dns, "my_host.corp"),
            (Kind::Upn, "J\u{fc}rgen.M\u{fc}ller@\u{e4}rzte.example"),
            (Kind::Ip, "192.0.2.1"),
            (Kind::Ip, "2001:db8::1"),
            (Kind::Uri, "https://example.org/a?b=%C3%BC"),
            (Kind::Uri, "urn:uuid:1"),
        ] {
            let name = AlternativeName::new(kind, text).unwrap();
            assert_eq!((name.kind(), name.to_string().as_str()), (kind, text));
            let der = name.to_der();
            let (rest, read) = GeneralName::from_der(&der).unwrap();
            assert!(rest.is_empty());
            for other in Kind::ALL {
                let found = other.text_of(&read);
                assert_eq!(found.as_deref(), (other == kind).then_some(text), "{text}");
            }
        }
    }

    #[test]
    fn names_that_no_ca_takes_are_refused() {
        let long = "x".repeat(64);
        for (kind, text, words) in [
            (Kind::Email, "zoe", "no @"),
            (Kind::Email, "@example.org", "before the @"),
            (Kind::Email, "a b@example.org", "before the @"),
            (Kind::Email, "Zo\u{eb}@example.org", "before the @"),
            (Kind::Email, "z@m\u{fc}ller.example", "xn-- form"),
            (Kind::Email, "z@", "empty"),
            (Kind::Email, "z@a..b", "empty"),
            (Kind::Email, "z@*.example.org", "`*`"),
            (Kind::Email, &format!("{long}x@example.org"), "too long"),
            (Kind::Dns, "m\u{fc}ller.example", "xn-- form"),
            (Kind::Dns, "", "empty"),
            (Kind::Dns, "example.org.", "empty"),
            (Kind::Dns, "a.*.example", "`*`"),
            (Kind::Dns, "w*.example", "`*`"),
            (Kind::Dns, "*", "`*`"),
            (Kind::Dns, "*.*.example", "`*`"),
            (Kind::Dns, "192.0.2.1", "IP address"),
            (Kind::Dns, "-a.example", "hyphen"),
            (Kind::Dns, "a-.example", "hyphen"),
            (Kind::Dns, "a b.example", "letters, digits"),
            (Kind::Dns, "https://example.org", "letters, digits"),
            (Kind::Dns, &long, "63"),
            (Kind::Dns, &["xxxxxxx"; 32].join("."), "253"),
            (Kind::Upn, "zoe", "account@domain"),
            (Kind::Upn, "@corp", "account@domain"),
            (Kind::Upn, "zoe@", "account@domain"),
            (Kind::Upn, "z@a@b", "more than one @"),
            (Kind::Upn, "z x@corp", "blank"),
            (Kind::Upn, &format!("z@{}", "x".repeat(1023)), "1024"),
            (Kind::Ip, "192.0.2", "192.0.2.1"),
            (Kind::Ip, "192.0.2.0/24", "192.0.2.1"),
            (Kind::Uri, "example.org/x", "scheme"),
            (Kind::Uri, "1x:y", "scheme"),
            (Kind::Uri, "https://", "nothing follows"),
            (Kind::Uri, "https://m\u{fc}ller.example", "xn-- form"),
            (Kind::Uri, "https://a b", "%-escape"),
        ] {
            let error = AlternativeName::new(kind, text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
            assert!(error.contains(kind.words()), "{error}");
        }
    }
}
