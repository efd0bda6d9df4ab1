//! Who else uses a key container. Certificates name their container, and several may name one: what
//! is renewed with the same key, or copied from store to store. It is deleted with the last of them.

use schannel::cert_context::CertContext;
use windows_sys::Win32::Foundation::ERROR_FILE_NOT_FOUND;

use super::codes::OsError;
use super::ffi::{self, KeyProviderInfo};
use super::{change, key, provider};
use crate::spec::{SystemStore, SystemStoreLocation};

/// CRYPT_MACHINE_KEYSET.
const MACHINE: u32 = 0x20;

/// Deletes the container that a certificate of a store names, and tells whether it did: it stays if
/// another certificate of the account or the computer names it, in whichever store, or if it is in
/// hardware.
pub(super) fn delete_unless_used(
    store: &SystemStore,
    der: &[u8],
    info: &KeyProviderInfo,
) -> Result<bool, OsError> {
    let in_hardware = provider::hardware(&info.provider).is_some();
    if in_hardware || is_used_otherwise(store, der, info)? {
        return Ok(false);
    }
    key::delete(info).map(|()| true)
}

fn is_used_otherwise(
    store: &SystemStore,
    der: &[u8],
    info: &KeyProviderInfo,
) -> Result<bool, OsError> {
    // Certificates of both locations may name a container of the computer.
    let machine = info.flags & MACHINE != 0;
    let mut locations = SystemStoreLocation::ALL.into_iter();
    locations.try_fold(false, |is_used, location| {
        let is_looked_into = location == store.location || machine;
        Ok(is_used || (is_looked_into && is_used_in(location, store, der, info)?))
    })
}

fn is_used_in(
    location: SystemStoreLocation,
    store: &SystemStore,
    der: &[u8],
    info: &KeyProviderInfo,
) -> Result<bool, OsError> {
    let mut names = change::names(location)?;
    // Wine does not name all.
    names.push(store.name.clone());
    names.extend(SystemStore::WITH_KEYS.map(str::to_owned));
    for name in names {
        let other = SystemStore { name, location };
        if other.is_of_the_directory() {
            continue;
        }
        let this = other.may_show_the_same(store);
        for context in contexts(&other)? {
            let itself = this && context.to_der() == der;
            if !itself
                && ffi::key_provider_info(&context)?
                    .is_some_and(|named| names_container(&named, info))
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Providers of one kind share their containers, so that only the names count.
pub(super) fn names_container(named: &KeyProviderInfo, info: &KeyProviderInfo) -> bool {
    named.container.eq_ignore_ascii_case(&info.container)
        && (named.flags ^ info.flags) & MACHINE == 0
}

/// The certificates of a store; none if there is no such store.
pub(super) fn contexts(store: &SystemStore) -> Result<Vec<CertContext>, OsError> {
    match ffi::open(store) {
        Ok(store) => ffi::certificates(&store),
        Err(error) if error.plain_code() == ERROR_FILE_NOT_FOUND => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
