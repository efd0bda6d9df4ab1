//! Many private keys out of one file, and many identities into one folder.

use std::time::{Duration, SystemTime};

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::PrivateKey;
use certstow_formats::testing::writer;
use certstow_platform::store::{ExistingEntry, ImportOptions, NewIdentity};
use certstow_platform::testing::files_read_below;

use super::*;

const NAMES: [&str; 3] = ["P-256", "rsa", "ed25519"];

fn certificate(name: &str) -> Certificate {
    let der = writer::data(&format!("certificates/{name}.pem"));
    Certificate::from_der(&der).unwrap()
}

fn ids() -> [EntryId; 3] {
    NAMES.map(|name| certificate(name).id())
}

/// The three identities in one PEM file, their keys as in the files with this ending.
fn bundle(ending: &str) -> TempDir {
    let parts = NAMES.map(|name| {
        let certificate = data(&format!("certificates/{name}.pem"));
        [certificate, data(&format!("keys/{name}{ending}"))].concat()
    });
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "all.pem", &parts.concat());
    folder
}

/// How often files below the folder are read while each of these asks for its key.
fn reads(folder: &TempDir, store: &dyn Store, ids: &[EntryId]) -> usize {
    let before = files_read_below(folder.path());
    for id in ids {
        store.private_key(id, &mut NonInteractive).unwrap();
    }
    files_read_below(folder.path()) - before
}

#[test]
fn keep_open_reads_shared_file_once() {
    let folder = bundle(".pem");
    let store = store(folder.path());
    store.list().unwrap();
    let [first, second, third] = ids();
    assert_eq!(reads(&folder, &*store, &[first, second, third]), 3);
    store.keep_open(true);
    assert_eq!(reads(&folder, &*store, &[second, second, first, third]), 1);
    // All have theirs: nothing is kept any longer.
    assert_eq!(reads(&folder, &*store, &[third]), 1);
    assert_eq!(reads(&folder, &*store, &[second]), 0);
    store.keep_open(false);
    assert_eq!(reads(&folder, &*store, &[first]), 1);
}

#[test]
fn keep_open_detects_changed_file() {
    let folder = bundle(".pem");
    let path = folder.path().join("all.pem");
    let store = store(folder.path());
    store.list().unwrap();
    store.keep_open(true);
    let [first, second, third] = ids();
    store.private_key(&first, &mut NonInteractive).unwrap();
    // As long as before, but later.
    let without = String::from_utf8(fs::read(&path).unwrap()).unwrap();
    let without = without.replace(&String::from_utf8(data("keys/rsa.pem")).unwrap(), "");
    let length = fs::metadata(&path).unwrap().len();
    fs::write(
        &path,
        format!("{without:<length$}", length = length as usize),
    )
    .unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(9))
        .unwrap();
    drop(file);
    let gone = store.private_key(&second, &mut NonInteractive);
    assert!(
        matches!(gone, Err(StoreError::KeyMissing { .. })),
        "{gone:?}"
    );
    // Another file of that name.
    fs::remove_file(&path).unwrap();
    let gone = store.private_key(&third, &mut NonInteractive);
    assert!(gone.is_err());
}

#[test]
fn keep_open_asks_once_per_file() {
    let password = support_password();
    let form = PasswordForm::Text(&password);
    let keys = NAMES.map(|name| {
        let scheme = writer::pbes2(10);
        let key = writer::data(&format!("keys/{name}.pem"));
        writer::shrouded_key(&key, &scheme, form, &[])
    });
    let leaves = NAMES.map(|name| writer::certificate(certificate(name).der(), &[]));
    let mac = writer::mac(10);
    let parts = [writer::plain(&leaves), writer::plain(&keys)];
    let folder = tempfile::tempdir().unwrap();
    put(
        &folder,
        "all.p12",
        &writer::file(&parts, Some((&mac, form))),
    );
    let store = store(folder.path());
    store.list().unwrap();

    for (answer, questions) in [("right", vec![0]), ("wrong", vec![0, 1, 2])] {
        store.keep_open(true);
        let mut asked = Answer::new(answer);
        for id in ids() {
            let key = store.private_key(&id, &mut asked);
            assert_eq!(key.is_ok(), answer == "right", "{key:?}");
        }
        assert_eq!(asked.1, questions);
        store.keep_open(false);
    }
}

fn support_password() -> Password {
    Password::new("right".to_owned())
}

