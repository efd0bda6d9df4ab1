//! Filters, which narrow what is listed, and selectors, which name exactly one identity:
//! anything else than one match is an error that says what there is to choose from.

use certstow_platform::error::StoreError;
use sha1::{Digest, Sha1};
use x509_parser::prelude::X509Certificate;

use crate::error::{Candidate, Error};
use crate::identity::{Identity, Inventory};
use crate::time;
use certstow_formats::names;
use certstow_formats::plural::counted;

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
}

/// What a manifest tells of a certificate. Text that it does not have is empty.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) subject: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) label: &'a str,
    /// In seconds since 1970.
    pub(crate) not_after: Option<i64>,
}

impl Filters {
    /// Whether there is no condition at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether every condition holds for `identity` at the time `now`, in seconds since
    /// 1970-01-01 UTC.
    pub fn matches(&self, identity: &Identity, now: i64) -> bool {
        if self.is_empty() {
            return true;
        }
        let parsed = identity.certificate().parse();
        self.text_matches(identity, &parsed) && self.time_matches(&parsed, now)
    }

    fn text_matches(&self, identity: &Identity, parsed: &X509Certificate<'_>) -> bool {
        holds(&self.subject, |wanted| {
            contains(&names::distinguished_name(parsed.subject()), wanted)
        }) && holds(&self.issuer, |wanted| {
            contains(&names::distinguished_name(parsed.issuer()), wanted)
        }) && holds(&self.email, |wanted| {
            names::emails(parsed)
                .iter()
                .any(|address| contains(address, wanted))
        }) && holds(&self.serial, |wanted| {
            digits(&names::serial(parsed)) == digits(wanted)
        }) && holds(&self.eku, |wanted| {
            let wanted = names::usage_name(wanted);
            names::extended_key_usages(parsed)
                .iter()
                .any(|usage| usage.eq_ignore_ascii_case(wanted))
        }) && holds(&self.label, |wanted| {
            contains(&identity.entry().display_label(), wanted)
        })
    }

    fn time_matches(&self, parsed: &X509Certificate<'_>, now: i64) -> bool {
        let not_before = parsed.validity().not_before.timestamp();
        let not_after = parsed.validity().not_after.timestamp();
        let valid = not_before <= now && now <= not_after;
        (!self.valid || valid)
            && (!self.expired || not_after < now)
            && self
                .expires_within
                .is_none_or(|span| valid && not_after.saturating_sub(now) <= span)
    }

    /// Whether every condition holds for a certificate of which only this is known; `None` where that
    /// does not tell. Addresses, serial number, usages and notBefore are in the certificate alone.
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
        } = self;
        let text = |known: &str, wanted: &Option<String>| match wanted {
            None => Some(true),
            Some(_) if known.is_empty() => None,
            Some(wanted) => Some(contains(known, wanted)),
        };
        let left = known.not_after.map(|end| end.saturating_sub(now));
        let unless = |fails: bool| if fails { Some(false) } else { None };
        let valid_for = |span: i64| unless(left.is_some_and(|left| left < 0 || left > span));
        let judged = [
            text(known.subject, subject),
            text(known.issuer, issuer),
            text(known.label, label),
            [email, serial, eku]
                .iter()
                .all(|text| text.is_none())
                .then_some(true),
            if *expired {
                left.map(|left| left < 0)
            } else {
                Some(true)
            },
            if *valid {
                valid_for(i64::MAX)
            } else {
                Some(true)
            },
            expires_within.map_or(Some(true), valid_for),
        ];
        match judged.contains(&Some(false)) {
            true => Some(false),
            false => judged
                .into_iter()
                .all(|one| one == Some(true))
                .then_some(true),
        }
    }

    /// The conditions as a person would type them, for messages.
    pub fn describe(&self) -> String {
        let texts = [
            ("--subject", &self.subject),
            ("--issuer", &self.issuer),
            ("--email", &self.email),
            ("--serial", &self.serial),
            ("--eku", &self.eku),
            ("--label", &self.label),
        ];
        let mut words: Vec<String> = texts
            .into_iter()
            .filter_map(|(option, text)| text.as_ref().map(|text| format!("{option} '{text}'")))
            .collect();
        if let Some(seconds) = self.expires_within {
            let hours = seconds / 3600;
            words.push(match hours % 24 {
                0 => format!("--expires-within {}d", hours / 24),
                _ => format!("--expires-within {hours}h"),
            });
        }
        if self.expired {
            words.push("--expired".to_owned());
        }
        if self.valid {
            words.push("--valid".to_owned());
        }
        words.join(" ")
    }
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
) -> Result<&'i Identity, Error> {
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
                selector: describe(choice),
                candidates: several
                    .iter()
                    .map(|found| candidate(inventory, found))
                    .collect(),
            })
        }
    }
}

