use super::support::{data, triple_des, whole};
use super::*;
use crate::pkcs12::kdf::PasswordForm;
use crate::secret::Password;
use crate::store::KeyState;
use crate::store::NonInteractive;

fn dotnet(folder: &Path) -> FileStore {
    let spec = StoreSpec::Dotnet("My".to_owned());
    FileStore::open_dotnet(spec, folder.to_owned()).unwrap()
}

#[test]
fn dotnet_files_open_with_the_null_password_and_with_the_empty_one() {
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
fn what_is_dotnets_is_changed_by_dotnet_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0123.pfx");
    let content = whole(&triple_des(10), PasswordForm::Null);
    fs::write(&file, &content).unwrap();
    let mut store = dotnet(folder.path());
    let entry = store.list().unwrap().entries.remove(0);
    let key = store.private_key(&entry.id, &mut NonInteractive).unwrap();
    let identity = NewIdentity {
        certificate: &entry.certificate,
        key: &key,
        issuers: &[],
        label: None,
        provider: None,
        properties: &[],
    };
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
fn dotnet_tries_the_null_password_first() {
    let first = Passwords::Dotnet.known();
    assert!(matches!(first, Some(PasswordForm::Null)));
}
