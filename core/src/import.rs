//! Identities out of files, or bytes in memory, and into a store: each key is shown to belong to its certificate before
//! it goes in, and what the store has is read back afterwards. Nothing is called imported that the
//! store does not list with a private key; and where the key may come out again, it was taken out
//! and works.
//!
//! [`read`] opens them, [`identities`] does the rest, for files and for any other stores.
//! Nothing here prompts except through the given [`Ask`].

mod outcome;
mod read_back;
mod sources;

use std::collections::HashMap;

use certstow_formats::certificate::{EntryId, Property};
use certstow_formats::chain::{self, Candidates, Include};
use certstow_platform::error::StoreError;
use certstow_platform::store::{
    Ask, Entry, ExistingEntry, KeyProtection, KeyState, NewIdentity, Store,
};

use crate::error::Error;
use crate::export::key::ProvenKey;
use crate::identity::{Inventory, ListedCertificate};
use crate::{time, waits};
pub use certstow_platform::store::ImportOptions as Options;
pub use outcome::{Imported, Outcome};
use read_back::read_back;
use sources::of_a_source;
pub use sources::{Input, Sources, read};

/// How many identities are on their way at a time, their private keys in memory.
const AT_ONCE: usize = 64;

/// Imports every identity of `from` that has a private key, with the issuers that `from` has for
/// it. One that fails stops none of the others, unless a person gave up.
///
/// The results hold [`Error::Store`] and [`Error::KeyMismatch`] for a key that does not come out of
/// `from`, or is of no use, and for what [`Store::import`] refuses; [`Error::Password`] and
/// [`Error::InteractionRequired`] for a key behind a password; [`Error::NotReadBack`] for what is
/// in the store and could not be shown to be there as it should.
#[must_use = "an identity may not have been imported"]
pub fn identities(
    from: &Inventory,
    to: &mut dyn Store,
    options: &Options<'_>,
    ask: &mut dyn Ask,
) -> Vec<Outcome> {
    // Where it cannot be listed, importing into it says so.
    let there = Present::of(to).unwrap_or_default();
    let identities: Vec<_> = from.identities().collect();
    chosen(from, &identities, &there, to, options, ask)
}

/// What a store has with a private key, and where.
#[derive(Default)]
pub struct Present(HashMap<EntryId, String>);

impl Present {
    /// What the store has now. Nothing is opened for that.
    ///
    /// # Errors
    /// [`Error::Store`]: the store cannot be listed.
    pub fn of(store: &dyn Store) -> Result<Self, Error> {
        let listing = waits::list(store)?;
        let protection = store.info().key_protection;
        let whole = listing.problems.is_empty();
        let has_key = |key: &KeyState| match key {
            KeyState::Missing => false,
            // Before its PIN is given, a token shows certificates alone.
            KeyState::Locked(_) => protection != KeyProtection::Token,
            // What cannot be read may be what is missing; the store decides.
            KeyState::Unknown => whole,
            KeyState::Exportable | KeyState::NotExportable(_) => true,
        };
        let with_key = listing.entries.iter().filter(|entry| has_key(&entry.key));
        let places = with_key.map(|entry| (entry.id, entry.place()));
        Ok(Self(places.collect()))
    }

    /// Where the store has an identity with its private key.
    pub fn place(&self, identity: &ListedCertificate) -> Option<&str> {
        self.0.get(&identity.entry().id).map(String::as_str)
    }
}

/// Imports these identities of `from`, as [`identities`] does all of them. Nobody is asked for the
/// password of a key that does not go in, for `there` has it already.
#[must_use = "an identity may not have been imported"]
pub fn chosen(
    from: &Inventory,
    chosen: &[&ListedCertificate],
    there: &Present,
    to: &mut dyn Store,
    options: &Options<'_>,
    ask: &mut dyn Ask,
) -> Vec<Outcome> {
    let (issuers, _) = from.issuers();
    let issuers = Candidates::new(issuers);
    let kept_open = from.keep_open();
    to.keep_open(true);
    let mut outcomes = Vec::new();
    for several in chosen.chunks(AT_ONCE) {
        let put = Coming {
            from,
            there,
            issuers: &issuers,
            options,
        };
        for (&identity, result) in several.iter().zip(put.put(several, to, ask)) {
            let entry = identity.entry();
            outcomes.push(Outcome {
                thumbprint: identity.thumbprint(),
                label: entry.display_label(),
                from: entry.place(),
                result,
            });
        }
        let gave_up = |outcome: &Outcome| matches!(outcome.result, Err(Error::Cancelled));
        if outcomes.last().is_some_and(gave_up) {
            break;
        }
    }
    drop(kept_open);
    read_back(&mut outcomes, chosen, to, options, ask);
    to.keep_open(false);
    outcomes
}

