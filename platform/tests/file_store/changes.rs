//! What importing makes of a folder, and what removing leaves of it.

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::PrivateKey;
use certstow_formats::testing::writer::{self, pbes2};
use certstow_platform::open_to_import;
use certstow_platform::store::{ExistingEntry, ImportOptions, NewIdentity, Removal};
use zeroize::Zeroizing;

use super::*;

pub(crate) fn certificate(name: &str) -> Certificate {
    let der = writer::data(&format!("certificates/{name}.pem"));
    Certificate::from_der(&der).unwrap()
}

pub(crate) fn id(name: &str) -> EntryId {
    certificate(name).id()
}

pub(crate) fn key(name: &str) -> PrivateKey {
    PrivateKey::from_pkcs8_der(Zeroizing::new(writer::data(&format!("keys/{name}.pem"))))
}

struct Import {
    label: Option<&'static str>,
    password: Option<Password>,
    existing: ExistingEntry,
    certificate: Certificate,
}

impl Default for Import {
    fn default() -> Self {
        Self {
            label: Some("Ada Example"),
            password: None,
            existing: ExistingEntry::Keep,
            certificate: certificate("P-256"),
        }
    }
}

impl Import {
    /// Imports the P-256 key.
    fn put(&self, store: &mut dyn Store) -> Result<EntryId, StoreError> {
        let key = key("P-256");
        let identity = NewIdentity {
            issuers: &[certificate("ca")],
            label: self.label,
            provider: Some("A Provider"),
            ..NewIdentity::new(&self.certificate, &key)
        };
        let options = ImportOptions {
            exportable: true,
            existing: self.existing,
            password: self.password.as_ref(),
        };
        store.import(&identity, &options, &mut NonInteractive)
    }
}

fn password(text: &str) -> Option<Password> {
    Some(Password::new(text.to_owned()))
}

