//! Taking things out of a system store behind its back, in the registry, where it is kept. Wine
//! takes nothing out of a store of the current user otherwise, and shows the one of the computer
//! with it.

use sha1::{Digest, Sha1};

use crate::ffi;

/// Where the registry keeps the system stores of a location.
const STORES: &str = r"Software\Microsoft\SystemCertificates";

/// Removes a store of this name, if there is one.
pub(crate) fn delete_store(name: &str) {
    let store = format!(r"{STORES}\{name}");
    let _ = ffi::delete_of_current_user(&store);
    // Only Wine has made one.
    let _ = ffi::delete_of_local_machine(&store);
}

/// Removes a certificate that is there.
pub(crate) fn delete_certificate(store: &str, der: &[u8]) {
    ffi::delete_of_current_user(&certificate(store, der)).unwrap();
}

/// Removes a certificate from the issuers of the account, if it is there.
pub(crate) fn delete_issuer(der: &[u8]) {
    let _ = ffi::delete_of_current_user(&certificate("CA", der));
}

/// Removes a certificate from the requests of the account, if it is there and Wine keeps them.
pub(crate) fn delete_request(der: &[u8]) {
    let _ = ffi::delete_of_current_user(&certificate("REQUEST", der));
}

fn certificate(store: &str, der: &[u8]) -> String {
    let thumbprint = Sha1::digest(der);
    let digits: String = thumbprint
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    format!(r"{STORES}\{store}\Certificates\{digits}")
}
