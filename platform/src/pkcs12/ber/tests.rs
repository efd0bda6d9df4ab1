use super::*;

fn der(bytes: &[u8]) -> Result<Vec<u8>, BerError> {
    to_der(bytes).map(|der| der.as_bytes().to_vec())
}

#[test]
fn der_stays_as_it_is_and_what_follows_is_left_alone() {
    let element = to_der(&[0x30, 3, 2, 1, 5, 0xff, 0xff]).unwrap();
    assert!(!element.was_ber());
    assert_eq!(element.as_bytes(), [0x30, 3, 2, 1, 5]);
}

#[test]
fn indefinite_and_long_lengths_become_short_ones() {
    let element = to_der(&[0x30, 0x80, 2, 0x81, 1, 5, 0, 0, 9]).unwrap();
    assert!(element.was_ber());
    assert_eq!(element.as_bytes(), [0x30, 3, 2, 1, 5]);
}

#[test]
fn a_string_in_pieces_becomes_one() {
    let nested = [0x24, 0x80, 4, 1, 1, 0x24, 6, 4, 1, 2, 4, 1, 3, 0, 0];
    assert_eq!(der(&nested), Ok(vec![4, 3, 1, 2, 3]));
    assert_eq!(der(&[0x24, 3, 2, 1, 1]), Err(BerError::Malformed));
}

#[test]
fn encrypted_content_in_pieces_becomes_one_and_an_explicit_tag_stays() {
    let info = [
        0x30, 0x80, 6, 1, 0x2a, 0x30, 0, 0xa0, 0x80, 4, 1, 1, 4, 1, 2, 0, 0, 0, 0,
    ];
    assert_eq!(
        der(&info),
        Ok(vec![0x30, 9, 6, 1, 0x2a, 0x30, 0, 0x80, 2, 1, 2])
    );
    let explicit = [0x30, 0x80, 6, 1, 0x2a, 0xa0, 0x80, 4, 1, 1, 0, 0, 0, 0];
    assert_eq!(
        der(&explicit),
        Ok(vec![0x30, 8, 6, 1, 0x2a, 0xa0, 3, 4, 1, 1])
    );
}

#[test]
fn lengths_of_every_size_are_written_shortest() {
    for length in [0, 1, 127, 128, 255, 256, 65535, 65536] {
        let mut long = vec![4, 0x88];
        long.extend_from_slice(&(length as u64).to_be_bytes());
        long.resize(long.len() + length, 7);
        let short = der(&long).unwrap();
        let (octets, count) = length_octets(length);
        assert_eq!(short.len(), 1 + count + length);
        assert_eq!(short[1..=count], octets[9 - count..]);
        assert!(!to_der(&short).unwrap().was_ber(), "{length}");
    }
}

#[test]
fn what_breaks_off_or_nests_too_deep_is_refused() {
    assert_eq!(der(&[]), Err(BerError::Truncated));
    assert_eq!(der(&[0x30, 0x80, 2, 1, 5]), Err(BerError::Truncated));
    assert_eq!(
        der(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
        Err(BerError::Truncated)
    );
    assert_eq!(der(&[4, 0x80, 0, 0]), Err(BerError::Malformed));
    assert_eq!(
        der(&[0x30, 0x80].repeat(100_000)),
        Err(BerError::TooComplex)
    );
}
