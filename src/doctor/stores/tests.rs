use certstow_formats::testing::identities;
use certstow_platform::store::{NotExportable, Problem, ProblemKind};
use certstow_platform::testing::{MemoryKey, MemoryStore};

use super::*;

fn with_key(key: MemoryKey) -> MemoryStore {
    let store = MemoryStore::new("one");
    store.insert(identities::ec_identity().leaf, Some("Ada"), key);
    store
}

fn examine(store: &MemoryStore) -> [Check; 2] {
    let listing = store.list().unwrap();
    let info = store.info();
    [
        summary("memory", &info, &listing),
        keys("memory", store, &listing),
    ]
}

#[test]
fn keys_check_accepts_signing_key() {
    let store = with_key(MemoryKey::Exportable(identities::ec_identity().key));
    let [summary, keys] = examine(&store);
    assert_eq!(summary.found, "identities: 1; private keys: 1 exportable");
    assert_eq!(keys.status, Status::Ok);
    assert_eq!(keys.found, "the key of Ada came out, and signs");
}

#[test]
fn keys_check_reports_keys_that_cannot_sign() {
    for (identity, status, advice) in [
        (identities::x25519_identity(), Status::Ok, false),
        (identities::ed448_identity(), Status::Warning, true),
    ] {
        let store = certstow_platform::testing::single("one", identity);
        let [_, check] = examine(&store);
        assert_eq!(check.status, status, "{check:?}");
        assert!(check.found.contains("does not sign with"), "{check:?}");
        let advised = check
            .advice
            .is_some_and(|advice| advice.contains("--allow-unproven"));
        assert_eq!(advised, advice);
    }
}

#[test]
fn keys_check_fails_for_undecryptable_key() {
    let store = with_key(MemoryKey::Exportable(identities::ec_identity().key));
    let listing = store.list().unwrap();
    store.fail_next(StoreError::KeyUnreadableHere {
        place: "Ada".to_owned(),
        source: None,
    });
    let check = keys("memory", &store, &listing);
    assert_eq!((check.status, check.exit), (Status::Failed, Exit::Store));
    assert!(check.advice.is_some_and(|advice| advice.contains("S4U")));
}

#[test]
fn keys_check_rejects_wrong_or_damaged_key() {
    let other = with_key(MemoryKey::Exportable(identities::rsa_identity().key));
    let damaged = with_key(MemoryKey::Damaged);
    for store in [other, damaged] {
        let [_, check] = examine(&store);
        assert_eq!(check.status, Status::Failed, "{check:?}");
        assert_eq!(check.exit, Exit::KeyUnavailable);
    }
}

#[test]
fn keys_check_warns_without_exportable_key() {
    let store = with_key(MemoryKey::Kept(NotExportable::Policy));
    let [summary, keys] = examine(&store);
    assert!(summary.found.ends_with("1 not exportable"));
    assert_eq!(keys.status, Status::Warning);
    assert_eq!(keys.found, "no key to try");
}

#[test]
fn locked_check_fails_for_locked_keys() {
    let store = with_key(MemoryKey::Exportable(identities::rsa_identity().key));
    let locked = |store: &MemoryStore, unlocks| {
        locked::check("memory", store, &store.list().unwrap(), unlocks)
    };
    assert_eq!(locked(&store, false), None);
    let key = MemoryKey::Locked(identities::ec_identity().key);
    store.insert(identities::rsa_identity().leaf, Some("Luise"), key);
    let [summary, _] = examine(&store);
    assert!(summary.found.ends_with("1 exportable, 1 locked"));
    let check = locked(&store, false).unwrap();
    assert_eq!(outcome_of(&check), (Status::Failed, Exit::Partial));
    assert_eq!(
        check.found,
        "nothing gives the password of 1 locked key, of Luise"
    );
    assert!(check.advice.unwrap().contains("--unlock-password-file"));
    // This store was given none, so that it would have to ask.
    let check = locked(&store, true).unwrap();
    assert_eq!(outcome_of(&check), (Status::Failed, Exit::Partial));
    assert!(check.found.starts_with("1 locked key did not come out"));
}

#[test]
fn keys_check_tolerates_store_without_keys() {
    for store in [MemoryStore::new("empty"), with_key(MemoryKey::Missing)] {
        let [summary, keys] = examine(&store);
        assert_eq!(summary.found, "no identities");
        assert_eq!(keys.found, "no key to try");
    }
}

#[test]
fn summary_fails_for_unreadable_files() {
    let store = with_key(MemoryKey::Exportable(identities::ec_identity().key));
    let mut listing = store.list().unwrap();
    listing.problems.push(Problem {
        kind: ProblemKind::Unreadable,
        place: "broken.pem".to_owned(),
        message: "it is cut short".to_owned(),
    });
    let check = summary("memory", &store.info(), &listing);
    assert_eq!(outcome_of(&check), (Status::Failed, Exit::Partial));
    assert!(
        check
            .advice
            .is_some_and(|advice| advice.starts_with("1 of"))
    );
}

#[test]
fn store_check_fails_for_missing_store() {
    let nowhere: StoreSpec = "file:/no/such/folder".parse().unwrap();
    let (checks, _) = check(&nowhere, &OpenOptions::default(), &Filters::default());
    assert_eq!(checks.len(), 1);
    assert_eq!(outcome_of(&checks[0]), (Status::Failed, Exit::Store));
}

fn outcome_of(check: &Check) -> (Status, Exit) {
    (check.status, check.exit)
}
