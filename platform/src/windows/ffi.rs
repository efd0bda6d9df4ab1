//! crypt32: opening a system store, walking its certificates, reading their properties, and having
//! Windows make a PKCS#12 file of one. `schannel`'s types own the handles; what they do not offer
//! (opening what exists only, archived certificates, properties as bytes) is called here. Source:
//! Microsoft's documentation of wincrypt.h.

#![expect(unsafe_code, reason = "the functions of crypt32 are C")]

use std::ffi::c_void;
use std::ptr;

use certstow_formats::secret::Password;
use schannel::RawPointer as _;
use schannel::cert_context::CertContext;
use schannel::cert_store::{CertAdd, CertStore};
use windows_sys::Win32::Foundation::{
    CRYPT_E_NOT_FOUND, ERROR_NO_MORE_FILES, ERROR_SUCCESS, GetLastError, SetLastError,
};
use windows_sys::Win32::Security::Cryptography::{
    CERT_CONTEXT, CERT_KEY_PROV_INFO_PROP_ID, CERT_OPEN_STORE_FLAGS, CERT_STORE_ENUM_ARCHIVED_FLAG,
    CERT_STORE_OPEN_EXISTING_FLAG, CERT_STORE_PROV_MEMORY, CERT_STORE_PROV_SYSTEM_W,
    CERT_STORE_READONLY_FLAG, CERT_SYSTEM_STORE_CURRENT_USER_ID,
    CERT_SYSTEM_STORE_LOCAL_MACHINE_ID, CERT_SYSTEM_STORE_LOCATION_SHIFT, CRYPT_INTEGER_BLOB,
    CRYPT_KEY_PROV_INFO, CertEnumCertificateContextProperties, CertGetCertificateContextProperty,
    CertOpenStore, EXPORT_PRIVATE_KEYS, PFXExportCertStoreEx, PKCS12_EXPORT_SILENT,
    REPORT_NO_PRIVATE_KEY, REPORT_NOT_ABLE_TO_EXPORT_PRIVATE_KEY,
};
use windows_sys::core::BOOL;
use zeroize::Zeroizing;

use super::codes::{OsError, PFX_EXPORT};
use super::{buffer, wide};
use crate::spec::{SystemStore, SystemStoreLocation};

/// What the last call on this thread failed with. To be read before anything else is called.
pub(super) fn last_error(call: &'static str) -> OsError {
    // SAFETY: reads a number of this thread.
    let code = unsafe { GetLastError() };
    OsError { call, code }
}

/// What became of a call that returns zero when it fails.
pub(super) fn succeeded(call: &'static str, result: BOOL) -> Result<(), OsError> {
    match result {
        0 => Err(last_error(call)),
        _ => Ok(()),
    }
}

/// The location, as a flag of CertOpenStore and CertEnumSystemStore.
pub(super) fn location_flags(location: SystemStoreLocation) -> u32 {
    let location = match location {
        SystemStoreLocation::CurrentUser => CERT_SYSTEM_STORE_CURRENT_USER_ID,
        SystemStoreLocation::LocalMachine => CERT_SYSTEM_STORE_LOCAL_MACHINE_ID,
    };
    location << CERT_SYSTEM_STORE_LOCATION_SHIFT
}

/// Opens a system store that exists, for reading, archived certificates included. Where
/// `schannel::CertStoreBuilder` opens a store that does not exist, it is created.
pub(super) fn open(store: &SystemStore) -> Result<CertStore, OsError> {
    open_with(
        store,
        CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG,
    )
}

/// Opens a store with these flags beside those that every opening has.
pub(super) fn open_with(
    store: &SystemStore,
    flags: CERT_OPEN_STORE_FLAGS,
) -> Result<CertStore, OsError> {
    let flags = location_flags(store.location) | CERT_STORE_ENUM_ARCHIVED_FLAG | flags;
    let name = wide::terminated(&store.name);
    // SAFETY: the provider is one of the numbers that stand for one, and takes as its parameter a
    // text in UTF-16 with a zero at its end, which `name` is and outlives the call.
    let handle =
        unsafe { CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, flags, name.as_ptr().cast()) };
    if handle.is_null() {
        return Err(last_error("CertOpenStore"));
    }
    // SAFETY: the handle is a store's, and nobody else closes it.
    Ok(unsafe { CertStore::from_ptr(handle) })
}

