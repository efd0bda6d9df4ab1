use certstow_formats::certificate::EntryId;
use certstow_formats::chain::Include;
use certstow_formats::pkcs12::profile::Iterations;
use certstow_formats::secret::Password;
use certstow_formats::testing::identities;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::NonInteractive;
use certstow_platform::store::Store;
use certstow_platform::testing::{Liar, MemoryKey};
use certstow_platform::{OpenOptions, open, testing};

use super::*;
use crate::export::{Destination, Job, Options};

/// Exports the first identity to a file.
fn export(inventory: &mut Inventory, file: &Path) -> Exported {
    let options = Options {
        include: Include::None,
        iterations: Iterations::new(1_000).unwrap(),
        ..Options::default()
    };
    let destination = Destination::file(file);
    let id = inventory.certificates()[0].entry().id;
    let job = Job::new(inventory, &id, &options, destination).unwrap();
    let password = |_: &ListedCertificate| Ok(Password::new("correct horse".to_owned()));
    job.run(password, &mut NonInteractive, &mut |_| {}).unwrap()
}

fn inventory(stores: Vec<Box<dyn Store>>) -> Inventory {
    Inventory::of(stores).unwrap()
}

fn has_key(store: &dyn Store, id: &EntryId) -> bool {
    store.private_key(id, &mut NonInteractive).is_ok()
}

