//! Files that are missing, of another kind, too large, refused, or no database.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use certstow_platform::error::StoreError;
use certstow_platform::store::{KeyState, NonInteractive, ProblemKind, Store};

use super::as_anybody::as_anybody;
use super::beside_writers::kill_writer;
use super::database::{Profile, run};
use super::{
    assert_exports, copied, entry, id_of, key_of, list, open_in, pkcs8, problems, refusal, store,
    with,
};

/// More than is ever read.
const TOO_LARGE: u64 = (256 << 20) + 1;

/// Makes something of this name.
type Make = fn(&Path);

/// Changes what a file holds.
type Change = fn(&mut Vec<u8>);

/// What may lie in the place of a file, and what is said of it.
const ODD: [(&str, Make, &str); 6] = [
    ("a FIFO", make_fifo, "it is no regular file"),
    ("a link to a FIFO", link_to_fifo, "it is no regular file"),
    ("a device", link_to_device, "it is no regular file"),
    (
        "a folder",
        |path| fs::create_dir(path).unwrap(),
        "it is no regular file",
    ),
    ("a large file", make_large, "more than is ever read"),
    ("nothing", |_| {}, "it is missing, and with it every"),
];

fn make_fifo(path: &Path) {
    run(Command::new("mkfifo").arg(path));
}

fn link_to_fifo(path: &Path) {
    let fifo = path.with_extension("fifo");
    make_fifo(&fifo);
    symlink(fifo, path).unwrap();
}

fn link_to_device(path: &Path) {
    symlink("/dev/zero", path).unwrap();
}

/// One that takes up no room on the disk.
fn make_large(path: &Path) {
    File::create(path).unwrap().set_len(TOO_LARGE).unwrap();
}

