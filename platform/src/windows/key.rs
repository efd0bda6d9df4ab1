//! The ways to a certificate's private key, and their order: the provider that the certificate
//! names, CNG's (encrypted PKCS#8, then plain: `cng`) or CAPI's (a PRIVATEKEYBLOB: `capi`), and then
//! Windows' own PKCS#12 export, from a store in memory that holds this one certificate. And the ways
//! of a new key to a provider: RSA keys go to CAPI, where every program finds them, unless they come
//! from CNG; those of elliptic curves know CNG only.

use certstow_formats::certificate::Certificate;
use certstow_formats::key::KeyError;
use certstow_formats::key::forms::{self, Algorithm};
use certstow_formats::secret::PrivateKey;
use schannel::cert_context::CertContext;

use super::codes::{self, KeyPlace, OsError, Policy};
use super::ffi::KeyProviderInfo;
use super::{capi, cng, ffi, private_key_blob, provider};
use crate::attempt::Failure;
use crate::error::StoreError;
use crate::exported_key::{private_key_of_pkcs12, random_name, random_password};
use crate::store::NewIdentity;

/// The provider type of every KSP of CNG.
pub(super) const CNG: u32 = 0;

/// The private key of a certificate. Windows is asked not to open a window if it is to be `silent`.
pub(super) fn export(
    context: &CertContext,
    certificate: &Certificate,
    info: &KeyProviderInfo,
    place: &KeyPlace,
    silent: bool,
) -> Result<PrivateKey, StoreError> {
    let (policy, mut attempt) = match info.provider_type {
        CNG => cng::export(info, silent),
        _ => capi::export(info, silent),
    };
    if policy != Policy::Forbids {
        attempt.way(|| windows_own_export(context, certificate, silent));
    }
    let refused = |error| codes::key_error(error, policy, place);
    attempt.finish(&place.place, certificate.spki_der(), refused)
}

fn windows_own_export(
    context: &CertContext,
    certificate: &Certificate,
    silent: bool,
) -> Result<PrivateKey, Failure<OsError>> {
    let password = random_password().map_err(OsError::from)?;
    let exported = ffi::export_pfx(context, &password, silent)?;
    private_key_of_pkcs12(&exported, &password, certificate.spki_der()).map_err(Failure::Unreadable)
}

/// A private key on its way to a provider, in the forms that providers take.
pub(super) struct NewKey<'a> {
    /// Where the certificate is to be.
    place: &'a str,
    algorithm: Algorithm,
    plain: PrivateKey,
    /// Whether CNG kept it before.
    of_cng: bool,
}

impl<'a> NewKey<'a> {
    /// The key of an identity. Of the provider that kept it before, whether it was one of CNG counts,
    /// and not which one, since others than Microsoft's may want a card, or a person.
    pub(super) fn new(identity: &NewIdentity<'_>, place: &'a str) -> Result<Self, StoreError> {
        let spki = identity.certificate.spki_der();
        let unfit = |reason: String| StoreError::not_imported(place, reason, None);
        let algorithm = forms::algorithm(identity.key).map_err(|error| match error {
            KeyError::UnknownAlgorithm(_) => {
                let kind = certstow_formats::key::describe(spki).algorithm;
                unfit(format!("Windows keeps no {kind} keys"))
            }
            error => unfit(error.to_string()),
        })?;
        let plain = forms::plain_pkcs8(identity.key, spki);
        let plain = plain.map_err(|error| unfit(error.to_string()))?;
        Ok(Self {
            place,
            algorithm,
            plain,
            of_cng: identity.provider.is_some_and(provider::is_of_cng),
        })
    }

    /// Has a provider keep the key under a name nobody has; where it is then. Opens no window. An
    /// RSA key that CNG does not take goes to CAPI all the same.
    pub(super) fn keep(
        &self,
        exportable: bool,
        machine: bool,
    ) -> Result<KeyProviderInfo, StoreError> {
        let cng = || {
            let kept = cng::import(self.new_name()?, &self.plain, exportable, machine);
            kept.map_err(|error| self.refused("Windows' CNG does not take its private key", error))
        };
        match (self.algorithm, self.of_cng) {
            (Algorithm::Ec, _) => cng(),
            (Algorithm::Rsa, true) => cng().or_else(|_| self.keep_by_capi(exportable, machine)),
            (Algorithm::Rsa, false) => self.keep_by_capi(exportable, machine),
        }
    }

    fn keep_by_capi(&self, exportable: bool, machine: bool) -> Result<KeyProviderInfo, StoreError> {
        let blob = private_key_blob::of_pkcs8(&self.plain)
            .map_err(|reason| StoreError::not_imported(self.place, reason, None))?;
        let kept = capi::import(self.new_name()?, &blob, exportable, machine);
        let reason = "Windows' CryptoAPI does not take its private key";
        kept.map_err(|error| self.refused(reason, error))
    }

    fn new_name(&self) -> Result<String, StoreError> {
        let reason = "there are no random numbers for the name of its key container";
        random_name("certstow-").map_err(|error| self.refused(reason, error.into()))
    }

    fn refused(&self, reason: &str, error: OsError) -> StoreError {
        StoreError::not_imported(self.place, reason, Some(error.into()))
    }
}

/// Deletes the key container that a certificate names, with all keys in it. That there is none is
/// no error.
pub(super) fn delete(info: &KeyProviderInfo) -> Result<(), OsError> {
    let deleted = match info.provider_type {
        CNG => cng::delete(info),
        _ => capi::delete(info),
    };
    deleted.or_else(|error| match codes::meaning(&error) {
        codes::Meaning::NoKey => Ok(()),
        _ => Err(error),
    })
}
