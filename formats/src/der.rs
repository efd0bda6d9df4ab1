//! DER (X.690) from parts that are DER already, and the tags that reading and writing share. Every
//! buffer is as large as its content from the start, so that nothing is left behind in memory by
//! growing; who writes a secret wipes the buffer that comes back.

use const_oid::ObjectIdentifier;

/// `INTEGER`.
pub const INTEGER: u8 = 0x02;
/// `BIT STRING`.
pub const BIT_STRING: u8 = 0x03;
/// `OCTET STRING`.
pub const OCTET_STRING: u8 = 0x04;
/// `NULL`.
pub(crate) const NULL: u8 = 0x05;
/// `OBJECT IDENTIFIER`.
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
/// `UTF8String`.
pub(crate) const UTF8_STRING: u8 = 0x0c;
/// `PrintableString`.
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
/// `UTCTime`.
pub(crate) const UTC_TIME: u8 = 0x17;
/// `GeneralizedTime`.
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
/// `IA5String`.
pub const IA5_STRING: u8 = 0x16;
/// `UniversalString`.
pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
/// `BMPString`.
pub(crate) const BMP_STRING: u8 = 0x1e;
/// `SEQUENCE` and `SEQUENCE OF`.
pub const SEQUENCE: u8 = 0x30;
/// `SET` and `SET OF`.
pub const SET: u8 = 0x31;
/// `[0] IMPLICIT` of a primitive type.
pub const IMPLICIT_0: u8 = 0x80;
/// `[1] IMPLICIT` of a primitive type.
pub(crate) const IMPLICIT_1: u8 = 0x81;
/// `[2] IMPLICIT` of a primitive type.
pub(crate) const IMPLICIT_2: u8 = 0x82;
/// `[0] EXPLICIT`, or `[0] IMPLICIT` of a constructed type.
pub const EXPLICIT_0: u8 = 0xa0;
/// `[1] EXPLICIT`.
pub const EXPLICIT_1: u8 = 0xa1;
/// `[3] EXPLICIT`.
pub(crate) const EXPLICIT_3: u8 = 0xa3;

/// The encoding of the value `NULL`.
pub const NULL_VALUE: [u8; 2] = [NULL, 0];

/// One value: tag, length, and the parts one after the other.
pub fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let digits = length.to_be_bytes();
    let digits = without_leading_zeros(&digits);
    let mut der = Vec::with_capacity(length + digits.len() + 2);
    der.push(tag);
    if length < 0x80 {
        der.push(length as u8);
    } else {
        der.push(0x80 | digits.len() as u8);
        der.extend_from_slice(digits);
    }
    parts.iter().for_each(|part| der.extend_from_slice(part));
    der
}

/// A `SEQUENCE` of the parts.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(SEQUENCE, parts)
}

/// An `OBJECT IDENTIFIER`.
pub fn oid(oid: &ObjectIdentifier) -> Vec<u8> {
    value(OBJECT_IDENTIFIER, &[oid.as_bytes()])
}

/// The `OBJECT IDENTIFIER` `base`.`arc`.
pub(crate) fn oid_below(base: &ObjectIdentifier, arc: u32) -> Vec<u8> {
    // Seven bits to a byte, the highest first, all but the last marked (X.690, 8.19.2).
    let digits: Vec<u8> = (0..5)
        .rev()
        .map(|place| (arc >> (7 * place)) as u8 & 0x7f | if place > 0 { 0x80 } else { 0 })
        .collect();
    let zeroes = digits
        .iter()
        .take(4)
        .take_while(|&&digit| digit == 0x80)
        .count();
    value(OBJECT_IDENTIFIER, &[base.as_bytes(), &digits[zeroes..]])
}

/// A `SET OF`, its members in the order DER wants: that of their bytes (X.690, 11.6).
pub fn set_of(mut members: Vec<Vec<u8>>) -> Vec<u8> {
    members.sort();
    let members: Vec<&[u8]> = members.iter().map(Vec::as_slice).collect();
    value(SET, &members)
}

/// A `BMPString`. Characters beyond the Basic Multilingual Plane become surrogate pairs, which
/// the type forbids and Windows, Java, NSS and GnuTLS understand.
pub fn bmp_string(text: &str) -> Vec<u8> {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    value(BMP_STRING, &[&bytes])
}

/// Whether a `PrintableString` can hold the text (X.680, 41.4).
pub(crate) fn is_printable(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte))
}

/// An `INTEGER` that is not negative.
pub fn unsigned(number: u32) -> Vec<u8> {
    integer(&number.to_be_bytes())
}

/// An `INTEGER` that is not negative, of its octets.
pub(crate) fn integer(octets: &[u8]) -> Vec<u8> {
    let digits = without_leading_zeros(octets);
    // A set first bit would mean a negative number; and zero has an octet of its own.
    let is_led = digits.first().is_none_or(|digit| digit & 0x80 != 0);
    let sign: &[u8] = if is_led { &[0] } else { &[] };
    value(INTEGER, &[sign, digits])
}

/// The octets of a number from the first that is not zero on.
pub fn without_leading_zeros(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|&&octet| octet == 0).count();
    &octets[zeros..]
}

/// An `AlgorithmIdentifier` whose parameters are NULL.
pub fn algorithm(name: &ObjectIdentifier) -> Vec<u8> {
    sequence(&[&oid(name), &NULL_VALUE])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::der::Encode;
    use ::der::asn1::{BmpString, OctetStringRef};

    #[test]
    fn value_matches_the_der_crate() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let expected = OctetStringRef::new(&content).unwrap().to_der().unwrap();
            let ours = value(OCTET_STRING, &[&content]);
            assert!(ours == expected, "{length}");
            assert!(ours.capacity() <= ours.len() + 1);
        }
    }

    #[test]
    fn oid_below_matches_the_der_crate() {
        let base = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.17.3");
        for arc in [0, 9, 127, 128, 16_383, 16_384, 65_535, u32::MAX] {
            let expected = base.push_arc(arc).unwrap().to_der().unwrap();
            assert_eq!(oid_below(&base, arc), expected, "{arc}");
        }
        assert_eq!(oid(&base), base.to_der().unwrap());
    }

    #[test]
    fn unsigned_matches_the_der_crate() {
        for number in [0, 1, 127, 128, 255, 256, 200_000, i32::MAX as u32, u32::MAX] {
            assert_eq!(unsigned(number), number.to_der().unwrap(), "{number}");
        }
    }

    #[test]
    fn bmp_string_writes_surrogate_pairs() {
        let expected = BmpString::from_utf8("Käse").unwrap().to_der().unwrap();
        assert_eq!(bmp_string("Käse"), expected);
        assert_eq!(bmp_string("😀"), [0x1e, 4, 0xd8, 0x3d, 0xde, 0x00]);
    }

    #[test]
    fn set_of_sorts_its_elements() {
        assert_eq!(
            set_of(vec![vec![2, 0], vec![1, 1, 9]]),
            [0x31, 5, 1, 1, 9, 2, 0]
        );
    }
}
