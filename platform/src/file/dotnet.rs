//! .NET's own user stores on Linux and macOS: a folder per store under `~/.dotnet` with one
//! PKCS#12 file per certificate, protected by the null password. .NET calls the folder an
//! internal detail that only it may write (dotnet/corefx#32875), so it is only ever read: import and
//! removal are refused as in every read-only [`Store`]. What a chain needs lies in the folders
//! beside it: `ca` is `StoreName.CertificateAuthority`, `root` is `StoreName.Root`.

use std::fs;
use std::path::PathBuf;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::secret::PrivateKey;

use super::file_store::FileStore;
use crate::error::StoreError;
use crate::spec::StoreSpec;
use crate::store::{Ask, Listing, Store, StoreInfo};

/// A .NET user store, read as a folder of PKCS#12 files.
pub(crate) struct DotnetStore {
    store: FileStore,
    /// The stores of issuers, as far as .NET has made them.
    issuers: Vec<FileStore>,
}

/// The folders of .NET's stores of issuers.
const ISSUERS: [&str; 2] = ["ca", "root"];

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
        let beside = ISSUERS.map(|name| folder.with_file_name(name));
        let there = |other: &PathBuf| *other != folder && fs::exists(other).unwrap_or(true);
        let issuers = beside.into_iter().filter(there);
        let issuers = issuers.map(|other| FileStore::open_dotnet(spec.clone(), other));
        Ok(Self {
            issuers: issuers.collect::<Result<_, _>>()?,
            store: FileStore::open_dotnet(spec, folder)?,
        })
    }
}

impl Store for DotnetStore {
    fn info(&self) -> StoreInfo {
        self.store.info()
    }

    fn list(&self) -> Result<Listing, StoreError> {
        self.store.list()
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        let mut all = self.store.issuers()?;
        for store in &self.issuers {
            let entries = store.list()?.entries;
            all.extend(entries.into_iter().map(|entry| entry.certificate));
            all.extend(store.issuers()?);
        }
        Ok(all)
    }

    fn keep_open(&self, many: bool) {
        self.store.keep_open(many);
    }

    fn shared(&self) -> Option<&(dyn Store + Sync)> {
        Some(self)
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        self.store.private_key(id, ask)
    }
}
