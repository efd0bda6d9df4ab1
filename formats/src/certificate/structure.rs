//! The ASN.1 structure of a certificate (RFC 5280, 4.1): recognizing one by its outer layers, and
//! checks where x509-parser is more lenient than OpenSSL, of the outer layers, algorithm identifiers
//! and names.

use std::borrow::Cow;

use crate::ber::{self, Reader, Value};
use crate::der::{
    BIT_STRING, BMP_STRING, EXPLICIT_0, EXPLICIT_3, GENERALIZED_TIME, IA5_STRING, IMPLICIT_1,
    IMPLICIT_2, INTEGER, OBJECT_IDENTIFIER, PRINTABLE_STRING, SEQUENCE, SET, UNIVERSAL_STRING,
    UTC_TIME, UTF8_STRING,
};

const NUMERIC_STRING: u8 = 0x12;
const TELETEX_STRING: u8 = 0x14;

/// Whether a value is what it should be.
type Test = fn(Value<'_>) -> bool;

/// Which part of a certificate is malformed, if any.
pub(super) fn malformed_part(der: &[u8]) -> Option<&'static str> {
    let parts = (|| {
        let mut fields = ber::only(der, SEQUENCE)?.inside();
        let signed = fields.accept(SEQUENCE)?;
        let algorithm = fields.accept(SEQUENCE)?;
        let signature = fields.accept(BIT_STRING)?;
        fields
            .rest()
            .is_empty()
            .then_some((signed, algorithm, signature))
    })();
    let Some((signed, algorithm, signature)) = parts else {
        return Some("its outermost layer");
    };
    if !is_algorithm(algorithm) || !is_bit_string(signature) {
        return Some("its signature");
    }
    malformed_field(signed)
}

