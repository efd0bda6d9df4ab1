use super::*;
use crate::der::{self, INTEGER};

#[test]
fn octets_joins_constructed_strings() {
    let whole = [0x04, 3, 1, 2, 3];
    let pieces = [
        0x24, 0x80, 0x04, 1, 1, 0x24, 6, 0x04, 1, 2, 0x04, 1, 3, 0, 0,
    ];
    for bytes in [&whole[..], &pieces[..]] {
        let mut reader = Reader::new(bytes);
        let value = reader.expect(OCTET_STRING).unwrap();
        assert_eq!(**value.octets().unwrap(), [1, 2, 3]);
        assert_eq!(value.raw, bytes);
        assert!(reader.is_empty());
    }
}

#[test]
fn reader_round_trips_every_written_length() {
    for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
        let bytes = der::value(OCTET_STRING, &[&vec![7; length]]);
        let value = only(&bytes, OCTET_STRING).unwrap();
        assert_eq!(value.content.len(), length);
        assert_eq!(value.raw, bytes);
    }
}

#[test]
fn definite_reader_rejects_indefinite_and_bad_lengths() {
    for bytes in [
        &[0x30, 0x05, 0x00][..],
        &[0x30, 0x80, 0x00, 0x00],
        &[0x30, 0x85, 0, 0, 0, 0, 0],
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        &[0x30],
        &[0x1f, 0x01, 0x00],
    ] {
        let mut reader = Reader::definite(bytes);
        assert!(reader.next().is_none(), "{bytes:02x?}");
        assert_eq!(reader.rest(), bytes);
        let around = der::sequence(&[bytes]);
        assert!(only(&around, SEQUENCE).unwrap().only().is_none());
    }
    let long = [0x30, 0x84, 0, 0, 0, 2, 0x04, 0];
    assert!(only(&long, SEQUENCE).unwrap().only().is_some());
}

#[test]
fn accept_consumes_only_the_expected_tag() {
    let bytes = [0x02, 1, 3, 0x24, 2, 0x04, 0, 0x30, 9];
    let mut reader = Reader::new(&bytes);
    assert!(reader.accept(SEQUENCE).is_none());
    assert!(
        reader
            .accept(INTEGER)
            .is_some_and(|value| value.content == [3])
    );
    assert!(reader.accept(OCTET_STRING).is_none());
    assert!(reader.expect(OCTET_STRING).is_ok());
    assert!(reader.accept(SEQUENCE).is_none() && reader.optional(SEQUENCE).is_err());
    assert_eq!(reader.rest(), [0x30, 9]);
}

#[test]
fn reader_rejects_truncated_input() {
    let bytes = [0x30, 0x80, 0x30, 0x82, 0, 5, 0x04, 3, 1, 2, 3, 0, 0];
    assert!(Reader::new(&bytes).any().is_ok());
    for length in 0..bytes.len() {
        assert!(Reader::new(&bytes[..length]).any().is_err(), "{length}");
    }
}

#[test]
fn reader_rejects_absurd_lengths_tags_and_depths() {
    for bytes in [
        &[0x30, 0x88, 255, 255, 255, 255, 255, 255, 255, 255][..],
        &[0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
        &[0x04, 0x80, 0, 0][..],
        &[0x3f, 0x81, 0x01, 0][..],
        &[[0x30, 0x80]; 100_000].concat()[..],
    ] {
        assert!(Reader::new(bytes).any().is_err());
    }
}

#[test]
fn unsigned_saturates_at_u64_max() {
    let number = |bytes: &[u8]| Reader::new(bytes).any().unwrap().unsigned();
    assert_eq!(number(&[2, 2, 0x01, 0x00]), Ok(256));
    assert_eq!(
        number(&[2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255]),
        Ok(u64::MAX)
    );
    assert_eq!(number(&[2, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Ok(u64::MAX));
    assert!(number(&[2, 0]).is_err() && number(&[2, 1, 0x80]).is_err());
    assert_eq!(number(&[2, 2, 0, 0x80]), Ok(128));
    assert!(number(&[2, 2, 0, 0x7f]).is_err());
}

#[test]
fn is_der_throughout_detects_ber_at_depth() {
    let der = |bytes: &[u8]| Reader::new(bytes).any().unwrap().is_der_throughout();
    assert!(der(&[0x30, 7, 0xa0, 5, 0x31, 3, 0x04, 1, 0x80]));
    let long = [&[0x04, 0x81, 0x80][..], &[7; 0x80]].concat();
    assert!(der(&long));
    for bytes in [
        &[0x30, 0x80, 0, 0][..],
        &[0x30, 0x81, 0],
        &[0x30, 0x82, 0, 0],
        &[0x30, 3, 0x04, 0x81, 0],
        &[0x30, 4, 0xa0, 0x80, 0, 0],
        &[0x30, 4, 0x24, 2, 0x04, 0],
        &[&[0x04, 0x82, 0, 0x80][..], &[7; 0x80]].concat(),
        &[0x30, 2, 0xa0, 5],
    ] {
        let value = Reader::new(bytes).any();
        assert!(
            !value.is_ok_and(|value| value.is_der_throughout()),
            "{bytes:02x?}"
        );
    }
}

#[test]
fn oid_displays_identifiers_of_any_size() {
    let uuid = [&[0x06, 20, 0x69, 0x83][..], &[0xff; 17], &[0x7f]].concat();
    for (bytes, text, known) in [
        (&[0x06, 3, 0x55, 0x1d, 0x0f][..], "2.5.29.15", true),
        (&[0x06, 2, 0x88, 0x37], "2.999", false),
        (
            &[0x06, 6, 0x2a, 0x90, 0x80, 0x80, 0x80, 0x00],
            "1.2.4294967296",
            false,
        ),
        (&uuid, "2.25.340282366920938463463374607431768211455", false),
        (&[0x06, 2, 0x2a, 0x80], "0x2a80", false),
        (&[0x06, 0], "0x", false),
    ] {
        let oid = Reader::new(bytes).any().unwrap().oid();
        assert_eq!(oid.to_string(), text);
        assert_eq!(oid.known().is_some(), known, "{text}");
    }
}
