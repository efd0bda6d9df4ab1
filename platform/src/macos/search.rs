//! Searching keychains: SecItemCopyMatching, with user interaction switched off
//! (SecKeychainSetUserInteractionAllowed).

use certstow_formats::certificate::EntryId;
use security_framework::identity::SecIdentity;
use security_framework::item::{ItemClass, ItemSearchOptions, Limit, Reference, SearchResult};
use security_framework::os::macos::keychain::{KeychainUserInteractionLock, SecKeychain};

use super::ffi::{self, CertificateItem, status};
use super::status::Status;

/// What a search that finds nothing ends with.
const ITEM_NOT_FOUND: i32 = -25300;

/// While this lives, no window of the Security framework opens in this process.
pub(super) fn without_windows() -> Result<KeychainUserInteractionLock, Status> {
    SecKeychain::disable_user_interaction()
        .map_err(|error| status("SecKeychainSetUserInteractionAllowed", error.code()))
}

pub(super) fn search(
    class: ItemClass,
    keychains: &[SecKeychain],
    load: impl FnOnce(&mut ItemSearchOptions) -> &mut ItemSearchOptions,
) -> Result<Vec<SearchResult>, Status> {
    let mut options = ItemSearchOptions::new();
    load(&mut options)
        .class(class)
        .keychains(keychains)
        .limit(Limit::All);
    match options.search() {
        Ok(found) => Ok(found),
        Err(error) if error.code() == ITEM_NOT_FOUND => Ok(Vec::new()),
        Err(error) => Err(status("SecItemCopyMatching", error.code())),
    }
}

/// The certificates, each with its label.
pub(super) fn certificates(keychains: &[SecKeychain]) -> Result<Vec<CertificateItem>, Status> {
    let _silent = without_windows()?;
    let found = search(ItemClass::certificate(), keychains, |options| {
        options.load_data(true).load_attributes(true)
    })?;
    Ok(found
        .iter()
        .filter_map(|item| match item {
            SearchResult::Dict(attributes) => ffi::certificate_item(attributes),
            _ => None,
        })
        .collect())
}

/// The identities: which certificates have a private key, by the hash of the public one. Nothing is
/// asked of the keys themselves, for that may open a window.
pub(super) fn identities(keychains: &[SecKeychain]) -> Result<Vec<(EntryId, SecIdentity)>, Status> {
    let _silent = without_windows()?;
    let found = search(ItemClass::identity(), keychains, |options| {
        options.load_refs(true)
    })?;
    let mut identities = Vec::new();
    for item in found {
        if let SearchResult::Ref(Reference::Identity(identity)) = item {
            // One without is none, and its key is of no use.
            if let Ok(certificate) = identity.certificate() {
                identities.push((EntryId::of(&certificate.to_der()), identity));
            }
        }
    }
    Ok(identities)
}
