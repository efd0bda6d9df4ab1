//! Compares the folder of a backup with the stores that it was made from. An attacker who can write to
//! the folder can replace files, rewrite the manifest, and seal a password to the escrow certificate,
//! but cannot change the stores: the replacement has another thumbprint than the identity in the
//! store, and that identity is missing from the folder.

use std::collections::{HashMap, HashSet};

use certstow_platform::store::KeyState;

use super::manifest::{self, Saved};
use crate::identity::{Inventory, ListedCertificate, StoreProblem};

/// How a folder compares with stores.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// How many identities of the stores are in the folder.
    pub present: usize,
    /// Those that are not in it, with an exportable key.
    pub absent: Vec<Absent>,
    /// Those that are not, and whose private key is not exportable.
    pub kept_back: Vec<Absent>,
    /// The identities of the folder that are in none of the stores.
    pub foreign: Vec<Foreign>,
    /// What could not be read in the stores.
    pub problems: Vec<StoreProblem>,
}

/// An identity of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// The SHA-1 thumbprint.
    pub thumbprint: String,
    /// The label.
    pub label: String,
    /// The store's name.
    pub store: String,
}

/// An identity of the folder that is in none of the stores: it left them, or somebody put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The file's name in the folder.
    pub file: String,
    /// The SHA-1 thumbprint.
    pub thumbprint: String,
    /// The label.
    pub label: String,
    /// An identity of the stores with the same label or subject and another certificate.
    pub namesake: Option<Absent>,
}

/// Compares what a folder holds with the identities of stores.
pub(super) fn compare(stores: &Inventory, held: Vec<Saved>) -> Comparison {
    let identities: Vec<_> = stores.identities().collect();
    let of_folder: HashSet<&str> = held.iter().map(sha256_of).collect();
    let mut comparison = Comparison {
        problems: stores.problems().to_vec(),
        ..Comparison::default()
    };
    let mut of_stores = HashSet::new();
    for &identity in &identities {
        let sha256 = manifest::key(&identity.entry().id);
        let known = of_folder.contains(sha256.as_str());
        of_stores.insert(sha256);
        match identity.entry().key {
            _ if known => comparison.present += 1,
            KeyState::NotExportable(_) => comparison.kept_back.push(absent(stores, identity)),
            _ => comparison.absent.push(absent(stores, identity)),
        }
    }
    let mut foreign = held;
    foreign.retain(|held| !of_stores.contains(sha256_of(held)));
    if foreign.is_empty() {
        return comparison;
    }
    // The first of several with one name.
    let (mut subjects, mut labels) = (HashMap::new(), HashMap::new());
    for &identity in &identities {
        subjects.entry(identity.subject()).or_insert(identity);
        labels.entry(identity.label()).or_insert(identity);
    }
    comparison.foreign = foreign
        .into_iter()
        .map(|held| {
            let named = |name: &&String| !name.is_empty();
            let by_subject = Some(&held.subject).filter(named);
            let by_label = Some(&held.label).filter(named);
            let namesake = by_subject.and_then(|subject| subjects.get(subject));
            let namesake = namesake.or_else(|| labels.get(by_label?));
            Foreign {
                namesake: namesake.map(|identity| absent(stores, identity)),
                file: held.file,
                thumbprint: held.thumbprint.sha1,
                label: held.label,
            }
        })
        .collect();
    comparison
}

fn sha256_of(held: &Saved) -> &str {
    &held.thumbprint.sha256
}

fn absent(stores: &Inventory, identity: &ListedCertificate) -> Absent {
    Absent {
        thumbprint: identity.thumbprint(),
        label: identity.label(),
        store: stores.store_name(identity.entries()[0].store),
    }
}

#[cfg(test)]
mod tests {
    use certstow_platform::store::{NotExportable, Store};
    use certstow_platform::testing::{MemoryKey, MemoryStore};

    use super::*;
    use certstow_formats::testing::identities;

    fn inventory(stores: Vec<MemoryStore>) -> Inventory {
        let boxed = |store| -> Box<dyn Store> { Box::new(store) };
        Inventory::of(stores.into_iter().map(boxed).collect()).unwrap()
    }

    #[test]
    fn compare_lists_unexportable_keys_as_kept_back() {
        let card = MemoryStore::new("card");
        let kept = MemoryKey::Kept(NotExportable::Policy);
        card.insert(identities::ec_identity().leaf, None, kept);
        let keyless = MemoryStore::new("keyless");
        keyless.insert(identities::issuers().remove(0), None, MemoryKey::Missing);
        let good = certstow_platform::testing::single("good", identities::rsa_identity());
        let stores = inventory(vec![card, keyless, good]);

        let nothing = compare(&stores, Vec::new());
        assert_eq!((nothing.present, nothing.absent.len()), (0, 1));
        assert_eq!(nothing.absent[0].store, "file:good");
        assert_eq!(nothing.kept_back.len(), 1);
        assert!(nothing.foreign.is_empty());

        let leaves = [
            identities::ec_identity().leaf,
            identities::rsa_identity().leaf,
        ];
        let held = leaves.map(|leaf| Saved::of("a.p12", &leaf));
        let all = compare(&stores, held.into());
        assert_eq!(all.present, 2);
        assert!(all.absent.is_empty() && all.kept_back.is_empty() && all.foreign.is_empty());
    }
}
