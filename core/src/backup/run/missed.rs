//! What a run has in its destinations and misses in the stores: an identity that was deleted there by
//! mistake is what a backup is for, and nobody would notice otherwise.

use std::collections::BTreeMap;

use certstow_formats::threads;

use super::Run;
use crate::backup::in_stores::InStores;
use crate::backup::report::{LastFile, OnlyInBackup};
use crate::time::UnixTime;
use crate::waits;

impl Run<'_> {
    /// The identities that a manifest names and no store has any more; reads their files.
    pub(super) fn only_in_backup(&self, now: UnixTime) -> Vec<OnlyInBackup> {
        let stores = InStores::of(self.inventory);
        let destinations = self.destinations.iter().enumerate();
        let entries = destinations.flat_map(|(at, destination)| {
            let destination = destination.iter();
            destination.flat_map(move |one| one.entries().iter().map(move |saved| (at, one, saved)))
        });
        let missing: Vec<_> = entries
            .filter(|(_, _, saved)| stores.miss(saved, self.request.filters, now))
            .collect();
        let damage = threads::each(
            threads::for_reading(),
            &missing,
            |(_, destination, saved)| destination.condition(saved).damage(),
            &mut |_, _| waits::progress(),
        );
        let mut missed: BTreeMap<(String, String), OnlyInBackup> = BTreeMap::new();
        for ((at, _, saved), damage) in missing.into_iter().zip(damage) {
            let key = (saved.label.to_lowercase(), saved.thumbprint.sha256.clone());
            let missed = missed.entry(key).or_insert_with(|| OnlyInBackup {
                thumbprint: saved.thumbprint.sha1.clone(),
                label: saved.label.clone(),
                store: saved.store.clone(),
                not_after: saved.not_after.clone(),
                files: Vec::new(),
            });
            missed.files.push(LastFile {
                destination: at,
                file: saved.file.clone(),
                damage,
            });
        }
        missed.into_values().collect()
    }
}
