//! What a selector that matches nothing may have meant: something archived, something that the
//! filters leave out, or a slip of the finger.

use sha1::{Digest, Sha1};

use super::{Choice, Want, candidate, filtered, matching, matching_text};
use crate::error::{Near, Nearly};
use crate::identity::{Identity, Inventory};
use crate::select::Filters;
use crate::{names, nearest};

/// More than these help nobody.
const MOST: usize = 5;
/// The longest text that is compared letter by letter.
const LONGEST: usize = 200;

/// What is nearly what was asked for, with the best reason.
pub(super) fn near(inventory: &Inventory, choice: &Choice<'_>, now: i64) -> Option<Near> {
    let archived = matching_text(filtered(inventory, choice, now), choice);
    if !archived.is_empty() {
        return Some(offer(inventory, Nearly::Archived, &archived));
    }
    let selector = choice.selector?;
    let wanted = |found: &&Identity| choice.want == Want::Certificate || found.has_key();
    let unfiltered = Choice {
        filters: &Filters::default(),
        ..*choice
    };
    let mut left_out = matching(inventory, &unfiltered, now);
    left_out.retain(wanted);
    if !left_out.is_empty() {
        let filters = Nearly::LeftOut {
            filters: choice.filters.describe(),
        };
        return Some(offer(inventory, filters, &left_out));
    }
    let mut possible = filtered(inventory, choice, now);
    possible.retain(wanted);
    let misspelled = misspelled(&possible, selector);
    (!misspelled.is_empty()).then(|| offer(inventory, Nearly::Misspelled, &misspelled))
}

/// These, to choose from.
pub fn offer(inventory: &Inventory, why: Nearly, identities: &[&Identity]) -> Near {
    let some = identities.iter().take(MOST);
    Near {
        why,
        count: identities.len(),
        candidates: some.map(|found| candidate(inventory, found)).collect(),
    }
}

/// Those with the fewest slips between the selector and their names or thumbprints.
fn misspelled<'i>(possible: &[&'i Identity], selector: &str) -> Vec<&'i Identity> {
    if selector.chars().count() > LONGEST {
        return Vec::new();
    }
    let digits = nearly_thumbprint(selector);
    let mut near: Vec<(usize, &Identity)> = possible
        .iter()
        .filter_map(|identity| {
            let by_digits = digits.as_deref();
            let by_digits = by_digits.and_then(|digits| wrong_digits(digits, identity));
            let by_text = slips_in_names(selector, identity);
            Some((by_digits.into_iter().chain(by_text).min()?, *identity))
        })
        .collect();
    let Some(fewest) = near.iter().map(|(slips, _)| *slips).min() else {
        return Vec::new();
    };
    near.retain(|(slips, _)| *slips == fewest);
    near.into_iter().map(|(_, identity)| identity).collect()
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
fn wrong_digits(digits: &str, identity: &Identity) -> Option<usize> {
    let allowed = if digits.len() < 16 { 1 } else { 2 };
    let sha256 = names::hex(identity.entry().id.as_bytes());
    let sha1 = names::hex(&Sha1::digest(identity.certificate().der()));
    let beginnings = [sha1, sha256].into_iter().flat_map(|thumbprint| {
        let lengths = digits.len() - 1..=digits.len() + 1;
        lengths.filter_map(move |length| thumbprint.get(..length).map(str::to_owned))
    });
    let wrong = beginnings.map(|beginning| strsim::osa_distance(digits, &beginning));
    wrong.min().filter(|wrong| *wrong <= allowed)
}

/// The fewest slips between a selector and a name, or as many words of it.
fn slips_in_names(selector: &str, identity: &Identity) -> Option<usize> {
    let parsed = identity.certificate().parse();
    let label = names::label(identity.entry(), &parsed);
    let emails = names::emails(&parsed);
    let people = emails
        .iter()
        .filter_map(|address| address.split('@').next());
    let people: Vec<String> = people.map(str::to_owned).collect();
    let texts = [Some(label), names::common_name(parsed.subject())];
    let texts = texts.into_iter().flatten().chain(names::dns_names(&parsed));
    let texts = texts.chain(people).chain(emails);
    texts
        .filter_map(|text| slips_in_words(selector, &text))
        .min()
}

fn slips_in_words(selector: &str, text: &str) -> Option<usize> {
    let count = selector.split_whitespace().count().max(1);
    let words: Vec<&str> = text.split_whitespace().collect();
    let parts = words.windows(count).map(|words| words.join(" "));
    let parts = parts.filter_map(|part| nearest::slips(selector.trim(), &part));
    let whole = nearest::slips(selector, text);
    parts.chain(whole).min()
}
