//! advapi32's CryptoAPI: CryptAcquireContext opens a key container of a CSP, CryptGetUserKey the key
//! in it, CryptGetKeyParam tells what may be done with it, and CryptExportKey gives it out as a
//! PRIVATEKEYBLOB, which CryptImportKey takes in. Containers come and go by CryptAcquireContext as
//! well, with CRYPT_NEWKEYSET and CRYPT_DELETEKEYSET. Source: Microsoft's documentation of wincrypt.h.

#![expect(unsafe_code, reason = "the functions of CryptoAPI are C")]

use std::ffi::CStr;
use std::ptr;

use windows_sys::Win32::Foundation::ERROR_NO_MORE_ITEMS;
use windows_sys::Win32::Security::Cryptography::{
    CRYPT_DELETEKEYSET, CRYPT_EXPORTABLE, CRYPT_FIRST, CRYPT_MACHINE_KEYSET, CRYPT_NEWKEYSET,
    CRYPT_NEXT, CRYPT_SILENT, CRYPT_VERIFYCONTEXT, CryptAcquireContextW, CryptDestroyKey,
    CryptExportKey, CryptGetKeyParam, CryptGetProvParam, CryptGetUserKey, CryptImportKey,
    CryptReleaseContext, KP_PERMISSIONS, PP_ENUMCONTAINERS, PRIVATEKEYBLOB, PUBLICKEYBLOB,
};
use zeroize::Zeroizing;

use crate::windows::codes::{ACQUIRE_CONTEXT, OsError};
use crate::windows::ffi::{KeyProviderInfo, succeeded};
use crate::windows::{buffer, wide};

/// Room for the longest key there is, of 16384 bits: 4.5 times its modulus, and a header.
const BLOB_ROOM: usize = 10 << 10;

/// An open key container, an HCRYPTPROV.
pub(super) struct Container(usize);

impl Container {
    /// Opens the container that a certificate names; without a window if it is to be `silent`.
    pub(super) fn open(info: &KeyProviderInfo, silent: bool) -> Result<Self, OsError> {
        acquire(info, if silent { CRYPT_SILENT } else { 0 }).map(Self)
    }

    /// Makes a container, which must not exist.
    pub(super) fn create(info: &KeyProviderInfo) -> Result<Self, OsError> {
        acquire(info, CRYPT_NEWKEYSET | CRYPT_SILENT).map(Self)
    }

    /// Takes the key of a PRIVATEKEYBLOB into the container.
    pub(super) fn import(&self, blob: &[u8], exportable: bool) -> Result<(), OsError> {
        let flags = if exportable { CRYPT_EXPORTABLE } else { 0 };
        let length = blob.len() as u32;
        let mut handle = 0;
        // SAFETY: the container is open, the blob has the length told, and the call writes one
        // handle.
        let imported =
            unsafe { CryptImportKey(self.0, blob.as_ptr(), length, 0, flags, &mut handle) };
        succeeded("CryptImportKey", imported)?;
        drop(Key {
            handle,
            _container: self,
        });
        Ok(())
    }

    /// The key of this kind in the container: AT_KEYEXCHANGE or AT_SIGNATURE.
    pub(super) fn key(&self, key_spec: u32) -> Result<Key<'_>, OsError> {
        let mut handle = 0;
        // SAFETY: the container is open, and the call writes one handle.
        let found = unsafe { CryptGetUserKey(self.0, key_spec, &mut handle) };
        succeeded("CryptGetUserKey", found).map(|()| Key {
            handle,
            _container: self,
        })
    }
}

/// More containers than an account has, should a provider name one for ever.
const MOST_CONTAINERS: usize = 10_000;

/// The names of a provider's containers, of the account or of the computer.
pub(super) fn containers(
    provider: &str,
    provider_type: u32,
    machine: bool,
) -> Result<Vec<String>, OsError> {
    let provider = wide::terminated(provider);
    let location = if machine { CRYPT_MACHINE_KEYSET } else { 0 };
    let flags = CRYPT_VERIFYCONTEXT | CRYPT_SILENT | location;
    let mut handle = 0;
    // SAFETY: the provider's name ends with a zero and outlives the call, which writes one handle;
    // without a container no key is opened.
    let acquired = unsafe {
        CryptAcquireContextW(
            &mut handle,
            ptr::null(),
            provider.as_ptr(),
            provider_type,
            flags,
        )
    };
    succeeded(ACQUIRE_CONTEXT, acquired)?;
    let open = Container(handle);
    let mut names = open.names(0)?;
    if machine {
        // Windows goes by how the provider was opened, and may refuse the flag; Wine goes by the flag.
        names.extend(open.names(CRYPT_MACHINE_KEYSET).unwrap_or_default());
        names.sort();
        names.dedup();
    }
    Ok(names)
}

