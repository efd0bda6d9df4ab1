//! What was imported, as the store shows it afterwards: it is listed with a private key, and where
//! that may come out again, it was taken out and proven.

use std::collections::HashMap;

use certstow_formats::certificate::EntryId;
use certstow_formats::proof::{self, Proof};
use certstow_formats::secret::Password;
use certstow_formats::threads;
use certstow_platform::store::{Ask, Entry, KeyState, NonInteractive, Store};

use super::Options;
use super::outcome::{Imported, Outcome};
use crate::error::Error;
use crate::identity::ListedCertificate;
use crate::knows::Knows;
use crate::waits;

/// Looks for what was imported in the store it was put into, and takes the keys out where they may
/// come out: on every core, where the store allows that.
pub(super) fn read_back(
    outcomes: &mut [Outcome],
    chosen: &[&ListedCertificate],
    to: &dyn Store,
    options: &Options<'_>,
    ask: &mut dyn Ask,
) {
    let listing = waits::list(to);
    let entries = listing.iter().flat_map(|listing| &listing.entries);
    let entries: HashMap<EntryId, &Entry> = entries.map(|entry| (entry.id, entry)).collect();
    let imported = outcomes.iter_mut().zip(chosen);
    let imported = imported.filter(|(outcome, _)| outcome.result.is_ok());
    let imported: Vec<_> = imported.collect();
    let ids: Vec<EntryId> = imported
        .iter()
        .map(|(_, identity)| identity.entry().id)
        .collect();
    let proofs = match options.exportable && listing.is_ok() {
        true => proofs(&ids, &entries, to, options.password, ask),
        false => Vec::new(),
    };
    let mut proofs = proofs.into_iter();
    for ((outcome, _), id) in imported.into_iter().zip(&ids) {
        let Ok(imported) = &mut outcome.result else {
            continue;
        };
        let proof = proofs.next().flatten();
        let found = match &listing {
            Ok(_) => imported.found(entries.get(id).copied(), proof),
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = found {
            outcome.result = Err(Error::NotReadBack {
                store: to.info().spec.to_string(),
                reason,
            });
        }
    }
}

impl Imported {
    /// Notes what the store shows of it.
    fn found(
        &mut self,
        entry: Option<&Entry>,
        proof: Option<Result<Proof, String>>,
    ) -> Result<(), String> {
        let entry = entry.ok_or("the store does not list it")?;
        if entry.key == KeyState::Missing {
            return Err("the store lists it without a private key".to_owned());
        }
        self.place = entry.place();
        self.verified.push("listed");
        match proof.transpose()? {
            Some(Proof::Signature) => self.verified.extend(["key", "signature"]),
            Some(Proof::PublicKey(_)) => self.verified.push("key"),
            Some(Proof::None(_)) | None => {}
        }
        Ok(())
    }
}

/// How far the private key of each is proven that the store lists with one.
fn proofs(
    ids: &[EntryId],
    entries: &HashMap<EntryId, &Entry>,
    store: &dyn Store,
    password: Option<&Password>,
    ask: &mut dyn Ask,
) -> Vec<Option<Result<Proof, String>>> {
    let with_key = |id: &EntryId| {
        let entry = entries.get(id).copied();
        entry.filter(|entry| entry.key != KeyState::Missing)
    };
    let listed: Vec<Option<&Entry>> = ids.iter().map(with_key).collect();
    let _wait = waits::waiting_for_store(store);
    let proven: Vec<Option<Proof>> = match store.shared() {
        Some(store) => {
            let prove = |entry: &Option<&Entry>| {
                prove((*entry)?, store, password, &mut NonInteractive).ok()
            };
            let mut progress = |_, _| waits::progress();
            threads::each(threads::for_computing(), &listed, prove, &mut progress)
        }
        None => listed.iter().map(|_| None).collect(),
    };
    let each = listed.into_iter().zip(proven);
    each.map(|(entry, proven)| {
        let entry = entry?;
        let proof = match proven {
            Some(proof) => Ok(proof),
            // Here somebody can be asked, and the reason is told.
            None => prove(entry, store, password, ask),
        };
        waits::progress();
        Some(proof)
    })
    .collect()
}

/// Takes the key of an entry out and proves it.
fn prove(
    entry: &Entry,
    store: &dyn Store,
    password: Option<&Password>,
    ask: &mut dyn Ask,
) -> Result<Proof, String> {
    let mut knows = Knows { password, ask };
    let key = store.private_key(&entry.id, &mut knows);
    let key = key.map_err(|error| error.to_string())?;
    proof::prove(&key, &entry.certificate).map_err(|error| error.to_string())
}
