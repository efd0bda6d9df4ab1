//! Private keys that certstow has no way to prove: `verify` and `restore` say so, and end partly done
//! unless that is accepted, in the command or in the manifest.

use std::fs;
use std::path::Path;

use crate::{World, ends, json, said};

const WARNING: &str = "certstow cannot prove that";

impl World {
    /// With a backup of an identity whose key is of a kind that certstow does not sign with.
    fn with_unproven_key() -> (Self, String) {
        let world = Self::new();
        fs::create_dir(world.path("unproven")).unwrap();
        for (from, to) in [("keys", "ed448.key"), ("certificates", "ed448.pem")] {
            let data = concat!(env!("CARGO_MANIFEST_DIR"), "/platform/tests/data");
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
fn verify_and_restore_end_partly_done_with_unproven_keys() {
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
    }
    assert_eq!(
        json(&verify("--json"))["folders"][0]["files"][0]["proof"],
        "none"
    );
    assert_eq!(json(&restore("--json"))["entries"][0]["proof"], "none");
}

#[test]
fn verify_and_restore_accept_unproven_keys_with_the_manifest() {
    let (world, file) = World::with_unproven_key();
    world.change_manifest(&file, |entry| entry["allow_unproven"] = true.into());
    for words in ["verify a", "restore a --into new"] {
        let output = world.run(&format!("backup {words} --password-env SECRET"));
        ends(&output, 0);
        assert!(said(&output).contains(WARNING), "{}", said(&output));
    }
}

#[test]
fn verify_tells_damage_before_unproven_keys() {
    let (world, file) = World::with_unproven_key();
    world.damage(&format!("a/{file}"));
    ends(&world.run("backup verify a --password-env SECRET"), 15);
}
