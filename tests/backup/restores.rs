//! `certstow backup restore`: identities whose keys work, in a store that had none.

use std::fs;
use std::path::MAIN_SEPARATOR;

use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::Password;
use certstow_formats::testing::issued::Issued;
use certstow_formats::testing::writer as pkcs12;

use crate::{ADA, GRACE, MANIFEST, PASSWORD, World, ends, files, json, only, said};

impl World {
    fn restore(&self, words: &str) -> std::process::Output {
        self.run(&format!(
            "backup restore a --into new --password-env SECRET {words}"
        ))
    }

    /// The identity comes out of the new store, and its key works.
    fn works(&self, label: &str, unlock: &str) {
        let output = self.run(&format!(
            "export {label} --store new {unlock} --iterations 1 --password-env SECRET \
             -o {label}.p12 --force"
        ));
        ends(&output, 0);
        ends(
            &self.run(&format!("check --password-env SECRET {label}.p12")),
            0,
        );
    }
}

const UNLOCK: &str = "--unlock-password-env SECRET";

#[test]
fn restore_returns_every_identity_with_working_key() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let output = world.restore("--json");
    ends(&output, 0);
    let report = json(&output);
    let entries = report["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        assert_eq!(entry["result"], "restored");
        assert_eq!(entry["verified"][2], "signature");
    }
    for label in ["Ada", "Edith", "Grace"] {
        world.works(label, UNLOCK);
    }
    // A backup of the restored store holds the same identities.
    let again = world.run(&format!(
        "backup --store new --to b --iterations 1 --password-env SECRET {UNLOCK}"
    ));
    ends(&again, 0);
    assert_eq!(files(&world.path("a")), files(&world.path("b")));
}

#[test]
fn restore_keeps_identities_already_in_store() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    ends(&world.restore("Ada"), 0);
    let before = world.bytes("new");
    let output = world.restore("");
    ends(&output, 0);
    let shown = said(&output);
    assert!(shown.contains("2 identities were restored"), "{shown}");
    assert!(shown.contains("1 had been there before"), "{shown}");
    for (name, bytes) in &before {
        assert_eq!(world.bytes("new")[name], *bytes, "{name}");
    }
    ends(&world.restore("--force"), 0);
    world.works("Ada", UNLOCK);
}

#[test]
fn restore_selects_by_thumbprint_or_text() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    for selector in [
        "776c7167",
        "8653f160bb1bc818",
        "grace@example",
        "--label grace",
    ] {
        let output = world.restore(&format!("{selector} --json --force"));
        ends(&output, 0);
        let report = json(&output);
        assert_eq!(report["entries"].as_array().unwrap().len(), 1, "{selector}");
        assert_eq!(report["entries"][0]["label"], "Grace Example");
    }
    ends(&world.restore("nobody"), 10);
    ends(&world.restore("ffffff"), 10);
}

