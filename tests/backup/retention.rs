//! `--prune-expired`: Edith's certificate expired on 2024-01-01.

use std::fs;

use serde_json::Value;

use crate::{ADA, EDITH, GRACE, MANIFEST, World, complete, ends, files, json, said};

const WITHOUT_EDITH: [&str; 3] = [ADA, MANIFEST, GRACE];

#[test]
fn prune_expired_keeps_the_only_copy() {
    let world = World::new();
    for _ in 0..2 {
        ends(&world.backup("--to a --prune-expired 90d"), 0);
        assert_eq!(files(&world.path("a")), complete());
    }
}

#[test]
fn prune_expired_removes_second_copy_for_good() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    let output = world.backup("--to a --to b --prune-expired 90d --json --log log");
    ends(&output, 0);
    let log = fs::read_to_string(world.path("log")).expect("the log");
    let removed = log
        .lines()
        .filter(|line| line.contains("\"event\":\"removed\""));
    let removed: Vec<_> = removed.collect();
    assert!(matches!(removed[..], [one] if one.contains(EDITH)), "{log}");
    let report = json(&output);
    assert_eq!(report["destinations"][0]["pruned"], 0);
    assert_eq!(report["destinations"][1]["pruned"], 1);
    assert_eq!(report["destinations"][1]["pruned_files"][0]["file"], EDITH);
    for _ in 0..2 {
        assert_eq!(files(&world.path("a")), complete());
        assert_eq!(files(&world.path("b")), WITHOUT_EDITH);
        world.verifies("a b");
        let again = world.backup("--to a --to b --prune-expired 90d --json");
        ends(&again, 0);
        assert_eq!(json(&again)["destinations"][1]["pruned"], 0);
    }
    let shown = said(&world.backup("--to a --to b --prune-expired 90d"));
    let closing = "All 3 identities are saved, not all of them in each of 2 folders.";
    assert!(shown.contains(closing), "{shown}");
    // Alone, b is to have it again.
    ends(&world.backup("--to b --prune-expired 90d"), 0);
    assert_eq!(files(&world.path("b")), complete());
}

#[test]
fn prune_expired_does_not_count_damaged_copies() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    world.damage(&format!("a/{EDITH}"));
    ends(&world.backup("--to a --to b --prune-expired 90d"), 0);
    assert_eq!(files(&world.path("a")), WITHOUT_EDITH);
    assert_eq!(files(&world.path("b")), complete());
    world.verifies("a b");
}

#[test]
fn prune_expired_does_not_count_failed_destinations() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    fs::rename(world.path("a"), world.path("away")).unwrap();
    fs::write(world.path("a"), "no folder").unwrap();
    ends(&world.backup("--to a --to b --prune-expired 90d"), 14);
    assert_eq!(files(&world.path("b")), complete());
}

#[test]
fn prune_expired_removes_key_in_no_store() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    fs::write(world.path("a/other.txt"), "not ours").unwrap();
    fs::remove_file(world.path("store/edith-example-2020.pem")).unwrap();
    ends(&world.backup("--to a --to b --prune-expired 90d"), 0);
    fs::remove_file(world.path("a/other.txt")).expect("what is not in the manifest stays");
    assert_eq!(files(&world.path("a")), WITHOUT_EDITH);
    assert_eq!(files(&world.path("b")), WITHOUT_EDITH);
}

#[test]
fn prune_expired_of_thousands_keeps_other_entries() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let path = world.path("a").join(MANIFEST);
    let before: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut manifest = before.clone();
    let entries = manifest["entries"].as_array_mut().unwrap();
    // Before, between and after those that stay.
    for number in 0..3000 {
        let mut gone = entries[1].clone();
        let letter = ["a", "b", "f", "z"][number % 4];
        gone["file"] = format!("{letter}--{number:016x}.p12").into();
        gone["thumbprint"]["sha256"] = format!("{number:064x}").into();
        entries.push(gone);
    }
    entries.sort_by_key(|entry| entry["file"].as_str().unwrap().to_owned());
    fs::write(&path, manifest.to_string()).unwrap();
    let output = world.backup("--to a --prune-expired 90d --json --timeout 20s");
    ends(&output, 0);
    assert_eq!(json(&output)["destinations"][0]["pruned"], 3000);
    let after: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(after["entries"], before["entries"]);
    world.verifies("a");
}

