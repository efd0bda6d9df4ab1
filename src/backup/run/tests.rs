use std::fs;
use std::path::Path;

use certstow_platform::certificate::Certificate;
use certstow_platform::error::StoreError;
use certstow_platform::store::{NonInteractive, NotExportable, Store};
use certstow_platform::testing::{MemoryKey, MemoryStore};

use super::*;
use crate::exit::Exit;
use crate::export::Format;
use crate::output::Privacy;
use crate::pkcs12::profile::Iterations;
use crate::samples;

/// Backs the stores up into these folders.
fn backup(stores: &[&MemoryStore], folders: &[&Path]) -> Report {
    backup_of(&mut inventory(stores), folders)
}

fn inventory(stores: &[&MemoryStore]) -> Inventory {
    let boxed = |store: &&MemoryStore| -> Box<dyn Store> { Box::new((*store).clone()) };
    Inventory::of(stores.iter().map(boxed).collect()).unwrap()
}

fn backup_of(inventory: &mut Inventory, folders: &[&Path]) -> Report {
    let destinations: Vec<PathBuf> = folders.iter().map(|folder| folder.to_path_buf()).collect();
    let options = Options {
        format: Format::P12,
        include: crate::chain::Include::Full,
        properties: Default::default(),
        friendly_name: None,
        profile: Default::default(),
        iterations: Iterations::new(1).unwrap(),
        unencrypted_key: false,
    };
    let request = Request {
        destinations: &destinations,
        filters: &Filters::default(),
        options: &options,
        privacy: Privacy::Wanted,
        rewrite: false,
        prune_expired: None,
        escrow: None,
    };
    let password = || Ok(Password::new("correct horse".to_owned()));
    run(
        inventory,
        &request,
        password,
        &mut NonInteractive,
        &mut |_| {},
    )
    .unwrap()
}

fn rsa_store() -> MemoryStore {
    samples::store("rsa", samples::rsa_identity())
}

fn ec_store() -> MemoryStore {
    samples::store("ec", samples::ec_identity())
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
fn stores_are_told_of_verified_copies_and_of_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (rsa_store(), ec_store());
    bad.damage(&only(&bad).id);
    let report = backup(&[&good, &bad], &[folder.path()]);
    assert_eq!(report.exit(false), Exit::Partial);
    assert!(is_marked(&good));
    assert!(!is_marked(&bad));
}

#[test]
fn a_copy_that_is_as_it_was_written_is_told_again_and_a_damaged_one_is_not() {
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
    assert_eq!(report.exit(false), Exit::Partial);
    assert!(!is_marked(&without));
}

#[test]
fn a_destination_that_failed_has_no_copies_to_tell_of() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere/below");
    let store = rsa_store();
    let report = backup(&[&store], &[&nowhere]);
    assert_eq!(report.exit(false), Exit::Target);
    assert!(!is_marked(&store));
    // The other one counts.
    let report = backup(&[&store], &[&nowhere, folder.path()]);
    assert_eq!(report.exit(false), Exit::Partial);
    assert!(is_marked(&store));
}

#[test]
fn of_two_destinations_that_work_both_need_a_copy() {
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
fn every_store_that_has_the_key_is_told_and_one_without_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let certificate: Certificate = samples::rsa_identity().leaf;
    let (first, second) = (rsa_store(), rsa_store());
    let keyless = MemoryStore::new("keyless");
    keyless.insert(certificate, None, MemoryKey::Missing);
    backup(&[&keyless, &first, &second], &[folder.path()]);
    assert!(is_marked(&first) && is_marked(&second));
    assert!(!is_marked(&keyless));
}

#[test]
fn a_key_that_never_comes_out_is_reported_and_a_failure_only_unless_told() {
    let folder = tempfile::tempdir().unwrap();
    let card = MemoryStore::new("card");
    let kept = MemoryKey::Kept(NotExportable::Policy);
    card.insert(samples::ec_identity().leaf, None, kept);
    let good = rsa_store();
    let report = backup(&[&good, &card], &[folder.path()]);
    assert_eq!(report.exit(false), Exit::Partial);
    assert_eq!(report.exit(true), Exit::Done);
    let counts = report.counts(0);
    assert_eq!(
        (counts.written, counts.failed, counts.not_exportable),
        (1, 0, 1)
    );
    assert!(report.entries[1].key.as_ref().unwrap().known);
    assert!(is_marked(&good) && !is_marked(&card));
}

#[test]
fn a_store_that_cannot_note_it_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    backup(&[&rsa_store()], &[folder.path()]);
    let store = rsa_store();
    let mut inventory = inventory(&[&store]);
    store.fail_next(StoreError::AccessDenied {
        place: "file:rsa".to_owned(),
        source: None,
    });
    let report = backup_of(&mut inventory, &[folder.path()]);
    assert_eq!(report.exit(false), Exit::Done);
    let [warning] = report.warnings.as_slice() else {
        panic!("{:?}", report.warnings)
    };
    assert!(warning.contains("was not told of the copies of 1 certificate"));
}
