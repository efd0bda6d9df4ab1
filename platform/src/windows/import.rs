//! Putting an identity into a system store, in an order that leaves nothing behind when it fails: the
//! key into a container of its own, the issuers into the store `CA`, the certificate with its
//! properties, and then the proof that it all came in. Whatever was done is undone unless the last
//! step went well. Only then goes the container that a replaced certificate named before.

use certstow_formats::certificate::EntryId;
use certstow_formats::key::{public_key_of, same_public_key};

use super::change::{self, Value};
use super::ffi::KeyProviderInfo;
use super::handle::Handle;
use super::key::{self, NewKey};
use super::placing::{Before, Placing};
use super::{container, properties, wide};
use crate::error::StoreError;
use crate::exported_key::proven_export;
use crate::spec::SystemStoreLocation;
use crate::store::{ExistingEntry, ImportOptions, NewIdentity};

/// Imports an identity; no window opens for it.
pub(super) fn import(
    store: &Handle,
    identity: &NewIdentity<'_>,
    options: &ImportOptions<'_>,
) -> Result<EntryId, StoreError> {
    let der = identity.certificate.der();
    let place = store.place(der);
    let new = NewKey::new(identity, &place)?;
    let properties = new_properties(identity);
    let ids = properties.iter().map(|(id, _)| *id);
    let before = Before::read(store, identity.certificate, ids)?;
    let old = before.as_ref().and_then(|before| before.key.clone());
    if old.is_some() && options.existing == ExistingEntry::Keep {
        return Err(StoreError::AlreadyThere { place });
    }
    let writable = change::check_writable(&store.store);
    writable.map_err(|error| store.unreachable(error))?;

    let machine = store.store.location == SystemStoreLocation::LocalMachine;
    let mut import = Import {
        store,
        identity,
        place: &place,
        key: new.keep(options.exportable, machine)?,
        placing: Placing::new(store, identity.certificate, &place, before),
        proven: false,
    };
    import.placing.add_issuers(identity.issuers)?;
    import.placing.write(&properties, &import.key)?;
    import.prove(options.exportable)?;
    import.placing.stay();
    import.proven = true;
    drop(import);
    if let Some(old) = old {
        // Nothing names it any more; one that Windows does not delete does no harm.
        let _ = container::delete_unless_used(&store.store, der, &old);
    }
    Ok(identity.certificate.id())
}

/// An import under way. Dropped before it is proven, it leaves everything as it was.
struct Import<'a> {
    store: &'a Handle,
    identity: &'a NewIdentity<'a>,
    place: &'a str,
    /// Where the new key is.
    key: KeyProviderInfo,
    placing: Placing<'a>,
    proven: bool,
}

impl Import<'_> {
    /// Exports the key again, or makes sure that it is not exportable.
    fn prove(&self, exportable: bool) -> Result<(), StoreError> {
        let found = self.store.find(&self.identity.certificate.id())?;
        if found.key.as_ref() != Some(&self.key) {
            let reason = "the store does not name its new key container afterwards";
            return Err(StoreError::not_imported(self.place, reason, None));
        }
        let exported = found.private_key(true);
        let lets_out = "its provider would let the private key out";
        let Some(key) = proven_export(exported, exportable, self.place, lets_out)? else {
            return Ok(());
        };
        let public = public_key_of(&key).unwrap_or_default();
        match same_public_key(&public, self.identity.certificate.spki_der()) {
            true => Ok(()),
            false => Err(StoreError::not_imported(
                self.place,
                "another key came out again",
                None,
            )),
        }
    }
}

impl Drop for Import<'_> {
    fn drop(&mut self) {
        if !self.proven {
            self.placing.undo();
            // The error that led here tells more.
            let _ = key::delete(&self.key);
        }
    }
}

/// The properties that a certificate comes in with, but for where its key is.
fn new_properties(identity: &NewIdentity<'_>) -> Vec<Value> {
    let label = identity.label.map(|label| {
        let text = wide::property(label);
        (properties::FRIENDLY_NAME, Some(text))
    });
    let given = identity.properties.iter();
    let given = given
        .filter(|property| properties::goes_with_certificate(property.id))
        .map(|property| (property.id, Some(property.value.clone())));
    label.into_iter().chain(given).collect()
}
