//! Comparison of distinguished names (RFC 5280, 7.1): attribute by attribute, text without regard
//! to case, spacing and string type. A CA's certificates often say its name as PrintableString,
//! and the ones it issued say it as UTF8String.

use std::borrow::Cow;

use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::prelude::FromDer;
use x509_parser::x509::RelativeDistinguishedName;

/// Whether two DER `Name`s are the same name.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a == b || comparison_key(a) == comparison_key(b)
}

/// Bytes that are equal exactly for names that are the same. A name that cannot be taken apart
/// stands for itself.
pub(super) fn comparison_key(name_der: &[u8]) -> Vec<u8> {
    parts_of(name_der).unwrap_or_else(|| name_der.to_vec())
}

fn parts_of(name_der: &[u8]) -> Option<Vec<u8>> {
    let (_, sequence) = Any::from_der(name_der).ok()?;
    let mut rest = sequence.data;
    let mut key = Vec::with_capacity(name_der.len());
    while !rest.is_empty() {
        let (after, rdn) = RelativeDistinguishedName::from_der(rest).ok()?;
        rest = after;
        // A SET has no order of its own, and not everybody sorts it as DER demands.
        let mut attributes: Vec<Vec<u8>> = rdn
            .iter()
            .map(|attribute| {
                let mut bytes = Vec::new();
                append(&mut bytes, attribute.attr_type().as_bytes());
                append_value(&mut bytes, attribute.attr_value());
                bytes
            })
            .collect();
        attributes.sort_unstable();
        append(&mut key, &attributes.concat());
    }
    Some(key)
}

fn append_value(key: &mut Vec<u8>, value: &Any<'_>) {
    match text(value) {
        // Tag 0 stands for "text of any kind"; no value has it.
        Some(text) => {
            key.push(0);
            append(key, folded(&text).as_bytes());
        }
        None => {
            key.extend(value.tag().0.to_be_bytes());
            append(key, value.data);
        }
    }
}

/// Lengths before contents keep "a", "bc" apart from "ab", "c".
fn append(key: &mut Vec<u8>, bytes: &[u8]) {
    key.extend(bytes.len().to_be_bytes());
    key.extend(bytes);
}

/// The text of a `DirectoryString` or IA5String; `None` for anything else, or for broken text.
fn text<'a>(value: &Any<'a>) -> Option<Cow<'a, str>> {
    let data = value.data;
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString => {
            str::from_utf8(data).ok().map(Cow::Borrowed)
        }
        // T.61 on paper, Latin-1 in every certificate.
        Tag::T61String => Some(data.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let (units, rest) = data.as_chunks::<2>();
            let units = units.iter().copied().map(u16::from_be_bytes);
            let text: Result<String, _> = char::decode_utf16(units).collect();
            rest.is_empty().then_some(Cow::Owned(text.ok()?))
        }
        Tag::UniversalString => {
            let (units, rest) = data.as_chunks::<4>();
            let units = units.iter().copied().map(u32::from_be_bytes);
            let text: Option<String> = units.map(char::from_u32).collect();
            rest.is_empty().then_some(Cow::Owned(text?))
        }
        _ => None,
    }
}

/// Lower case, without space at the ends, and with single spaces inside (RFC 4518, as far as
/// certificates need it).
fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