/// The certificates of a store, archived ones too if it was opened so.
pub(super) fn certificates(store: &CertStore) -> Result<Vec<CertContext>, OsError> {
    let mut found = Vec::new();
    let mut all = store.certs();
    loop {
        match all.next() {
            Some(certificate) => found.push(certificate),
            // The walk ends with an error in any case; two of them say that it is complete.
            None => {
                let error = last_error("CertEnumCertificatesInStore");
                let complete = [CRYPT_E_NOT_FOUND as u32, ERROR_NO_MORE_FILES];
                return match complete.contains(&error.code) {
                    true => Ok(found),
                    false => Err(error),
                };
            }
        }
    }
}

pub(super) fn raw(certificate: &CertContext) -> *const CERT_CONTEXT {
    // SAFETY: the pointer is used for as long as the certificate is borrowed, and not freed.
    unsafe { certificate.as_ptr() as *const CERT_CONTEXT }
}

/// The numbers of the properties a certificate has.
pub(super) fn property_ids(certificate: &CertContext) -> Vec<u32> {
    let context = raw(certificate);
    let mut ids = Vec::new();
    let mut id = 0;
    loop {
        // SAFETY: the context is alive, and the number is 0 or the one the last call gave.
        id = unsafe { CertEnumCertificateContextProperties(context, id) };
        if id == 0 {
            return ids;
        }
        ids.push(id);
    }
}

/// The bytes of a property, aligned as a structure has to be; `None` if the certificate has none of
/// this number.
fn aligned_property(
    certificate: &CertContext,
    id: u32,
) -> Result<Option<(Vec<u64>, usize)>, OsError> {
    const CALL: &str = "CertGetCertificateContextProperty";
    let context = raw(certificate);
    let mut length = 0;
    // SAFETY: the context is alive; without a buffer only the length is written.
    let told =
        unsafe { CertGetCertificateContextProperty(context, id, ptr::null_mut(), &mut length) };
    if told == 0 {
        let error = last_error(CALL);
        return match error.code == CRYPT_E_NOT_FOUND as u32 {
            true => Ok(None),
            false => Err(error),
        };
    }
    let mut buffer = vec![0u64; (length as usize).div_ceil(8)];
    // SAFETY: the context is alive, and the buffer has the length told at least.
    let given = unsafe {
        CertGetCertificateContextProperty(context, id, buffer.as_mut_ptr().cast(), &mut length)
    };
    succeeded(CALL, given)?;
    Ok(Some((buffer, length as usize)))
}

/// The bytes of a property; `None` if the certificate has none of this number. Not for those that
/// are structures with pointers.
pub(super) fn property(certificate: &CertContext, id: u32) -> Result<Option<Vec<u8>>, OsError> {
    let found = aligned_property(certificate, id)?;
    Ok(found.map(|(buffer, length)| {
        let bytes = buffer.iter().flat_map(|part| part.to_ne_bytes());
        bytes.take(length).collect()
    }))
}

/// Where a certificate says its private key is (CERT_KEY_PROV_INFO_PROP_ID).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyProviderInfo {
    /// The key container: for CNG, the name of the key.
    pub(super) container: String,
    /// The CSP or KSP.
    pub(super) provider: String,
    /// The type of the CSP; 0 for a KSP.
    pub(super) provider_type: u32,
    /// CRYPT_MACHINE_KEYSET and others.
    pub(super) flags: u32,
    /// AT_KEYEXCHANGE, AT_SIGNATURE, or 0 for a key of CNG.
    pub(super) key_spec: u32,
}

