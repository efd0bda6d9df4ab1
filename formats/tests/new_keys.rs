//! Keys that are made, as OpenSSL reads and checks them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use certstow_formats::key::generate::{Kind, generate};

#[test]
#[ignore = "needs OpenSSL"]
fn openssl_finds_new_keys_consistent() {
    for kind in Kind::ALL {
        let key = generate(kind).unwrap();
        let mut openssl = Command::new("openssl");
        openssl.args(["pkey", "-inform", "DER", "-check", "-noout", "-text"]);
        let mut openssl = openssl
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        openssl
            .stdin
            .take()
            .unwrap()
            .write_all(key.expose())
            .unwrap();
        let output = openssl.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{kind}: {output:?}");
        assert!(said.contains("Key is valid"), "{kind}: {said}");
        let size = match kind {
            Kind::Rsa2048 => "(2048 bit",
            Kind::Rsa3072 => "(3072 bit",
            Kind::Rsa4096 => "(4096 bit",
            Kind::P256 => "NIST CURVE: P-256",
            Kind::P384 => "NIST CURVE: P-384",
            Kind::P521 => "NIST CURVE: P-521",
            Kind::Ed25519 => "ED25519 Private-Key",
        };
        assert!(said.contains(size), "{kind}: {said}");
    }
}
