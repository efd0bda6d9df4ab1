//! Files of other programs with private keys in them, and keys that belong to no certificate.

use std::collections::BTreeSet;

use certstow_platform::store::{Problem, ProblemKind};

use super::*;

/// What the manual's table of forms says of each: a file of this form, and how it is called there.
const FORMS: [(&str, &str, &str); 13] = [
    ("certificates", "a.crt", "certificates/rsa.pem"),
    ("certificates in DER", "a", "files/rsa.der"),
    ("PKCS#7", "a.p7b", "files/chain.p7b"),
    ("private keys in clear", "a.key", "keys/rsa.pem"),
    (
        "encrypted private keys",
        "a.key",
        "keys/P-256.encrypted.pem",
    ),
    ("PKCS#12", "a.p12", "files/rsa.p12"),
    ("Java keystores (JKS)", "a", "keystores/fixture.jks"),
    ("Java keystores (JCEKS)", "a", "keystores/fixture.jceks"),
    (
        "keystores of Bouncy Castle (BKS)",
        "a",
        "keystores/fixture.bks",
    ),
    ("OpenSSH's private keys", "id", OPENSSH),
    ("PuTTY's private keys", "a.ppk", PUTTY),
    (
        "certificates and keys inside JSON, YAML, `.env` and `.ovpn`",
        "a.json",
        JSON,
    ),
    ("ZIP archives", "a.zip", ZIP),
];

/// Written by the test itself.
const OPENSSH: &str =
    "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
const PUTTY: &str = "PuTTY-User-Key-File-3: ssh-rsa\n";
const JSON: &str = "{}";
const ZIP: &str = "PK\x03\x04";

fn content(source: &str) -> Vec<u8> {
    match source {
        ZIP => archive("me.p12", 0),
        JSON => {
            let key = String::from_utf8(data("keys/rsa.pem")).unwrap();
            format!(r#"{{"key": "{}"}}"#, key.replace('\n', "\\n")).into_bytes()
        }
        OPENSSH | PUTTY => source.as_bytes().to_vec(),
        file => data(file),
    }
}

/// An archive that lists one file, and has so much before its directory.
fn archive(name: &str, size: usize) -> Vec<u8> {
    let length = (name.len() as u16).to_le_bytes();
    let mut bytes = [b"PK\x03\x04".to_vec(), vec![0; size]].concat();
    let directory = [
        b"PK\x01\x02",
        &[0; 24][..],
        &length,
        &[0; 16],
        name.as_bytes(),
    ]
    .concat();
    let size = (directory.len() as u32).to_le_bytes();
    bytes.extend(&directory);
    bytes.extend([b"PK\x05\x06", &[0; 8][..], &size, &[0; 6]].concat());
    bytes
}

fn notices(folder: &TempDir) -> Vec<Problem> {
    let Listing {
        problems, notices, ..
    } = list(folder);
    assert_eq!(problems, []);
    notices
}

/// Each row of the table is tried: what it calls read is listed, or has a key that is named; what it
/// gives a command for is named with that command.
#[test]
fn manual_table_says_what_is_read() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/stores.md");
    let manual = fs::read_to_string(manual).unwrap();
    let (_, table) = manual
        .split_once("| form | certstow |\n|---|---|\n")
        .unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let rows = rows.map(|row| row.trim_matches('|').split_once('|').unwrap());
    let mut missing: BTreeSet<&str> = FORMS.iter().map(|(form, ..)| *form).collect();
    for (form, says) in rows {
        let form = form.trim();
        let Some((_, name, source)) = FORMS.iter().find(|(one, ..)| *one == form) else {
            panic!("no file is tried for '{form}'");
        };
        missing.remove(form);
        let folder = tempfile::tempdir().unwrap();
        let file = put(&folder, name, &content(source));
        let Listing {
            entries,
            problems,
            notices,
        } = list(&folder);
        let kinds: Vec<_> = problems
            .iter()
            .chain(&notices)
            .map(|one| one.kind)
            .collect();
        match says.split_once('`') {
            Some((named, command)) if named.contains("named") => {
                let command = command.split_once('`').unwrap().0;
                let command = command.replace("FILE", &file.display().to_string());
                assert_eq!(kinds, [ProblemKind::Foreign], "{form}");
                let message = &notices[0].message;
                assert!(message.ends_with(&command), "{form}: {message}");
            }
            _ => {
                let known = [
                    ProblemKind::LockedKeyAlone,
                    ProblemKind::KeyAlone,
                    ProblemKind::Locked,
                ];
                let is_known = kinds.iter().all(|kind| known.contains(kind));
                assert!(is_known, "{form}: {problems:?} {notices:?}");
                assert!(!entries.is_empty() || !kinds.is_empty(), "{form}");
            }
        }
    }
    assert_eq!(missing, BTreeSet::new(), "no row in the table");
}

