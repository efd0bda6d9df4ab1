//! The private key of an identity: from the first store that gives one which works.

use certstow_formats::proof::{self, Level, Proof, ProofError};
use certstow_formats::secret::PrivateKey;
use certstow_formats::{key, threads};
use certstow_platform::error::StoreError;
use certstow_platform::store::{Ask, Entry, KeyState, NonInteractive, Store};

use crate::error::Error;
use crate::identity::{Inventory, ListedCertificate, StoredEntry};
use crate::waits;
use crate::warning::{Code, Warning};

/// A private key that was shown to belong to its certificate, as far as its algorithm allows.
pub(crate) struct ProvenKey<'a> {
    /// The entry whose key it is.
    pub(crate) stored: &'a StoredEntry,
    pub(crate) key: PrivateKey,
    /// How far it was proven.
    pub(crate) proof: Level,
    /// What could not be proven, and which stores had no key that works.
    pub(crate) warnings: Vec<Warning>,
}

impl<'a> ProvenKey<'a> {
    /// Takes the keys of several identities, on every core where their stores allow that; in their
    /// order, and after [`Error::Cancelled`] no further ones. A person who has to be asked is asked
    /// on this thread.
    pub(crate) fn take_several(
        inventory: &'a Inventory,
        identities: &[&'a ListedCertificate],
        ask: &mut dyn Ask,
    ) -> Vec<Result<Self, Error>> {
        let mut results = Vec::with_capacity(identities.len());
        let Some((&first, rest)) = identities.split_first() else {
            return results;
        };
        // By itself: it may open a file of many keys, which takes every core.
        results.push(Self::take(inventory, first, ask));
        let shared = rest.iter().map(|identity| {
            let stored = identity.entries().first()?;
            let store = inventory.stores()[stored.store].shared()?;
            Some((store, inventory.store_name(stored.store), stored))
        });
        let shared: Vec<_> = shared.collect();
        let take = |shared: &Option<(&(dyn Store + Sync), String, &StoredEntry)>| {
            let (store, name, stored) = shared.as_ref()?;
            take_from(*store, name, stored, &mut NonInteractive).ok()
        };
        let mut progress = |_, _| waits::progress();
        let taken = threads::each(threads::for_computing(), &shared, take, &mut progress);
        for (&identity, taken) in rest.iter().zip(taken) {
            if matches!(results.last(), Some(Err(Error::Cancelled))) {
                break;
            }
            results.push(match (taken, identity.entries().first()) {
                (Some((key, proof)), Some(stored)) => Ok(Self {
                    stored,
                    key,
                    proof: proof.level(),
                    warnings: Warning::of_proof(&proof).into_iter().collect(),
                }),
                _ => Self::take(inventory, identity, ask),
            });
        }
        results
    }

    /// Asks the stores for the key, one after the other.
    pub(crate) fn take(
        inventory: &'a Inventory,
        identity: &'a ListedCertificate,
        ask: &mut dyn Ask,
    ) -> Result<Self, Error> {
        let mut refusals: Vec<(usize, Error)> = Vec::new();
        for stored in identity.entries() {
            let store = &*inventory.stores()[stored.store];
            let name = inventory.store_name(stored.store);
            match take_from(store, &name, stored, ask) {
                Ok((key, proof)) => {
                    let refused = refusals.into_iter().map(|(store, error)| {
                        let store = inventory.store_name(store);
                        let text = format!("the private key in {store} was not used: {error}");
                        Warning::new(Code::KeyNotUsed, text)
                    });
                    return Ok(Self {
                        stored,
                        key,
                        proof: proof.level(),
                        warnings: refused.chain(Warning::of_proof(&proof)).collect(),
                    });
                }
                // The person gave up on the export, not on one of the stores.
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => refusals.push((stored.store, error)),
            }
        }
        let first = refusals.into_iter().next().map(|(_, error)| error);
        Err(first.unwrap_or_else(|| missing(identity.entry())))
    }
}

/// The key from one store, and how far it was proven.
fn take_from(
    store: &dyn Store,
    name: &str,
    stored: &StoredEntry,
    ask: &mut dyn Ask,
) -> Result<(PrivateKey, Proof), Error> {
    let wait = waits::waiting_for(format!("the private key from {name}"));
    let key = store.private_key(&stored.entry.id, ask)?;
    drop(wait);
    // However the store writes the key, what is saved has the form that every program reads.
    let key = key::with_full_scalar(key)
        .map(key::without_public_half)
        .map_err(ProofError::from);
    let certificate = &stored.entry.certificate;
    match key.and_then(|key| proof::prove(&key, certificate).map(|proof| (key, proof))) {
        Ok(proven) => Ok(proven),
        Err(ProofError::Mismatch) => Err(Error::KeyMismatch {
            place: stored.entry.place(),
        }),
        Err(ProofError::Useless(reason)) => Err(Error::Store(StoreError::Damaged {
            place: format!("the private key of {}", stored.entry.place()),
            reason,
            source: None,
        })),
    }
}

/// Whether it is worth asking for a password, as far as the listing tells.
///
/// # Errors
/// [`Error::Store`]: there is no private key, or it will not come out; with the reason.
pub fn may_come_out(entry: &Entry) -> Result<(), Error> {
    match &entry.key {
        KeyState::Missing => Err(missing(entry)),
        KeyState::NotExportable(reason) => Err(Error::Store(StoreError::KeyNotExportable {
            place: entry.place(),
            reason: reason.clone(),
            source: None,
        })),
        KeyState::Exportable | KeyState::Locked(_) | KeyState::Unknown => Ok(()),
    }
}

fn missing(entry: &Entry) -> Error {
    Error::Store(StoreError::KeyMissing {
        place: entry.place(),
    })
}
