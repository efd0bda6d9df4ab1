//! Taking a private key, or a certificate with its key, out of a system store. The key container goes
//! first: a certificate that names a container which is gone is a smaller loss than a container that
//! nothing names any more. It stays where another certificate of the location names it, too.

use super::handle::{Found, Handle, copy_of};
use super::{change, container, provider};
use crate::error::StoreError;
use crate::store::Removal;

/// Takes it out.
pub(super) fn remove(store: &Handle, found: &Found, what: Removal) -> Result<(), StoreError> {
    let place = &found.place;
    let der = found.certificate.der();
    if let Some(key) = &found.key {
        if let Some(what) = provider::hardware(&key.provider) {
            let reason = format!("its private key is kept in hardware ({what})");
            return Err(StoreError::not_removed(place, reason, None));
        }
    } else if what == Removal::Key {
        return Err(StoreError::key_missing(place));
    }
    let writable = change::check_writable(&store.store);
    writable.map_err(|error| store.unreachable(error))?;
    let key_is_gone = match &found.key {
        Some(key) => container::delete_unless_used(&store.store, der, key).map_err(|error| {
            let reason = format!(
                "Windows does not delete the key container {}",
                key.container
            );
            StoreError::not_removed(place, reason, Some(error.into()))
        })?,
        None => false,
    };
    let removed = match what {
        Removal::Key => {
            let which = |now: &[_]| copy_of(now, der);
            change::update(&store.store, which, &[], Some(None))
        }
        Removal::Entry => change::delete(&store.store, der),
    };
    removed.map_err(|error| match key_is_gone {
        true => {
            let reason = "its private key is deleted, but Windows does not write the store";
            StoreError::half_done(place, reason, Some(error.into()))
        }
        false => {
            let reason = "Windows does not write the store";
            StoreError::not_removed(place, reason, Some(error.into()))
        }
    })
}
