//! What a selector that matches nothing may have meant: something archived, something that the
//! filters leave out, or a slip of the finger.

use sha1::{Digest, Sha1};

use super::{Choice, Want, candidate, filtered, matching, matching_text};
use crate::error::{Near, Nearly};
use crate::identity::{Inventory, ListedCertificate};
use crate::nearest;
use crate::select::Filters;
use certstow_formats::names;

/// More than these help nobody.
pub(crate) const MOST_OFFERED: usize = 5;
/// The longest text that is compared letter by letter.
const LONGEST: usize = 200;

/// What is nearly what was asked for, with the best reason.
pub(super) fn near(inventory: &Inventory, choice: &Choice<'_>, now: i64) -> Option<Near> {
    let archived = matching_text(filtered(inventory, choice, now), choice);
    if !archived.is_empty() {
        return Some(offer(inventory, Nearly::Archived, &archived));
    }
    let selector = choice.selector?;
    let wanted = |found: &&ListedCertificate| choice.want == Want::Certificate || found.has_key();
    let unfiltered = Choice {
        filters: &Filters::default(),
        ..*choice
    };
    let mut left_out = matching(inventory, &unfiltered, now);
    left_out.retain(wanted);
    if !left_out.is_empty() {
        let filters = Nearly::LeftOut {
            filters: choice.filters.described().to_owned(),
        };
        return Some(offer(inventory, filters, &left_out));
    }
    let mut possible = filtered(inventory, choice, now);
    possible.retain(wanted);
    let misspelled = misspelled(&possible, selector);
    (!misspelled.is_empty()).then(|| offer(inventory, Nearly::Misspelled, &misspelled))
}

/// These, to choose from.
pub fn offer(inventory: &Inventory, why: Nearly, identities: &[&ListedCertificate]) -> Near {
    let some = identities.iter().take(MOST_OFFERED);
    Near {
        why,
        count: identities.len(),
        candidates: some.map(|found| candidate(inventory, found)).collect(),
    }
}

/// Those with the fewest slips between the selector and their names or thumbprints.
fn misspelled<'i>(
    possible: &[&'i ListedCertificate],
    selector: &str,
) -> Vec<&'i ListedCertificate> {
    let typed = Typed::new(selector);
    let slips = possible.iter().map(|identity| {
        let parsed = identity.certificate().parse();
        let label = identity.label();
        let names = [Some(label), names::common_name(parsed.subject())];
        let texts = names.into_iter().flatten();
        let texts = texts.chain(names::dns_names(&parsed));
        let texts: Vec<String> = texts.chain(names::emails(&parsed)).collect();
        let sha1 = names::hex(&Sha1::digest(identity.certificate().der()));
        let sha256 = names::hex(identity.entry().id.as_bytes());
        (*identity, typed.slips([&sha1, &sha256], &texts))
    });
    fewest(slips)
}

/// Those with the fewest slips, of those that are near at all.
pub(crate) fn fewest<T>(all: impl Iterator<Item = (T, Option<usize>)>) -> Vec<T> {
    let mut near: Vec<_> = all.filter_map(|(one, slips)| Some((one, slips?))).collect();
    let fewest = near.iter().map(|(_, slips)| *slips).min();
    near.retain(|(_, slips)| Some(*slips) == fewest);
    near.into_iter().map(|(one, _)| one).collect()
}

/// A selector that matched nothing.
pub(crate) struct Typed<'a> {
    text: &'a str,
    /// What would be the beginning of a thumbprint, but for a slip.
    digits: Option<String>,
}

impl<'a> Typed<'a> {
    /// What is too long to be compared letter by letter is like nothing.
    pub(crate) fn new(selector: &'a str) -> Self {
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
    pub(crate) fn slips(&self, thumbprints: [&str; 2], names: &[String]) -> Option<usize> {
        let digits = self.digits.as_deref();
        let digits = digits.and_then(|digits| wrong_digits(digits, thumbprints));
        let people = names
            .iter()
            .filter_map(|name| Some(name.split_once('@')?.0));
        let names = names.iter().map(String::as_str).chain(people);
        let names = names.filter_map(|name| slips_in_words(self.text, name));
        digits.into_iter().chain(names).min()
    }
}

/// Digits that begin a thumbprint, but for one that is no digit at all (an O for a 0).
fn nearly_thumbprint(text: &str) -> Option<String> {
    let digits: String = text
        .chars()
        .filter(|character| !matches!(character, ':' | '-' | ' ' | '\u{200e}'))
        .map(|character| character.to_ascii_lowercase())
        .collect();
    let wrong = digits.chars().filter(|digit| !digit.is_ascii_hexdigit());
    let fits = (super::SHORTEST_THUMBPRINT..=65).contains(&digits.chars().count());
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

/// The fewest slips between what was typed and a name, or as many words of it.
fn slips_in_words(typed: &str, name: &str) -> Option<usize> {
    let count = typed.split_whitespace().count().max(1);
    let words: Vec<&str> = name.split_whitespace().collect();
    let parts = words.windows(count).map(|words| words.join(" "));
    let parts = parts.filter_map(|part| nearest::slips(typed, &part));
    parts.chain(nearest::slips(typed, name)).min()
}
