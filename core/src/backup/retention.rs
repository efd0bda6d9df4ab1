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
        let mut seen = HashSet::new();
        let entries = destinations.iter().flatten().flat_map(|one| one.entries());
        let over: Vec<String> = entries
            .filter(|saved| self.is_over_for(saved))
            .map(|saved| saved.thumbprint.sha256.clone())
            .filter(|sha256| seen.insert(sha256.clone()))
            .collect();
        let keepers = keepers(&over, destinations);
        let retries = Retries::new();
        for (sha256, keeper) in over.iter().zip(keepers) {
            let wanted = destinations.iter().flatten().any(|destination| {
                let saved = destination.saved_as(sha256);
                saved.is_some_and(|saved| self.stores.may_have(saved))
            });
            if wanted && keeper.is_none() {
                continue;
            }
            for (at, destination) in destinations.iter_mut().enumerate() {
                let Some(destination) = destination.as_mut() else {
                    continue;
                };
                // One manifest speaks for no other folder.
                let saved = destination.saved_as(sha256);
                let over = saved.is_some_and(|saved| self.is_over_for(saved));
                if over && !(wanted && keeper == Some(at)) {
                    match remove(destination, sha256, &retries) {
                        Some(Ok(pruned)) => reports[at].pruned.push(pruned),
                        Some(Err(file)) => reports[at].unpruned.push(file),
                        None => {}
                    }
                }
            }
        }
    }
}

/// For each identity, the first destination that has a whole copy.
fn keepers(over: &[String], destinations: &[Option<&mut Destination>]) -> Vec<Option<usize>> {
    threads::each(
        threads::for_reading(),
        over,
        |sha256| {
            destinations.iter().position(|destination| {
                destination.as_ref().is_some_and(|destination| {
                    let saved = destination.saved_as(sha256);
                    saved.is_some_and(|saved| destination.condition(saved) == Condition::Whole)
                })
            })
        },
        &mut |_, _| waits::progress(),
    )
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
    Some(Ok(Pruned {
        file: saved.file,
        label: saved.label,
        thumbprint: saved.thumbprint.sha1,
    }))
}
