//! Text taken apart while certstow is compiled, where the methods of `str` for that are not to be had.

/// The first line of a text that is not empty, and what follows it.
pub(super) const fn first_line(text: &'static str) -> Option<(&'static str, &'static str)> {
    match text.is_empty() {
        true => None,
        false => Some(split(text, b"\n")),
    }
}

/// The first field of a line, and the others.
pub(super) const fn field(text: &'static str) -> (&'static str, &'static str) {
    split(text, b" | ")
}

/// The text before and after the first place of a separator.
const fn split(text: &'static str, separator: &[u8]) -> (&'static str, &'static str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + separator.len() <= bytes.len() {
        let (_, rest) = text.split_at(at);
        if begins_with(rest, separator) {
            let (_, after) = rest.split_at(separator.len());
            let (before, _) = text.split_at(at);
            return (before, after);
        }
        at += 1;
        while at < bytes.len() && !text.is_char_boundary(at) {
            at += 1;
        }
    }
    (text, "")
}

/// What follows a word at the beginning of a text.
pub(super) const fn after_word(text: &'static str, word: &str) -> Option<&'static str> {
    match begins_with(text, word.as_bytes()) {
        true => Some(text.split_at(word.len()).1),
        false => None,
    }
}

const fn begins_with(text: &str, beginning: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < beginning.len() {
        if at >= bytes.len() || bytes[at] != beginning[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A number in decimal digits.
pub(super) const fn number_of(text: &str) -> u32 {
    let (digits, mut number, mut at) = (text.as_bytes(), 0, 0);
    while at < digits.len() {
        assert!(digits[at].is_ascii_digit(), "a number has digits alone");
        number = number * 10 + (digits[at] - b'0') as u32;
        at += 1;
    }
    number
}