/// [`KeyProviderInfo`] of a certificate, if it has one.
pub(super) fn key_provider_info(
    certificate: &CertContext,
) -> Result<Option<KeyProviderInfo>, OsError> {
    let Some((buffer, length)) = aligned_property(certificate, CERT_KEY_PROV_INFO_PROP_ID)? else {
        return Ok(None);
    };
    if length < size_of::<CRYPT_KEY_PROV_INFO>() {
        let call = "CERT_KEY_PROV_INFO_PROP_ID";
        let code = CRYPT_E_NOT_FOUND as u32;
        return Err(OsError { call, code });
    }
    // SAFETY: the buffer is aligned, holds a whole structure of this type, and every bit pattern is
    // one; its pointers are only compared here, and followed by `text_in`.
    let info = unsafe { &*buffer.as_ptr().cast::<CRYPT_KEY_PROV_INFO>() };
    Ok(Some(KeyProviderInfo {
        container: text_in(&buffer, length, info.pwszContainerName),
        provider: text_in(&buffer, length, info.pwszProvName),
        provider_type: info.dwProvType,
        flags: info.dwFlags,
        key_spec: info.dwKeySpec,
    }))
}

/// A text that lies in the buffer; empty if the pointer leads nowhere in it.
fn text_in(buffer: &[u64], length: usize, text: *const u16) -> String {
    let start = (text as usize).wrapping_sub(buffer.as_ptr() as usize);
    let bytes: Vec<u8> = buffer.iter().flat_map(|part| part.to_ne_bytes()).collect();
    let text = bytes.get(start..length).and_then(wide::text_of);
    text.unwrap_or_default()
}

/// Room for a certificate and its key: both are a few thousand bytes.
const PFX_ROOM: usize = 64 << 10;

/// A PKCS#12 file of one certificate and its private key, made by Windows. A key that does not come
/// out is an error; a window opens only if it is not to be `silent`.
pub(super) fn export_pfx(
    certificate: &CertContext,
    password: &Password,
    silent: bool,
) -> Result<Zeroizing<Vec<u8>>, OsError> {
    let mut store = memory_store()?;
    store
        .add_cert(certificate, CertAdd::Always)
        .map_err(|error| OsError::of_schannel("CertAddCertificateContextToStore", &error))?;
    let password = wide::secret(password);
    let flags = EXPORT_PRIVATE_KEYS
        | REPORT_NO_PRIVATE_KEY
        | REPORT_NOT_ABLE_TO_EXPORT_PRIVATE_KEY
        | if silent { PKCS12_EXPORT_SILENT } else { 0 };
    buffer::filled(PFX_ROOM, |buffer, length| {
        let mut blob = CRYPT_INTEGER_BLOB {
            cbData: *length,
            pbData: buffer.as_mut_ptr(),
        };
        let exported = export_store(&store, &mut blob, &password, flags);
        *length = blob.cbData;
        exported
    })
}

/// An empty store in memory. One of `schannel::cert_store::Memory` would not return a certificate
/// that is archived.
fn memory_store() -> Result<CertStore, OsError> {
    let flags = CERT_STORE_ENUM_ARCHIVED_FLAG;
    // SAFETY: the provider is one of the numbers that stand for one, and takes no parameter.
    let handle = unsafe { CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, flags, ptr::null()) };
    if handle.is_null() {
        return Err(last_error("CertOpenStore"));
    }
    // SAFETY: the handle is a store's, and nobody else closes it.
    Ok(unsafe { CertStore::from_ptr(handle) })
}

fn export_store(
    store: &CertStore,
    blob: &mut CRYPT_INTEGER_BLOB,
    password: &[u16],
    flags: u32,
) -> Result<(), OsError> {
    // SAFETY: the handle is used for this call only. The password ends with a zero, the blob has
    // the length it says, and there are no parameters for these flags.
    let exported = unsafe {
        // Wine fails here without a word.
        SetLastError(ERROR_SUCCESS);
        let handle: *mut c_void = store.as_ptr();
        PFXExportCertStoreEx(handle, blob, password.as_ptr(), ptr::null(), flags)
    };
    succeeded(PFX_EXPORT, exported)
}
