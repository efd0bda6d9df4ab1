//! Identities that are in the backup and in no store any more.

use std::fs;
use std::path::MAIN_SEPARATOR;

use serde_json::Value;

use crate::{ADA, EDITH, MANIFEST, World, ends, json, said};

/// A backup in `a` of a store that lost Ada's certificate and key afterwards.
fn without_ada() -> World {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    for file in ["ada-example.pem", "ada-example.key.pem"] {
        fs::remove_file(world.path("store").join(file)).unwrap();
    }
    world
}

/// The labels of what a run says to be only in the backup.
fn missed(world: &World, words: &str, exit: i32) -> Vec<String> {
    let output = world.run(&format!(
        "backup --iterations 1 --password-env SECRET {words} --json"
    ));
    ends(&output, exit);
    let report = json(&output);
    let missed = report["only_in_backup"].as_array().unwrap().iter();
    missed
        .map(|one| one["label"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn missed_identity_is_reported_every_run() {
    let world = without_ada();
    for words in ["--to a", "--to a --rewrite", "--to a --quiet"] {
        let output = world.backup(words);
        ends(&output, 0);
        let shown = said(&output);
        assert!(
            shown.contains("Ada Example (694258fc134145ba) is in no store any more"),
            "{words}: {shown}"
        );
        assert!(
            shown.contains(&format!("a{MAIN_SEPARATOR}{ADA}")),
            "{shown}"
        );
        assert_eq!(
            shown.contains("1 more is only in the backup"),
            !words.contains("quiet")
        );
    }
    let output = world.backup("--to a --to b --json --log log");
    ends(&output, 0);
    let report = json(&output);
    let [one] = report["only_in_backup"].as_array().unwrap().as_slice() else {
        panic!("{report}")
    };
    assert_eq!(
        one["thumbprint"],
        "694258fc134145baf46e277b2e68bcd0576d0623"
    );
    assert_eq!(one["files"][0]["to"], "a");
    assert_eq!(one["files"][1]["to"], "b");
    assert_eq!(one["files"][1]["file"], ADA);
    assert_eq!(one["files"][1]["damage"], Value::Null);
    let log = fs::read_to_string(world.path("log")).unwrap();
    let logged = log
        .lines()
        .find(|line| line.contains("in no store any more"));
    assert!(logged.unwrap().contains("\"level\":\"warning\""), "{log}");
    // Until it is back.
    ends(
        &world.run("backup restore a 694258fc --into store --password-env SECRET"),
        0,
    );
    let unlocked = "--store store --unlock-password-env SECRET --to a";
    assert!(missed(&world, unlocked, 0).is_empty());
}

#[test]
fn missed_includes_identity_without_its_key() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::remove_file(world.path("store/ada-example.key.pem")).unwrap();
    assert_eq!(missed(&world, "--store store --to a", 0), ["Ada Example"]);
}

#[test]
fn missed_excludes_identity_in_another_store() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::create_dir(world.path("other")).unwrap();
    for file in ["ada-example.pem", "ada-example.key.pem"] {
        let (from, to) = (
            world.path("store").join(file),
            world.path("other").join(file),
        );
        fs::rename(from, to).unwrap();
    }
    let none: [&str; 0] = [];
    assert_eq!(
        missed(&world, "--store store --store other --to a", 0),
        none
    );
    // The store it came from was not read.
    assert_eq!(missed(&world, "--store other --to a", 0), none);
}

#[test]
fn missed_is_empty_after_unreadable_file() {
    let world = without_ada();
    fs::write(
        world.path("store/half.pem"),
        "-----BEGIN CERTIFICATE-----\nMII",
    )
    .unwrap();
    let none: [&str; 0] = [];
    assert_eq!(missed(&world, "--store store --to a", 14), none);
}

#[test]
fn missed_excludes_filtered_out_identities() {
    let world = without_ada();
    let with = |filters: &str| missed(&world, &format!("--store store --to a {filters}"), 0);
    let none: [&str; 0] = [];
    for fits in [
        "--subject o=certstow",
        "--issuer issuing",
        "--label example",
    ] {
        assert_eq!(with(fits), ["Ada Example"], "{fits}");
    }
    // What the manifest does not tell counts as left out.
    for other in [
        "--label grace",
        "--email example.org",
        "--expired",
        "--valid",
    ] {
        assert_eq!(with(other), none, "{other}");
    }
}

#[test]
fn missed_excludes_identity_removed_by_retention() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::remove_file(world.path("store/edith-example-2020.pem")).unwrap();
    assert_eq!(missed(&world, "--store store --to a", 0), ["Edith Example"]);
    let none: [&str; 0] = [];
    let words = "--store store --to a --prune-expired 1d";
    assert_eq!(missed(&world, words, 0), none);
    assert!(!world.path("a").join(EDITH).exists());
}

