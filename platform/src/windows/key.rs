//! The ways to a certificate's private key, and their order: the provider that the certificate
//! names, CNG's or CAPI's, and then Windows' own PKCS#12 export, from a store in memory that holds
//! this one certificate. Whatever comes out has to be the certificate's key.

use schannel::cert_context::CertContext;

use super::attempt::Failure;
use super::codes::KeyPlace;
use super::encrypted_pkcs8::random_password;
use super::ffi::KeyProviderInfo;
use super::{capi, cng, ffi, pfx};
use crate::certificate::Certificate;
use crate::error::StoreError;
use crate::key;
use crate::secret::PrivateKey;

/// The provider type of every KSP of CNG.
const CNG: u32 = 0;

/// The private key of a certificate. Windows is asked not to open a window if it is to be `silent`.
pub(super) fn export(
    context: &CertContext,
    certificate: &Certificate,
    info: &KeyProviderInfo,
    place: &KeyPlace,
    silent: bool,
) -> Result<PrivateKey, StoreError> {
    let mut attempt = match info.provider_type {
        CNG => cng::export(info, silent),
        _ => capi::export(info, silent),
    };
    if attempt.is_open() {
        attempt.way(|| windows_own_export(context, certificate, silent));
    }
    let key = attempt.finish(place)?;
    match key::public_key_of(&key) {
        // What is not understood here is proven by whoever uses it.
        Ok(public) if !key::same_public_key(&public, certificate.spki_der()) => {
            Err(StoreError::KeyMismatch {
                place: place.place.clone(),
            })
        }
        Ok(_) | Err(_) => Ok(key),
    }
}

fn windows_own_export(
    context: &CertContext,
    certificate: &Certificate,
    silent: bool,
) -> Result<PrivateKey, Failure> {
    let password = random_password()?;
    let exported = ffi::export_pfx(context, &password, silent)?;
    pfx::private_key(&exported, &password, certificate.spki_der()).map_err(Failure::Unreadable)
}
