//! .NET's own user stores on Linux and macOS: a folder per store under `~/.dotnet` with one
//! PKCS#12 file per certificate, protected by the null password. .NET calls the folder an
//! internal detail that only it may write (dotnet/corefx#32875), so it is only ever read: import and
//! removal are refused as in every read-only [`Store`].

use std::path::PathBuf;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::secret::PrivateKey;

use super::file_store::FileStore;
use crate::error::StoreError;
use crate::spec::StoreSpec;
use crate::store::{Ask, Listing, Store, StoreInfo};

/// A .NET user store, read as a folder of PKCS#12 files.
pub(crate) struct DotnetStore(FileStore);

impl DotnetStore {
    /// Opens the store with this name, such as `My`; .NET lower-cases it for the folder.
    pub(crate) fn open(name: &str) -> Result<Self, StoreError> {
        let spec = StoreSpec::Dotnet(name.to_owned());
        let Some(home) = std::env::home_dir() else {
            let reason = "this account has no home folder";
            return Err(StoreError::unavailable(&spec, reason, None));
        };
        let stores = home.join(".dotnet/corefx/cryptography/x509stores");
        Self::at(spec, stores.join(name.to_lowercase()))
    }

    pub(super) fn at(spec: StoreSpec, folder: PathBuf) -> Result<Self, StoreError> {
        FileStore::open_dotnet(spec, folder).map(Self)
    }
}

impl Store for DotnetStore {
    fn info(&self) -> StoreInfo {
        self.0.info()
    }

    fn list(&self) -> Result<Listing, StoreError> {
        self.0.list()
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        self.0.issuers()
    }

    fn keep_open(&self, many: bool) {
        self.0.keep_open(many);
    }

    fn shared(&self) -> Option<&(dyn Store + Sync)> {
        Some(self)
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        self.0.private_key(id, ask)
    }
}
