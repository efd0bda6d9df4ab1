//! What certstow writes is opened by every peer, and key and certificates come out as they went
//! in: every profile, kind of key, path and password. Where a peer can't, [`LIMITS`] says why,
//! and it is made sure of that it indeed can't.

use std::collections::BTreeMap;
use std::path::Path;

use certstow::pkcs12::attributes::Attributes;
use certstow::pkcs12::encode::{Content, encode};
use certstow::pkcs12::profile::{Iterations, Profile};
use certstow::platform::certificate::Certificate;
use certstow::platform::secret::{Password, PrivateKey};

use crate::material::{Identity, Key, Material};
use crate::peers::gnutls::GnuTls;
use crate::peers::java::Java;
use crate::peers::nss::Nss;
use crate::peers::openssl::{OpenSsl, OpenSslLegacy};
use crate::peers::python::Python;
use crate::peers::{NAME, Opened, Peer, Sealed};

const PEERS: [&dyn Peer; 6] = [&OpenSsl, &OpenSslLegacy, &Nss, &GnuTls, &Java, &Python];

/// Enough to be a count, few enough for some hundred files.
const FEW_ITERATIONS: u32 = 1_000;

/// One file that certstow writes.
#[derive(Debug, Clone, Copy)]
struct Cell {
    profile: Profile,
    key: Key,
    path: bool,
    password: Word,
}

/// The passwords that go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Ascii,
    NonAscii,
    Long,
}

impl Word {
    const ALL: [Word; 3] = [Word::Ascii, Word::NonAscii, Word::Long];

    fn text(self) -> String {
        match self {
            Word::Ascii => "correct horse battery staple".to_owned(),
            Word::NonAscii => "Grüße aus Ελλάδα и 世界".to_owned(),
            Word::Long => "0123456789".repeat(20),
        }
    }
}

/// What a peer can't open, and since which of its versions it can.
struct Limit {
    peer: &'static str,
    of: fn(&Cell) -> bool,
    until: Option<&'static [u32]>,
    reason: &'static str,
}

fn pbmac1(cell: &Cell) -> bool {
    cell.profile == Profile::Pbmac1
}

const LIMITS: [Limit; 9] = [
    Limit {
        peer: "OpenSSL",
        of: |cell| cell.profile == Profile::Legacy,
        until: None,
        reason: "RC2 is in the legacy provider, which -legacy loads",
    },
    Limit {
        peer: "OpenSSL",
        of: pbmac1,
        until: Some(&[3, 4]),
        reason: "PBMAC1 came with 3.4",
    },
    Limit {
        peer: "OpenSSL -legacy",
        of: pbmac1,
        until: Some(&[3, 4]),
        reason: "PBMAC1 came with 3.4",
    },
    Limit {
        peer: "NSS",
        of: pbmac1,
        until: Some(&[3, 101]),
        reason: "PBMAC1 came with 3.101",
    },
    Limit {
        peer: "NSS",
        of: |cell| cell.key == Key::Ed25519,
        until: Some(&[3, 99]),
        reason: "Ed25519 keys came later",
    },
    Limit {
        peer: "GnuTLS",
        of: pbmac1,
        until: Some(&[3, 8, 6]),
        reason: "PBMAC1 came with 3.8.6",
    },
    Limit {
        peer: "Java",
        of: pbmac1,
        until: Some(&[26]),
        reason: "PBMAC1 came with 26",
    },
    Limit {
        peer: "Java",
        of: |cell| cell.password == Word::NonAscii && cell.profile != Profile::Pbmac1,
        until: None,
        reason: "its password-based encryption takes ASCII passwords only",
    },
    Limit {
        peer: "Python cryptography",
        of: pbmac1,
        until: None,
        reason: "it has no PBMAC1",
    },
];

/// The limit that holds for this peer, in the version that is installed, and this file.
fn limit(peer: &dyn Peer, version: &[u32], cell: &Cell) -> Option<&'static Limit> {
    LIMITS.iter().find(|limit| {
        limit.peer == peer.name()
            && (limit.of)(cell)
            && limit.until.is_none_or(|since| version < since)
    })
}

