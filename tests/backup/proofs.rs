//! Private keys that certstow does not sign with: how far each was proven, and what comes of it in
//! `backup`, `verify` and `restore`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{MANIFEST, World, ends, json, said};

/// A store with the key of formats/tests/data/chain that nothing proves.
fn with_ed448() -> World {
    let world = World::new();
    let chain = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/tests/data/chain");
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
fn backup_fails_for_unproven_key_every_run() {
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
fn config_allow_unproven_accepts_unproven_key() {
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
fn backup_warns_of_public_key_proof() {
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

const WARNING: &str = "certstow cannot prove that";

impl World {
    /// With a backup of an identity whose key is of a kind that certstow does not sign with.
    fn with_unproven_key() -> (Self, String) {
        let world = Self::new();
        fs::create_dir(world.path("unproven")).unwrap();
        for (from, to) in [("keys", "ed448.key"), ("certificates", "ed448.pem")] {
            let data = concat!(env!("CARGO_MANIFEST_DIR"), "/formats/tests/data");
            let from = Path::new(data).join(from).join("ed448.pem");
            fs::copy(from, world.path("unproven").join(to)).unwrap();
        }
        world.run("backup --store unproven --to a --iterations 1 --password-env SECRET");
        let file = crate::files(&world.path("a"))
            .into_iter()
            .find(|name| name.ends_with(".p12"));
        (world, file.expect("it was saved"))
    }
}

#[test]
fn verify_and_restore_report_unproven_keys() {
    let (world, _) = World::with_unproven_key();
    let verify = |words: &str| world.run(&format!("backup verify a --password-env SECRET {words}"));
    let restore = |words: &str| {
        world.run(&format!(
            "backup restore a --into new --password-env SECRET --force {words}"
        ))
    };
    let output = verify("");
    ends(&output, 14);
    let shown = said(&output);
    assert!(
        shown.contains("1 of 1 file cannot be proven to restore"),
        "{shown}"
    );
    assert!(shown.contains("--allow-unproven accepts that"), "{shown}");
    // Without the password, nobody knows.
    ends(&world.run("backup verify a"), 0);
    let output = restore("");
    ends(&output, 14);
    let shown = said(&output);
    for words in ["Restored ", WARNING, "1 cannot be proven to work"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }

    for output in [verify("--allow-unproven"), restore("--allow-unproven")] {
        ends(&output, 0);
        assert!(said(&output).contains(WARNING), "{}", said(&output));
        assert!(!said(&output).contains("proven to restore"));
    }
    let shown = said(&verify("--allow-unproven"));
    assert!(
        shown.contains("a: 1 file is whole; certstow cannot prove that it restores"),
        "{shown}"
    );
    assert_eq!(
        json(&verify("--json"))["folders"][0]["files"][0]["proof"],
        "none"
    );
    assert_eq!(json(&restore("--json"))["entries"][0]["proof"], "none");
}

#[test]
fn manifest_allow_unproven_satisfies_verify_and_restore() {
    let (world, file) = World::with_unproven_key();
    world.change_manifest(&file, |entry| entry["allow_unproven"] = true.into());
    for words in ["verify a", "restore a --into new"] {
        let output = world.run(&format!("backup {words} --password-env SECRET"));
        ends(&output, 0);
        assert!(said(&output).contains(WARNING), "{}", said(&output));
    }
}

#[test]
fn verify_reports_damage_before_unproven_keys() {
    let (world, file) = World::with_unproven_key();
    world.damage(&format!("a/{file}"));
    ends(&world.run("backup verify a --password-env SECRET"), 15);
}
