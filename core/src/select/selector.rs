//! A selector: the beginning of a thumbprint, or text in a name.

use std::borrow::Cow;

use certstow_formats::names;

use super::digits::thumbprint_digits;
use super::known::{Known, contains};
use crate::letters::comparable;

/// The fewest hexadecimal digits that are taken as the beginning of a thumbprint.
pub const SHORTEST_THUMBPRINT: usize = 6;

/// The most digits of a thumbprint: those of a SHA-256.
const LONGEST_THUMBPRINT: usize = 64;

/// A selector as it was typed.
pub struct Selector<'a> {
    text: &'a str,
    /// See [`thumbprint_digits`].
    digits: String,
}

impl<'a> Selector<'a> {
    /// Any text may be one.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            digits: thumbprint_digits(text),
        }
    }

    /// Whether it is meant as the beginning of a thumbprint, and begins one of this certificate.
    pub(crate) fn begins_thumbprint(&self, known: &Known<'_>) -> bool {
        self.is_long_enough() && self.thumbprint_begun(known).is_some()
    }

    /// Whether it is meant as the beginning of a thumbprint, and begins this one, of lower-case digits.
    pub fn begins(&self, thumbprint: &str) -> bool {
        self.is_long_enough() && thumbprint.starts_with(&self.digits)
    }

    fn is_long_enough(&self) -> bool {
        (SHORTEST_THUMBPRINT..=LONGEST_THUMBPRINT).contains(&self.digits.len())
    }

    /// The thumbprint of this certificate that it begins, with however few digits: SHA-1 first. For
    /// somebody who is still typing.
    pub fn thumbprint_begun<'k>(&self, known: &Known<'k>) -> Option<Cow<'k, str>> {
        // A manifest may have no SHA-1.
        let begun = |thumbprint: &Cow<'_, str>| {
            !thumbprint.is_empty() && thumbprint.starts_with(&self.digits)
        };
        Some(known.sha1())
            .filter(begun)
            .or_else(|| Some(known.sha256()).filter(begun))
    }

    /// Whether it is text in the label, the subject or a name in subjectAltName; `None` where it is in
    /// nothing that is known, and not everything is.
    pub fn is_in_text(&self, known: &Known<'_>) -> Option<bool> {
        let has = |text: &str| contains(text, self.text);
        let label = known.label().is_some_and(|text| has(&text));
        let any =
            |texts: Option<Vec<String>>| texts.is_some_and(|all| all.iter().any(|one| has(one)));
        let found = label
            || known.subject().is_some_and(|text| has(&text))
            || any(known.emails())
            || any(known.alternative_names());
        (found || known.is_whole()).then_some(found)
    }

    /// Whether it is all of one of the names that are known: the label, a common name, an e-mail
    /// address, a DNS name or another alternative name, or the subject. With the types of attributes,
    /// as in `CN=Ada Example`, it may be any whole part of the subject.
    pub(crate) fn is_whole_name(&self, known: &Known<'_>) -> bool {
        let wanted = comparable(self.text.trim());
        if wanted.is_empty() {
            return false;
        }
        let names = known.names();
        let mut names = names.iter().map(|name| comparable(name));
        if names.any(|name| name.trim() == wanted) {
            return true;
        }
        let Some(subject) = known.subject().map(|subject| comparable(&subject)) else {
            return false;
        };
        let typed = wanted.contains('=').then(|| wanted.clone());
        let common_name = format!("cn={}", comparable(&names::escaped(self.text.trim())));
        let mut parts = typed.iter().chain([&common_name]);
        parts.any(|part| is_whole_part(&subject, part))
    }
}

/// Whether one or several whole attributes of a distinguished name, as RFC 4514 writes it, are this text.
fn is_whole_part(name: &str, part: &str) -> bool {
    name.match_indices(part).any(|(at, _)| {
        let (before, after) = (&name[..at], &name[at + part.len()..]);
        let begins = before.is_empty() || before.ends_with([',', '+']) && !is_escaped(before);
        begins && (after.is_empty() || after.starts_with([',', '+']))
    })
}

/// Whether the last character of a text is escaped: an odd number of backslashes stand before it.
fn is_escaped(text: &str) -> bool {
    let before = &text[..text.len() - 1];
    let unescaped = before.trim_end_matches('\\');
    (before.len() - unescaped.len()) % 2 == 1
}