#[test]
#[ignore = "needs OpenSSL, NSS, GnuTLS, Java and Python cryptography"]
fn every_peer_opens_what_certstow_writes() {
    let material = Material::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let identities: Vec<_> = Key::ALL
        .into_iter()
        .map(|key| (key, material.identity(&format!("Interop {key:?}"), key)))
        .collect();

    let mut cells = Vec::new();
    let mut files = Vec::new();
    let mut expected = Vec::new();
    for (key, identity) in &identities {
        for profile in Profile::ALL {
            for path in [true, false] {
                for password in Word::ALL {
                    let cell = Cell {
                        profile,
                        key: *key,
                        path,
                        password,
                    };
                    let name = format!("{}.p12", cells.len());
                    files.push(write(&material, identity, &cell, &folder.path().join(name)));
                    expected.push(expect(&material, identity, path));
                    cells.push(cell);
                }
            }
        }
    }
    assert_eq!(cells.len(), 5 * 4 * 2 * 3);

    let mut wrong = Vec::new();
    for peer in PEERS {
        wrong.extend(compare(peer, &cells, &files, &expected));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "needs OpenSSL, NSS, GnuTLS, Java and Python cryptography"]
fn every_peer_opens_the_default_number_of_iterations() {
    let material = Material::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let identity = material.identity("Interop Default", Key::Rsa2048);
    let expected = expect(&material, &identity, true);
    let file = write_with(
        &material,
        &identity,
        true,
        Profile::Modern,
        Profile::Modern.default_iterations(),
        Sealed {
            file: folder.path().join("default.p12"),
            password: Word::Ascii.text(),
        },
    );
    for peer in PEERS {
        let opened = peer.open(std::slice::from_ref(&file)).remove(0);
        assert_eq!(opened.as_ref(), Ok(&expected), "{}", peer.name());
    }
}

/// What is wrong with a peer's answers; prints how many were right.
fn compare(peer: &dyn Peer, cells: &[Cell], files: &[Sealed], expected: &[Opened]) -> Vec<String> {
    let version = peer.version();
    let mut right = 0;
    let mut unable: BTreeMap<&str, u32> = BTreeMap::new();
    let mut wrong = Vec::new();
    let opened = peer.open(files);
    for ((cell, expected), opened) in cells.iter().zip(expected).zip(opened) {
        let place = format!("{} {version:?}, {cell:?}", peer.name());
        match (limit(peer, &version, cell), opened) {
            (None, Ok(opened)) if opened == *expected => right += 1,
            (None, Ok(_)) => wrong.push(format!("{place}: something else came out")),
            (None, Err(reason)) => wrong.push(format!("{place}: {reason}")),
            (Some(limit), Err(_)) => *unable.entry(limit.reason).or_default() += 1,
            (Some(limit), Ok(_)) => wrong.push(format!(
                "{place}: opened, though the table says: {}",
                limit.reason
            )),
        }
    }
    say(&format!(
        "{} {version:?}: {right} of {} files opened, unable: {unable:?}",
        peer.name(),
        cells.len()
    ));
    wrong
}

/// Shown by `--nocapture` and when the test fails.
#[expect(clippy::print_stdout, reason = "the summary of a test")]
fn say(line: &str) {
    println!("{line}");
}

fn write(material: &Material, identity: &Identity, cell: &Cell, file: &Path) -> Sealed {
    let sealed = Sealed {
        file: file.to_owned(),
        password: cell.password.text(),
    };
    write_with(
        material,
        identity,
        cell.path,
        cell.profile,
        FEW_ITERATIONS,
        sealed,
    )
}

fn write_with(
    material: &Material,
    identity: &Identity,
    path: bool,
    profile: Profile,
    iterations: u32,
    sealed: Sealed,
) -> Sealed {
    let key = PrivateKey::from_pkcs8_der(identity.key.clone().into());
    let leaf = certificate(&identity.certificate);
    let issuers = [&material.intermediate, &material.root].map(|one| certificate(&one.certificate));
    let attributes = Attributes {
        friendly_name: Some(NAME.to_owned()),
        ..Attributes::default()
    };
    let content = Content {
        key: &key,
        leaf: &leaf,
        issuers: if path { &issuers } else { &[] },
        attributes: &attributes,
    };
    let iterations = Iterations::new(iterations).expect("an iteration count in bounds");
    let password = Password::new(sealed.password.clone());
    let bytes = encode(&content, profile, iterations, &password).expect("random numbers");
    std::fs::write(&sealed.file, bytes).expect("the file is written");
    sealed
}

fn expect(material: &Material, identity: &Identity, path: bool) -> Opened {
    let mut issuers = vec![
        material.intermediate.certificate.clone(),
        material.root.certificate.clone(),
    ];
    issuers.sort();
    Opened {
        key: identity.key.clone(),
        leaf: identity.certificate.clone(),
        issuers: if path { issuers } else { Vec::new() },
    }
}

fn certificate(der: &[u8]) -> Certificate {
    Certificate::from_der(der).expect("openssl makes readable certificates")
}
