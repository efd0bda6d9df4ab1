//! What shows of a private key in OpenSSH's own form (`PROTOCOL.key`): after a word come three strings
//! about its encryption, the number of keys, and the public key, which begins with the name of its kind.

use base64ct::{Base64, Encoding as _};

use crate::jks::cursor::Cursor;

const WORD: &[u8] = b"openssh-key-v1\0";

/// As much base64 as surely holds the name: salts have 16 octets.
const START: usize = 400;

/// Whether `ssh-keygen` has no other form for the kind of key in the body of a PEM block: it converts
/// RSA, DSA and ECDSA, and leaves any other as it is without a word.
pub(super) fn is_in_no_other_form(body: &[u8]) -> bool {
    let is_other = |kind: &[u8]| {
        let converted: [&[u8]; 3] = [b"ssh-rsa", b"ssh-dss", b"ecdsa-sha2-"];
        !converted
            .iter()
            .any(|converted| kind.starts_with(converted))
    };
    let text = body.iter().filter(|octet| !octet.is_ascii_whitespace());
    let mut text: Vec<u8> = text.take(START).copied().collect();
    text.truncate(text.len() / 4 * 4);
    let mut octets = [0; START];
    Base64::decode(&text, &mut octets).is_ok_and(|start| kind(start).is_some_and(is_other))
}

fn kind(start: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor::new(start.strip_prefix(WORD)?);
    for _ in ["cipher", "derivation", "its options"] {
        cursor.counted().ok()?;
    }
    let (_keys, _public_key) = (cursor.number().ok()?, cursor.number().ok()?);
    cursor.counted().ok()
}
