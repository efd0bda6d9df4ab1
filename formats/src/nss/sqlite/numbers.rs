//! Numbers as SQLite writes them: in network order, or as varints (1.6).

/// What is wrong with a place in the file.
pub(super) type Wrong = &'static str;

/// Something ends before it is whole.
pub(super) const BREAKS_OFF: Wrong = "it breaks off";

/// Four octets as a number.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let octets = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes(*octets))
}

/// Two octets as a number.
pub(super) fn short(bytes: &[u8], at: usize) -> Option<usize> {
    let octets = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*octets).into())
}

/// A number of one to nine octets (1.6), and what follows.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (at, &octet) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((number << 8 | u64::from(octet), &bytes[9..]));
        }
        number = number << 7 | u64::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            return Some((number, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::varint;

    #[test]
    fn varint_has_nine_octets_at_most() {
        assert_eq!(varint(&[0x7f, 1]), Some((0x7f, &[1][..])));
        assert_eq!(varint(&[0x81, 0]), Some((0x80, &[][..])));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, &[][..])));
        assert_eq!(varint(&[0xff; 8]), None);
        assert_eq!(varint(&[]), None);
    }
}
