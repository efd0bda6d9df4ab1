//! Keys whose public half does not show: whose they are, and how they are opened.

use certstow_formats::pkcs12::encrypted_key::encrypt_private_key;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::pkcs12::oid;
use certstow_formats::secret::PrivateKey;
use certstow_formats::testing::writer;
use certstow_formats::{der, pem};
use certstow_platform::store::{Entry, Removal};
use zeroize::Zeroizing;

use super::changes::id;
use super::*;

#[test]
fn locked_key_pairs_by_file_name() {
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

    for (certificate, key) in [
        ("localhost+2.pem", "localhost+2-key.pem"),
        ("client-cert.pem", "client-key.pem"),
    ] {
        // A further certificate without a key, so that none is taken for being the only one.
        let named = folder(&[
            (certificate, "certificates/P-256.pem"),
            (key, "keys/P-256.encrypted.pem"),
            ("other.pem", "certificates/rsa.pem"),
        ]);
        let locked = |entry: &&Entry| matches!(entry.key, KeyState::Locked(_));
        let listing = list(&named);
        let locked: Vec<_> = listing.entries.iter().filter(locked).collect();
        assert_eq!(locked.len(), 1, "{key}");
        assert_eq!(locked[0].id, id("P-256"), "{key}");
    }
}

/// As `openssl req -x509` names them: neither the names nor a third file tell more.
#[test]
fn locked_key_goes_to_only_certificate_left() {
    for certificate in ["certificates/P-256.pem", "certificates/ca.pem"] {
        let apart = folder(&[
            ("cacert.pem", certificate),
            ("privkey.pem", "keys/P-256.encrypted.pem"),
            ("done.pem", "certificates/rsa.pem"),
            ("elsewhere.pem", "keys/rsa.pem"),
        ]);
        let listing = list(&apart);
        assert_eq!(listing.problems, []);
        let mut entries = listing.entries.iter();
        let entry = entries.find(|entry| entry.id != id("rsa")).unwrap();
        let KeyState::Locked(text) = &entry.key else {
            panic!("{entry:?}");
        };
        assert!(text.contains("the only one without another"), "{text}");
    }
    let two = folder(&[
        ("mail.pem", "certificates/P-256.pem"),
        ("sign.pem", "certificates/rsa.pem"),
        ("other.key", "keys/P-256.encrypted.pem"),
    ]);
    let listing = list(&two);
    let keyless = |entry: &Entry| entry.key == KeyState::Missing;
    assert!(listing.entries.iter().all(keyless), "{listing:?}");
    assert!(only_problem(&two).contains("give its password"));
}

/// Encrypts a key of the fixtures anew.
fn encrypted(key: &str, password: &str) -> Vec<u8> {
    let key = PrivateKey::from_pkcs8_der(Zeroizing::new(writer::data(key)));
    let password = Password::new(password.to_owned());
    let der = encrypt_private_key(&key, &password, 1000).unwrap();
    pem::join(&[pem::Block::new(pem::ENCRYPTED_KEY, &der)])
        .unwrap()
        .to_vec()
}

#[test]
fn password_pairs_keys_by_public_key() {
    let crossed = folder(&[
        ("mail.crt", "certificates/P-256.pem"),
        ("sign.crt", "certificates/rsa.pem"),
    ]);
    put(&crossed, "mail.key", &encrypted("keys/rsa.pem", "first"));
    put(&crossed, "sign.key", &encrypted("keys/P-256.pem", "second"));
    let store = store_with(crossed.path(), &["first", "second"]);
    let listing = store.list().unwrap();
    assert_eq!(listing.problems, []);
    for entry in &listing.entries {
        assert_eq!(entry.key, KeyState::Exportable);
        let key = store.private_key(&entry.id, &mut NonInteractive).unwrap();
        let public = key::public_key_of(&key).unwrap();
        assert!(key::same_public_key(&public, entry.certificate.spki_der()));
    }

    // A key that stays locked is no copy of one that opened, nor the other certificate's by its name.
    let listing = store_with(crossed.path(), &["second"]).list().unwrap();
    let state = |name: &str| listing.entries.iter().find(|entry| entry.id == id(name));
    assert_eq!(state("P-256").unwrap().key, KeyState::Exportable);
    assert_eq!(state("rsa").unwrap().key, KeyState::Missing);
    let [problem] = listing.problems.as_slice() else {
        panic!("{listing:?}");
    };
    assert!(problem.place.ends_with("mail.key"), "{problem:?}");
    assert!(problem.message.contains("has another key"), "{problem:?}");
}

