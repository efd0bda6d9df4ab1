//! crypt32, for changes: opening a system store for writing, CertSetCertificateContextProperty,
//! CertControlStore and CertCloseStore, and CertEnumSystemStore, which names the stores of a
//! location. Source: Microsoft's documentation of wincrypt.h.

#![expect(unsafe_code, reason = "the functions of crypt32 are C")]

use std::ffi::c_void;
use std::{mem, ptr};

use schannel::RawPointer as _;
use schannel::cert_context::CertContext;
use schannel::cert_store::CertStore;
use windows_sys::Win32::Foundation::{ERROR_SUCCESS, SetLastError};
use windows_sys::Win32::Security::Cryptography::{
    CERT_KEY_PROV_INFO_PROP_ID, CERT_STORE_CTRL_COMMIT, CERT_STORE_CTRL_COMMIT_FORCE_FLAG,
    CERT_STORE_OPEN_EXISTING_FLAG, CERT_SYSTEM_STORE_FLAGS, CERT_SYSTEM_STORE_INFO,
    CRYPT_INTEGER_BLOB, CRYPT_KEY_PROV_INFO, CertCloseStore, CertControlStore, CertEnumSystemStore,
    CertSetCertificateContextProperty,
};

use crate::spec::{SystemStore, SystemStoreLocation};
use crate::windows::codes::OsError;
use crate::windows::ffi::{KeyProviderInfo, last_error, location_flags, open_with, raw, succeeded};
use crate::windows::wide;

/// Whether a store has to be there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::windows) enum Opening {
    /// It has to.
    Existing,
    /// It is created if it is missing.
    ExistingOrNew,
}

/// Opens a system store for reading and writing, archived certificates included.
pub(super) fn open(store: &SystemStore, opening: Opening) -> Result<CertStore, OsError> {
    let existing = match opening {
        Opening::Existing => CERT_STORE_OPEN_EXISTING_FLAG,
        Opening::ExistingOrNew => 0,
    };
    open_with(store, existing)
}

/// Sets a property that is no structure, or takes it away; false if this Windows does not know one
/// of this number, which is what Wine says of some without saying it.
pub(super) fn set_property(
    certificate: &CertContext,
    id: u32,
    value: Option<&[u8]>,
) -> Result<bool, OsError> {
    let blob = value.map(|value| CRYPT_INTEGER_BLOB {
        cbData: value.len() as u32,
        pbData: value.as_ptr().cast_mut(),
    });
    let data = blob.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the context is alive; the blob and its bytes are, too, and are only read; without one
    // the property is taken away.
    let set = unsafe {
        SetLastError(ERROR_SUCCESS);
        CertSetCertificateContextProperty(raw(certificate), id, 0, data.cast())
    };
    match set {
        0 => match last_error("CertSetCertificateContextProperty") {
            error if error.code == ERROR_SUCCESS => Ok(false),
            error => Err(error),
        },
        _ => Ok(true),
    }
}

/// Sets where the certificate says its private key is, or takes that away.
pub(super) fn set_key(
    certificate: &CertContext,
    key: Option<&KeyProviderInfo>,
) -> Result<(), OsError> {
    let mut texts =
        key.map(|key| [&key.container, &key.provider].map(|text| wide::terminated(text)));
    let info = key
        .zip(texts.as_mut())
        .map(|(key, [container, provider])| CRYPT_KEY_PROV_INFO {
            pwszContainerName: container.as_mut_ptr(),
            pwszProvName: provider.as_mut_ptr(),
            dwProvType: key.provider_type,
            dwFlags: key.flags,
            cProvParam: 0,
            rgProvParam: ptr::null_mut(),
            dwKeySpec: key.key_spec,
        });
    let data = info.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the context is alive; the structure and the texts in it, which end with a zero, are,
    // too, and are copied; without one the property is taken away.
    let set = unsafe {
        let id = CERT_KEY_PROV_INFO_PROP_ID;
        CertSetCertificateContextProperty(raw(certificate), id, 0, data.cast())
    };
    succeeded("CertSetCertificateContextProperty", set)
}

/// Has a store written as it is.
pub(super) fn commit(store: &CertStore) -> Result<(), OsError> {
    let flags = CERT_STORE_CTRL_COMMIT_FORCE_FLAG;
    // SAFETY: the handle is used for this call only, which takes no parameter.
    let committed = unsafe {
        let handle: *mut c_void = store.as_ptr();
        CertControlStore(handle, flags, CERT_STORE_CTRL_COMMIT, ptr::null())
    };
    succeeded("CertControlStore", committed)
}

/// Closes a store, and tells whether that went well.
pub(super) fn close(store: CertStore) -> Result<(), OsError> {
    // SAFETY: the handle is open and this its only owner, for `store` is forgotten.
    let closed = unsafe {
        let handle: *mut c_void = store.as_ptr();
        mem::forget(store);
        CertCloseStore(handle, 0)
    };
    succeeded("CertCloseStore", closed)
}

/// The names of the system stores of a location.
pub(super) fn names(location: SystemStoreLocation) -> Result<Vec<String>, OsError> {
    let mut names: Vec<String> = Vec::new();
    let flags = location_flags(location);
    // SAFETY: the function given gets `names` back as its argument, in this call only; the location
    // has no parameter.
    let told = unsafe {
        CertEnumSystemStore(
            flags,
            ptr::null(),
            ptr::from_mut(&mut names).cast(),
            Some(push_name),
        )
    };
    succeeded("CertEnumSystemStore", told).map(|()| names)
}

/// Takes the name of one store.
///
/// # Safety
/// `name` is a text in UTF-16 with a zero at its end, and `names` the vector that [`names`] gave.
unsafe extern "system" fn push_name(
    name: *const c_void,
    _flags: CERT_SYSTEM_STORE_FLAGS,
    _info: *const CERT_SYSTEM_STORE_INFO,
    _reserved: *const c_void,
    names: *mut c_void,
) -> i32 {
    let name: *const u16 = name.cast();
    // SAFETY: the caller says so; no unit is read beyond the zero.
    let name = unsafe {
        let length = (0..).take_while(|&at| *name.add(at) != 0).count();
        std::slice::from_raw_parts(name, length)
    };
    // SAFETY: the caller says so, and nobody else uses the vector meanwhile.
    let names: &mut Vec<String> = unsafe { &mut *names.cast() };
    names.push(String::from_utf16_lossy(name));
    1
}
