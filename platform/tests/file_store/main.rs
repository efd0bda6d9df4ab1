//! The file store on folders as they come: every form of certificate and key, files that are
//! broken, foreign, huge or no files at all.

use std::fs;
use std::path::{Path, PathBuf};

use certstow_platform::error::StoreError;
use certstow_platform::key;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{KeyState, Listing, NonInteractive, Store};
use certstow_platform::{OpenOptions, open};
use tempfile::TempDir;

fn data(path: &str) -> Vec<u8> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    fs::read(data.join(path)).unwrap()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, source) in files {
        put(&folder, name, &data(source));
    }
    folder
}

fn put(folder: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}

fn store(path: &Path) -> Box<dyn Store> {
    open(&StoreSpec::File(path.to_owned()), &OpenOptions::default()).unwrap()
}

fn list(folder: &TempDir) -> Listing {
    store(folder.path()).list().unwrap()
}

/// The single entry's key comes out and is the certificate's.
fn assert_exports(folder: &TempDir) {
    let store = store(folder.path());
    let listing = store.list().unwrap();
    assert_eq!(listing.problems, []);
    assert_eq!(listing.entries.len(), 1);
    let entry = &listing.entries[0];
    assert_eq!(entry.key, KeyState::Exportable);
    let key = store.private_key(&entry.id, &mut NonInteractive).unwrap();
    let public = key::public_key_of(&key).unwrap();
    assert!(key::same_public_key(&public, entry.certificate.spki_der()));
}

fn only_problem(folder: &TempDir) -> String {
    let mut problems = list(folder).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0).message
}

#[test]
fn every_form_of_key_and_certificate_is_paired_whatever_the_names() {
    for (certificate, key) in [
        ("certificates/rsa.pem", "keys/rsa.pem"),
        ("certificates/rsa.pem", "keys/rsa.pkcs1.pem"),
        ("files/rsa.der", "files/pkcs1.der"),
        ("files/rsa.trusted.pem", "keys/rsa.pem"),
        ("files/chain.p7b", "keys/rsa.pem"),
        ("files/chain.p7b.pem", "keys/rsa.pem"),
        ("certificates/P-256.pem", "keys/P-256.pem"),
        ("certificates/P-256.pem", "keys/P-256.sec1.pem"),
        ("certificates/P-256.pem", "keys/P-256.no-public.sec1.pem"),
        ("certificates/P-256.pem", "keys/P-256.with-parameters.pem"),
        ("certificates/P-256.pem", "files/pkcs8.der"),
        ("certificates/P-256.pem", "files/sec1.der"),
        ("certificates/P-384.pem", "keys/P-384.no-public.sec1.pem"),
        ("certificates/P-521.pem", "keys/P-521.sec1.pem"),
        ("certificates/ed25519.pem", "keys/ed25519.pem"),
    ] {
        assert_exports(&folder(&[("one", certificate), ("deep/er/two", key)]));
    }
}

#[test]
fn one_file_may_hold_everything_with_any_line_ends_and_text_between() {
    let mut bundle = b"Bag Attributes\n    friendlyName: x\n".to_vec();
    for part in [
        "certificates/ca.pem",
        "certificates/rsa.pem",
        "keys/rsa.pem",
    ] {
        bundle.extend(data(part));
        bundle.extend(b"some text\n");
    }
    let text = String::from_utf8(bundle).unwrap().replace('\n', "\r\n");
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "bundle.pem", text.as_bytes());
    assert_exports(&folder);
    assert_eq!(store(&path).list().unwrap().entries.len(), 1);
    assert_eq!(store(&path).issuers().unwrap().len(), 1);
}

#[test]
fn a_certificate_in_several_files_is_one_entry_with_every_place() {
    let folder = folder(&[
        ("a.pem", "certificates/rsa.pem"),
        ("b.der", "files/rsa.der"),
        ("rsa.key", "keys/rsa.pem"),
    ]);
    assert_exports(&folder);
    let places = &list(&folder).entries[0].places;
    assert!(
        places[0].ends_with("a.pem") && places[1].ends_with("b.der"),
        "{places:?}"
    );
}