/// Every identity that is meant, archived ones too.
pub fn all<'i>(inventory: &'i Inventory, choice: &Choice<'_>, now: i64) -> Vec<&'i Identity> {
    let filtered = filtered(inventory, choice, now);
    let mut found = matching_thumbprint(&filtered, choice);
    if found.is_empty() {
        found = matching_text(filtered, choice);
    }
    found.retain(|identity| choice.want == Want::Certificate || identity.has_key());
    found
}

/// Text never finds an archived identity, since what replaced it is nearly always meant.
fn matching<'i>(inventory: &'i Inventory, choice: &Choice<'_>, now: i64) -> Vec<&'i Identity> {
    let filtered = filtered(inventory, choice, now);
    let by_thumbprint = matching_thumbprint(&filtered, choice);
    if !by_thumbprint.is_empty() {
        return by_thumbprint;
    }
    let mut described = matching_text(filtered, choice);
    described.retain(|identity| !identity.is_archived());
    described
}

fn filtered<'i>(inventory: &'i Inventory, choice: &Choice<'_>, now: i64) -> Vec<&'i Identity> {
    let all = inventory.identities().iter();
    all.filter(|identity| choice.filters.matches(identity, now))
        .collect()
}

/// Those whose thumbprint the selector begins. Text such as "facade" may be both: then a thumbprint
/// is meant if there is such a one.
fn matching_thumbprint<'i>(filtered: &[&'i Identity], choice: &Choice<'_>) -> Vec<&'i Identity> {
    let Some(prefix) = choice.selector.and_then(thumbprint_prefix) else {
        return Vec::new();
    };
    let mut found = filtered.to_vec();
    found.retain(|identity| thumbprint_matches(identity, &prefix));
    found
}

/// Those that have the selector's text in them, archived ones too; all, if there is no selector.
fn matching_text<'i>(mut filtered: Vec<&'i Identity>, choice: &Choice<'_>) -> Vec<&'i Identity> {
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

fn thumbprint_matches(identity: &Identity, prefix: &str) -> bool {
    if names::hex(identity.entry().id.as_bytes()).starts_with(prefix) {
        return true;
    }
    prefix.len() <= 40
        && names::hex(&Sha1::digest(identity.certificate().der())).starts_with(prefix)
}

fn text_matches(identity: &Identity, text: &str) -> bool {
    let parsed = identity.certificate().parse();
    contains(&identity.entry().display_label(), text)
        || contains(&names::distinguished_name(parsed.subject()), text)
        || names::emails(&parsed)
            .iter()
            .any(|address| contains(address, text))
        || names::dns_names(&parsed)
            .iter()
            .any(|host| contains(host, text))
}

fn holds(wanted: &Option<String>, test: impl Fn(&str) -> bool) -> bool {
    wanted.as_deref().is_none_or(test)
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

fn issued(identity: &Identity) -> i64 {
    identity
        .certificate()
        .parse()
        .validity()
        .not_before
        .timestamp()
}

fn candidate(inventory: &Inventory, identity: &Identity) -> Candidate {
    let parsed = identity.certificate().parse();
    Candidate {
        thumbprint: identity.thumbprint(),
        label: identity.entry().display_label(),
        not_after: time::utc(parsed.validity().not_after.timestamp()),
        store: inventory.store_name(identity.entries()[0].store),
    }
}

fn describe(choice: &Choice<'_>) -> String {
    let filters = choice.filters.describe();
    match choice.selector {
        Some(selector) if filters.is_empty() => format!("'{selector}'"),
        Some(selector) => format!("'{selector}' {filters}"),
        None => filters,
    }
}

fn not_found(inventory: &Inventory, choice: &Choice<'_>, now: i64) -> Error {
    let problems = inventory.problems().len();
    let note = (problems > 0).then(|| {
        let unread = counted(problems, "file or certificate", "files or certificates");
        format!("{unread} could not be read")
    });
    Error::NotFound {
        selector: describe(choice),
        searched: inventory.store_names(),
        note,
        near: near::near(inventory, choice, now).map(Box::new),
    }
}

#[cfg(test)]
mod tests;
