//! ncrypt, the Key Storage Router of CNG: NCryptOpenStorageProvider opens a KSP, NCryptOpenKey a key
//! of it, NCryptGetProperty tells its export policy, and NCryptExportKey gives it out as PKCS#8,
//! encrypted or in clear. NCryptImportKey takes one in, as a key that NCryptFinalizeKey makes last:
//! its export policy is set in between, for afterwards it cannot be. NCryptDeleteKey ends one.
//! Source: Microsoft's documentation of ncrypt.h.

#![expect(unsafe_code, reason = "the functions of ncrypt are C")]

use std::ffi::c_void;
use std::ptr;

use windows_sys::Win32::Security::Cryptography::{
    AT_KEYEXCHANGE, AT_SIGNATURE, BCRYPT_PUBLIC_KEY_BLOB, BCryptBuffer, BCryptBufferDesc,
    NCRYPT_DO_NOT_FINALIZE_FLAG, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_MACHINE_KEY_FLAG,
    NCRYPT_PERSIST_FLAG, NCRYPT_PKCS8_PRIVATE_KEY_BLOB, NCRYPT_SILENT_FLAG,
    NCRYPTBUFFER_PKCS_ALG_OID, NCRYPTBUFFER_PKCS_ALG_PARAM, NCRYPTBUFFER_PKCS_KEY_NAME,
    NCRYPTBUFFER_PKCS_SECRET, NCRYPTBUFFER_VERSION, NCryptDeleteKey, NCryptEnumKeys,
    NCryptExportKey, NCryptFinalizeKey, NCryptFreeBuffer, NCryptFreeObject, NCryptGetProperty,
    NCryptImportKey, NCryptKeyName, NCryptOpenKey, NCryptOpenStorageProvider, NCryptSetProperty,
};
use windows_sys::core::PCWSTR;
use zeroize::Zeroizing;

use crate::windows::codes::OsError;
use crate::windows::encrypted_pkcs8::{ALGORITHM, Protection};
use crate::windows::ffi::KeyProviderInfo;
use crate::windows::{buffer, wide};

/// Room for the longest RSA key there is, of 16384 bits: about 4.5 times its modulus.
const KEY_ROOM: usize = 16 << 10;

/// A handle of ncrypt, of a provider or of a key.
struct Handle(usize);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is open and this its only owner.
        unsafe { NCryptFreeObject(self.0) };
    }
}

fn check(call: &'static str, result: i32) -> Result<(), OsError> {
    match result {
        0 => Ok(()),
        code => Err(OsError {
            call,
            code: code as u32,
        }),
    }
}

/// Opens the KSP of this name.
fn provider(name: &str) -> Result<Handle, OsError> {
    let named = wide::terminated(name);
    // Without a name, the software provider is meant.
    let name = match name {
        "" => ptr::null(),
        _ => named.as_ptr(),
    };
    let mut provider = 0;
    // SAFETY: the name ends with a zero and outlives the call, which writes one handle.
    let opened = unsafe { NCryptOpenStorageProvider(&mut provider, name, 0) };
    check("NCryptOpenStorageProvider", opened)?;
    Ok(Handle(provider))
}

/// More keys than an account has, should a provider name one for ever.
const MOST_KEYS: usize = 10_000;

/// The names of a provider's keys, of the account or of the computer, but for those that CAPI has as
/// well, which have a legacy key spec.
pub(super) fn names(provider_name: &str, machine: bool) -> Result<Vec<String>, OsError> {
    /// NTE_NO_MORE_ITEMS.
    const NO_MORE: i32 = 0x8009_002A_u32 as i32;
    let provider = provider(provider_name)?;
    let machine = if machine { NCRYPT_MACHINE_KEY_FLAG } else { 0 };
    let flags = machine | NCRYPT_SILENT_FLAG;
    let mut state = Buffer(ptr::null_mut());
    let mut names = Vec::new();
    for _ in 0..MOST_KEYS {
        let mut found: *mut NCryptKeyName = ptr::null_mut();
        // SAFETY: the provider is open. The call writes a buffer that the caller has to free, and
        // keeps the state of the walk in another one.
        let told =
            unsafe { NCryptEnumKeys(provider.0, ptr::null(), &mut found, &mut state.0, flags) };
        if told == NO_MORE {
            break;
        }
        check("NCryptEnumKeys", told)?;
        let _freed = Buffer(found.cast());
        // SAFETY: the call went well, so there is a structure, whose name ends with a zero; both are
        // there until the buffer is freed.
        let (name, key_spec) = unsafe { (text_at((*found).pszName), (*found).dwLegacyKeySpec) };
        if key_spec == 0 {
            names.push(name);
        }
    }
    Ok(names)
}