#[test]
fn keep_open_reuses_typed_password_within_file() {
    let key = data("keys/P-256.encrypted.pem");
    let folder = tempfile::tempdir().unwrap();
    let both = [
        data("certificates/P-256.pem"),
        key.clone(),
        data("certificates/rsa.pem"),
        key,
    ];
    put(&folder, "all.pem", &both.concat());
    let store = store(folder.path());
    store.list().unwrap();
    store.keep_open(true);
    let mut asked = Answer::new("fixture");
    let [first, second, _] = ids();
    store.private_key(&first, &mut asked).unwrap();
    // It opens, and is another certificate's.
    let other = store.private_key(&second, &mut asked);
    assert!(
        matches!(other, Err(StoreError::KeyMissing { .. })),
        "{other:?}"
    );
    assert_eq!(asked.1, [0]);
}

fn options(existing: ExistingEntry) -> ImportOptions<'static> {
    ImportOptions {
        exportable: true,
        existing,
        password: None,
    }
}

fn key(name: &str) -> PrivateKey {
    PrivateKey::from_pkcs8_der(writer::data(&format!("keys/{name}.pem")).into())
}

#[test]
fn import_detects_concurrently_added_entry() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store(folder.path());
    let [first, second, _] = NAMES;
    let mut import = |name: &str| {
        let (certificate, key) = (certificate(name), key(name));
        let identity = NewIdentity::new(&certificate, &key);
        store.import(
            &identity,
            &options(ExistingEntry::Keep),
            &mut NonInteractive,
        )
    };
    import(first).unwrap();
    let other = [
        data(&format!("certificates/{second}.pem")),
        data(&format!("keys/{second}.pem")),
    ];
    let place = put(&folder, "below/other", &other.concat());
    let refused = import(second).unwrap_err();
    let StoreError::AlreadyThere { place: told } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(Path::new(&told), place);
    fs::remove_file(place).unwrap();
    import(second).unwrap();
    assert_eq!(list(&folder).entries.len(), 2);
}

#[test]
fn import_several_reports_each_result() {
    let folder = folder(&[
        ("there.pem", "certificates/rsa.pem"),
        ("there.key", "keys/rsa.pem"),
    ]);
    let mut store = store(folder.path());
    let (certificates, keys) = (NAMES.map(certificate), NAMES.map(key));
    // The second is there already, the third has another's key.
    let keys = [&keys[0], &keys[1], &keys[0]];
    let each = certificates.iter().zip(keys);
    let identities: Vec<_> = each
        .map(|(leaf, key)| NewIdentity::new(leaf, key))
        .collect();
    let mut told = 0;
    let results = store.import_several(
        &identities,
        &options(ExistingEntry::Keep),
        &mut NonInteractive,
        &mut || told += 1,
    );
    assert!(
        matches!(
            results.as_slice(),
            [
                Ok(_),
                Err(StoreError::AlreadyThere { .. }),
                Err(StoreError::NotImported { .. })
            ]
        ),
        "{results:?}"
    );
    assert!(told >= 3);
    assert_eq!(list(&folder).entries.len(), 2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn import_several_concurrently_loses_no_key() {
    let (certificates, keys) = (NAMES.map(certificate), NAMES.map(key));
    for _ in 0..10 {
        let folder = bundle(".pem");
        let import = || {
            let mut store = store(folder.path());
            let each = certificates.iter().zip(&keys);
            let identities: Vec<_> = each
                .map(|(leaf, key)| NewIdentity::new(leaf, key))
                .collect();
            let replace = options(ExistingEntry::Replace);
            store.import_several(&identities, &replace, &mut NonInteractive, &mut || ())
        };
        let results = std::thread::scope(|scope| {
            let importing = [(); 3].map(|()| scope.spawn(import));
            importing.map(|importing| importing.join().unwrap())
        });
        for results in &results {
            assert_eq!(results.len(), NAMES.len());
            for (id, result) in ids().iter().zip(results) {
                match result {
                    Ok(imported) => assert_eq!(imported, id),
                    // Another one was faster, and what is told of that is all that went wrong.
                    Err(StoreError::NotRemoved { reason, .. }) => {
                        assert!(reason.contains("changed meanwhile"), "{reason}");
                    }
                    Err(StoreError::HalfDone { .. }) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
        let store = store(folder.path());
        let listing = store.list().unwrap();
        assert_eq!(listing.problems, []);
        for id in ids() {
            store.private_key(&id, &mut NonInteractive).unwrap();
        }
    }
}
