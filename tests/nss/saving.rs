//! One identity out of a profile, with nobody there.

use crate::world::{PASSWORD, PRIMARY, World};

const EXPORT: [&str; 5] = ["export", "--password-env", "SECRET", "--iterations", "2000"];

fn export<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&EXPORT[..], more].concat()
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn export_saves_from_profile_without_primary_password() {
    let world = World::new();
    let said = world.said(&export(&["Ada", "-o", "ada.p12"]), 0);
    let store = format!("nss:{}", world.unlocked().display());
    assert!(said.contains(&format!("from          {store}\n")), "{said}");
    world.opened(&world.path("ada.p12"), PASSWORD);
    let checked = world.said(&["check", "ada.p12", "--password-env", "SECRET"], 0);
    assert!(checked.contains("Ada Example"), "{checked}");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn export_takes_primary_password_from_options() {
    let world = World::new();
    let said = world.said(&export(&["Bert", "-o", "bert.p12"]), 13);
    assert!(said.contains("Firefox profile work is locked"), "{said}");
    let wrong = ["Bert", "-o", "bert.p12", "--unlock-password-env", "SECRET"];
    let said = world.said(&export(&wrong), 17);
    assert!(
        said.contains("does not open Firefox profile work"),
        "{said}"
    );
    assert!(!world.path("bert.p12").exists());
    let right = [
        "Bert",
        "-o",
        "bert.p12",
        "--unlock-password-file",
        "primary",
    ];
    let said = world.said(&export(&right), 0);
    assert!(!said.contains(PRIMARY), "{said}");
    world.opened(&world.path("bert.p12"), PASSWORD);
}

/// Who has it open in one profile is not asked for the password of another.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn export_takes_key_from_profile_that_is_open() {
    let world = World::new();
    let [locked, open] =
        [world.locked(), world.unlocked()].map(|one| format!("nss:{}", one.display()));
    let stores = ["--store", locked.as_str(), "--store", open.as_str()];
    let said = world.said(
        &export(&[&["Ada", "-o", "ada.p12"], &stores[..]].concat()),
        0,
    );
    assert!(said.contains(&open) && !said.contains(&locked), "{said}");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn export_of_certificate_alone_needs_no_primary_password() {
    let world = World::new();
    let words = [
        "export", "Bert", "--store", "nss:", "--format", "der", "-o", "bert.cer",
    ];
    world.said(&words, 0);
    assert!(world.path("bert.cer").exists());
}
