//! FIFOs, links, and what may not be read.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::as_anybody::as_anybody;
use super::*;

fn pair() -> TempDir {
    folder(&[
        ("in/one.crt", "certificates/rsa.pem"),
        ("in/one.key", "keys/rsa.pem"),
    ])
}

#[test]
fn list_does_not_open_special_files() {
    let folder = pair();
    let fifo = folder.path().join("fifo.pem");
    let made = std::process::Command::new("mkfifo").arg(fifo).status();
    assert!(made.unwrap().success());
    symlink("/dev/zero", folder.path().join("zero.pem")).unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
    let listing = list(&folder);
    assert_eq!(listing.entries.len(), 1);
    assert_eq!(listing.problems.len(), 3, "{:?}", listing.problems);
    for problem in listing.problems {
        assert!(problem.message.contains("FIFO, socket or device"));
    }
}

#[test]
fn list_reports_broken_and_circular_links() {
    let folder = pair();
    symlink("gone", folder.path().join("dangling.pem")).unwrap();
    // Firefox and Emacs make such ones; nobody misses anything in them.
    symlink("127.0.1.1:+4321", folder.path().join("lock")).unwrap();
    symlink("self", folder.path().join("self")).unwrap();
    symlink("..", folder.path().join("in/up")).unwrap();
    let listing = list(&folder);
    assert_eq!(listing.entries.len(), 1);
    assert_eq!(listing.entries[0].places.len(), 1);
    let messages: Vec<_> = listing
        .problems
        .iter()
        .map(|problem| &problem.message)
        .collect();
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(messages[0].contains("leads nowhere"));
    assert!(messages[1].contains("cannot be followed"));
    assert!(messages[2].contains("leads back to"));
}

#[test]
fn list_follows_links_once() {
    let elsewhere = pair();
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        symlink(elsewhere.path(), folder.path().join(name)).unwrap();
    }
    symlink(
        elsewhere.path().join("in/one.crt"),
        folder.path().join("live.pem"),
    )
    .unwrap();
    assert_exports(&folder);
    assert_eq!(list(&folder).entries[0].places.len(), 2);
}

#[test]
fn list_ignores_own_files_unless_named() {
    let folder = tempfile::tempdir().unwrap();
    let both = [data("certificates/rsa.pem"), data("keys/rsa.pem")].concat();
    let left = put(&folder, ".certstow-Xy12ab.tmp", &both);
    put(&folder, ".certstow-lock", b"-----BEGIN CERTIFICATE-----\n!");
    let listing = list(&folder);
    assert!(listing.entries.is_empty(), "{:?}", listing.entries);
    assert!(listing.problems.is_empty(), "{:?}", listing.problems);

    let named = open(&StoreSpec::File(left), &OpenOptions::default()).unwrap();
    assert_eq!(named.list().unwrap().entries.len(), 1);
}

#[test]
fn list_reports_unreadable_files_as_problems() {
    let folder = pair();
    let file = put(&folder, "secret.pem", b"x");
    let inner = folder.path().join("closed");
    fs::create_dir(&inner).unwrap();
    for path in [&file, &inner] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    let listing = as_anybody(|| list(&folder));
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(listing.entries.len(), 1);
    assert_eq!(listing.problems.len(), 2, "{:?}", listing.problems);
    for problem in listing.problems {
        assert!(problem.message.contains("cannot be read"), "{problem:?}");
    }
}

#[test]
fn open_and_list_report_access_denied() {
    let folder = pair();
    let inside = folder.path().join("in");
    let store = store(&inside);
    let id = store.list().unwrap().entries[0].id;
    let key = inside.join("one.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o000)).unwrap();
    let opened = as_anybody(|| {
        let spec = StoreSpec::File(inside.clone());
        open(&spec, &OpenOptions::default()).err()
    });
    let listed = as_anybody(|| self::store(folder.path()).list().err());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let fetched = as_anybody(|| {
        let store = self::store(&inside);
        store.list().unwrap();
        store.private_key(&id, &mut NonInteractive).err()
    });
    for error in [opened, listed] {
        let error = error.unwrap();
        assert!(
            matches!(
                error,
                StoreError::AccessDenied {
                    source: Some(_),
                    ..
                }
            ),
            "{error:?}"
        );
    }
    // A key that cannot be read is no key of the listing.
    assert!(matches!(fetched, Some(StoreError::KeyMissing { .. })));
}

/// Of Linux' file systems: APFS refuses such a name with `EILSEQ`.
#[cfg(target_os = "linux")]
#[test]
fn list_accepts_non_utf8_names() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let folder = pair();
    let odd = folder.path().join(OsStr::from_bytes(b"in/\xff\xfe.pem"));
    fs::rename(folder.path().join("in/one.key"), odd).unwrap();
    assert_exports(&folder);
}