impl Container {
    /// The names of the containers of the open provider.
    fn names(&self, location: u32) -> Result<Vec<String>, OsError> {
        let mut names = Vec::new();
        let mut which = CRYPT_FIRST;
        for _ in 0..MOST_CONTAINERS {
            // Room for the longest name, of MAX_PATH units, in any code page.
            let mut name = [0; 1024];
            let mut length = name.len() as u32;
            // SAFETY: the provider is open, and the buffer has the length told.
            let told = unsafe {
                CryptGetProvParam(
                    self.0,
                    PP_ENUMCONTAINERS,
                    name.as_mut_ptr(),
                    &mut length,
                    which | location,
                )
            };
            match succeeded("CryptGetProvParam", told) {
                Ok(()) => {}
                Err(error) if error.plain_code() == ERROR_NO_MORE_ITEMS => break,
                Err(error) => return Err(error),
            }
            // Names come in the code page of the computer; those of programs are ASCII, or GUIDs.
            let name = CStr::from_bytes_until_nul(&name).ok();
            let name = name.and_then(|name| name.to_str().ok());
            names.extend(name.filter(|name| name.is_ascii()).map(str::to_owned));
            which = CRYPT_NEXT;
        }
        Ok(names)
    }
}

/// Deletes a container with all keys in it.
pub(super) fn delete(info: &KeyProviderInfo) -> Result<(), OsError> {
    // There is no handle to release.
    acquire(info, CRYPT_DELETEKEYSET | CRYPT_SILENT).map(drop)
}

/// What CryptAcquireContext does with the container that a certificate names, by its flags.
fn acquire(info: &KeyProviderInfo, flags: u32) -> Result<usize, OsError> {
    let container = wide::terminated(&info.container);
    let named = wide::terminated(&info.provider);
    // Without a name, the default provider of the type is meant.
    let provider = match info.provider.as_str() {
        "" => ptr::null(),
        _ => named.as_ptr(),
    };
    let flags = info.flags & CRYPT_MACHINE_KEYSET | flags;
    let mut handle = 0;
    // SAFETY: the texts end with a zero and outlive the call, which writes one handle.
    let acquired = unsafe {
        CryptAcquireContextW(
            &mut handle,
            container.as_ptr(),
            provider,
            info.provider_type,
            flags,
        )
    };
    succeeded(ACQUIRE_CONTEXT, acquired).map(|()| handle)
}

impl Drop for Container {
    fn drop(&mut self) {
        // SAFETY: the handle is open and this its only owner; its keys are gone, for they borrow
        // the container.
        unsafe { CryptReleaseContext(self.0, 0) };
    }
}

/// A key of a container, an HCRYPTKEY.
pub(super) struct Key<'a> {
    handle: usize,
    _container: &'a Container,
}

impl Key<'_> {
    /// CRYPT_EXPORT and other flags for what may be done with it.
    pub(super) fn permissions(&self) -> Result<u32, OsError> {
        let mut permissions = 0u32;
        let mut length = size_of::<u32>() as u32;
        // SAFETY: the key is open, and the buffer has the length told.
        let told = unsafe {
            CryptGetKeyParam(
                self.handle,
                KP_PERMISSIONS,
                ptr::from_mut(&mut permissions).cast(),
                &mut length,
                0,
            )
        };
        succeeded("CryptGetKeyParam", told).map(|()| permissions)
    }

    /// The PRIVATEKEYBLOB, in clear.
    pub(super) fn export(&self) -> Result<Zeroizing<Vec<u8>>, OsError> {
        self.export_as(PRIVATEKEYBLOB)
    }

    /// The PUBLICKEYBLOB, which can be exported of every key.
    pub(super) fn export_public(&self) -> Result<Zeroizing<Vec<u8>>, OsError> {
        self.export_as(PUBLICKEYBLOB)
    }

    fn export_as(&self, form: u32) -> Result<Zeroizing<Vec<u8>>, OsError> {
        buffer::filled(BLOB_ROOM, |buffer, length| {
            // SAFETY: the key is open, and the buffer has the length told.
            let exported =
                unsafe { CryptExportKey(self.handle, 0, form, 0, buffer.as_mut_ptr(), length) };
            succeeded("CryptExportKey", exported)
        })
    }
}

impl Drop for Key<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is open and this its only owner.
        unsafe { CryptDestroyKey(self.handle) };
    }
}
