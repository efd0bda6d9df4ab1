//! What is there already: the same identity, its key, or another's key where it would lie.

use super::super::key::{KeyTerms, NewKey, id_of};
use super::super::refusal::Failure;
use super::super::{Library, session};
use super::material::{EXPORTABLE, Identity, Profile, REPLACE, certificate, error_chain, run};
use crate::error::StoreError;
use crate::store::{NewIdentity, Removal};

/// The SHA-1 of the modulus of the RSA fixture, and of the point of the one on P-256.
const RSA_ID: &str = "748ec0035edf8a0e5e3f9e934192b9d3472ff95f";
const CURVE_ID: &str = "f457400d9bef5d893236c43bc7a48f41d5b115b4";

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_of_what_is_there_changes_nothing() {
    for by_nss in [true, false] {
        let profile = Profile::new("secret");
        match by_nss {
            true => profile.imported_by_nss("rsa", "Ada"),
            false => profile.imported("rsa", "Ada"),
        }
        let before = profile.rows();
        let identity = Identity::fixture("rsa");
        let error = profile.import(&identity.coming(), &EXPORTABLE).unwrap_err();
        let StoreError::AlreadyThere { place } = &error else {
            panic!("{error:?}");
        };
        let object = profile.read().certificates[0].object.id;
        let expected = format!("{}#{object}", profile.path("cert9.db").display());
        assert_eq!(*place, expected);
        assert!(profile.rows() == before);
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_in_place_of_what_is_there_keeps_one() {
    for (password, name) in [("", "rsa"), ("secret", "P-256"), ("", "rsa-pss")] {
        let profile = Profile::new(password);
        profile.imported_by_nss(name, "Ada");
        let identity = Identity::fixture(name);
        for label in ["Ada", "Grace"] {
            let new = NewIdentity {
                label: Some(label),
                ..identity.coming()
            };
            profile.import(&new, &REPLACE).unwrap();
            assert_eq!(profile.listed(&identity.certificate).0, label);
            assert_eq!(profile.keys_of_nss(), 1);
            assert!(profile.exported_by_nss(label) == [identity.key.expose()]);
            profile.gives_key_of(&identity);
        }
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_in_place_of_damaged_key_mends_it() {
    let profile = Profile::new("");
    profile.imported("rsa", "Ada");
    profile.sql(
        "key4.db",
        "update nssPrivate set a123 = substr(a123, 1, length(a123) - 1) || x'00'",
    );
    let identity = Identity::fixture("rsa");
    profile.import(&identity.coming(), &REPLACE).unwrap();
    profile.gives_key_of(&identity);
    assert!(profile.exported_by_nss("Ada") == [identity.key.expose()]);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_changes_no_terms_but_in_place_of_what_is_there() {
    let profile = Profile::new("");
    let old = Identity::fixture("rsa");
    profile.imported("rsa", "Ada");
    profile.sql("key4.db", "update nssPrivate set a162 = x'00'");
    let before = profile.rows();
    let renewed = Identity::fixture("rsa-renewed");
    for options in [EXPORTABLE, REPLACE] {
        let error = profile.import(&renewed.coming(), &options).unwrap_err();
        assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
        assert!(error_chain(&error).contains("told never to give it out"));
    }
    assert!(profile.rows() == before);
    profile.import(&old.coming(), &REPLACE).unwrap();
    profile.gives_key_of(&old);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_never_overwrites_anothers_key() {
    let other = Identity::fixture("rsa");
    let new = Identity::made(&["-newkey", "rsa:2048"], "/CN=New");
    let id = id_of(new.certificate.spki_der());
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    // The older key lies where NSS puts the new one.
    let collision = || {
        let profile = Profile::new("secret");
        profile.imported_by_nss("rsa", "Ada");
        let moved = format!("set a102 = x'{id}' where a102 = x'{RSA_ID}'");
        profile.sql("key4.db", &format!("update nssPrivate {moved}"));
        profile.sql("cert9.db", &format!("update nssPublic {moved}"));
        assert!(profile.exported_by_nss("Ada") == [other.key.expose()]);
        profile
    };

    // softoken overwrites it without a word.
    let profile = collision();
    let terms = KeyTerms {
        id: &id_of(new.certificate.spki_der()),
        label: "new",
        subject: new.certificate.subject_der(),
    };
    let key = NewKey::new(&new.key, &new.certificate).unwrap();
    let password = profile.database().password;
    let library = Library::find(false).unwrap();
    session::with(&library, profile.folder(), password, |session| {
        key.put(session, &terms)
            .map_err(Failure::refused("it is not put in"))
    })
    .unwrap();
    assert_eq!(profile.keys_of_nss(), 1);
    assert!(profile.exported_by_nss("Ada") == [new.key.expose()]);

    // So does NSS's own import, or it loses the new one.
    let profile = collision();
    profile.imported_by_nss_of(&new, "new");
    assert_eq!(profile.keys_of_nss(), 1);

    let profile = collision();
    let before = profile.rows();
    for options in [EXPORTABLE, REPLACE] {
        let error = profile.import(&new.coming(), &options).unwrap_err();
        assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
        let told = error_chain(&error);
        assert!(told.contains("would be overwritten"), "{told}");
    }
    assert!(profile.rows() == before);
    assert!(profile.exported_by_nss("Ada") == [other.key.expose()]);
    profile.gives_key_of(&other);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_takes_key_that_lies_under_another_id() {
    let profile = Profile::new("");
    profile.imported_by_nss("rsa", "Ada");
    let moved = format!("set a102 = x'01020304' where a102 = x'{RSA_ID}'");
    profile.sql("key4.db", &format!("update nssPrivate {moved}"));
    profile.sql("cert9.db", &format!("update nssPublic {moved}"));
    profile.imported("rsa-renewed", "Ada");
    assert_eq!(profile.keys_of_nss(), 1);
    let listed = profile.certificates_of_nss();
    let user = listed.iter().filter(|(_, trust)| trust == "u,u,u").count();
    assert_eq!(user, 2, "{listed:?}");
    for name in ["rsa", "rsa-renewed"] {
        profile.gives_key_of(&Identity::fixture(name));
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_sees_public_key_of_somebody_else() {
    let profile = Profile::new("");
    profile.imported_by_nss("P-256", "Ada");
    // A public key without its private one, under the id of another.
    profile.sql("key4.db", "delete from nssPrivate");
    profile.sql(
        "cert9.db",
        &format!("update nssPublic set a102 = x'{RSA_ID}' where a102 = x'{CURVE_ID}'"),
    );
    let before = profile.rows();
    let identity = Identity::fixture("rsa");
    let error = profile.import(&identity.coming(), &EXPORTABLE).unwrap_err();
    assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
    assert!(profile.rows() == before);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_refuses_second_certificate_of_issuer_and_serial() {
    let profile = Profile::new("");
    let serial = ["-newkey", "rsa:2048", "-set_serial", "7"];
    let [one, other] = [(); 2].map(|()| Identity::made(&serial, "/CN=Ada"));
    profile.import(&one.coming(), &EXPORTABLE).unwrap();
    let before = profile.rows();
    let error = profile.import(&other.coming(), &EXPORTABLE).unwrap_err();
    assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
    assert!(error_chain(&error).contains("same issuer and serial number"));
    assert!(profile.rows() == before);
    // It is not there, either.
    let error = profile.remove(&other.certificate, Removal::Entry);
    assert!(
        matches!(error, Err(StoreError::NotFound { .. })),
        "{error:?}"
    );
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_leaves_issuers_and_trust_as_they_are() {
    let profile = Profile::new("");
    let file = profile.path("../ca.crt");
    std::fs::write(&file, certificate("ca").der()).unwrap();
    let mut add = profile.tool("certutil");
    add.args(["-A", "-n", "our CA", "-t", "CT,C,", "-i"])
        .arg(&file);
    run(&mut add);
    profile.imported("P-256", "Ada");
    assert_eq!(
        profile.certificates_of_nss(),
        [
            ("Ada".to_owned(), "u,u,u".to_owned()),
            ("our CA".to_owned(), "CT,C,".to_owned())
        ]
    );
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_takes_no_key_whose_public_value_is_unknown_for_its_own() {
    let profile = Profile::new("");
    profile.imported_by_nss("P-256", "Ada");
    profile.sql(
        "key4.db",
        "update nssPrivate set ad5a0db00 = null, a11 = x'00'",
    );
    let before = profile.rows();
    let identity = Identity::fixture("P-256");
    for options in [EXPORTABLE, REPLACE] {
        let error = profile.import(&identity.coming(), &options).unwrap_err();
        assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
        assert!(error_chain(&error).contains("would be overwritten"));
    }
    assert!(profile.rows() == before);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_completes_one_that_was_cut_off() {
    for table in ["nssPublic", "nssPublic where a0 = x'00000001'"] {
        let profile = Profile::new("secret");
        profile.imported("P-256", "Ada");
        profile.sql("cert9.db", &format!("delete from {table}"));
        assert_eq!(profile.read().orphans.len(), 1);
        profile.imported("P-256", "Ada");
        assert_eq!(profile.keys_of_nss(), 1);
        let identity = Identity::fixture("P-256");
        assert!(profile.exported_by_nss("Ada") == [identity.key.expose()]);
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn key_under_another_id_is_still_that_of_its_certificate() {
    let profile = Profile::new("");
    profile.imported("P-256", "Ada");
    profile.sql("key4.db", "update nssPrivate set a102 = x'01020304'");
    let identity = Identity::fixture("P-256");
    let error = profile.import(&identity.coming(), &EXPORTABLE).unwrap_err();
    assert!(
        matches!(error, StoreError::AlreadyThere { .. }),
        "{error:?}"
    );
    profile.import(&identity.coming(), &REPLACE).unwrap();
    assert_eq!(profile.keys_of_nss(), 1);
    assert!(profile.exported_by_nss("Ada") == [identity.key.expose()]);
    profile
        .remove(&identity.certificate, Removal::Entry)
        .unwrap();
    assert_eq!(profile.keys_of_nss(), 0);
    assert!(profile.read().orphans.is_empty());
}