/// A key that nothing but being left over speaks for is listed, and never changes anything.
#[test]
fn left_over_key_is_no_ground_for_changes() {
    let left_over = || {
        folder(&[
            ("cert.pem", "certificates/P-256.pem"),
            ("old.pem", "keys/P-256.encrypted.pem"),
        ])
    };
    let apart = left_over();
    let mut opened = store(apart.path());
    let state = opened.list().unwrap().entries.remove(0).key;
    assert!(matches!(state, KeyState::Locked(_)), "{state:?}");
    let mut right = Answer::new("fixture");
    let refused = opened.remove(&id("P-256"), Removal::Key, &mut right);
    assert!(
        matches!(refused, Err(StoreError::KeyMissing { .. })),
        "{refused:?}"
    );
    unlocked_store(apart.path(), "fixture")
        .remove(&id("P-256"), Removal::Key, &mut NonInteractive)
        .unwrap();
    assert!(!apart.path().join("old.pem").exists());

    // Whose such a key is, its own algorithm would not show.
    let unproven = folder(&[
        ("cert.pem", "certificates/ed448.pem"),
        ("old.pem", "keys/ed448.encrypted.pem"),
    ]);
    assert_eq!(list(&unproven).entries[0].key, KeyState::Missing);
    assert!(only_problem(&unproven).contains("is encrypted"));
    let in_clear = folder(&[
        ("cert.pem", "certificates/ed448.pem"),
        ("old.pem", "keys/ed448.pem"),
    ]);
    assert_eq!(list(&in_clear).entries[0].key, KeyState::Missing);
}

/// Renewed with the same key: the key is both certificates', whatever opens it and when.
#[test]
fn locked_key_serves_all_of_its_certificates() {
    let renewed = folder(&[
        ("me.crt", "certificates/rsa.pem"),
        ("me-2026.crt", "certificates/rsa-renewed.pem"),
    ]);
    put(&renewed, "me.key", &encrypted("keys/rsa.pem", "secret"));
    let locked = list(&renewed).entries;
    assert_eq!(locked.len(), 2);
    let is_locked = |entry: &Entry| matches!(entry.key, KeyState::Locked(_));
    assert!(locked.iter().all(is_locked), "{locked:?}");

    let store = unlocked_store(renewed.path(), "secret");
    let listing = store.list().unwrap();
    let exportable = |entry: &Entry| entry.key == KeyState::Exportable;
    assert!(listing.entries.iter().all(exportable), "{listing:?}");
}

/// Each of its keys has a password of its own.
#[test]
fn java_keystore_keys_open_with_their_passwords() {
    let folder = folder(&[("mail.dat", "keystores/fixture.jks")]);
    let listing = list(&folder);
    assert_eq!(listing.problems, []);
    let states = listing.entries.iter();
    let states = states.map(|entry| (entry.id, entry.label.as_deref(), &entry.key));
    for (name, (entry, label, state)) in ["P-256", "P-384"].into_iter().zip(states) {
        assert_eq!((entry, label), (id(name), Some(&*name.to_lowercase())));
        assert!(matches!(state, KeyState::Locked(_)), "{state:?}");
    }

    let store = store_with(folder.path(), &["another", "fixture"]);
    for entry in store.list().unwrap().entries {
        assert_eq!(entry.key, KeyState::Exportable);
        let key = store.private_key(&entry.id, &mut NonInteractive).unwrap();
        let public = key::public_key_of(&key).unwrap();
        assert!(key::same_public_key(&public, entry.certificate.spki_der()));
    }

    let store = unlocked_store(folder.path(), "fixture");
    let mut entries = store.list().unwrap().entries.into_iter();
    let locked = entries
        .find(|entry| entry.key != KeyState::Exportable)
        .unwrap();
    let mut answer = Answer::new("another");
    let key = store.private_key(&locked.id, &mut answer).unwrap();
    assert_eq!(
        key::public_key_of(&key).unwrap().len(),
        locked.certificate.spki_der().len()
    );
    assert_eq!(answer.1, [1]);
}

#[test]
fn java_keystore_with_others_is_left_alone() {
    let folder = folder(&[("mail.jks", "keystores/fixture.jks")]);
    let mut opened = store_with(folder.path(), &["fixture", "another"]);
    let refused = opened.remove(&id("P-256"), Removal::Key, &mut NonInteractive);
    assert!(
        matches!(refused, Err(StoreError::NotRemoved { .. })),
        "{refused:?}"
    );
    let kept = fs::read(folder.path().join("mail.jks")).unwrap();
    assert_eq!(kept, data("keystores/fixture.jks"));
}

