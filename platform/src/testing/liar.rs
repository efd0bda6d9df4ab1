//! A store that does not do as it says.

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::secret::PrivateKey;

use crate::error::StoreError;
use crate::store::{
    Ask, ImportOptions, Listing, LoneKey, NewCertificate, NewIdentity, Removal, Store, StoreInfo,
};
use crate::testing::MemoryStore;

/// What it does in place of an import, and says of it.
pub type Import = fn(&MemoryStore, &NewIdentity<'_>) -> Result<(), StoreError>;

/// What it does in place of a removal, and says of it.
pub type Remove = fn(&MemoryStore) -> Result<(), StoreError>;

/// A store in memory whose changes are others than asked for.
pub struct Liar {
    /// What it holds in truth.
    pub store: MemoryStore,
    /// What it does when asked to import.
    pub import: Import,
    /// What it does when asked to remove.
    pub remove: Remove,
}

impl Liar {
    /// One that says yes to every change, and makes none.
    pub fn new(store: MemoryStore) -> Self {
        Self {
            store,
            import: |_, _| Ok(()),
            remove: |_| Ok(()),
        }
    }
}

impl Store for Liar {
    fn info(&self) -> StoreInfo {
        self.store.info()
    }

    fn list(&self) -> Result<Listing, StoreError> {
        self.store.list()
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        self.store.issuers()
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        self.store.private_key(id, ask)
    }

    fn keys(&self) -> Result<Vec<LoneKey>, StoreError> {
        self.store.keys()
    }

    fn attach(
        &mut self,
        certificate: &NewCertificate<'_>,
        _ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        Ok(certificate.certificate.id())
    }

    fn import(
        &mut self,
        identity: &NewIdentity<'_>,
        _: &ImportOptions<'_>,
        _: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        (self.import)(&self.store, identity)?;
        Ok(identity.certificate.id())
    }

    fn remove(
        &mut self,
        _: &EntryId,
        _: Removal,
        _: &mut dyn Ask,
    ) -> Result<Vec<String>, StoreError> {
        (self.remove)(&self.store).map(|()| Vec::new())
    }
}
