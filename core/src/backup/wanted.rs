//! Which identities of a backup are wanted. The certificate decides; where a file gives none, what
//! the manifest says of it, and what that cannot decide counts as wanted.

use super::manifest::{Saved, Thumbprint};
use crate::select::{self, Filters, contains};

/// How a note ends of what the manifest does not name, where [`Wanted::unnamed`] is not set.
pub const LEFT_OUT: &str = "it is left out";

/// Which identities of a backup are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The beginning of a thumbprint, or text; see [`Choice::selector`](select::Choice::selector).
    pub selector: Option<&'a str>,
    /// Conditions beside it.
    pub filters: &'a Filters,
    /// Identities that the manifest does not name, too.
    pub unnamed: bool,
}

/// What the manifest tells of an entry of which there is nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is wanted, or nothing in the manifest speaks against it.
    Wanted,
    NotWanted,
    /// The text that was asked for may be in its certificate, and is in no name that the manifest
    /// has.
    Unknown,
}

impl Wanted<'_> {
    /// Of these entries those whose thumbprint the selector begins, if there are any, and whether
    /// there are; else all of them: text may be in the certificate alone.
    pub(super) fn narrowed(&self, entries: Vec<Saved>) -> (Vec<Saved>, bool) {
        let digits = self.selector.and_then(select::thumbprint_prefix);
        let begins = |saved: &Saved| {
            let Thumbprint { sha1, sha256 } = &saved.thumbprint;
            let digits = digits.as_deref();
            digits.is_some_and(|digits| sha1.starts_with(digits) || sha256.starts_with(digits))
        };
        match entries.iter().any(begins) {
            true => (entries.into_iter().filter(begins).collect(), true),
            false => (entries, false),
        }
    }

    /// Whether an entry is wanted at `now` (Unix time), as far as the manifest tells.
    pub(super) fn decide(&self, saved: &Saved, now: i64) -> Decision {
        if self.filters.judge(&saved.known(), now) == Some(false) {
            return Decision::NotWanted;
        }
        let Some(text) = self.selector else {
            return Decision::Wanted;
        };
        let Thumbprint { sha1, sha256 } = &saved.thumbprint;
        let digits = select::thumbprint_prefix(text);
        let by_thumbprint =
            digits.is_some_and(|digits| sha1.starts_with(&digits) || sha256.starts_with(&digits));
        // Addresses and host names are in the certificate.
        let may_be_an_address = text.contains(['@', '.']);
        match by_thumbprint
            || may_be_an_address
            || contains(&saved.label, text)
            || contains(&saved.subject, text)
        {
            true => Decision::Wanted,
            false => Decision::Unknown,
        }
    }
}
