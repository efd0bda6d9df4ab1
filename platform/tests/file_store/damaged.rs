//! Files that are broken, foreign or huge.

use super::*;

#[test]
fn list_ignores_foreign_files() {
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
    put(&folder, "list.crl", &data("files/ca.crl"));
    put(&folder, "video.mp4", &vec![0; 1 << 20]);
    let film = fs::File::create(folder.path().join("film.mp4")).unwrap();
    film.set_len(2 << 30).unwrap();
    put(&folder, "numbers.csv", &b"0;1;2;3\n".repeat(2 << 20));
    put(
        &folder,
        "request.pem",
        b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
    );
    assert_exports(&folder);
}

#[test]
fn list_reports_damaged_files_as_problems() {
    let der = data("files/rsa.der");
    for (name, content, word) in [
        ("junk.cer", &b"junk"[..], "no certificate or key"),
        ("cut.der", &der[..der.len() - 1], "damaged"),
        ("utf16.crt", b"\xff\xfe-\0-\0", "no certificate or key"),
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
fn list_limits_reading_of_large_files() {
    for (megabytes, expected) in [
        (
            9,
            "larger than 8 MiB, and its first 64 KiB hold no certificate",
        ),
        (200, "larger than 64 MiB"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for name in ["zeroes.pem", "zeroes"] {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            file.set_len(megabytes << 20).unwrap();
        }
        let start = std::time::Instant::now();
        let message = only_problem(&folder);
        assert!(message.contains(expected), "{message}");
        assert!(start.elapsed().as_secs() < 2);
    }
}

#[test]
fn list_reads_bundle_up_to_limit() {
    let text = b"a line of text that says nothing, as bundles have many of them\n";
    let pem = data("certificates/rsa.pem");
    let padding = text.repeat((9 << 20) / text.len());
    let folder = tempfile::tempdir().unwrap();
    let last = data("certificates/P-256.pem");
    put(&folder, "bundle", &[&pem[..], &padding, &last].concat());
    let listing = list(&folder);
    assert_eq!((listing.entries.len(), listing.problems), (2, vec![]));
}

#[test]
fn list_reports_oversized_file_as_problem() {
    let pem = data("certificates/rsa.pem");
    for beginning in [&pem[..], &[0x30, 0x84, 0x10, 0, 0, 0]] {
        let folder = tempfile::tempdir().unwrap();
        let path = put(&folder, "bundle", beginning);
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_len(65 << 20).unwrap();
        assert!(only_problem(&folder).contains("larger than 64 MiB"));
    }
}

#[test]
fn list_reports_damaged_pkcs7_as_problem() {
    let certificate = certstow_formats::testing::writer::data("certificates/rsa.pem");
    // Said to be longer than what there is.
    let file = certstow_formats::cms::signed_data::write(&[&certificate, &[0x30, 9, 1]]);
    let folder = folder(&[]);
    put(&folder, "chain.p7b", &file);
    let Listing {
        entries, problems, ..
    } = store(folder.path()).list().unwrap();
    assert_eq!(entries.len(), 1);
    let [problem] = <[_; 1]>::try_from(problems).unwrap();
    assert!(problem.message.contains("PKCS#7 is damaged"), "{problem:?}");
}
