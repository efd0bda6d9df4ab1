//! How often files are read, keys derived and people asked, where many identities come at once.

use std::fs;
use std::sync::Arc;

use certstow_formats::pem;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::Password;
use certstow_formats::testing::container::{self, pkcs12};
use certstow_formats::testing::{PASSWORD, derivations, writer};
use certstow_platform::OpenOptions;
use certstow_platform::spec::StoreSpec;
use certstow_platform::testing::files_read_below;
use tempfile::TempDir;

use super::*;

fn folder_with(name: &str, content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    (folder, path)
}

/// Types the password, and counts how often.
struct Typist(u32, &'static str);

impl Ask for Typist {
    fn interaction(&self) -> Interaction {
        Interaction::Allowed
    }

    fn unlock(&mut self, _request: &UnlockRequest) -> Result<Password, AskError> {
        self.0 += 1;
        Ok(Password::new(self.1.to_owned()))
    }
}

/// How many of the identities of a file come into an empty store.
fn come_in(file: PathBuf, password: Option<&str>, ask: &mut dyn Ask) -> usize {
    let password = password.map(|text| Arc::new(Password::new(text.to_owned())));
    let sources = read(Input::Files(&[file]), password.as_slice(), ask).unwrap();
    assert_eq!(sources.problems, []);
    let mut to = MemoryStore::new("to");
    let outcomes = identities(&sources.inventory, &mut to, &EXPORTABLE, ask);
    outcomes
        .iter()
        .filter(|outcome| outcome.result.is_ok())
        .count()
}

#[test]
fn import_derives_each_key_at_most_twice() {
    let people = identities::ec_identities(20);
    let bytes = pkcs12(&people, 101, false);
    let (_folder, file) = folder_with("all.p12", &bytes);
    assert_eq!(come_in(file, Some(PASSWORD), &mut NonInteractive), 20);
    assert_eq!(derivations(&[101; 16]), 2 * 20);

    let bytes = pkcs12(&people, 102, false);
    let (_folder, file) = folder_with("all.p12", &bytes);
    let mut typist = Typist(0, PASSWORD);
    assert_eq!(come_in(file, None, &mut typist), 20);
    assert_eq!(typist.0, 1);
    assert_eq!(derivations(&[102; 16]), 2 * 20);
}

#[test]
fn import_asks_once_for_many_keys() {
    let people = identities::ec_identities(20);
    let bytes = pkcs12(&people, 103, true);
    let (_folder, file) = folder_with("all.p12", &bytes);
    let mut typist = Typist(0, PASSWORD);
    assert_eq!(come_in(file.clone(), None, &mut typist), 20);
    // The listing sees the certificates without; it and the first key try the two empty passwords.
    let right = 2 * 2 + 20;
    assert_eq!((typist.0, derivations(&[103; 16])), (1, right));

    let mut typist = Typist(0, "wrong");
    assert_eq!(come_in(file, None, &mut typist), 0);
    assert_eq!(
        (typist.0, derivations(&[103; 16])),
        (3, right + 2 * 2 + 3 * 20)
    );
}

#[test]
fn import_reads_a_many_key_file_twice() {
    let people = identities::ec_identities(20);
    let parts = people.iter().flat_map(|person| {
        [
            pem::Block::new(pem::KEY, person.key.expose()),
            pem::Block::new(pem::CERTIFICATE, person.leaf.der()),
        ]
    });
    let bytes = pem::join(&parts.collect::<Vec<_>>()).unwrap();
    let (folder, file) = folder_with("all.pem", &bytes);
    assert_eq!(come_in(file, None, &mut NonInteractive), 20);
    assert_eq!(files_read_below(folder.path()), 2);
}

/// Each of the keys is a problem of its own.
#[test]
fn read_opens_file_once_per_password() {
    let password = Password::new(PASSWORD.to_owned());
    let password = PasswordForm::Text(&password);
    let key = identities::ec_identity().key;
    let key = writer::shrouded_key(key.expose(), &container::scheme(104), password, &[]);
    let mac = writer::mac(10);
    let bytes = writer::file(&[writer::plain(&vec![key; 250])], Some((&mac, password)));
    let (folder, file) = folder_with("keys.p12", &bytes);
    let files = [file];

    let mut typist = Typist(0, "wrong");
    let sources = read(Input::Files(&files), &[], &mut typist);
    let sources = sources.unwrap();
    assert_eq!((typist.0, sources.locked.len()), (3, 1));
    // Listing it, a look at what it needs, and one for each password.
    assert_eq!(files_read_below(folder.path()), 1 + 1 + 3);
    // The two empty passwords on the first key each time, and each password on all.
    assert_eq!(derivations(&[104; 16]), 2 * (1 + 1 + 3) + 3 * 250);
}

#[test]
fn import_does_not_reread_folder_per_identity() {
    const FILES: usize = 300;
    let folder = tempfile::tempdir().unwrap();
    let other = identities::issuers().remove(0);
    for number in 0..FILES {
        fs::write(folder.path().join(format!("{number}.cer")), other.der()).unwrap();
    }
    let from = MemoryStore::new("from");
    for identities::Identity { key, leaf, .. } in identities::ec_identities(20) {
        from.insert(leaf, None, MemoryKey::Exportable(key));
    }
    let spec = StoreSpec::File(folder.path().to_owned());
    let mut to = certstow_platform::open_to_import(&spec, &OpenOptions::default()).unwrap();
    for existing in [ExistingEntry::Keep, ExistingEntry::Replace] {
        let before = files_read_below(folder.path());
        let options = Options {
            existing,
            ..EXPORTABLE
        };
        let outcomes = import(&from, &mut *to, &options);
        assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
        let read = files_read_below(folder.path()) - before;
        assert!(read < 3 * FILES, "{existing:?}: {read}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), FILES + 20);
    }
}
