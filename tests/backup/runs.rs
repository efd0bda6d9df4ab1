//! One run after the other: only what is new, missing or damaged is written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::SystemTime;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{ADA, ALL, EDITH, GRACE, MANIFEST, World, complete, ends, files, json, said};

#[test]
fn backup_saves_every_identity_as_private_files() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    assert_eq!(files(&world.path("a")), complete());
    world.verifies("a");
    for name in complete() {
        let mode = world.path("a").join(name).metadata().unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }
    let folder = world.path("a").metadata().unwrap().permissions();
    assert_eq!(folder.mode() & 0o777, 0o700);
}

#[test]
fn backup_is_idempotent_and_needs_no_password() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    let times = || -> Vec<SystemTime> {
        let names = complete().into_iter().filter(|name| name != MANIFEST);
        let files =
            names.flat_map(|name| [world.path("a").join(&name), world.path("b").join(name)]);
        files
            .map(|file| file.metadata().unwrap().modified().unwrap())
            .collect()
    };
    let (before, bytes) = (times(), world.bytes("a"));
    let output = world.run("backup --store store --iterations 1 --to a --to b --json");
    ends(&output, 0);
    assert_eq!(times(), before);
    assert_eq!(world.bytes("a"), bytes);
    let report = json(&output);
    for destination in report["destinations"].as_array().unwrap() {
        assert_eq!(destination["unchanged"], 3);
        assert_eq!(destination["written"], 0);
        assert_eq!(destination["ok"], true);
    }
    assert_eq!(report["entries"][0]["result"], "unchanged");
}

#[test]
fn backup_without_password_writes_nothing() {
    let world = World::new();
    let output = world.run("backup --store store --to a");
    ends(&output, 13);
    assert_eq!(files(&world.path("a")), [""; 0]);
}

#[test]
fn backup_adds_only_new_identities() {
    let world = World::new();
    let ada = world.path("store/ada-example.pem");
    fs::rename(&ada, world.path("ada.pem")).unwrap();
    ends(&world.backup("--to a"), 0);
    let before = world.bytes("a");
    fs::rename(world.path("ada.pem"), &ada).unwrap();
    let output = world.backup("--to a --json");
    ends(&output, 0);
    let after = world.bytes("a");
    assert!(after.contains_key(ADA));
    assert_eq!(after[GRACE], before[GRACE]);
    let counts = &json(&output)["destinations"][0];
    assert_eq!(
        (&counts["written"], &counts["unchanged"]),
        (&1.into(), &2.into())
    );
}

#[test]
fn backup_keeps_files_of_removed_identities() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let before = world.bytes("a");
    fs::remove_file(world.path("store/ada-example.pem")).unwrap();
    ends(&world.backup("--to a"), 0);
    assert_eq!(world.bytes("a"), before);
    world.verifies("a");
}

#[test]
fn backup_repairs_damaged_and_missing_files() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let before = world.bytes("a");
    world.damage(&format!("a/{ADA}"));
    fs::remove_file(world.path("a").join(GRACE)).unwrap();
    let verdict = world.run("backup verify a --json");
    ends(&verdict, 15);
    let states = |name: &str| {
        let verdict = json(&verdict);
        let files = verdict["folders"][0]["files"].as_array().unwrap().clone();
        let file = files.into_iter().find(|file| file["file"] == name);
        file.unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        [ADA, EDITH, GRACE].map(states),
        ["changed", "whole", "missing"]
    );

    let output = world.backup("--to a");
    ends(&output, 0);
    let shown = said(&output);
    assert!(shown.contains("2 mended, 1 unchanged"), "{shown}");
    assert!(
        shown.contains("its bytes are not those that were written"),
        "{shown}"
    );
    assert!(shown.contains("the file was missing"), "{shown}");
    assert_eq!(world.bytes("a")[EDITH], before[EDITH]);
    world.verifies("a");
}

#[test]
fn backup_rebuilds_damaged_manifest_without_loss() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let extra = world.path("a/kept.p12");
    fs::copy(world.path("a").join(ADA), &extra).unwrap();
    let half = fs::read(world.path("a").join(MANIFEST)).unwrap();
    fs::write(world.path("a").join(MANIFEST), &half[..half.len() / 2]).unwrap();
    ends(&world.run("backup verify a"), 15);
    let output = world.backup("--to a --prune-expired 1d");
    ends(&output, 0);
    assert!(said(&output).contains("3 mended"), "{}", said(&output));
    assert!(extra.exists());
    let aside = fs::read(world.path("a/certstow-manifest.json.damaged")).unwrap();
    assert_eq!(aside, half[..half.len() / 2]);
    fs::remove_file(extra).unwrap();
    world.verifies("a");
}

#[test]
fn backup_rebuilds_missing_manifest() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::remove_file(world.path("a").join(MANIFEST)).unwrap();
    let verdict = world.run("backup verify a --password-env SECRET");
    ends(&verdict, 15);
    assert!(said(&verdict).contains("there is no certstow-manifest.json"));
    ends(&world.backup("--to a"), 0);
    world.verifies("a");
}