fn reason(deleted: Result<Vec<Warning>, Error>) -> String {
    match deleted {
        Err(Error::KeyNotDeleted { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn delete_key_keeps_certificate_and_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.p12");
    let store = testing::single("store", identities::ec_identity());
    let mut inventory = inventory(vec![Box::new(store.clone())]);
    may_delete_key(&inventory, &inventory.certificates()[0], &file).unwrap();
    let report = export(&mut inventory, &file);
    let warnings = delete_key(&mut inventory, &report, &mut NonInteractive).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let listing = store.list().unwrap();
    assert_eq!(listing.entries[0].key, KeyState::Missing);
    assert!(file.exists());
}

#[test]
fn delete_key_refuses_an_unproven_export() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.p12");
    let store = testing::single("store", identities::ec_identity());
    let mut inventory = inventory(vec![Box::new(store.clone())]);
    let report = export(&mut inventory, &file);
    let mut delete = |report: &Exported| {
        let refused = reason(delete_key(&mut inventory, report, &mut NonInteractive));
        assert!(has_key(&store, &report.id), "{refused}");
        refused
    };

    let unsigned = Exported {
        verified: vec!["certificate", "key"],
        ..report.clone()
    };
    assert!(delete(&unsigned).contains("could not be shown to sign"));
    let to_stream = Exported {
        file: None,
        ..report.clone()
    };
    assert!(delete(&to_stream).contains("no file"));
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    assert!(delete(&report).contains("not what was saved"));
    fs::remove_file(&file).unwrap();
    assert!(delete(&report).contains("not what was saved"));
}

#[test]
fn delete_key_warns_of_other_copies() {
    let folder = tempfile::tempdir().unwrap();
    let first = testing::single("first", identities::ec_identity());
    let second = testing::single("second", identities::ec_identity());
    // As a certificate that was renewed with its key.
    let identities::Identity { key, leaf, .. } = identities::ec_identity();
    let renewed = identities::leaf(leaf.spki_der(), ("20210101000000Z", "21210101000000Z"));
    first.insert(renewed.clone(), None, MemoryKey::Exportable(key));
    let mut inventory = inventory(vec![Box::new(first.clone()), Box::new(second.clone())]);
    let report = export(&mut inventory, &folder.path().join("a.p12"));
    let warnings = delete_key(&mut inventory, &report, &mut NonInteractive).unwrap();
    let [shared, elsewhere] = warnings.as_slice() else {
        panic!("{warnings:?}");
    };
    assert!(shared.text.contains("has the same private key"), "{shared}");
    assert!(elsewhere.text.starts_with("file:second has"), "{elsewhere}");
    assert!(!has_key(&first, &report.id));
    assert!(has_key(&first, &renewed.id()));
    assert!(has_key(&second, &report.id));
}

#[test]
fn delete_key_reports_failure_and_keeps_file() {
    let answers: [(testing::Remove, &str); 4] = [
        (
            |_| {
                Err(StoreError::NotRemoved {
                    place: "store".to_owned(),
                    reason: "it is in hardware".to_owned(),
                    source: Some("the system's word".into()),
                })
            },
            "it is in hardware",
        ),
        (|_| Ok(()), "still has it"),
        (|_| Err(StoreError::Cancelled), "cancelled"),
        (
            |store| {
                store.fail_next(StoreError::Unavailable {
                    store: "store".to_owned(),
                    reason: "unplugged".to_owned(),
                    source: None,
                });
                Ok(())
            },
            "it is deleted, and cannot be looked at: store store is not available: unplugged",
        ),
    ];
    for (remove, expected) in answers {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.p12");
        let store = testing::single("store", identities::ec_identity());
        let liar = Liar {
            remove,
            ..Liar::new(store)
        };
        let mut inventory = inventory(vec![Box::new(liar)]);
        let report = export(&mut inventory, &file);
        let refused = delete_key(&mut inventory, &report, &mut NonInteractive).unwrap_err();
        assert!(matches!(refused, Error::KeyNotDeleted { .. }));
        assert!(refused.to_string().contains(expected), "{refused}");
        assert!(refused.to_string().contains("was saved"), "{refused}");
        let system = std::error::Error::source(&refused).map(ToString::to_string);
        assert_eq!(system.is_some(), expected.contains("hardware"));
        assert!(file.exists());
    }
}

/// "Not deleted" would be wrong, and so would "deleted".
#[test]
fn delete_key_reports_a_half_done_removal() {
    let half_done: testing::Remove = |_| {
        Err(StoreError::HalfDone {
            place: "store".to_owned(),
            reason: "its private key is deleted, but the store is not written".to_owned(),
            source: None,
        })
    };
    let folder = tempfile::tempdir().unwrap();
    let store = testing::single("store", identities::ec_identity());
    let liar = Liar {
        remove: half_done,
        ..Liar::new(store)
    };
    let mut inventory = inventory(vec![Box::new(liar)]);
    let report = export(&mut inventory, &folder.path().join("a.p12"));
    let error = delete_key(&mut inventory, &report, &mut NonInteractive).unwrap_err();
    assert!(matches!(error, Error::Store(StoreError::HalfDone { .. })));
    assert!(error.to_string().contains("key is deleted, but"), "{error}");
}

#[test]
fn delete_key_refuses_an_unlistable_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = testing::single("store", identities::ec_identity());
    let mut inventory = inventory(vec![Box::new(store.clone())]);
    let report = export(&mut inventory, &folder.path().join("a.p12"));
    store.fail_next(StoreError::Unavailable {
        store: "store".to_owned(),
        reason: "unplugged".to_owned(),
        source: None,
    });
    let refused = reason(delete_key(&mut inventory, &report, &mut NonInteractive));
    assert!(refused.contains("unplugged"), "{refused}");
    assert!(has_key(&store, &report.id));
}

/// A folder with the sample identity of Grace.
fn folder_of_grace() -> (tempfile::TempDir, PathBuf) {
    let outside = tempfile::tempdir().unwrap();
    let store = outside.path().join("store");
    fs::create_dir(&store).unwrap();
    let grace =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/personal/grace-example.pem");
    fs::copy(grace, store.join("grace.pem")).unwrap();
    (outside, store)
}

#[test]
fn may_delete_key_refuses_file_inside_store() {
    let (outside, store) = folder_of_grace();
    let opened = open(&StoreSpec::File(store.clone()), &OpenOptions::default()).unwrap();
    let inventory = inventory(vec![opened]);
    let identity = &inventory.certificates()[0];
    fs::create_dir(store.join("deep")).unwrap();
    for file in ["store/a.p12", "store/deep/a.p12", "store/../store/a.p12"] {
        let refused = may_delete_key(&inventory, identity, &outside.path().join(file));
        assert!(matches!(refused, Err(Error::Contradiction(_))), "{file}");
    }
    for file in ["a.p12", "store.p12", "none/a.p12"] {
        may_delete_key(&inventory, identity, &outside.path().join(file)).unwrap();
    }
    let one_file = StoreSpec::File(store.join("grace.pem"));
    let opened = open(&one_file, &OpenOptions::default()).unwrap();
    let inventory = self::inventory(vec![opened]);
    let identity = &inventory.certificates()[0];
    assert!(may_delete_key(&inventory, identity, &store.join("grace.pem")).is_err());
    may_delete_key(&inventory, identity, &store.join("a.p12")).unwrap();
}

#[cfg(unix)]
#[test]
fn delete_key_refuses_export_behind_store_link() {
    let (outside, store) = folder_of_grace();
    let elsewhere = outside.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, store.join("link")).unwrap();
    let opened = open(&StoreSpec::File(store), &OpenOptions::default()).unwrap();
    let mut inventory = inventory(vec![opened]);
    let report = export(&mut inventory, &elsewhere.join("a.p12"));
    let refused = reason(delete_key(&mut inventory, &report, &mut NonInteractive));
    assert!(refused.contains("lies in that store"), "{refused}");
    assert!(has_key(&*inventory.stores()[0], &report.id));
}