/// A text of UTF-16.
///
/// # Safety
/// It ends with a zero.
unsafe fn text_at(text: *const u16) -> String {
    // SAFETY: the caller says so; no unit is read beyond the zero.
    let text = unsafe {
        let length = (0..).take_while(|&at| *text.add(at) != 0).count();
        std::slice::from_raw_parts(text, length)
    };
    String::from_utf16_lossy(text)
}

/// Memory that ncrypt gave, or none.
struct Buffer(*mut c_void);

impl Drop for Buffer {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: ncrypt gave it, and this is its only owner.
            unsafe { NCryptFreeBuffer(self.0) };
        }
    }
}

/// An open key, an NCRYPT_KEY_HANDLE.
pub(super) struct Key {
    handle: Handle,
    /// NCRYPT_SILENT_FLAG, unless a window may open.
    silent: u32,
}

impl Key {
    /// Opens the key that a certificate names; without a window if it is to be `silent`.
    pub(super) fn open(info: &KeyProviderInfo, silent: bool) -> Result<Self, OsError> {
        let provider = provider(&info.provider)?;
        let silent = if silent { NCRYPT_SILENT_FLAG } else { 0 };
        let flags = info.flags & NCRYPT_MACHINE_KEY_FLAG | silent;
        // Only a key that CryptoAPI knows as well is of one of its two kinds.
        let key_spec = match info.key_spec {
            kind @ (AT_KEYEXCHANGE | AT_SIGNATURE) => kind,
            _ => 0,
        };
        let name = wide::terminated(&info.container);
        let mut handle = 0;
        // SAFETY: the provider is open, the name ends with a zero and outlives the call, which
        // writes one handle.
        let opened =
            unsafe { NCryptOpenKey(provider.0, &mut handle, name.as_ptr(), key_spec, flags) };
        check("NCryptOpenKey", opened)?;
        let handle = Handle(handle);
        Ok(Self { handle, silent })
    }

    /// Takes in a `PrivateKeyInfo`, under the name and with the provider of `info`. It is not kept
    /// before [`Key::keep`].
    pub(super) fn import(info: &KeyProviderInfo, pkcs8: &[u8]) -> Result<Self, OsError> {
        let provider = provider(&info.provider)?;
        let mut name = wide::terminated(&info.container);
        let mut buffer = BCryptBuffer {
            cbBuffer: size_of_val(name.as_slice()) as u32,
            BufferType: NCRYPTBUFFER_PKCS_KEY_NAME,
            pvBuffer: name.as_mut_ptr().cast(),
        };
        let parameters = BCryptBufferDesc {
            ulVersion: NCRYPTBUFFER_VERSION,
            cBuffers: 1,
            pBuffers: &mut buffer,
        };
        let silent = NCRYPT_SILENT_FLAG;
        let flags = info.flags & NCRYPT_MACHINE_KEY_FLAG | NCRYPT_DO_NOT_FINALIZE_FLAG | silent;
        let mut handle = 0;
        // SAFETY: the provider is open; the parameters and what they point to are alive, the key
        // has the length told, and the call writes one handle.
        let imported = unsafe {
            NCryptImportKey(
                provider.0,
                0,
                NCRYPT_PKCS8_PRIVATE_KEY_BLOB,
                &parameters,
                &mut handle,
                pkcs8.as_ptr(),
                pkcs8.len() as u32,
                flags,
            )
        };
        check("NCryptImportKey", imported)?;
        let handle = Handle(handle);
        Ok(Self { handle, silent })
    }

