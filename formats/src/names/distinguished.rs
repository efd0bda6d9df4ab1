//! Distinguished names as text, in the string form of RFC 4514, and the text of their attributes
//! whatever string type it is in.

use x509_parser::asn1_rs::{Any, Oid, Tag, ToDer};
use x509_parser::prelude::{AttributeTypeAndValue, FromDer, X509Name};

use super::attribute::short_name;
use super::hex::hex;

/// The RFC 4514 string of a name: the last relative name first, as in `CN=Alice,O=Example`.
pub(crate) fn distinguished_name(name: &X509Name<'_>) -> String {
    joined(name, push_attribute)
}

/// The same for people, who read the text of attributes that RFC 4514 has in hexadecimal, as of the tax
/// numbers that CAs put under object identifiers of their own.
pub(crate) fn readable_name(name: &X509Name<'_>) -> String {
    joined(name, |text, kind, value| match string_value(value) {
        Some(plain) => {
            let dotted = kind.to_id_string();
            text.push_str(short_name(&dotted).unwrap_or(&dotted));
            text.push('=');
            push_escaped(text, &plain);
        }
        None => push_attribute(text, kind, value),
    })
}

fn joined(name: &X509Name<'_>, push: impl Fn(&mut String, &Oid<'_>, &Any<'_>)) -> String {
    let relative_names: Vec<_> = name.iter_rdn().collect();
    let mut text = String::new();
    for (position, relative) in relative_names.iter().rev().enumerate() {
        if position > 0 {
            text.push(',');
        }
        for (position, attribute) in relative.iter().enumerate() {
            if position > 0 {
                text.push('+');
            }
            push(&mut text, attribute.attr_type(), attribute.attr_value());
        }
    }
    text
}

/// The RFC 4514 string of the DER of a `Name`, as in `CN=Alice,O=Example`; bytes that are none become
/// `#hex`.
pub fn distinguished_name_of_der(der: &[u8]) -> String {
    match X509Name::from_der(der) {
        Ok((_, name)) => distinguished_name(&name),
        Err(_) => hex_value(der),
    }
}

/// One name for a person to know a distinguished name by: its common name, else its
/// organization (or unit), else all of it, and "(no name)" where there is nothing.
pub fn short_name_of_der(der: &[u8]) -> String {
    let Ok((_, name)) = X509Name::from_der(der) else {
        return hex_value(der);
    };
    common_name(&name)
        .or_else(|| last_text(name.iter_organizational_unit()))
        .or_else(|| organization(&name))
        .or_else(|| Some(distinguished_name(&name)).filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "(no name)".to_owned())
}

/// The most specific common name, if there is one with text.
pub(crate) fn common_name(name: &X509Name<'_>) -> Option<String> {
    last_text(name.iter_common_name())
}

/// The last organization of a name.
pub(crate) fn organization(name: &X509Name<'_>) -> Option<String> {
    last_text(name.iter_organization())
}

/// E-mail addresses, and those of a name that are not among them, each once.
pub(crate) fn with_emails_of(mut addresses: Vec<String>, name: &X509Name<'_>) -> Vec<String> {
    for attribute in name.iter_email() {
        if let Some(address) = string_value(attribute.attr_value())
            && !addresses
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&address))
        {
            addresses.push(address);
        }
    }
    addresses
}

fn last_text<'a, 'b: 'a>(
    attributes: impl Iterator<Item = &'a AttributeTypeAndValue<'b>>,
) -> Option<String> {
    attributes
        .filter_map(|attribute| string_value(attribute.attr_value()))
        .filter(|text| !text.trim().is_empty())
        .last()
}

fn hex_value(der: &[u8]) -> String {
    format!("#{}", hex(der))
}

fn push_attribute(text: &mut String, kind: &Oid<'_>, value: &Any<'_>) {
    let dotted = kind.to_id_string();
    match (short_name(&dotted), string_value(value)) {
        (Some(short), Some(plain)) => {
            text.push_str(short);
            text.push('=');
            push_escaped(text, &plain);
        }
        // RFC 4514, 2.4: a type in dotted form, or a value without a string form, is written
        // as the hexadecimal digits of its whole encoding.
        (short, _) => {
            text.push_str(short.unwrap_or(&dotted));
            text.push('=');
            text.push_str(&hex_value(&value.to_der_vec().unwrap_or_default()));
        }
    }
}

/// A value of an attribute as it stands in the RFC 4514 string of a name.
pub fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    push_escaped(&mut text, value);
    text
}

/// Escapes as RFC 4514 section 2.4 asks.
fn push_escaped(text: &mut String, value: &str) {
    let last = value.chars().count().saturating_sub(1);
    for (position, character) in value.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => text.push('\\'),
            ' ' if position == 0 || position == last => text.push('\\'),
            '#' if position == 0 => text.push('\\'),
            '\0' => {
                text.push_str("\\00");
                continue;
            }
            _ => {}
        }
        text.push(character);
    }
}

