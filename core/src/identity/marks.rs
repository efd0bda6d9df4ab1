//! Telling the stores which private keys have a verified copy. Windows keeps the time beside the
//! certificate (`CERT_BACKED_UP_PROP_ID`); most stores have no place for it.

use std::collections::{BTreeMap, HashSet};

use certstow_formats::certificate::EntryId;
use certstow_platform::error::StoreError;
use certstow_platform::store::KeyState;

use super::Inventory;
use crate::time::UnixTime;
use crate::waits;

/// A store that did not record copies. The copies are as good without.
#[derive(Debug)]
pub struct NotMarked {
    /// The store's name.
    pub store: String,
    /// How many certificates it was to record a copy of, and did not.
    pub certificates: usize,
    /// Why not, for the first of them.
    pub error: StoreError,
}

impl Inventory {
    /// Tells every store that has the private key of one of these certificates that a copy was
    /// saved and verified at `when`. What comes back are the stores that did not
    /// record it, in the order of their names.
    pub fn mark_backed_up(&mut self, copied: &HashSet<EntryId>, when: UnixTime) -> Vec<NotMarked> {
        let copied = self
            .certificates
            .iter()
            .filter(|listed| copied.contains(&listed.entry().id))
            .flat_map(|listed| &listed.entries)
            .filter(|stored| stored.entry.key != KeyState::Missing);
        let mut failed: BTreeMap<String, NotMarked> = BTreeMap::new();
        for stored in copied {
            let store = &mut self.stores[stored.store];
            let name = store.info().spec.to_string();
            let _wait = waits::waiting_for(format!("the store {name}"));
            if let Err(error) = store.mark_backed_up(&stored.entry.id, when) {
                let failed = failed.entry(name.clone()).or_insert(NotMarked {
                    store: name,
                    certificates: 0,
                    error,
                });
                failed.certificates += 1;
            }
        }
        failed.into_values().collect()
    }
}
