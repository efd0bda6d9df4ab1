//! Entries and stores of one identity.

use certstow_formats::testing::identities::{Identity, ec_identity};

use super::memory::{MemoryKey, MemoryStore};
use crate::store::{Entry, KeyState};

/// An entry without label and properties.
pub fn entry() -> Entry {
    let certificate = ec_identity().leaf;
    Entry {
        pending: certificate.is_pending(),
        id: certificate.id(),
        certificate,
        label: None,
        key: KeyState::Exportable,
        provider: None,
        container: None,
        archived: false,
        backed_up: None,
        places: vec!["sample".to_owned()],
        properties: Vec::new(),
    }
}

/// A store in memory by this name that holds an identity.
pub fn single(name: &str, identity: Identity) -> MemoryStore {
    let store = MemoryStore::new(name);
    store.insert(identity.leaf, None, MemoryKey::Exportable(identity.key));
    store
}
