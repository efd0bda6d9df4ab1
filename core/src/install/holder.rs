//! Which store has the private key of a certificate: it lists another certificate with the same public
//! key, or it has the key alone.

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key;
use certstow_formats::names;
use certstow_platform::store::{Entry, KeyState};

use crate::error::Error;
use crate::identity::Inventory;
use crate::request;
use crate::waits;

/// Where a certificate's private key is.
pub(super) enum Found {
    /// The store has the certificate, with its key.
    There {
        /// The position of the store in [`Inventory::stores`].
        store: usize,
        /// Where the certificate lies.
        place: String,
        /// Whether the store knows only that a key is named.
        unsure: bool,
    },
    /// The store has the key.
    Key {
        /// As above.
        store: usize,
        /// Where the key lies, or a certificate of it.
        place: String,
        /// The certificate of it, if the store has that key behind a password.
        locked: Option<EntryId>,
    },
    /// Each of these stores has keys of which it knows only once they are opened whose they are.
    Perhaps(Vec<usize>),
}

/// Looks for the private key of a certificate. `joined` are certificates that were put into stores since
/// these were listed, each with the position of its store.
///
/// # Errors
/// - [`Error::NoKeyHere`]: no store has it.
/// - [`Error::SeveralStores`]: several do.
/// - [`Error::Store`]: a store cannot say which keys it has.
pub(super) fn find(
    certificate: &Certificate,
    stores: &Inventory,
    joined: &[(&Certificate, usize)],
) -> Result<Found, Error> {
    let spki = certificate.spki_der();
    let mut same = joined.iter();
    if let Some((other, store)) = same.find(|(one, _)| key::same_public_key(one.spki_der(), spki)) {
        let place = other.parse().label();
        return Ok(Found::Key {
            store: *store,
            place,
            locked: None,
        });
    }
    if let Some(there) = there(certificate, stores) {
        return Ok(there);
    }
    let (mut with_key, mut perhaps) = (Vec::new(), Vec::new());
    for store in 0..stores.stores().len() {
        if stores.stores()[store].info().is_for_requests {
            continue;
        }
        match key_in(certificate, store, stores)? {
            Known::Here { place, locked } => with_key.push((store, place, locked)),
            Known::Perhaps => perhaps.push(store),
            Known::NotHere => {}
        }
    }
    // A key in hardware is found by its request alone. (An account's REQUEST shows the computer's, too, so
    // that what a store says itself comes first.)
    if with_key.is_empty() && perhaps.is_empty() {
        let all = 0..stores.stores().len();
        let issued = all.filter(|&store| !stores.stores()[store].info().is_for_requests);
        let asked = issued.filter(|&store| request::waits_for(stores, certificate, store));
        with_key.extend(asked.map(|store| (store, stores.store_name(store), None)));
    }
    // Of several, the one where it was requested.
    if with_key.len() > 1 {
        let waits = |store: usize| request::waits_for(stores, certificate, store);
        let asked = with_key.iter().filter(|(store, ..)| waits(*store)).count();
        if asked == 1 {
            with_key.retain(|(store, ..)| waits(*store));
        }
    }
    if with_key.len() > 1 {
        let stores = with_key.iter().map(|(store, ..)| stores.store_name(*store));
        return Err(Error::SeveralStores {
            subject: subject(certificate),
            stores: stores.collect(),
        });
    }
    match with_key.pop() {
        Some((store, place, locked)) => Ok(Found::Key {
            store,
            place,
            locked,
        }),
        None if !perhaps.is_empty() => Ok(Found::Perhaps(perhaps)),
        None => Err(no_key_here(certificate, stores)),
    }
}

/// What a store knows of a key without opening any.
enum Known {
    Here {
        place: String,
        locked: Option<EntryId>,
    },
    Perhaps,
    NotHere,
}

fn there(certificate: &Certificate, stores: &Inventory) -> Option<Found> {
    let listed = stores.certificate(&certificate.id())?;
    let mut entries = listed.entries().iter();
    let with_key = entries.find(|stored| stored.entry.key != KeyState::Missing)?;
    Some(Found::There {
        store: with_key.store,
        place: with_key.entry.place(),
        unsure: with_key.entry.key == KeyState::Unknown,
    })
}

fn key_in(certificate: &Certificate, store: usize, stores: &Inventory) -> Result<Known, Error> {
    let spki = certificate.spki_der();
    let listed = stores.certificates().iter();
    let entries = listed.flat_map(|listed| listed.entries());
    let mut others = entries.filter(|stored| stored.store == store);
    let has_key = |entry: &Entry| {
        entry.key != KeyState::Missing && key::same_public_key(entry.certificate.spki_der(), spki)
    };
    if let Some(other) = others.find(|stored| has_key(&stored.entry)) {
        let is_locked = matches!(other.entry.key, KeyState::Locked(_));
        return Ok(Known::Here {
            place: other.entry.place(),
            locked: is_locked.then_some(other.entry.id),
        });
    }
    let store = &*stores.stores()[store];
    let _wait = waits::waiting_for_store(store);
    let mut known = Known::NotHere;
    for key in store.keys()? {
        match key.is_of(spki) {
            Some(true) => {
                return Ok(Known::Here {
                    place: key.place,
                    locked: None,
                });
            }
            Some(false) => {}
            None => known = Known::Perhaps,
        }
    }
    Ok(known)
}

/// The error of a certificate whose key is nowhere.
pub(super) fn no_key_here(certificate: &Certificate, stores: &Inventory) -> Error {
    Error::NoKeyHere {
        subject: subject(certificate),
        searched: stores.store_names(),
    }
}

fn subject(certificate: &Certificate) -> String {
    names::distinguished_name_of_der(certificate.subject_der())
}
