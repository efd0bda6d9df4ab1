//! PKCS#12 files in a folder: what they show without a password, with it, and with a wrong one.

use certstow_formats::certificate::EntryId;
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::testing::writer;
use certstow_formats::testing::writer::{
    certificate, encrypted, file, key, label, local_key_id, nested, pbes2, plain, provider,
    shrouded_key,
};
use certstow_platform::error::StoreError;
use certstow_platform::{OpenedFile, open_bytes};

use super::*;

fn der(path: &str) -> Vec<u8> {
    writer::data(path)
}

fn right() -> Password {
    Password::new("right".to_owned())
}

#[test]
fn pkcs12_without_password_opens_without_asking() {
    let folder = folder(&[("clear.p12", "files/clear.p12")]);
    assert_exports(&folder);
    assert_exports_from(&*unlocked_store(folder.path(), "of something else"));
}

#[test]
fn pkcs12_with_right_password_lists_everything() {
    let folder = folder(&[("mine.p12", "files/rsa.p12")]);
    let store = unlocked_store(folder.path(), "fixture");
    assert_exports_from(&*store);
    let entry = &store.list().unwrap().entries[0];
    assert_eq!(entry.label.as_deref(), Some("Fixture label"));
    assert_eq!(entry.provider.as_deref(), Some("Fixture provider"));
    assert_eq!(store.issuers().unwrap().len(), 1);
}

#[test]
fn pkcs12_locked_reports_what_was_tried() {
    let folder = folder(&[("mine.p12", "files/rsa.p12")]);
    assert!(only_problem(&folder).contains("seen only with its password"));
    let listing = unlocked_store(folder.path(), "wrong").list().unwrap();
    assert!(listing.entries.is_empty());
    let message = &listing.problems[0].message;
    assert!(
        message.contains("password given does not open"),
        "{message}"
    );
}

#[test]
fn pkcs12_empty_password_opens_both_encodings() {
    let folder = folder(&[("mine.pfx", "files/empty-password.pfx")]);
    assert_exports_from(&*unlocked_store(folder.path(), ""));
    let null = writer::whole(&writer::triple_des(10), PasswordForm::Null);
    put(&folder, "mine.pfx", &null);
    assert_exports_from(&*unlocked_store(folder.path(), ""));
}

#[test]
fn pkcs12_lists_clear_certificates_with_locked_key() {
    let folder = folder(&[("mine.p12", "files/clear-certificates.p12")]);
    let store = store(folder.path());
    let listing = store.list().unwrap();
    assert_eq!(listing.problems, []);
    assert!(matches!(listing.entries[0].key, KeyState::Locked(_)));
    let id = listing.entries[0].id;
    let mut wrong = Answer::new("wrong");
    let error = store.private_key(&id, &mut wrong);
    assert!(matches!(error, Err(StoreError::WrongPassword { .. })));
    assert_eq!(wrong.1, [0, 1, 2]);
    let key = store.private_key(&id, &mut Answer::new("fixture")).unwrap();
    assert_eq!(key.expose(), der("keys/rsa.pem"));
}

#[test]
fn private_key_rejects_pkcs12_with_bad_mac() {
    let folder = folder(&[("mine.p12", "files/clear-certificates.p12")]);
    let store = store(folder.path());
    let id = store.list().unwrap().entries[0].id;
    let mut bytes = data("files/clear-certificates.p12");
    let rsa = der("files/rsa.der");
    let at = bytes.windows(rsa.len()).position(|part| part == rsa);
    bytes[at.unwrap() + rsa.len() - 5] ^= 1;
    put(&folder, "mine.p12", &bytes);
    let error = store.private_key(&id, &mut Answer::new("fixture"));
    let Err(StoreError::Damaged { reason, source, .. }) = error else {
        panic!("{error:?}");
    };
    assert!(reason.contains("MAC") && source.is_some(), "{reason}");
}

#[test]
fn pkcs12_pairs_nested_bags_across_parts() {
    let right = right();
    let form = PasswordForm::Text(&right);
    let scheme = pbes2(10);
    let ca = certificate(&der("certificates/ca.pem"), &[]);
    let leaf = certificate(&der("certificates/P-256.pem"), &[]);
    let key = shrouded_key(&der("keys/P-256.pem"), &scheme, form, &[]);
    let parts = [
        encrypted(&scheme, form, &[ca]),
        encrypted(&scheme, form, &[nested(&[leaf])]),
        plain(&[nested(&[key])]),
    ];
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "mine.p12", &file(&parts, None));
    assert_exports_from(&*unlocked_store(folder.path(), "right"));
}

