use std::fs;
use std::path::Path;

use certstow_formats::certificate::Certificate;
use certstow_formats::pkcs12::profile::Iterations;
use certstow_formats::proof::Level;
use certstow_formats::testing::{chain, container, derivations, identities};
use certstow_platform::error::StoreError;
use certstow_platform::store::{NonInteractive, NotExportable, Store};
use certstow_platform::testing;
use certstow_platform::testing::{MemoryKey, MemoryStore, files_read_below};

use super::*;
use crate::backup::manifest;

/// Backs the stores up into these folders.
fn backup(stores: &[&MemoryStore], folders: &[&Path]) -> RunReport {
    backup_of(&mut inventory(stores), folders)
}

fn inventory(stores: &[&MemoryStore]) -> Inventory {
    let boxed = |store: &&MemoryStore| -> Box<dyn Store> { Box::new((*store).clone()) };
    Inventory::of(stores.iter().map(boxed).collect()).unwrap()
}

fn backup_of(inventory: &mut Inventory, folders: &[&Path]) -> RunReport {
    backup_with(inventory, folders, |_| ())
}

/// The same, of a request that is changed first.
fn backup_with(
    inventory: &mut Inventory,
    folders: &[&Path],
    change: impl FnOnce(&mut Request<'_>),
) -> RunReport {
    let destinations: Vec<PathBuf> = folders.iter().map(|folder| folder.to_path_buf()).collect();
    let options = Options {
        iterations: Iterations::new(1).unwrap(),
        ..Options::default()
    };
    let mut request = Request::new(&destinations, &options);
    change(&mut request);
    let password = || Ok(Password::new("correct horse".to_owned()));
    run(
        inventory,
        &request,
        |_| Ok(false),
        password,
        &mut NonInteractive,
        &mut |_| {},
    )
    .unwrap()
}

fn rsa_store() -> MemoryStore {
    testing::single("rsa", identities::rsa_identity())
}

fn ec_store() -> MemoryStore {
    testing::single("ec", identities::ec_identity())
}

/// Whether the store was told of a copy of the only certificate it has.
fn is_marked(store: &MemoryStore) -> bool {
    only(store).backed_up.is_some()
}

fn only(store: &MemoryStore) -> certstow_platform::store::Entry {
    let mut entries = store.list().unwrap().entries;
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

fn p12_of(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let is_p12 = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "p12");
    files.find(is_p12).unwrap()
}

#[test]
fn run_marks_only_verified_copies() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (rsa_store(), ec_store());
    bad.damage(&only(&bad).id);
    let report = backup(&[&good, &bad], &[folder.path()]);
    assert!(!report.is_complete(false));
    assert!(is_marked(&good));
    assert!(!is_marked(&bad));
}

#[test]
fn run_marks_unchanged_copies_but_not_damaged() {
    let folder = tempfile::tempdir().unwrap();
    backup(&[&rsa_store()], &[folder.path()]);
    let again = rsa_store();
    let report = backup(&[&again], &[folder.path()]);
    assert_eq!(report.entries[0].copies[0].outcome, Outcome::Unchanged);
    assert!(is_marked(&again));

    // Nothing can mend the file where the key is gone.
    let file = p12_of(folder.path());
    let mut bytes = fs::read(&file).unwrap();
    bytes[200] ^= 1;
    fs::write(&file, bytes).unwrap();
    let without = rsa_store();
    without.damage(&only(&without).id);
    let report = backup(&[&without], &[folder.path()]);
    assert!(!report.is_complete(false));
    assert!(!is_marked(&without));
}

#[test]
fn run_ignores_failed_destinations_when_marking() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere/below");
    let store = rsa_store();
    let report = backup(&[&store], &[&nowhere]);
    assert!(report.failure().is_some());
    assert!(!is_marked(&store));
    // The other one counts.
    let report = backup(&[&store], &[&nowhere, folder.path()]);
    assert!(!report.is_complete(false));
    assert!(is_marked(&store));
}

#[test]
fn run_marks_nothing_if_one_copy_failed() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    backup(&[&rsa_store()], &[a.path()]);
    let name = p12_of(a.path());
    // No file can take the place of a folder.
    fs::create_dir(b.path().join(name.file_name().unwrap())).unwrap();
    let store = rsa_store();
    let report = backup(&[&store], &[a.path(), b.path()]);
    assert_eq!(report.entries[0].copies[0].outcome, Outcome::Unchanged);
    assert!(matches!(
        report.entries[0].copies[1].outcome,
        Outcome::Failed(_)
    ));
    assert!(!is_marked(&store));
}

#[test]
fn run_marks_every_store_with_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let certificate: Certificate = identities::rsa_identity().leaf;
    let (first, second) = (rsa_store(), rsa_store());
    let keyless = MemoryStore::new("keyless");
    keyless.insert(certificate, None, MemoryKey::Missing);
    backup(&[&keyless, &first, &second], &[folder.path()]);
    assert!(is_marked(&first) && is_marked(&second));
    assert!(!is_marked(&keyless));
}

