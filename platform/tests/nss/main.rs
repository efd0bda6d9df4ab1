//! NSS databases as stores: made by NSS's own tools, used beside other programs, locked, damaged, and in
//! the way of a file system.

// The tools are programs of Linux.
#![cfg(target_os = "linux")]

#[path = "../support/as_anybody.rs"]
mod as_anybody;
mod beside_writers;
mod contract;
mod damage;
#[path = "../../../formats/tests/nss/database.rs"]
mod database;
mod files;
mod names;
mod passwords;
mod states;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::secret::Password;
use certstow_formats::testing::writer;
use certstow_platform::error::{AskError, StoreError};
use certstow_platform::spec::{NssDatabase, StoreSpec};
use certstow_platform::store::{
    Ask, Entry, Interaction, KeyState, Listing, NonInteractive, Store, UnlockRequest,
};
use certstow_platform::{OpenOptions, open};

use self::database::{Profile, python};

fn spec(folder: &Path) -> StoreSpec {
    StoreSpec::Nss(NssDatabase::Folder(folder.to_owned()))
}

fn open_in(folder: &Path) -> Result<Box<dyn Store>, StoreError> {
    open(&spec(folder), &OpenOptions::default())
}

fn store(profile: &Profile) -> Box<dyn Store> {
    open_in(profile.folder()).unwrap()
}

fn store_with(profile: &Profile, passwords: &[&str]) -> Box<dyn Store> {
    let passwords = passwords.iter();
    let passwords = passwords.map(|text| Arc::new(Password::new((*text).to_owned())));
    open(
        &spec(profile.folder()),
        &OpenOptions::with_passwords(passwords),
    )
    .unwrap()
}

fn list(profile: &Profile) -> Listing {
    store(profile).list().unwrap()
}

/// The certificate of a fixture.
fn certificate(name: &str) -> Certificate {
    Certificate::from_der(&writer::data(&format!("certificates/{name}.pem"))).unwrap()
}

fn id_of(name: &str) -> EntryId {
    certificate(name).id()
}

/// The private key of a fixture, as PKCS#8.
fn pkcs8(name: &str) -> Vec<u8> {
    writer::data(&format!("keys/{name}.pem"))
}

/// The only entry of a fixture's certificate.
fn entry<'l>(listing: &'l Listing, name: &str) -> &'l Entry {
    let id = id_of(name);
    let found: Vec<_> = listing
        .entries
        .iter()
        .filter(|entry| entry.id == id)
        .collect();
    let [entry] = found.as_slice() else {
        panic!("{name} is listed {} times", found.len());
    };
    entry
}

/// What the store gives for the private key of a fixture's certificate.
fn key_of(store: &dyn Store, name: &str, ask: &mut dyn Ask) -> Result<Vec<u8>, StoreError> {
    let key = store.private_key(&id_of(name), ask)?;
    Ok(key.expose().to_vec())
}

/// Why the store does not give it, nobody being asked.
fn refusal(store: &dyn Store, name: &str) -> StoreError {
    key_of(store, name, &mut NonInteractive).unwrap_err()
}

/// Fails unless the fixture is listed as exportable and its own private key comes out.
fn assert_exports(profile: &Profile, name: &str) {
    let store = store(profile);
    let listing = store.list().unwrap();
    assert_eq!(listing.problems, []);
    assert_eq!(entry(&listing, name).key, KeyState::Exportable);
    let key = key_of(&*store, name, &mut NonInteractive).unwrap();
    assert!(key == pkcs8(name), "{name}");
}

/// Every file and message of the problems.
fn problems(listing: &Listing) -> Vec<String> {
    let problems = listing.problems.iter();
    problems
        .map(|problem| format!("{}: {}", problem.place, problem.message))
        .collect()
}

/// A database with a fixture under the name "Ada", and the empty password.
fn with(name: &str) -> Profile {
    let profile = Profile::new("");
    profile.import_fixture(name, "Ada");
    profile
}

/// A database with so many identities, each with a public key of its own.
fn with_many(count: usize) -> Profile {
    const MULTIPLY: &str = include_str!("../../../formats/tests/nss/multiply.py");
    let profile = with("rsa");
    python(MULTIPLY, &[profile.folder(), Path::new(&count.to_string())]);
    profile
}

/// A copy of the two files of a database.
fn copied(profile: &Profile) -> Profile {
    let copy = Profile::never_initialised();
    for name in ["cert9.db", "key4.db"] {
        fs::copy(profile.path(name), copy.path(name)).unwrap();
    }
    copy
}

/// A person who types these passwords, one after the other, and then gives up.
struct Person {
    types: Vec<&'static str>,
    requests: Vec<UnlockRequest>,
}

impl Person {
    fn who_types(passwords: &[&'static str]) -> Self {
        Self {
            types: passwords.iter().rev().copied().collect(),
            requests: Vec::new(),
        }
    }

    fn attempts(&self) -> Vec<u32> {
        self.requests
            .iter()
            .map(|request| request.attempt)
            .collect()
    }
}

impl Ask for Person {
    fn interaction(&self) -> Interaction {
        Interaction::Allowed
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        self.requests.push(request.clone());
        let typed = self.types.pop().ok_or(AskError::Cancelled)?;
        Ok(Password::new(typed.to_owned()))
    }
}
