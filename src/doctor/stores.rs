//! Whether stores can be reached, and whether a key can really be exported from each, silently, in this
//! session: what a listing says of a key is not what happens when it is taken.

use certstow_core::error::Error;
use certstow_core::identity::Stores;
use certstow_core::select::Filters;
use certstow_core::{backup, time, waits};
use certstow_formats::proof::{Level, Proof};
use certstow_platform::error::StoreError;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{Entry, KeyState, Listing, Store, StoreInfo};
use certstow_platform::{OpenOptions, each_of, known_stores, open};

use super::key::{SAVED_UNPROVEN, take};
use super::{Check, Status, left_over, locked};
use crate::exit::Exit;

/// How many keys of a store are tried until one can be exported.
const TRIES: usize = 5;

/// The stores to look at; where there is none, the check that says so.
///
/// # Errors
/// That check, which failed.
pub(crate) fn named_or_found(stores: Stores<'_>) -> Result<Vec<StoreSpec>, Box<Check>> {
    let specs: Vec<StoreSpec> = match stores {
        Stores::Named(specs) => specs
            .iter()
            // Opening it will say what is wrong.
            .flat_map(|spec| each_of(spec).unwrap_or_else(|_| vec![spec.clone()]))
            .collect(),
        Stores::Found => {
            let _wait = waits::waiting_for("this machine's stores");
            known_stores()
                .into_iter()
                .filter(|known| known.unavailable.is_none())
                .map(|known| known.spec)
                .collect()
        }
    };
    if specs.is_empty() {
        let none = Check::ok("store", "", "this machine has none that certstow knows of");
        return Err(Box::new(Check {
            status: Status::Failed,
            exit: Exit::Store,
            ..none.advise("'certstow stores' says where they would be; name a folder with --store")
        }));
    }
    Ok(specs)
}

/// Checks of a store: whether it can be read, whether a key can be exported, each that is locked, and, of a
/// folder, whether something was left behind in it. Only what passes the filters is looked at. The number
/// is that of the identities that do, if the store can be read.
pub(crate) fn check(
    spec: &StoreSpec,
    options: &OpenOptions,
    filters: &Filters,
) -> (Vec<Check>, Option<usize>) {
    let name = spec.to_string();
    let _wait = waits::waiting_for(format!("the store {name}"));
    let store = open(spec, options);
    let listed = store.and_then(|store| store.list().map(|listing| (store, listing)));
    match listed {
        Ok((store, mut listing)) => {
            let now = time::now();
            listing
                .entries
                .retain(|entry| filters.match_entry(entry, now));
            let info = store.info();
            let left_out = backup::leave_out_of(&info, &mut listing.problems);
            let (store, unlocks) = (store.as_ref(), options.for_store(spec).next().is_some());
            let locked = locked::check(&name, store, &listing, unlocks);
            // Where all keys are locked, or other stores have what is wanted, there is nothing else to try.
            let others = listing.entries.iter().any(can_be_tried)
                || (locked.is_none() && filters.is_empty());
            let mut checks = vec![summary(&name, &info, &listing)];
            checks.extend(notices(&name, &listing));
            checks.extend(requests(&name, &listing));
            let left_out = left_out.into_iter();
            checks.extend(left_out.map(|notice| Check::ok("store", &name, notice)));
            // Nobody misses requests, and those of others mostly keep their keys in.
            checks.extend((others && !info.is_for_requests).then(|| keys(&name, store, &listing)));
            checks.extend(locked);
            if let Some(folder) = &info.path {
                checks.extend(left_over::in_store(&name, folder));
            }
            let has_key = |entry: &&Entry| entry.key != KeyState::Missing;
            (checks, Some(listing.entries.iter().filter(has_key).count()))
        }
        Err(error) => (
            vec![Check::failed("store", name, &Error::from(error))],
            None,
        ),
    }
}

/// What a backup ends with if no store has anything that it is to save.
pub(crate) fn nothing_to_save(filters: &Filters) -> Check {
    let found = match filters.is_empty() {
        true => "no store has a certificate with a private key".to_owned(),
        false => format!("no identity passes {}", filters.described()),
    };
    Check {
        status: Status::Failed,
        exit: Exit::NotFound,
        ..Check::ok("identity", "", found)
            .advise("'certstow list --all' shows every certificate; --store names another place")
    }
}