fn malformed_field(signed: Value<'_>) -> Option<&'static str> {
    let mut fields = signed.inside();
    let version = fields.accept(EXPLICIT_0);
    if version.is_some_and(|version| !version.only().is_some_and(is_integer)) {
        return Some("its version");
    }
    let tests: [(_, Test); 6] = [
        ("its serial number", is_integer),
        ("its signature algorithm", is_algorithm),
        ("its issuer", is_name),
        ("its validity", is_validity),
        ("its subject", is_name),
        ("its public key", is_public_key),
    ];
    for (part, test) in tests {
        if !fields.next().is_some_and(test) {
            return Some(part);
        }
    }
    // issuerUniqueID and subjectUniqueID.
    fields.accept(IMPLICIT_1);
    fields.accept(IMPLICIT_2);
    let extensions = fields.accept(EXPLICIT_3);
    if extensions.is_some_and(|extensions| !are_extensions(extensions)) {
        return Some("its extensions");
    }
    (!fields.is_empty()).then_some("what follows its public key")
}

/// Whether the outermost layer ends behind the last byte.
pub(super) fn is_cut_off(der: &[u8]) -> bool {
    let header = |octets: &[u8]| {
        octets
            .iter()
            .fold(0, |length, &octet| length << 8 | usize::from(octet))
    };
    match der {
        [] | [SEQUENCE] => true,
        [SEQUENCE, length @ 0..=0x7f, content @ ..] => content.len() < usize::from(*length),
        [SEQUENCE, long @ 0x81..=0x84, rest @ ..] => {
            let octets = usize::from(long & 0x7f);
            match rest.split_at_checked(octets) {
                Some((length, content)) => content.len() < header(length),
                None => true,
            }
        }
        _ => false,
    }
}

/// From when until when a certificate is valid, as it is written there, if that is text.
pub(super) fn dates(der: &[u8]) -> Option<(String, String)> {
    let mut dates = validity(der)?.inside().map(|date| {
        let printable = date.content.iter().all(u8::is_ascii_graphic);
        printable.then(|| String::from_utf8_lossy(date.content).into_owned())
    });
    Some((dates.next()??, dates.next()??))
}

/// The certificate with the nearest dates before those in it that no calendar has: the second 60, 30
/// February. OpenSSL and Windows read such a certificate; x509-parser does not. `None` if it has no
/// such date, or others that are none.
pub(super) fn with_existing_dates(der: &[u8]) -> Option<Vec<u8>> {
    let mut changed = der.to_vec();
    for date in validity(der)?.inside() {
        let start = date.content.as_ptr() as usize - der.as_ptr() as usize;
        let existing = existing_date(date.content)?;
        changed[start..start + existing.len()].copy_from_slice(existing.as_bytes());
    }
    (changed != der).then_some(changed)
}

/// A `UTCTime` or `GeneralizedTime` (RFC 5280, 4.1.2.5), with a day and a second that exist.
fn existing_date(text: &[u8]) -> Option<String> {
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = digits.split_at_checked(digits.len().checked_sub(10)?)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let [month, day, hour, minute, second] =
        [0, 2, 4, 6, 8].map(|at| rest.get(at..at + 2)?.parse::<u32>().ok());
    let years = match year.len() {
        // Of the years 1950 to 2049, 2000 is a leap year, too.
        2 | 4 if is_number => year.parse::<u32>().ok()?,
        _ => return None,
    };
    let is_leap = years % 4 == 0 && (year.len() == 2 || years % 100 != 0 || years % 400 == 0);
    let days = match month? {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let (day, second) = (day?.min(days), second?.min(59));
    let (month, hour, minute) = (month?, hour?, minute?);
    Some(format!(
        "{year}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z"
    ))
}

/// The `Validity` of a certificate.
fn validity(der: &[u8]) -> Option<Value<'_>> {
    let mut fields = ber::only(der, SEQUENCE)?
        .inside()
        .accept(SEQUENCE)?
        .inside();
    fields.accept(EXPLICIT_0);
    // Serial number, algorithm and issuer come first.
    fields.nth(3).filter(|validity| is_validity(*validity))
}

/// Whether every value passes, and nothing unreadable is left behind them.
fn all(mut values: Reader<'_>, test: Test) -> bool {
    values.by_ref().all(test) && values.is_empty()
}

/// Whether a value is a sequence of two values that pass.
fn is_pair(value: Value<'_>, first: Test, second: Test) -> bool {
    let mut fields = value.inside();
    value.tag == SEQUENCE
        && fields.next().is_some_and(first)
        && fields.next().is_some_and(second)
        && fields.is_empty()
}

fn is_integer(value: Value<'_>) -> bool {
    value.tag == INTEGER && !value.content.is_empty()
}

fn is_identifier(value: Value<'_>) -> bool {
    let last = value.content.last();
    value.tag == OBJECT_IDENTIFIER && last.is_some_and(|last| last & 0x80 == 0)
}

/// `AlgorithmIdentifier`.
fn is_algorithm(value: Value<'_>) -> bool {
    let mut fields = value.inside();
    let named = value.tag == SEQUENCE && fields.next().is_some_and(is_identifier);
    fields.next();
    named && fields.is_empty()
}

fn is_bit_string(value: Value<'_>) -> bool {
    value.tag == BIT_STRING && value.content.first().is_some_and(|&unused| unused < 8)
}

/// `SubjectPublicKeyInfo`.
fn is_public_key(value: Value<'_>) -> bool {
    is_pair(value, is_algorithm, is_bit_string)
}

fn is_validity(value: Value<'_>) -> bool {
    value.tag == SEQUENCE
        && value.inside().count() == 2
        && all(value.inside(), |time| {
            matches!(time.tag, UTC_TIME | GENERALIZED_TIME)
        })
}

/// `Name`: a sequence of sets of an identifier and a string.
fn is_name(value: Value<'_>) -> bool {
    value.tag == SEQUENCE
        && all(value.inside(), |set| {
            set.tag == SET && all(set.inside(), is_name_attribute)
        })
}

fn is_name_attribute(value: Value<'_>) -> bool {
    is_pair(value, is_identifier, is_name_string)
}

/// The types that OpenSSL accepts in a name.
fn is_name_string(value: Value<'_>) -> bool {
    let length = value.content.len();
    match value.tag {
        UTF8_STRING => std::str::from_utf8(value.content).is_ok(),
        BMP_STRING => length.is_multiple_of(2),
        UNIVERSAL_STRING => length.is_multiple_of(4),
        BIT_STRING => is_bit_string(value),
        NUMERIC_STRING | PRINTABLE_STRING | TELETEX_STRING | IA5_STRING | SEQUENCE => true,
        _ => false,
    }
}

fn are_extensions(value: Value<'_>) -> bool {
    value.only().is_some_and(|list| {
        list.tag == SEQUENCE
            && all(list.inside(), |extension| {
                let mut fields = extension.inside();
                extension.tag == SEQUENCE && fields.next().is_some_and(is_identifier)
            })
    })
}

/// Whether bytes begin like a certificate: two sequences inside one, the first of which begins as `TBSCertificate` does: a version, which
/// version 1 leaves out, a serial number, and then the signature algorithm, the issuer and the
/// validity. In a revocation list a time stands in the place of the last, in a request there is
/// no such field.
pub fn begins_like_one(bytes: &[u8]) -> bool {
    let Some(tbs) = Reader::new(bytes)
        .accept(SEQUENCE)
        .and_then(|outer| outer.inside().accept(SEQUENCE))
    else {
        return false;
    };
    let mut fields = tbs.inside();
    let versioned = fields.accept(EXPLICIT_0).is_some();
    fields
        .accept(INTEGER)
        .is_some_and(|serial| versioned || serial.content != [0])
        && (0..3).all(|_| fields.accept(SEQUENCE).is_some())
}

/// The first value in `der`, without what stands behind it; all of it, if it begins with no value.
pub fn without_trailing_data(der: &[u8]) -> &[u8] {
    Reader::new(der).next().map_or(der, |first| first.raw)
}

/// A certificate in BER with indefinite lengths as DER, which is what its signature is over; any other
/// bytes as they are.
pub fn as_der(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_definite = Reader::definite(bytes)
        .only()
        .is_some_and(|whole| whole.is_readable_throughout());
    let whole = if is_definite {
        None
    } else {
        Reader::new(bytes).only()
    };
    match whole.and_then(|whole| whole.to_der()) {
        Some(der) => Cow::Owned(der),
        None => Cow::Borrowed(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der;

    #[test]
    fn malformed_part_accepts_samples_rejects_truncation() {
        for sample in [
            &include_bytes!("../../tests/data/certificates/ca.pem")[..],
            include_bytes!("../../tests/data/certificates/rsa.pem"),
            include_bytes!("../../tests/data/certificates/P-256.pem"),
        ] {
            let (_, der) = pem_rfc7468::decode_vec(sample).unwrap();
            assert_eq!(malformed_part(&der), None);
            for length in 0..der.len() {
                assert!(malformed_part(&der[..length]).is_some(), "{length}");
            }
        }
    }

    #[test]
    fn is_name_accepts_only_strings() {
        let name = |tag, content: &[u8]| {
            let attribute = der::sequence(&[&[6, 3, 0x55, 4, 3], &der::value(tag, &[content])]);
            der::sequence(&[&der::value(SET, &[&attribute])])
        };
        let sound = |der: &[u8]| is_name(ber::only(der, SEQUENCE).unwrap());
        for (tag, content, meant) in [
            (UTF8_STRING, "Müller".as_bytes(), true),
            (UTF8_STRING, b"M\xfcller", false),
            (TELETEX_STRING, b"M\xfcller", true),
            (BMP_STRING, b"\0M", true),
            (BMP_STRING, b"\0M\0", false),
            (UNIVERSAL_STRING, b"\0\0\0M", true),
            (INTEGER, b"\x01", false),
        ] {
            assert_eq!(sound(&name(tag, content)), meant, "{tag} {content:?}");
        }
        assert!(sound(&der::sequence(&[])));
        let in_a_sequence = der::sequence(&[&der::sequence(&[])]);
        assert!(!sound(&in_a_sequence));
    }
}
