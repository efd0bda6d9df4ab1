//! Encrypted keys that a file ties to a certificate: which certificate gets them, and that nothing but
//! a proof or such a tie has one deleted.

use certstow_formats::certificate::sha1_thumbprint;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::testing::writer;
use certstow_platform::store::{ExistingEntry, ImportOptions, NewIdentity, Removal};

use super::changes::{certificate, id, key, names, reason, remove};
use super::*;

/// `localKeyID` of a certificate as OpenSSL and certstow write it.
fn thumbprint(name: &str) -> String {
    let digits = sha1_thumbprint(certificate(name).der());
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| format!("{} ", std::str::from_utf8(pair).unwrap()))
        .collect()
}

/// A PEM block with a localKeyID before it.
fn block(local_key_id: &str, path: &str) -> Vec<u8> {
    let lines = format!(
        "Bag Attributes\n    localKeyID: {local_key_id}\nKey Attributes: <No Attributes>\n"
    );
    [lines.into_bytes(), data(path)].concat()
}

const LEAF: &str = "certificates/P-256.pem";
const LEAF_KEY: &str = "keys/P-256.encrypted.pem";
const CA: &str = "certificates/ca.pem";
/// The CA's, for these tests.
const CA_KEY: &str = "keys/ed448.encrypted.pem";

fn replace(store: &mut dyn Store) -> Result<(), StoreError> {
    let (certificate, key) = (certificate("P-256"), key("P-256"));
    let options = ImportOptions {
        exportable: true,
        existing: ExistingEntry::Replace,
        password: None,
    };
    let identity = NewIdentity::new(&certificate, &key);
    store
        .import(&identity, &options, &mut NonInteractive)
        .map(drop)
}

/// Whether `what` is still somewhere in the folder.
fn holds(folder: &TempDir, what: &str) -> bool {
    let body = data(what);
    let body = body.split(|&byte| byte == b'\n').nth(2).unwrap();
    names(folder.path()).iter().any(|name| {
        let file = fs::read(folder.path().join(name)).unwrap();
        file.windows(body.len()).any(|part| part == body)
    })
}

/// What may be done to a folder: it has the key or the whole identity removed, or another copy put in
/// its place.
type Act = fn(&TempDir) -> Result<(), StoreError>;

const ACTS: [Act; 3] = [
    |folder| remove(folder, "P-256", Removal::Key).map(drop),
    |folder| remove(folder, "P-256", Removal::Entry).map(drop),
    |folder| replace(&mut *store(folder.path())),
];

#[test]
fn change_keeps_locked_key_of_the_issuer() {
    let windows = "01 00 00 00 ";
    let chains = [
        vec![data(LEAF), data(CA), data(CA_KEY)],
        vec![data(CA_KEY), data(LEAF), data(CA)],
        // What programs write that number every key so, put together.
        vec![block(windows, LEAF), data(CA), block(windows, CA_KEY)],
        vec![
            data(LEAF),
            block(&thumbprint("ca"), CA),
            block(&thumbprint("ca"), CA_KEY),
        ],
        vec![
            block(&thumbprint("P-256"), LEAF),
            block(&thumbprint("ca"), CA_KEY),
        ],
    ];
    for (at, chain) in chains.iter().enumerate() {
        let chain = chain.concat();
        for act in ACTS {
            for files in [
                vec![("chain.pem", &*chain)],
                vec![
                    ("chain.pem", &*chain),
                    ("leaf.key", &*data("keys/P-256.pem")),
                ],
            ] {
                let folder = tempfile::tempdir().unwrap();
                for (name, content) in files {
                    put(&folder, name, content);
                }
                let _ = act(&folder);
                assert!(holds(&folder, CA_KEY), "{at}");
            }
        }
    }
}

/// What opens a container of several keys shows that the right one is in it, not which that is.
#[test]
fn change_keeps_container_with_key_of_the_issuer() {
    let right = Password::new("right".to_owned());
    let form = PasswordForm::Text(&right);
    let shrouded =
        |name: &str| writer::shrouded_key(&writer::data(name), &writer::pbes2(10), form, &[]);
    let bags = [
        writer::certificate(&writer::data(LEAF), &[]),
        writer::certificate(&writer::data(CA), &[]),
        shrouded("keys/P-256.pem"),
        shrouded("keys/ed448.pem"),
    ];
    let container = writer::file(&[writer::plain(&bags)], None);
    for what in [Removal::Key, Removal::Entry] {
        let folder = tempfile::tempdir().unwrap();
        put(&folder, "both.p12", &container);
        let mut answer = Answer::new("right");
        let refused = store(folder.path()).remove(&id("P-256"), what, &mut answer);
        assert!(reason(refused).contains("more than this identity"));
        assert_eq!(fs::read(folder.path().join("both.p12")).unwrap(), container);
    }
}