/// The text of an ASN.1 string type, or `None` for other types and broken text.
pub(crate) fn string_value(value: &Any<'_>) -> Option<String> {
    let bytes = value.as_bytes();
    match value.tag() {
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::Ia5String
        | Tag::NumericString
        | Tag::VisibleString => Some(match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            // Old certificates put Latin-1 where only ASCII or UTF-8 belongs.
            Err(_) => latin1(bytes),
        }),
        // T.61 in certificates is Latin-1 in practice.
        Tag::T61String => Some(latin1(bytes)),
        Tag::BmpString => {
            let (units, rest) = bytes.as_chunks::<2>();
            let units = units.iter().copied().map(u16::from_be_bytes);
            let text = char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}'));
            rest.is_empty().then(|| text.collect())
        }
        Tag::UniversalString => {
            let (units, rest) = bytes.as_chunks::<4>();
            let units = units.iter().copied().map(u32::from_be_bytes);
            let text = units.map(|unit| char::from_u32(unit).unwrap_or('\u{fffd}'));
            rest.is_empty().then(|| text.collect())
        }
        _ => None,
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CN: &[u8] = &[0x55, 4, 3];
    const O: &[u8] = &[0x55, 4, 10];

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        crate::der::value(tag, &[content])
    }

    fn attribute(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        tlv(0x30, &[tlv(6, kind), tlv(tag, value)].concat())
    }

    fn name(relative_names: &[&[Vec<u8>]]) -> String {
        let sets: Vec<u8> = relative_names
            .iter()
            .flat_map(|rdn| tlv(0x31, &rdn.concat()))
            .collect();
        distinguished_name_of_der(&tlv(0x30, &sets))
    }

    #[test]
    fn distinguished_name_reverses_relative_names() {
        let text = name(&[
            &[attribute(O, 12, b"Example")],
            &[attribute(CN, 12, b"Alice")],
        ]);
        assert_eq!(text, "CN=Alice,O=Example");
        assert_eq!(name(&[]), "");
    }

    #[test]
    fn distinguished_name_joins_attributes_with_plus() {
        let uid = [9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1];
        let text = name(&[&[attribute(CN, 12, b"A"), attribute(&uid, 12, b"a1")]]);
        assert_eq!(text, "CN=A+UID=a1");
    }

    #[test]
    fn distinguished_name_escapes_special_characters() {
        assert_eq!(
            name(&[&[attribute(CN, 12, b"Doe, \"J\" + <x>;\\")]]),
            r#"CN=Doe\, \"J\" \+ \<x\>\;\\"#
        );
        assert_eq!(name(&[&[attribute(CN, 12, b" #a ")]]), r"CN=\ #a\ ");
        assert_eq!(name(&[&[attribute(CN, 12, b"#a\0")]]), r"CN=\#a\00");
        assert_eq!(name(&[&[attribute(CN, 12, b" ")]]), r"CN=\ ");
    }

    #[test]
    fn distinguished_name_writes_unknowns_as_hexadecimal() {
        assert_eq!(
            name(&[&[attribute(&[0x2a, 3, 4], 12, b"hi")]]),
            "1.2.3.4=#0c026869"
        );
        assert_eq!(name(&[&[attribute(CN, 4, b"hi")]]), "CN=#04026869");
        assert_eq!(distinguished_name_of_der(&[1, 2]), "#0102");
    }

    #[test]
    fn distinguished_name_decodes_every_string_type() {
        assert_eq!(name(&[&[attribute(CN, 0x14, b"Z\xfcrich")]]), "CN=Zürich");
        assert_eq!(
            name(&[&[attribute(
                CN,
                0x1e,
                &[0, b'Z', 1, 0x42, 0xd8, 0x3d, 0xdd, 0x11]
            )]]),
            "CN=Zł🔑"
        );
        assert_eq!(
            name(&[&[attribute(CN, 0x1c, &[0, 1, 0xf5, 0x11])]]),
            "CN=🔑"
        );
        assert_eq!(name(&[&[attribute(CN, 0x13, b"caf\xe9")]]), "CN=café");
        // Half a character has no string form.
        assert_eq!(
            name(&[&[attribute(CN, 0x1e, &[0, b'Z', 1])]]),
            "CN=#1e03005a01"
        );
    }

    #[test]
    fn short_name_prefers_common_name_over_organization() {
        let short = |rdns: &[Vec<u8>]| {
            let sets: Vec<u8> = rdns.iter().flat_map(|part| tlv(0x31, part)).collect();
            short_name_of_der(&tlv(0x30, &sets))
        };
        assert_eq!(
            short(&[attribute(O, 12, b"Example"), attribute(CN, 12, b"CA")]),
            "CA"
        );
        assert_eq!(short(&[attribute(O, 12, b"Example")]), "Example");
        assert_eq!(
            short(&[attribute(O, 12, b"Example"), attribute(CN, 12, b" ")]),
            "Example"
        );
        // It stands within sentences.
        assert_eq!(short(&[]), "(no name)");
    }
}
