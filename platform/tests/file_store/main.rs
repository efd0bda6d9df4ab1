//! The file store on folders as they come: every form of certificate and key, files that are
//! broken, foreign, huge or no files at all.

#[cfg(unix)]
#[path = "../support/as_anybody.rs"]
mod as_anybody;
mod changes;
mod damaged;
mod foreign;
mod forms;
mod locked;
mod many;
mod other_text;
mod pkcs12;
#[cfg(unix)]
mod special_files;
mod tied;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use certstow_formats::key;
use certstow_formats::secret::Password;
use certstow_platform::error::{AskError, StoreError};
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{
    Ask, Interaction, KeyState, Listing, NonInteractive, NotExportable, Store, UnlockRequest,
};
use certstow_platform::{OpenOptions, open};
use tempfile::TempDir;

fn data(path: &str) -> Vec<u8> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/data");
    fs::read(data.join(path)).unwrap()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, source) in files {
        put(&folder, name, &data(source));
    }
    folder
}

fn put(folder: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}

fn store(path: &Path) -> Box<dyn Store> {
    open(&StoreSpec::File(path.to_owned()), &OpenOptions::default()).unwrap()
}

/// A store that is told a password when it is opened.
fn unlocked_store(path: &Path, password: &str) -> Box<dyn Store> {
    store_with(path, &[password])
}

/// A store that is told passwords when it is opened.
fn store_with(path: &Path, passwords: &[&str]) -> Box<dyn Store> {
    let passwords = passwords.iter();
    let passwords = passwords.map(|text| Arc::new(Password::new((*text).to_owned())));
    let options = OpenOptions::with_passwords(passwords);
    open(&StoreSpec::File(path.to_owned()), &options).unwrap()
}

/// Gives the same answer to every question, and notes how often it is said to have been wrong.
struct Answer(&'static str, Vec<u32>);

impl Answer {
    fn new(text: &'static str) -> Self {
        Self(text, Vec::new())
    }
}

impl Ask for Answer {
    fn interaction(&self) -> Interaction {
        Interaction::Allowed
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        self.1.push(request.attempt);
        Ok(Password::new(self.0.to_owned()))
    }
}

fn list(folder: &TempDir) -> Listing {
    store(folder.path()).list().unwrap()
}

/// The single entry's key comes out and is the certificate's.
fn assert_exports(folder: &TempDir) {
    assert_exports_from(&*store(folder.path()));
}

fn assert_exports_from(store: &dyn Store) {
    let listing = store.list().unwrap();
    assert_eq!(listing.problems, []);
    assert_eq!(listing.entries.len(), 1);
    let entry = &listing.entries[0];
    assert_eq!(entry.key, KeyState::Exportable);
    let key = store.private_key(&entry.id, &mut NonInteractive).unwrap();
    let public = key::public_key_of(&key).unwrap();
    assert!(key::same_public_key(&public, entry.certificate.spki_der()));
}

fn only_problem(folder: &TempDir) -> String {
    let mut problems = list(folder).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0).message
}
