//! Joining a certificate with a private key that the account or the computer has: that of another
//! certificate of the store, of `My` or of `REQUEST`, where Windows keeps what was asked of CAs, with a
//! dummy certificate for each key; or else any key that Microsoft's software providers keep, as
//! `certutil -repairstore` finds it. The key container stays as it is; the certificate names it
//! (CERT_KEY_PROV_INFO_PROP_ID). CryptFindCertificateKeyProvInfo is not called: it would ask providers
//! of smart cards, too.

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key::{public_value, same_public_key};
use windows_sys::Win32::Foundation::ERROR_FILE_NOT_FOUND;

use super::change::{self, Value};
use super::codes::OsError;
use super::ffi::{self, KeyProviderInfo};
use super::handle::Handle;
use super::keys::{self, Holds, holds};
use super::placing::{Before, Placing};
use super::properties::FRIENDLY_NAME;
use super::wide;
use crate::error::StoreError;
use crate::spec::SystemStore;
use crate::store::NewCertificate;

/// Joins them; no window opens for it.
pub(super) fn attach(store: &Handle, new: &NewCertificate<'_>) -> Result<EntryId, StoreError> {
    let certificate = new.certificate;
    let place = store.place(certificate.der());
    let before = Before::read(store, certificate, std::iter::once(FRIENDLY_NAME))?;
    let named = before.as_ref().and_then(|before| before.key.as_ref());
    // What it names may be gone, or another's.
    if named.is_some_and(|key| holds(key, certificate.spki_der()) != Holds::NotIts) {
        return Err(StoreError::AlreadyThere { place });
    }
    let Some(found) = find(store, certificate)? else {
        return Err(StoreError::KeyMissing { place });
    };
    let writable = change::check_writable(&store.store);
    writable.map_err(|error| store.unreachable(error))?;

    let has_name = before
        .as_ref()
        .and_then(|there| there.property(FRIENDLY_NAME));
    let name = match new.label {
        Some(label) => Some(wide::property(label)),
        None if has_name.is_some() => None,
        None => found.name,
    };
    let properties: Vec<Value> = name
        .map(|name| (FRIENDLY_NAME, Some(name)))
        .into_iter()
        .collect();
    let mut placing = Placing::new(store, certificate, &place, before);
    placing.add_issuers(new.issuers)?;
    placing.write(&properties, &found.key)?;
    if store.find(&certificate.id())?.key.as_ref() != Some(&found.key) {
        let reason = "the store does not name its key container afterwards";
        return Err(StoreError::not_imported(&place, reason, None));
    }
    placing.stay();
    Ok(certificate.id())
}

/// A private key that is the certificate's.
struct Found {
    key: KeyProviderInfo,
    /// The friendly name of the certificate that names the key, as its property.
    name: Option<Vec<u8>>,
}

fn find(store: &Handle, certificate: &Certificate) -> Result<Option<Found>, StoreError> {
    let found = find_named(store, certificate).and_then(|found| match found {
        Some(found) => Ok(Some(found)),
        None => find_kept(store, certificate),
    });
    found.map_err(|error| store.unreachable(error))
}

/// The key that another certificate names.
fn find_named(store: &Handle, certificate: &Certificate) -> Result<Option<Found>, OsError> {
    let spki = certificate.spki_der();
    let location = store.store.location;
    let names = [store.store.name.as_str()].into_iter();
    for name in names.chain(SystemStore::WITH_KEYS) {
        let name = name.to_owned();
        for context in contexts(&SystemStore { location, name })? {
            let is_of_key = Certificate::from_der(context.to_der())
                .is_ok_and(|other| same_public_key(other.spki_der(), spki));
            let Some(key) = ffi::key_provider_info(&context)?.filter(|_| is_of_key) else {
                continue;
            };
            // What is in hardware stays closed: its certificate has the public half.
            let in_hardware = super::provider::hardware(&key.provider).is_some();
            if in_hardware || holds(&key, spki) == Holds::Its {
                let name = ffi::property(&context, FRIENDLY_NAME)?;
                return Ok(Some(Found { key, name }));
            }
        }
    }
    Ok(None)
}

/// The certificates of a store; none if there is no such store.
fn contexts(store: &SystemStore) -> Result<Vec<schannel::cert_context::CertContext>, OsError> {
    match ffi::open(store) {
        Ok(store) => ffi::certificates(&store),
        Err(error) if error.plain_code() == ERROR_FILE_NOT_FOUND => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The key that a provider keeps.
fn find_kept(store: &Handle, certificate: &Certificate) -> Result<Option<Found>, OsError> {
    let Some(public) = public_value(certificate.spki_der()) else {
        return Ok(None);
    };
    let kept = keys::all(store.store.location)?.into_iter();
    let key = kept
        .filter(|kept| kept.public == public)
        .map(|kept| kept.info)
        .next();
    Ok(key.map(|key| Found { key, name: None }))
}
