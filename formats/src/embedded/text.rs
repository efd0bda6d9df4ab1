//! A text without the escapes of JSON, YAML, shells and `.properties` files: `\n`, `\r` and `\t` are
//! blanks, `\u` with four digits is the character, and before anything else a backslash means nothing. A
//! text inside a text has several backslashes in a row, which mean what one does.

use zeroize::Zeroizing;

/// The text, and where its lines begin.
pub(super) struct Unescaped {
    pub(super) octets: Zeroizing<Vec<u8>>,
    /// Where what followed each end of a line lies now.
    lines: Vec<usize>,
}

impl Unescaped {
    pub(super) fn of(text: &[u8]) -> Self {
        // Never longer than before, so that no copy is left behind by growing.
        let mut octets = Zeroizing::new(Vec::with_capacity(text.len()));
        let mut lines = Vec::new();
        let mut rest = text;
        while let [first, after @ ..] = rest {
            let (octet, after) = match first {
                b'\\' => unescape(after),
                _ => (Some(*first), after),
            };
            octets.extend(octet);
            // An escaped end of a line is one of the text all the same.
            if rest[..rest.len() - after.len()].ends_with(b"\n") {
                lines.push(octets.len());
            }
            rest = after;
        }
        Self { octets, lines }
    }

    /// The line, counted from 1, that a place in the octets is on.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + self.lines.partition_point(|&line| line <= at)
    }
}

/// What an escape means, given what follows its first backslash.
fn unescape(text: &[u8]) -> (Option<u8>, &[u8]) {
    let more = text.iter().take_while(|&&octet| octet == b'\\').count();
    match &text[more..] {
        [b'n' | b'r', rest @ ..] => (Some(b'\n'), rest),
        [b't', rest @ ..] => (Some(b' '), rest),
        [b'u', rest @ ..] => match rest.split_first_chunk().and_then(character) {
            Some((octet, rest)) => (Some(octet), rest),
            None => (None, rest),
        },
        [other, rest @ ..] => (Some(*other), rest),
        [] => (None, &[]),
    }
}

/// A character that base64 or PEM may have, by its number, and what follows.
fn character<'a>((digits, rest): (&[u8; 4], &'a [u8])) -> Option<(u8, &'a [u8])> {
    let digits = std::str::from_utf8(digits).ok()?;
    let number = u8::from_str_radix(digits.strip_prefix("00")?, 16).ok()?;
    let is_one = number != b'\\' && matches!(number, b'\n' | b'\r' | b'\t' | b' '..=b'~');
    is_one.then_some((number, rest))
}
