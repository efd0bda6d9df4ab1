//! Filters, which narrow what is listed, and selectors, which name exactly one identity:
//! anything else than one match is an error that says what there is to choose from.

use std::borrow::Cow;

use certstow_platform::error::StoreError;
use sha1::{Digest, Sha1};
use x509_parser::prelude::X509Certificate;

use crate::error::{Candidate, Error};
use crate::identity::{Inventory, ListedCertificate};
use crate::time;
use certstow_formats::names;

mod near;

pub use near::offer;
pub(crate) use near::{MOST_OFFERED, Typed, fewest};

/// The fewest hexadecimal digits that are taken as the beginning of a thumbprint.
pub const SHORTEST_THUMBPRINT: usize = 6;

/// Conditions that all have to hold. Text is looked for anywhere, in either letter case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Text in the subject.
    pub subject: Option<String>,
    /// Text in the issuer.
    pub issuer: Option<String>,
    /// Text in one of the e-mail addresses.
    pub email: Option<String>,
    /// The serial number in hexadecimal; separators and leading zeros do not count.
    pub serial: Option<String>,
    /// An extended key usage, by name (`clientAuth`) or in dotted form.
    pub eku: Option<String>,
    /// Text in the label.
    pub label: Option<String>,
    /// Valid now and expiring within this many seconds.
    pub expires_within: Option<i64>,
    /// Expired.
    pub expired: bool,
    /// Valid now.
    pub valid: bool,
    /// How all of it was written by the one who asks, for messages; may be empty.
    pub written: String,
}

/// What a manifest tells of a certificate. Text that it does not have is empty.
#[derive(Clone, Copy)]
pub(crate) struct Recorded<'a> {
    pub(crate) subject: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) label: &'a str,
    /// In seconds since 1970.
    pub(crate) not_after: Option<i64>,
}

/// What there is to judge a certificate by.
pub(crate) enum Known<'a> {
    /// The certificate itself, parsed.
    Whole(&'a ListedCertificate, &'a X509Certificate<'a>),
    Recorded(Recorded<'a>),
}

impl<'a> Known<'a> {
    fn certificate(&self) -> Option<&'a X509Certificate<'a>> {
        match *self {
            Self::Whole(_, parsed) => Some(parsed),
            Self::Recorded(_) => None,
        }
    }

    fn subject(&self) -> Option<Cow<'a, str>> {
        match *self {
            Self::Whole(_, parsed) => Some(names::distinguished_name(parsed.subject()).into()),
            Self::Recorded(recorded) => unless_empty(recorded.subject),
        }
    }

    fn issuer(&self) -> Option<Cow<'a, str>> {
        match *self {
            Self::Whole(_, parsed) => Some(names::distinguished_name(parsed.issuer()).into()),
            Self::Recorded(recorded) => unless_empty(recorded.issuer),
        }
    }

    fn label(&self) -> Option<Cow<'a, str>> {
        match *self {
            Self::Whole(identity, _) => Some(identity.label().into()),
            Self::Recorded(recorded) => unless_empty(recorded.label),
        }
    }

    fn not_after(&self) -> Option<i64> {
        match *self {
            Self::Whole(_, parsed) => Some(parsed.validity().not_after.timestamp()),
            Self::Recorded(recorded) => recorded.not_after,
        }
    }
}

fn unless_empty(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(text.into())
}

impl Filters {
    /// Whether there is no condition at all.
    pub fn is_empty(&self) -> bool {
        let unwritten = Self {
            written: self.written.clone(),
            ..Self::default()
        };
        *self == unwritten
    }

    /// Whether every condition holds for `identity` at the time `now`, in seconds since
    /// 1970-01-01 UTC.
    pub fn matches(&self, identity: &ListedCertificate, now: i64) -> bool {
        if self.is_empty() {
            return true;
        }
        let parsed = identity.certificate().parse();
        self.judge(&Known::Whole(identity, &parsed), now) == Some(true)
    }

