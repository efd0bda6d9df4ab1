//! Putting a certificate beside its private key: its issuers go into the store `CA`, and then it goes in
//! itself, with its properties and the name of the key container. Whatever was done is undone unless it
//! was proven to be there.

use certstow_formats::certificate::Certificate;

use windows_sys::Win32::Foundation::CRYPT_E_EXISTS;

use super::change::{self, Opening, Value};
use super::codes::OsError;
use super::ffi::{self, KeyProviderInfo};
use super::handle::{Handle, copy_of};
use crate::error::StoreError;
use crate::spec::SystemStore;

/// Where the certificates of issuers go, roots too: what is in `Root` is trusted, and that is not
/// for an import to decide.
const ISSUERS: &str = "CA";

/// A certificate that is being placed. Dropped before it may stay, it leaves everything as it was.
pub(super) struct Placing<'a> {
    store: &'a Handle,
    der: &'a [u8],
    place: &'a str,
    before: Option<Before>,
    /// The issuers that were not there.
    issuers: Vec<&'a [u8]>,
    /// Whether the certificate may have been changed.
    written: bool,
    stays: bool,
}

impl<'a> Placing<'a> {
    /// Nothing is changed yet. `before` is what the store has of the certificate.
    pub(super) fn new(
        store: &'a Handle,
        certificate: &'a Certificate,
        place: &'a str,
        before: Option<Before>,
    ) -> Self {
        Self {
            store,
            der: certificate.der(),
            place,
            before,
            issuers: Vec::new(),
            written: false,
            stays: false,
        }
    }

    /// Adds the issuers that neither the store nor those of issuers have.
    pub(super) fn add_issuers(&mut self, issuers: &'a [Certificate]) -> Result<(), StoreError> {
        let there = self.store.issuers()?;
        for issuer in issuers {
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

    /// Adds or changes the certificate; those properties are what [`Before::read`] was told.
    pub(super) fn write(
        &mut self,
        properties: &[Value],
        key: &KeyProviderInfo,
    ) -> Result<(), StoreError> {
        let (store, der) = (&self.store.store, self.der);
        self.written = true;
        let written = match &self.before {
            None => change::add(store, Opening::Existing, der, properties, Some(key)),
            Some(_) => change::update(store, |now| copy_of(now, der), properties, Some(Some(key))),
        };
        written.map_err(|error| {
            // Another program has added it meanwhile, and this is not to take it away.
            self.written = error.code != CRYPT_E_EXISTS as u32;
            let reason = "Windows does not take its certificate";
            StoreError::not_imported(self.place, reason, Some(error.into()))
        })
    }

    /// It is proven to be there.
    pub(super) fn stay(&mut self) {
        self.stays = true;
    }

    /// Undoes what was done, the last first. What cannot be undone is passed over: the error that
    /// led here tells more.
    pub(super) fn undo(&mut self) {
        if std::mem::take(&mut self.written) {
            let (store, der) = (&self.store.store, self.der);
            let _ = match &self.before {
                None => change::delete(store, der),
                Some(Before { properties, key }) => {
                    let which = |now: &[_]| copy_of(now, der);
                    change::update(store, which, properties, Some(key.as_ref()))
                }
            };
        }
        for issuer in std::mem::take(&mut self.issuers) {
            let _ = change::delete(&self.issuer_store(), issuer);
        }
    }

    fn issuer_store(&self) -> SystemStore {
        SystemStore {
            location: self.store.store.location,
            name: ISSUERS.to_owned(),
        }
    }
}

impl Drop for Placing<'_> {
    fn drop(&mut self) {
        if !self.stays {
            self.undo();
        }
    }
}

/// What a store had of a certificate.
pub(super) struct Before {
    /// Those that are going to be set.
    properties: Vec<Value>,
    pub(super) key: Option<KeyProviderInfo>,
}

impl Before {
    /// Reads it, with these properties.
    pub(super) fn read(
        store: &Handle,
        certificate: &Certificate,
        properties: impl Iterator<Item = u32>,
    ) -> Result<Option<Self>, StoreError> {
        let der = certificate.der();
        let Some(context) = copy_of(&store.contexts()?, der) else {
            return Ok(None);
        };
        let unreadable = |error: OsError| {
            let reason = "the certificate that is there already cannot be read";
            StoreError::not_imported(store.place(der), reason, Some(error.into()))
        };
        let properties = properties.map(|id| {
            let value = ffi::property(&context, id)?;
            Ok((id, value))
        });
        Ok(Some(Self {
            properties: properties.collect::<Result<_, _>>().map_err(unreadable)?,
            key: ffi::key_provider_info(&context).map_err(unreadable)?,
        }))
    }

    /// The value that a property had.
    pub(super) fn property(&self, id: u32) -> Option<&[u8]> {
        let mut properties = self.properties.iter();
        let (_, value) = properties.find(|(known, _)| *known == id)?;
        value.as_deref()
    }
}
