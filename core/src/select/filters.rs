//! Filters: conditions for a certificate, judged by what is known of it.

use std::sync::LazyLock;
use std::time::Duration;

use certstow_formats::names;
use certstow_platform::store::Entry;

use super::digits::serial_digits;
use super::known::{Known, contains};
use crate::identity::ListedCertificate;
use crate::time::UnixTime;

/// Conditions that all have to hold. Text is looked for anywhere, in either letter case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Text in the subject.
    pub subject: Option<String>,
    /// Text in the issuer.
    pub issuer: Option<String>,
    /// Text in one of the e-mail addresses or user principal names.
    pub email: Option<String>,
    /// The serial number in hexadecimal; separators and leading zeros do not count.
    pub serial: Option<String>,
    /// An extended key usage, by name (`clientAuth`) or in dotted form.
    pub eku: Option<String>,
    /// Text in the label.
    pub label: Option<String>,
    /// Valid now and expiring within this time.
    pub expires_within: Option<Duration>,
    /// Expired.
    pub expired: bool,
    /// Valid now.
    pub valid: bool,
    /// How all of it was written by the one who asks, for messages; may be empty.
    pub written: String,
}

static NONE: LazyLock<Filters> = LazyLock::new(Filters::default);

impl Filters {
    /// No condition at all.
    pub fn none() -> &'static Self {
        &NONE
    }

    /// The time of `expires_within`, if that is the only condition.
    pub fn end_alone(&self) -> Option<Duration> {
        let alone = Self {
            expires_within: self.expires_within,
            written: self.written.clone(),
            ..Self::default()
        };
        self.expires_within.filter(|_| *self == alone)
    }

    /// Whether there is no condition at all.
    pub fn is_empty(&self) -> bool {
        let unwritten = Self {
            written: self.written.clone(),
            ..Self::default()
        };
        *self == unwritten
    }

    /// Whether every condition holds for a certificate at the time `now`.
    pub fn matches(&self, listed: &ListedCertificate, now: UnixTime) -> bool {
        self.is_empty() || self.judge(&Known::read(listed), now) == Some(true)
    }

    /// The same for an entry of one store.
    pub fn match_entry(&self, entry: &Entry, now: UnixTime) -> bool {
        self.is_empty() || self.matches(&ListedCertificate::of_one_store(entry.clone()), now)
    }

    /// Whether every condition holds for a certificate; `None` where what is known of it does not
    /// tell.
    pub(crate) fn judge(&self, known: &Known<'_>, now: UnixTime) -> Option<bool> {
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
        let certificate = || known.certificate();
        let judged = [
            holds(subject, |wanted| Some(contains(&known.subject()?, wanted))),
            holds(issuer, |wanted| Some(contains(&known.issuer()?, wanted))),
            holds(label, |wanted| Some(contains(&known.label()?, wanted))),
            holds(email, |wanted| {
                let addresses = known.emails()?;
                Some(addresses.iter().any(|address| contains(address, wanted)))
            }),
            holds(serial, |wanted| {
                Some(serial_digits(&certificate()?.serial()) == serial_digits(wanted))
            }),
            holds(eku, |wanted| {
                let wanted = names::usage_name(wanted);
                let usages = certificate()?.extended_key_usages();
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
                valid_for(Duration::MAX, known, now)
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

/// Whether a certificate is valid at `now`, and for so long at most. What is known without
/// its beginning tells only that it is not.
fn valid_for(span: Duration, known: &Known<'_>, now: UnixTime) -> Option<bool> {
    let is_out = |end: UnixTime| end < now || end - span > now;
    if known.not_after().is_some_and(is_out) {
        return Some(false);
    }
    let not_before = known.certificate()?.not_before();
    Some(not_before <= now)
}

fn holds(wanted: &Option<String>, test: impl FnOnce(&str) -> Option<bool>) -> Option<bool> {
    wanted.as_deref().map_or(Some(true), test)
}