    /// Whether every condition holds for a certificate; `None` where what is known of it does not
    /// tell.
    pub(crate) fn judge(&self, known: &Known<'_>, now: i64) -> Option<bool> {
        let Self {
            subject,
            issuer,
            email,
            serial,
            eku,
            label,
            expires_within,
            expired,
            valid,
            written: _,
        } = self;
        let certificate = known.certificate();
        let judged = [
            holds(subject, |wanted| Some(contains(&known.subject()?, wanted))),
            holds(issuer, |wanted| Some(contains(&known.issuer()?, wanted))),
            holds(label, |wanted| Some(contains(&known.label()?, wanted))),
            holds(email, |wanted| {
                let addresses = names::emails(certificate?);
                Some(addresses.iter().any(|address| contains(address, wanted)))
            }),
            holds(serial, |wanted| {
                Some(digits(&names::serial(certificate?)) == digits(wanted))
            }),
            holds(eku, |wanted| {
                let wanted = names::usage_name(wanted);
                let usages = names::extended_key_usages(certificate?);
                Some(
                    usages
                        .iter()
                        .any(|usage| usage.eq_ignore_ascii_case(wanted)),
                )
            }),
            if *expired {
                known.not_after().map(|end| end < now)
            } else {
                Some(true)
            },
            if *valid {
                valid_for(i64::MAX, known, now)
            } else {
                Some(true)
            },
            expires_within.map_or(Some(true), |span| valid_for(span, known, now)),
        ];
        match judged.contains(&Some(false)) {
            true => Some(false),
            false => judged
                .into_iter()
                .all(|one| one == Some(true))
                .then_some(true),
        }
    }

    /// The conditions, for messages.
    pub fn described(&self) -> &str {
        match self.written.is_empty() {
            true => "the filters",
            false => &self.written,
        }
    }
}

/// Whether a certificate is valid at `now`, and for so many seconds at most. What is known without
/// its beginning tells only that it is not.
fn valid_for(span: i64, known: &Known<'_>, now: i64) -> Option<bool> {
    let left = known.not_after().map(|end| end.saturating_sub(now));
    if left.is_some_and(|left| left < 0 || left > span) {
        return Some(false);
    }
    let not_before = known.certificate()?.validity().not_before.timestamp();
    Some(not_before <= now)
}

/// What has to be there for an identity to be a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// A certificate with its private key. Certificates without one are no candidates.
    Key,
    /// A certificate; those with a private key come first.
    Certificate,
}

/// How one identity is to be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// The beginning of a thumbprint, or text in the label, the subject, an e-mail address or a
    /// DNS name. Without one the filters have to leave one identity.
    pub selector: Option<&'a str>,
    /// Conditions beside the selector.
    pub filters: &'a Filters,
    /// Of several, take the one issued last.
    pub newest: bool,
    /// What has to be there.
    pub want: Want,
}

/// The one identity that was chosen.
///
/// # Errors
/// - [`Error::NotFound`]: nothing matches.
/// - [`Error::Ambiguous`]: several do.
/// - [`Error::Store`] with [`StoreError::KeyMissing`]: only certificates without a private key
///   match, and one is wanted.
pub fn choose<'i>(
    inventory: &'i Inventory,
    choice: &Choice<'_>,
    now: i64,
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
        (true, Want::Key) => {
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
        several => {
            let newest = several
                .iter()
                .copied()
                .max_by_key(|identity| issued(identity))
                .filter(|_| choice.newest);
            newest.ok_or_else(|| Error::Ambiguous {
                selector: described(choice.selector, choice.filters),
                candidates: several
                    .iter()
                    .map(|found| candidate(inventory, found))
                    .collect(),
            })
        }
    }
}

/// Every identity that is meant, archived ones too.
pub fn all<'i>(
    inventory: &'i Inventory,
    choice: &Choice<'_>,
    now: i64,
) -> Vec<&'i ListedCertificate> {
    let filtered = filtered(inventory, choice, now);
    let mut found = matching_thumbprint(&filtered, choice);
    if found.is_empty() {
        found = matching_text(filtered, choice);
    }
    found.retain(|identity| choice.want == Want::Certificate || identity.has_key());
    found
}

/// Text never finds an archived identity, since what replaced it is nearly always meant.
fn matching<'i>(
    inventory: &'i Inventory,
    choice: &Choice<'_>,
    now: i64,
) -> Vec<&'i ListedCertificate> {
    let filtered = filtered(inventory, choice, now);
    let by_thumbprint = matching_thumbprint(&filtered, choice);
    if !by_thumbprint.is_empty() {
        return by_thumbprint;
    }
    let mut described = matching_text(filtered, choice);
    described.retain(|identity| !identity.is_archived());
    described
}