#[test]
fn run_reports_unexportable_keys_as_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let card = MemoryStore::new("card");
    let kept = MemoryKey::Kept(NotExportable::Policy);
    card.insert(identities::ec_identity().leaf, None, kept);
    let good = rsa_store();
    let report = backup(&[&good, &card], &[folder.path()]);
    assert!(!report.is_complete(false));
    assert!(report.is_complete(true));
    let counts = report.counts(0);
    assert_eq!(
        (counts.written, counts.failed, counts.not_exportable),
        (1, 0, 1)
    );
    assert!(report.entries[1].key.as_ref().unwrap().known);
    assert!(is_marked(&good) && !is_marked(&card));
}

#[test]
fn run_warns_when_a_store_cannot_mark() {
    let folder = tempfile::tempdir().unwrap();
    backup(&[&rsa_store()], &[folder.path()]);
    let store = rsa_store();
    let mut inventory = inventory(&[&store]);
    store.fail_next(StoreError::AccessDenied {
        place: "file:rsa".to_owned(),
        source: None,
    });
    let report = backup_of(&mut inventory, &[folder.path()]);
    assert!(report.is_complete(false));
    let [warning] = report.warnings.as_slice() else {
        panic!("{:?}", report.warnings)
    };
    assert_eq!(warning.code, Code::NotMarked);
    let text = "was not told of the copies of 1 certificate";
    assert!(warning.text.contains(text), "{warning}");
}

/// A key of a kind that certstow does not sign with, and whose PKCS#8 has no public half.
fn unprovable_store() -> MemoryStore {
    let store = MemoryStore::new("unprovable");
    let key = MemoryKey::Exportable(chain::key("ed448"));
    store.insert(chain::certificate("ed448-root"), None, key);
    store
}

/// How many warnings speak of what cannot be proven.
fn of_proofs(entry: &EntryReport) -> usize {
    let warnings = entry.warnings.iter();
    warnings
        .filter(|warning| warning.code == Code::Proof(Level::None))
        .count()
}

#[test]
fn run_stays_incomplete_with_unproven_keys() {
    let folder = tempfile::tempdir().unwrap();
    for outcome in [Outcome::New, Outcome::Unchanged] {
        let (good, unprovable) = (rsa_store(), unprovable_store());
        let report = backup(&[&good, &unprovable], &[folder.path()]);
        assert!(!report.is_complete(false), "{outcome:?}");
        let [proven, unproven] = report.entries.as_slice() else {
            panic!("{report:?}")
        };
        assert_eq!(proven.copies[0].proof, Some(Level::Signature));
        assert_eq!(unproven.copies[0].outcome, outcome);
        assert_eq!(unproven.copies[0].proof, Some(Level::None));
        assert!(unproven.copies[0].lacks_proof() && proven.copies[0].is_proven());
        assert_eq!(of_proofs(unproven), 1, "{unproven:?}");
        assert_eq!(report.counts(0).unproven, 1);
        // Windows is told of copies that are verified.
        assert!(is_marked(&good) && !is_marked(&unprovable));
    }
}

#[test]
fn run_remembers_accepted_unproven_keys() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run = |folders: &[&Path], allow: bool, rewrite: bool| {
        let store = unprovable_store();
        let report = backup_with(&mut inventory(&[&store]), folders, |request| {
            request.allow_unproven = allow;
            request.rewrite = rewrite;
        });
        assert!(!is_marked(&store));
        assert_eq!(of_proofs(&report.entries[0]), 1, "{report:?}");
        report
    };
    assert!(!run(&[a.path()], false, false).is_complete(false));
    let written = fs::read(p12_of(a.path())).unwrap();
    assert!(run(&[a.path()], true, false).is_complete(false));
    assert!(run(&[a.path()], false, false).is_complete(false));
    assert_eq!(fs::read(p12_of(a.path())).unwrap(), written);
    assert!(run(&[a.path()], false, true).is_complete(false));
    assert_ne!(fs::read(p12_of(a.path())).unwrap(), written);
    // Nobody has accepted it there.
    let both = run(&[a.path(), b.path()], false, false);
    assert!(!both.is_complete(false));
    assert_eq!((both.counts(0).unproven, both.counts(1).unproven), (0, 1));
}

#[test]
fn run_treats_older_manifest_entries_as_proven() {
    let folder = tempfile::tempdir().unwrap();
    backup(&[&unprovable_store()], &[folder.path()]);
    let manifest = folder.path().join(manifest::NAME);
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace(r#""proof":"none","#, "")).unwrap();
    let report = backup(&[&unprovable_store()], &[folder.path()]);
    assert_eq!(report.entries[0].copies[0].outcome, Outcome::Unchanged);
    assert!(report.is_complete(false));
}

#[test]
fn run_opens_a_source_file_only_twice() {
    let bytes = container::pkcs12(&identities::ec_identities(20), 105, false);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.p12");
    fs::write(&file, bytes).unwrap();
    let unlock = Password::new(certstow_formats::testing::PASSWORD.to_owned());
    let options = certstow_platform::OpenOptions::with_password(unlock);
    let store = certstow_platform::open_files(&[file], &options).unwrap();
    let mut inventory = Inventory::of(vec![store]).unwrap();
    let to = tempfile::tempdir().unwrap();
    let report = backup_of(&mut inventory, &[to.path()]);
    assert!(report.is_complete(false));
    assert_eq!(report.entries.len(), 20);
    // Once to list it, once to take the keys.
    assert_eq!(derivations(&[105; 16]), 2 * 20);
    assert_eq!(files_read_below(folder.path()), 2);
}
