//! Searching keychains: SecItemCopyMatching, with user interaction switched off
//! (SecKeychainSetUserInteractionAllowed).

use certstow_formats::certificate::EntryId;
use security_framework::base::Error;
use security_framework::certificate::SecCertificate;
use security_framework::identity::SecIdentity;
use security_framework::item::{
    ItemClass, ItemSearchOptions, KeyClass, Limit, Reference, SearchResult,
};
use security_framework::os::macos::keychain::{KeychainUserInteractionLock, SecKeychain};

use super::ffi::{self, CertificateItem, KeyItem, status};
use super::found::{Found, whole_or_each};
use super::interaction::{Off, Switch};
use super::status::Status;

/// What a search that finds nothing ends with.
const ITEM_NOT_FOUND: i32 = -25300;

/// Whether windows may open in this process. It is off already, and stays so, where the program that
/// uses this library has switched it off.
static USER_INTERACTION: Switch<Option<KeychainUserInteractionLock>> = Switch::new();

/// While this lives, no window of the Security framework opens in this process.
pub(crate) type WithoutWindows = Off<Option<KeychainUserInteractionLock>>;

/// Switches windows off. What searches within calls this, too.
pub(crate) fn without_windows() -> Result<WithoutWindows, Status> {
    let failed = |error: Error| status("SecKeychainSetUserInteractionAllowed", error.code());
    USER_INTERACTION.off(|| match SecKeychain::user_interaction_allowed() {
        Ok(false) => Ok(None),
        _ => SecKeychain::disable_user_interaction()
            .map(Some)
            .map_err(failed),
    })
}

fn search(
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

/// The certificates, each with its label; without labels where macOS withholds one of them.
pub(super) fn certificates(keychains: &[SecKeychain]) -> Result<Found<CertificateItem>, Status> {
    let _silent = without_windows()?;
    let whole = search(ItemClass::certificate(), keychains, |options| {
        options.load_data(true).load_attributes(true)
    });
    let whole = whole.map(|found| {
        let items = found.iter().filter_map(|item| match item {
            SearchResult::Dict(attributes) => ffi::certificate_item(attributes),
            _ => None,
        });
        items.collect()
    });
    whole_or_each(whole, || {
        let item = |(_, der): CertificateRef| {
            Some(CertificateItem {
                der: der?,
                label: None,
            })
        };
        Ok(certificate_refs(keychains)?.into_iter().map(item).collect())
    })
}

/// A certificate in a keychain, and its DER if macOS gives it out.
pub(super) type CertificateRef = (SecCertificate, Option<Vec<u8>>);

/// The certificates as objects, to be changed or deleted.
pub(super) fn certificate_refs(keychains: &[SecKeychain]) -> Result<Vec<CertificateRef>, Status> {
    let _silent = without_windows()?;
    let found = search(ItemClass::certificate(), keychains, |options| {
        options.load_refs(true)
    })?;
    Ok(found
        .into_iter()
        .filter_map(|item| match item {
            SearchResult::Ref(Reference::Certificate(certificate)) => {
                let der = ffi::der(&certificate);
                Some((certificate, der))
            }
            _ => None,
        })
        .collect())
}

/// Whether there is a private key whose public half has this hash (kSecAttrApplicationLabel).
pub(super) fn has_private_key(keychain: &SecKeychain, hash: &[u8]) -> Result<bool, Status> {
    let _silent = without_windows()?;
    let keychains = std::slice::from_ref(keychain);
    let found = search(ItemClass::key(), keychains, |options| {
        let private = options.key_class(KeyClass::private());
        private.application_label(hash).load_refs(true)
    })?;
    Ok(!found.is_empty())
}

/// The private keys of a keychain, by what it says of them: none is opened.
pub(super) fn private_keys(keychain: &SecKeychain) -> Result<Vec<KeyItem>, Status> {
    let _silent = without_windows()?;
    let found = search(
        ItemClass::key(),
        std::slice::from_ref(keychain),
        |options| {
            let private = options.key_class(KeyClass::private());
            private.load_attributes(true)
        },
    )?;
    let keys = found.iter().filter_map(|item| match item {
        SearchResult::Dict(attributes) => ffi::key_item(attributes),
        _ => None,
    });
    Ok(keys.collect())
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
            let certificate = identity.certificate();
            if let Some(der) = certificate.ok().and_then(|one| ffi::der(&one)) {
                identities.push((EntryId::of(&der), identity));
            }
        }
    }
    Ok(identities)
}
