//! Keys whose public half does not show: whose they are, and how they are opened.

use certstow_formats::testing::writer;

use super::*;

#[test]
fn a_locked_key_goes_by_its_name_and_says_so() {
    let named = folder(&[
        ("mail.cert.pem", "certificates/P-256.pem"),
        ("mail.key.pem", "keys/P-256.encrypted.pem"),
    ]);
    let KeyState::Locked(text) = &list(&named).entries[0].key else {
        panic!("{:?}", list(&named));
    };
    assert!(text.contains("by its file name"), "{text}");

    let apart = folder(&[
        ("certs/mail.pem", "certificates/P-256.pem"),
        ("private/mail.pem", "keys/P-256.encrypted.pem"),
    ]);
    assert!(matches!(list(&apart).entries[0].key, KeyState::Locked(_)));

    let unnamed = folder(&[
        ("mail.pem", "certificates/P-256.pem"),
        ("other.pem", "keys/P-256.encrypted.pem"),
    ]);
    assert_eq!(list(&unnamed).entries[0].key, KeyState::Missing);
    assert!(only_problem(&unnamed).contains("is encrypted"));
}

#[test]
fn a_locked_key_never_displaces_one_that_is_proven() {
    let folder = folder(&[
        ("mail.crt", "certificates/P-256.pem"),
        ("mail.key", "keys/P-256.encrypted.pem"),
        ("zzz.pem", "keys/P-256.pem"),
    ]);
    assert_exports(&folder);
}

#[test]
fn locked_is_no_key_of_an_unusual_algorithm() {
    for (name, state) in [
        ("ed448", KeyState::Unknown),
        ("rsa-pss", KeyState::Exportable),
    ] {
        let folder = folder(&[
            ("mine.crt", &format!("certificates/{name}.pem")),
            ("mine.key", &format!("keys/{name}.pem")),
        ]);
        let store = store(folder.path());
        let listing = store.list().unwrap();
        assert_eq!(listing.problems, []);
        assert_eq!(listing.entries[0].key, state, "{name}");
        let id = listing.entries[0].id;
        let key = store.private_key(&id, &mut NonInteractive).unwrap();
        let (_, der) = pem_rfc7468::decode_vec(&data(&format!("keys/{name}.pem"))).unwrap();
        assert_eq!(key.expose(), der);
    }
}

#[test]
fn the_old_encryption_is_a_problem_with_the_way_out() {
    let folder = folder(&[("old.key", "keys/rsa.proc-type.pem")]);
    assert!(only_problem(&folder).contains("openssl pkcs8 -topk8"));
}

/// A file of several PEM fixtures.
fn bundle(parts: &[&str]) -> Vec<u8> {
    parts.iter().flat_map(|part| data(part)).collect()
}

#[test]
fn a_locked_copy_of_a_persons_key_is_not_given_to_the_ca_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let chain = bundle(&["certificates/P-256.pem", "certificates/ca.pem"]);
    put(&folder, "chain.pem", &chain);
    put(&folder, "chain.key", &data("keys/P-256.pem"));
    put(&folder, "chain.key.enc", &data("keys/P-256.encrypted.pem"));
    assert_exports(&folder);
}

#[test]
fn a_locked_key_in_a_file_with_the_ca_alone_is_a_persons_all_the_same() {
    let with_ca = bundle(&["certificates/ca.pem", "keys/P-256.encrypted.pem"]);
    for certificate in ["mail.crt", "certs/mail.crt"] {
        let folder = folder(&[(certificate, "certificates/P-256.pem")]);
        put(&folder, "private/mail.key", &with_ca);
        put(&folder, "mail.key", &with_ca);
        let entries = list(&folder).entries;
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert!(matches!(entries[0].key, KeyState::Locked(_)));
        let place = std::path::Path::new(&entries[0].places[0]);
        assert!(place.ends_with(certificate));
    }
    // Where nobody else comes into question, it is the CA's.
    let folder = folder(&[("other.crt", "certificates/P-256.pem")]);
    put(&folder, "ca.pem", &with_ca);
    let entries = list(&folder).entries;
    assert_eq!(entries.len(), 2);
    let ca = entries.iter().find(|entry| entry.certificate.is_ca());
    assert!(matches!(ca.unwrap().key, KeyState::Locked(_)));
}

#[test]
fn the_names_of_containers_pair_as_well() {
    for ending in ["p7b", "p7c"] {
        let folder = folder(&[("mail.key", "keys/P-256.encrypted.pem")]);
        put(&folder, &format!("mail.{ending}"), &data("files/chain.p7b"));
        let entries = list(&folder).entries;
        assert!(matches!(entries[0].key, KeyState::Locked(_)), "{ending}");
    }
    let bag = writer::certificate(&writer::data("certificates/P-256.pem"), &[]);
    let file = writer::file(&[writer::plain(&[bag])], None);
    for ending in ["p12", "pfx"] {
        let folder = folder(&[("mail.key", "keys/P-256.encrypted.pem")]);
        put(&folder, &format!("mail.{ending}"), &file);
        let entries = list(&folder).entries;
        assert!(matches!(entries[0].key, KeyState::Locked(_)), "{ending}");
    }
}

