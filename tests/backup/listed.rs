//! `certstow backup list`: what a folder holds, without a password.

use std::fs;

use crate::{ADA, EDITH, MANIFEST, World, ends, json, said};

#[test]
fn list_names_identities_without_password() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let output = world.run("backup list a");
    ends(&output, 0);
    let shown = said(&output);
    for name in [
        "a: 3 identities, 1 expired",
        "Ada Example",
        EDITH,
        "694258fc134145ba",
    ] {
        assert!(shown.contains(name), "{name}: {shown}");
    }
    let listed = json(&world.run("backup list a --json"));
    let folder = &listed["folders"][0];
    let manifest = world.manifest("a");
    for (one, saved) in folder["identities"]
        .as_array()
        .unwrap()
        .iter()
        .zip(manifest["entries"].as_array().unwrap())
    {
        for field in [
            "file",
            "sha256",
            "size",
            "label",
            "issuer",
            "not_after",
            "written",
        ] {
            assert_eq!(one[field], saved[field], "{field}");
        }
        assert_eq!(one["there"], true);
    }
    assert_eq!(folder["expired"], 1);
}

#[test]
fn list_marks_missing_and_unnamed_files() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::rename(world.path("a").join(ADA), world.path("a/other.p12")).unwrap();
    let output = world.run("backup list a");
    ends(&output, 14);
    let shown = said(&output);
    assert!(shown.contains(&format!("{ADA} (missing)")), "{shown}");
    assert!(
        shown.contains("other.p12: the manifest does not name it"),
        "{shown}"
    );
    let listed = json(&world.run("backup list a --json"));
    assert_eq!(listed["folders"][0]["missing"], 1);
    assert_eq!(listed["folders"][0]["unnamed"][0], "other.p12");
}

#[test]
fn list_reports_damaged_manifest() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::write(world.path("a").join(MANIFEST), "{").unwrap();
    let output = world.run("backup list a");
    ends(&output, 15);
    assert!(
        said(&output).contains("cannot be used"),
        "{}",
        said(&output)
    );
}

#[test]
fn list_names_newer_certificate() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    world.change_manifest(EDITH, |edith| {
        edith["subject"] = "CN=Ada Example,O=Certstow Samples".into();
    });
    let output = world.run("backup list a");
    ends(&output, 0);
    let shown = said(&output);
    assert!(shown.contains("newer one until 2124-01-01"), "{shown}");
    let listed = json(&world.run("backup list a --json"));
    let identities = listed["folders"][0]["identities"].as_array().unwrap();
    let of = |label: &str| identities.iter().find(|one| one["label"] == label).unwrap();
    assert_eq!(
        of("Edith Example")["newer"],
        of("Ada Example")["thumbprint"]["sha256"]
    );
}
