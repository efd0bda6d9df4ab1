use std::collections::HashSet;

use certstow_platform::store::NotExportable;
use certstow_platform::testing::{MemoryKey, MemoryStore, Sample};

use super::*;

fn inventory(stores: Vec<MemoryStore>) -> Inventory {
    let boxed = |store: MemoryStore| -> Box<dyn Store> { Box::new(store) };
    Inventory::of(stores.into_iter().map(boxed).collect()).unwrap()
}

/// A store that holds the P-256 sample with this key.
fn with_key(name: &str, key: MemoryKey) -> MemoryStore {
    let store = MemoryStore::new(name);
    store.insert(Sample::P256.certificate().unwrap(), None, key);
    store
}

fn denied() -> StoreError {
    StoreError::AccessDenied {
        place: "issuers".to_owned(),
        source: None,
    }
}

#[test]
fn inventory_merges_stores_with_best_key_first() {
    let stores = vec![
        with_key("none", MemoryKey::Missing),
        with_key("kept", MemoryKey::Kept(NotExportable::Policy)),
        with_key("locked", MemoryKey::Locked(Sample::P256.key().unwrap())),
        with_key("open", MemoryKey::Exportable(Sample::P256.key().unwrap())),
    ];
    let inventory = inventory(stores);
    let [identity] = inventory.certificates() else {
        panic!("one certificate is one identity");
    };
    let order: Vec<String> = identity
        .entries()
        .iter()
        .map(|stored| inventory.store_name(stored.store))
        .collect();
    assert_eq!(
        order,
        ["file:open", "file:locked", "file:kept", "file:none"]
    );
    assert!(identity.has_key());
    assert_eq!(identity.thumbprint().len(), 40);
}

#[test]
fn inventory_prefers_first_store_among_equal_keys() {
    let open = |name| with_key(name, MemoryKey::Exportable(Sample::P256.key().unwrap()));
    let inventory = inventory(vec![open("first"), open("second")]);
    let identity = &inventory.certificates()[0];
    assert_eq!(
        inventory.store_name(identity.entries()[0].store),
        "file:first"
    );
}

#[test]
fn inventory_problems_name_their_store() {
    let stores = ["one", "two"].map(|name| MemoryStore::with(name, &[Sample::Malformed]));
    let inventory = inventory(stores.into());
    let of: Vec<_> = inventory
        .problems()
        .iter()
        .map(|problem| &problem.store)
        .collect();
    assert_eq!(of, ["file:one", "file:two"]);
}

#[test]
fn inventory_of_fails_for_unlistable_store() {
    let store = MemoryStore::new("memory");
    store.fail_next(denied());
    assert!(matches!(
        Inventory::of(vec![Box::new(store)]),
        Err(Error::Store(_))
    ));
}

#[test]
fn certification_path_spans_all_stores() {
    let inventory = inventory(vec![
        MemoryStore::with("leaf", &[Sample::P256]),
        MemoryStore::with("issuer", &[Sample::Issuer]),
    ]);
    let leaf = Sample::P256.certificate().unwrap();
    let (path, problems) = inventory.certification_path(&leaf);
    assert_eq!(path.certificates.len(), 2);
    assert_eq!(path.end, PathEnd::Root);
    assert!(problems.is_empty());
}

#[test]
fn certification_path_reports_unreadable_issuers() {
    let issuers = MemoryStore::with("issuer", &[Sample::Issuer]);
    let inventory = inventory(vec![
        MemoryStore::with("leaf", &[Sample::P256]),
        issuers.clone(),
    ]);
    issuers.fail_next(denied());
    let (path, problems) = inventory.certification_path(&Sample::P256.certificate().unwrap());
    assert!(matches!(path.end, PathEnd::MissingIssuer { .. }));
    assert!(
        problems.iter().any(|text| text.contains("file:issuer")),
        "{problems:?}"
    );
}

#[test]
fn mark_backed_up_marks_stores_with_key() {
    let now = UnixTime::new(1_704_067_200);
    let open = |name| with_key(name, MemoryKey::Exportable(Sample::P256.key().unwrap()));
    let stores = [
        open("one"),
        open("refuses"),
        with_key("none", MemoryKey::Missing),
    ];
    let id = Sample::P256.certificate().unwrap().id();
    let mut read = inventory(stores.to_vec());
    assert_eq!(read.certificates()[0].backed_up(), None);
    stores[1].fail_next(denied());
    let not_marked = read.mark_backed_up(&HashSet::from([id]), now);
    let not_marked: Vec<_> = not_marked
        .iter()
        .map(|failed| (failed.store.as_str(), failed.certificates))
        .collect();
    assert_eq!(not_marked, [("file:refuses", 1)]);

    let told = stores.map(|store| store.list().unwrap().entries[0].backed_up);
    assert_eq!(told, [Some(now), None, None]);
}

#[test]
fn backed_up_returns_the_latest_time() {
    let times = [1_704_067_200, 1_704_067_300].map(UnixTime::new);
    let [_, latest] = times;
    let mut stores = times.map(|when| {
        let mut store = with_key("store", MemoryKey::Missing);
        let id = Sample::P256.certificate().unwrap().id();
        store.mark_backed_up(&id, when).unwrap();
        store
    });
    stores.reverse();
    let read = inventory(stores.to_vec());
    assert_eq!(read.certificates()[0].backed_up(), Some(latest));
}
