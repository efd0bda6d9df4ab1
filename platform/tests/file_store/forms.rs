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

/// A file with this name beside the key of `rsa`, under whatever name.
fn beside_key(name: &str, content: &[u8]) -> TempDir {
    let folder = folder(&[("deep/other.key", "keys/rsa.pem")]);
    put(&folder, name, content);
    folder
}

fn text(path: &str) -> String {
    String::from_utf8(data(path)).unwrap()
}

/// The base64 of a PEM file without its first and last line.
fn bare(path: &str) -> String {
    let text = text(path);
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    lines.collect::<Vec<_>>().join("\r\n")
}

#[test]
fn list_reads_base64_without_header_lines() {
    let pkcs12 = pem_rfc7468::encode_string("X", Default::default(), &data("files/rsa.p12"));
    let pkcs12 = pkcs12.unwrap();
    let pkcs12 = pkcs12.lines().filter(|line| !line.starts_with('-'));
    let pkcs12 = pkcs12.collect::<Vec<_>>().join("\n");
    for content in [pkcs12.clone(), format!("\u{feff}{pkcs12}\n")] {
        let folder = tempfile::tempdir().unwrap();
        put(&folder, "me.p12", content.as_bytes());
        assert_exports_from(&*unlocked_store(folder.path(), "fixture"));
    }
    for (name, content) in [
        ("me.cer", bare("certificates/rsa.pem")),
        (
            "me.txt",
            format!("> {}", bare("certificates/rsa.pem").replace('\n', "\n> ")),
        ),
        ("me.p7b", bare("files/chain.p7b.pem")),
    ] {
        assert_exports(&beside_key(name, content.as_bytes()));
        // Some characters are missing, not only of the padding.
        let folder = beside_key("me.cer", &content.as_bytes()[..content.len() - 9]);
        assert!(only_problem(&folder).contains("no certificate or key"));
    }
    let folder = folder(&[("me.crt", "certificates/rsa.pem")]);
    put(&folder, "me.key", bare("keys/rsa.pem").as_bytes());
    assert_exports(&folder);
}

#[test]
fn list_reads_content_under_another_label() {
    let under = |label: &str, content: &[u8]| {
        pem_rfc7468::encode_string(label, Default::default(), content).unwrap()
    };
    let chain = under("CERTIFICATE", &data("files/chain.p7b"));
    assert_exports(&beside_key("me.p7b", chain.as_bytes()));
    let certificate = under("PKCS7", &data("files/rsa.der"));
    assert_exports(&beside_key("me.p7b", certificate.as_bytes()));
    for label in ["CERTIFICATE", "PFX", "PKCS12"] {
        let folder = tempfile::tempdir().unwrap();
        put(
            &folder,
            "me.pfx",
            under(label, &data("files/rsa.p12")).as_bytes(),
        );
        assert_exports_from(&*unlocked_store(folder.path(), "fixture"));
    }
}

#[test]
fn list_reads_ber_and_padded_der() {
    assert_exports(&beside_key("me.p7b", &data("files/signed.ber.p7b")));
    let der = data("files/rsa.der");
    let ber = [&[0x30, 0x80], &der[4..], &[0, 0]].concat();
    let ber_inside = {
        let tbs_length = 4 + usize::from(u16::from_be_bytes([der[6], der[7]]));
        let (tbs, rest) = der[4..].split_at(tbs_length);
        [&[0x30, 0x80, 0x30, 0x80], &tbs[4..], &[0, 0], rest, &[0, 0]].concat()
    };
    for content in [
        &ber,
        &ber_inside,
        &[&der[..], &[0; 16]].concat(),
        &[&der[..], b"\r\n"].concat(),
        &[&ber[..], &[0; 16]].concat(),
    ] {
        let folder = beside_key("me.der", content);
        assert_exports(&folder);
        assert_eq!(list(&folder).entries[0].certificate.der(), der);
    }
    let two = [
        &der[..],
        &[0; 3],
        &pem_rfc7468::decode_vec(&data("certificates/P-256.pem"))
            .unwrap()
            .1,
    ]
    .concat();
    let folder = folder(&[("rsa.key", "keys/rsa.pem"), ("ec.key", "keys/P-256.pem")]);
    put(&folder, "both.der", &two);
    assert_eq!(list(&folder).entries.len(), 2);
}

#[test]
fn list_reads_quoted_mail_and_utf16() {
    let certificate = text("certificates/rsa.pem");
    let quoted = format!("Here it is:\n> {}", certificate.replace('\n', "\n> "));
    assert_exports(&beside_key("mail.txt", quoted.as_bytes()));
    let both = certificate + &text("keys/rsa.pem");
    let little: Vec<u8> = both.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = both.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for content in [
        [&[0xff, 0xfe], &little[..]].concat(),
        [&[0xfe, 0xff], &big[..]].concat(),
        little,
    ] {
        let folder = tempfile::tempdir().unwrap();
        put(&folder, "me.txt", &content);
        assert_exports(&folder);
        // The key can be taken out of it.
        let mut store = store(folder.path());
        let id = store.list().unwrap().entries[0].id;
        let removed = store.remove(
            &id,
            certstow_platform::store::Removal::Key,
            &mut NonInteractive,
        );
        removed.unwrap();
        let left = store.list().unwrap();
        assert_eq!(left.entries[0].key, KeyState::Missing);
    }
}
