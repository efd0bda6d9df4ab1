//! The NSS database of a program such as Firefox as a [`Store`]: certificates in `cert9.db`, private keys
//! in `key4.db`, read as files ([`certstow_formats::nss`]) beside the program that uses them and without
//! NSS. One primary password, often the empty one, encrypts all private keys of a database. Changes are
//! left to NSS's own library, where there is one.

mod change;
mod ffi;
mod files;
mod listing;
mod nss_store;
mod opening;
mod profiles;
mod snapshot;
mod softoken;
mod unlock;

use std::path::Path;

use certstow_formats::nss::PasswordState;

use self::nss_store::NONE_FOUND;
pub(crate) use self::nss_store::NssStore;
pub(crate) use self::profiles::{found, is_program};
use crate::error::StoreError;
use crate::spec::{NssDatabase, StoreSpec};
use crate::store::OpenOptions;

/// The databases that a name stands for.
pub(crate) fn each_of(database: &NssDatabase) -> Result<Vec<NssDatabase>, StoreError> {
    match database {
        NssDatabase::Folder(_) => Ok(vec![database.clone()]),
        NssDatabase::Found => {
            let found = found();
            if found.is_empty() {
                let named = StoreSpec::Nss(NssDatabase::Found);
                return Err(StoreError::unavailable(&named, NONE_FOUND, None));
            }
            let folders = found.into_iter().map(|profile| profile.folder);
            Ok(folders.map(NssDatabase::Folder).collect())
        }
    }
}

/// Whether the database in this folder has a primary password that is not empty; `None` where that cannot
/// be told.
pub(crate) fn has_password(folder: &Path) -> Option<bool> {
    let store = NssStore::open(
        &NssDatabase::Folder(folder.to_owned()),
        &OpenOptions::default(),
    );
    let snapshot = store.ok()?.snapshot().ok()?;
    match &snapshot.database.password {
        PasswordState::NeverSet | PasswordState::Empty => Some(false),
        PasswordState::Set => Some(true),
        PasswordState::Unusable(_) | PasswordState::Unknown => None,
    }
}