/// Identities on their way into a store.
#[derive(Clone, Copy)]
struct Coming<'a> {
    from: &'a Inventory,
    there: &'a Present,
    issuers: &'a Candidates,
    options: &'a Options<'a>,
}

impl Coming<'_> {
    /// Puts identities into the store; what became of each, as far as it came. What was imported is
    /// not yet shown to be there.
    fn put(
        &self,
        identities: &[&ListedCertificate],
        to: &mut dyn Store,
        ask: &mut dyn Ask,
    ) -> Vec<Result<Imported, Error>> {
        let is_kept = |identity: &ListedCertificate| match self.options.existing {
            ExistingEntry::Keep => self.there.place(identity),
            ExistingEntry::Replace => None,
        };
        let wanted = identities.iter().copied();
        let wanted: Vec<_> = wanted
            .filter(|identity| is_kept(identity).is_none())
            .collect();
        let taken = ProvenKey::take_several(self.from, &wanted, ask);
        let taken: Vec<_> = taken
            .into_iter()
            .map(|key| key.map_err(of_a_source))
            .collect();
        let keys: Vec<&ProvenKey<'_>> = taken.iter().flatten().collect();
        let mut imported = self.import(&keys, to, ask).into_iter();
        let mut taken = taken.into_iter();
        let mut results = Vec::with_capacity(identities.len());
        for identity in identities {
            if let Some(place) = is_kept(identity) {
                let place = place.to_owned();
                results.push(Err(Error::Store(StoreError::AlreadyThere { place })));
                continue;
            }
            let result = match taken.next() {
                Some(Ok(key)) => match imported.next() {
                    Some(result) => result.map(|_| Imported::of(key)).map_err(Error::from),
                    None => break,
                },
                Some(Err(error)) => Err(error),
                None => break,
            };
            let gave_up = matches!(result, Err(Error::Cancelled));
            results.push(result);
            if gave_up {
                break;
            }
        }
        results
    }

    /// What the store says to each, as far as it came.
    fn import(
        &self,
        keys: &[&ProvenKey<'_>],
        to: &mut dyn Store,
        ask: &mut dyn Ask,
    ) -> Vec<Result<EntryId, StoreError>> {
        let entries = keys.iter().map(|key| &key.stored.entry);
        let about: Vec<_> = entries.map(|entry| self.about(entry)).collect();
        let identities = keys.iter().zip(&about).map(|(key, (path, properties))| {
            let entry = &key.stored.entry;
            NewIdentity {
                certificate: &entry.certificate,
                key: &key.key,
                issuers: path.issuers(Include::Full),
                label: entry.label.as_deref(),
                provider: entry.provider.as_deref(),
                properties,
            }
        });
        let identities: Vec<NewIdentity<'_>> = identities.collect();
        let _wait = waits::waiting_for_store(to);
        let mut results: Vec<Result<EntryId, StoreError>> = Vec::new();
        loop {
            let rest = &identities[results.len()..];
            if rest.is_empty() || matches!(results.last(), Some(Err(StoreError::Cancelled))) {
                return results;
            }
            // What concerns the whole store is said of each.
            let more = to.import_several(rest, self.options, ask, &mut waits::progress);
            if more.is_empty() {
                return results;
            }
            results.extend(more);
        }
    }

    /// An entry's certification path, and those of its properties that mean something in another
    /// store than their own.
    fn about(&self, entry: &Entry) -> (chain::Path, Vec<Property>) {
        let properties = entry.properties.iter();
        let properties = properties.filter(|property| !Property::is_of_this_machine(property.id));
        let path = chain::build(&entry.certificate, self.issuers, time::now());
        (path, properties.cloned().collect())
    }
}

impl Imported {
    fn of(key: ProvenKey<'_>) -> Self {
        Self {
            place: String::new(),
            verified: Vec::new(),
            proof: key.proof,
            warnings: key.warnings,
        }
    }
}

#[cfg(test)]
mod tests;
