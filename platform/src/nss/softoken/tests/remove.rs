//! What goes out, and above all what does not.

use certstow_formats::nss::KeyState;

use super::material::{CURVE, EXPORTABLE, Identity, Profile, certificate, run};
use crate::error::StoreError;
use crate::store::Removal;

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn removing_entry_takes_all_of_it_and_nothing_else() {
    for password in ["", "secret"] {
        for (name, by_nss) in [("rsa", true), ("P-256", false), ("rsa-pss", false)] {
            let profile = Profile::new(password);
            profile.imported("P-384", "stays");
            let before = profile.rows();
            let issuers = profile.read().issuers;
            match by_nss {
                true => profile.imported_by_nss(name, "Ada"),
                false => profile.imported(name, "Ada"),
            }
            let identity = Identity::fixture(name);
            let stays = profile.remove(&identity.certificate, Removal::Entry);
            assert_eq!(stays.unwrap(), Vec::<String>::new());
            // The signatures over the key are gone, too.
            assert!(profile.rows() == before, "{name}");
            assert_eq!(profile.read().issuers, issuers);
            profile.gives_key_of(&Identity::fixture("P-384"));
        }
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn removing_key_leaves_certificate() {
    let profile = Profile::new("secret");
    profile.imported("rsa", "Ada");
    let ours = certificate("rsa");
    assert_eq!(
        profile.remove(&ours, Removal::Key).unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(profile.keys_of_nss(), 0);
    assert_eq!(profile.listed(&ours), ("Ada".to_owned(), KeyState::Missing));
    let trust = profile.certificates_of_nss();
    assert!(
        trust.contains(&("Ada".to_owned(), ",,".to_owned())),
        "{trust:?}"
    );
    let again = profile.remove(&ours, Removal::Key);
    assert!(
        matches!(again, Err(StoreError::KeyMissing { .. })),
        "{again:?}"
    );
    profile.imported("rsa", "Ada");
    profile.gives_key_of(&Identity::fixture("rsa"));
    assert_eq!(profile.keys_of_nss(), 1);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn removing_one_of_two_certificates_keeps_their_key() {
    let [old, renewed] = ["rsa", "rsa-renewed"].map(Identity::fixture);
    for moved in [false, true] {
        let profile = Profile::new("");
        profile.imported_by_nss("rsa", "Ada");
        profile.imported("rsa-renewed", "Ada");
        if moved {
            // NSS itself would not see that it is the same key.
            let change = "update nssPublic set a102 = x'01' where a0 = x'00000001' and a82 in \
                          (select min(a82) from nssPublic where a0 = x'00000001')";
            profile.sql("cert9.db", change);
        }
        let before = profile.rows();
        for one in [&old, &renewed] {
            let refused = profile.remove(&one.certificate, Removal::Key);
            assert!(
                matches!(refused, Err(StoreError::NotRemoved { .. })),
                "{refused:?}"
            );
        }
        assert!(profile.rows() == before);
        let stays = profile.remove(&old.certificate, Removal::Entry).unwrap();
        assert_eq!(
            stays,
            ["its private key stays, because another certificate has the same one"]
        );
        assert_eq!(profile.keys_of_nss(), 1);
        profile.gives_key_of(&renewed);
        let gone = profile.remove(&old.certificate, Removal::Entry);
        assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
        let stays = profile.remove(&renewed.certificate, Removal::Entry);
        assert_eq!(stays.unwrap(), Vec::<String>::new());
        assert_eq!(profile.keys_of_nss(), 0);
        assert!(profile.read().orphans.is_empty());
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn removing_entry_takes_its_trust_along() {
    let profile = Profile::new("");
    let before = profile.rows();
    profile.imported_by_nss("P-256", "Ada");
    let mut trust = profile.tool("certutil");
    run(trust.args(["-M", "-n", "Ada", "-t", "P,P,P"]));
    profile
        .remove(&certificate("P-256"), Removal::Entry)
        .unwrap();
    assert!(profile.rows() == before);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn removing_keyless_certificate_works_and_other_keys_stay() {
    let profile = Profile::new("");
    let namesake = Identity::made(&CURVE, "/CN=Ada");
    profile.import(&namesake.coming(), &EXPORTABLE).unwrap();
    let before = profile.rows();
    let keyless = Identity::made(&CURVE, "/CN=Ada");
    let file = profile.path("../keyless.crt");
    std::fs::write(&file, keyless.certificate.der()).unwrap();
    let mut add = profile.tool("certutil");
    add.args(["-A", "-n", "Ada", "-t", ",,", "-i"]).arg(&file);
    run(&mut add);
    let no_key = profile.remove(&keyless.certificate, Removal::Key);
    assert!(
        matches!(no_key, Err(StoreError::KeyMissing { .. })),
        "{no_key:?}"
    );
    let stays = profile.remove(&keyless.certificate, Removal::Entry);
    assert_eq!(stays.unwrap(), Vec::<String>::new());
    assert!(profile.rows() == before);
    profile.gives_key_of(&namesake);
}
