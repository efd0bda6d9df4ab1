//! Compares the folder of a backup with the stores that it was made from. An attacker who can write to
//! the folder can replace files, rewrite the manifest, and seal a password to the escrow certificate,
//! but cannot change the stores: the replacement has another thumbprint than the identity in the
//! store, and that identity is missing from the folder.

use std::collections::{HashMap, HashSet};

use certstow_formats::certificate::Certificate;
use certstow_formats::names;
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

/// An identity that a file is there for.
pub(super) struct Held {
    file: String,
    pub(super) sha256: String,
    sha1: String,
    label: String,
    subject: String,
}

impl Held {
    pub(super) fn of_saved(saved: &Saved) -> Self {
        Self {
            file: saved.file.clone(),
            sha256: saved.thumbprint.sha256.clone(),
            sha1: saved.thumbprint.sha1.clone(),
            label: saved.label.clone(),
            subject: saved.subject.clone(),
        }
    }

    pub(super) fn of_certificate(file: &str, certificate: &Certificate) -> Self {
        Self {
            file: file.to_owned(),
            sha256: manifest::key(&certificate.id()),
            sha1: names::thumbprint(certificate),
            label: certificate.parse().label(),
            subject: names::distinguished_name_of_der(certificate.subject_der()),
        }
    }
}

/// Compares what a folder holds with the identities of stores.
pub(super) fn compare(stores: &Inventory, held: Vec<Held>) -> Comparison {
    let identities: Vec<_> = stores.identities().collect();
    let of_folder: HashSet<&str> = held.iter().map(|held| held.sha256.as_str()).collect();
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
    foreign.retain(|held| !of_stores.contains(&held.sha256));
    if foreign.is_empty() {
        return comparison;
    }
    let named = by_name(&identities);
    comparison.foreign = foreign
        .into_iter()
        .map(|held| {
            let by_subject = named.get(&(Name::Subject, held.subject.clone()));
            let by_label = || named.get(&(Name::Label, held.label.clone()));
            let namesake = by_subject.or_else(by_label);
            Foreign {
                namesake: namesake.map(|identity| absent(stores, identity)),
                file: held.file,
                thumbprint: held.sha1,
                label: held.label,
            }
        })
        .collect();
    comparison
}

fn absent(stores: &Inventory, identity: &ListedCertificate) -> Absent {
    Absent {
        thumbprint: identity.thumbprint(),
        label: identity.label(),
        store: stores.store_name(identity.entries()[0].store),
    }
}

/// Which name of an identity.
#[derive(PartialEq, Eq, Hash)]
enum Name {
    Subject,
    Label,
}

/// The identities by their names, the first where several have one. What is empty is no name.
fn by_name<'a>(
    identities: &[&'a ListedCertificate],
) -> HashMap<(Name, String), &'a ListedCertificate> {
    let mut named = HashMap::new();
    for &identity in identities {
        let (subject, label) = (identity.subject(), identity.label());
        for name in [(Name::Subject, subject), (Name::Label, label)] {
            if !name.1.is_empty() {
                named.entry(name).or_insert(identity);
            }
        }
    }
    named
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
    fn compare_counts_keys_that_stay_in_their_store_apart() {
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
        let held = leaves.map(|leaf| Held::of_certificate("a.p12", &leaf));
        let all = compare(&stores, held.into());
        assert_eq!(all.present, 2);
        assert!(all.absent.is_empty() && all.kept_back.is_empty() && all.foreign.is_empty());
    }
}
