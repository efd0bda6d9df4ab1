//! Security.framework where `security-framework` has no safe call: the search list of keychains, and
//! the two exports of `SecItemExport` and `SecKeyCopyExternalRepresentation`. Objects of Core
//! Foundation are the crates' types, which release themselves. Source: Apple's documentation and
//! published headers of Security.framework.

#![expect(unsafe_code, reason = "the functions of Security.framework are C")]

use std::ffi::{c_char, c_void};
use std::ptr;

use certstow_formats::secret::Password;
use core_foundation::array::{CFArray, CFArrayRef};
use core_foundation::base::{CFType, CFTypeRef, OSStatus, TCFType};
use core_foundation::data::{CFData, CFDataRef};
use core_foundation::dictionary::CFDictionary;
use core_foundation::error::{CFError, CFErrorRef};
use core_foundation::string::{CFString, CFStringRef};
use security_framework::base::Error;
use security_framework::certificate::SecCertificate;
use security_framework::identity::SecIdentity;
use security_framework::key::SecKey;
use security_framework::os::macos::keychain::SecKeychain;
use security_framework_sys::base::SecKeychainRef;
use security_framework_sys::certificate::SecCertificateCopyData;
use security_framework_sys::import_export::{
    SEC_KEY_IMPORT_EXPORT_PARAMS_VERSION, SecExternalFormat, SecItemExport,
    SecItemImportExportKeyParameters, kSecFormatPKCS12, kSecFormatWrappedPKCS8,
};
use security_framework_sys::item::{kSecAttrApplicationLabel, kSecAttrLabel, kSecValueData};
use security_framework_sys::key::SecKeyCopyExternalRepresentation;
use zeroize::Zeroizing;

use super::status::Status;

#[link(name = "Security", kind = "framework")]
unsafe extern "C" {
    /// SecKeychain.h; not in `security-framework-sys`.
    fn SecKeychainCopySearchList(searchList: *mut CFArrayRef) -> OSStatus;
    /// The same.
    fn SecKeychainGetStatus(keychain: SecKeychainRef, status: *mut u32) -> OSStatus;
    /// The same.
    fn SecKeychainGetPath(
        keychain: SecKeychainRef,
        length: *mut u32,
        path: *mut c_char,
    ) -> OSStatus;
}

/// A status with Apple's sentence for it.
pub(super) fn status(call: &'static str, code: OSStatus) -> Status {
    Status {
        call,
        code,
        text: Error::from_code(code).message(),
    }
}

pub(super) fn check(call: &'static str, code: OSStatus) -> Result<(), Status> {
    match code {
        0 => Ok(()),
        code => Err(status(call, code)),
    }
}

/// The keychains that are searched if none is named, in their order.
pub(super) fn search_list() -> Result<Vec<SecKeychain>, Status> {
    let mut list: CFArrayRef = ptr::null();
    // SAFETY: the call writes one array, which the caller has to release.
    check("SecKeychainCopySearchList", unsafe {
        SecKeychainCopySearchList(&mut list)
    })?;
    if list.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: the array is ours to release, and holds keychains.
    let list: CFArray<SecKeychain> = unsafe { CFArray::wrap_under_create_rule(list) };
    Ok(list.iter().map(|keychain| keychain.clone()).collect())
}

/// A certificate in a keychain.
pub(super) struct CertificateItem {
    pub(super) der: Vec<u8>,
    pub(super) label: Option<String>,
}

/// The certificate in what a search gives with data and attributes, if there is one.
pub(super) fn certificate_item(attributes: &CFDictionary) -> Option<CertificateItem> {
    let value = |name: CFStringRef| -> CFTypeRef {
        let value = attributes.find(name.cast::<c_void>());
        value.map_or(ptr::null(), |value| *value)
    };
    // SAFETY: the names are constants of the framework.
    let (data, label) = unsafe { (value(kSecValueData), value(kSecAttrLabel)) };
    // A label that is no UTF-8 comes as another type.
    let data = object(data)?.downcast::<CFData>()?;
    let label = object(label).and_then(|label| label.downcast::<CFString>());
    Some(CertificateItem {
        der: data.bytes().to_vec(),
        label: label.map(|label| label.to_string()),
    })
}

/// A private key in a keychain, as far as it is known without being opened.
pub(super) struct KeyItem {
    /// The hash of its public half (kSecAttrApplicationLabel).
    pub(super) identifier: [u8; 20],
    pub(super) label: Option<String>,
}

/// The key in what a search gives with attributes; `None` of one that is not named by such a hash.
pub(super) fn key_item(attributes: &CFDictionary) -> Option<KeyItem> {
    // SAFETY: the names are constants of the framework.
    let (hash, label) = unsafe { (kSecAttrApplicationLabel, kSecAttrLabel) };
    let value = |name: CFStringRef| {
        let value = attributes.find(name.cast::<c_void>())?;
        object(*value)
    };
    let hash = value(hash)?.downcast::<CFData>()?;
    let label = value(label).and_then(|label| label.downcast::<CFString>());
    Some(KeyItem {
        identifier: hash.bytes().try_into().ok()?,
        label: label.map(|label| label.to_string()),
    })
}

/// A value of a dictionary that is alive, whatever its type.
fn object(value: CFTypeRef) -> Option<CFType> {
    // SAFETY: the value is an object that the dictionary holds; it is retained here.
    (!value.is_null()).then(|| unsafe { CFType::wrap_under_get_rule(value) })
}

