//! Distinguished names from text (RFC 4514, 3) into DER (RFC 5280, 4.1.2.4), for what is asked of a CA.
//! Read is what people type and copy: keys in any case and by the habits of Windows (`E`, `S`, `G`), `;`
//! for a comma, quoted values, object identifiers. Written is what RFC 5280, appendix A.1 allows; all
//! else is refused with the name of the part.

mod reader;

use std::fmt;
use std::str::FromStr;

use const_oid::ObjectIdentifier;
use x509_parser::asn1_rs::Any;
use x509_parser::prelude::{FromDer as _, X509Name};

use self::reader::Reader;
use super::attribute::{self, Attribute, COUNTRY, StringType};
use super::distinguished::{distinguished_name_of_der, escaped, string_value};
use super::name_error::NameError;
use crate::certificate::Certificate;
use crate::der::{self, IA5_STRING, PRINTABLE_STRING, UTF8_STRING};

/// A distinguished name as DER, maybe without any part. `Display` is its text by RFC 4514.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistinguishedName {
    der: Vec<u8>,
}

/// The parts of a name that people are asked for, each with or without a value.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    /// The common name.
    pub name: Option<&'a str>,
    /// The e-mail address.
    pub email: Option<&'a str>,
    /// The organizational unit.
    pub unit: Option<&'a str>,
    /// The organization.
    pub organization: Option<&'a str>,
    /// The locality.
    pub locality: Option<&'a str>,
    /// The state or province.
    pub state: Option<&'a str>,
    /// The country: two letters.
    pub country: Option<&'a str>,
}

impl DistinguishedName {
    /// The name without parts, which RFC 5280 allows beside alternative names.
    pub fn empty() -> Self {
        let der = der::sequence(&[]);
        Self { der }
    }

    /// The name that parts make, the country first in its encoding.
    ///
    /// # Errors
    /// A value is refused, as by [`FromStr`].
    pub fn from_parts(parts: &Parts<'_>) -> Result<Self, NameError> {
        let values = [
            ("C", parts.country),
            ("ST", parts.state),
            ("L", parts.locality),
            ("O", parts.organization),
            ("OU", parts.unit),
            ("CN", parts.name),
            ("E", parts.email),
        ];
        let given = values
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)));
        let relative_names = given.map(|(key, value)| {
            let kind = Kind::of_key(key)?;
            let value = kind.encoded(value)?;
            Ok(der::set_of(vec![kind.attribute(&value)]))
        });
        let relative_names = relative_names.collect::<Result<Vec<_>, _>>()?;
        Ok(Self::of_relative_names(&relative_names))
    }

    /// The subject of a certificate, as it is there.
    pub fn of_subject(certificate: &Certificate) -> Self {
        let der = certificate.subject_der().to_vec();
        Self { der }
    }

    /// The DER of the `Name`.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it has no part.
    pub fn is_empty(&self) -> bool {
        self.der == Self::empty().der
    }

    fn of_relative_names(relative_names: &[Vec<u8>]) -> Self {
        let parts: Vec<&[u8]> = relative_names.iter().map(Vec::as_slice).collect();
        let der = der::sequence(&parts);
        Self { der }
    }
}

/// Empty text is the name without parts.
impl FromStr for DistinguishedName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        // A blank at the end may belong to the last value.
        let text = text.trim_start().trim_end_matches(['\n', '\r', '\t']);
        if text.starts_with('/') && text.contains('=') {
            let commas = with_commas(text);
            return Err(NameError::Slashes { commas });
        }
        let mut relative_names = Vec::new();
        let mut reader = Reader::new(text);
        while !text.is_empty() {
            let (attributes, separator) = relative_name(&mut reader)?;
            relative_names.push(der::set_of(attributes));
            if separator.is_none() {
                break;
            }
        }
        // The text begins with the last relative name of the encoding (RFC 4514, 2.1).
        relative_names.reverse();
        Ok(Self::of_relative_names(&relative_names))
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&distinguished_name_of_der(&self.der))
    }
}

/// The attributes of one relative name, and what separates it from the next.
fn relative_name(reader: &mut Reader<'_>) -> Result<(Vec<Vec<u8>>, Option<char>), NameError> {
    let mut attributes = Vec::new();
    let mut kinds: Vec<ObjectIdentifier> = Vec::new();
    loop {
        let kind = Kind::of_key(reader.key()?)?;
        if kinds.contains(&kind.oid) {
            return Err(NameError::Twice { part: kind.label });
        }
        let syntax = |reason| NameError::Syntax {
            part: kind.label.clone(),
            reason,
        };
        let value = match reader.value().map_err(syntax)? {
            reader::Value::Text(text) => kind.encoded(&text)?,
            reader::Value::Der(der) => kind.checked(der)?,
        };
        attributes.push(kind.attribute(&value));
        kinds.push(kind.oid);
        match reader.separator()? {
            Some('+') => {}
            other => return Ok((attributes, other)),
        }
    }
}

