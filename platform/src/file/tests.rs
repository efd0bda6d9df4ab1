use super::support::{data, triple_des, whole};
use super::*;
use crate::pkcs12::kdf::PasswordForm;
use crate::secret::Password;
use crate::store::{KeyState, NonInteractive};

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
fn dotnet_tries_the_null_password_first() {
    let first = Passwords::Dotnet.known();
    assert!(matches!(first, Some(PasswordForm::Null)));
}