/// Makes every page of a table but the first an inner one that leads to itself.
fn point_at_itself(bytes: &mut [u8]) {
    const LEAF: u8 = 13;
    const INTERIOR: [u8; 8] = [5, 0, 0, 0, 0, 0, 0, 0];
    for (number, page) in bytes.chunks_mut(4096).enumerate().skip(1) {
        if page[0] == LEAF {
            page[..8].copy_from_slice(&INTERIOR);
            page[8..12].copy_from_slice(&(number as u32 + 1).to_be_bytes());
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_makes_problem_of_whatever_is_no_cert9() {
    let made = with("P-256");
    for (what, make, words) in ODD {
        let profile = copied(&made);
        fs::remove_file(profile.path("cert9.db")).unwrap();
        make(&profile.path("cert9.db"));
        let listing = list(&profile);
        assert!(listing.entries.is_empty(), "{what}");
        // Nobody knows that the private key has no certificate.
        assert_eq!(listing.notices, [], "{what}");
        let [problem] = listing.problems.as_slice() else {
            panic!("{what}: {:?}", listing.problems);
        };
        assert_eq!(problem.kind, ProblemKind::Unreadable, "{what}");
        assert!(problem.place.ends_with("cert9.db"), "{problem:?}");
        assert!(problem.message.contains(words), "{what}: {problem:?}");
        assert!(store(&profile).issuers().unwrap().is_empty(), "{what}");
        let error = refusal(&*store(&profile), "P-256");
        assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
    }
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_has_certificates_beside_whatever_is_no_key4() {
    let made = with("P-256");
    for (what, make, words) in ODD {
        let profile = copied(&made);
        fs::remove_file(profile.path("key4.db")).unwrap();
        make(&profile.path("key4.db"));
        let store = store(&profile);
        let listing = store.list().unwrap();
        assert_eq!(entry(&listing, "P-256").key, KeyState::Unknown, "{what}");
        let [problem] = listing.problems.as_slice() else {
            panic!("{what}: {:?}", listing.problems);
        };
        assert!(problem.place.ends_with("key4.db"), "{problem:?}");
        assert!(problem.message.contains(words), "{what}: {problem:?}");
        let error = refusal(&*store, "P-256");
        let StoreError::Damaged { place, reason, .. } = &error else {
            panic!("{what}: {error:?}");
        };
        assert!(place.ends_with("key4.db"), "{place}");
        assert!(
            words.starts_with(reason) || reason.contains(words),
            "{reason}"
        );
    }
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_makes_problem_of_whatever_is_no_journal() {
    let profile = with("P-256");
    make_fifo(&profile.path("key4.db-journal"));
    let listing = list(&profile);
    assert_eq!(entry(&listing, "P-256").key, KeyState::Unknown);
    let [problem] = listing.problems.as_slice() else {
        panic!("{:?}", listing.problems);
    };
    assert!(
        problem.message.contains("its journal cannot be read"),
        "{problem:?}"
    );
    // An empty one is a remnant.
    fs::remove_file(profile.path("key4.db-journal")).unwrap();
    fs::write(profile.path("key4.db-journal"), "").unwrap();
    assert_exports(&profile, "P-256");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_has_certificates_beside_unreadable_database_of_keys() {
    let made = with("P-256");
    let cases: [(Change, &str); 5] = [
        (|bytes| bytes[18..20].fill(2), "write-ahead log (WAL)"),
        (|bytes| bytes.truncate(4096), "no such page"),
        (
            |bytes| *bytes = b"no database".to_vec(),
            "does not begin like an SQLite database",
        ),
        (|bytes| bytes.truncate(60), "breaks off"),
        (|bytes| point_at_itself(bytes), "in use at another place"),
    ];
    for (change, words) in cases {
        let profile = copied(&made);
        let mut bytes = fs::read(profile.path("key4.db")).unwrap();
        change(&mut bytes);
        fs::write(profile.path("key4.db"), bytes).unwrap();
        let store = store(&profile);
        let listing = store.list().unwrap();
        assert_eq!(entry(&listing, "P-256").key, KeyState::Unknown, "{words}");
        let told = problems(&listing).concat();
        assert!(told.contains("key4.db") && told.contains(words), "{told}");
        let error = refusal(&*store, "P-256");
        let StoreError::Damaged { reason, .. } = error else {
            panic!("{words}: {error:?}");
        };
        assert!(told.contains(&reason), "{reason}");
    }
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_is_refused_where_certificates_are_in_no_database() {
    let made = with("P-256");
    let cases: [(Change, &str); 5] = [
        (|bytes| bytes[18..20].fill(2), "write-ahead log (WAL)"),
        (
            |bytes| *bytes = b"no database".to_vec(),
            "does not begin like an SQLite database",
        ),
        (|bytes| bytes.truncate(60), "breaks off"),
        (|bytes| bytes.truncate(4096), "no such page"),
        (|bytes| point_at_itself(bytes), "in use at another place"),
    ];
    for (change, words) in cases {
        let profile = copied(&made);
        let mut bytes = fs::read(profile.path("cert9.db")).unwrap();
        change(&mut bytes);
        fs::write(profile.path("cert9.db"), bytes).unwrap();
        let store = store(&profile);
        for error in [
            store.list().map(drop),
            store.issuers().map(drop),
            key_of(&*store, "P-256", &mut NonInteractive).map(drop),
        ] {
            let error = error.unwrap_err();
            assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
            let told = error.to_string();
            assert!(
                told.contains("cert9.db is not a database that can be read"),
                "{told}"
            );
            assert!(told.contains(words), "{told}");
        }
    }
}

#[test]
fn list_of_two_empty_files_is_empty() {
    let profile = Profile::never_initialised();
    for name in ["cert9.db", "key4.db"] {
        File::create(profile.path(name)).unwrap();
    }
    let store = store(&profile);
    let listing = store.list().unwrap();
    assert!(listing.entries.is_empty());
    assert_eq!((listing.problems, listing.notices), (vec![], vec![]));
    assert_eq!(store.issuers().unwrap(), []);
}

#[test]
fn open_says_that_there_is_no_database() {
    let profile = Profile::never_initialised();
    let refused = |folder: &Path| match open_in(folder).map(drop) {
        Err(error @ StoreError::Unavailable { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let told = refused(profile.folder());
    assert!(
        told.contains("there is no NSS database (cert9.db)"),
        "{told}"
    );
    let told = refused(&profile.path("nowhere"));
    assert!(told.contains("does not exist"), "{told}");
    fs::write(profile.path("file"), "").unwrap();
    let told = refused(&profile.path("file"));
    assert!(told.contains("cannot be read"), "{told}");
    // Nothing is made by looking.
    assert_eq!(fs::read_dir(profile.folder()).unwrap().count(), 1);

    fs::write(profile.path("cert8.db"), [0, 6, 0x15, 0x61]).unwrap();
    let told = refused(profile.folder());
    assert!(told.contains("Firefox 57 and older"), "{told}");
    assert!(told.contains("--upgrade-merge"), "{told}");
    assert_eq!(refused(&profile.path("cert8.db")), told);
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_and_private_key_tell_what_is_refused() {
    let profile = with("P-256");
    set_mode(&profile.path("key4.db"), 0o000);
    let (listing, error) = as_anybody(|| {
        let store = store(&profile);
        (store.list().unwrap(), refusal(&*store, "P-256"))
    });
    assert_eq!(entry(&listing, "P-256").key, KeyState::Unknown);
    let [problem] = listing.problems.as_slice() else {
        panic!("{:?}", listing.problems);
    };
    assert!(problem.message.contains("cannot be read"), "{problem:?}");
    assert!(
        matches!(
            &error,
            StoreError::KeyAccessDenied {
                source: Some(_),
                ..
            }
        ),
        "{error:?}"
    );
    set_mode(&profile.path("key4.db"), 0o600);

    set_mode(&profile.path("cert9.db"), 0o000);
    let listed = as_anybody(|| store(&profile).list().map(drop));
    set_mode(&profile.path("cert9.db"), 0o600);
    set_mode(profile.folder(), 0o000);
    let opened = as_anybody(|| open_in(profile.folder()).map(drop));
    set_mode(profile.folder(), 0o700);
    for error in [listed, opened] {
        assert!(
            matches!(
                &error,
                Err(StoreError::AccessDenied {
                    source: Some(_),
                    ..
                })
            ),
            "{error:?}"
        );
    }
    assert_exports(&profile, "P-256");
}

/// What was refused is looked at again.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_sees_files_again_that_were_refused() {
    let profile = with("P-256");
    set_mode(&profile.path("key4.db"), 0o000);
    as_anybody(|| {
        let store = store(&profile);
        let state = |store: &dyn Store| entry(&store.list().unwrap(), "P-256").key.clone();
        assert_eq!(state(&*store), KeyState::Unknown);
        set_mode(&profile.path("key4.db"), 0o600);
        assert_eq!(state(&*store), KeyState::Exportable);
    });
}

/// NSS's own library opens no database there whose writer was killed.
#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_and_private_key_need_no_writable_folder() {
    let profile = with("P-256");
    kill_writer(&profile.path("key4.db"), "nssPrivate");
    for name in ["cert9.db", "key4.db", "key4.db-journal"] {
        set_mode(&profile.path(name), 0o400);
    }
    set_mode(profile.folder(), 0o500);
    as_anybody(|| {
        assert!(File::create(profile.path("new")).is_err());
        let store = store(&profile);
        let key = store.private_key(&id_of("P-256"), &mut NonInteractive);
        assert!(key.unwrap().expose() == pkcs8("P-256"));
    });
    set_mode(profile.folder(), 0o700);
}
