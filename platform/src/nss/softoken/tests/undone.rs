//! When a step fails, nothing of the steps before it stays. SQLite makes the steps fail, by triggers in
//! the files.

use certstow_formats::nss::KeyState;

use super::material::{EXPORTABLE, Identity, Profile, REPLACE, certificate, error_chain};
use crate::error::StoreError;
use crate::store::{NewIdentity, Removal};

const PRIVATE_KEY: &str = "00000003";
const PUBLIC_KEY: &str = "00000002";
const CERTIFICATE: &str = "00000001";

/// Has every new object of a class fail whose further condition holds.
fn refuse(profile: &Profile, file: &str, class: &str, event: &str, further: &str) {
    let table = match file {
        "cert9.db" => "nssPublic",
        _ => "nssPrivate",
    };
    let row = if event == "delete" { "old" } else { "new" };
    profile.sql(
        file,
        &format!(
            "create trigger refused before {event} on {table} \
             when {row}.a0 = x'{class}' and ({further}) \
             begin select raise(abort, 'refused'); end"
        ),
    );
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_that_fails_at_any_step_leaves_nothing() {
    let issuers = [certificate("ca")];
    let of_issuer = "new.a101 = new.a81";
    for password in ["", "secret"] {
        for (file, class, further, reason) in [
            (
                "key4.db",
                PRIVATE_KEY,
                "1",
                "NSS does not take its private key",
            ),
            (
                "cert9.db",
                PUBLIC_KEY,
                "1",
                "NSS does not take its private key",
            ),
            (
                "cert9.db",
                CERTIFICATE,
                "1",
                "NSS does not take its certificate",
            ),
            (
                "cert9.db",
                CERTIFICATE,
                of_issuer,
                "NSS does not take the certificate of its issuer",
            ),
        ] {
            let profile = Profile::new(password);
            profile.imported_by_nss("P-256", "before");
            refuse(&profile, file, class, "insert", further);
            let before = profile.rows();
            let identity = Identity::fixture("rsa");
            let new = NewIdentity {
                issuers: &issuers,
                label: Some("Ada"),
                ..identity.coming()
            };
            let error = profile.import(&new, &EXPORTABLE).unwrap_err();
            assert!(
                matches!(error, StoreError::NotImported { .. }),
                "{class}: {error:?}"
            );
            let told = error_chain(&error);
            assert!(
                told.contains(reason) || told.contains("it is in use"),
                "{told}"
            );
            assert!(told.contains(" of NSS: CKR_"), "{told}");
            assert!(profile.rows() == before, "{class} left something: {told}");
            assert_eq!(profile.keys_of_nss(), 1);
        }
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn replacing_that_fails_puts_back_what_was_there() {
    let profile = Profile::new("secret");
    profile.imported("rsa", "Ada");
    let before = profile.rows();
    refuse(&profile, "key4.db", PRIVATE_KEY, "update", "1");
    let identity = Identity::fixture("rsa");
    let new = NewIdentity {
        label: Some("Grace"),
        ..identity.coming()
    };
    let error = profile.import(&new, &REPLACE).unwrap_err();
    assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
    profile.sql("key4.db", "drop trigger refused");
    assert!(profile.rows() == before);
    profile.gives_key_of(&identity);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_that_cannot_be_undone_says_so() {
    let profile = Profile::new("");
    refuse(&profile, "cert9.db", CERTIFICATE, "insert", "1");
    refuse(&profile, "key4.db", PRIVATE_KEY, "delete", "1");
    let identity = Identity::fixture("P-256");
    let error = profile.import(&identity.coming(), &EXPORTABLE).unwrap_err();
    assert!(matches!(error, StoreError::HalfDone { .. }), "{error:?}");
    assert_eq!(profile.keys_of_nss(), 1);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn removal_that_fails_takes_nothing_or_says_what() {
    let identity = Identity::fixture("rsa");
    let ours = &identity.certificate;
    // The first step.
    let profile = Profile::new("");
    profile.imported("rsa", "Ada");
    refuse(&profile, "cert9.db", CERTIFICATE, "delete", "1");
    let before = profile.rows();
    let error = profile.remove(ours, Removal::Entry).unwrap_err();
    assert!(matches!(error, StoreError::NotRemoved { .. }), "{error:?}");
    assert!(profile.rows() == before);
    profile.gives_key_of(&identity);

    // A later one.
    let profile = Profile::new("");
    profile.imported("rsa", "Ada");
    refuse(&profile, "cert9.db", PUBLIC_KEY, "delete", "1");
    let error = profile.remove(ours, Removal::Key).unwrap_err();
    assert!(matches!(error, StoreError::HalfDone { .. }), "{error:?}");
    assert!(error_chain(&error).contains("its private key is gone, but"));
    assert_eq!(profile.keys_of_nss(), 0);
    assert_eq!(profile.listed(ours).1, KeyState::Missing);
}
