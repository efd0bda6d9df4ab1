//! The ways to a private key in a keychain, and their order: as encrypted PKCS#8, which is how keys
//! leave that are "sensitive", as nearly all are; as a PKCS#12 file; in clear. Each may open a
//! window, so that a refusal by a person ends the matter.

use certstow_formats::certificate::Certificate;
use certstow_formats::secret::{Password, PrivateKey};
use security_framework::identity::SecIdentity;

use super::status::{self, Status};
use super::{ffi, representation};
use crate::attempt::{Attempt, Failure};
use crate::error::StoreError;
use crate::exported_key::{private_key_of_pkcs12, random_password};
use crate::store::Interaction;

/// The private key of an identity, whose certificate's DER is known.
pub(super) fn export(
    identity: &SecIdentity,
    certificate: &[u8],
    place: &str,
    windows: Interaction,
) -> Result<PrivateKey, StoreError> {
    let refused = |status| status::key_error(status, place, windows);
    let key = identity
        .private_key()
        .map_err(|error| ffi::status("SecIdentityCopyPrivateKey", error.code()))
        .map_err(refused)?;
    let certificate = Certificate::from_der(certificate)
        .map_err(|error| StoreError::damaged(place, error.to_string(), None))?;
    let spki = certificate.spki_der();
    let password = password(place)?;

    let mut attempt = Attempt::<Status>::new();
    attempt.way(|| {
        let encrypted = ffi::wrapped_pkcs8(&key, &password)?;
        representation::unwrapped(&encrypted, &password).map_err(Failure::Unreadable)
    });
    attempt.way(|| {
        let pkcs12 = ffi::pkcs12(identity, &password)?;
        private_key_of_pkcs12(&pkcs12, &password, spki).map_err(Failure::Unreadable)
    });
    attempt.way(|| {
        let clear = ffi::external_representation(&key)?;
        representation::to_pkcs8(&clear, spki).map_err(Failure::Unreadable)
    });
    attempt.finish(place, spki, refused)
}

fn password(place: &str) -> Result<Password, StoreError> {
    random_password().map_err(|error| StoreError::KeyRefused {
        place: place.to_owned(),
        source: Some(error.to_string().into()),
    })
}
