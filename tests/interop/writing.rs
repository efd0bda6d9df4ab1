//! What certstow writes is opened by every peer, and key and certificates come out as they went
//! in: every profile, kind of key, path and password, every attribute, and what the program itself
//! exports. Where a peer can't, [`LIMITS`] says why, and it is made sure of that it indeed can't.

use std::collections::BTreeMap;

use certstow_formats::certificate::{Certificate, Property};
use certstow_formats::pkcs12::attributes::Attributes;
use certstow_formats::pkcs12::encode::{Content, encode};
use certstow_formats::pkcs12::profile::{Iterations, Profile};
use certstow_formats::secret::{Password, PrivateKey};

use crate::material::{Identity, Key, Material, output};
use crate::peers::gnutls::GnuTls;
use crate::peers::java::Java;
use crate::peers::nss::Nss;
use crate::peers::openssl::{self, OpenSsl, OpenSslLegacy};
use crate::peers::python::Python;
use crate::peers::{Expected, NAME, Peer, Sealed};
use crate::program;

pub(crate) const PEERS: [&dyn Peer; 6] = [&OpenSsl, &OpenSslLegacy, &Nss, &GnuTls, &Java, &Python];

/// Enough to be a count, few enough for some hundred files.
const FEW_ITERATIONS: u32 = 1_000;

/// The subject of the identity that the program itself exports.
const EXPORTED: &str = "Interop Export";

/// One file that certstow writes.
#[derive(Debug, Clone, Copy)]
struct Cell {
    writer: Writer,
    profile: Profile,
    key: Key,
    path: bool,
    password: Word,
}

/// How a file comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// By the encoder, with a friendly name and [`FEW_ITERATIONS`].
    FewIterations,
    /// By the encoder, with every attribute there is and the profile's own iterations.
    EveryAttribute,
    /// By `certstow export` as a person runs it.
    Program,
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
        of: |cell| cell.password == Word::NonAscii,
        until: None,
        reason: "its password-based encryption takes ASCII passwords only",
    },
    Limit {
        peer: "Python cryptography on OpenSSL",
        of: pbmac1,
        until: Some(&[3, 4]),
        reason: "PBMAC1 came with 3.4",
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
fn export_opens_in_every_peer() {
    let material = Material::new();
    let identities = Key::ALL.map(|key| material.identity(&format!("Interop {key:?}"), key));
    let mut trial = Trial::new(&material);
    for (key, identity) in Key::ALL.into_iter().zip(&identities) {
        for profile in Profile::ALL {
            for path in [true, false] {
                for password in Word::ALL {
                    let cell = Cell {
                        writer: Writer::FewIterations,
                        profile,
                        key,
                        path,
                        password,
                    };
                    trial.add(identity, cell);
                }
            }
        }
    }
    assert_eq!(trial.cells.len(), 5 * 4 * 2 * 3);
    trial.run();
}

#[test]
#[ignore = "needs OpenSSL, NSS, GnuTLS, Java and Python cryptography"]
fn export_with_all_attributes_opens_in_peers() {
    let material = Material::new();
    let identity = material.identity(EXPORTED, Key::Rsa2048);
    let mut trial = Trial::new(&material);
    for profile in Profile::ALL {
        for writer in [Writer::EveryAttribute, Writer::Program] {
            let cell = Cell {
                writer,
                profile,
                key: Key::Rsa2048,
                path: true,
                password: Word::Ascii,
            };
            trial.add(&identity, cell);
        }
    }
    // The attributes are there to be stumbled over.
    let shown = openssl::print(&trial.files[0], &["-nodes"]).expect("OpenSSL opens the file");
    for attribute in ["Microsoft CSP Name", "311.17.3.9:", "311.17.3.13:"] {
        assert!(shown.contains(attribute), "{attribute}: {shown}");
    }
    trial.run();
}

/// Files to be opened by every peer.
struct Trial<'a> {
    material: &'a Material,
    folder: tempfile::TempDir,
    cells: Vec<Cell>,
    files: Vec<Sealed>,
    expected: Vec<Expected>,
}

