//! What filling and emptying a system store takes beyond `schannel`: key containers, and the
//! registry.

#![expect(unsafe_code, reason = "the functions of Windows are C")]

use std::ffi::CStr;
use std::io;

use windows_sys::Win32::Security::Cryptography::{
    CRYPT_DELETEKEYSET, CRYPT_EXPORTABLE, CRYPT_FIRST, CRYPT_NEWKEYSET, CRYPT_NEXT,
    CRYPT_VERIFYCONTEXT, CryptAcquireContextW, CryptDestroyKey, CryptGetProvParam, CryptImportKey,
    CryptReleaseContext, PP_ENUMCONTAINERS, PROV_RSA_AES,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, RegDeleteTreeW,
};

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

fn acquire(container: &str, provider: &str, flags: u32) -> io::Result<usize> {
    let (container, provider) = (wide(container), wide(provider));
    let mut handle = 0;
    // SAFETY: both texts end with a zero and outlive the call, which writes one handle.
    let acquired = unsafe {
        CryptAcquireContextW(
            &mut handle,
            container.as_ptr(),
            provider.as_ptr(),
            PROV_RSA_AES,
            flags,
        )
    };
    match acquired {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(handle),
    }
}

/// Makes a container with the key of a PRIVATEKEYBLOB.
pub(crate) fn import(
    container: &str,
    provider: &str,
    blob: &[u8],
    exportable: bool,
) -> io::Result<()> {
    let handle = acquire(container, provider, CRYPT_NEWKEYSET)?;
    let flags = if exportable { CRYPT_EXPORTABLE } else { 0 };
    let mut key = 0;
    // SAFETY: the container is open until it is released here, and so is the key; the blob has the
    // length told.
    unsafe {
        let imported = CryptImportKey(handle, blob.as_ptr(), blob.len() as u32, 0, flags, &mut key);
        let result = match imported {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        };
        if imported != 0 {
            CryptDestroyKey(key);
        }
        CryptReleaseContext(handle, 0);
        result
    }
}

/// Removes a container. (It gives no handle that could be released.)
pub(crate) fn delete_container(container: &str, provider: &str) -> io::Result<()> {
    acquire(container, provider, CRYPT_DELETEKEYSET).map(drop)
}

/// The names of the user's containers.
pub(crate) fn containers(provider: &str) -> io::Result<Vec<String>> {
    let provider = wide(provider);
    let mut handle = 0;
    let (kind, flags) = (PROV_RSA_AES, CRYPT_VERIFYCONTEXT);
    // SAFETY: the provider's name ends with a zero and outlives the call, which writes one handle.
    let acquired = unsafe {
        CryptAcquireContextW(
            &mut handle,
            std::ptr::null(),
            provider.as_ptr(),
            kind,
            flags,
        )
    };
    if acquired == 0 {
        return Err(io::Error::last_os_error());
    }
    let mut names = Vec::new();
    let mut first = CRYPT_FIRST;
    loop {
        let mut name = [0u8; 512];
        let mut length = name.len() as u32;
        // SAFETY: the provider is open until it is released here; the buffer has the length told.
        let told = unsafe {
            CryptGetProvParam(
                handle,
                PP_ENUMCONTAINERS,
                name.as_mut_ptr(),
                &mut length,
                first,
            )
        };
        match CStr::from_bytes_until_nul(&name) {
            Ok(name) if told != 0 => names.push(name.to_string_lossy().into_owned()),
            _ => break,
        }
        first = CRYPT_NEXT;
    }
    // SAFETY: the handle is open and this its only owner.
    unsafe { CryptReleaseContext(handle, 0) };
    Ok(names)
}

/// Whether this is Wine and no Windows.
pub(crate) fn is_wine() -> bool {
    let library = wide("ntdll.dll");
    // SAFETY: both names end with a zero; every process has this library for as long as it runs.
    unsafe {
        let library = GetModuleHandleW(library.as_ptr());
        GetProcAddress(library, c"wine_get_version".as_ptr().cast()).is_some()
    }
}

/// Removes a registry key of the current user, and all below it.
pub(crate) fn delete_of_current_user(key: &str) -> io::Result<()> {
    delete_tree(HKEY_CURRENT_USER, key)
}

/// Removes a registry key of the computer, and all below it.
pub(crate) fn delete_of_local_machine(key: &str) -> io::Result<()> {
    delete_tree(HKEY_LOCAL_MACHINE, key)
}

fn delete_tree(root: HKEY, key: &str) -> io::Result<()> {
    let name = wide(key);
    // SAFETY: the root is always open; the name is a text with a zero at its end and outlives the
    // call.
    match unsafe { RegDeleteTreeW(root, name.as_ptr()) } {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code as i32)),
    }
}
