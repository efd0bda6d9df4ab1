//! Databases that are cut off, or contradict themselves.

use std::fs;
use std::path::Path;

use certstow_platform::error::StoreError;
use certstow_platform::store::{KeyState, NonInteractive, NotExportable, ProblemKind};

use super::database::{Profile, python};
use super::{copied, entry, key_of, pkcs8, problems, refusal, store, store_with, with};

const RENUMBER: &str = include_str!("renumber.py");

/// Where a file is cut off.
const STEP: usize = 512;

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_and_private_key_survive_every_truncation() {
    let made = with("rsa");
    for (name, other) in [("cert9.db", "key4.db"), ("key4.db", "cert9.db")] {
        let profile = Profile::never_initialised();
        fs::copy(made.path(other), profile.path(other)).unwrap();
        let whole = fs::read(made.path(name)).unwrap();
        for length in (0..whole.len()).step_by(STEP) {
            fs::write(profile.path(name), &whole[..length]).unwrap();
            let store = store(&profile);
            let listing = match store.list() {
                Ok(listing) => listing,
                Err(StoreError::Unavailable { .. }) if name == "cert9.db" => continue,
                Err(error) => panic!("{name}, {length}: {error:?}"),
            };
            // Where something is missing, something is said; an empty file has nothing.
            let is_whole =
                listing.entries.len() == 1 && listing.entries[0].key == KeyState::Exportable;
            let is_told = !listing.problems.is_empty() || !listing.notices.is_empty();
            assert!(is_whole || is_told || length == 0, "{name}, {length}");
            match key_of(&*store, "rsa", &mut NonInteractive) {
                Ok(key) => assert!(key == pkcs8("rsa"), "{name}, {length}"),
                Err(
                    StoreError::Damaged { .. }
                    | StoreError::KeyMissing { .. }
                    | StoreError::NotFound { .. }
                    | StoreError::WrongPassword { .. }
                    | StoreError::InteractionRequired { .. },
                ) => {}
                Err(error) => panic!("{name}, {length}: {error:?}"),
            }
        }
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_tells_damaged_certificate_and_has_the_others() {
    let profile = with("rsa");
    profile.import_fixture("P-256", "Grace");
    profile.sql(
        "cert9.db",
        "update nssPublic set a11 = substr(a11, 1, 100) where a3 = cast('Ada' as blob)",
    );
    let store = store(&profile);
    let listing = store.list().unwrap();
    assert_eq!(entry(&listing, "P-256").key, KeyState::Exportable);
    let [problem] = listing.problems.as_slice() else {
        panic!("{:?}", listing.problems);
    };
    assert_eq!(problem.kind, ProblemKind::Unreadable);
    assert!(problem.place.contains("cert9.db#"), "{problem:?}");
    let error = refusal(&*store, "rsa");
    assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
}

/// Rows that cannot be read may be those of any certificate's key.
#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_does_not_say_missing_where_private_keys_are_damaged() {
    let profile = with("rsa");
    profile.import_fixture("P-256", "Grace");
    let damage = "update nssPrivate set a0 = x'03' where length(a120) > 3";
    profile.sql("key4.db", damage);
    let store = store(&profile);
    let listing = store.list().unwrap();
    assert_eq!(entry(&listing, "P-256").key, KeyState::Exportable);
    assert_eq!(entry(&listing, "rsa").key, KeyState::Unknown);
    let told = problems(&listing).concat();
    assert!(told.contains("key4.db#"), "{told}");
    let error = refusal(&*store, "rsa");
    let StoreError::Damaged { place, reason, .. } = error else {
        panic!("{error:?}");
    };
    assert!(place.ends_with("key4.db"), "{place}");
    assert!(told.contains(&reason), "{reason}");
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn private_key_names_damaged_attribute_under_right_password() {
    let made = Profile::new("right");
    made.import_fixture("rsa", "Ada");
    for (change, words) in [
        ("a125 = substr(a125, 1, length(a125) - 1) || x'00'", "0x125"),
        ("a126 = substr(a126, 1, 40)", "0x126"),
        ("a127 = null", "0x127"),
        ("a128 = x'a5005a'", "0x128"),
        ("a129 = x'3000'", "0x129"),
    ] {
        let profile = copied(&made);
        profile.sql("key4.db", &format!("update nssPrivate set {change}"));
        let store = store_with(&profile, &["right"]);
        let error = refusal(&*store, "rsa");
        let StoreError::Damaged {
            place,
            reason,
            source,
        } = &error
        else {
            panic!("{change}: {error:?}");
        };
        assert!(place.ends_with("key4.db"), "{place}");
        assert!(reason.contains(words), "{reason}");
        assert!(source.is_some());
        // A wrong password is not taken for damage.
        let error = refusal(&*store_with(&profile, &["wrong"]), "rsa");
        assert!(
            matches!(error, StoreError::WrongPassword { .. }),
            "{error:?}"
        );
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_and_private_key_tell_missing_password_entry() {
    let profile = Profile::new("right");
    profile.import_fixture("P-256", "Ada");
    profile.sql("key4.db", "delete from metaData where id = 'password'");
    let store = store_with(&profile, &["right"]);
    let listing = store.list().unwrap();
    assert_eq!(entry(&listing, "P-256").key, KeyState::Unknown);
    let [told] = problems(&listing).try_into().unwrap();
    assert!(
        told.contains("key4.db") && told.contains("its password entry is missing"),
        "{told}"
    );
    let error = refusal(&*store, "P-256");
    assert!(
        matches!(&error, StoreError::Damaged { reason, .. } if reason.contains("is missing")),
        "{error:?}"
    );
}

fn renumbered(made: &Profile, what: &str, to: &str) -> Profile {
    let profile = copied(made);
    python(
        RENUMBER,
        &[&profile.path("key4.db"), Path::new(what), Path::new(to)],
    );
    profile
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn private_key_is_not_derived_without_measure() {
    let made = Profile::new("right");
    made.import_fixture("P-256", "Ada");
    for iterations in ["0", "10000001", "2147483647", "99999999999999999999"] {
        let profile = renumbered(&made, "a11", iterations);
        let store = store_with(&profile, &["right"]);
        let error = refusal(&*store, "P-256");
        assert!(
            matches!(&error, StoreError::Damaged { reason, .. } if reason.contains("0x11")),
            "{iterations}: {error:?}"
        );

        let profile = renumbered(&made, "entry", iterations);
        let store = store_with(&profile, &["right"]);
        let listing = store.list().unwrap();
        assert_eq!(entry(&listing, "P-256").key, KeyState::Unknown);
        let [told] = problems(&listing).try_into().unwrap();
        assert!(told.contains("its password entry"), "{iterations}: {told}");
        let error = refusal(&*store, "P-256");
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    }
    // As many as NSS is ever told to use, where it has other values to decrypt.
    let profile = renumbered(&made, "a11", "20000");
    let error = refusal(&*store_with(&profile, &["right"]), "P-256");
    assert!(
        matches!(&error, StoreError::Damaged { reason, .. } if reason.contains("does not decrypt")),
        "{error:?}"
    );
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn private_key_in_unknown_cipher_is_not_exportable() {
    let made = Profile::new("right");
    made.import_fixture("P-256", "Ada");
    let is_form = |error: &StoreError| {
        let StoreError::KeyNotExportable { reason, .. } = error else {
            return false;
        };
        matches!(reason, NotExportable::UnsupportedForm(form) if form.contains("2.16.840.1.101.3.4.1.127"))
    };
    let profile = renumbered(&made, "a11", "cipher");
    let error = refusal(&*store_with(&profile, &["right"]), "P-256");
    assert!(is_form(&error), "{error:?}");

    let profile = renumbered(&made, "entry", "cipher");
    let store = store_with(&profile, &["right"]);
    let listing = store.list().unwrap();
    let state = &entry(&listing, "P-256").key;
    assert!(
        matches!(
            state,
            KeyState::NotExportable(NotExportable::UnsupportedForm(_))
        ),
        "{state:?}"
    );
    assert_eq!(listing.problems.len(), 1);
    let error = refusal(&*store, "P-256");
    assert!(is_form(&error), "{error:?}");
}