#[test]
fn restore_takes_whole_names_before_longer_ones() {
    let world = World::new();
    for (key, subject) in [(21, "Lee"), (22, "Lee-Smith")] {
        let one = Issued {
            subject,
            key,
            ..Issued::default()
        };
        fs::write(world.path("store").join(format!("{key}.pem")), one.pem()).unwrap();
    }
    ends(&world.backup("--to a"), 0);
    let restored = |output: &std::process::Output| {
        let report = json(output);
        let entries = report["entries"].as_array().unwrap().iter();
        entries
            .map(|entry| entry["label"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let output = world.restore("Lee --json");
    ends(&output, 0);
    assert_eq!(restored(&output), ["Lee"]);
    // Where the one of that name is lost, the other is not restored in its place.
    let all = files(&world.path("a"));
    let file = all.iter().find(|name| name.starts_with("lee--"));
    fs::write(world.path("a").join(file.unwrap()), "").unwrap();
    let output = world.restore("Lee --force --json");
    ends(&output, 14);
    assert_eq!(restored(&output), Vec::<String>::new());
    assert_eq!(json(&output)["unopened"][0]["label"], "Lee");
    let output = world.restore("ee --force --json");
    ends(&output, 14);
    assert_eq!(restored(&output), ["Lee-Smith"]);
}

#[test]
fn restore_works_without_a_readable_manifest() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::write(world.path("a").join(MANIFEST), "{").unwrap();
    ends(&world.restore("Ada"), 0);
    fs::remove_file(world.path("a").join(MANIFEST)).unwrap();
    let output = world.restore("");
    ends(&output, 0);
    assert!(
        said(&output).contains("there is no manifest"),
        "{}",
        said(&output)
    );
    for label in ["Ada", "Edith", "Grace"] {
        world.works(label, UNLOCK);
    }
}

#[test]
fn restore_continues_after_damaged_file() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let bytes = fs::read(world.path("a").join(ADA)).unwrap();
    fs::write(world.path("a").join(ADA), &bytes[..bytes.len() / 2]).unwrap();
    let output = world.restore("");
    ends(&output, 14);
    let shown = said(&output);
    let lost = format!("Ada Example (694258fc134145ba) is not restored: a{MAIN_SEPARATOR}{ADA} ");
    assert!(shown.contains(&lost), "{shown}");
    assert!(shown.contains("2 identities were restored"), "{shown}");
    world.works("Grace", UNLOCK);
    fs::remove_file(world.path("a").join(GRACE)).unwrap();
    ends(&world.restore("--force"), 14);
}

#[test]
fn restore_with_wrong_password_writes_nothing() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let mut command = world.command("backup restore a --into new --password-env SECRET");
    let output = command.env("SECRET", "wrong").output().unwrap();
    ends(&output, 17);
    assert!(!world.path("new").exists());
    ends(&world.run("backup restore a --into new"), 13);
    ends(
        &world.run("backup restore nowhere --into new --password-env SECRET"),
        1,
    );
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs openssl"]
fn restore_with_escrow_key_needs_no_password() {
    let world = World::new();
    world.make_escrow();
    ends(&world.backup_with_escrow("--to a"), 0);
    let output = world.run("backup restore a --into new --escrow-key escrow.key");
    ends(&output, 0);
    assert!(
        said(&output).contains("are not encrypted"),
        "{}",
        said(&output)
    );
    for label in ["Ada", "Edith", "Grace"] {
        world.works(label, "");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn restore_skips_devices_and_pipes() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    std::os::unix::fs::symlink("/dev/zero", world.path("a/endless.p12")).unwrap();
    world.make_fifo("a/pipe.p12");
    let output = world.restore("--timeout 5s");
    ends(&output, 14);
    let shown = said(&output);
    for name in ["endless.p12", "pipe.p12"] {
        assert!(
            shown.contains(&format!("{name} is not restored")),
            "{shown}"
        );
    }
    world.works("Ada", UNLOCK);
}

#[test]
fn restore_takes_key_beside_unreadable_certificate() {
    let world = World::new();
    ends(&world.backup("--to a --label Ada"), 0);
    let pem = fs::read(world.path("store/grace-example.pem")).unwrap();
    let block = |label: &str| pem_rfc7468::decode_vec(&only(&pem, label)).unwrap().1;
    let password = Password::new(PASSWORD.to_owned());
    let password = PasswordForm::Text(&password);
    let bags = [
        pkcs12::certificate(&block("CERTIFICATE"), &[]),
        pkcs12::certificate(&[0], &[]),
        pkcs12::shrouded_key(&block("PRIVATE KEY"), &pkcs12::pbes2(10), password, &[]),
    ];
    let mac = Some((&pkcs12::mac(10), password));
    let file = pkcs12::file(&[pkcs12::plain(&bags)], mac);
    fs::write(world.path("a/other.p12"), file).unwrap();
    let output = world.restore("--json --unnamed");
    ends(&output, 0);
    let report = json(&output);
    assert_eq!(report["entries"].as_array().unwrap().len(), 2, "{report}");
    let notes = report["notes"].to_string();
    for note in ["other.p12: ", "the manifest does not name other.p12"] {
        assert!(notes.contains(note), "{notes}");
    }
    world.works("Grace", UNLOCK);
}

#[test]
fn verify_and_restore_ignore_macos_attribute_files() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::write(world.path("a").join(format!("._{ADA}")), "attributes").unwrap();
    world.verifies("a");
    ends(&world.restore(""), 0);
}

#[test]
fn restore_reports_file_missing_from_folder() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::remove_file(world.path("a").join(GRACE)).unwrap();
    let output = world.restore("--json");
    ends(&output, 14);
    let report = json(&output);
    assert_eq!(report["entries"].as_array().unwrap().len(), 2);
    assert_eq!(report["unopened"][0]["file"], GRACE);
    assert_eq!(report["unopened"][0]["label"], "Grace Example");
    // Of its thumbprint the manifest tells that it was in the backup.
    let output = world.restore("776c7167");
    ends(&output, 14);
    let shown = said(&output);
    let lost = "Grace Example (776c7167ca23d47f) is not restored: a";
    let lost = format!("{lost}{MAIN_SEPARATOR}{GRACE} is missing");
    assert!(shown.contains(&lost), "{shown}");
}