/// The DER of a certificate, if macOS gives it out.
pub(super) fn der(certificate: &SecCertificate) -> Option<Vec<u8>> {
    // SAFETY: the certificate is alive; the call returns one object that the caller has to release,
    // or null.
    let data = unsafe { SecCertificateCopyData(certificate.as_concrete_TypeRef()) };
    if data.is_null() {
        return None;
    }
    // SAFETY: the object is ours to release.
    Some(unsafe { CFData::wrap_under_create_rule(data) }.to_vec())
}

/// Whether a keychain is unlocked. Each item may still have an access list of its own.
pub(crate) fn is_unlocked(keychain: &SecKeychain) -> Result<bool, Status> {
    /// kSecUnlockStateStatus.
    const UNLOCKED: u32 = 1;
    Ok(keychain_status(keychain)? & UNLOCKED != 0)
}

/// Looks whether a keychain can be read. Opening one never fails, and a search passes over what it
/// cannot read.
pub(super) fn check_readable(keychain: &SecKeychain) -> Result<(), Status> {
    keychain_status(keychain).map(drop)
}

fn keychain_status(keychain: &SecKeychain) -> Result<u32, Status> {
    let mut flags = 0;
    // SAFETY: the keychain is alive, and the call writes one number.
    check("SecKeychainGetStatus", unsafe {
        SecKeychainGetStatus(keychain.as_concrete_TypeRef(), &mut flags)
    })?;
    Ok(flags)
}

/// The path of a keychain's file.
pub(super) fn path(keychain: &SecKeychain) -> Result<String, Status> {
    let mut buffer = [0; 4096];
    let mut length = buffer.len() as u32;
    // SAFETY: the keychain is alive, and the buffer has the length told.
    check("SecKeychainGetPath", unsafe {
        SecKeychainGetPath(
            keychain.as_concrete_TypeRef(),
            &mut length,
            buffer.as_mut_ptr().cast(),
        )
    })?;
    let path = buffer.get(..length as usize).unwrap_or_default();
    Ok(String::from_utf8_lossy(path).into_owned())
}

/// The key as an `EncryptedPrivateKeyInfo` under a password.
pub(super) fn wrapped_pkcs8(
    key: &SecKey,
    password: &Password,
) -> Result<Zeroizing<Vec<u8>>, Status> {
    export(key.as_CFTypeRef(), kSecFormatWrappedPKCS8, password)
}

/// Key and certificate as a PKCS#12 file under a password.
pub(super) fn pkcs12(
    identity: &SecIdentity,
    password: &Password,
) -> Result<Zeroizing<Vec<u8>>, Status> {
    export(identity.as_CFTypeRef(), kSecFormatPKCS12, password)
}

fn export(
    item: CFTypeRef,
    format: SecExternalFormat,
    password: &Password,
) -> Result<Zeroizing<Vec<u8>>, Status> {
    // Core Foundation wipes nothing; the password is of this one export.
    let passphrase = CFString::new(password.expose());
    let parameters = SecItemImportExportKeyParameters {
        version: SEC_KEY_IMPORT_EXPORT_PARAMS_VERSION,
        flags: 0,
        passphrase: passphrase.as_CFTypeRef(),
        alertTitle: ptr::null(),
        alertPrompt: ptr::null(),
        accessRef: ptr::null_mut(),
        keyUsage: ptr::null(),
        keyAttributes: ptr::null(),
    };
    let mut exported: CFDataRef = ptr::null();
    // SAFETY: item, parameters and passphrase live until the call returns, which writes one object
    // that the caller has to release.
    let code = unsafe { SecItemExport(item, format, 0, &parameters, &mut exported) };
    check("SecItemExport", code)?;
    // SAFETY: the object is ours to release, and nobody else has it.
    Ok(unsafe { taken(exported) })
}

/// The key in clear, in the form of `representation`.
pub(super) fn external_representation(key: &SecKey) -> Result<Zeroizing<Vec<u8>>, Status> {
    let mut error: CFErrorRef = ptr::null_mut();
    // SAFETY: the key is alive; the call returns one object that the caller has to release, or
    // writes one.
    let exported =
        unsafe { SecKeyCopyExternalRepresentation(key.as_concrete_TypeRef(), &mut error) };
    if !exported.is_null() {
        // SAFETY: the object is ours to release, and nobody else has it.
        return Ok(unsafe { taken(exported) });
    }
    let code = match error.is_null() {
        true => 0,
        // SAFETY: the object is ours to release.
        false => unsafe { CFError::wrap_under_create_rule(error) }.code(),
    };
    let call = "SecKeyCopyExternalRepresentation";
    Err(status(call, code as OSStatus))
}

/// The bytes of an object that holds a secret. It is released at once; what it held cannot be wiped,
/// since Core Foundation gives no way to write to it.
///
/// # Safety
/// The object has to be the caller's to release, and nobody else's; or null.
unsafe fn taken(data: CFDataRef) -> Zeroizing<Vec<u8>> {
    if data.is_null() {
        return Zeroizing::default();
    }
    // SAFETY: the caller says so.
    let data = unsafe { CFData::wrap_under_create_rule(data) };
    Zeroizing::new(data.bytes().to_vec())
}
