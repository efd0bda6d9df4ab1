use base64ct::{Base64, Encoding as _};

use super::*;
use crate::testing::writer::{data, file_of};

fn found(text: &str) -> Vec<Piece> {
    pieces(text.as_bytes(), &Limits::default()).unwrap()
}

/// The pieces as lines and octets, PEM decoded.
fn decoded(text: &str) -> Vec<(usize, Vec<u8>)> {
    let decode = |piece: Piece| {
        let content = piece.content.to_vec();
        let octets = match std::str::from_utf8(&content) {
            Ok(text) if text.starts_with("-----BEGIN ") => {
                let lines = text.lines().filter(|line| !line.starts_with('-'));
                Base64::decode_vec(&lines.collect::<String>()).unwrap()
            }
            _ => content,
        };
        (piece.line, octets)
    };
    found(text).into_iter().map(decode).collect()
}

fn file(path: &str) -> String {
    String::from_utf8(file_of(path)).unwrap()
}

/// A certificate and its key as PEM.
fn identity() -> (String, String) {
    (file("certificates/P-256.pem"), file("keys/P-256.pem"))
}

/// The same as octets, each with its line.
fn expected(certificate: usize, key: usize) -> [(usize, Vec<u8>); 2] {
    [
        (certificate, data("certificates/P-256.pem")),
        (key, data("keys/P-256.pem")),
    ]
}

fn base64(octets: impl AsRef<[u8]>) -> String {
    Base64::encode_string(octets.as_ref())
}

/// As a string of JSON.
fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn indented(text: &str, by: &str) -> String {
    let lines = text.lines().map(|line| format!("{by}{line}\n"));
    lines.collect()
}

/// In lines of this many characters.
fn wrapped(text: &str, width: usize) -> String {
    let starts = (0..text.len()).step_by(width);
    starts
        .map(|at| format!("{}\n", &text[at..text.len().min(at + width)]))
        .collect()
}

#[test]
fn json_strings_are_read() {
    let (certificate, key) = identity();
    let text = format!(
        "{{\"cert\": {}, \"key\": {}}}",
        json(&certificate),
        json(&key)
    );
    assert_eq!(decoded(&text), expected(1, 1));
    let lines = format!(
        "{{\n\"cert\":\n  {},\n\"key\": {}}}",
        json(&certificate),
        json(&key)
    );
    assert_eq!(decoded(&lines), expected(3, 4));
    // Windows' line ends, PHP's and Gson's escapes, and JSON inside JSON.
    let crlf = |text: &str| json(&text.replace('\n', "\r\n"));
    let text = format!("[{}, {}]", crlf(&certificate), crlf(&key));
    assert_eq!(decoded(&text), expected(1, 1));
    let php = lines.replace('/', "\\/");
    assert_eq!(decoded(&php), expected(3, 4));
    let gson = lines.replace('=', "\\u003d").replace('+', "\\u002B");
    assert_eq!(decoded(&gson), expected(3, 4));
    let inside = json(&json(&lines));
    assert_eq!(decoded(&inside), expected(1, 1));
}

#[test]
fn service_account_of_google_is_read() {
    let (_, key) = identity();
    let account = format!(
        "{{\n \"type\": \"service_account\",\n \"private_key\": {}\n}}",
        json(&key)
    );
    let [_, (_, der)] = expected(1, 1);
    assert_eq!(decoded(&account), [(3, der.clone())]);
    // The file itself in a Secret.
    let secret = format!("data:\n  key.json: {}\n", base64(account));
    assert_eq!(decoded(&secret), [(2, der)]);
}