/// A key that certstow cannot decrypt whatever the password is listed as that, and nobody is
/// asked for a password.
fn assert_not_exportable(folder: &TempDir, word: &str) {
    let store = store(folder.path());
    let listing = store.list().unwrap();
    assert_eq!(listing.problems, []);
    let entry = &listing.entries[0];
    let KeyState::NotExportable(NotExportable::UnsupportedForm(what)) = &entry.key else {
        panic!("{:?}", entry.key);
    };
    assert!(what.contains(word), "{what}");
    let mut answer = Answer::new("fixture");
    let error = store.private_key(&entry.id, &mut answer).unwrap_err();
    assert!(
        matches!(
            &error,
            StoreError::KeyNotExportable {
                source: Some(_),
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains(word), "{error}");
    assert_eq!(answer.1, []);
}

#[test]
fn encryption_that_certstow_does_not_read_is_told_before_anybody_is_asked() {
    assert_not_exportable(
        &folder(&[
            ("mail.crt", "certificates/P-256.pem"),
            ("mail.key", "keys/P-256.scrypt.pem"),
        ]),
        "scrypt",
    );
    let endless = folder(&[("mail.crt", "certificates/P-256.pem")]);
    let key = writer::encrypted_pkcs8(&writer::pbes2(u32::MAX), &[0; 16]);
    put(&endless, "mail.key", &key);
    assert_not_exportable(&endless, "4294967295 iterations");
    let unpaired = folder(&[("mail.key", "keys/P-256.scrypt.pem")]);
    assert!(only_problem(&unpaired).contains("scrypt"));
}

#[test]
fn a_key_that_can_be_read_goes_before_one_that_cannot() {
    let folder = folder(&[
        ("mail.crt", "certificates/P-256.pem"),
        ("mail.enc.key", "keys/P-256.scrypt.pem"),
        ("mail.key", "keys/P-256.encrypted.pem"),
    ]);
    assert!(matches!(list(&folder).entries[0].key, KeyState::Locked(_)));
}

#[test]
fn an_encrypted_key_that_is_damaged_is_a_problem() {
    let folder = folder(&[("mail.crt", "certificates/P-256.pem")]);
    let key = writer::encrypted_pkcs8(&writer::pbes2(1), &[0; 16]);
    let at = key.len() - 18;
    let cut = [&key[..at], &[0x05, 16], &key[at + 2..]].concat();
    put(&folder, "mail.p8", &cut);
    let pem =
        pem_rfc7468::encode_string("ENCRYPTED PRIVATE KEY", pem_rfc7468::LineEnding::LF, &cut);
    put(&folder, "mail.key", pem.unwrap().as_bytes());
    assert!(only_problem(&folder).contains("the encrypted private key"));
    assert_eq!(list(&folder).entries[0].key, KeyState::Missing);
}

fn locked_key() -> TempDir {
    folder(&[
        ("mail.crt", "certificates/P-256.pem"),
        ("mail.key", "keys/P-256.encrypted.pem"),
    ])
}

#[test]
fn a_password_known_beforehand_opens_a_key_and_nobody_is_asked() {
    let folder = locked_key();
    let store = unlocked_store(folder.path(), "fixture");
    let id = store.list().unwrap().entries[0].id;
    let key = store.private_key(&id, &mut NonInteractive).unwrap();
    assert_eq!(key.expose(), writer::data("keys/P-256.pem"));
}

#[test]
fn a_wrong_password_known_beforehand_counts_as_one_that_was_wrong() {
    let folder = locked_key();
    for (known, attempts) in [(None, [0, 1, 2]), (Some("wrong"), [1, 2, 3])] {
        let store = match known {
            Some(password) => unlocked_store(folder.path(), password),
            None => store(folder.path()),
        };
        let id = store.list().unwrap().entries[0].id;
        let mut answer = Answer::new("wrong as well");
        let error = store.private_key(&id, &mut answer);
        assert!(matches!(error, Err(StoreError::WrongPassword { .. })));
        assert_eq!(answer.1, attempts);
        assert!(store.private_key(&id, &mut Answer::new("fixture")).is_ok());
        let alone = store.private_key(&id, &mut NonInteractive);
        match known {
            Some(_) => assert!(matches!(alone, Err(StoreError::WrongPassword { .. }))),
            None => assert!(matches!(alone, Err(StoreError::InteractionRequired { .. }))),
        }
    }
}

#[test]
fn an_encrypted_key_of_an_unknown_algorithm_passes_through() {
    let folder = folder(&[
        ("mine.crt", "certificates/ed448.pem"),
        ("mine.key", "keys/ed448.encrypted.pem"),
    ]);
    let store = unlocked_store(folder.path(), "fixture");
    let listing = store.list().unwrap();
    assert!(matches!(listing.entries[0].key, KeyState::Locked(_)));
    let key = store.private_key(&listing.entries[0].id, &mut NonInteractive);
    assert_eq!(key.unwrap().expose(), writer::data("keys/ed448.pem"));
}
