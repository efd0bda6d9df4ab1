//! What comes in, as NSS's own tools and certstow's reader see it.

use certstow_formats::nss::KeyState;

use super::material::{CURVE, EXPORTABLE, Identity, Profile, certificate};
use crate::error::StoreError;
use crate::store::{ImportOptions, NewIdentity};

/// The fixtures of which NSS takes the key.
const NAMES: [&str; 5] = ["rsa", "rsa-pss", "P-256", "P-384", "P-521"];

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_puts_in_what_nss_gives_back() {
    for password in ["", "p\u{e4}ssword"] {
        let profile = Profile::new(password);
        profile.imported_by_nss("P-256", "before");
        for (count, name) in NAMES.iter().enumerate() {
            if *name == "P-256" {
                continue;
            }
            let before = profile.keys_of_nss();
            let label = format!("Zo\u{eb} {name}");
            profile.imported(name, &label);
            assert_eq!(profile.keys_of_nss(), before + 1, "{count}");
            let identity = Identity::fixture(name);
            assert!(
                profile.exported_by_nss(&label) == [identity.key.expose()],
                "{name}"
            );
            profile.gives_key_of(&identity);
            assert_eq!(profile.listed(&identity.certificate).0, label);
        }
        let before = Identity::fixture("P-256");
        assert!(profile.exported_by_nss("before") == [before.key.expose()]);
        let listed = profile.certificates_of_nss();
        let user: Vec<_> = listed
            .iter()
            .filter(|(_, trust)| trust == "u,u,u")
            .collect();
        assert_eq!(user.len(), NAMES.len(), "{listed:?}");
        // The issuer is there once, and is trusted for nothing.
        let issuers: Vec<_> = listed.iter().filter(|(_, trust)| trust == ",,").collect();
        assert_eq!(issuers, [&("Fixture CA".to_owned(), ",,".to_owned())]);
        assert_eq!(profile.read().issuers, [certificate("ca")]);
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_makes_what_pk12util_makes() {
    for name in NAMES {
        let [theirs, ours] = [Profile::new(""), Profile::new("")];
        theirs.imported_by_nss(name, "Ada");
        let identity = Identity::fixture(name);
        let new = NewIdentity {
            label: Some("Ada"),
            ..identity.coming()
        };
        ours.import(&new, &EXPORTABLE).unwrap();
        assert_eq!(columns(&ours), columns(&theirs), "{name}");
    }
}

/// Every value of every object but those that are encrypted with salts of their own.
fn columns(profile: &Profile) -> String {
    let script = "import sqlite3, sys\n\
        for name, table in ((sys.argv[1], 'nssPublic'), (sys.argv[2], 'nssPrivate')):\n \
            database = sqlite3.connect(name)\n \
            database.row_factory = sqlite3.Row\n \
            secret = ['a11', 'a123', 'a124', 'a125', 'a126', 'a127', 'a128']\n \
            hidden = ['id'] + (secret if table == 'nssPrivate' else [])\n \
            for row in database.execute(f'select * from {table} order by a0'):\n  \
                print(table, *(f'{of}={row[of].hex()}' for of in row.keys() \
                    if of not in hidden and row[of] is not None))";
    let mut python = super::material::python();
    python.args(["-c", script]);
    python.args(["cert9.db", "key4.db"].map(|name| profile.path(name)));
    String::from_utf8(super::material::run(&mut python)).unwrap()
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_takes_longer_keys() {
    let profile = Profile::new("");
    for size in ["3072", "4096"] {
        let algorithm = format!("rsa:{size}");
        let identity = Identity::made(&["-newkey", &algorithm], &format!("/CN={size}"));
        profile.import(&identity.coming(), &EXPORTABLE).unwrap();
        profile.gives_key_of(&identity);
        assert!(profile.exported_by_nss(size) == [identity.key.expose()]);
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_without_label_takes_name_of_certificate() {
    let profile = Profile::new("");
    for (label, subject, expected) in [
        (None, "/CN=Zo\u{eb} Example", "Zo\u{eb} Example"),
        (Some("  "), "/CN=Ada Example", "Ada Example"),
    ] {
        let identity = Identity::made(&CURVE, subject);
        let new = NewIdentity {
            label,
            ..identity.coming()
        };
        profile.import(&new, &EXPORTABLE).unwrap();
        assert_eq!(profile.listed(&identity.certificate).0, expected);
        assert!(profile.exported_by_nss(expected) == [identity.key.expose()]);
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_numbers_nickname_of_another_subject() {
    let profile = Profile::new("");
    let identities =
        ["/CN=Ada", "/CN=Grace", "/CN=Zo\u{eb}"].map(|name| Identity::made(&CURVE, name));
    for (identity, expected) in identities.iter().zip(["work", "work #2", "work #3"]) {
        let new = NewIdentity {
            label: Some("work"),
            ..identity.coming()
        };
        profile.import(&new, &EXPORTABLE).unwrap();
        assert_eq!(profile.listed(&identity.certificate).0, expected);
        assert!(profile.exported_by_nss(expected) == [identity.key.expose()]);
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_keeps_one_nickname_for_one_subject() {
    let profile = Profile::new("");
    let [old, new] = [(); 2].map(|()| Identity::made(&CURVE, "/CN=Ada"));
    for (identity, label) in [(&old, "work"), (&new, "home")] {
        let new = NewIdentity {
            label: Some(label),
            ..identity.coming()
        };
        profile.import(&new, &EXPORTABLE).unwrap();
        assert_eq!(profile.listed(&identity.certificate).0, "work");
    }
    let keys = profile.exported_by_nss("work");
    assert_eq!(keys.len(), 2);
    assert!(keys.contains(&old.key.expose().to_vec()));
    assert!(keys.contains(&new.key.expose().to_vec()));
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_of_renewed_certificate_adds_no_second_key() {
    for password in ["", "secret"] {
        let profile = Profile::new(password);
        profile.imported_by_nss("rsa", "Ada");
        profile.imported("rsa-renewed", "Ada");
        assert_eq!(profile.keys_of_nss(), 1);
        for name in ["rsa", "rsa-renewed"] {
            profile.gives_key_of(&Identity::fixture(name));
        }
        let listed = profile.certificates_of_nss();
        let user = listed.iter().filter(|(_, trust)| trust == "u,u,u").count();
        assert_eq!(user, 2, "{listed:?}");
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_adds_key_to_certificate_that_is_there() {
    for password in ["", "secret"] {
        let profile = Profile::new(password);
        let identity = Identity::fixture("P-256");
        let file = profile.path("../P-256.crt");
        std::fs::write(&file, identity.certificate.der()).unwrap();
        let mut add = profile.tool("certutil");
        add.args(["-A", "-n", "Ada", "-t", ",,", "-i"]).arg(&file);
        super::material::run(&mut add);
        // As some programs leave it, so that NSS would not find the key.
        profile.sql(
            "cert9.db",
            "update nssPublic set a102 = x'01' where a0 = x'00000001'",
        );
        assert_eq!(profile.listed(&identity.certificate).1, KeyState::Missing);
        profile.import(&identity.coming(), &EXPORTABLE).unwrap();
        profile.gives_key_of(&identity);
        assert_eq!(
            profile.certificates_of_nss(),
            [("Ada".to_owned(), "u,u,u".to_owned())]
        );
        assert!(profile.exported_by_nss("Ada") == [identity.key.expose()]);
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_promises_no_key_that_stays_in() {
    let profile = Profile::new("");
    let identity = Identity::fixture("P-256");
    let options = ImportOptions {
        exportable: false,
        ..EXPORTABLE
    };
    let before = profile.rows();
    let error = profile.import(&identity.coming(), &options).unwrap_err();
    assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
    assert!(profile.rows() == before);

    // For this is what NSS's own tool does.
    profile.imported("P-256", "Ada");
    profile.sql("key4.db", "update nssPrivate set a162 = x'00'");
    let state = profile.listed(&identity.certificate).1;
    assert!(matches!(state, KeyState::NotExtractable(_)), "{state:?}");
    assert!(profile.exported_by_nss("Ada") == [identity.key.expose()]);
}
