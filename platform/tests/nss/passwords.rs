//! The primary password: who is asked for it, how often, and what was given beforehand.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use certstow_formats::secret::Password;
use certstow_platform::error::StoreError;
use certstow_platform::store::{AskedFor, KeyState, NonInteractive, ProblemKind, Unlock};
use certstow_platform::{OpenOptions, is_encrypted, open};

use super::database::{Profile, fixture, python, run};
use super::{
    Person, assert_exports, entry, key_of, list, pkcs8, refusal, spec, store, store_with, with,
};

fn locked(password: &str) -> Profile {
    let profile = Profile::new(password);
    profile.import_fixture("P-256", "Ada");
    profile
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_names_what_locks_private_keys() {
    let profile = locked("right");
    let listing = list(&profile);
    assert_eq!(listing.problems, []);
    let lock = format!(
        "the primary password of the NSS database in {}",
        profile.folder().display()
    );
    assert_eq!(entry(&listing, "P-256").key, KeyState::Locked(lock));
    let error = refusal(&*store(&profile), "P-256");
    assert!(
        matches!(error, StoreError::InteractionRequired { .. }),
        "{error:?}"
    );
    assert_eq!(is_encrypted(&spec(profile.folder())), Some(true));
    assert_eq!(is_encrypted(&spec(with("P-256").folder())), Some(false));
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn private_key_asks_three_times() {
    let profile = locked("p\u{e4}ssword");
    let store = store(&profile);
    let mut mistaken = Person::who_types(&["wrong"; 9]);
    let error = key_of(&*store, "P-256", &mut mistaken).unwrap_err();
    assert!(
        matches!(error, StoreError::WrongPassword { .. }),
        "{error:?}"
    );
    assert_eq!(mistaken.attempts(), [0, 1, 2]);

    let mut knows = Person::who_types(&["password", "", "p\u{e4}ssword"]);
    let key = key_of(&*store, "P-256", &mut knows).unwrap();
    assert!(key == pkcs8("P-256"));
    let [.., last] = knows.requests.as_slice() else {
        panic!("nobody was asked");
    };
    assert_eq!(
        (last.attempt, last.asks_for),
        (2, AskedFor::PrimaryPassword)
    );
    assert!(last.place.contains("the NSS database in"), "{last:?}");

    let mut leaves = Person::who_types(&["wrong"]);
    let error = key_of(&*store, "P-256", &mut leaves).unwrap_err();
    assert!(matches!(error, StoreError::Cancelled), "{error:?}");
    assert_eq!(leaves.attempts(), [0, 1]);
}

/// Firefox writes to its databases while it runs.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn private_key_asks_once_although_database_changes() {
    let profile = locked("right");
    let store = store(&profile);
    store.keep_open(true);
    let mut person = Person::who_types(&["right"]);
    assert!(key_of(&*store, "P-256", &mut person).is_ok());
    profile.import_fixture("P-384", "Grace");
    let key = key_of(&*store, "P-384", &mut person).unwrap();
    assert!(key == pkcs8("P-384"));
    assert_eq!(person.attempts(), [0]);
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn private_key_asks_once_for_several_threads() {
    let profile = locked("right");
    profile.import_fixture("rsa", "Grace");
    let store = store(&profile);
    store.keep_open(true);
    let shared = store.shared().unwrap();
    let asked = std::thread::scope(|scope| {
        let threads = ["P-256", "rsa", "P-256", "rsa"].map(|name| {
            scope.spawn(move || {
                let mut person = Person::who_types(&["right"]);
                let key = key_of(shared, name, &mut person).unwrap();
                assert!(key == pkcs8(name));
                person.requests.len()
            })
        });
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(asked.iter().sum::<usize>(), 1, "{asked:?}");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn private_key_asks_again_once_password_is_another() {
    let profile = locked("right");
    let store = store(&profile);
    store.keep_open(true);
    let mut person = Person::who_types(&["right", "right", "new"]);
    assert!(key_of(&*store, "P-256", &mut person).is_ok());
    fs::write(profile.path("new"), "new").unwrap();
    let mut change = profile.tool("certutil");
    change.arg("-W").arg("-f").arg(profile.path("password"));
    run(change.arg("-@").arg(profile.path("new")));
    let key = key_of(&*store, "P-256", &mut person).unwrap();
    assert!(key == pkcs8("P-256"));
    assert_eq!(person.attempts(), [0, 0, 1]);
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn given_passwords_open_each_database_that_they_are_right_for() {
    let (one, other, open) = (locked("one"), locked("other"), with("P-256"));
    for profile in [&one, &other] {
        let store = store_with(profile, &["neither", "one", "other"]);
        let listing = store.list().unwrap();
        assert_eq!(listing.problems, []);
        assert_eq!(entry(&listing, "P-256").key, KeyState::Exportable);
        let key = key_of(&*store, "P-256", &mut NonInteractive).unwrap();
        assert!(key == pkcs8("P-256"));
    }
    let listing = store_with(&other, &["one"]).list().unwrap();
    let [problem] = listing.problems.as_slice() else {
        panic!("{:?}", listing.problems);
    };
    assert_eq!(problem.kind, ProblemKind::WrongPassword);
    assert!(problem.place.ends_with("key4.db"), "{problem:?}");
    assert!(matches!(entry(&listing, "P-256").key, KeyState::Locked(_)));
    // Where nothing is locked, none is wrong.
    let listing = store_with(&open, &["one"]).list().unwrap();
    assert_eq!(listing.problems, []);
    assert_eq!(entry(&listing, "P-256").key, KeyState::Exportable);
    assert_exports(&open, "P-256");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn given_password_stays_with_store_that_it_is_for() {
    let (one, other) = (locked("right"), locked("right"));
    let options = OpenOptions {
        unlock: vec![Unlock {
            password: Arc::new(Password::new("right".to_owned())),
            store: Some(spec(one.folder())),
            source: None,
        }],
    };
    let [opened, left] = [&one, &other].map(|profile| {
        let store = open(&spec(profile.folder()), &options).unwrap();
        let listing = store.list().unwrap();
        assert_eq!(listing.problems, []);
        entry(&listing, "P-256").key.clone()
    });
    assert_eq!(opened, KeyState::Exportable);
    assert!(matches!(left, KeyState::Locked(_)), "{left:?}");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn private_key_is_not_opened_by_password_longer_than_nss_takes() {
    let profile = locked("right");
    for length in [500, 501, 100_000] {
        let store = store_with(&profile, &[&"x".repeat(length)]);
        let error = refusal(&*store, "P-256");
        assert!(
            matches!(error, StoreError::WrongPassword { .. }),
            "{error:?}"
        );
    }
}

/// What was given and is wrong stands before what a person types.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn private_key_asks_person_after_wrong_given_password() {
    let profile = locked("right");
    profile.import(
        &fixture("keys", "rsa"),
        &fixture("certificates", "rsa"),
        "Grace",
    );
    let store = store_with(&profile, &["wrong"]);
    store.keep_open(true);
    let mut person = Person::who_types(&["also wrong", "right"]);
    for name in ["P-256", "rsa"] {
        let key = key_of(&*store, name, &mut person).unwrap();
        assert!(key == pkcs8(name));
    }
    assert_eq!(person.attempts(), [1, 2]);
}

/// Those of NSS before 3.49 and since 3.118, rewritten by formula.
#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn private_key_opens_in_every_form_of_encryption() {
    const REWRITE: &str = include_str!("../../../formats/tests/nss/rewrite.py");
    for (password, form) in [
        ("right", "old"),
        ("right", "mixed"),
        ("right", "sha384"),
        ("", "old"),
    ] {
        let profile = Profile::new(password);
        profile.import_fixture("rsa", "Ada");
        let file = profile.path("key4.db");
        python(REWRITE, &[&file, Path::new(password), Path::new(form)]);
        let state = entry(&list(&profile), "rsa").key.clone();
        match password {
            "" => assert_eq!(state, KeyState::Exportable),
            _ => assert!(matches!(state, KeyState::Locked(_)), "{form}: {state:?}"),
        }
        let store = store_with(&profile, &[password]);
        let listing = store.list().unwrap();
        assert_eq!(listing.problems, []);
        assert_eq!(entry(&listing, "rsa").key, KeyState::Exportable, "{form}");
        let key = key_of(&*store, "rsa", &mut NonInteractive).unwrap();
        assert!(key == pkcs8("rsa"), "{form}");
    }
}
