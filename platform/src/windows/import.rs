//! Putting an identity into a system store, in an order that leaves nothing behind when it fails: the
//! key into a container of its own, the issuers into the store `CA`, the certificate with its
//! properties, and then the proof that it all came in. Whatever was done is undone unless the last
//! step went well. Only then goes the container that a replaced certificate named before.

use certstow_formats::certificate::EntryId;
use certstow_formats::key::{public_key_of, same_public_key};

use super::change::{self, Opening, Value};
use super::codes::OsError;
use super::ffi::{self, KeyProviderInfo};
use super::handle::{Handle, copy_of};
use super::key::{self, NewKey};
use super::{container, properties, wide};
use crate::error::StoreError;
use crate::exported_key::proven_export;
use crate::spec::{SystemStore, SystemStoreLocation};
use crate::store::{ExistingEntry, ImportOptions, NewIdentity};

/// Where the certificates of issuers go, roots too: what is in `Root` is trusted, and that is not
/// for an import to decide.
const ISSUERS: &str = "CA";

/// Imports an identity; no window opens for it.
pub(super) fn import(
    store: &Handle,
    identity: &NewIdentity<'_>,
    options: &ImportOptions<'_>,
) -> Result<EntryId, StoreError> {
    let der = identity.certificate.der();
    let place = store.place(der);
    let new = NewKey::new(identity, &place)?;
    let before = Before::read(store, identity)?;
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
        before,
        key: new.keep(options.exportable, machine)?,
        issuers: Vec::new(),
        written: false,
        proven: false,
    };
    import.add_issuers()?;
    import.write()?;
    import.prove(options.exportable)?;
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
    before: Option<Before>,
    /// Where the new key is.
    key: KeyProviderInfo,
    /// The issuers that were not there.
    issuers: Vec<&'a [u8]>,
    /// Whether the certificate may have been changed.
    written: bool,
    proven: bool,
}

impl<'a> Import<'a> {
    fn der(&self) -> &'a [u8] {
        self.identity.certificate.der()
    }

    fn issuer_store(&self) -> SystemStore {
        SystemStore {
            location: self.store.store.location,
            name: ISSUERS.to_owned(),
        }
    }

    /// Adds the issuers that neither the store nor those of issuers have.
    fn add_issuers(&mut self) -> Result<(), StoreError> {
        let there = self.store.issuers()?;
        for issuer in self.identity.issuers {
            if there.contains(issuer) || self.issuers.contains(&issuer.der()) {
                continue;
            }
            let store = self.issuer_store();
            change::add(&store, Opening::ExistingOrNew, issuer.der(), &[], None).map_err(
                |error| {
                    let reason = "Windows does not take the certificate of its issuer";
                    StoreError::not_imported(self.place, reason, Some(error.into()))
                },
            )?;
            self.issuers.push(issuer.der());
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let der = self.der();
        let store = &self.store.store;
        let properties = new_properties(self.identity);
        self.written = true;
        let key = Some(&self.key);
        let written = match &self.before {
            None => change::add(store, Opening::Existing, der, &properties, key),
            Some(_) => change::update(store, |now| copy_of(now, der), &properties, Some(key)),
        };
        written.map_err(|error| {
            let reason = "Windows does not take its certificate";
            StoreError::not_imported(self.place, reason, Some(error.into()))
        })
    }

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

    /// Undoes what was done, the last first. What cannot be undone is passed over: the error that
    /// led here tells more.
    fn undo(&self) {
        if self.written {
            let (store, der) = (&self.store.store, self.der());
            let _ = match &self.before {
                None => change::delete(store, der),
                Some(Before { properties, key }) => {
                    let which = |now: &[_]| copy_of(now, der);
                    change::update(store, which, properties, Some(key.as_ref()))
                }
            };
        }
        for issuer in &self.issuers {
            let _ = change::delete(&self.issuer_store(), issuer);
        }
        let _ = key::delete(&self.key);
    }
}

impl Drop for Import<'_> {
    fn drop(&mut self) {
        if !self.proven {
            self.undo();
        }
    }
}

/// The properties that a certificate comes in with, but for where its key is.
fn new_properties(identity: &NewIdentity<'_>) -> Vec<Value> {
    let label = identity.label.map(|label| {
        let text = wide::terminated(label);
        let bytes = text.into_iter().flat_map(u16::to_le_bytes).collect();
        (properties::FRIENDLY_NAME, Some(bytes))
    });
    let given = identity.properties.iter();
    let given = given
        .filter(|property| properties::goes_with_certificate(property.id))
        .map(|property| (property.id, Some(property.value.clone())));
    label.into_iter().chain(given).collect()
}

/// What a store had of a certificate.
struct Before {
    /// Those that the import sets.
    properties: Vec<Value>,
    key: Option<KeyProviderInfo>,
}

impl Before {
    fn read(store: &Handle, identity: &NewIdentity<'_>) -> Result<Option<Self>, StoreError> {
        let der = identity.certificate.der();
        let Some(context) = copy_of(&store.contexts()?, der) else {
            return Ok(None);
        };
        let unreadable = |error: OsError| {
            let reason = "the certificate that is there already cannot be read";
            StoreError::not_imported(store.place(der), reason, Some(error.into()))
        };
        let properties = new_properties(identity).into_iter().map(|(id, _)| {
            let value = ffi::property(&context, id)?;
            Ok((id, value))
        });
        Ok(Some(Self {
            properties: properties.collect::<Result<_, _>>().map_err(unreadable)?,
            key: ffi::key_provider_info(&context).map_err(unreadable)?,
        }))
    }
}