#[test]
fn damaged_java_keystore_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let whole = data("keystores/fixture.jks");
    put(&folder, "half.jks", &whole[..whole.len() / 2]);
    assert!(only_problem(&folder).contains("it breaks off"));
}

#[test]
fn empty_password_is_tried_on_pkcs12_files() {
    for form in [
        PasswordForm::Null,
        PasswordForm::Text(&Password::new(String::new())),
    ] {
        let folder = tempfile::tempdir().unwrap();
        put(
            &folder,
            "vault.pfx",
            &writer::whole(&writer::pbes2(1), form),
        );
        for passwords in [&[][..], &["another"]] {
            let listing = store_with(folder.path(), passwords).list().unwrap();
            assert_eq!(listing.problems, []);
            assert_eq!(listing.entries[0].key, KeyState::Exportable);
        }
    }
}

#[test]
fn locked_key_never_displaces_proven_key() {
    let folder = folder(&[
        ("mail.crt", "certificates/P-256.pem"),
        ("mail.key", "keys/P-256.encrypted.pem"),
        ("zzz.pem", "keys/P-256.pem"),
    ]);
    assert_exports(&folder);
}

#[test]
fn list_reports_unusual_algorithms_as_not_locked() {
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
fn encrypted_pem_opens_with_its_password() {
    let folder = folder(&[
        ("cacert.pem", "certificates/rsa.pem"),
        ("privkey.pem", "keys/rsa.proc-type.pem"),
    ]);
    let locked = list(&folder);
    assert!(matches!(locked.entries[0].key, KeyState::Locked(_)));
    assert_exports_from(&*unlocked_store(folder.path(), "fixture"));
    let store = store(folder.path());
    let mut answer = Answer::new("wrong");
    let error = store.private_key(&locked.entries[0].id, &mut answer);
    assert!(matches!(error, Err(StoreError::WrongPassword { .. })));
    assert_eq!(answer.1, [0, 1, 2]);
}

#[test]
fn encrypted_pem_not_read_names_conversion() {
    let text = String::from_utf8(data("keys/rsa.proc-type.pem")).unwrap();
    let folder = folder(&[("me.crt", "certificates/rsa.pem")]);
    put(
        &folder,
        "me.key",
        text.replace("AES-256-CBC", "CAMELLIA-256-CBC").as_bytes(),
    );
    assert_not_exportable(&folder, "Camellia-256-CBC");
    for (dek_info, words) in [("FOO-CBC,", "the cipher FOO-CBC"), ("", "DEK-Info")] {
        put(
            &folder,
            "me.key",
            text.replace("AES-256-CBC,", dek_info).as_bytes(),
        );
        let problem = only_problem(&folder);
        for part in [words, "openssl pkcs8 -topk8"] {
            assert!(problem.contains(part), "{problem}");
        }
    }
}

#[test]
fn key_is_read_under_the_label_of_another() {
    for (key, label, other) in [
        ("keys/rsa.pem", "PRIVATE", "RSA PRIVATE"),
        ("keys/rsa.pkcs1.pem", "RSA PRIVATE", "PRIVATE"),
        ("keys/rsa.pkcs1.pem", "RSA PRIVATE", "EC PRIVATE"),
    ] {
        let text = String::from_utf8(data(key)).unwrap();
        let folder = folder(&[("me.crt", "certificates/rsa.pem")]);
        put(&folder, "other.key", text.replace(label, other).as_bytes());
        assert_exports(&folder);
    }
    let text = String::from_utf8(data("keys/P-256.encrypted.pem")).unwrap();
    let folder = folder(&[("me.crt", "certificates/P-256.pem")]);
    put(
        &folder,
        "other.key",
        text.replace("ENCRYPTED PRIVATE", "PRIVATE").as_bytes(),
    );
    assert_exports_from(&*unlocked_store(folder.path(), "fixture"));
}

/// A file of several PEM fixtures.
fn bundle(parts: &[&str]) -> Vec<u8> {
    parts.iter().flat_map(|part| data(part)).collect()
}

#[test]
fn locked_copy_is_not_paired_with_ca() {
    let folder = tempfile::tempdir().unwrap();
    let chain = bundle(&["certificates/P-256.pem", "certificates/ca.pem"]);
    put(&folder, "chain.pem", &chain);
    put(&folder, "chain.key", &data("keys/P-256.pem"));
    put(&folder, "chain.key.enc", &data("keys/P-256.encrypted.pem"));
    assert_exports(&folder);
}

#[test]
fn locked_key_beside_ca_prefers_leaf() {
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
fn locked_key_pairs_by_container_name() {
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
    let KeyState::NotExportable(NotExportable::UnsupportedFile { file, form }) = &entry.key else {
        panic!("{:?}", entry.key);
    };
    assert!(form.contains(word), "{form}");
    assert!(file.ends_with(".key"), "{file}");
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
fn list_reports_unsupported_encryption_before_asking() {
    assert_not_exportable(
        &folder(&[
            ("mail.crt", "certificates/P-256.pem"),
            ("mail.key", "keys/P-256.camellia.pem"),
        ]),
        "Camellia-256-CBC",
    );
    let endless = folder(&[("mail.crt", "certificates/P-256.pem")]);
    let key = writer::encrypted_pkcs8(&writer::pbes2(u32::MAX), &[0; 16]);
    put(&endless, "mail.key", &key);
    assert_not_exportable(&endless, "4294967295 iterations");
    let unpaired = folder(&[("mail.key", "keys/P-256.camellia.pem")]);
    assert!(
        list(&unpaired).notices[0]
            .message
            .contains("Camellia-256-CBC")
    );
}

/// A listing tries no password on such a key, and does not ask for one.
#[test]
fn list_names_iterations_beyond_its_limit() {
    let key = writer::encrypted_pkcs8(&writer::pbes2(2_000_001), &[0; 16]);
    let unpaired = tempfile::tempdir().unwrap();
    put(&unpaired, "old.key", &key);
    let bags = [
        writer::certificate(&writer::data("certificates/rsa.pem"), &[]),
        writer::bag(&der::oid(&oid::SHROUDED_KEY_BAG), &key, &[]),
    ];
    for passwords in [&[][..], &["fixture"]] {
        let listing = store_with(unpaired.path(), passwords).list().unwrap();
        let message = &listing.notices[0].message;
        assert!(message.contains("2000001 iterations"), "{message}");
        assert!(!message.contains("give its password"), "{message}");

        let named = folder(&[("old.crt", "certificates/P-256.pem")]);
        put(&named, "old.key", &key);
        put(
            &named,
            "b.p12",
            &writer::file(&[writer::plain(&bags)], None),
        );
        let listing = store_with(named.path(), passwords).list().unwrap();
        assert_eq!(listing.problems, []);
        for entry in &listing.entries {
            let KeyState::Locked(text) = &entry.key else {
                panic!("{entry:?}");
            };
            assert!(text.contains("2000001 iterations"), "{text}");
        }
        assert_eq!(listing.entries.len(), 2);
    }
}

#[test]
fn scrypt_key_opens_with_its_password() {
    let folder = folder(&[
        ("cacert.pem", "certificates/P-256.pem"),
        ("privkey.pem", "keys/P-256.scrypt.pem"),
    ]);
    assert_exports_from(&*unlocked_store(folder.path(), "fixture"));
    let locked = |entry: &Entry| matches!(entry.key, KeyState::Locked(_));
    assert!(list(&folder).entries.iter().all(locked));
}

#[test]
fn list_prefers_locked_key_over_unreadable() {
    let folder = folder(&[
        ("mail.crt", "certificates/P-256.pem"),
        ("mail.enc.key", "keys/P-256.camellia.pem"),
        ("mail.key", "keys/P-256.encrypted.pem"),
    ]);
    assert!(matches!(list(&folder).entries[0].key, KeyState::Locked(_)));
}

#[test]
fn list_reports_damaged_encrypted_key_as_problem() {
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
fn private_key_uses_known_password_without_asking() {
    let folder = locked_key();
    let store = unlocked_store(folder.path(), "fixture");
    let id = store.list().unwrap().entries[0].id;
    let key = store.private_key(&id, &mut NonInteractive).unwrap();
    assert_eq!(key.expose(), writer::data("keys/P-256.pem"));
}

#[test]
fn private_key_counts_known_password_as_attempt() {
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
fn private_key_passes_through_unknown_algorithm() {
    let folder = folder(&[
        ("mine.crt", "certificates/ed448.pem"),
        ("mine.key", "keys/ed448.encrypted.pem"),
    ]);
    let store = unlocked_store(folder.path(), "fixture");
    let listing = store.list().unwrap();
    assert_eq!(listing.entries[0].key, KeyState::Unknown);
    let key = store.private_key(&listing.entries[0].id, &mut NonInteractive);
    assert_eq!(key.unwrap().expose(), writer::data("keys/ed448.pem"));
}
