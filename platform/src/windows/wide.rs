//! UTF-16 text as Windows keeps it: with a zero at the end, and not always well-formed.

use certstow_formats::secret::Password;
use zeroize::Zeroizing;

/// The text with the zero that ends it.
pub(super) fn terminated(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// The text as the bytes of a property.
#[cfg(windows)]
pub(super) fn property(text: &str) -> Vec<u8> {
    let units = terminated(text).into_iter();
    units.flat_map(u16::to_le_bytes).collect()
}

/// The text of a password with its zero, in memory that is wiped.
pub(super) fn secret(password: &Password) -> Zeroizing<Vec<u16>> {
    let text = password.expose();
    // No text has more units in UTF-16 than bytes in UTF-8: nothing is left behind by growing.
    let mut secret = Zeroizing::new(Vec::with_capacity(text.len() + 1));
    secret.extend(text.encode_utf16());
    secret.push(0);
    secret
}

/// The text up to its zero in the bytes of a property, lone surrogates replaced; `None` if there is
/// no text in it.
pub(super) fn text_of(bytes: &[u8]) -> Option<String> {
    let units = bytes.chunks_exact(2);
    let units: Vec<u16> = units
        .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
        .take_while(|&unit| unit != 0)
        .collect();
    (!units.is_empty()).then(|| String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(units: &[u16]) -> Vec<u8> {
        units.iter().flat_map(|unit| unit.to_le_bytes()).collect()
    }

    #[test]
    fn text_of_tolerates_malformed_bytes() {
        let name = "Schlüssel 🔑";
        assert_eq!(text_of(&bytes(&terminated(name))).as_deref(), Some(name));
        // Without its zero, with something behind it, and with half a character at the end.
        assert_eq!(text_of(b"a\0b\0").as_deref(), Some("ab"));
        assert_eq!(text_of(b"a\0\0\0b\0").as_deref(), Some("a"));
        assert_eq!(text_of(b"a\0b").as_deref(), Some("a"));
        assert_eq!(
            text_of(&bytes(&[0x61, 0xd83d])).as_deref(),
            Some("a\u{fffd}")
        );
    }

    #[test]
    fn secret_is_terminated_and_never_reallocated() {
        let secret = secret(&Password::new("pä🔑".to_owned()));
        assert_eq!(*secret, [0x70, 0xe4, 0xd83d, 0xdd11, 0]);
        assert!(secret.capacity() > "pä🔑".len());
    }

    #[test]
    fn text_of_empty_is_none() {
        assert_eq!(text_of(b""), None);
        assert_eq!(text_of(b"\0\0"), None);
        assert_eq!(text_of(b"\0"), None);
    }
}