#[test]
fn base64_in_yaml_and_json_is_read() {
    let (certificate, key) = identity();
    for (certificate, key) in [
        (base64(&certificate), base64(&key)),
        (
            base64(data("certificates/P-256.pem")),
            base64(data("keys/P-256.pem")),
        ),
    ] {
        let secret = format!("kind: Secret\ndata:\n  tls.crt: {certificate}\n  tls.key: {key}\n");
        assert_eq!(decoded(&secret), expected(3, 4));
        let kubeconfig = format!(
            "users:\n- name: a\n  user:\n    client-certificate-data: \"{certificate}\"\n    \
             client-key-data: '{key}'\n"
        );
        assert_eq!(decoded(&kubeconfig), expected(4, 5));
        let traefik = format!("{{\"certificate\":\"{certificate}\",\"key\":\"{key}\"}}");
        assert_eq!(decoded(&traefik), expected(1, 1));
        // Without padding, and wrapped.
        let bare = secret.replace('=', "");
        assert_eq!(decoded(&bare), expected(3, 4));
        let block = format!(
            "a: |\n{}b: >-\n{}c: d\n",
            indented(&wrapped(&certificate, 60), "  "),
            indented(&wrapped(&key, 60), "  ")
        );
        let line = 3 + certificate.len().div_ceil(60);
        assert_eq!(decoded(&block), expected(2, line));
    }
}

#[test]
fn block_scalars_of_yaml_are_read() {
    let (certificate, key) = identity();
    let text = format!(
        "tls.key: |\n{}tls.crt: |-\r\n{}",
        indented(&key, "    "),
        indented(&certificate, "\t")
    );
    let [certificate, key] = expected(key.lines().count() + 3, 2);
    assert_eq!(decoded(&text), [key, certificate]);
}

#[test]
fn bundles_in_base64_are_read_whole() {
    let (certificate, key) = identity();
    let bundle =
        format!("Bag Attributes\n    friendlyName: me\n{key}subject=CN = me\n{certificate}");
    let [certificate, key] = expected(2, 2);
    let text = format!("data:\n  bundle.pem: {}\n", base64(bundle));
    assert_eq!(decoded(&text), [key, certificate]);
}

#[test]
fn env_files_are_read_in_every_form() {
    let (certificate, key) = identity();
    for change in [
        |text: &str| text.trim_end().to_owned(),
        |text: &str| text.replace('\n', "\\n"),
        |text: &str| text.replace('\n', "\\\\n"),
        |text: &str| text.replace('\n', "\\r\\n"),
        |text: &str| text.trim_end().replace('\n', " "),
        // As a shell goes on, and as code puts strings together.
        |text: &str| text.trim_end().replace('\n', "\\n\\\n"),
        |text: &str| text.trim_end().replace('\n', "\\n\" +\n  \""),
    ] {
        let (certificate, key) = (change(&certificate), change(&key));
        for quote in ["\"", "'", ""] {
            let text = format!("A=1\nCERT={quote}{certificate}{quote}\nKEY={quote}{key}{quote}\n");
            let line = 3 + certificate.matches('\n').count();
            assert_eq!(decoded(&text), expected(2, line), "{text}");
        }
    }
}

#[test]
fn openvpn_files_are_read() {
    let (certificate, key) = identity();
    let ca = file("certificates/ca.pem");
    let text =
        format!("client\n<ca>\n{ca}</ca>\n<cert>\n{certificate}</cert>\n<key>\n{key}</key>\n");
    let first = ca.lines().count() + 5;
    let second = first + certificate.lines().count() + 2;
    let [certificate, key] = expected(first, second);
    let ca = (3, data("certificates/ca.pem"));
    assert_eq!(decoded(&text), [ca, certificate, key]);

    let pfx = file_of("files/rsa.p12");
    for width in [64, 76] {
        for end in ["\n", "\r\n"] {
            let body = wrapped(&base64(&pfx), width);
            let text = format!("client\n<pkcs12>\n{body}</pkcs12>\nverb 3\n").replace('\n', end);
            assert_eq!(decoded(&text), [(3, pfx.clone())]);
        }
    }
}