/// What the store holds, as far as a listing tells.
fn summary(name: &str, info: &StoreInfo, listing: &Listing) -> Check {
    let mut counts = [0_usize; 4];
    for entry in &listing.entries {
        let state = match entry.key {
            KeyState::Exportable => 0,
            KeyState::Locked(_) => 1,
            KeyState::NotExportable(_) => 2,
            KeyState::Unknown => 3,
            KeyState::Missing => continue,
        };
        counts[state] += 1;
    }
    let states = ["exportable", "locked", "not exportable", "unknown"];
    let states: Vec<_> = states
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    let number: usize = counts.iter().sum();
    let found = match states.is_empty() {
        true => "no identities".to_owned(),
        false => format!("identities: {number}; private keys: {}", states.join(", ")),
    };
    let found = match &info.application {
        Some(_) => format!("{}; {found}", info.description),
        None => found,
    };
    let found = Check::ok("store", name, found);
    match listing.problems.len() {
        0 => found,
        // A backup saves the rest, and ends so.
        problems => Check {
            status: Status::Failed,
            exit: Exit::Partial,
            ..found.advise(format!(
                "{problems} of its files or certificates cannot be read: 'certstow list' names them"
            ))
        },
    }
}

/// What holds private keys in the store that no certificate needs, or that certstow does not open.
fn notices<'l>(name: &'l str, listing: &'l Listing) -> impl Iterator<Item = Check> + 'l {
    let notices = listing.notices.iter();
    notices.map(move |notice| {
        Check::ok(
            "store",
            name,
            format!("{}: {}", notice.place, notice.message),
        )
    })
}

/// What waits for the answer of a CA.
fn requests<'l>(name: &'l str, listing: &'l Listing) -> impl Iterator<Item = Check> + 'l {
    let waiting = listing.entries.iter().filter(|entry| entry.pending);
    waiting.map(move |entry| {
        let since = time::local_date(entry.certificate.parse().not_before());
        let label = entry.display_label();
        Check::ok(
            "store",
            name,
            format!("the request for {label} waits for a CA since {since}"),
        )
    })
}

fn can_be_tried(entry: &Entry) -> bool {
    matches!(entry.key, KeyState::Exportable | KeyState::Unknown)
}

/// Takes one key out that is not locked, proves it and drops it.
fn keys(name: &str, store: &dyn Store, listing: &Listing) -> Check {
    let mut candidates: Vec<&Entry> = listing
        .entries
        .iter()
        .filter(|entry| can_be_tried(entry))
        .collect();
    candidates.sort_by_key(|entry| entry.key != KeyState::Exportable);
    if candidates.is_empty() {
        return Check::ok("keys", name, "no key to try")
            .warn("a backup of this store would save nothing");
    }
    let mut refusal = None;
    for entry in candidates.into_iter().take(TRIES) {
        let label = entry.display_label();
        match take(store, entry) {
            Ok(Proof::Signature) => {
                return Check::ok(
                    "keys",
                    name,
                    format!("the key of {label} came out, and signs"),
                );
            }
            Ok(proof) => return unsigned(name, &label, &proof),
            // What may stay in its store says nothing of the session. The first other one counts.
            Err(Error::Store(StoreError::KeyNotExportable { .. })) => {}
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    match refusal {
        Some(error) => Check::failed("keys", name, &error),
        None => Check::ok("keys", name, "no key that was tried may leave this store").warn(
            "'certstow list' shows which keys can be exported; the issuers of the others have to \
             be asked",
        ),
    }
}

/// A key came out that certstow does not sign with.
fn unsigned(name: &str, label: &str, proof: &Proof) -> Check {
    let what = proof.warning().unwrap_or_default();
    let check = Check::ok("keys", name, format!("the key of {label} came out; {what}"));
    match proof.level() {
        Level::None => check.warn(SAVED_UNPROVEN),
        Level::PublicKey | Level::Signature => check,
    }
}

#[cfg(test)]
mod tests;