/// A key that certstow does not know at all.
#[test]
fn remove_keeps_file_with_unknown_block() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
    let parts = [
        data("keys/P-256.pem"),
        data(LEAF),
        data(CA),
        unknown.to_vec(),
    ];
    put(&folder, "all.pem", &parts.concat());
    remove(&folder, "P-256", Removal::Entry).unwrap();
    let left = fs::read(folder.path().join("all.pem")).unwrap();
    assert_eq!(left, [data(CA), unknown.to_vec()].concat());
}

#[test]
fn import_writes_local_key_id_like_openssl() {
    for password in [None, Some(Password::new("right".to_owned()))] {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (certificate("P-256"), key("P-256"));
        let options = ImportOptions {
            exportable: true,
            existing: ExistingEntry::Keep,
            password: password.as_ref(),
        };
        let identity = NewIdentity {
            label: Some("Ada"),
            ..NewIdentity::new(&certificate, &key)
        };
        let mut store = store(folder.path());
        store
            .import(&identity, &options, &mut NonInteractive)
            .unwrap();
        let [name] = <[String; 1]>::try_from(names(folder.path())).unwrap();
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        let id = thumbprint("P-256");
        assert_eq!(
            id,
            "C3 0B 05 39 3F 7B A0 F6 44 9D BD 80 65 A4 F3 9F C9 0C 3F 33 "
        );
        let lines =
            format!("Bag Attributes\n    friendlyName: Ada\n    localKeyID: {id}\n-----BEGIN ");
        assert_eq!(text.matches(&lines).count(), 2, "{text}");
    }
}

/// As certstow wrote them before there was a localKeyID.
#[test]
fn replace_of_file_without_local_key_id_takes_password() {
    let parts = [data(LEAF_KEY), data(LEAF), data(CA)].concat();
    // Alone with the certificate, but for what cannot be read.
    let damaged = b"-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----\n";
    let folder = tempfile::tempdir().unwrap();
    put(
        &folder,
        "ada.pem",
        &[&data(LEAF_KEY), &data(LEAF), &damaged[..]].concat(),
    );
    for act in ACTS {
        let refused = act(&folder);
        let needs_password = matches!(refused, Err(StoreError::InteractionRequired { .. }));
        assert!(needs_password, "{refused:?}");
    }

    for act in [
        |store: &mut dyn Store| replace(store),
        |store: &mut dyn Store| {
            let removed = store.remove(&id("P-256"), Removal::Entry, &mut NonInteractive);
            removed.map(drop)
        },
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = put(&folder, "ada.pem", &parts);
        let refused = act(&mut *store(folder.path()));
        assert!(
            matches!(refused, Err(StoreError::InteractionRequired { .. })),
            "{refused:?}"
        );
        let refused = act(&mut *unlocked_store(folder.path(), "wrong"));
        assert!(
            matches!(refused, Err(StoreError::WrongPassword { .. })),
            "{refused:?}"
        );
        assert_eq!(fs::read(&path).unwrap(), parts);
        assert_eq!(names(folder.path()), ["ada.pem"]);
        act(&mut *unlocked_store(folder.path(), "fixture")).unwrap();
        assert!(!path.exists());
    }
}

/// Each key beside the certificate of the other, and whichever comes first.
#[test]
fn local_key_id_ties_keys_in_any_order() {
    let (first, second) = (thumbprint("P-256"), "54 69 6d 65 20 31");
    let blocks = [
        block(&first, LEAF_KEY),
        block(second, "keys/ed448.encrypted.pem"),
        block(&first, LEAF),
        block(second, "certificates/ed448.pem"),
        data(CA),
    ];
    for order in [[0, 1, 2, 3], [1, 0, 2, 3], [3, 0, 2, 1], [2, 1, 3, 0]] {
        let folder = tempfile::tempdir().unwrap();
        let parts = order.map(|at| blocks[at].clone()).concat();
        put(&folder, "both.pem", &[&parts[..], &blocks[4]].concat());
        let store = store(folder.path());
        let listing = store.list().unwrap();
        assert_eq!(listing.problems, []);
        for name in ["P-256", "ed448"] {
            let entry = listing
                .entries
                .iter()
                .find(|entry| entry.id == id(name))
                .unwrap();
            assert!(matches!(entry.key, KeyState::Locked(_)), "{entry:?}");
            let key = store
                .private_key(&entry.id, &mut Answer::new("fixture"))
                .unwrap();
            assert_eq!(
                key.expose(),
                writer::data(&format!("keys/{name}.pem")),
                "{order:?}"
            );
        }
        remove(&folder, "P-256", Removal::Entry).unwrap();
        assert!(!holds(&folder, LEAF_KEY));
        assert!(holds(&folder, "keys/ed448.encrypted.pem"));
    }
}