#[test]
fn two_certificates_may_share_a_key() {
    let folder = folder(&[
        ("old.pem", "certificates/rsa.pem"),
        ("new.pem", "certificates/rsa-renewed.pem"),
        ("key.pem", "keys/rsa.pem"),
    ]);
    let entries = list(&folder).entries;
    assert_eq!(entries.len(), 2);
    assert!(
        entries
            .iter()
            .all(|entry| entry.key == KeyState::Exportable)
    );
}

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
fn an_unknown_algorithm_is_listed_and_its_key_passes_through() {
    for name in ["ed448", "rsa-pss"] {
        let folder = folder(&[
            ("mine.crt", &format!("certificates/{name}.pem")),
            ("mine.key", &format!("keys/{name}.pem")),
        ]);
        let store = store(folder.path());
        let listing = store.list().unwrap();
        assert_eq!(listing.problems, []);
        assert_eq!(listing.entries[0].key, KeyState::Unknown);
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

#[test]
fn foreign_files_are_passed_over_in_silence() {
    let folder = folder(&[
        ("one.crt", "certificates/rsa.pem"),
        ("one.key", "keys/rsa.pem"),
    ]);
    put(
        &folder,
        "README",
        b"The -----BEGIN CERTIFICATE----- line starts a certificate.\n",
    );
    put(&folder, "notes.txt", b"hello\n");
    put(&folder, "empty", b"");
    put(&folder, "picture.png", b"\x89PNG\r\n\x1a\n");
    put(&folder, "video.mp4", &vec![0; 1 << 20]);
    put(
        &folder,
        "request.pem",
        b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
    );
    assert_exports(&folder);
}

#[test]
fn files_that_promise_something_and_do_not_hold_it_are_problems() {
    let der = data("files/rsa.der");
    for (name, content, word) in [
        ("empty.pem", &b""[..], "empty"),
        ("junk.cer", b"junk", "no certificate or key"),
        ("cut.der", &der[..der.len() - 1], "damaged"),
        ("utf16.crt", b"\xff\xfe-\0-\0", "UTF-16"),
        (
            "cut.pem",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n",
            "no end line",
        ),
        (
            "text",
            b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
            "base64",
        ),
        (
            "key",
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "damaged",
        ),
    ] {
        let folder = folder(&[
            ("one.crt", "certificates/rsa.pem"),
            ("one.key", "keys/rsa.pem"),
        ]);
        put(&folder, name, content);
        let message = only_problem(&folder);
        assert!(message.contains(word), "{name}: {message}");
        assert_eq!(list(&folder).entries.len(), 1);
    }
}

#[test]
fn every_truncation_and_bit_flip_is_survived() {
    for source in [
        "files/rsa.der",
        "files/chain.p7b",
        "files/pkcs8.der",
        "files/sec1.der",
    ] {
        let whole = data(source);
        let folder = tempfile::tempdir().unwrap();
        for at in (0..whole.len()).step_by(7) {
            put(&folder, &format!("{at}.cut"), &whole[..at]);
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            put(&folder, &format!("{at}.flip"), &flipped);
        }
        store(folder.path()).list().unwrap();
    }
}

#[test]
fn two_hundred_megabytes_of_zeroes_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(folder.path().join("zeroes.pem")).unwrap();
    file.set_len(200 << 20).unwrap();
    let start = std::time::Instant::now();
    assert!(only_problem(&folder).contains("larger than 8 MiB"));
    assert!(start.elapsed().as_secs() < 2);
}

#[test]
fn a_file_past_the_first_read_is_read_whole() {
    let folder = folder(&[("rsa.key", "keys/rsa.pem")]);
    let mut bundle = data("certificates/rsa.pem");
    bundle.extend(vec![b'\n'; 200 << 10]);
    bundle.extend(data("certificates/P-256.pem"));
    put(&folder, "bundle", &bundle);
    assert_eq!(list(&folder).entries.len(), 2);
}

#[test]
fn keys_follow_their_files_when_those_change() {
    let folder = folder(&[("a.crt", "certificates/rsa.pem"), ("a.key", "keys/rsa.pem")]);
    let store = store(folder.path());
    let id = store.list().unwrap().entries[0].id;
    put(&folder, "a.key", &data("keys/P-256.pem"));
    let gone = store.private_key(&id, &mut NonInteractive);
    assert!(
        matches!(gone, Err(StoreError::KeyMissing { .. })),
        "{gone:?}"
    );
    put(&folder, "moved.key", &data("keys/rsa.pem"));
    assert!(store.private_key(&id, &mut NonInteractive).is_ok());
}

#[test]
fn the_order_is_the_same_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "rsa", "P-256", "P-384", "P-521", "ed25519", "ed448", "keyless",
    ];
    for (at, name) in names.iter().cycle().take(400).enumerate() {
        let content = data(&format!("certificates/{name}.pem"));
        put(&folder, &format!("{}/{at}.pem", at % 9), &content);
    }
    let places = || Vec::from_iter(list(&folder).entries.into_iter().map(|entry| entry.places));
    let first = places();
    assert_eq!(first.iter().map(Vec::len).sum::<usize>(), 400);
    for _ in 0..5 {
        assert_eq!(places(), first);
    }
}

#[test]
fn a_folder_that_is_not_there_is_unavailable_with_the_reason() {
    let spec = StoreSpec::File("/nowhere/at/all".into());
    let error = open(&spec, &OpenOptions::default()).err().unwrap();
    assert!(
        matches!(&error, StoreError::Unavailable { reason, .. } if reason.contains("does not exist")),
        "{error}"
    );
}

#[cfg(unix)]
mod special_files {
    use super::*;
    use rustix::fs::{CWD, Mode, mkfifoat};
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn pair() -> TempDir {
        folder(&[
            ("in/one.crt", "certificates/rsa.pem"),
            ("in/one.key", "keys/rsa.pem"),
        ])
    }

    #[test]
    fn fifos_devices_and_sockets_are_not_opened() {
        let folder = pair();
        mkfifoat(CWD, folder.path().join("fifo.pem"), Mode::RUSR).unwrap();
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
    fn links_that_lead_nowhere_or_round_in_circles_are_problems() {
        let folder = pair();
        symlink("gone", folder.path().join("dangling.pem")).unwrap();
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
    fn links_to_files_and_folders_are_followed_once() {
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
    fn what_may_not_be_read_is_a_problem() {
        let folder = pair();
        let file = put(&folder, "secret.pem", b"x");
        let inner = folder.path().join("closed");
        fs::create_dir(&inner).unwrap();
        for path in [&file, &inner] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
        }
        let denied = fs::File::open(&file).is_err();
        let listing = list(&folder);
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(listing.entries.len(), 1);
        // Root may read everything; then the file is merely junk.
        let expected = if denied { 2 } else { 1 };
        assert_eq!(listing.problems.len(), expected, "{:?}", listing.problems);
    }

    #[test]
    fn names_need_not_be_utf8() {
        let folder = pair();
        let odd = folder.path().join(OsStr::from_bytes(b"in/\xff\xfe.pem"));
        fs::rename(folder.path().join("in/one.key"), odd).unwrap();
        assert_exports(&folder);
    }
}
