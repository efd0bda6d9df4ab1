//! Every identity of several profiles, and back again.

use std::fs;

use crate::world::{PASSWORD, World};

const BACKUP: [&str; 5] = ["backup", "--password-env", "SECRET", "--iterations", "2000"];

fn backup<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&BACKUP[..], more].concat()
}

/// Label and store of everything that a backup holds.
fn saved(world: &World, folder: &str) -> Vec<(String, String)> {
    let json = world.json(&["backup", "list", folder], 0);
    let identities = json["folders"][0]["identities"].as_array();
    let identities = identities.expect("identities").iter();
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    identities
        .map(|one| (text(&one["label"]), text(&one["store"])))
        .collect()
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn backup_saves_all_profiles_but_what_is_locked() {
    let world = World::new();
    let said = world.said(&backup(&["--to", "saved"]), 14);
    assert!(said.contains("2 of 3 identities are saved"), "{said}");
    assert!(said.contains("Firefox profile work is locked"), "{said}");
    let with = ["--to", "saved", "--unlock-password-file", "primary"];
    let said = world.said(&backup(&with), 0);
    assert!(said.contains("saved: 1 written, 2 unchanged"), "{said}");
    let said = world.said(
        &["backup", "verify", "saved", "--password-env", "SECRET"],
        0,
    );
    assert!(said.contains("saved: 3 files"), "{said}");
    let restore = ["backup", "restore", "saved", "--into", "file:back"];
    world.said(&[&restore[..], &["--password-env", "SECRET"]].concat(), 0);
    let listed = world.said(&["list", "--store", "file:back"], 0);
    for who in ["Ada", "Bert", "Carl"] {
        assert!(listed.contains(&format!("{who} Example")), "{listed}");
    }
    for file in fs::read_dir(world.path("saved")).expect("the backup") {
        let file = file.expect("a file").path();
        if file.extension().is_some_and(|end| end == "p12") {
            world.opened(&file, PASSWORD);
        }
    }
}

/// One identity in two profiles is saved once, from the store that is named first, where both give it out.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn backup_saves_identity_of_two_profiles_once() {
    let world = World::new();
    let [locked, open] =
        [world.locked(), world.unlocked()].map(|one| format!("nss:{}", one.display()));
    let with = ["--to", "saved", "--unlock-password-file", "primary"];
    let stores = ["--store", &locked, "--store", &open];
    world.said(&backup(&[&with[..], &stores[..]].concat()), 0);
    let mut saved = saved(&world, "saved");
    saved.sort();
    assert_eq!(
        saved,
        [
            ("Ada Example".to_owned(), locked.clone()),
            ("Bert Example".to_owned(), locked)
        ]
    );
}

/// A primary password that opens one profile is no error in another that has none.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn backup_with_wrong_primary_password_saves_the_rest() {
    let world = World::new();
    let with = ["--to", "saved", "--unlock-password-env", "SECRET"];
    let said = world.said(&backup(&with), 14);
    assert!(
        said.contains("what was given is not the primary password of Firefox profile work"),
        "{said}"
    );
    let labels: Vec<_> = saved(&world, "saved")
        .into_iter()
        .map(|one| one.0)
        .collect();
    assert_eq!(labels, ["Ada Example", "Carl Example"]);
}

/// A backup inside of a profile is no part of the store.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn backup_into_profile_stays_out_of_the_store() {
    let world = World::new();
    let folder = world.unlocked().join("backup").display().to_string();
    let store = format!("nss:{}", world.unlocked().display());
    let words = ["--to", folder.as_str(), "--store", store.as_str()];
    let said = world.said(&backup(&words), 0);
    assert!(said.contains("1 written"), "{said}");
    let said = world.said(&backup(&words), 0);
    assert!(said.contains("1 unchanged"), "{said}");
    let json = world.json(&["list", "--store", &store], 0);
    assert_eq!(json["entries"].as_array().map(Vec::len), Some(1));
    assert_eq!(json["problems"].as_array().map(Vec::len), Some(0));
}

/// A task runs in another folder; every database that is found stays every one.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn schedule_makes_folders_of_databases_absolute() {
    let world = World::new();
    fs::write(world.path("file"), PASSWORD).expect("a password's file");
    let folder = "home/.mozilla/firefox/x7k2m9qa.default-release";
    let (plain, with_prefix) = (format!("nss:{folder}"), format!("nss:sql:{folder}"));
    let install = [
        "schedule", "install", "--print", "--system", "cron", "--daily", "12:00",
    ];
    let what = ["--to", "saved", "--password-file", "file", "--store"];
    for store in [&plain, &with_prefix] {
        let said = world.said(&[&install[..], &what, &[store.as_str()]].concat(), 0);
        let absolute = format!("--store nss:{} ", world.unlocked().display());
        assert!(said.contains(&absolute), "{said}");
    }
    let said = world.said(&[&install[..], &what, &["nss:"]].concat(), 0);
    assert!(said.contains("--store nss: "), "{said}");
}