#[test]
fn missed_identity_with_damaged_file_fails_run() {
    let world = without_ada();
    world.damage(&format!("a/{ADA}"));
    let output = world.backup("--to a --to b --log log");
    ends(&output, 14);
    let shown = said(&output);
    assert!(
        shown.contains("which cannot be used: its bytes are not those that were written"),
        "{shown}"
    );
    let log = fs::read_to_string(world.path("log")).unwrap();
    let logged = log
        .lines()
        .find(|line| line.contains("in no store any more"));
    assert!(logged.unwrap().contains("\"level\":\"error\""), "{log}");
    fs::remove_file(world.path("a").join(ADA)).unwrap();
    let shown = said(&world.backup("--to a"));
    assert!(
        shown.contains("which cannot be used: it is missing"),
        "{shown}"
    );
}

#[test]
fn missed_identities_on_screen_limited_to_ten() {
    let world = without_ada();
    let file = world.path("a").join(MANIFEST);
    let mut manifest: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let entries = manifest["entries"].as_array_mut().unwrap();
    for number in 0..12 {
        let mut more = entries[0].clone();
        let name = format!("more--{number:016x}.p12");
        fs::copy(world.path("a").join(ADA), world.path("a").join(&name)).unwrap();
        more["file"] = name.into();
        more["thumbprint"]["sha256"] = format!("{number:064x}").into();
        entries.push(more);
    }
    fs::write(&file, manifest.to_string()).unwrap();
    let output = world.backup("--to a --log log");
    ends(&output, 0);
    let shown = said(&output);
    assert_eq!(
        shown.matches("is in no store any more").count(),
        10,
        "{shown}"
    );
    assert!(
        shown.contains("warning: 3 more are only in the backup now"),
        "{shown}"
    );
    let log = fs::read_to_string(world.path("log")).unwrap();
    assert_eq!(log.matches("is in no store any more").count(), 13, "{log}");
    assert_eq!(missed(&world, "--store store --to a", 0).len(), 13);

    // What nothing has any more is always among them.
    fs::remove_file(world.path("a").join("more--000000000000000b.p12")).unwrap();
    let output = world.backup("--to a");
    ends(&output, 14);
    let shown = said(&output);
    assert!(
        shown.contains("000000000000000b.p12, which cannot be used: it is missing"),
        "{shown}"
    );
    assert!(
        shown.contains("warning: 2 more are only in the backup now"),
        "{shown}"
    );
}

#[test]
fn report_counts_missed_identities() {
    let world = without_ada();
    let output = world.run("report --store store --backup a --backup b");
    ends(&output, 0);
    let shown = said(&output);
    assert!(shown.contains("  identities       2\n"), "{shown}");
    assert!(shown.contains("  only in backup   1\n"), "{shown}");
    let page = fs::read_to_string(world.path("certstow-report.html")).unwrap();
    assert!(page.contains("1 identity is only in a backup"));
    assert_eq!(
        page.matches(&format!("<code dir=\"auto\">{ADA}</code>"))
            .count(),
        2
    );
    let count = |words: &str| {
        let words = format!("report --store store --backup a --force --json {words}");
        json(&world.run(&words))["only_in_backup"].clone()
    };
    assert_eq!(count(""), 1);
    assert_eq!(count("--label grace"), 0);
}
