//! Of which identities every destination has a verified copy, so that their stores are told.

use std::collections::HashSet;

use certstow_formats::certificate::EntryId;

use super::Run;
use crate::backup::report::Outcome;

impl Run<'_> {
    /// The identities of which every destination that works has a copy that this
    /// run verified: wrote and proved, or found to be what was written and proven before. A key
    /// that nothing proves has none.
    pub(super) fn verified(&self) -> HashSet<EntryId> {
        let works: Vec<bool> = self
            .destinations
            .iter()
            .zip(&self.reports)
            .map(|(destination, report)| destination.is_some() && report.error.is_none())
            .collect();
        let mut verified = HashSet::new();
        for (entry, wanted) in self.entries.iter().zip(&self.plan) {
            let copies = entry.copies.iter().zip(&works);
            let mut wanted_copies =
                copies.filter(|(copy, works)| **works && copy.outcome != Outcome::Retired);
            let everywhere = wanted_copies.clone().all(|(copy, _)| copy.is_proven());
            if everywhere && wanted_copies.next().is_some() {
                verified.insert(wanted.identity.entry().id);
            }
        }
        verified
    }
}