    /// Keeps a key that was taken in, with this export policy.
    pub(super) fn keep(self, policy: u32) -> Result<(), OsError> {
        let policy = policy.to_le_bytes();
        // SAFETY: the key is open, the name a text with a zero at its end, and the value has the
        // length told.
        let set = unsafe {
            NCryptSetProperty(
                self.handle.0,
                NCRYPT_EXPORT_POLICY_PROPERTY,
                policy.as_ptr(),
                policy.len() as u32,
                NCRYPT_PERSIST_FLAG | self.silent,
            )
        };
        check("NCryptSetProperty", set)?;
        // SAFETY: the key is open.
        let kept = unsafe { NCryptFinalizeKey(self.handle.0, self.silent) };
        check("NCryptFinalizeKey", kept)
    }

    /// Deletes the key.
    pub(super) fn delete(self) -> Result<(), OsError> {
        // SAFETY: the key is open.
        let deleted = unsafe { NCryptDeleteKey(self.handle.0, self.silent) };
        check("NCryptDeleteKey", deleted)?;
        // The call has freed the handle.
        std::mem::forget(self.handle);
        Ok(())
    }

    /// The export policy: NCRYPT_ALLOW_EXPORT_FLAG and others.
    pub(super) fn export_policy(&self) -> Result<u32, OsError> {
        let mut policy = 0u32;
        let mut length = 0;
        // SAFETY: the key is open, the name a text with a zero at its end, and the buffer has the
        // length told.
        let told = unsafe {
            NCryptGetProperty(
                self.handle.0,
                NCRYPT_EXPORT_POLICY_PROPERTY,
                ptr::from_mut(&mut policy).cast(),
                size_of::<u32>() as u32,
                &mut length,
                self.silent,
            )
        };
        check("NCryptGetProperty", told).map(|()| policy)
    }

    /// The key as an `EncryptedPrivateKeyInfo`.
    pub(super) fn export_encrypted(
        &self,
        protection: &Protection,
    ) -> Result<Zeroizing<Vec<u8>>, OsError> {
        let mut secret = protection.secret();
        let mut parameters = protection.parameters();
        let mut algorithm = ALGORITHM.to_vec();
        let buffer = |kind, bytes: *mut c_void, length: usize| BCryptBuffer {
            cbBuffer: length as u32,
            BufferType: kind,
            pvBuffer: bytes,
        };
        let mut buffers = [
            buffer(
                NCRYPTBUFFER_PKCS_SECRET,
                secret.as_mut_ptr().cast(),
                size_of_val(secret.as_slice()),
            ),
            buffer(
                NCRYPTBUFFER_PKCS_ALG_OID,
                algorithm.as_mut_ptr().cast(),
                algorithm.len(),
            ),
            buffer(
                NCRYPTBUFFER_PKCS_ALG_PARAM,
                parameters.as_mut_ptr().cast(),
                parameters.len(),
            ),
        ];
        let description = BCryptBufferDesc {
            ulVersion: NCRYPTBUFFER_VERSION,
            cBuffers: buffers.len() as u32,
            pBuffers: buffers.as_mut_ptr(),
        };
        self.export(NCRYPT_PKCS8_PRIVATE_KEY_BLOB, Some(&description))
    }

    /// The key as a `PrivateKeyInfo`, in clear.
    pub(super) fn export_plain(&self) -> Result<Zeroizing<Vec<u8>>, OsError> {
        self.export(NCRYPT_PKCS8_PRIVATE_KEY_BLOB, None)
    }

    /// The public half, as a BCRYPT_RSAKEY_BLOB or a BCRYPT_ECCKEY_BLOB; every key gives it out.
    pub(super) fn export_public(&self) -> Result<Zeroizing<Vec<u8>>, OsError> {
        self.export(BCRYPT_PUBLIC_KEY_BLOB, None)
    }

    /// `form` is one of the names of ncrypt.h and bcrypt.h.
    fn export(
        &self,
        form: PCWSTR,
        parameters: Option<&BCryptBufferDesc>,
    ) -> Result<Zeroizing<Vec<u8>>, OsError> {
        buffer::filled(KEY_ROOM, |buffer, length| {
            // SAFETY: the key is open, the form's name a text with a zero at its end, the parameters and
            // what they point to are alive, or there
            // are none, and the buffer has the length told.
            let exported = unsafe {
                NCryptExportKey(
                    self.handle.0,
                    0,
                    form,
                    parameters.map_or(ptr::null(), ptr::from_ref),
                    buffer.as_mut_ptr(),
                    *length,
                    length,
                    self.silent,
                )
            };
            check("NCryptExportKey", exported)
        })
    }
}