/// OpenSSL's form with slashes, which lists the parts as the encoding has them, by RFC 4514.
fn with_commas(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for piece in text.split('/').skip(1) {
        match parts.last_mut() {
            Some(last) if !piece.contains('=') => {
                last.push('/');
                last.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    let escaped = |part: &String| match part.split_once('=') {
        Some((key, value)) => format!("{key}={}", escaped(value)),
        None => part.clone(),
    };
    let parts: Vec<String> = parts.iter().rev().map(escaped).collect();
    parts.join(",")
}

/// The type of an attribute: one of the table, or an object identifier.
struct Kind {
    oid: ObjectIdentifier,
    known: Option<&'static Attribute>,
    label: String,
}

impl Kind {
    /// By its name in whatever case, or in dotted form with or without `OID.` before it.
    fn of_key(key: &str) -> Result<Self, NameError> {
        let prefix = key
            .get(..4)
            .filter(|start| start.eq_ignore_ascii_case("OID."));
        let dotted = prefix.map_or(key, |prefix| &key[prefix.len()..]);
        let known = attribute::by_name(key).or_else(|| attribute::by_oid(dotted));
        let oid = match known {
            Some(known) => known.oid(),
            None => ObjectIdentifier::new(dotted).map_err(|_| NameError::UnknownKey {
                key: key.to_owned(),
            })?,
        };
        let label = known.map_or_else(|| dotted.to_owned(), Attribute::label);
        Ok(Self { oid, known, label })
    }

    /// `AttributeTypeAndValue`.
    fn attribute(&self, value: &[u8]) -> Vec<u8> {
        der::sequence(&[&der::oid(&self.oid), value])
    }

    /// The DER of a value, of the string type that belongs to the attribute.
    fn encoded(&self, text: &str) -> Result<Vec<u8>, NameError> {
        let part = || self.label.clone();
        if text.trim().is_empty() {
            return Err(NameError::Empty { part: part() });
        }
        if text.contains(char::is_control) {
            return Err(NameError::Control { part: part() });
        }
        let characters = |allowed| NameError::Characters {
            part: part(),
            value: text.to_owned(),
            allowed,
        };
        let Some(known) = self.known else {
            return Ok(der::value(UTF8_STRING, &[text.as_bytes()]));
        };
        if known.oid == COUNTRY {
            let letters = text.chars().filter(char::is_ascii_alphabetic).count();
            if (letters, text.len()) != (2, 2) {
                let (part, value) = (part(), text.to_owned());
                return Err(NameError::Country { part, value });
            }
            let upper = text.to_ascii_uppercase();
            return Ok(der::value(PRINTABLE_STRING, &[upper.as_bytes()]));
        }
        let length = text.chars().count();
        if let Some(limit) = known.limit.filter(|limit| length > *limit) {
            let part = part();
            return Err(NameError::TooLong {
                part,
                length,
                limit,
            });
        }
        let tag = match known.string {
            StringType::Utf8 => UTF8_STRING,
            StringType::Printable if der::is_printable(text) => PRINTABLE_STRING,
            StringType::Printable => {
                return Err(characters(
                    "letters without accents, digits, blanks and '()+,-./:=?",
                ));
            }
            StringType::Ia5 if text.is_ascii() => IA5_STRING,
            StringType::Ia5 => return Err(characters("ASCII characters")),
        };
        Ok(der::value(tag, &[text.as_bytes()]))
    }

    /// A value that was given in DER, as it is, if it is one, and its text could have been given.
    fn checked(&self, value: Vec<u8>) -> Result<Vec<u8>, NameError> {
        let syntax = |reason| NameError::Syntax {
            part: self.label.clone(),
            reason,
        };
        const NO_DER: &str = "the digits after `#` are no value in DER";
        match Any::from_der(&value) {
            Ok((&[], read)) => {
                if let (Some(_), Some(text)) = (self.known, string_value(&read)) {
                    self.encoded(&text)?;
                }
            }
            _ => return Err(syntax(NO_DER)),
        }
        let name = der::sequence(&[&der::set_of(vec![self.attribute(&value)])]);
        match X509Name::from_der(&name) {
            Ok((&[], _)) => Ok(value),
            _ => Err(syntax(NO_DER)),
        }
    }
}

#[cfg(test)]
mod tests;
