//! Joining a certificate with a private key that the account or the computer has: that of another
//! certificate of the store, of `My` or of `REQUEST`, where Windows keeps what was asked of CAs, with a
//! dummy certificate for each key; or else any key that Microsoft's software providers keep, as
//! `certutil -repairstore` finds it. The key container stays as it is; the certificate names it
//! (CERT_KEY_PROV_INFO_PROP_ID). CryptFindCertificateKeyProvInfo is not called: it would ask providers
//! of smart cards, too.

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key::{public_value, same_public_key};

use super::change::{self, Value};
use super::codes::OsError;
use super::ffi::{self, KeyProviderInfo};
use super::handle::Handle;
use super::keys::{self, Holds, holds};
use super::placing::{Before, Placing};
use super::properties::FRIENDLY_NAME;
use super::{container, provider, wide};
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
    let found = find_named(store, certificate).and_then(|named| match named {
        Named::Compared(found) => Ok(Some(found)),
        Named::Closed(closed) => Ok(find_kept(store, certificate)?.or(closed)),
    });
    found.map_err(|error| store.unreachable(error))
}

/// A key that another certificate names, which has the same public key.
enum Named {
    /// The key itself has been compared.
    Compared(Found),
    /// None was; this one stays closed, as one in hardware does, and its certificate has its public half.
    Closed(Option<Found>),
}

fn find_named(store: &Handle, certificate: &Certificate) -> Result<Named, OsError> {
    let spki = certificate.spki_der();
    let location = store.store.location;
    let names = [store.store.name.as_str()].into_iter();
    let mut closed = None;
    for name in names.chain(SystemStore::WITH_KEYS) {
        let name = name.to_owned();
        for context in container::contexts(&SystemStore { location, name })? {
            let is_of_key = Certificate::from_der(context.to_der())
                .is_ok_and(|other| same_public_key(other.spki_der(), spki));
            let Some(key) = ffi::key_provider_info(&context)?.filter(|_| is_of_key) else {
                continue;
            };
            let compared = holds(&key, spki) == Holds::Its;
            if !compared && provider::is_software(&key.provider) {
                continue;
            }
            let name = ffi::property(&context, FRIENDLY_NAME)?;
            let found = Found { key, name };
            if compared {
                return Ok(Named::Compared(found));
            }
            closed.get_or_insert(found);
        }
    }
    Ok(Named::Closed(closed))
}

/// The key that a provider keeps.
fn find_kept(store: &Handle, certificate: &Certificate) -> Result<Option<Found>, OsError> {
    let Some(public) = public_value(certificate.spki_der()) else {
        return Ok(None);
    };
    let mut kept = keys::all(store.store.location)?.into_iter();
    let key = kept.find(|kept| kept.public == public);
    Ok(key.map(|kept| Found {
        key: kept.info,
        name: None,
    }))
}
