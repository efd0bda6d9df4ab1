//! A system store of Windows as a [`Store`]. The listing reads properties only; a change is made by
//! the modules `import`, `remove` and `change`.

use std::collections::HashMap;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::secret::PrivateKey;
use certstow_formats::time::UnixTime;
use schannel::cert_context::CertContext;
use sha1::{Digest as _, Sha1};
use windows_sys::Win32::Foundation::ERROR_FILE_NOT_FOUND;
use windows_sys::Win32::Security::Cryptography::{CERT_BACKED_UP_PROP_ID, CERT_RENEWAL_PROP_ID};

use super::handle::{Handle, copy_of};
use super::{attach, backed_up, change, ffi, import, keys, remove};
use crate::error::StoreError;
use crate::spec::SystemStore;
use crate::store::{
    Ask, ImportOptions, Interaction, KeyState, Listing, LoneKey, NewCertificate, NewIdentity,
    Removal, Store, StoreInfo,
};

/// A system store, opened anew for every call, so that each sees it as it is.
pub(crate) struct WindowsStore(Handle);

impl WindowsStore {
    /// Opens a store that exists.
    pub(crate) fn open(store: &SystemStore) -> Result<Self, StoreError> {
        let opened = Handle::new(store);
        opened.contexts()?;
        Ok(Self(opened))
    }

    /// As [`WindowsStore::open`]; a personal store or one of requests, which every account and
    /// computer has, is created where nothing was put into it yet.
    pub(crate) fn open_to_import(store: &SystemStore) -> Result<Self, StoreError> {
        if store.has_keys()
            && ffi::open(store).is_err_and(|error| error.plain_code() == ERROR_FILE_NOT_FOUND)
        {
            // Whether it could be created, opening it shows.
            let _ = change::make(store);
        }
        Self::open(store)
    }
}

impl Store for WindowsStore {
    fn info(&self) -> StoreInfo {
        StoreInfo::new(self.0.spec())
    }

    fn list(&self) -> Result<Listing, StoreError> {
        let mut listing = Listing::default();
        let mut known: HashMap<EntryId, usize> = HashMap::new();
        for context in self.0.contexts()? {
            let found = match self.0.found(context) {
                Ok(found) => found,
                Err(problem) => {
                    listing.problems.push(problem);
                    continue;
                }
            };
            if found.key.is_none() && found.certificate.is_ca() {
                continue;
            }
            let mut entry = found.entry(&mut listing.problems);
            // Windows' own requests have a dummy certificate that says nothing of it.
            entry.pending |= self.0.store.is_for_requests();
            // A store is made of several; a copy that knows of the key goes before one that does
            // not.
            match known.get(&entry.id) {
                Some(&at) if listing.entries[at].key == KeyState::Missing => {
                    listing.entries[at] = entry;
                }
                Some(_) => {}
                None => {
                    known.insert(entry.id, listing.entries.len());
                    listing.entries.push(entry);
                }
            }
        }
        Ok(listing)
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        self.0.issuers()
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        let found = self.0.find(id)?;
        found.private_key(ask.system_windows() == Interaction::Never)
    }

    fn import(
        &mut self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
        _ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        import::import(&self.0, identity, options)
    }

    fn keys(&self) -> Result<Vec<LoneKey>, StoreError> {
        keys::alone(&self.0)
    }

    fn attach(
        &mut self,
        certificate: &NewCertificate<'_>,
        _ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        attach::attach(&self.0, certificate)
    }

    fn remove(
        &mut self,
        id: &EntryId,
        what: Removal,
        _ask: &mut dyn Ask,
    ) -> Result<Vec<String>, StoreError> {
        remove::remove(&self.0, &self.0.find(id)?, what).map(|()| Vec::new())
    }

    fn mark_backed_up(&mut self, id: &EntryId, when: UnixTime) -> Result<(), StoreError> {
        self.set(id, CERT_BACKED_UP_PROP_ID, backed_up::value(when).to_vec())
    }

    fn mark_renewed(&mut self, id: &EntryId, by: &Certificate) -> Result<(), StoreError> {
        // "The hash of the renewed certificate" (CertSetCertificateContextProperty), as
        // CERT_HASH_PROP_ID is one: SHA-1.
        let hash = Sha1::digest(by.der());
        self.set(id, CERT_RENEWAL_PROP_ID, hash.to_vec())
    }
}

impl WindowsStore {
    /// Sets a property of an entry.
    fn set(&self, id: &EntryId, property: u32, value: Vec<u8>) -> Result<(), StoreError> {
        let found = self.0.find(id)?;
        let which = |now: &[CertContext]| copy_of(now, found.certificate.der());
        change::update(&self.0.store, which, &[(property, Some(value))], None)
            .map_err(|error| self.0.unreachable(error))
    }
}
