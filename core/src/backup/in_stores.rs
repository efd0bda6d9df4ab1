//! What the stores of a run have, beside what a manifest says: whether the private key of an entry is
//! still in a store.

use std::collections::{HashMap, HashSet};

use super::manifest::{self, Saved};
use crate::identity::Inventory;
use crate::select::Filters;
use crate::time::UnixTime;

/// The private keys in the stores, and which stores were read.
pub struct InStores {
    /// The certificates that a store has with a private key, as in the manifest, and the end of
    /// each.
    with_key: HashMap<String, UnixTime>,
    /// The stores that were read without a problem: what they do not list, they do not have.
    read_whole: HashSet<String>,
}

impl InStores {
    /// Those of these stores.
    pub fn of(inventory: &Inventory) -> Self {
        let troubled: HashSet<&str> = inventory
            .problems()
            .iter()
            .map(|problem| problem.store.as_str())
            .collect();
        Self {
            with_key: inventory
                .identities()
                .map(|identity| {
                    let sha256 = manifest::key(&identity.entry().id);
                    (sha256, identity.not_after())
                })
                .collect(),
            read_whole: inventory
                .store_names()
                .into_iter()
                .filter(|name| !troubled.contains(name.as_str()))
                .collect(),
        }
    }

    /// The end of a certificate whose private key a store has.
    pub(super) fn end_of(&self, saved: &Saved) -> Option<UnixTime> {
        self.with_key.get(&saved.thumbprint.sha256).copied()
    }

    /// Whether its key may still be in a store; also where the store that it was saved from was not
    /// read, or not all of it.
    pub(super) fn may_have(&self, saved: &Saved) -> bool {
        self.with_key.contains_key(&saved.thumbprint.sha256)
            || !self.read_whole.contains(&saved.store)
    }

    /// Whether the key left the store that it was saved from, and is in no other that was read. Not
    /// of an entry that the filters leave out, or of which the manifest cannot tell whether they do; nor of a
    /// request, which goes as soon as it is answered, while its key stays.
    pub fn miss(&self, saved: &Saved, filters: &Filters, now: UnixTime) -> bool {
        !saved.pending && !self.may_have(saved) && filters.judge(&saved.known(), now) == Some(true)
    }
}
