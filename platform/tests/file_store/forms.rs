//! Every form of certificate and key, wherever it lies.

use super::*;

#[test]
fn list_pairs_every_key_and_certificate_form() {
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
fn list_reads_crlf_bundle_with_other_text() {
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
fn list_merges_copies_into_one_entry() {
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
fn list_pairs_shared_key_with_both_certificates() {
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
fn list_reads_file_beyond_first_chunk() {
    let folder = folder(&[("rsa.key", "keys/rsa.pem")]);
    let mut bundle = data("certificates/rsa.pem");
    bundle.extend(vec![b'\n'; 200 << 10]);
    bundle.extend(data("certificates/P-256.pem"));
    put(&folder, "bundle", &bundle);
    assert_eq!(list(&folder).entries.len(), 2);
}

#[test]
fn private_key_follows_changed_files() {
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
fn list_order_is_deterministic() {
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
fn open_reports_missing_folder_as_unavailable() {
    let spec = StoreSpec::File("/nowhere/at/all".into());
    let error = open(&spec, &OpenOptions::default()).err().unwrap();
    assert!(
        matches!(&error, StoreError::Unavailable { reason, .. } if reason.contains("does not exist")),
        "{error}"
    );
}