#[test]
fn pkcs12_pairs_locked_key_by_local_id() {
    let right = right();
    let key = shrouded_key(
        &der("keys/P-256.pem"),
        &pbes2(10),
        PasswordForm::Text(&right),
        &[local_key_id(2), provider("Some provider")],
    );
    let bags = [
        key,
        certificate(
            &der("certificates/rsa.pem"),
            &[local_key_id(1), label("one")],
        ),
        certificate(
            &der("certificates/P-256.pem"),
            &[local_key_id(2), label("two")],
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "mine.p12", &file(&[plain(&bags)], None));
    let store = store(folder.path());
    let entries = store.list().unwrap().entries;
    let labels = entries.iter().map(|entry| entry.label.as_deref());
    assert_eq!(Vec::from_iter(labels), [Some("one"), Some("two")]);
    assert_eq!(entries[0].key, KeyState::Missing);
    assert!(matches!(entries[1].key, KeyState::Locked(_)));
    assert_eq!(entries[1].provider.as_deref(), Some("Some provider"));
    let key = store.private_key(&entries[1].id, &mut Answer::new("right"));
    assert_eq!(key.unwrap().expose(), der("keys/P-256.pem"));
}

#[test]
fn pkcs12_provider_comes_from_key_bag() {
    let bag = key(&der("keys/P-256.pem"), &[provider("Some provider")]);
    let folder = folder(&[
        ("a.crt", "certificates/P-256.pem"),
        ("a.key", "keys/P-256.pem"),
    ]);
    put(&folder, "b.p12", &file(&[plain(&[bag])], None));
    assert_exports(&folder);
    let provider = &list(&folder).entries[0].provider;
    assert_eq!(provider.as_deref(), Some("Some provider"));

    let unknown = tempfile::tempdir().unwrap();
    let bags = [
        key(
            &der("keys/ed448.pem"),
            &[local_key_id(1), provider_of_ed448()],
        ),
        certificate(&der("certificates/ed448.pem"), &[local_key_id(1)]),
    ];
    put(&unknown, "c.p12", &file(&[plain(&bags)], None));
    let entry = &list(&unknown).entries[0];
    assert_eq!(entry.key, KeyState::Unknown);
    assert_eq!(entry.provider.as_deref(), Some("Another"));
}

fn provider_of_ed448() -> Vec<u8> {
    provider("Another")
}

#[test]
fn pkcs12_label_comes_from_first_labelled_file() {
    let p256 = der("certificates/P-256.pem");
    let folder = tempfile::tempdir().unwrap();
    for (name, attributes) in [
        ("a.p12", vec![local_key_id(1)]),
        ("b.p12", vec![label("mine")]),
        ("c.p12", vec![label("too late")]),
    ] {
        let bag = certificate(&p256, &attributes);
        put(&folder, name, &file(&[plain(&[bag])], None));
    }
    let entries = list(&folder).entries;
    assert_eq!(entries[0].label.as_deref(), Some("mine"));
}

#[test]
fn pkcs12_excessive_iterations_are_a_problem() {
    let part = writer::encrypted_bytes(&pbes2(2_000_001), &[0; 16]);
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "mine.p12", &file(&[part], None));
    let problems = unlocked_store(folder.path(), "x").list().unwrap().problems;
    let message = &problems[0].message;
    assert!(message.contains("2000001 iterations"), "{message}");
    assert!(message.contains("in a listing"), "{message}");
}

#[test]
fn opened_file_exports_keys_of_given_bytes() {
    let place = std::path::Path::new("nowhere/mine.p12");
    let bytes = der("files/rsa.p12");
    let fixture = Password::new("fixture".to_owned());
    let store = OpenedFile::open(&bytes, place, &fixture).unwrap();
    assert_exports_from(&store);
    let entry = &store.list().unwrap().entries[0];
    assert_eq!(entry.label.as_deref(), Some("Fixture label"));
    assert_eq!(entry.places, [place.display().to_string()]);
    assert_eq!(store.issuers().unwrap().len(), 1);

    let refused = |bytes: &[u8]| OpenedFile::open(bytes, place, &fixture).err();
    assert_eq!(
        refused(&der("keys/P-256.pem")),
        Some(DecodeError::NotPkcs12)
    );
    let pem = writer::file_of("keys/P-256.pem");
    assert_eq!(refused(&pem), Some(DecodeError::NotPkcs12));
    let wrong = OpenedFile::open(&bytes, place, &right()).err();
    assert_eq!(wrong, Some(DecodeError::WrongPassword));
}

