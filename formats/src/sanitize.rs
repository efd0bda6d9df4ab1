//! Makes text that somebody else chose safe to show at a terminal.
//!
//! Names in certificates, labels and file names may carry escape sequences, characters that
//! reverse the writing direction (Unicode UAX #9) or take no space, and so make a line say
//! something else than it is. Tables, trees, prompts and errors all show such text through
//! [`safe`]; JSON keeps it whole, in ASCII.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write;

/// Whether a character could change how a terminal shows what stands around it: control
/// characters (line ends too), bidirectional marks, zero-width characters, line and paragraph
/// separators, tag characters and variation selectors.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00ad}'                  // soft hyphen
            | '\u{034f}'                // combining grapheme joiner
            | '\u{061c}'                // Arabic letter mark
            | '\u{115f}' | '\u{1160}'   // Hangul fillers
            | '\u{17b4}' | '\u{17b5}'   // Khmer inherent vowels
            | '\u{180b}'..='\u{180f}'   // Mongolian selectors
            | '\u{200b}'..='\u{200f}'   // zero width, direction marks
            | '\u{2028}'..='\u{202e}'   // separators, embeddings and overrides
            | '\u{2060}'..='\u{206f}'   // joiners, isolates, invisible operators
            | '\u{3164}' | '\u{ffa0}'   // Hangul fillers
            | '\u{fe00}'..='\u{fe0f}'   // variation selectors
            | '\u{feff}'                // byte order mark
            | '\u{fff0}'..='\u{fffb}'   // interlinear annotation
            | '\u{1bca0}'..='\u{1bca3}' // shorthand format controls
            | '\u{1d173}'..='\u{1d17a}' // musical format controls
            | '\u{e0000}'..='\u{e0fff}' // tags and variation selectors
        )
}

/// `text` with every unsafe character written as `\u{..}` in hexadecimal; on one line.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// No name is shown at greater length. `certstow show` and JSON have it whole.
pub const LONGEST: usize = 500;

/// The first characters of `text`, made [`safe`], and "…" where that is not all of it.
pub fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        None => safe(text),
        Some((end, _)) => Cow::Owned(format!("{}…", safe(&text[..end]))),
    }
}

/// The first [`LONGEST`] characters of `text`, made [`safe`]; where that is not all of it, how many
/// there are.
pub fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        None => safe(text),
        Some((end, _)) => {
            let all = text.chars().count();
            Cow::Owned(format!("{}… ({all} characters)", safe(&text[..end])))
        }
    }
}

/// The errors that caused this one, the nearest first, each made [`safe`].
pub fn causes<'e>(error: &'e (dyn Error + 'e)) -> impl Iterator<Item = String> + 'e {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.map(|cause| safe(&cause.to_string()).into_owned())
}

/// An error and everything that caused it, made [`safe`], in one line.
pub fn in_full(error: &dyn Error) -> String {
    let own = safe(&error.to_string()).into_owned();
    let whole: Vec<String> = std::iter::once(own).chain(causes(error)).collect();
    whole.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safe_keeps_ordinary_text() {
        for text in [
            "Alice Example",
            "Zoë Łukasz",
            "株式会社 例",
            "مثال",
            "🔑 key",
            "",
        ] {
            assert!(
                matches!(safe(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    #[test]
    fn safe_escapes_control_characters() {
        assert_eq!(safe("a\x1b[31mred\x07"), "a\\u{1b}[31mred\\u{7}");
        assert_eq!(safe("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(safe("one\r\ntwo\tthree"), "one\\u{d}\\u{a}two\\u{9}three");
    }

    #[test]
    fn safe_escapes_invisible_and_bidi_characters() {
        for character in [
            '\u{200b}',
            '\u{200e}',
            '\u{202e}',
            '\u{2028}',
            '\u{2029}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{ad}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{7f}',
        ] {
            let text = format!("a{character}b");
            assert_eq!(safe(&text), format!("a\\u{{{:x}}}b", u32::from(character)));
        }
    }

    #[test]
    fn shortened_appends_the_original_length() {
        let text = format!("a\u{1b}{}", "é".repeat(10_000));
        let short = shortened(&text);
        assert_eq!(short.matches('é').count(), LONGEST - 2);
        assert!(short.starts_with("a\\u{1b}é"), "{short}");
        assert!(short.ends_with("é… (10002 characters)"), "{short}");
        let just = "é".repeat(LONGEST);
        assert_eq!(shortened(&just), just);
    }
}
