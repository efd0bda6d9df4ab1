//! Telling the stores which private keys have a verified copy. Windows keeps the time beside the
//! certificate (`CERT_BACKED_UP_PROP_ID`); most stores have no place for it.

use std::collections::HashMap;

use certstow_formats::certificate::EntryId;
use certstow_platform::store::KeyState;

use super::Run;
use crate::backup::report::Outcome;
use crate::identity::Inventory;
use crate::waits;
use certstow_formats::plural::counted;

/// An entry of a store: the store's position, and the certificate.
pub(super) type Marked = (usize, EntryId);

impl Run<'_> {
    /// The entries with a private key of which every destination that works has a copy that this
    /// run verified: wrote and proved, or found to be what was written and proven before. A key
    /// that nothing proves has none.
    pub(super) fn verified(&self) -> Vec<Marked> {
        let works: Vec<bool> = self
            .destinations
            .iter()
            .zip(&self.errors)
            .map(|(destination, error)| destination.is_some() && error.is_none())
            .collect();
        let mut verified = Vec::new();
        for (entry, wanted) in self.entries.iter().zip(&self.plan) {
            let copies = entry.copies.iter().zip(&works);
            let mut wanted_copies =
                copies.filter(|(copy, works)| **works && copy.outcome != Outcome::Retired);
            let everywhere = wanted_copies.clone().all(|(copy, _)| copy.is_proven());
            if everywhere && wanted_copies.next().is_some() {
                let stored = wanted.identity.entries().iter();
                let stored = stored.filter(|stored| stored.entry.key != KeyState::Missing);
                verified.extend(stored.map(|stored| (stored.store, stored.entry.id)));
            }
        }
        verified
    }
}

/// Tells the stores. What comes back are warnings, one for each store: the copies are as good
/// without.
pub(super) fn set(inventory: &mut Inventory, verified: &[Marked], now: i64) -> Vec<String> {
    let mut failed: HashMap<usize, (usize, String)> = HashMap::new();
    for (store, id) in verified {
        let name = inventory.store_name(*store);
        let _wait = waits::waiting_for(format!("the store {name}"));
        if let Err(error) = inventory.stores_mut()[*store].mark_backed_up(id, now) {
            let failures = failed.entry(*store).or_insert((0, error.to_string()));
            failures.0 += 1;
        }
    }
    let mut warnings: Vec<String> = failed
        .into_iter()
        .map(|(store, (count, first))| {
            format!(
                "{} was not told of the copies of {}: {first}",
                inventory.store_name(store),
                counted(count, "certificate", "certificates"),
            )
        })
        .collect();
    warnings.sort();
    warnings
}
