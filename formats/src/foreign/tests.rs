use base64ct::{Base64, Encoding as _};

use super::*;
use crate::testing::writer::file_of;

fn of(bytes: &[u8]) -> Option<Foreign> {
    Foreign::of(bytes, false)
}

/// A PEM block in lines of 70 characters, as `ssh-keygen` writes them.
fn pem(label: &str, content: &[u8]) -> String {
    let text = Base64::encode_string(content);
    let lines: Vec<&str> = (0..text.len())
        .step_by(70)
        .map(|at| &text[at..text.len().min(at + 70)])
        .collect();
    let body = lines.join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// OpenSSH's own form as far as it shows.
fn openssh(cipher: &str, kind: &str) -> String {
    let string = |text: &[u8]| [&(text.len() as u32).to_be_bytes()[..], text].concat();
    let public = [string(kind.as_bytes()), string(&[7; 32])].concat();
    let parts = [
        b"openssh-key-v1\0".to_vec(),
        string(cipher.as_bytes()),
        string(if cipher == "none" { b"none" } else { b"bcrypt" }),
        string(if cipher == "none" { b"" } else { &[1; 24] }),
        1_u32.to_be_bytes().to_vec(),
        string(&public),
        string(&[3; 200]),
    ];
    pem("OPENSSH PRIVATE KEY", &parts.concat())
}

/// A ZIP archive of empty files, and what stands before it.
fn archive(names: &[&str], comment: &str) -> Vec<u8> {
    let mut files = Vec::new();
    let mut directory = Vec::new();
    for name in names {
        let length = (name.len() as u16).to_le_bytes();
        let at = files.len() as u32;
        files.extend(
            [
                b"PK\x03\x04",
                &[0; 22][..],
                &length,
                &[0; 2],
                name.as_bytes(),
            ]
            .concat(),
        );
        let extra = [5_u8, 0];
        directory.extend(
            [
                b"PK\x01\x02",
                &[0; 24][..],
                &length,
                &extra,
                &[0; 10],
                &at.to_le_bytes(),
                name.as_bytes(),
                &[9; 5],
            ]
            .concat(),
        );
    }
    let count = (names.len() as u16).to_le_bytes();
    let [size, begin] = [directory.len(), files.len()].map(|length| (length as u32).to_le_bytes());
    let end = [
        b"PK\x05\x06",
        &[0; 4][..],
        &count,
        &count,
        &size,
        &begin,
        &(comment.len() as u16).to_le_bytes(),
        comment.as_bytes(),
    ];
    [files, directory, end.concat()].concat()
}

#[test]
fn openssh_keys_are_told_by_their_kind() {
    for cipher in ["none", "aes256-ctr"] {
        for kind in ["ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp256"] {
            assert_eq!(of(openssh(cipher, kind).as_bytes()), Some(Foreign::OpenSsh));
        }
        for kind in ["ssh-ed25519", "sk-ssh-ed25519@openssh.com"] {
            let text = openssh(cipher, kind);
            assert_eq!(of(text.as_bytes()), Some(Foreign::OpenSshAlone));
            // Beside other things, after Windows' line ends, or indented.
            let text = format!("\u{feff}a: b\r\n  {}", text.replace('\n', "\r\n"));
            assert_eq!(of(text.as_bytes()), Some(Foreign::OpenSshAlone));
        }
    }
    // Whatever is in it, it says that it is a key.
    let unknown = pem("OPENSSH PRIVATE KEY", b"something");
    assert_eq!(of(unknown.as_bytes()), Some(Foreign::OpenSsh));
}

#[test]
fn putty_keys_are_told_by_their_first_word() {
    for version in [2, 3] {
        let text = format!("PuTTY-User-Key-File-{version}: ssh-rsa\r\nEncryption: none\r\n");
        assert_eq!(of(text.as_bytes()), Some(Foreign::Putty));
    }
}

#[test]
fn keystores_of_java_are_told() {
    let jceks = file_of("keystores/fixture.jceks");
    assert_eq!(of(&jceks), Some(Foreign::Jceks));
    let bks = file_of("keystores/fixture.bks");
    assert_eq!(of(&bks), Some(Foreign::Bks));
    // JKS is read.
    assert_eq!(of(&file_of("keystores/fixture.jks")), None);
}

#[test]
fn bks_without_keys_is_no_matter() {
    let head = |version: u32, salt: &[u8]| {
        let salt_length = (salt.len() as u32).to_be_bytes();
        let iterations = 1024_u32.to_be_bytes();
        [&version.to_be_bytes()[..], &salt_length, salt, &iterations].concat()
    };
    let entry = |kind: u8| [&[kind, 0, 1, b'a'][..], &[0; 12]].concat();
    let x509 = [&[0, 5][..], b"X.509", &[0, 0, 0, 1, 0x30]].concat();
    let trusted = [entry(1), x509].concat();
    let sealed = [entry(4), vec![0, 0, 0, 2, 8, 8]].concat();
    let good = head(2, &[1; 20]);
    assert_eq!(of(&[&good[..], &trusted, &[0]].concat()), None);
    let both = [&good[..], &trusted, &sealed].concat();
    assert_eq!(of(&both), Some(Foreign::Bks));
    assert_eq!(of(&[head(3, &[1; 20]), sealed.clone()].concat()), None);
    assert_eq!(of(&[head(2, &[1; 8]), sealed].concat()), None);
    assert_eq!(of(&[good, entry(9)].concat()), None);
    for length in 0..both.len() {
        assert_eq!(of(&both[..length]), None, "{length}");
    }
}

#[test]
fn nss_is_told_by_its_table_and_the_file_beside() {
    let mut page = SQLITE.to_vec();
    page.resize(3000, 0);
    let other = page.clone();
    page.extend(b"CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT");
    page.resize(4096, 0);
    assert_eq!(Foreign::of(&page, true), Some(Foreign::Nss));
    assert_eq!(Foreign::of(&page, false), None);
    assert_eq!(Foreign::of(&other, true), None);
}

#[test]
fn archives_are_told_by_what_they_list() {
    let long = "c".repeat(MAX_COMMENT);
    for key in ["me.p12", "a/B.PFX", "me.pem", "x.key"] {
        for comment in ["", "a comment", "PK\x05\x06 in a comment", &long] {
            let bytes = archive(&["read me.txt", key, "z"], comment);
            assert_eq!(of(&bytes), Some(Foreign::Zip), "{key}");
        }
    }
    for names in [
        &[][..],
        &["me.txt"],
        &["me.key/"],
        &["keys.pem.bak", ".key"],
    ] {
        assert_eq!(of(&archive(names, "x.key")), None, "{names:?}");
    }
    let bytes = archive(&["me.key"], "");
    for length in 0..bytes.len() {
        assert_eq!(of(&bytes[..length]), None, "{length}");
    }
    let prefixed = [b"PK\x03\x04 something", &bytes[..]].concat();
    assert_eq!(of(&prefixed), Some(Foreign::Zip));
}

const MAX_COMMENT: usize = 0xffff;

#[test]
fn what_is_only_mentioned_is_nothing() {
    let mentions = [
        "how to make -----BEGIN OPENSSH PRIVATE KEY----- and -----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nnothing",
        "-----BEGIN PKCS12-----\nAAAA\n-----END PKCS12-----\n",
        "see PuTTY-User-Key-File-3",
        "PK",
        "",
    ];
    for text in mentions {
        assert_eq!(of(text.as_bytes()), None, "{text}");
    }
    for file in [
        "files/rsa.p12",
        "files/rsa.der",
        "keys/rsa.pem",
        "files/chain.p7b",
    ] {
        assert_eq!(Foreign::of(&file_of(file), true), None, "{file}");
    }
}

#[test]
fn names_and_commands_differ() {
    for one in Foreign::ALL {
        let same = Foreign::ALL
            .iter()
            .filter(|other| other.name() == one.name());
        assert_eq!(same.count(), 1, "{one:?}");
        let names_the_file = one.command().contains("FILE") || one.command().contains("FOLDER");
        assert!(names_the_file, "{one:?}");
    }
}
