//! When a run last looked at every identity, and what `backup verify` says once that is long ago.

use std::fs;

use serde_json::Value;

use crate::{MANIFEST, World, complete, ends, json, said};

const LONG_AGO: &str = "2020-01-02T03:04:05Z";

impl World {
    fn checked(&self) -> String {
        let manifest = self.manifest("a");
        manifest["checked"].as_str().expect("a time").to_owned()
    }

    /// Changes what the manifest of `a` says of the last run.
    fn set_checked(&self, checked: &Value) {
        let mut manifest = self.manifest("a");
        manifest["checked"] = checked.clone();
        let bytes = serde_json::to_vec(&manifest).expect("JSON");
        fs::write(self.path("a").join(MANIFEST), bytes).expect("written");
    }

    /// Whether a run after one of long ago says that it looked at everything.
    fn renews(&self, words: &str, code: i32) -> bool {
        self.set_checked(&LONG_AGO.into());
        ends(&self.backup(words), code);
        self.checked() != LONG_AGO
    }
}

#[test]
fn unchanged_run_writes_nothing_but_the_time() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let first = world.checked();
    assert!(first.ends_with('Z'), "{first}");
    world.set_checked(&LONG_AGO.into());
    let (manifest, before) = (world.manifest("a"), world.bytes("a"));
    // Without a password: nothing is derived.
    ends(&world.run("backup --store store --iterations 1 --to a"), 0);
    assert!(world.checked() >= first);
    assert_eq!(world.manifest("a")["entries"], manifest["entries"]);
    let after = world.bytes("a");
    for name in complete().iter().filter(|name| *name != MANIFEST) {
        assert_eq!(after[name], before[name], "{name}");
    }
    assert_eq!(after.len(), before.len());
}

#[test]
fn run_that_did_not_look_at_everything_keeps_the_time() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    assert!(world.renews("--to a", 0));
    assert!(!world.renews("--to a --subject Ada", 0));
    assert!(!world.renews("--to a --valid", 0));
    // A folder that fails takes nothing from the other.
    assert!(world.renews("--to a --to no/where", 14));
    // What cannot be read may be an identity.
    fs::write(
        world.path("store/broken.pem"),
        "-----BEGIN CERTIFICATE-----\nAA",
    )
    .unwrap();
    assert!(!world.renews("--to a", 14));
    fs::remove_file(world.path("store/broken.pem")).unwrap();
    assert!(world.renews("--to a", 0));
    // No store at all is none that was looked at.
    world.set_checked(&LONG_AGO.into());
    ends(&world.run("backup --store nowhere --to a"), 18);
    assert_eq!(world.checked(), LONG_AGO);
}

#[test]
fn verify_max_age_fails_for_old_unknown_and_future_time() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    ends(&world.run("backup verify a --max-age 1h"), 0);
    for (checked, why) in [
        (
            LONG_AGO,
            "the last run that looked at every identity ended 6 years ago, on 2020-01-02",
        ),
        ("2199-01-01T00:00:00Z", "ended in 172 years, on 2199-01-01"),
        ("", "no run is known that looked at every identity"),
        ("yesterday", "no run is known that looked at every identity"),
    ] {
        world.set_checked(&checked.into());
        ends(&world.run("backup verify a"), 0);
        let output = world.run("backup verify a --max-age 26h --log log");
        ends(&output, 15);
        assert!(said(&output).contains(why), "{}", said(&output));
        let log = fs::read_to_string(world.path("log")).unwrap();
        assert!(log.contains("\"level\":\"error\""), "{log}");
        let found = json(&world.run("backup verify a --max-age 26h --json"));
        assert_eq!(found["folders"][0]["too_old"], true);
        assert_eq!(found["folders"][0]["ok"], false);
    }
    // As an older certstow wrote it.
    let mut manifest = world.manifest("a");
    manifest.as_object_mut().unwrap().remove("checked");
    fs::write(world.path("a").join(MANIFEST), manifest.to_string()).unwrap();
    ends(&world.run("backup verify a"), 0);
    ends(&world.run("backup verify a --max-age 26h"), 15);
    ends(&world.backup("--to a"), 0);
    ends(&world.run("backup verify a --max-age 26h"), 0);
}

#[test]
fn verify_max_age_names_identity_in_no_folder() {
    let world = World::new();
    fs::rename(world.path("store/ada-example.pem"), world.path("ada.pem")).unwrap();
    ends(&world.backup("--to a --to b"), 0);
    let verify = "backup verify a b --max-age 26h --store store";
    ends(&world.run(verify), 0);
    fs::rename(world.path("ada.pem"), world.path("store/ada-example.pem")).unwrap();
    let output = world.run(verify);
    ends(&output, 15);
    assert!(
        said(&output).contains("Ada Example (694258fc134145ba) of file:"),
        "{}",
        said(&output)
    );
}
