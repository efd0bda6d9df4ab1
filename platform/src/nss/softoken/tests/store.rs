//! The store over it: what is told before anybody is asked, and how often somebody is.

use std::fs;

use certstow_formats::secret::Password;

use super::material::{EXPORTABLE, Identity, Profile, REPLACE, error_chain};
use crate::error::{AskError, StoreError};
use crate::nss::NssStore;
use crate::spec::NssDatabase;
use crate::store::{
    Ask, AskedFor, ImportOptions, Interaction, NonInteractive, OpenOptions, Removal, Store as _,
    UnlockRequest,
};

/// A person who knows the password, or is always wrong.
struct Person {
    types: &'static str,
    asked: u32,
}

impl Ask for Person {
    fn interaction(&self) -> Interaction {
        Interaction::Allowed
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        assert_eq!(request.asks_for, AskedFor::PrimaryPassword);
        self.asked += 1;
        Ok(Password::new(self.types.to_owned()))
    }
}

fn person(types: &'static str) -> Person {
    Person { types, asked: 0 }
}

fn store(profile: &Profile) -> NssStore {
    let spec = NssDatabase::Folder(profile.folder().to_owned());
    NssStore::open(&spec, &OpenOptions::default()).unwrap()
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn password_is_asked_for_once_for_many() {
    let profile = Profile::new("secret");
    let mut store = store(&profile);
    let identities = ["rsa", "P-256", "P-384"].map(Identity::fixture);
    let mut ask = person("secret");
    store.keep_open(true);
    for identity in &identities {
        store
            .import(&identity.coming(), &EXPORTABLE, &mut ask)
            .unwrap();
        // Other programs go on meanwhile.
        let id = identity.certificate.id();
        store.private_key(&id, &mut NonInteractive).unwrap();
    }
    assert_eq!(ask.asked, 1);
    store.keep_open(false);
    let gone = identities[0].certificate.id();
    let locked = store.remove(&gone, Removal::Entry, &mut NonInteractive);
    assert!(
        matches!(locked, Err(StoreError::InteractionRequired { .. })),
        "{locked:?}"
    );
    store.remove(&gone, Removal::Entry, &mut ask).unwrap();
    assert_eq!(ask.asked, 2);
    assert_eq!(store.list().unwrap().entries.len(), 2);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn wrong_password_is_asked_for_again_and_then_told() {
    let profile = Profile::new("secret");
    let mut store = store(&profile);
    let before = profile.rows();
    let identity = Identity::fixture("rsa");
    let mut ask = person("wrong");
    let error = store.import(&identity.coming(), &EXPORTABLE, &mut ask);
    assert!(
        matches!(error, Err(StoreError::WrongPassword { .. })),
        "{error:?}"
    );
    assert_eq!(ask.asked, 3);
    assert!(profile.rows() == before);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn nobody_is_asked_for_what_cannot_be_done() {
    let profile = Profile::new("secret");
    profile.imported("rsa", "Ada");
    let mut store = store(&profile);
    let [there, new, unkept] = ["rsa", "P-256", "ed25519"].map(Identity::fixture);
    let mut ask = person("secret");
    let again = store.import(&there.coming(), &EXPORTABLE, &mut ask);
    assert!(
        matches!(again, Err(StoreError::AlreadyThere { .. })),
        "{again:?}"
    );
    let not_exportable = ImportOptions {
        exportable: false,
        ..EXPORTABLE
    };
    for (identity, options) in [(&unkept, &EXPORTABLE), (&new, &not_exportable)] {
        let error = store.import(&identity.coming(), options, &mut ask);
        assert!(
            matches!(error, Err(StoreError::NotImported { .. })),
            "{error:?}"
        );
    }
    let error = store.remove(&new.certificate.id(), Removal::Entry, &mut ask);
    assert!(
        matches!(error, Err(StoreError::NotFound { .. })),
        "{error:?}"
    );
    assert_eq!(ask.asked, 0);
    store.import(&there.coming(), &REPLACE, &mut ask).unwrap();
    store
        .remove(&there.certificate.id(), Removal::Key, &mut ask)
        .unwrap();
    let asked = ask.asked;
    let error = store.remove(&there.certificate.id(), Removal::Key, &mut ask);
    assert!(
        matches!(error, Err(StoreError::KeyMissing { .. })),
        "{error:?}"
    );
    assert_eq!(ask.asked, asked);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn files_that_were_never_filled_stay_empty() {
    let profile = Profile::new("");
    for name in ["cert9.db", "key4.db"] {
        fs::write(profile.path(name), "").unwrap();
    }
    let identity = Identity::fixture("rsa");
    let error = store(&profile)
        .import(&identity.coming(), &EXPORTABLE, &mut NonInteractive)
        .unwrap_err();
    assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
    let told = error_chain(&error);
    assert!(
        told.contains("has no password yet, not even the empty one"),
        "{told}"
    );
    for name in ["cert9.db", "key4.db"] {
        assert_eq!(fs::read(profile.path(name)).unwrap(), b"");
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn database_that_no_password_opens_is_not_changed() {
    let profile = Profile::new("secret");
    profile.imported("rsa", "Ada");
    profile.sql("key4.db", "delete from metaData where id = 'password'");
    let before = profile.rows();
    let mut store = store(&profile);
    let [there, new] = ["rsa", "P-256"].map(Identity::fixture);
    let mut ask = person("secret");
    let error = store
        .import(&new.coming(), &EXPORTABLE, &mut ask)
        .unwrap_err();
    assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
    let told = error_chain(&error);
    assert!(told.contains("its password entry is missing"), "{told}");
    for what in [Removal::Key, Removal::Entry] {
        let id = there.certificate.id();
        let error = store.remove(&id, what, &mut ask).unwrap_err();
        assert!(matches!(error, StoreError::NotRemoved { .. }), "{error:?}");
        let told = error_chain(&error);
        assert!(told.contains("its password entry is missing"), "{told}");
    }
    assert_eq!(ask.asked, 0);
    assert!(profile.rows() == before);
}