fn filtered<'i>(
    inventory: &'i Inventory,
    choice: &Choice<'_>,
    now: i64,
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
    let Some(prefix) = choice.selector.and_then(thumbprint_prefix) else {
        return Vec::new();
    };
    let mut found = filtered.to_vec();
    found.retain(|identity| thumbprint_matches(identity, &prefix));
    found
}

/// Those that have the selector's text in them, archived ones too; all, if there is no selector.
fn matching_text<'i>(
    mut filtered: Vec<&'i ListedCertificate>,
    choice: &Choice<'_>,
) -> Vec<&'i ListedCertificate> {
    if let Some(selector) = choice.selector {
        filtered.retain(|identity| text_matches(identity, selector));
    }
    filtered
}

/// The digits of a thumbprint's beginning, if the text can be one.
pub(crate) fn thumbprint_prefix(text: &str) -> Option<String> {
    let digits: String = text
        .chars()
        .filter(|character| !matches!(character, ':' | '-' | ' '))
        // Windows' certificate dialog puts a left-to-right mark before the first digit.
        .filter(|character| *character != '\u{200e}')
        .map(|character| character.to_ascii_lowercase())
        .collect();
    let fits = digits.len() >= SHORTEST_THUMBPRINT && digits.len() <= 64;
    (fits && digits.chars().all(|digit| digit.is_ascii_hexdigit())).then_some(digits)
}

fn thumbprint_matches(identity: &ListedCertificate, prefix: &str) -> bool {
    if names::hex(identity.entry().id.as_bytes()).starts_with(prefix) {
        return true;
    }
    prefix.len() <= 40
        && names::hex(&Sha1::digest(identity.certificate().der())).starts_with(prefix)
}

fn text_matches(identity: &ListedCertificate, text: &str) -> bool {
    let parsed = identity.certificate().parse();
    contains(&identity.label(), text)
        || contains(&names::distinguished_name(parsed.subject()), text)
        || names::emails(&parsed)
            .iter()
            .any(|address| contains(address, text))
        || names::dns_names(&parsed)
            .iter()
            .any(|host| contains(host, text))
}

fn holds(wanted: &Option<String>, test: impl FnOnce(&str) -> Option<bool>) -> Option<bool> {
    wanted.as_deref().map_or(Some(true), test)
}

pub(crate) fn contains(text: &str, wanted: &str) -> bool {
    text.to_lowercase().contains(&wanted.to_lowercase())
}

/// A number's hexadecimal digits without separators and leading zeros.
fn digits(text: &str) -> String {
    let digits: String = text
        .chars()
        .filter(|character| !matches!(character, ':' | '-' | ' '))
        .collect();
    digits
        .trim_start_matches("0x")
        .trim_start_matches('0')
        .to_ascii_lowercase()
}

fn issued(identity: &ListedCertificate) -> i64 {
    identity
        .certificate()
        .parse()
        .validity()
        .not_before
        .timestamp()
}

fn candidate(inventory: &Inventory, identity: &ListedCertificate) -> Candidate {
    let parsed = identity.certificate().parse();
    Candidate {
        thumbprint: identity.thumbprint(),
        label: identity.label(),
        not_after: time::utc(parsed.validity().not_after.timestamp()),
        store: inventory.store_name(identity.entries()[0].store),
    }
}

/// A selector and filters, for messages; empty if there is neither.
pub(crate) fn described(selector: Option<&str>, filters: &Filters) -> String {
    let selector = selector.map(|selector| format!("'{selector}'"));
    let filters = Some(filters).filter(|filters| !filters.is_empty());
    let filters = filters.map(|filters| filters.described().to_owned());
    let parts: Vec<_> = selector.into_iter().chain(filters).collect();
    parts.join(" ")
}

fn not_found(inventory: &Inventory, choice: &Choice<'_>, now: i64) -> Error {
    let problems = inventory.problems().len();
    let note = (problems > 0).then(|| {
        let s = if problems == 1 { "" } else { "s" };
        format!("{problems} file{s} or certificate{s} could not be read")
    });
    Error::NotFound {
        selector: described(choice.selector, choice.filters),
        searched: inventory.store_names(),
        note,
        near: near::near(inventory, choice, now).map(Box::new),
    }
}

#[cfg(test)]
mod tests;