#[test]
fn list_names_keys_of_no_certificate() {
    let folder = folder(&[
        ("one.crt", "certificates/rsa.pem"),
        ("one.key", "keys/rsa.pem"),
        ("request.key", "keys/P-256.pem"),
        ("locked.key", "keys/P-256.encrypted.pem"),
    ]);
    let notices = notices(&folder);
    let said: Vec<_> = notices
        .iter()
        .map(|one| (one.kind, one.message.as_str()))
        .collect();
    let encrypted = "its private key is encrypted, and no certificate here is one that it may \
                     belong to";
    assert_eq!(
        said,
        [
            (ProblemKind::LockedKeyAlone, encrypted),
            (
                ProblemKind::KeyAlone,
                "a private key that belongs to no certificate here"
            ),
        ]
    );
    // Opened by its password, it is known to be nobody's.
    let listing = unlocked_store(folder.path(), "fixture").list().unwrap();
    assert_eq!(listing.notices.len(), 1, "{:?}", listing.notices);
}

/// A key that has a certificate's name and not its public half was meant to be its own.
#[test]
fn list_reports_wrong_key_of_same_name() {
    for names in [["one.crt", "one.key"], ["all.pem", "all.pem"]] {
        let folder = tempfile::tempdir().unwrap();
        let mut both = data("certificates/rsa.pem");
        let wrong = data("keys/P-256.pem");
        match names[0] == names[1] {
            true => both.extend(&wrong),
            false => drop(put(&folder, names[1], &wrong)),
        }
        put(&folder, names[0], &both);
        let problem = only_problem(&folder);
        assert!(
            problem.contains("belongs to another certificate"),
            "{problem}"
        );
    }
}

/// What a file's name promises is missed; another file is only named.
#[test]
fn list_reports_foreign_key_by_promised_name() {
    for (name, is_problem) in [("me.key", true), ("id_rsa", false)] {
        let folder = folder(&[("me.crt", "certificates/rsa.pem")]);
        put(&folder, name, OPENSSH.as_bytes());
        let listing = list(&folder);
        let [found, none] = match is_problem {
            true => [listing.problems, listing.notices],
            false => [listing.notices, listing.problems],
        };
        assert_eq!(none, []);
        assert!(found[0].message.contains("ssh-keygen"), "{found:?}");
    }
    // Beside a certificate in one file, and under a label that nobody knows.
    for label in ["OPENSSH", "STRANGE"] {
        let folder = tempfile::tempdir().unwrap();
        let key = OPENSSH.replace("OPENSSH", label);
        put(
            &folder,
            "all",
            &[&data("certificates/rsa.pem"), key.as_bytes()].concat(),
        );
        let notices = notices(&folder);
        assert_eq!(notices[0].kind, ProblemKind::Foreign, "{label}");
    }
}

#[test]
fn list_names_large_archives_and_databases() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "a.zip", &archive("me.pfx", 9 << 20));
    put(&folder, "other.zip", &archive("me.txt", 9 << 20));
    let mut database = b"SQLite format 3\0CREATE TABLE nssPublic".to_vec();
    database.resize(300 << 10, 0);
    put(&folder, "profile of FILE/cert9.db", &database);
    put(&folder, "profile of FILE/key4.db", b"SQLite format 3\0");
    put(&folder, "without/cert9.db", &database);
    let notices = notices(&folder);
    let places: Vec<_> = notices.iter().map(|notice| &notice.place).collect();
    assert_eq!(places.len(), 2, "{places:?}");
    assert!(places[0].ends_with("a.zip") && places[1].ends_with("cert9.db"));
    let profile = folder.path().join("profile of FILE").display().to_string();
    let profile = certstow_platform::os::shell_word(&profile);
    assert!(
        notices[1]
            .message
            .ends_with(&format!("--store nss:{profile}"))
    );
}

/// What lies beside the files of a volume, and empty placeholders, end no backup.
#[test]
fn list_passes_over_what_promises_nothing() {
    let folder = folder(&[
        ("one.crt", "certificates/rsa.pem"),
        ("one.key", "keys/rsa.pem"),
    ]);
    put(&folder, "._one.p12", b"\0\x05\x16\x07\0\x02\0\0Mac OS X");
    assert_eq!(notices(&folder), []);
    put(&folder, "placeholder.p12", b"");
    let notices = notices(&folder);
    assert_eq!(notices[0].kind, ProblemKind::Empty);
    assert_exports(&folder);
}
