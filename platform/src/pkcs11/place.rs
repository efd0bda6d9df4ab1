//! Where a certificate lies on a token: a PKCS#11 URI (RFC 7512) that other programs take, too.

use super::objects::CertificateObject;
use super::token::Token;
use crate::spec::{Pkcs11Uri, StoreSpec};

/// The URI of an object, with as much of the module as the store's name has.
pub(super) fn of(store: &Pkcs11Uri, token: &Token, object: &CertificateObject) -> String {
    let uri = Pkcs11Uri {
        token: Some(token.name.label.clone()),
        serial: Some(token.name.serial.clone()).filter(|serial| !serial.is_empty()),
        object: object.label.clone(),
        id: Some(object.id.clone()).filter(|id| !id.is_empty()),
        ..store.clone()
    };
    StoreSpec::Pkcs11(uri).to_string()
}
