//! Requests that are made, as the programs of CAs and users read them.

#![cfg(unix)]

use std::process::Command;

use certstow_formats::alternative_name::{AlternativeName, Kind as NameKind};
use certstow_formats::key::generate::{Kind, generate};
use certstow_formats::names::usage_oid;
use certstow_formats::request::Draft;

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    let all = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
#[ignore = "needs OpenSSL, GnuTLS and Java"]
fn other_programs_read_and_verify_requests() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csr");
    let subject = "CN=Jürgen Groß,OU=Käse,O=Müller\\, Söhne & Co,L=Köln,C=DE"
        .parse()
        .unwrap();
    let names = [
        (NameKind::Email, "juergen@example.org"),
        (NameKind::Dns, "*.example.org"),
        (NameKind::Upn, "jürgen@corp.example"),
        (NameKind::Ip, "2001:db8::1"),
        (NameKind::Uri, "https://example.org/id"),
    ];
    let names = names.map(|(kind, text)| AlternativeName::new(kind, text).unwrap());
    let usages = ["clientAuth", "emailProtection"].map(|name| usage_oid(name).unwrap());
    for kind in Kind::ALL {
        let draft = Draft {
            subject: &subject,
            alternative_names: &names,
            usages: &usages,
            template: Some("User"),
            challenge: None,
        };
        let request = draft.sign(&generate(kind).unwrap()).unwrap();
        std::fs::write(&file, request.to_pem()).unwrap();
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req",
            "-verify",
            "-noout",
            "-text",
            "-nameopt",
            "RFC2253,utf8,-esc_msb",
        ]);
        let text = said(openssl.arg("-in").arg(&file));
        for part in [
            "verify OK",
            "Subject: CN=Jürgen Groß,OU=Käse,O=Müller\\, Söhne & Co,L=Köln,C=DE",
            "email:juergen@example.org",
            "DNS:*.example.org",
            "IP Address:2001:DB8:0:0:0:0:0:1",
            "URI:https://example.org/id",
            "TLS Web Client Authentication, E-mail Protection",
            "U.s.e.r",
        ] {
            assert!(text.contains(part), "{kind}: {part}: {text}");
        }
        let mut certtool = Command::new("certtool");
        let text = said(certtool.args(["--crq-info", "--infile"]).arg(&file));
        assert!(text.contains("Self signature: verified"), "{kind}: {text}");
        if kind != Kind::Ed25519 {
            let mut keytool = Command::new("keytool");
            let text = said(keytool.args(["-printcertreq", "-file"]).arg(&file));
            assert!(text.contains("juergen@example.org"), "{kind}: {text}");
        }
    }
}

/// RFC 5280 forbids a list of no extensions.
#[test]
#[ignore = "needs OpenSSL"]
fn a_bare_request_asks_for_no_extensions() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csr");
    let draft = Draft {
        subject: &"CN=Ada".parse().unwrap(),
        alternative_names: &[],
        usages: &[],
        template: None,
        challenge: None,
    };
    let request = draft.sign(&generate(Kind::P256).unwrap()).unwrap();
    std::fs::write(&file, request.der()).unwrap();
    let mut openssl = Command::new("openssl");
    let text = said(
        openssl
            .args(["asn1parse", "-inform", "DER", "-in"])
            .arg(&file),
    );
    assert!(!text.contains("Extension Request"), "{text}");
    let mut openssl = Command::new("openssl");
    let text = said(
        openssl
            .args(["req", "-inform", "DER", "-verify", "-noout", "-in"])
            .arg(&file),
    );
    assert!(text.contains("verify OK"), "{text}");
}
