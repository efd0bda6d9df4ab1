//! Which files of expired certificates go. The rule that comes before all others: while a store
//! has the key, one copy of it stays, here or at another destination of the same run.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use certstow_formats::threads;
use certstow_platform::os::{self, Retries};

use super::destination::Destination;
use super::folder::Condition;
use super::in_stores::InStores;
use super::manifest::Saved;
use super::report::{DestinationReport, Pruned};
use crate::identity::Inventory;
use crate::time::UnixTime;
use crate::warning::{Code, Warning};
use crate::{output, waits};

/// How long expired certificates are kept, and what the stores still have.
pub(super) struct Retention {
    /// What expired before this time may go.
    before: UnixTime,
    stores: InStores,
}

impl Retention {
    pub(super) fn new(inventory: &Inventory, span: Duration, now: UnixTime) -> Self {
        Self {
            before: now - span,
            stores: InStores::of(inventory),
        }
    }

    /// Whether a certificate with this end may go.
    pub(super) fn is_over(&self, not_after: UnixTime) -> bool {
        not_after < self.before
    }

    /// Whether a file may go as far as its end tells. The certificate's word comes before that of
    /// the manifest, which others may have changed.
    fn is_over_for(&self, saved: &Saved) -> bool {
        if saved.pending {
            return false;
        }
        let end = self.stores.end_of(saved).or_else(|| saved.not_after());
        end.is_some_and(|end| self.is_over(end))
    }

    /// Removes what may go from all destinations. The file goes before its entry in the manifest:
    /// cut off between the two, the next run removes the entry.
    pub(super) fn prune(
        &self,
        destinations: &mut [Option<&mut Destination>],
        reports: &mut [DestinationReport],
    ) {
        let shared: Vec<_> = destinations.iter().map(Option::as_deref).collect();
        let retries = Retries::new();
        for (at, sha256) in self.going(&shared, &|_, _| false) {
            let Some(destination) = destinations[at].as_mut() else {
                continue;
            };
            match remove(destination, &sha256, &retries) {
                Some(Ok(pruned)) => reports[at].pruned.push(pruned),
                Some(Err(file)) => reports[at].unpruned.push(file),
                None => {}
            }
        }
    }

    /// What [`Self::prune`] would remove after a run that writes what `writes` says: the identity of a
    /// SHA-256 at a destination. Removes nothing.
    pub(super) fn foresee(
        &self,
        destinations: &[Option<&Destination>],
        reports: &mut [DestinationReport],
        writes: &(dyn Fn(&str, usize) -> bool + Sync),
    ) {
        for (at, sha256) in self.going(destinations, writes) {
            let saved = destinations[at].and_then(|one| one.saved_as(&sha256));
            reports[at].pruned.extend(saved.map(pruned));
        }
    }

    /// The destination and the SHA-256 of each identity that may go from it.
    fn going(
        &self,
        destinations: &[Option<&Destination>],
        writes: &(dyn Fn(&str, usize) -> bool + Sync),
    ) -> Vec<(usize, String)> {
        let mut seen = HashSet::new();
        let entries = destinations.iter().flatten().flat_map(|one| one.entries());
        let over: Vec<String> = entries
            .filter(|saved| self.is_over_for(saved))
            .map(|saved| saved.thumbprint.sha256.clone())
            .filter(|sha256| seen.insert(sha256.clone()))
            .collect();
        let keepers = keepers(&over, destinations, writes);
        let mut going = Vec::new();
        for (sha256, keeper) in over.into_iter().zip(keepers) {
            let wanted = destinations.iter().flatten().any(|destination| {
                let saved = destination.saved_as(&sha256);
                saved.is_some_and(|saved| self.stores.may_have(saved))
            });
            if wanted && keeper.is_none() {
                continue;
            }
            for (at, destination) in destinations.iter().enumerate() {
                // One manifest speaks for no other folder.
                let saved = destination.and_then(|destination| destination.saved_as(&sha256));
                let over = saved.is_some_and(|saved| self.is_over_for(saved));
                if over && !(wanted && keeper == Some(at)) {
                    going.push((at, sha256.clone()));
                }
            }
        }
        going
    }
}

/// For each identity, the first destination that has a whole copy, or is to have one.
fn keepers(
    over: &[String],
    destinations: &[Option<&Destination>],
    writes: &(dyn Fn(&str, usize) -> bool + Sync),
) -> Vec<Option<usize>> {
    threads::each(
        threads::for_reading(),
        over,
        |sha256| {
            let mut each = destinations.iter().enumerate();
            let keeper = each.find(|(at, destination)| {
                destination.is_some_and(|destination| {
                    let saved = destination.saved_as(sha256);
                    let is_whole = |saved: &Saved| destination.condition(saved) == Condition::Whole;
                    writes(sha256, *at) || saved.is_some_and(is_whole)
                })
            });
            keeper.map(|(at, _)| at)
        },
        &mut |_, _| waits::progress(),
    )
}

fn pruned(saved: &Saved) -> Pruned {
    Pruned {
        file: saved.file.clone(),
        label: saved.label.clone(),
        thumbprint: saved.thumbprint.sha1.clone(),
    }
}

/// Removes a file, the file with its password, and their entry. `Err` is the file that could not be
/// removed; a note says why. `None` if there is no such entry.
fn remove(
    destination: &mut Destination,
    sha256: &str,
    retries: &Retries,
) -> Option<Result<Pruned, String>> {
    let saved = destination.saved_as(sha256)?.clone();
    let _wait = output::waiting_for(&destination.path(&saved.file));
    let escrow = saved.escrow.as_ref().map(|escrow| &escrow.file);
    for name in [&saved.file].into_iter().chain(escrow) {
        match os::remove_one_of_many(&destination.path(name), retries) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let text = format!("{name} cannot be removed: {error}");
                destination.note(Warning::new(Code::NotRemoved, text));
                return Some(Err(saved.file.clone()));
            }
            _ => {}
        }
    }
    destination.forget(sha256);
    Some(Ok(pruned(&saved)))
}
