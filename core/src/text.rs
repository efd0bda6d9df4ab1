//! Text as programs and people write it into files: UTF-8, or UTF-16 with a byte order mark, as `>` of
//! Windows PowerShell and Notepad write it.

use zeroize::Zeroizing;

/// The text, without its byte order mark; `None` if these bytes are none. It may be a secret.
pub fn decode(bytes: &[u8]) -> Option<Zeroizing<String>> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, text @ ..] | text => str::from_utf8(text)
            .ok()
            .map(|text| Zeroizing::new(text.to_owned())),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Zeroizing<String>> {
    let (units, []) = bytes.as_chunks::<2>() else {
        return None;
    };
    // Three bytes of UTF-8 are the most one unit becomes, so the text never moves while growing.
    let mut text = Zeroizing::new(String::with_capacity(units.len() * 3));
    for character in char::decode_utf16(units.iter().copied().map(unit)) {
        text.push(character.ok()?);
    }
    Some(text)
}
