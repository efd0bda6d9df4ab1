//! What a listing says of each private key, and what comes of asking for it.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use certstow_platform::error::StoreError;
use certstow_platform::store::{
    KeyProtection, KeyState, NonInteractive, NotExportable, ProblemKind,
};

use super::database::{Profile, data, fixture, python, run};
use super::{
    assert_exports, certificate, entry, key_of, list, pkcs8, problems, refusal, store, with,
    with_many,
};

/// Adds a certificate without its private key.
fn add(profile: &Profile, name: &str, label: &str) {
    let mut add = profile.tool("certutil");
    add.args(["-A", "-n", label, "-t", ",,", "-i"]);
    run(add.arg(fixture("certificates", name)));
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_tells_certificates_by_nickname_and_object() {
    let profile = Profile::new("");
    for name in ["rsa", "rsa-pss", "P-256", "P-384", "P-521"] {
        profile.import_fixture(name, &format!("Zo\u{eb} {name}"));
    }
    let store = store(&profile);
    let info = store.info();
    assert_eq!(info.description, "NSS database");
    assert_eq!(info.key_protection, KeyProtection::PrimaryPassword);
    assert_eq!(info.application, None);
    let listing = store.list().unwrap();
    assert_eq!(listing.problems, []);
    assert_eq!(listing.notices, []);
    assert_eq!(listing.entries.len(), 5);
    for name in ["rsa", "rsa-pss", "P-256", "P-384", "P-521"] {
        let entry = entry(&listing, name);
        assert_eq!(entry.label, Some(format!("Zo\u{eb} {name}")));
        assert_eq!(entry.key, KeyState::Exportable);
        let key = key_of(&*store, name, &mut NonInteractive).unwrap();
        assert!(key == pkcs8(name), "{name}");
    }
    let script = "import sqlite3, sys; query = 'select id from nssPublic where a3 = ? and a0 = ?'; \
        row = sqlite3.connect(sys.argv[1]).execute(query, (sys.argv[2].encode(), bytes([0, 0, 0, 1]))); \
        print('%x' % row.fetchone()[0])";
    let id = python(
        script,
        &[&profile.path("cert9.db"), Path::new("Zo\u{eb} P-256")],
    );
    let place = format!(
        "{}#{}",
        profile.path("cert9.db").display(),
        String::from_utf8(id).unwrap().trim()
    );
    assert_eq!(entry(&listing, "P-256").places, [place]);
    assert_eq!(store.issuers().unwrap(), [certificate("ca")]);
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_has_ca_certificate_with_its_private_key() {
    let profile = Profile::new("");
    profile.import_path(
        &data("keys/ca.pem"),
        &data("certificates/ca.pem"),
        &[],
        "Our CA",
    );
    assert_exports(&profile, "ca");
    assert_eq!(store(&profile).issuers().unwrap(), [certificate("ca")]);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn private_key_tells_why_there_is_none() {
    let profile = with("rsa");
    profile.import_fixture("P-256", "Grace");
    add(&profile, "keyless", "Keyless");
    profile.sql(
        "key4.db",
        "update nssPrivate set a162 = x'00' where length(a120) > 3; \
         update nssPrivate set a100 = x'00000040' where length(ad5a0db00) = 65",
    );
    let store = store(&profile);
    let listing = store.list().unwrap();
    assert_eq!(listing.problems, []);

    assert_eq!(entry(&listing, "keyless").key, KeyState::Missing);
    let error = refusal(&*store, "keyless");
    assert!(matches!(error, StoreError::KeyMissing { .. }), "{error:?}");

    let form = NotExportable::UnsupportedForm("EdDSA key in NSS".to_owned());
    for (name, expected) in [("rsa", NotExportable::Policy), ("P-256", form)] {
        let state = KeyState::NotExportable(expected.clone());
        assert_eq!(entry(&listing, name).key, state);
        let error = refusal(&*store, name);
        assert!(
            matches!(&error, StoreError::KeyNotExportable { reason, .. } if *reason == expected),
            "{error:?}"
        );
    }
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn private_key_is_given_for_both_certificates_of_one_key() {
    let profile = with("rsa");
    let renewed = fixture("certificates", "rsa-renewed");
    profile.import(&fixture("keys", "rsa"), &renewed, "Ada");
    let store = store(&profile);
    let listing = store.list().unwrap();
    for name in ["rsa", "rsa-renewed"] {
        assert_eq!(entry(&listing, name).key, KeyState::Exportable);
        let key = key_of(&*store, name, &mut NonInteractive).unwrap();
        assert!(key == pkcs8("rsa"), "{name}");
    }
    assert_eq!(listing.notices, []);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_has_certificate_under_two_object_ids_once() {
    let profile = with("P-256");
    profile.sql(
        "cert9.db",
        "create temp table twice as select * from nssPublic where a0 = x'00000001'; \
         update twice set id = id + 100000; insert into nssPublic select * from twice",
    );
    let listing = list(&profile);
    let places = &entry(&listing, "P-256").places;
    assert_eq!(places.len(), 2, "{places:?}");
    assert_ne!(places[0], places[1]);
    assert_exports(&profile, "P-256");
    // The issuer is there twice, too.
    let issuers = store(&profile).issuers().unwrap();
    assert!(issuers.iter().all(|issuer| *issuer == certificate("ca")));
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_gives_notice_of_private_key_without_certificate() {
    let profile = with("P-256");
    profile.sql("cert9.db", "delete from nssPublic where a0 = x'00000001'");
    let listing = list(&profile);
    assert_eq!((listing.entries.len(), listing.problems.len()), (0, 0));
    let [notice] = listing.notices.as_slice() else {
        panic!("{:?}", listing.notices);
    };
    assert_eq!(notice.kind, ProblemKind::KeyAlone);
    assert!(notice.place.contains("key4.db#"), "{notice:?}");
    assert!(notice.message.contains("(Ada)"), "{notice:?}");
}

/// NSS goes by ids that anybody chooses, and so may a certificate whose public key nothing here reads.
#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn private_key_is_never_anothers() {
    let profile = with("rsa");
    add(&profile, "P-256", "Grace");
    // No tool of NSS puts such a certificate in.
    let certificate = certificate("ed25519")
        .der()
        .iter()
        .fold(String::new(), |mut hex, octet| {
            write!(hex, "{octet:02x}").unwrap();
            hex
        });
    let script = "import sqlite3, sys; query = 'select hex(a102) from nssPrivate'; \
        print(sqlite3.connect(sys.argv[1]).execute(query).fetchone()[0])";
    let id = String::from_utf8(python(script, &[&profile.path("key4.db")])).unwrap();
    let change = format!(
        "update nssPublic set a11 = x'{certificate}', a102 = x'{}' where a3 = cast('Grace' as blob)",
        id.trim()
    );
    profile.sql("cert9.db", &change);
    let error = refusal(&*store(&profile), "ed25519");
    assert!(matches!(error, StoreError::KeyMissing { .. }), "{error:?}");
    assert_exports(&profile, "rsa");
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_takes_what_certificate_says_over_columns() {
    let profile = with("P-256");
    profile.sql(
        "cert9.db",
        "update nssPublic set a81 = x'3000', a82 = x'020107', a101 = x'3000'",
    );
    assert_exports(&profile, "P-256");
    assert_eq!(
        entry(&list(&profile), "P-256").certificate,
        certificate("P-256")
    );
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_has_certificates_of_database_without_password() {
    let profile = Profile::new("");
    add(&profile, "P-256", "Ada");
    for change in ["delete from metaData", "drop table metaData"] {
        profile.sql("key4.db", change);
        let store = store(&profile);
        let listing = store.list().unwrap();
        assert_eq!(problems(&listing), Vec::<String>::new());
        assert_eq!(entry(&listing, "P-256").key, KeyState::Missing);
        let error = refusal(&*store, "P-256");
        assert!(matches!(error, StoreError::KeyMissing { .. }), "{error:?}");
    }
}

/// The shortest of three times that a listing of so many identities takes.
fn time_to_list(count: usize) -> Duration {
    let profile = with_many(count);
    let times = (0..3).map(|_| {
        let began = Instant::now();
        let listing = list(&profile);
        let took = began.elapsed();
        assert_eq!(listing.entries.len(), count);
        assert_eq!(listing.problems, []);
        let is_exportable =
            |entry: &certstow_platform::store::Entry| entry.key == KeyState::Exportable;
        assert!(listing.entries.iter().all(is_exportable));
        took
    });
    times.min().unwrap()
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_takes_linear_time() {
    let [some, many] = [500, 10_000].map(time_to_list);
    // Twenty times as long, where a search for each would take four hundred times.
    assert!(many < some * 100, "{some:?} {many:?}");
}
