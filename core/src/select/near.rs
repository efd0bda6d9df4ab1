//! What a selector that matches nothing may have meant: what is a slip of the finger away from it.

use super::digits::thumbprint_digits;
use super::known::Known;
use super::selector::SHORTEST_THUMBPRINT;
use crate::nearest;

/// The longest text that is compared letter by letter.
const LONGEST: usize = 200;

/// Those with the fewest slips between the selector and their names or thumbprints, of those that
/// are near at all.
pub(crate) fn misspelled<'k, T>(
    selector: &str,
    possible: impl Iterator<Item = (T, Known<'k>)>,
) -> Vec<T> {
    let typed = Typed::new(selector);
    let near = possible.filter_map(|(one, known)| Some((one, typed.slips(&known)?)));
    let mut near: Vec<_> = near.collect();
    let fewest = near.iter().map(|(_, slips)| *slips).min();
    near.retain(|(_, slips)| Some(*slips) == fewest);
    near.into_iter().map(|(one, _)| one).collect()
}

/// A selector that matched nothing.
struct Typed<'a> {
    text: &'a str,
    /// What would be the beginning of a thumbprint, but for a slip.
    digits: Option<String>,
}

impl<'a> Typed<'a> {
    /// What is too long to be compared letter by letter is like nothing.
    fn new(selector: &'a str) -> Self {
        let text = match selector.chars().nth(LONGEST) {
            Some(_) => "",
            None => selector.trim(),
        };
        Self {
            text,
            digits: nearly_thumbprint(text),
        }
    }

    /// The fewest slips between it and the thumbprints or names of one certificate.
    fn slips(&self, known: &Known<'_>) -> Option<usize> {
        let digits = self.digits.as_deref();
        let digits =
            digits.and_then(|digits| wrong_digits(digits, [&known.sha1(), &known.sha256()]));
        let names = known.names();
        let people = names
            .iter()
            .filter_map(|name| Some(name.split_once('@')?.0));
        let names = names.iter().map(String::as_str).chain(people);
        let names = names.filter_map(|name| nearest::slips_in_words(self.text, name));
        digits.into_iter().chain(names).min()
    }
}

/// Digits that begin a thumbprint, but for one that is no digit at all (an O for a 0).
fn nearly_thumbprint(text: &str) -> Option<String> {
    let digits = thumbprint_digits(text);
    let wrong = digits.chars().filter(|digit| !digit.is_ascii_hexdigit());
    let fits = (SHORTEST_THUMBPRINT..=65).contains(&digits.chars().count());
    (fits && wrong.count() <= 1).then_some(digits)
}

/// How many digits are wrong: one of a few, two of many.
fn wrong_digits(digits: &str, thumbprints: [&str; 2]) -> Option<usize> {
    let count = digits.chars().count();
    let allowed = if count < 16 { 1 } else { 2 };
    let beginnings = thumbprints.into_iter().flat_map(|thumbprint| {
        let lengths = count - 1..=count + 1;
        lengths.filter_map(move |length| thumbprint.get(..length))
    });
    let wrong = beginnings.map(|beginning| strsim::osa_distance(digits, beginning));
    wrong.min().filter(|wrong| *wrong <= allowed)
}
