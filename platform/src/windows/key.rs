//! The ways to a certificate's private key, and their order: the provider that the certificate
//! names, CNG's or CAPI's, and then Windows' own PKCS#12 export, from a store in memory that holds
//! this one certificate.

use schannel::cert_context::CertContext;

use super::codes::{self, KeyPlace, OsError, Policy};
use super::ffi::KeyProviderInfo;
use super::{capi, cng, ffi};
use crate::attempt::{Attempt, Failure};
use crate::certificate::Certificate;
use crate::error::StoreError;
use crate::secret::PrivateKey;
use crate::transport::{private_key_of_pkcs12, random_password};

/// The provider type of every KSP of CNG.
const CNG: u32 = 0;

/// What came of asking the provider.
pub(super) struct Asked {
    /// What it said of the key's policy.
    pub(super) policy: Policy,
    /// The ways tried.
    pub(super) attempt: Attempt<OsError>,
}

impl Asked {
    /// The key could not be opened.
    pub(super) fn closed(error: OsError) -> Self {
        Self {
            policy: Policy::Closed,
            attempt: Attempt::refused(error),
        }
    }
}

/// The private key of a certificate. Windows is asked not to open a window if it is to be `silent`.
pub(super) fn export(
    context: &CertContext,
    certificate: &Certificate,
    info: &KeyProviderInfo,
    place: &KeyPlace,
    silent: bool,
) -> Result<PrivateKey, StoreError> {
    let Asked {
        policy,
        mut attempt,
    } = match info.provider_type {
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