pub(crate) fn remove(
    folder: &TempDir,
    name: &str,
    what: Removal,
) -> Result<Vec<String>, StoreError> {
    store(folder.path()).remove(&id(name), what, &mut NonInteractive)
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn usual_name(label: &str) -> String {
    format!("{label}--{}.pem", &id("P-256").to_string()[..16])
}

pub(crate) fn reason<T: std::fmt::Debug>(refused: Result<T, StoreError>) -> String {
    match refused {
        Err(StoreError::NotRemoved { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn import_creates_folder_and_pem_bundle() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("certstow/personal");
    let spec = StoreSpec::File(folder.clone());
    assert!(open(&spec, &OpenOptions::default()).is_err());
    let mut store = open_to_import(&spec, &OpenOptions::default()).unwrap();
    Import::default().put(&mut *store).unwrap();
    assert_eq!(names(&folder), [usual_name("ada-example")]);

    let file = folder.join(usual_name("ada-example"));
    let text = fs::read_to_string(&file).unwrap();
    let labels: Vec<_> = text.split("-----BEGIN ").skip(1).collect();
    let labels = labels.iter().map(|block| block.split('-').next().unwrap());
    assert_eq!(
        Vec::from_iter(labels),
        ["PRIVATE KEY", "CERTIFICATE", "CERTIFICATE"]
    );
    let listing = store.list().unwrap();
    assert_eq!(listing.entries[0].label.as_deref(), Some("Ada Example"));
    assert_eq!(listing.entries[0].provider.as_deref(), Some("A Provider"));
    assert_eq!(store.issuers().unwrap(), [certificate("ca")]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    }
}

#[test]
fn open_to_import_defers_folder_until_import() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("certstow/personal");
    let spec = StoreSpec::File(folder.clone());
    let mut store = open_to_import(&spec, &OpenOptions::default()).unwrap();
    assert!(store.list().unwrap().entries.is_empty());
    assert!(store.issuers().unwrap().is_empty());
    assert!(matches!(
        store.private_key(&id("P-256"), &mut NonInteractive),
        Err(StoreError::NotFound { .. })
    ));
    let of_another = Import {
        certificate: certificate("P-384"),
        ..Import::default()
    };
    let refused = of_another.put(&mut *store);
    assert!(matches!(refused, Err(StoreError::NotImported { .. })));
    assert!(names(above.path()).is_empty(), "{:?}", names(above.path()));

    Import::default().put(&mut *store).unwrap();
    assert!(of_another.put(&mut *store).is_err());
    assert_eq!(names(&folder), [usual_name("ada-example")]);
}

#[test]
fn open_to_import_reports_uncreatable_folder() {
    let folder = folder(&[("file", "certificates/P-256.pem")]);
    let spec = StoreSpec::File(folder.path().join("file/below"));
    let error = open_to_import(&spec, &OpenOptions::default()).map(drop);
    assert!(
        matches!(
            error,
            Err(StoreError::Unavailable {
                source: Some(_),
                ..
            })
        ),
        "{error:?}"
    );
}

#[test]
fn import_with_password_encrypts_key() {
    let folder = tempfile::tempdir().unwrap();
    let import = Import {
        password: password("correct horse"),
        ..Import::default()
    };
    import.put(&mut *store(folder.path())).unwrap();
    let text = fs::read_to_string(folder.path().join(usual_name("ada-example"))).unwrap();
    assert!(text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    assert!(!text.contains("-----BEGIN PRIVATE KEY-----"));

    let store = store(folder.path());
    let wrong = store.private_key(&id("P-256"), &mut Answer::new("wrong"));
    assert!(matches!(wrong, Err(StoreError::WrongPassword { .. })));
    let right = store.private_key(&id("P-256"), &mut Answer::new("correct horse"));
    assert_eq!(right.unwrap().expose(), key("P-256").expose());
}

#[test]
fn import_replace_leaves_only_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store(folder.path());
    for (text, existing) in [
        ("old", ExistingEntry::Keep),
        ("new", ExistingEntry::Replace),
    ] {
        let import = Import {
            password: password(text),
            existing,
            ..Import::default()
        };
        import.put(&mut *store).unwrap();
    }
    assert_eq!(names(folder.path()), [usual_name("ada-example")]);
    let out = store.private_key(&id("P-256"), &mut Answer::new("new"));
    assert_eq!(out.unwrap().expose(), key("P-256").expose());

    let renamed = Import {
        label: Some("Other"),
        existing: ExistingEntry::Replace,
        ..Import::default()
    };
    renamed.put(&mut *store).unwrap();
    assert_eq!(names(folder.path()), [usual_name("other")]);
    assert_exports(&folder);
}

#[test]
fn replace_and_remove_refuse_shared_pkcs12() {
    let right = Password::new("right".to_owned());
    let bundle = writer::file(
        &[writer::plain(&[
            writer::certificate(&writer::data("certificates/P-256.pem"), &[]),
            writer::key(&writer::data("keys/P-256.pem"), &[]),
            writer::certificate(&writer::data("certificates/ed25519.pem"), &[]),
        ])],
        Some((&writer::mac(1), PasswordForm::Text(&right))),
    );
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "two.p12", &bundle);
    let mut store = unlocked_store(folder.path(), "right");
    let import = Import {
        existing: ExistingEntry::Replace,
        ..Import::default()
    };
    let refused = import.put(&mut *store).map(drop);
    assert!(reason(refused).contains("more than this identity"));
    let refused = store.remove(&id("P-256"), Removal::Key, &mut NonInteractive);
    assert!(reason(refused).contains("more than this identity"));
    assert_eq!(names(folder.path()), ["two.p12"]);
    assert_eq!(fs::read(folder.path().join("two.p12")).unwrap(), bundle);
}

#[test]
fn import_keeps_foreign_file_of_same_name() {
    let folder = tempfile::tempdir().unwrap();
    let taken = put(&folder, &usual_name("ada-example"), b"somebody's notes");
    Import::default().put(&mut *store(folder.path())).unwrap();
    assert_eq!(fs::read(taken).unwrap(), b"somebody's notes");
    let numbered = usual_name("ada-example").replace(".pem", "-2.pem");
    assert!(names(folder.path()).contains(&numbered));
}

#[test]
fn import_without_label_names_file_by_subject() {
    let folder = tempfile::tempdir().unwrap();
    let import = Import {
        label: None,
        ..Import::default()
    };
    let mut store = store(folder.path());
    import.put(&mut *store).unwrap();
    assert_eq!(store.list().unwrap().entries[0].label, None);
    assert!(!names(folder.path())[0].starts_with("certificate--"));
}

#[test]
fn import_refuses_single_file_or_foreign_key() {
    let folder = folder(&[("one.pem", "certificates/rsa.pem")]);
    let file = folder.path().join("one.pem");
    let before = fs::read(&file).unwrap();
    let refused = Import::default().put(&mut *store(&file));
    let Err(StoreError::NotImported { reason, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert!(reason.contains("single file"), "{reason}");

    let foreign = Import {
        certificate: certificate("ed25519"),
        ..Import::default()
    };
    let refused = foreign.put(&mut *store(folder.path()));
    let Err(StoreError::NotImported { reason, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert!(reason.contains("another certificate's"), "{reason}");
    assert_eq!(names(folder.path()), ["one.pem"]);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn remove_key_deletes_every_copy() {
    let folder = folder(&[
        ("a.crt", "certificates/P-256.pem"),
        ("a.key", "keys/P-256.pem"),
        ("copies/sec1.key", "keys/P-256.sec1.pem"),
        ("copies/parameters.pem", "keys/P-256.with-parameters.pem"),
        ("other.crt", "certificates/ed25519.pem"),
        ("other.key", "keys/ed25519.pem"),
    ]);
    let whole = writer::whole(&writer::triple_des(1), PasswordForm::Null);
    put(&folder, "copies/whole.pfx", &whole);
    let mut store = unlocked_store(folder.path(), "");
    store
        .remove(&id("P-256"), Removal::Key, &mut NonInteractive)
        .unwrap();
    assert_eq!(
        names(folder.path()),
        ["a.crt", "copies", "other.crt", "other.key"]
    );
    // The certificate of the PKCS#12 file stays, as PEM.
    let [kept] = <[_; 1]>::try_from(names(&folder.path().join("copies"))).unwrap();
    assert!(
        kept.starts_with("whole--") && kept.ends_with(".pem"),
        "{kept}"
    );
    let entries = store.list().unwrap().entries;
    assert_eq!(entries.len(), 2);
    let state = |name| {
        &entries
            .iter()
            .find(|entry| entry.id == id(name))
            .unwrap()
            .key
    };
    assert_eq!(*state("P-256"), KeyState::Missing);
    assert_eq!(*state("ed25519"), KeyState::Exportable);
}

#[test]
fn remove_key_warns_of_hard_link_outside() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let pem = |path: &str| data(path);
    put(&folder, "a.pem", &pem("certificates/P-256.pem"));
    let key = put(&folder, "a.key", &pem("keys/P-256.pem"));
    fs::hard_link(&key, folder.path().join("again.key")).unwrap();
    // Both names are in the store, and both go.
    assert!(remove(&folder, "P-256", Removal::Key).unwrap().is_empty());
    assert_eq!(names(folder.path()), ["a.pem"]);

    let both = [pem("keys/P-256.pem"), pem("certificates/P-256.pem")].concat();
    let bundle = put(&folder, "a.pem", &both);
    fs::hard_link(&bundle, elsewhere.path().join("other.pem")).unwrap();
    let warnings = remove(&folder, "P-256", Removal::Key).unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("a.pem has a further name"),
        "{warnings:?}"
    );
    assert_eq!(fs::read(elsewhere.path().join("other.pem")).unwrap(), both);
}

#[test]
fn remove_keeps_rest_of_bundle_unchanged() {
    let block = |path: &str| String::from_utf8(data(path)).unwrap();
    let others = [
        format!("a note\n{}", block("certificates/ed25519.pem")),
        format!("another\n{}", block("keys/ed25519.pem")),
    ];
    let certificate = format!("its certificate\n{}", block("certificates/P-256.pem"));
    let key = format!(
        "the secret number in words\n{}",
        block("keys/P-256.with-parameters.pem")
    );
    let bundle = [&others[0], &key, &certificate, &others[1]].map(String::as_str);
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "bundle.pem", bundle.concat().as_bytes());
    remove(&folder, "P-256", Removal::Key).unwrap();
    let left = [&others[0], &certificate, &others[1]].map(String::as_str);
    assert_eq!(fs::read_to_string(&path).unwrap(), left.concat());
    remove(&folder, "P-256", Removal::Entry).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), others.concat());
    assert_eq!(names(folder.path()), ["bundle.pem"]);
    assert_exports(&folder);
}

#[cfg(unix)]
#[test]
fn remove_keeps_mode_of_bundle() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let bundle = [data("keys/P-256.pem"), data("certificates/P-256.pem")].concat();
    let path = put(&folder, "bundle.pem", &bundle);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    remove(&folder, "P-256", Removal::Key).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn remove_keeps_issuer_needed_by_another() {
    let alone = tempfile::tempdir().unwrap();
    let bundle = [
        data("keys/P-256.pem"),
        data("certificates/P-256.pem"),
        data("certificates/ca.pem"),
    ]
    .concat();
    put(&alone, "mine.pem", &bundle);
    put(&alone, "der.crt", &writer::data("certificates/P-256.pem"));
    remove(&alone, "P-256", Removal::Entry).unwrap();
    assert!(names(alone.path()).is_empty());

    let needed = folder(&[("other.crt", "certificates/rsa.pem")]);
    put(&needed, "mine.pem", &bundle);
    remove(&needed, "P-256", Removal::Entry).unwrap();
    assert_eq!(names(needed.path()), ["mine.pem", "other.crt"]);
    let store = store(needed.path());
    assert_eq!(store.issuers().unwrap(), [certificate("ca")]);
    assert_eq!(store.list().unwrap().entries.len(), 1);
}

#[test]
fn remove_keeps_key_shared_with_another_certificate() {
    let apart = folder(&[
        ("old.crt", "certificates/rsa.pem"),
        ("new.crt", "certificates/rsa-renewed.pem"),
        ("both.key", "keys/rsa.pem"),
    ]);
    let refused = reason(remove(&apart, "rsa", Removal::Key));
    assert!(refused.contains("new.crt has the same key"), "{refused}");
    remove(&apart, "rsa", Removal::Entry).unwrap();
    assert_eq!(names(apart.path()), ["both.key", "new.crt"]);
    assert_exports(&apart);

    let together = tempfile::tempdir().unwrap();
    let (old, new) = (
        data("certificates/rsa.pem"),
        data("certificates/rsa-renewed.pem"),
    );
    put(
        &together,
        "all.pem",
        &[data("keys/rsa.pem"), old, new].concat(),
    );
    remove(&together, "rsa", Removal::Entry).unwrap();
    assert_exports(&together);
}

#[test]
fn remove_requires_proof_for_locked_key() {
    let named = || {
        folder(&[
            ("mail.crt", "certificates/P-256.pem"),
            ("mail.key", "keys/P-256.encrypted.pem"),
        ])
    };
    let folder = named();
    let refused = remove(&folder, "P-256", Removal::Key);
    assert!(matches!(
        refused,
        Err(StoreError::InteractionRequired { .. })
    ));
    let mut opened = store(folder.path());
    let mut wrong = Answer::new("wrong");
    let refused = opened.remove(&id("P-256"), Removal::Key, &mut wrong);
    assert!(matches!(refused, Err(StoreError::WrongPassword { .. })));
    assert_eq!(names(folder.path()), ["mail.crt", "mail.key"]);
    opened
        .remove(&id("P-256"), Removal::Key, &mut Answer::new("fixture"))
        .unwrap();
    assert_eq!(names(folder.path()), ["mail.crt"]);

    // Another's key under the certificate's name.
    let folder = named();
    put(&folder, "mail.crt", &data("certificates/ed25519.pem"));
    let mut opened = store(folder.path());
    let refused = opened.remove(&id("ed25519"), Removal::Key, &mut Answer::new("fixture"));
    assert!(reason(refused).contains("cannot be told"));
    let mut opened = unlocked_store(folder.path(), "fixture");
    let refused = opened.remove(&id("ed25519"), Removal::Key, &mut NonInteractive);
    assert!(matches!(refused, Err(StoreError::KeyMissing { .. })));
    assert_eq!(names(folder.path()), ["mail.crt", "mail.key"]);
}

#[test]
fn remove_deletes_pkcs12_without_other_content() {
    let scheme = pbes2(1);
    let right = Password::new("right".to_owned());
    let whole = writer::whole(&scheme, PasswordForm::Text(&right));
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "mine.p12", &whole);
    let mut opened = unlocked_store(folder.path(), "right");
    opened
        .remove(&id("P-256"), Removal::Entry, &mut NonInteractive)
        .unwrap();
    assert!(names(folder.path()).is_empty());

    // Its certificates lie open, and what else is in it cannot be seen.
    let folder = self::folder(&[("mine.p12", "files/rsa.p12")]);
    put(&folder, "mine.crt", &data("certificates/rsa.pem"));
    let listed = list(&folder);
    assert_eq!(listed.entries[0].key, KeyState::Missing);
    let refused = remove(&folder, "rsa", Removal::Key);
    assert!(matches!(refused, Err(StoreError::KeyMissing { .. })));
}

#[test]
fn remove_entry_refuses_single_file_store() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = [data("keys/P-256.pem"), data("certificates/P-256.pem")].concat();
    let path = put(&folder, "mine.pem", &bundle);
    let mut store = store(&path);
    let refused = store.remove(&id("P-256"), Removal::Entry, &mut NonInteractive);
    assert!(reason(refused).contains("is this one file"));
    assert_eq!(fs::read(&path).unwrap(), bundle);
    store
        .remove(&id("P-256"), Removal::Key, &mut NonInteractive)
        .unwrap();
    assert_eq!(fs::read(&path).unwrap(), data("certificates/P-256.pem"));
}

#[cfg(unix)]
#[test]
fn remove_does_not_follow_links() {
    let elsewhere = folder(&[("key", "keys/P-256.pem")]);
    let folder = folder(&[("mine.crt", "certificates/P-256.pem")]);
    let target = elsewhere.path().join("key");
    std::os::unix::fs::symlink(&target, folder.path().join("mine.key")).unwrap();
    let refused = reason(remove(&folder, "P-256", Removal::Key));
    assert!(refused.contains("it is a link"), "{refused}");
    assert!(target.exists());
    assert_exports(&folder);
}