#[test]
fn local_key_id_goes_before_file_name() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "a.crt", &data(LEAF));
    // By its name, it would come first.
    put(&folder, "a.key", &data("keys/ed448.encrypted.pem"));
    put(
        &folder,
        "z.pem",
        &[block("01", LEAF), block("01", LEAF_KEY)].concat(),
    );
    let store = store(folder.path());
    let key = store.private_key(&id("P-256"), &mut Answer::new("fixture"));
    assert_eq!(key.unwrap().expose(), writer::data("keys/P-256.pem"));
}

/// As after `openssl pkcs12 -nocerts` and `-nokeys`, with names that say the reverse.
#[test]
fn local_key_id_of_thumbprint_ties_across_files() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (thumbprint("P-256"), thumbprint("ed448"));
    put(&folder, "a.crt", &block(&first, LEAF));
    put(&folder, "b.crt", &data("certificates/ed448.pem"));
    put(&folder, "a.key", &block(&second, CA_KEY));
    put(&folder, "b.key", &block(&first, LEAF_KEY));
    let store = store(folder.path());
    let listing = store.list().unwrap();
    assert_eq!(listing.problems, []);
    for entry in &listing.entries {
        let KeyState::Locked(text) = &entry.key else {
            panic!("{entry:?}");
        };
        assert!(text.contains("by its localKeyID"), "{text}");
        assert!(
            store
                .private_key(&entry.id, &mut Answer::new("fixture"))
                .is_ok()
        );
    }
    // To take the key away, it is to be proven all the same.
    for act in ACTS {
        let refused = act(&folder);
        let needs_password = matches!(refused, Err(StoreError::InteractionRequired { .. }));
        assert!(needs_password, "{refused:?}");
    }
    assert!(holds(&folder, LEAF_KEY));

    // A number that every program begins with means no certificate elsewhere.
    let windows = "01 00 00 00";
    put(&folder, "a.crt", &block(windows, LEAF));
    put(&folder, "b.key", &block(windows, LEAF_KEY));
    let listing = list(&folder);
    let entry = listing.entries.iter().find(|entry| entry.id == id("P-256"));
    assert_eq!(entry.unwrap().key, KeyState::Missing);
}

#[test]
fn local_key_id_never_displaces_public_key() {
    let (leaf, other) = (thumbprint("P-256"), thumbprint("ed448"));
    let lying = [
        block(&other, LEAF),
        block(&leaf, "certificates/ed448.pem"),
        block(&leaf, LEAF_KEY),
        block(&other, "keys/ed448.encrypted.pem"),
    ];
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "both.pem", &lying.concat());
    let store = unlocked_store(folder.path(), "fixture");
    for name in ["P-256", "ed448"] {
        let key = store.private_key(&id(name), &mut NonInteractive).unwrap();
        assert_eq!(key.expose(), writer::data(&format!("keys/{name}.pem")));
    }
    // Locked, they are where the file says; to take one out, it is to be proven.
    for act in ACTS {
        assert!(act(&folder).is_err());
        assert_eq!(
            fs::read(folder.path().join("both.pem")).unwrap(),
            lying.concat()
        );
    }

    // A key whose algorithm alone shows is not another algorithm's.
    let folder = tempfile::tempdir().unwrap();
    let lying = [block(&leaf, LEAF), block(&leaf, CA_KEY)].concat();
    put(&folder, "one.pem", &lying);
    let mut store = unlocked_store(folder.path(), "fixture");
    assert_eq!(store.list().unwrap().entries[0].key, KeyState::Missing);
    store
        .remove(&id("P-256"), Removal::Entry, &mut NonInteractive)
        .unwrap();
    assert!(holds(&folder, CA_KEY));
}

/// What several certificates have ties to none of them, and the first in the file is taken; one that
/// is there twice is still one.
#[test]
fn local_key_id_of_several_ties_to_none() {
    let windows = "01 00 00 00";
    let (other, leaf) = (block(windows, "certificates/rsa.pem"), block(windows, LEAF));
    let first = data("certificates/ed25519.pem");
    for (second, owner) in [(&other, "ed25519"), (&leaf, "P-256")] {
        let folder = tempfile::tempdir().unwrap();
        let parts = [&first[..], second, &leaf, &block(windows, LEAF_KEY)];
        put(&folder, "all.pem", &parts.concat());
        for entry in list(&folder).entries {
            let is_locked = matches!(entry.key, KeyState::Locked(_));
            assert_eq!(is_locked, entry.id == id(owner), "{entry:?}");
        }
    }
}
