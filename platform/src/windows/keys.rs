//! The private keys that Microsoft's software providers keep for an account or the computer, by their
//! public halves: those of CAPI's RSA containers (CryptGetProvParam with PP_ENUMCONTAINERS) and those of
//! CNG (NCryptEnumKeys). Providers that keep keys in hardware are never asked, so that no card is
//! touched; what opens a window is passed over. Source: Microsoft's documentation of wincrypt.h and
//! ncrypt.h.

use certstow_formats::key::public_value;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND,
};

use super::codes::{Meaning, OsError, meaning};
use super::container::names_container;
use super::ffi::{self, KeyProviderInfo};
use super::handle::Handle;
use super::kept::Kept;
use super::key::CNG;
use super::{capi, cng, provider};
use crate::error::StoreError;
use crate::lone_key::{LoneKey, PublicHalf};
use crate::spec::SystemStoreLocation;

/// All keys of a location.
pub(super) fn all(location: SystemStoreLocation) -> Result<Vec<Kept>, OsError> {
    let machine = location == SystemStoreLocation::LocalMachine;
    let mut all = Vec::new();
    for keys in [capi::keys(machine), cng::keys(machine)] {
        match keys {
            Ok(keys) => all.extend(keys),
            Err(error) if has_none(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Whether a provider has no keys to tell of: Wine's keeps none, and there may be no folder of keys, or
/// none that this account may look into, as with the computer's.
fn has_none(error: &OsError) -> bool {
    let unseen = [
        ERROR_FILE_NOT_FOUND,
        ERROR_PATH_NOT_FOUND,
        ERROR_ACCESS_DENIED,
    ];
    unseen.contains(&error.plain_code())
        || matches!(meaning(error), Meaning::NoSuchExport | Meaning::Denied)
}

/// The keys of a store's location that none of its certificates names.
pub(super) fn alone(store: &Handle) -> Result<Vec<LoneKey>, StoreError> {
    if !store.store.has_keys() {
        return Ok(Vec::new());
    }
    let named: Vec<_> = store
        .contexts()?
        .iter()
        .filter_map(|context| ffi::key_provider_info(context).ok().flatten())
        .collect();
    let keys = all(store.store.location).map_err(|error| store.unreachable(error))?;
    let is_alone = |key: &Kept| !named.iter().any(|named| names_container(named, &key.info));
    let mut alone: Vec<_> = keys.into_iter().filter(is_alone).map(lone_key).collect();
    alone.sort_by(|one, other| one.place.cmp(&other.place));
    Ok(alone)
}

fn lone_key(key: Kept) -> LoneKey {
    let KeyProviderInfo {
        container,
        provider,
        ..
    } = key.info;
    LoneKey {
        place: format!("the key container {container} ({provider})"),
        label: None,
        public_half: PublicHalf::Value(key.public),
    }
}

/// What the container that a certificate names says of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// It has the private key.
    Its,
    /// It is not there, or has another key.
    NotIts,
    /// It does not tell, or is not asked: a provider of others, or one of hardware, may want a card.
    Untold,
}

/// Compares a container's key with a `SubjectPublicKeyInfo`.
pub(super) fn holds(info: &KeyProviderInfo, spki_der: &[u8]) -> Holds {
    if !provider::is_software(&info.provider) {
        return Holds::Untold;
    }
    let told = match info.provider_type {
        CNG => cng::public_value(info),
        _ => capi::public_value(info),
    };
    match told {
        Ok(Some(own)) if public_value(spki_der).as_ref() == Some(&own) => Holds::Its,
        Ok(Some(_)) => Holds::NotIts,
        Ok(None) => Holds::Untold,
        Err(error) if meaning(&error) == Meaning::NoKey => Holds::NotIts,
        Err(_) => Holds::Untold,
    }
}