impl<'a> Trial<'a> {
    fn new(material: &'a Material) -> Self {
        Self {
            material,
            folder: tempfile::tempdir().expect("a temporary folder"),
            cells: Vec::new(),
            files: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// Writes the file of a cell.
    fn add(&mut self, identity: &Identity, cell: Cell) {
        let sealed = Sealed {
            file: self.folder.path().join(format!("{}.p12", self.cells.len())),
            password: cell.password.text(),
        };
        match cell.writer {
            Writer::FewIterations => {
                let attributes = Attributes {
                    friendly_name: Some(NAME.to_owned()),
                    ..Attributes::default()
                };
                seal(
                    self.material,
                    identity,
                    &cell,
                    FEW_ITERATIONS,
                    &attributes,
                    &sealed,
                );
            }
            Writer::EveryAttribute => {
                let iterations = cell.profile.default_iterations();
                let attributes = every_attribute();
                seal(
                    self.material,
                    identity,
                    &cell,
                    iterations,
                    &attributes,
                    &sealed,
                );
            }
            Writer::Program => export(self.material, &cell, &sealed),
        }
        self.cells.push(cell);
        self.files.push(sealed);
        self.expected
            .push(expect(self.material, identity, cell.path));
    }

    fn run(&self) {
        let wrong: Vec<_> = PEERS.iter().flat_map(|peer| self.compare(*peer)).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// What is wrong with a peer's answers; prints how many files it opened and why not the rest.
    fn compare(&self, peer: &dyn Peer) -> Vec<String> {
        let version = peer.version();
        let mut right = 0;
        let mut unable: BTreeMap<&str, usize> = BTreeMap::new();
        let mut wrong = Vec::new();
        let opened = peer.open(&self.files);
        for ((cell, expected), opened) in self.cells.iter().zip(&self.expected).zip(opened) {
            let opened = opened.and_then(|opened| Ok(opened.compare(expected)?));
            let place = format!("{} {version:?}, {cell:?}", peer.name());
            match (limit(peer, &version, cell), opened) {
                (None, Ok(())) => right += 1,
                (None, Err(reason)) => wrong.push(format!("{place}: {reason}")),
                (Some(limit), Err(_)) => *unable.entry(limit.reason).or_default() += 1,
                (Some(limit), Ok(())) => wrong.push(format!(
                    "{place}: opened, though the table says: {}",
                    limit.reason
                )),
            }
        }
        let version: Vec<_> = version.iter().map(u32::to_string).collect();
        say(&format!(
            "{} {}: {right} of {} files opened, {} unable, {} wrong",
            peer.name(),
            version.join("."),
            self.files.len(),
            unable.values().sum::<usize>(),
            wrong.len()
        ));
        for (reason, count) in unable {
            say(&format!("    {count} unable: {reason}"));
        }
        wrong
    }
}

/// Shown by `--nocapture` and when the test fails.
#[expect(clippy::print_stdout, reason = "the summary of a test")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Writes a file with certstow's encoder.
fn seal(
    material: &Material,
    identity: &Identity,
    cell: &Cell,
    iterations: u32,
    attributes: &Attributes,
    sealed: &Sealed,
) {
    let key = PrivateKey::from_pkcs8_der(identity.key.clone().into());
    let leaf = certificate(&identity.certificate);
    let issuers = [&material.intermediate, &material.root].map(|one| certificate(&one.certificate));
    let content = Content {
        key: &key,
        leaf: &leaf,
        issuers: if cell.path { &issuers } else { &[] },
        attributes,
    };
    let iterations = Iterations::new(iterations).expect("an iteration count in bounds");
    let password = Password::new(sealed.password.clone());
    let bytes = encode(&content, cell.profile, iterations, &password).expect("random numbers");
    std::fs::write(&sealed.file, bytes).expect("the file is written");
}

/// What a certificate of a Windows store may bring along.
fn every_attribute() -> Attributes {
    let description = "What it is for\0".encode_utf16();
    Attributes {
        friendly_name: Some(NAME.to_owned()),
        provider_name: Some("Microsoft Enhanced RSA and AES Cryptographic Provider".to_owned()),
        properties: vec![
            Property {
                id: 9,
                // Extended key usage: emailProtection.
                value: b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x04".to_vec(),
            },
            Property {
                id: 13,
                value: description.flat_map(u16::to_le_bytes).collect(),
            },
        ],
    }
}

/// Has the program itself export [`EXPORTED`] from the folder that it is in.
fn export(material: &Material, cell: &Cell, sealed: &Sealed) {
    assert!(cell.path, "the folder holds the issuers");
    let folder = sealed.file.parent().expect("a folder");
    output(
        program::certstow(folder)
            .args(["export", EXPORTED, "--name", NAME])
            .args(["--profile", cell.profile.name(), "--store"])
            .arg(material.folder())
            .arg("--password-file")
            .arg(sealed.password_file())
            .arg("-o")
            .arg(&sealed.file),
    );
}

fn expect(material: &Material, identity: &Identity, path: bool) -> Expected {
    let issuers = [&material.intermediate, &material.root];
    Expected {
        key: identity.key.clone(),
        leaf: identity.certificate.clone(),
        issuers: if path {
            issuers.map(|issuer| issuer.certificate.clone()).to_vec()
        } else {
            Vec::new()
        },
    }
}

fn certificate(der: &[u8]) -> Certificate {
    Certificate::from_der(der).expect("openssl makes readable certificates")
}
