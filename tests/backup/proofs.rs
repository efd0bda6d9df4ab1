//! Keys that certstow does not sign with: how far each was proven, and what comes of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{MANIFEST, World, ends, json, said};

/// A store with the key of tests/data/chain that nothing proves.
fn with_ed448() -> World {
    let world = World::new();
    let chain = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/chain");
    // Their names pair them.
    for (file, name) in [("ed448-root.pem", "ed448.pem"), ("ed448.key", "ed448.key")] {
        fs::copy(chain.join(file), world.path("store").join(name)).unwrap();
    }
    world
}

/// What the manifest says of a label.
fn saved(world: &World, label: &str) -> Value {
    let manifest = fs::read(world.path("a").join(MANIFEST)).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let mut entries = manifest["entries"].as_array().unwrap().iter();
    entries
        .find(|entry| entry["label"] == label)
        .unwrap()
        .clone()
}

#[test]
fn unproven_key_is_an_error_of_each_run() {
    let world = with_ed448();
    for _ in 0..2 {
        let output = world.backup("--to a --log log");
        ends(&output, 14);
        let shown = said(&output);
        assert!(
            shown.contains("3 of 4 identities are saved; 1 is saved, but not proven"),
            "{shown}"
        );
        let log = fs::read_to_string(world.path("log")).unwrap();
        let is_about = |line: &&str| line.contains("ed448 is saved, but not proven");
        let line = log.lines().find(is_about).expect("a line of the log");
        assert!(line.contains("\"level\":\"error\""), "{line}");
        fs::remove_file(world.path("log")).unwrap();
    }
    assert_eq!(saved(&world, "ed448")["proof"], "none");
    assert_eq!(saved(&world, "Ada Example")["proof"], "signature");
}

#[test]
fn unproven_key_is_accepted_in_the_options_of_a_file() {
    let world = with_ed448();
    ends(&world.backup("--to a"), 14);
    let file = saved(&world, "ed448")["file"].as_str().unwrap().to_owned();
    let before = fs::read(world.path("a").join(&file)).unwrap();
    fs::write(world.path("config.toml"), "allow-unproven = true").unwrap();
    // What the filters leave out is not accepted with it.
    ends(&world.backup("--to a --label ada --config config.toml"), 0);
    assert_eq!(saved(&world, "ed448")["allow_unproven"], false);
    let output = world.backup("--to a --config config.toml --log log");
    ends(&output, 0);
    assert!(
        said(&output).contains("warning: ed448: certstow cannot prove"),
        "{}",
        said(&output)
    );
    assert_eq!(saved(&world, "ed448")["allow_unproven"], true);
    assert_eq!(saved(&world, "Ada Example")["allow_unproven"], false);
    assert_eq!(fs::read(world.path("a").join(&file)).unwrap(), before);
    let log = fs::read_to_string(world.path("log")).unwrap();
    assert!(!log.contains("\"level\":\"error\""), "{log}");
    ends(&world.backup("--to a"), 0);
}

#[test]
#[ignore = "needs openssl"]
fn compared_public_half_is_a_warning_when_saved() {
    let world = World::new();
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "40000",
        ])
        .args(["-pkeyopt", "rsa_keygen_primes:3", "-subj", "/CN=three"])
        .args(["-keyout", "three.key", "-out", "three.pem"])
        .current_dir(world.path("store"))
        .output()
        .expect("openssl starts");
    ends(&made, 0);
    let output = world.backup("--to a --json");
    ends(&output, 0);
    let report = json(&output);
    let mut entries = report["entries"].as_array().unwrap().iter();
    let three = entries.find(|entry| entry["label"] == "three").unwrap();
    assert_eq!(three["result"], "new");
    assert_eq!(three["files"][0]["proof"], "public-key");
    let warnings = three["warnings"].to_string();
    assert!(warnings.contains("and not tried"), "{warnings}");
    assert_eq!(saved(&world, "three")["proof"], "public-key");
    assert!(said(&world.backup("--to a")).contains("All 4 identities are saved."));
}
