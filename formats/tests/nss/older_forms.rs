//! Databases of older and of newer NSS than the one that is installed, rewritten by formula. Of the older
//! form NSS itself is the judge.

use std::path::Path;

use certstow_formats::nss::PasswordState;
use certstow_formats::nss::error::NssError;

use super::material::{Profile, fixture, listed, opened, password, pkcs8, python};

const SCRIPT: &str = include_str!("rewrite.py");

const NAMES: [&str; 3] = ["rsa", "rsa-pss", "P-521"];

/// A database with this password in another form.
fn rewritten(password: &str, form: &str) -> Profile {
    let profile = Profile::new(password);
    for name in NAMES {
        profile.import_fixture(name, name);
    }
    let arguments = [
        &*profile.path("key4.db"),
        Path::new(password),
        Path::new(form),
    ];
    let written = String::from_utf8(python(SCRIPT, &arguments)).unwrap();
    // Six values of an RSA key, one of the other, and the password's check.
    assert_eq!(written.trim(), "14", "{form}");
    profile
}

fn check(profile: &Profile, text: &str) {
    let database = profile.read();
    assert_eq!(database.problems, []);
    for name in NAMES {
        let key = opened(&database, listed(&database, name), text).unwrap();
        assert!(key == pkcs8(&fixture("keys", name)), "{name}");
    }
    let wrong = database.unlock(&password("wrong")).map(drop);
    assert_eq!(wrong, Err(NssError::WrongPassword));
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn private_key_in_old_form_opens_as_with_nss() {
    for form in ["old", "mixed"] {
        let profile = rewritten("old password", form);
        for name in NAMES {
            let judged = profile.exported_by_nss(name);
            assert!(judged == pkcs8(&fixture("keys", name)), "{form}: {name}");
        }
        check(&profile, "old password");
        assert_eq!(profile.read().password, PasswordState::Set, "{form}");
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn read_knows_empty_password_in_old_form() {
    let profile = rewritten("", "old");
    assert!(profile.exported_by_nss("rsa") == pkcs8(&fixture("keys", "rsa")));
    check(&profile, "");
    assert_eq!(profile.read().password, PasswordState::Empty);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn unlock_makes_base_key_of_long_salt_with_sha384() {
    let profile = rewritten("n\u{e9}w", "sha384");
    check(&profile, "n\u{e9}w");
    assert_eq!(profile.read().password, PasswordState::Set);
}
