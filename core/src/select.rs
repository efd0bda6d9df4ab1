//! Choosing among certificates: [`Filters`] narrow what is listed, and a [`Selector`] names exactly one
//! identity. A name that is given whole means those of that name alone, not those with longer ones.
//! Anything else than one match is an error that says what there is to choose from, or what may have
//! been meant: something archived, something that the filters leave out, or a slip of the finger.

use certstow_formats::plural::counted;
use certstow_platform::error::StoreError;

use crate::error::{Candidate, Error, IssuedLast, Near, Nearly};
use crate::identity::{Inventory, ListedCertificate};
use crate::renewal::Subject;
use crate::time::UnixTime;

mod digits;
mod filters;
mod known;
mod near;
mod selector;

pub use filters::Filters;
pub use known::Known;
pub(crate) use known::Recorded;
pub(crate) use near::misspelled;
pub use selector::{SHORTEST_THUMBPRINT, Selector};

/// More candidates than these help nobody.
const MOST_OFFERED: usize = 5;

/// What has to be there for an identity to be a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// A certificate with its private key. Certificates without one are no candidates.
    Key,
    /// A certificate; those with a private key come first.
    Certificate,
    /// What waits with a private key for the answer of a CA.
    Pending,
}

/// How one identity is to be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// The beginning of a thumbprint, or text in the label, the subject or a name in
    /// subjectAltName. Without one the filters have to leave one identity.
    pub selector: Option<&'a str>,
    /// Conditions beside the selector.
    pub filters: &'a Filters,
    /// Of several certificates of one subject, take the one issued last.
    pub newest: bool,
    /// What has to be there.
    pub want: Want,
}

impl<'a> Choice<'a> {
    /// The identity with its private key that this selector names, whatever its filters.
    pub fn of(selector: &'a str) -> Self {
        Self {
            selector: Some(selector),
            filters: Filters::none(),
            newest: false,
            want: Want::Key,
        }
    }
}

/// The one identity that was chosen.
///
/// # Errors
/// - [`Error::NotFound`]: nothing matches.
/// - [`Error::Ambiguous`]: several do, and the newest is not wanted, or they are of different subjects,
///   or were issued at the same time.
/// - [`Error::Store`] with [`StoreError::KeyMissing`]: only certificates without a private key
///   match, and one is wanted.
pub fn choose<'i>(
    inventory: &'i Inventory,
    choice: &Choice<'_>,
    now: UnixTime,
) -> Result<&'i ListedCertificate, Error> {
    let matching = matching(inventory, choice, now);
    let with_key: Vec<_> = matching
        .iter()
        .copied()
        .filter(|found| found.has_key())
        .collect();
    let candidates = match (with_key.is_empty(), choice.want) {
        (false, _) => with_key,
        (true, Want::Certificate) => matching,
        (true, Want::Key | Want::Pending) => {
            return Err(match matching.first() {
                Some(keyless) => Error::Store(StoreError::KeyMissing {
                    place: keyless.entry().place(),
                }),
                None => not_found(inventory, choice, now),
            });
        }
    };
    match candidates.as_slice() {
        [] => Err(not_found(inventory, choice, now)),
        [one] => Ok(one),
        several => match newest(several) {
            Ok(newest) if choice.newest => Ok(newest),
            newest => Err(Error::Ambiguous {
                selector: described(choice.selector, choice.filters),
                candidates: several
                    .iter()
                    .map(|found| candidate(inventory, found))
                    .collect(),
                issued_last: newest.err().unwrap_or(IssuedLast::One),
            }),
        },
    }
}

/// The one of several that was issued last, if they are of one subject.
fn newest<'i>(several: &[&'i ListedCertificate]) -> Result<&'i ListedCertificate, IssuedLast> {
    let mut subjects = several.iter().map(|one| Subject::of(one));
    let first = subjects.next();
    if subjects.any(|other| Some(other) != first) {
        return Err(IssuedLast::OfDifferentSubjects);
    }
    let last = several.iter().map(|one| issued(one)).max();
    let mut newest = several.iter().filter(|one| Some(issued(one)) == last);
    match (newest.next(), newest.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(IssuedLast::Several),
    }
}

/// Every identity that is meant, archived ones too.
pub fn all<'i>(
    inventory: &'i Inventory,
    choice: &Choice<'_>,
    now: UnixTime,
) -> Vec<&'i ListedCertificate> {
    let (mut found, _) = found(inventory, choice, now);
    found.retain(|identity| choice.want == Want::Certificate || identity.has_key());
    found
}

/// Text never finds an archived identity, since what replaced it is nearly always meant, nor a pending one,
/// which is of no use yet.
fn matching<'i>(
    inventory: &'i Inventory,
    choice: &Choice<'_>,
    now: UnixTime,
) -> Vec<&'i ListedCertificate> {
    let (mut found, by_thumbprint) = found(inventory, choice, now);
    found.retain(|identity| match choice.want {
        Want::Pending => identity.is_pending(),
        Want::Key | Want::Certificate => by_thumbprint || !identity.is_set_aside(),
    });
    found
}

