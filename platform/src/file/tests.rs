use std::fs;

use certstow_formats::certificate::Certificate;
use certstow_formats::pkcs12::decode::Limits;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::pkcs12::structure::Structure;
use certstow_formats::secret::{Password, PrivateKey};
use certstow_formats::testing::writer::{data, file_of, triple_des, whole};

use super::change::Change;
use super::dotnet::DotnetStore;
use super::passwords::Passwords;
use super::place::Place;
use super::remove::Target;
use super::*;
use crate::error::StoreError;
use crate::spec::StoreSpec;
use crate::store::{
    ExistingEntry, ImportOptions, KeyState, NewIdentity, NonInteractive, OpenOptions, Removal,
    Store,
};

fn dotnet(folder: &Path) -> DotnetStore {
    let spec = StoreSpec::Dotnet("My".to_owned());
    DotnetStore::at(spec, folder.to_owned()).unwrap()
}

#[test]
fn dotnet_store_opens_null_and_empty_passwords() {
    let empty = Password::new(String::new());
    for password in [PasswordForm::Null, PasswordForm::Text(&empty)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("0123.pfx");
        fs::write(file, whole(&triple_des(10), password)).unwrap();
        // .NET reads *.pfx alone.
        fs::write(folder.path().join("other.pem"), "x").unwrap();
        let store = dotnet(folder.path());
        let listing = store.list().unwrap();
        assert_eq!(listing.problems, []);
        assert_eq!(listing.entries[0].key, KeyState::Exportable);
        let key = store.private_key(&listing.entries[0].id, &mut NonInteractive);
        assert_eq!(key.unwrap().expose(), data("keys/P-256.pem"));
    }
}

#[test]
fn dotnet_store_refuses_import_and_remove() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0123.pfx");
    let content = whole(&triple_des(10), PasswordForm::Null);
    fs::write(&file, &content).unwrap();
    let mut store = dotnet(folder.path());
    let entry = store.list().unwrap().entries.remove(0);
    let key = store.private_key(&entry.id, &mut NonInteractive).unwrap();
    let identity = NewIdentity::new(&entry.certificate, &key);
    let options = ImportOptions {
        exportable: true,
        existing: ExistingEntry::Replace,
        password: None,
    };
    let refused = store.import(&identity, &options, &mut NonInteractive);
    assert!(matches!(refused, Err(StoreError::NotImported { .. })));
    for what in [Removal::Key, Removal::Entry] {
        let refused = store.remove(&entry.id, what, &mut NonInteractive);
        assert!(matches!(refused, Err(StoreError::NotRemoved { .. })));
    }
    assert_eq!(fs::read(&file).unwrap(), content);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn passwords_dotnet_tries_null_password_first() {
    let file = whole(&triple_des(10), PasswordForm::Null);
    let file = Structure::read(&file, &Limits::listing()).unwrap();
    let passwords = Passwords::dotnet();
    let forms: Vec<_> = passwords.for_file(&file).collect();
    assert!(matches!(forms.as_slice(), [PasswordForm::Null]));
}

/// The identity P-256, and what a folder with these files plans so that it is gone.
fn planned(folder: &Path, files: &[&str]) -> Vec<Change> {
    for name in files {
        let both = [file_of("keys/P-256.pem"), file_of("certificates/P-256.pem")];
        fs::write(folder.join(name), both.concat()).unwrap();
    }
    let store = FileStore::open(folder, &OpenOptions::default()).unwrap();
    let id = p256().id();
    let known = store.known(&id).unwrap();
    store
        .plan(&id, &known, Removal::Entry, &mut NonInteractive)
        .unwrap()
}

fn p256() -> Certificate {
    Certificate::from_der(&data("certificates/P-256.pem")).unwrap()
}

fn replace(folder: &Path, changes: Vec<Change>) -> Result<(), StoreError> {
    let certificate = &p256();
    let key = PrivateKey::from_pkcs8_der(data("keys/P-256.pem").into());
    let identity = NewIdentity {
        label: Some("Ada"),
        ..NewIdentity::new(certificate, &key)
    };
    let options = ImportOptions {
        exportable: true,
        existing: ExistingEntry::Replace,
        password: None,
    };
    let place = Place::choose(folder, "Ada", &certificate.id(), changes);
    let written = identity_file::IdentityFile::write(
        &place.path,
        &identity,
        &options,
        &Passwords::given(&[]),
    )?;
    place.fill(written.file).map(drop)
}

#[test]
fn replace_reports_half_done_or_rolls_back() {
    let folder = tempfile::tempdir().unwrap();
    let count = || fs::read_dir(folder.path()).unwrap().count();
    let changes = planned(folder.path(), &["a.pem", "b.pem"]);
    fs::write(folder.path().join("b.pem"), "something else").unwrap();
    let error = replace(folder.path(), changes).unwrap_err();
    assert!(matches!(error, StoreError::HalfDone { .. }), "{error:?}");
    // The new file, and what was changed meanwhile.
    assert_eq!(count(), 2);

    let folder = tempfile::tempdir().unwrap();
    let count = || fs::read_dir(folder.path()).unwrap().count();
    let usual = crate::file_name::of_identity("Ada", &p256().id(), "pem");
    for name in ["a.pem", &usual] {
        let changes = planned(folder.path(), &[name]);
        fs::write(folder.path().join(name), "something else").unwrap();
        let error = replace(folder.path(), changes).unwrap_err();
        assert!(matches!(error, StoreError::NotRemoved { .. }), "{error:?}");
        let left = fs::read(folder.path().join(name)).unwrap();
        assert_eq!((count(), left), (1, b"something else".to_vec()));
        fs::remove_file(folder.path().join(name)).unwrap();
    }
}

/// Which of two encrypted keys is the certificate's, its number alone tells.
#[test]
fn remove_plan_refuses_file_changed_during_scan() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.pem");
    let (certificate, key) = (
        file_of("certificates/P-256.pem"),
        file_of("keys/P-256.encrypted.pem"),
    );
    fs::write(&path, [&certificate[..], &key].concat()).unwrap();
    let files = [path.clone()];
    let passwords = Passwords::given(&[]);
    let scanned = scan::read_all(&files, &passwords);
    fs::write(&path, [&key[..], &certificate, &key].concat()).unwrap();
    let target = Target {
        id: p256().id(),
        public_key: contents::public_key_digest(&p256()),
        proven: None,
        what: Removal::Key,
    };
    let Err(StoreError::NotRemoved { reason, .. }) =
        remove::plan(&target, &files, &scanned, &passwords)
    else {
        panic!("a key goes, whosever it is");
    };
    assert!(reason.contains("changed meanwhile"), "{reason}");
}
