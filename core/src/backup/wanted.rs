//! Which identities of a backup are wanted. The certificate decides; where a file gives none, what
//! the manifest says of it, and what that cannot decide counts as wanted.

use super::manifest::Saved;
use crate::select::{Filters, Selector};
use crate::time::UnixTime;

/// How a note ends of what the manifest does not name, where [`Wanted::unnamed`] is not set.
pub(super) const LEFT_OUT: &str = "it is left out";

/// Which identities of a backup are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The beginning of a thumbprint, or text; see [`Choice::selector`](crate::select::Choice::selector).
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
        let selector = self.selector.map(Selector::new);
        let begins = |saved: &Saved| {
            let selector = selector.as_ref();
            selector.is_some_and(|selector| selector.begins_thumbprint(&saved.known()))
        };
        match entries.iter().any(begins) {
            true => (entries.into_iter().filter(begins).collect(), true),
            false => (entries, false),
        }
    }

    /// Whether an entry is wanted at `now`, as far as the manifest tells. `named` says whether the
    /// selector is the whole name of any identity of the backup, so that longer names are not meant.
    pub(super) fn decide(&self, saved: &Saved, named: bool, now: UnixTime) -> Decision {
        let known = saved.known();
        if self.filters.judge(&known, now) == Some(false) {
            return Decision::NotWanted;
        }
        let Some(text) = self.selector else {
            return Decision::Wanted;
        };
        let selector = Selector::new(text);
        // Addresses and host names are in the certificate.
        let may_be_an_address = text.contains(['@', '.']);
        let is_named = match named {
            true => selector.is_whole_name(&known),
            false => selector.is_in_text(&known) == Some(true),
        };
        match may_be_an_address || selector.begins_thumbprint(&known) || is_named {
            true => Decision::Wanted,
            false => Decision::Unknown,
        }
    }
}
