//! Text as people get it: UTF-16, as PowerShell and Notepad write it, and base64 whose `BEGIN` and `END`
//! lines were lost on the way.

use zeroize::Zeroizing;

use super::pem;

/// UTF-16, with or without a byte order mark, as UTF-8; `None` if these bytes are none.
pub(super) fn from_utf16(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (is_big_endian, bytes) = match bytes {
        [0xff, 0xfe, rest @ ..] => (false, rest),
        [0xfe, 0xff, rest @ ..] => (true, rest),
        // Two characters that text begins with; no binary form of ours does.
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => (false, bytes),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => (true, bytes),
        _ => return None,
    };
    let units = bytes.chunks_exact(2).map(|pair| match is_big_endian {
        true => u16::from_be_bytes([pair[0], pair[1]]),
        false => u16::from_le_bytes([pair[0], pair[1]]),
    });
    // A unit is three octets at most, and a key must not stay behind in a place that growing gives back.
    let mut text = Zeroizing::new(Vec::with_capacity(bytes.len() / 2 * 3));
    for character in char::decode_utf16(units) {
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Some(text)
}

/// Decodes text that is base64 from its first character to its last into `out`. Whatever is in
/// binary form here begins with one octet, which makes the first character M.
pub(super) fn decode_bare_base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    pem::unquoted(text).first() == Some(&b'M') && pem::decode_base64(text, out).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_utf16_reads_both_byte_orders() {
        let text = "-----BEGIN é 😀";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            [&[0xff, 0xfe], &little[..]].concat(),
            [&[0xfe, 0xff], &big[..]].concat(),
            little,
            big,
        ] {
            assert_eq!(from_utf16(&bytes).unwrap().as_slice(), text.as_bytes());
        }
        assert!(from_utf16(text.as_bytes()).is_none());
        assert!(from_utf16(&[0x30, 0x82, 1, 0]).is_none());
    }
}