#[test]
fn prune_expired_keeps_recently_expired_files() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::remove_file(world.path("store/edith-example-2020.pem")).unwrap();
    ends(&world.backup("--to a --prune-expired 90y"), 0);
    assert_eq!(files(&world.path("a")), complete());
}

#[test]
fn prune_expired_keeps_identities_not_examined() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    // The filter hides it.
    ends(&world.backup("--to a --prune-expired 90d --label Ada"), 0);
    assert_eq!(files(&world.path("a")), complete());
    // Another store is read.
    fs::create_dir(world.path("other")).unwrap();
    for file in ["ada-example.pem", "ada-example.key.pem"] {
        let store = world.path("store").join(file);
        fs::copy(store, world.path("other").join(file)).unwrap();
    }
    let output = world.run(
        "backup --to a --prune-expired 90d --store other --iterations 1 --password-env SECRET",
    );
    ends(&output, 0);
    assert_eq!(files(&world.path("a")), complete());
    // The store cannot be read in full.
    fs::remove_file(world.path("store/edith-example-2020.pem")).unwrap();
    fs::write(
        world.path("store/bad.pem"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    ends(&world.backup("--to a --prune-expired 90d"), 14);
    assert_eq!(files(&world.path("a")), complete());
}

#[test]
fn prune_expired_distinguishes_stores_by_full_path() {
    let world = World::new();
    let backup = |folder: &str, words: &str| {
        let words =
            format!("backup --store store --to ../a --iterations 1 --password-env SECRET {words}");
        let mut command = world.command(&words);
        let output = command.current_dir(world.path(folder)).output();
        ends(&output.expect("certstow starts"), 0);
    };
    for folder in ["first", "second"] {
        fs::create_dir_all(world.path(folder)).unwrap();
    }
    fs::rename(world.path("store"), world.path("first/store")).unwrap();
    fs::create_dir(world.path("second/store")).unwrap();
    for file in ["ada-example.pem", "ada-example.key.pem"] {
        let other = world.path("second/store").join(file);
        fs::copy(world.path("first/store").join(file), other).unwrap();
    }
    backup("first", "");
    backup("second", "--prune-expired 90d");
    assert_eq!(files(&world.path("a")), complete());
}

#[test]
fn prune_expired_trusts_certificate_over_manifest() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    let manifest = world.path("a").join(MANIFEST);
    let text = fs::read_to_string(&manifest).unwrap();
    let mut lying: serde_json::Value = serde_json::from_str(&text).unwrap();
    for entry in lying["entries"].as_array_mut().unwrap() {
        entry["not_after"] = "2000-01-01T00:00:00Z".into();
    }
    fs::write(&manifest, lying.to_string()).unwrap();
    ends(&world.backup("--to a --to b --prune-expired 90d"), 0);
    // Of what a store has, the certificate tells: Edith's alone is over.
    assert_eq!(files(&world.path("a")), complete());
    assert_eq!(files(&world.path("b")), WITHOUT_EDITH);
    // Of the rest, each manifest tells for its own folder.
    for file in ["ada-example.pem", "ada-example.key.pem"] {
        fs::remove_file(world.path("store").join(file)).unwrap();
    }
    ends(&world.backup("--to a --to b --prune-expired 90d"), 0);
    assert_eq!(files(&world.path("a")), [MANIFEST, EDITH, GRACE]);
    assert_eq!(files(&world.path("b")), WITHOUT_EDITH);
}

/// A manifest may come from anywhere, and names what its file system takes.
#[cfg(target_os = "linux")]
#[test]
fn prune_expired_shows_names_without_control_characters() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    let manifest = fs::read_to_string(world.path(&format!("b/{MANIFEST}"))).expect("the manifest");
    let manifest = manifest.replace(EDITH, "\\u001b]0;edith.p12");
    fs::write(world.path(&format!("b/{MANIFEST}")), manifest).expect("written");
    let file = world.path(&format!("b/{EDITH}"));
    fs::rename(file, world.path("b/\u{1b}]0;edith.p12")).expect("renamed");
    for (words, told) in [("--dry-run", "would remove "), ("", "removed ")] {
        let shown = said(&world.backup(&format!("--to a --to b --prune-expired 90d {words}")));
        let told = format!("{told}\\u{{1b}}]0;edith.p12, of Edith Example");
        assert!(shown.contains(&told), "{shown:?}");
    }
}