#[test]
fn opened_file_pairs_each_certificate_with_key() {
    let (ours, theirs, keyless) = ("P-256", "P-384", "ed25519");
    let certificate_of = |name: &str| certificate(&der(&format!("certificates/{name}.pem")), &[]);
    let key_of = |name: &str| key(&der(&format!("keys/{name}.pem")), &[]);
    let bags = [
        key_of(theirs),
        key_of(ours),
        certificate_of(ours),
        certificate_of(theirs),
        certificate_of(keyless),
    ];
    let bytes = file(&[plain(&bags)], None);
    let store = OpenedFile::open(&bytes, std::path::Path::new("f.p12"), &right()).unwrap();
    for (name, has_key) in [(ours, true), (theirs, true), (keyless, false)] {
        let id = EntryId::of(&der(&format!("certificates/{name}.pem")));
        let found = store.private_key(&id, &mut NonInteractive);
        match has_key {
            true => assert_eq!(found.unwrap().expose(), der(&format!("keys/{name}.pem"))),
            false => assert!(matches!(found, Err(StoreError::KeyMissing { .. }))),
        }
    }
    let unknown = store.private_key(&EntryId::of(b"other"), &mut NonInteractive);
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
}

#[test]
fn open_bytes_exports_pkcs12_and_pem_keys() {
    let place = std::path::Path::new("upload");
    let pem = [
        writer::file_of("certificates/P-256.pem"),
        writer::file_of("keys/P-256.pem"),
    ];
    for (bytes, password) in [
        (der("files/rsa.p12"), "fixture"),
        (pem.concat(), "of something else"),
    ] {
        let options = OpenOptions::with_password(Password::new(password.to_owned()));
        let store = open_bytes(&bytes, place, &options);
        assert_exports_from(&*store);
        assert_eq!(store.list().unwrap().entries[0].places, ["upload"]);
        let unknown = store.private_key(&EntryId::of(b"other"), &mut NonInteractive);
        assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    }
    let certificate = writer::file_of("certificates/P-256.pem");
    let store = open_bytes(&certificate, place, &OpenOptions::default());
    let id = store.list().unwrap().entries[0].id;
    let missing = store.private_key(&id, &mut NonInteractive);
    assert!(matches!(missing, Err(StoreError::KeyMissing { .. })));
    let neither = open_bytes(b"neither", place, &OpenOptions::default());
    assert_eq!(neither.list().unwrap().problems.len(), 1);
}

#[test]
fn pkcs12_under_unread_cipher_names_conversion() {
    let folder = folder(&[("me.p12", "files/camellia.p12")]);
    let problem = only_problem(&folder);
    for part in [
        "the cipher Camellia-256-CBC",
        "openssl pkcs12 -legacy -in OLD -out NEW",
    ] {
        assert!(problem.contains(part), "{problem}");
    }
}

#[test]
fn pkcs12_key_under_own_password_asks_for_it() {
    let folder = folder(&[("me.p12", "files/key-password.p12")]);
    let store = unlocked_store(folder.path(), "fixture");
    let listing = store.list().unwrap();
    assert!(matches!(listing.entries[0].key, KeyState::Locked(_)));
    assert_eq!(listing.problems.len(), 1);
    let problem = &listing.problems[0].message;
    assert_eq!(problem, "the private key is under another password");
    let id = listing.entries[0].id;
    let error = store.private_key(&id, &mut NonInteractive).unwrap_err();
    assert!(matches!(error, StoreError::KeyPassword { .. }), "{error}");
    let error = store
        .private_key(&id, &mut Answer::new("wrong"))
        .unwrap_err();
    assert!(matches!(error, StoreError::KeyPassword { .. }), "{error}");
    store.private_key(&id, &mut Answer::new("its own")).unwrap();
    for passwords in [["fixture", "its own"], ["its own", "fixture"]] {
        assert_exports_from(&*store_with(folder.path(), &passwords));
    }
}

#[test]
fn pkcs12_content_under_own_password_is_locked() {
    let (integrity, privacy) = (Password::new("mac".into()), Password::new("content".into()));
    let form = PasswordForm::Text(&privacy);
    let scheme = writer::pbes2(1);
    let bag = [writer::certificate(
        &writer::data("certificates/P-256.pem"),
        &[],
    )];
    let key = writer::shrouded_key(&writer::data("keys/P-256.pem"), &scheme, form, &[]);
    let parts = [
        writer::encrypted(&scheme, form, &bag),
        writer::plain(&[key]),
    ];
    let mac = writer::mac(1);
    let folder = tempfile::tempdir().unwrap();
    put(
        &folder,
        "me.p12",
        &writer::file(&parts, Some((&mac, PasswordForm::Text(&integrity)))),
    );
    let problems = unlocked_store(folder.path(), "mac")
        .list()
        .unwrap()
        .problems;
    assert!(
        problems[0]
            .message
            .contains("under another password than its MAC")
    );
    assert_exports_from(&*store_with(folder.path(), &["content", "mac"]));
}
