//! Identities inside texts of another kind: JSON, YAML, `.env`, `.ovpn`.

use certstow_formats::pem;
use certstow_platform::store::Removal;

use super::*;

fn text(path: &str) -> String {
    String::from_utf8(data(path)).unwrap()
}

/// Base64 without line ends.
fn base64(text: &str) -> String {
    let block = pem::join(&[pem::Block::new("X", text.as_bytes())]).unwrap();
    let block = String::from_utf8(block.to_vec()).unwrap();
    block
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// The same identity as programs keep it.
fn texts() -> Vec<(&'static str, String)> {
    let (certificate, key) = (text("certificates/P-256.pem"), text("keys/P-256.pem"));
    let escaped = |text: &str| text.replace('\n', "\\n");
    let (escaped_certificate, escaped_key) = (escaped(&certificate), escaped(&key));
    let (certificate_base64, key_base64) = (base64(&certificate), base64(&key));
    vec![
        (
            "cfssl.json",
            format!(r#"{{"cert": "{escaped_certificate}", "key": "{escaped_key}"}}"#),
        ),
        (
            "secret.yaml",
            format!("data:\n  tls.crt: {certificate_base64}\n  tls.key: {key_base64}\n"),
        ),
        (
            "values.yml",
            format!(
                "tls:\n  key: |\n{}  certificate: |\n{}",
                indented(&key),
                indented(&certificate)
            ),
        ),
        (
            "config",
            format!(
                "users:\n- user:\n    client-certificate-data: {certificate_base64}\n    \
                 client-key-data: {key_base64}\n"
            ),
        ),
        (
            ".env",
            format!("A=1\nTLS_KEY=\"{escaped_key}\"\nTLS_CERT='{certificate}'\n"),
        ),
        (
            "lines.env",
            format!("CERT=\"\n{certificate}\"\nDB=secret\nKEY=\"\n{key}\"\n"),
        ),
        (
            "setup.sh",
            format!("cat > a <<EOF\n{certificate}EOF\ncat > b <<EOF\n{key}EOF\n"),
        ),
        (
            "office.ovpn",
            format!("client\n<cert>\n{certificate}</cert>\n<key>\n{key}</key>\n"),
        ),
        (
            "mixed.yaml",
            format!("cert: |\n{}\nkey: {key_base64}\n", indented(&certificate)),
        ),
    ]
}

#[test]
fn identity_in_other_text_exports() {
    for (name, text) in texts() {
        let folder = tempfile::tempdir().unwrap();
        put(&folder, name, text.as_bytes());
        let listing = list(&folder);
        assert_eq!(
            (listing.problems, listing.notices),
            (vec![], vec![]),
            "{name}"
        );
        assert_exports(&folder);
        // Long ones are read as well.
        put(
            &folder,
            name,
            format!("{text}# {}\n", "x ".repeat(100_000)).as_bytes(),
        );
        assert_exports(&folder);
    }
}

#[test]
fn identity_in_other_text_is_not_removed() {
    for (name, text) in texts() {
        let folder = tempfile::tempdir().unwrap();
        let file = put(&folder, name, text.as_bytes());
        for what in [Removal::Key, Removal::Entry] {
            let mut store = store(folder.path());
            let id = store.list().unwrap().entries[0].id;
            let error = store.remove(&id, what, &mut NonInteractive).unwrap_err();
            assert!(
                matches!(error, StoreError::InOtherText { .. }),
                "{name}: {error}"
            );
            assert_eq!(fs::read(&file).unwrap(), text.as_bytes());
        }
    }
}

/// A key without its certificate, and a damaged one, are named.
#[test]
fn key_in_other_text_is_named() {
    let key = text("keys/P-256.pem").replace('\n', "\\n");
    let folder = tempfile::tempdir().unwrap();
    put(&folder, ".env", format!("JWT_KEY={key}\n").as_bytes());
    assert_eq!(list(&folder).notices.len(), 1);
    let cut = indented("-----BEGIN PRIVATE KEY-----\nAAAA\n");
    put(&folder, ".env", format!("key: |\n{cut}").as_bytes());
    assert!(only_problem(&folder).contains("no end line"));
}
