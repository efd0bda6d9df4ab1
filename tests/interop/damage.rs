//! Damage that `check` must see: every bit of a file flipped, one at a time. What certstow still
//! says of such a file is held against OpenSSL and Python's cryptography.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, thread};

use certstow_core::time;
use certstow_formats::certificate::Certificate;
use certstow_formats::pkcs12::attributes::Attributes;
use certstow_formats::pkcs12::encode::{Content, encode};
use certstow_formats::pkcs12::grade::grade;
use certstow_formats::pkcs12::profile::{Iterations, Profile};
use certstow_formats::secret::{Password, PrivateKey};

use crate::material::{Identity, Key, Material, openssl, output};
use crate::peers::openssl::print;
use crate::peers::python::Python;
use crate::peers::{NAME, Peer, Sealed};

const PASSWORD: &str = "correct horse battery staple";

fn restores(bytes: &[u8]) -> bool {
    let password = Password::new(PASSWORD.to_owned());
    grade(bytes, None, Some(&password), &time::clock())
        .is_ok_and(|report| report.restores == Some(true))
}

/// The positions of the bits that `check` does not miss when they are flipped.
fn survivors(intact: &[u8]) -> Vec<usize> {
    assert!(restores(intact), "the intact file restores");
    let bits = 0..intact.len() * 8;
    let half = bits.len() / 2;
    let sweep = |bits: std::ops::Range<usize>| -> Vec<usize> {
        bits.filter(|&bit| restores(&flipped(intact, bit)))
            .collect()
    };
    thread::scope(|scope| {
        let second = scope.spawn(|| sweep(half..bits.end));
        let mut found = sweep(0..half);
        found.extend(second.join().expect("the thread sweeps its half"));
        found
    })
}

fn flipped(intact: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = intact.to_vec();
    bytes[bit / 8] ^= 0x80 >> (bit % 8);
    bytes
}

/// OpenSSL with its legacy algorithms, whatever it makes of the attributes: [`Peer::open`] also
/// wants the certificate marked as the key's.
fn openssl_refuses(sealed: &Sealed) -> Option<String> {
    print(sealed, &["-legacy", "-nodes"]).err()
}

/// Which of the files with these bits flipped no judge opens, each with what it said.
fn refused_by_all(intact: &[u8], bits: &[usize], folder: &Path) -> BTreeMap<usize, Vec<String>> {
    let sealed: Vec<Sealed> = bits
        .iter()
        .map(|bit| {
            let file = folder.join(format!("{bit}.p12"));
            fs::write(&file, flipped(intact, *bit)).expect("the file is written");
            Sealed {
                file,
                password: PASSWORD.to_owned(),
            }
        })
        .collect();
    let python = Python.open(&sealed);
    let mut refused = BTreeMap::new();
    for (at, bit) in bits.iter().enumerate() {
        let Err(python) = &python[at] else { continue };
        if let Some(openssl) = openssl_refuses(&sealed[at]) {
            let last = openssl.lines().rfind(|line| line.contains("rror"));
            let last = last.unwrap_or_default().to_owned();
            refused.insert(*bit, vec![last, python.clone()]);
        }
    }
    refused
}

/// Flips every bit of a file and lets the judges decide on what `check` calls whole.
fn every_flipped_bit_is_seen(intact: &[u8], what: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let survivors = survivors(intact);
    let refused = refused_by_all(intact, &survivors, folder.path());
    let told: Vec<String> = refused
        .iter()
        .map(|(bit, said)| {
            let at = bit / 8;
            let (before, after) = (intact[at], intact[at] ^ 0x80 >> (bit % 8));
            format!(
                "offset {at}, {before:02x} -> {after:02x}: {}",
                said.join(" / ")
            )
        })
        .collect();
    assert!(
        told.is_empty(),
        "{what}: {} of {} flipped bits that check does not see:\n{}",
        told.len(),
        survivors.len(),
        told.join("\n")
    );
}

fn certificate(der: &[u8]) -> Certificate {
    Certificate::from_der(der).expect("openssl makes readable certificates")
}

fn sealed_by_certstow(material: &Material, identity: &Identity, profile: Profile) -> Vec<u8> {
    let key = PrivateKey::from_pkcs8_der(identity.key.clone().into());
    let issuers = [&material.intermediate, &material.root].map(|one| certificate(&one.certificate));
    let attributes = Attributes {
        friendly_name: Some(NAME.to_owned()),
        ..Attributes::default()
    };
    let content = Content {
        key: &key,
        leaf: &certificate(&identity.certificate),
        issuers: &issuers,
        attributes: &attributes,
    };
    let iterations = Iterations::new(1).expect("an iteration");
    let password = Password::new(PASSWORD.to_owned());
    encode(&content, profile, iterations, &password).expect("random numbers")
}

#[test]
#[ignore = "needs OpenSSL and Python cryptography"]
fn check_detects_damage_to_certstow_files() {
    let material = Material::new();
    let identity = material.identity("Damaged", Key::P256);
    for profile in [Profile::Modern, Profile::Legacy] {
        let intact = sealed_by_certstow(&material, &identity, profile);
        every_flipped_bit_is_seen(&intact, profile.name());
    }
}

#[test]
#[ignore = "needs OpenSSL and Python cryptography"]
fn check_detects_damage_without_mac_or_encryption() {
    let material = Material::new();
    // The root is self-signed: nothing else in the file vouches for its certificate.
    let root = &material.root;
    let file = material.folder().join("clear.p12");
    output(
        openssl(&[
            "pkcs12", "-export", "-nomac", "-keypbe", "NONE", "-certpbe", "NONE",
        ])
        .args(["-passout", "pass:", "-name", NAME, "-inkey"])
        .arg(&root.key_file)
        .arg("-in")
        .arg(&root.certificate_file)
        .arg("-out")
        .arg(&file),
    );
    let intact = fs::read(&file).expect("the file");
    every_flipped_bit_is_seen(&intact, "in clear, without a MAC");
}