/// Those whose thumbprint the selector begins, or else those that its text names; and whether it is the
/// thumbprint.
fn found<'i>(
    inventory: &'i Inventory,
    choice: &Choice<'_>,
    now: UnixTime,
) -> (Vec<&'i ListedCertificate>, bool) {
    let filtered = filtered(inventory, choice, now);
    let by_thumbprint = matching_thumbprint(&filtered, choice);
    match by_thumbprint.is_empty() {
        true => (matching_text(inventory, filtered, choice), false),
        false => (by_thumbprint, true),
    }
}

fn filtered<'i>(
    inventory: &'i Inventory,
    choice: &Choice<'_>,
    now: UnixTime,
) -> Vec<&'i ListedCertificate> {
    let all = inventory.certificates().iter();
    all.filter(|identity| choice.filters.matches(identity, now))
        .collect()
}

/// Those whose thumbprint the selector begins. Text such as "facade" may be both: then a thumbprint
/// is meant if there is such a one.
fn matching_thumbprint<'i>(
    filtered: &[&'i ListedCertificate],
    choice: &Choice<'_>,
) -> Vec<&'i ListedCertificate> {
    let Some(selector) = choice.selector.map(Selector::new) else {
        return Vec::new();
    };
    let mut found = filtered.to_vec();
    found.retain(|listed| selector.begins_thumbprint(&Known::read(listed)));
    found
}

/// Those that have the selector's text in them, archived ones too; all, if there is no selector. Where
/// the text is the whole name of any certificate, also one that is left out here, those with longer
/// names are not meant.
fn matching_text<'i>(
    inventory: &Inventory,
    mut filtered: Vec<&'i ListedCertificate>,
    choice: &Choice<'_>,
) -> Vec<&'i ListedCertificate> {
    let Some(selector) = choice.selector.map(Selector::new) else {
        return filtered;
    };
    match is_whole_name(inventory, &selector) {
        true => filtered.retain(|listed| selector.is_whole_name(&Known::read(listed))),
        false => filtered.retain(|listed| selector.is_in_text(&Known::read(listed)) == Some(true)),
    }
    filtered
}

/// Whether a selector is the whole name of any of these certificates.
pub(crate) fn is_whole_name(inventory: &Inventory, selector: &Selector<'_>) -> bool {
    let mut all = inventory.certificates().iter();
    all.any(|listed| selector.is_whole_name(&Known::read(listed)))
}

fn issued(listed: &ListedCertificate) -> UnixTime {
    listed.certificate().parse().not_before()
}

fn candidate(inventory: &Inventory, listed: &ListedCertificate) -> Candidate {
    Candidate {
        thumbprint: listed.thumbprint(),
        label: listed.label(),
        not_after: listed.not_after().to_string(),
        store: inventory.store_name(listed.entries()[0].store),
    }
}

/// A selector and filters, for messages; empty if there is neither.
pub fn described(selector: Option<&str>, filters: &Filters) -> String {
    let selector = selector.map(|selector| format!("'{selector}'"));
    let filters = Some(filters).filter(|filters| !filters.is_empty());
    let filters = filters.map(|filters| filters.described().to_owned());
    let parts: Vec<_> = selector.into_iter().chain(filters).collect();
    parts.join(" ")
}

/// That nothing matches a choice, with what may have been meant.
pub fn not_found(inventory: &Inventory, choice: &Choice<'_>, now: UnixTime) -> Error {
    let problems = inventory.problems().len();
    let note = (problems > 0).then(|| {
        let unread = counted(problems, "file or certificate", "files or certificates");
        format!("{unread} could not be read")
    });
    Error::NotFound {
        selector: described(choice.selector, choice.filters),
        searched: inventory.store_names(),
        note,
        near: nearly(inventory, choice, now).map(Box::new),
    }
}

/// What is nearly what was asked for, with the best reason.
fn nearly(inventory: &Inventory, choice: &Choice<'_>, now: UnixTime) -> Option<Near> {
    let set_aside = matching_text(inventory, filtered(inventory, choice, now), choice);
    if !set_aside.is_empty() && choice.want != Want::Pending {
        let why = match set_aside.iter().all(|one| one.is_pending()) {
            true => Nearly::Pending,
            false => Nearly::Archived,
        };
        return Some(offer(inventory, why, &set_aside));
    }
    let selector = choice.selector?;
    let wanted = |found: &&ListedCertificate| match choice.want {
        Want::Certificate => true,
        Want::Key => found.has_key(),
        Want::Pending => found.is_pending(),
    };
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
    let possible = possible
        .into_iter()
        .map(|found| (found, Known::read(found)));
    let misspelled = misspelled(selector, possible);
    (!misspelled.is_empty()).then(|| offer(inventory, Nearly::Misspelled, &misspelled))
}

/// These, to choose from.
pub fn offer(inventory: &Inventory, why: Nearly, found: &[&ListedCertificate]) -> Near {
    offered(why, found.iter().map(|found| candidate(inventory, found)))
}

/// The first of these, to choose from.
pub(crate) fn offered(why: Nearly, candidates: impl ExactSizeIterator<Item = Candidate>) -> Near {
    Near {
        why,
        count: candidates.len(),
        candidates: candidates.take(MOST_OFFERED).collect(),
    }
}

#[cfg(test)]
mod tests;
