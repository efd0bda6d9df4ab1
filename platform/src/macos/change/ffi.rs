//! Security.framework for changes: SecItemImport with the attributes of a key, which
//! `security-framework` cannot set, SecKeychainItemModifyAttributesAndData for the label that Keychain
//! Access shows, and SecKeychainItemDelete. Source: Apple's documentation and published headers
//! (SecImportExport.h, SecKeychainItem.h).

#![expect(unsafe_code, reason = "the functions of Security.framework are C")]

use std::ptr;

use core_foundation::array::{CFArray, CFArrayRef};
use core_foundation::base::{CFType, TCFType};
use core_foundation::data::CFData;
use core_foundation::string::{CFString, CFStringRef};
use security_framework::certificate::SecCertificate;
use security_framework::key::SecKey;
use security_framework::os::macos::keychain::SecKeychain;
use security_framework_sys::base::{
    SecKeychainAttribute, SecKeychainAttributeList, SecKeychainItemRef,
};
use security_framework_sys::import_export::{
    SEC_KEY_IMPORT_EXPORT_PARAMS_VERSION, SecItemImport, SecItemImportExportKeyParameters,
    kSecFormatOpenSSL,
};
use security_framework_sys::item::kSecAttrIsPermanent;
use security_framework_sys::keychain_item::{
    SecKeychainItemDelete, SecKeychainItemModifyAttributesAndData,
};

use crate::macos::ffi::check;
use crate::macos::status::Status;

#[link(name = "Security", kind = "framework")]
unsafe extern "C" {
    /// SecItem.h, since macOS 10.6; not in `security-framework-sys`.
    static kSecAttrIsSensitive: CFStringRef;
    /// The same.
    static kSecAttrIsExtractable: CFStringRef;
}

/// kSecItemTypePrivateKey.
const PRIVATE_KEY: u32 = 1;
/// kSecLabelItemAttr, of a certificate.
const LABEL: u32 = u32::from_be_bytes(*b"labl");
/// kSecKeyPrintName, which is the same for a key.
const PRINT_NAME: u32 = 1;

/// Imports an `RSAPrivateKey` or `ECPrivateKey` into a keychain. This program may use the key from
/// then on; macOS asks before another one does. A key that is not `extractable` can never be exported.
pub(super) fn import_key(
    keychain: &SecKeychain,
    key: &[u8],
    extractable: bool,
) -> Result<Option<SecKey>, Status> {
    // SAFETY: the names are constants of the framework.
    let name = |name| unsafe { CFString::wrap_under_get_rule(name) };
    // SAFETY: the same.
    let (permanent, sensitive, may_leave) = unsafe {
        (
            kSecAttrIsPermanent,
            kSecAttrIsSensitive,
            kSecAttrIsExtractable,
        )
    };
    let mut attributes = vec![name(permanent), name(sensitive)];
    attributes.extend(extractable.then(|| name(may_leave)));
    let attributes = CFArray::from_CFTypes(&attributes);
    let parameters = SecItemImportExportKeyParameters {
        version: SEC_KEY_IMPORT_EXPORT_PARAMS_VERSION,
        flags: 0,
        passphrase: ptr::null(),
        alertTitle: ptr::null(),
        alertPrompt: ptr::null(),
        accessRef: ptr::null_mut(),
        keyUsage: ptr::null(),
        keyAttributes: attributes.as_concrete_TypeRef(),
    };
    let data = key_data(key);
    let (mut format, mut kind) = (kSecFormatOpenSSL, PRIVATE_KEY);
    let mut items: CFArrayRef = ptr::null();
    // SAFETY: data, parameters, what they point to and the keychain live until the call returns,
    // which writes two numbers and one array that the caller has to release.
    let code = unsafe {
        SecItemImport(
            data.as_concrete_TypeRef(),
            ptr::null(),
            &mut format,
            &mut kind,
            0,
            &parameters,
            keychain.as_concrete_TypeRef(),
            &mut items,
        )
    };
    check("SecItemImport", code)?;
    if items.is_null() {
        return Ok(None);
    }
    // SAFETY: the array is ours to release, and holds objects of Core Foundation.
    let items: CFArray<CFType> = unsafe { CFArray::wrap_under_create_rule(items) };
    Ok(items.iter().find_map(|item| item.downcast::<SecKey>()))
}

/// The bytes of a key, borrowed. `CFData::from_buffer` would leave a copy behind.
fn key_data(key: &[u8]) -> CFData {
    use core_foundation::base::{CFIndex, kCFAllocatorDefault, kCFAllocatorNull};
    use core_foundation::data::CFDataCreateWithBytesNoCopy;
    // SAFETY: the object is used while the key is borrowed only, and does not free it.
    unsafe {
        CFData::wrap_under_create_rule(CFDataCreateWithBytesNoCopy(
            kCFAllocatorDefault,
            key.as_ptr(),
            key.len() as CFIndex,
            kCFAllocatorNull,
        ))
    }
}

/// Labels a certificate that is in a keychain.
pub(super) fn label_certificate(certificate: &SecCertificate, label: &str) -> Result<(), Status> {
    set(
        certificate.as_CFTypeRef() as SecKeychainItemRef,
        LABEL,
        label,
    )
}

/// Labels a key that is in a keychain.
pub(super) fn label_key(key: &SecKey, label: &str) -> Result<(), Status> {
    set(key.as_CFTypeRef() as SecKeychainItemRef, PRINT_NAME, label)
}

fn set(item: SecKeychainItemRef, tag: u32, text: &str) -> Result<(), Status> {
    let mut attribute = SecKeychainAttribute {
        tag,
        length: text.len() as u32,
        data: text.as_ptr().cast_mut().cast(),
    };
    let list = SecKeychainAttributeList {
        count: 1,
        attr: &mut attribute,
    };
    // SAFETY: the item is alive, for whoever calls this borrows it; the list and the text, which is
    // only read, are, too. Without data the item's own stays.
    let code = unsafe { SecKeychainItemModifyAttributesAndData(item, &list, 0, ptr::null()) };
    check("SecKeychainItemModifyAttributesAndData", code)
}

/// Deletes a certificate from its keychain.
pub(super) fn delete_certificate(certificate: &SecCertificate) -> Result<(), Status> {
    delete(certificate.as_CFTypeRef() as SecKeychainItemRef)
}

/// Deletes a key from its keychain.
pub(super) fn delete_key(key: &SecKey) -> Result<(), Status> {
    delete(key.as_CFTypeRef() as SecKeychainItemRef)
}

fn delete(item: SecKeychainItemRef) -> Result<(), Status> {
    // SAFETY: the item is alive, for whoever calls this borrows it.
    let code = unsafe { SecKeychainItemDelete(item) };
    check("SecKeychainItemDelete", code)
}