#[test]
fn headers_of_old_encryption_are_kept() {
    let key = file("keys/rsa.proc-type.pem");
    for text in [
        key.clone(),
        json(&key),
        indented(&key, "  "),
        format!("KEY=\"{}\"", key.trim_end().replace('\n', " ")),
    ] {
        let pieces = found(&text);
        let [piece] = pieces.as_slice() else {
            panic!("{pieces:?}");
        };
        assert!(piece.content.as_slice() == key.as_bytes(), "{text}");
    }
}

#[test]
fn every_kind_of_key_and_container_is_read() {
    for path in [
        "keys/rsa.pem",
        "keys/ed25519.pem",
        "keys/rsa.pkcs1.pem",
        "keys/P-256.sec1.pem",
        "keys/P-256.encrypted.pem",
        "certificates/rsa.pem",
        "files/rsa.p12",
        "files/empty-password.pfx",
        "keystores/fixture.jks",
    ] {
        let octets = data(path);
        let text = format!("value: {}\n", base64(&octets));
        assert_eq!(decoded(&text), [(1, octets)], "{path}");
    }
}

#[test]
fn damaged_blocks_are_given_as_they_are() {
    let (_, key) = identity();
    let text = json(&key.replacen('M', "!", 1));
    let pieces = found(&text);
    assert_eq!(pieces.len(), 1);
    assert!(pieces[0].content.contains(&b'!'));
}

#[test]
fn what_only_looks_alike_is_nothing() {
    let (certificate, key) = identity();
    let other = base64([7; 3000]);
    let begin = "-----BEGIN PRIVATE KEY-----";
    let end = "-----END PRIVATE KEY-----";
    for text in [
        String::new(),
        format!("{begin}\\n...\\n{end}"),
        format!("{begin}${{KEY}}{end}"),
        format!("{begin}{}", "A".repeat(100)),
        format!("{begin}{}-----END CERTIFICATE-----", "A".repeat(100)),
        wrapped(&other, 76),
        format!("data: {other}"),
        // Cut off, and with a character before it.
        base64(&data("keys/rsa.pem")[..1000]),
        format!("A{}", base64(data("keys/rsa.pem"))),
        format!("a\0{certificate}{key}"),
        "\\".to_owned(),
        "\\u00".to_owned(),
        "\\uzzzz \\u1234 \\u0000".to_owned(),
    ] {
        assert!(found(&text).is_empty(), "{text}");
    }
}

#[test]
fn lines_that_hold_nothing_hide_none() {
    let key = base64(data("keys/P-256.pem"));
    let filler = "A".repeat(key.len());
    let text = format!("{filler}\n{filler}\n{key}\n{key}\n{filler}\n");
    let lines: Vec<usize> = decoded(&text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [3, 4]);
}

#[test]
fn much_base64_takes_no_more_than_its_length() {
    let octets: Vec<u8> = (0..3_u32 << 20)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let text = wrapped(&base64(octets), 76);
    let begun = std::time::Instant::now();
    assert!(found(&text).is_empty());
    // Quadratic work would take minutes.
    assert!(begun.elapsed().as_secs() < 20);
}

#[test]
fn limits_hold_for_octets_and_pieces() {
    let (certificate, key) = identity();
    let text = format!("{certificate}{key}");
    let at_most = |max_bytes, max_pieces| {
        let limits = Limits {
            max_bytes,
            max_pieces,
        };
        pieces(text.as_bytes(), &limits).map(|pieces| pieces.len())
    };
    assert_eq!(at_most(text.len(), 2), Ok(2));
    let [large, many] = [at_most(text.len() - 1, 2), at_most(text.len(), 1)];
    assert_eq!(large, Err(EmbeddedError::TooLarge(text.len() - 1)));
    assert_eq!(many, Err(EmbeddedError::TooMany(1)));
    assert!(large.unwrap_err().to_string().contains("more than"));
    assert!(many.unwrap_err().to_string().contains("more than 1 cert"));
}
