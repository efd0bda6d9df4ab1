//! Enumerating Credential Manager: `CredEnumerateW`, which returns the secrets too, and
//! `CredFree`. All that is `unsafe` about the vault.

#![expect(unsafe_code, reason = "the functions of advapi32 are C")]

use std::{ptr, slice};

use windows_sys::Win32::Foundation::{ERROR_NOT_FOUND, GetLastError};
use windows_sys::Win32::Security::Credentials::{CREDENTIALW, CredEnumerateW, CredFree};
use zeroize::Zeroize as _;

/// The names of the account's credentials that begin with this text; their secrets are wiped unseen.
///
/// # Errors
/// Windows' error code.
pub(super) fn credentials_beginning_with(prefix: &str) -> Result<Vec<String>, u32> {
    let filter: Vec<u16> = prefix.encode_utf16().chain([b'*'.into(), 0]).collect();
    let (mut count, mut found) = (0, ptr::null_mut());
    // SAFETY: the filter ends with a NUL, and both results have a place to go.
    let done = unsafe { CredEnumerateW(filter.as_ptr(), 0, &mut count, &mut found) };
    if done == 0 {
        // SAFETY: asks for a number.
        return match unsafe { GetLastError() } {
            ERROR_NOT_FOUND => Ok(Vec::new()),
            code => Err(code),
        };
    }
    let names = (0..count as usize).map(|index| {
        // SAFETY: `found` is an array of `count` pointers, each to a credential, until it is freed
        // below. Under Wine, the credentials are not aligned.
        let credential = unsafe { found.add(index).read_unaligned().read_unaligned() };
        wipe(&credential);
        name(&credential)
    });
    let names = names.collect();
    // SAFETY: it is what `CredEnumerateW` gave, and nothing points into it any more.
    unsafe { CredFree(found.cast()) };
    Ok(names)
}

/// Overwrites the secret of a credential that is about to be freed.
fn wipe(credential: &CREDENTIALW) {
    if credential.CredentialBlob.is_null() {
        return;
    }
    let length = credential.CredentialBlobSize as usize;
    // SAFETY: the credential says where its secret lies and how long it is, in memory that belongs
    // to this process, and nobody else looks at it.
    unsafe { slice::from_raw_parts_mut(credential.CredentialBlob, length) }.zeroize();
}

/// The name of a credential.
fn name(credential: &CREDENTIALW) -> String {
    let start = credential.TargetName;
    if start.is_null() {
        return String::new();
    }
    let units = (0..).map(|index| {
        // SAFETY: the name ends with a NUL, at which reading stops. It may be unaligned, as above.
        unsafe { start.add(index).read_unaligned() }
    });
    let units: Vec<u16> = units.take_while(|&unit| unit != 0).collect();
    String::from_utf16_lossy(&units)
}
