//! Every kind of key that NSS takes, by the side of the key that was put in.

use certstow_formats::nss::error::NssError;
use certstow_formats::nss::records::File;
use certstow_formats::nss::{self, Bytes, KeyState, PasswordState};
use certstow_formats::testing::writer;

use super::material::{Profile, fixture, listed, opened, password, pkcs8, run};

/// The fixtures of which NSS takes the key.
const NAMES: [&str; 5] = ["rsa", "rsa-pss", "P-256", "P-384", "P-521"];

/// CKK_RSA as NSS writes it, and the ids of two fixtures: the SHA-1 of the modulus, and of the point.
const RSA_TYPE: &str = "00000000";
const RSA_ID: &str = "748ec0035edf8a0e5e3f9e934192b9d3472ff95f";
const CURVE_ID: &str = "f457400d9bef5d893236c43bc7a48f41d5b115b4";

fn with_every_kind(password: &str) -> Profile {
    let profile = Profile::new(password);
    for name in NAMES {
        profile.import_fixture(name, &format!("Zo\u{eb} {name}"));
    }
    profile
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn private_key_equals_what_was_imported() {
    const PASSWORD: &str = "p\u{e4}ssword";
    let profile = with_every_kind(PASSWORD);
    let database = profile.read();
    assert_eq!(database.problems, []);
    assert_eq!(database.password, PasswordState::Set);
    assert_eq!(database.certificates.len(), NAMES.len());
    assert_eq!(database.orphans, []);
    let [issuer] = database.issuers.as_slice() else {
        panic!("{:?}", database.issuers);
    };
    assert_eq!(issuer.der(), writer::data("certificates/ca.pem"));
    for name in NAMES {
        let listed = listed(&database, name);
        let label = format!("Zo\u{eb} {name}");
        assert_eq!(listed.object.label.as_deref(), Some(label.as_str()));
        let key = opened(&database, listed, PASSWORD).unwrap();
        assert!(key == pkcs8(&fixture("keys", name)), "{name}");
        assert!(key == profile.exported_by_nss(&label), "{name}");
    }
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn private_key_of_three_thousand_bits_and_more_opens() {
    let profile = Profile::new("");
    let sizes = ["rsa:3072", "rsa:4096"];
    let made = sizes.map(|size| {
        let name = size.replace(':', "");
        let key = profile.import_made(&["-newkey", size], &format!("/CN={name}"), &name);
        (name, pkcs8(&key))
    });
    let database = profile.read();
    for (name, expected) in made {
        let mut certificates = database.certificates.iter();
        let listed = certificates.find(|listed| listed.object.label.as_deref() == Some(&name));
        assert!(
            opened(&database, listed.unwrap(), "").unwrap() == expected,
            "{name}"
        );
    }
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn unlock_tells_wrong_passwords() {
    let profile = Profile::new("right");
    profile.import_fixture("P-256", "Ada");
    let database = profile.read();
    for wrong in [
        "",
        "wrong",
        "Right",
        "right ",
        &"x".repeat(500),
        &"x".repeat(501),
    ] {
        let tried = database.unlock(&password(wrong)).map(drop);
        assert_eq!(tried, Err(NssError::WrongPassword), "{wrong}");
    }
    assert!(database.unlock(&password("right")).is_ok());
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn unlock_takes_longest_password_of_nss() {
    // What `certutil` reads of a file is shorter; SFTK_MAX_PIN is 500.
    let longest = "\u{e4}".repeat(120);
    let profile = Profile::new(&longest);
    profile.import_fixture("P-256", "Ada");
    let database = profile.read();
    assert!(opened(&database, listed(&database, "P-256"), &longest).is_ok());
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn read_knows_empty_password() {
    let profile = Profile::new("");
    profile.import_fixture("rsa", "Ada");
    let database = profile.read();
    assert_eq!(database.password, PasswordState::Empty);
    let key = opened(&database, listed(&database, "rsa"), "").unwrap();
    assert!(key == pkcs8(&fixture("keys", "rsa")));
    let wrong = database.unlock(&password("x")).map(drop);
    assert_eq!(wrong, Err(NssError::WrongPassword));
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn read_gives_two_certificates_one_key() {
    let profile = Profile::new("");
    profile.import_fixture("rsa", "Ada");
    profile.import(
        &fixture("keys", "rsa"),
        &fixture("certificates", "rsa-renewed"),
        "Ada",
    );
    let database = profile.read();
    let keys = ["rsa", "rsa-renewed"].map(|name| listed(&database, name).key.clone());
    assert!(matches!(keys[0], KeyState::Present(_)), "{keys:?}");
    assert_eq!(keys[0], keys[1]);
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn read_pairs_namesakes_each_with_its_key() {
    let profile = Profile::new("");
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let expected: Vec<_> = (0..3)
        .map(|_| pkcs8(&profile.import_made(&curve, "/CN=Ada", "Ada")))
        .collect();
    let database = profile.read();
    let found: Vec<_> = database
        .certificates
        .iter()
        .map(|listed| {
            assert_eq!(listed.object.label.as_deref(), Some("Ada"));
            opened(&database, listed, "").unwrap()
        })
        .collect();
    assert_eq!(found.len(), expected.len());
    assert!(expected.iter().all(|key| found.contains(key)));
    // Each key is its own certificate's.
    for (listed, key) in database.certificates.iter().zip(&found) {
        let key = certstow_formats::key::public_key_of_pkcs8(key).unwrap();
        assert_eq!(key, listed.object.certificate.spki_der());
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn read_pairs_whatever_the_ids_say() {
    let profile = Profile::new("");
    profile.import_fixture("rsa", "Ada");
    profile.import_fixture("P-256", "Grace");
    // The ids of the two keys are exchanged.
    profile.sql(
        "key4.db",
        &format!(
            "update nssPrivate set a102 = case when a100 = x'{RSA_TYPE}' then x'{CURVE_ID}' \
             else x'{RSA_ID}' end"
        ),
    );
    let database = profile.read();
    for name in ["rsa", "P-256"] {
        let key = opened(&database, listed(&database, name), "").unwrap();
        assert!(key == pkcs8(&fixture("keys", name)), "{name}");
    }
    // Without their public values it is the ids that say whose they are.
    profile.sql(
        "key4.db",
        "update nssPrivate set a120 = null, ad5a0db00 = null",
    );
    let database = profile.read();
    let [rsa, curve] = ["rsa", "P-256"].map(|name| listed(&database, name).key.clone());
    assert!(matches!(
        (&rsa, &curve),
        (KeyState::Present(_), KeyState::Present(_))
    ));
    assert!(rsa != curve);
    let opened = opened(&database, listed(&database, "rsa"), "");
    assert!(matches!(&opened, Err(NssError::Damaged(what)) if what.contains("it is missing")));
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn read_never_pairs_anothers_key() {
    let profile = Profile::new("");
    profile.import_fixture("rsa", "Ada");
    profile.import_fixture("P-256", "Grace");
    profile.sql(
        "key4.db",
        &format!(
            "delete from nssPrivate where a100 != x'{RSA_TYPE}'; \
             update nssPrivate set a102 = x'{CURVE_ID}'"
        ),
    );
    let database = profile.read();
    assert_eq!(listed(&database, "P-256").key, KeyState::Missing);
    assert!(matches!(listed(&database, "rsa").key, KeyState::Present(_)));
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn read_tells_keys_that_stay() {
    let profile = Profile::new("");
    profile.import_fixture("rsa", "Ada");
    profile.import_fixture("P-256", "Grace");
    profile.import_fixture("P-384", "Alan");
    profile.sql(
        "key4.db",
        "update nssPrivate set a162 = x'00' where length(a120) > 3;
         update nssPrivate set a100 = x'00000040' where length(ad5a0db00) = 65;",
    );
    profile.sql(
        "cert9.db",
        "delete from nssPublic where length(a11) and a3 = cast('Alan' as blob)",
    );
    let database = profile.read();
    let base_key = database.unlock(&password("")).unwrap();
    let KeyState::NotExtractable(id) = listed(&database, "rsa").key else {
        panic!("{:?}", listed(&database, "rsa").key);
    };
    let key = database.private_key(id, &base_key).map(drop);
    assert_eq!(key, Err(NssError::NotExtractable));
    let KeyState::Unsupported(id, kind) = &listed(&database, "P-256").key else {
        panic!("{:?}", listed(&database, "P-256").key);
    };
    assert_eq!(kind, "EdDSA");
    let key = database.private_key(*id, &base_key).map(drop);
    assert!(matches!(key, Err(NssError::Unsupported(what)) if what.contains("EdDSA")));
    let [orphan] = database.orphans.as_slice() else {
        panic!("{:?}", database.orphans);
    };
    assert_eq!(orphan.label.as_deref(), Some("Alan"));
    assert!(database.private_key(orphan.id, &base_key).is_ok());
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn read_knows_database_without_password() {
    let profile = Profile::new("");
    let certificate = fixture("certificates", "P-256");
    let mut add = profile.tool("certutil");
    add.args(["-A", "-n", "Ada", "-t", ",,", "-i"])
        .arg(certificate);
    run(&mut add);
    for change in ["delete from metaData", "drop table metaData"] {
        profile.sql("key4.db", change);
        let database = profile.read();
        assert_eq!(database.password, PasswordState::NeverSet);
        assert_eq!(listed(&database, "P-256").key, KeyState::Missing);
        let tried = database.unlock(&password("")).map(drop);
        assert_eq!(tried, Err(NssError::NoPassword));
    }

    let empty = nss::read(Bytes::default(), Some(Bytes::default())).unwrap();
    assert!(empty.certificates.is_empty() && empty.problems.is_empty());
    assert_eq!(empty.password, PasswordState::NeverSet);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn read_tells_missing_password_entry() {
    let profile = Profile::new("right");
    profile.import_fixture("P-256", "Ada");
    profile.sql("key4.db", "delete from metaData where id = 'password'");
    let database = profile.read();
    let missing = NssError::Damaged("its password entry is missing".to_owned());
    assert_eq!(database.password, PasswordState::Unusable(missing.clone()));
    assert_eq!(database.unlock(&password("right")).map(drop), Err(missing));
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn read_keeps_certificates_without_key4() {
    let profile = Profile::new("");
    profile.import_fixture("P-256", "Ada");
    let certificates = || profile.bytes("cert9.db");
    let absent = nss::read(certificates(), None).unwrap();
    assert_eq!(absent.password, PasswordState::Unknown);
    assert_eq!(listed(&absent, "P-256").key, KeyState::Unknown);
    let mut wal = profile.bytes("key4.db");
    wal.database[18..20].fill(2);
    let mut cut = profile.bytes("key4.db");
    cut.database.truncate(5_000);
    for (key4, words) in [
        (wal, "write-ahead log (WAL)"),
        (cut, "the file has no such page"),
        (
            Bytes {
                database: b"no database".to_vec(),
                journal: None,
            },
            "does not begin like an SQLite database",
        ),
    ] {
        let database = nss::read(certificates(), Some(key4)).unwrap();
        assert_eq!(listed(&database, "P-256").key, KeyState::Unknown);
        let [problem, ..] = database.problems.as_slice() else {
            panic!("{:?}", database.problems);
        };
        assert_eq!(problem.file, File::Key4);
        assert!(problem.message.contains(words), "{}", problem.message);
    }
    let error = nss::read(Bytes::default(), None).map(drop);
    assert_eq!(error, Ok(()));
    let other = Bytes {
        database: vec![7; 4096],
        journal: None,
    };
    let error = nss::read(other, None).unwrap_err();
    assert!(matches!(error, NssError::Certificates(_)), "{error}");
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn read_tells_damaged_rows_and_keeps_others() {
    let profile = Profile::new("");
    profile.import_fixture("rsa", "Ada");
    profile.import_fixture("P-256", "Grace");
    profile.sql(
        "cert9.db",
        "update nssPublic set a11 = x'3003020101' where length(a11) > 700",
    );
    profile.sql(
        "key4.db",
        "update nssPrivate set a0 = x'03' where length(a120) > 3",
    );
    let database = profile.read();
    let damaged: Vec<_> = database
        .problems
        .iter()
        .map(|problem| problem.file)
        .collect();
    assert!(
        damaged.contains(&File::Cert9) && damaged.contains(&File::Key4),
        "{damaged:?}"
    );
    assert!(
        database
            .problems
            .iter()
            .all(|problem| problem.object.is_some())
    );
    let key = opened(&database, listed(&database, "P-256"), "").unwrap();
    assert!(key == pkcs8(&fixture("keys", "P-256")));
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn read_takes_nicknames_as_text() {
    let profile = Profile::new("");
    profile.import_fixture("P-256", "Ada");
    for (value, expected) in [
        ("cast('NSS Certificate DB:Ada' as blob)", Some("Ada")),
        ("'as text'", Some("as text")),
        ("x'41ff1b'", Some("A\u{fffd}\u{1b}")),
        ("x'a5005a'", None),
        ("null", None),
    ] {
        let change = format!("update nssPublic set a3 = {value} where a0 = x'00000001'");
        profile.sql("cert9.db", &change);
        let database = profile.read();
        let label = &listed(&database, "P-256").object.label;
        assert_eq!(label.as_deref(), expected, "{value}");
    }
    profile.sql(
        "cert9.db",
        "update nssPublic set a3 = 7 where a0 = x'00000001'",
    );
    let database = profile.read();
    assert_eq!(database.certificates.len(), 0);
    let mut problems = database.problems.iter();
    assert!(problems.any(|problem| problem.message.ends_with("the attribute 0x3 is a number")));
    // Nothing of a key is printed, which the empty password would open.
    assert!(!format!("{database:?}").contains("attributes"));
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn private_key_names_damaged_attribute() {
    let profile = Profile::new("");
    profile.import_fixture("rsa", "Ada");
    let damage = |change: &str, words: &str| {
        let copy = Profile::never_initialised();
        for name in ["cert9.db", "key4.db"] {
            std::fs::copy(profile.path(name), copy.path(name)).unwrap();
        }
        copy.sql("key4.db", change);
        let database = copy.read();
        let error = opened(&database, listed(&database, "rsa"), "").unwrap_err();
        assert!(matches!(error, NssError::Damaged(_)), "{error}");
        assert!(error.to_string().contains(words), "{words}: {error}");
    };
    for (change, words) in [
        (
            "update nssPrivate set a125 = substr(a125, 1, length(a125) - 1) || x'00'",
            "0x125 of the private key: it does not decrypt",
        ),
        (
            "update nssPrivate set a126 = substr(a126, 1, 40)",
            "0x126 of the private key: it breaks off",
        ),
        (
            "update nssPrivate set a127 = null",
            "0x127 of the private key: it is missing",
        ),
        (
            "update nssPrivate set a127 = x'a5005a'",
            "0x127 of the private key: it is missing",
        ),
        (
            "update nssPrivate set a120 = x'a5005a'",
            "0x120 of the private key: it is missing",
        ),
        (
            "update nssPrivate set a129 = x'3000'",
            "0x129 of the private key: it is no RSA",
        ),
    ] {
        damage(change, words);
    }
}