#[test]
fn rewrite_replaces_every_file() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let before = world.bytes("a");
    let output = world.backup("--to a --profile compatible");
    ends(&output, 0);
    assert!(
        said(&output).contains("--rewrite writes them anew"),
        "{}",
        said(&output)
    );
    assert_eq!(world.bytes("a"), before);
    ends(&world.backup("--to a --profile compatible --rewrite"), 0);
    let after = world.bytes("a");
    for name in ALL {
        assert_ne!(after[name], before[name]);
    }
    world.verifies("a");
}

#[test]
fn backup_keeps_file_name_from_manifest() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let renamed = "once-called-otherwise.p12";
    fs::rename(world.path("a").join(GRACE), world.path("a").join(renamed)).unwrap();
    let manifest = world.path("a").join(MANIFEST);
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace(GRACE, renamed)).unwrap();
    let before = world.bytes("a");
    ends(&world.backup("--to a"), 0);
    assert_eq!(world.bytes("a"), before);
    world.damage(&format!("a/{renamed}"));
    ends(&world.backup("--to a"), 0);
    assert!(!world.path("a").join(GRACE).exists());
    world.verifies("a");
}

#[test]
#[ignore = "needs openssl"]
fn backup_reports_locked_key_and_saves_others() {
    let world = World::new();
    let key = world.path("store/ada-example.key.pem");
    let locked = std::process::Command::new("openssl")
        .args(["pkcs8", "-topk8", "-passout", "pass:other", "-in"])
        .arg(&key)
        .output()
        .expect("openssl starts");
    fs::write(&key, locked.stdout).unwrap();
    let output = world.backup("--to a --json");
    ends(&output, 14);
    let report = json(&output);
    let failed: Vec<_> = report["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["result"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["label"], "Ada Example");
    assert!(failed[0]["reason"].as_str().unwrap().contains("password"));
    assert_eq!(report["destinations"][0]["written"], 2);
    let quiet = world.backup("--to a --quiet");
    ends(&quiet, 14);
    let shown = String::from_utf8_lossy(&quiet.stdout).into_owned();
    assert!(shown.contains("Ada Example"), "{shown}");
    assert!(!shown.contains("Grace"), "{shown}");
}

#[test]
fn backup_saves_only_filtered_identities() {
    let world = World::new();
    ends(&world.backup("--to a --email ada@"), 0);
    assert_eq!(files(&world.path("a")), [ADA, MANIFEST]);
    ends(&world.backup("--to a --email nobody@"), 10);
}

#[test]
fn backup_refuses_destination_given_twice() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    ends(&world.backup("--to a --to ./a"), 2);
    ends(&world.backup("--to new --to ./new"), 2);
}

#[test]
fn log_records_every_saved_or_failed_copy() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    world.damage(&format!("a/{ADA}"));
    fs::remove_file(world.path("a").join(GRACE)).unwrap();
    fs::write(world.path("file"), "no folder").unwrap();
    for json in ["", "--json"] {
        let log = format!("log{json}");
        // No file can take the place of a folder.
        fs::create_dir_all(world.path(&format!("new{json}/{EDITH}"))).unwrap();
        let output = world.backup(&format!(
            "--to a --to new{json} --to file --rewrite --log {log} {json}"
        ));
        ends(&output, 14);
        let text = fs::read_to_string(world.path(&log)).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let of = |event: &str| -> Vec<&Value> {
            lines.iter().filter(|line| line["event"] == event).collect()
        };
        let saved = of("saved");
        assert_eq!(saved.len(), 5, "{text}");
        for line in saved {
            let bytes = fs::read(world.path(line["file"].as_str().unwrap())).unwrap();
            let digest: [u8; 32] = Sha256::digest(&bytes).into();
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(line["sha256"], digest);
            assert!(line["store"].as_str().unwrap().ends_with("store"));
        }
        let errors = of("error");
        let about_copy = errors.iter().find(|line| line["thumbprint"].is_string());
        let message = about_copy.unwrap()["message"].as_str().unwrap();
        assert!(
            message.starts_with("Edith Example was not saved: "),
            "{message}"
        );
        let about_file = errors.iter().find(|line| line["code"] == "target");
        assert!(about_file.is_some(), "{text}");
        if json.is_empty() {
            let warned = |what: &str| {
                let mut warnings = of("warning").into_iter();
                warnings.any(|line| line["message"].as_str().unwrap().contains(what))
            };
            assert!(warned("was written anew: the file was damaged"), "{text}");
            assert!(warned("was written anew: the file was missing"), "{text}");
        }
        assert_eq!(of("end")[0]["exit"], 14);
    }
}

#[test]
fn manifest_fields_are_all_documented() {
    let page = include_str!("../../docs/backup.md");
    let (_, page) = page.split_once("### The manifest").unwrap();
    let (page, _) = page.split_once("\n## ").unwrap();
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let manifest = fs::read(world.path("a").join(MANIFEST)).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let entries = manifest["entries"].as_array().unwrap();
    let names: Vec<&str> = entries
        .iter()
        .map(|entry| entry["file"].as_str().unwrap())
        .collect();
    assert_eq!(names, ALL);
    let fields = [&manifest, &entries[0], &entries[0]["thumbprint"]];
    for field in fields
        .iter()
        .flat_map(|value| value.as_object().unwrap().keys())
    {
        assert!(page.contains(&format!("`{field}`")), "{field}");
    }
}
