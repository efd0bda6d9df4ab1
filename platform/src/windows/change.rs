//! Changes to a system store. Windows writes each as it is made, to the registry or a file of the
//! profile; Wine when the store is closed, and a property alone or a deletion only when it is told
//! to (CertControlStore with CERT_STORE_CTRL_COMMIT_FORCE_FLAG). So each change names a condition,
//! and counts as made once a store that is opened anew fulfils it.

mod ffi;

use schannel::cert_context::CertContext;
use schannel::cert_store::{CertAdd, CertStore};

use super::codes::OsError;
use super::ffi::{KeyProviderInfo, certificates, open};
use crate::spec::{SystemStore, SystemStoreLocation};
pub(super) use ffi::Opening;

/// A property of a certificate as it is to be, or, without a value, that is to go.
pub(super) type Value = (u32, Option<Vec<u8>>);

/// Whether the account may change a store.
pub(super) fn check_writable(store: &SystemStore) -> Result<(), OsError> {
    ffi::open(store, Opening::Existing).map(drop)
}

/// Makes a store that is not there.
pub(super) fn make(store: &SystemStore) -> Result<(), OsError> {
    ffi::open(store, Opening::ExistingOrNew).map(drop)
}

/// Adds a certificate that is not there, with these properties, in one go.
pub(super) fn add(
    store: &SystemStore,
    opening: Opening,
    der: &[u8],
    properties: &[Value],
    key: Option<&KeyProviderInfo>,
) -> Result<(), OsError> {
    let context = CertContext::new(der)
        .map_err(|error| OsError::of_schannel("CertCreateCertificateContext", &error))?;
    set(&context, properties)?;
    if let Some(key) = key {
        ffi::set_key(&context, Some(key))?;
    }
    let added = |open: &mut CertStore| {
        let added = open.add_cert(&context, CertAdd::New);
        added
            .map(drop)
            .map_err(|error| OsError::of_schannel("CertAddCertificateContextToStore", &error))
    };
    change(store, opening, added, |now| is_in(now, der))
}

/// Changes properties of a certificate that is there, and where it says its key is unless `key` is
/// `None`. What belongs to the key is changed last.
pub(super) fn update(
    store: &SystemStore,
    which: impl Fn(&[CertContext]) -> Option<CertContext>,
    properties: &[Value],
    key: Option<Option<&KeyProviderInfo>>,
) -> Result<(), OsError> {
    let open = ffi::open(store, Opening::Existing)?;
    let context = which(&certificates(&open)?).ok_or_else(not_there)?;
    let known = set(&context, properties)?;
    if let Some(key) = key {
        ffi::set_key(&context, key)?;
    }
    // It would keep the store from being written when it is closed.
    drop(context);
    let is_set = |context: &CertContext| {
        let property = |id| super::ffi::property(context, id).ok().flatten();
        let key_now = || super::ffi::key_provider_info(context).ok().flatten();
        known.iter().all(|(id, value)| property(*id) == *value)
            && key.is_none_or(|key| key_now().as_ref() == key)
    };
    settle(store, open, |now| {
        which(now).is_some_and(|context| is_set(&context))
    })
}

/// Sets properties; gives back those that Windows knows. Wine knows some only, and passes over the
/// others without a word.
fn set<'a>(context: &CertContext, properties: &'a [Value]) -> Result<Vec<&'a Value>, OsError> {
    let mut known = Vec::new();
    for property in properties {
        let (id, value) = property;
        if ffi::set_property(context, *id, value.as_deref())? {
            known.push(property);
        }
    }
    Ok(known)
}

/// Takes every copy of a certificate out of a store.
pub(super) fn delete(store: &SystemStore, der: &[u8]) -> Result<(), OsError> {
    let delete = |open: &mut CertStore| {
        let mut copies = certificates(open)?;
        copies.retain(|context| context.to_der() == der);
        let call = "CertDeleteCertificateFromStore";
        copies.into_iter().try_for_each(|copy| {
            copy.delete()
                .map_err(|error| OsError::of_schannel(call, &error))
        })
    };
    change(store, Opening::Existing, delete, |now| !is_in(now, der))
}

/// The names of the stores of a location.
pub(super) fn names(location: SystemStoreLocation) -> Result<Vec<String>, OsError> {
    ffi::names(location)
}

fn is_in(contexts: &[CertContext], der: &[u8]) -> bool {
    contexts.iter().any(|context| context.to_der() == der)
}

fn change(
    store: &SystemStore,
    opening: Opening,
    change: impl FnOnce(&mut CertStore) -> Result<(), OsError>,
    made: impl Fn(&[CertContext]) -> bool,
) -> Result<(), OsError> {
    let mut open = ffi::open(store, opening)?;
    change(&mut open)?;
    settle(store, open, made)
}

/// Closes a store once its change is there for others.
fn settle(
    store: &SystemStore,
    changed: CertStore,
    made: impl Fn(&[CertContext]) -> bool,
) -> Result<(), OsError> {
    /// CRYPT_E_FILE_ERROR.
    const NOT_WRITTEN: u32 = 0x8009_2003;
    let is_there = || open(store).and_then(|store| Ok(made(&certificates(&store)?)));
    // A store that was just created is there for others once it is written.
    let seen = is_there().unwrap_or(false);
    if !seen {
        ffi::commit(&changed)?;
    }
    ffi::close(changed)?;
    match seen || is_there()? {
        true => Ok(()),
        false => Err(OsError {
            call: "CertCloseStore",
            code: NOT_WRITTEN,
        }),
    }
}

fn not_there() -> OsError {
    /// CRYPT_E_NOT_FOUND.
    const NOT_FOUND: u32 = 0x8009_2004;
    OsError {
        call: "CertEnumCertificatesInStore",
        code: NOT_FOUND,
    }
}
