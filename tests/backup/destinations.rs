//! Destinations that do not cooperate: each fails by itself.

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use certstow_platform::new_file::NewFile;

use crate::{ADA, MANIFEST, World, complete, ends, files, json, said};

#[test]
fn backup_with_unwritable_destination_completes_the_other() {
    let world = World::new();
    fs::write(world.path("file"), "no folder").unwrap();
    for bad in ["file", "nowhere/below"] {
        let output = world.backup(&format!("--to {bad} --to a --json"));
        ends(&output, 14);
        let report = json(&output);
        assert_eq!(report["destinations"][0]["ok"], false);
        assert_eq!(report["destinations"][0]["to"], bad);
        assert_eq!(report["destinations"][0]["error"]["exit"], 16);
        assert_eq!(report["destinations"][1]["ok"], true);
        assert_eq!(files(&world.path("a")), complete());
        world.verifies("a");
    }
    let shown = said(&world.backup("--to file --to a"));
    assert!(shown.contains("1 of 2 folders failed"), "{shown}");
    ends(&world.backup("--to file"), 16);
    ends(&world.backup("--to file --to nowhere/below"), 16);
}

#[test]
fn backup_creates_destination_but_no_parent_folders() {
    let world = World::new();
    ends(&world.backup("--to new"), 0);
    ends(&world.backup("--to not/mounted"), 16);
    assert!(!world.path("not").exists());
    // As where a disk is not mounted.
    symlink("not/mounted", world.path("link")).unwrap();
    let output = world.backup("--to link");
    ends(&output, 16);
    let shown = said(&output);
    assert!(shown.contains("a link to what is not there"), "{shown}");
}

#[test]
fn lock_held_fails_only_that_destination() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    let other = File::open(world.path("a/.certstow-lock")).unwrap();
    other.lock().unwrap();
    let output = world.backup("--to a --to b --rewrite --json --timeout 1s");
    ends(&output, 14);
    let report = json(&output);
    assert_eq!(report["destinations"][0]["error"]["code"], "target-locked");
    assert_eq!(report["destinations"][1]["written"], 3);
    let readers = [
        "backup --store store --to a",
        "backup verify a",
        "backup restore a --into new --password-env SECRET",
    ];
    for words in readers {
        let output = world.run(&format!("{words} --timeout 1s"));
        ends(&output, 16);
        let shown = said(&output);
        assert!(shown.contains("another certstow is using a"), "{shown}");
    }
}

#[test]
fn backup_removes_leftover_files_unless_locked() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let left = world.path("a/.certstow-Xy12ab.tmp");
    fs::write(&left, "half").unwrap();
    let lock = File::open(world.path("a/.certstow-lock")).unwrap();
    lock.lock().unwrap();
    ends(&world.backup("--to a --timeout 1s"), 16);
    assert!(left.exists());
    drop(lock);
    ends(&world.backup("--to a"), 0);
    assert_eq!(files(&world.path("a")), complete());
}

/// The file that another process is writing, as this one does here, is its own.
#[test]
fn backup_keeps_temporary_file_of_another_process() {
    let world = World::new();
    let target = world.path("a/mine.p12");
    fs::create_dir(world.path("a")).unwrap();
    let writing = NewFile::beside(&target).unwrap();
    ends(&world.backup("--to a"), 0);
    ends(&world.backup("--to a --rewrite"), 0);
    writing.rename(&target).unwrap();
    assert!(target.exists());
}

#[test]
fn manifest_path_outside_folder_is_not_followed() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::write(world.path("precious.p12"), "precious").unwrap();
    let manifest = world.path("a/certstow-manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let text = text.replace(crate::EDITH, "../precious.p12");
    fs::write(&manifest, text).unwrap();
    fs::remove_file(world.path("store/edith-example-2020.pem")).unwrap();
    ends(&world.backup("--to a --prune-expired 1d"), 0);
    assert_eq!(fs::read(world.path("precious.p12")).unwrap(), b"precious");
    assert!(world.path("a").join(crate::EDITH).exists());
}

#[test]
fn manifest_naming_file_twice_is_rebuilt() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let manifest = world.path("a/certstow-manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace(crate::GRACE, crate::ADA)).unwrap();
    ends(&world.run("backup verify a"), 15);
    ends(&world.backup("--to a"), 0);
    world.verifies("a");
    fs::remove_file(world.path("a/certstow-manifest.json.damaged")).expect("it was kept");
    assert_eq!(files(&world.path("a")), complete());
}

#[test]
fn manifest_larger_than_memory_is_rebuilt() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let manifest = world.path("a/certstow-manifest.json");
    // It takes no room on the disk.
    let length = 1 << 42;
    File::create(&manifest).unwrap().set_len(length).unwrap();
    ends(&world.backup("--to a"), 0);
    let aside = world.path("a/certstow-manifest.json.damaged");
    assert_eq!(aside.metadata().unwrap().len(), length);
    world.verifies("a");
}

/// What is written is read again by the next run: none writes a manifest that is too large for that.
#[test]
fn backup_refuses_to_exceed_manifest_size_limit() {
    let world = World::new();
    ends(&world.backup("--to a --label Ada"), 0);
    let manifest = world.path("a/certstow-manifest.json");
    let mut text = fs::read(&manifest).unwrap();
    // As large as is read, and no room for two entries more.
    text.resize((256 << 20) - 1000, b' ');
    fs::write(&manifest, &text).unwrap();
    let output = world.backup("--to a --to b --json");
    ends(&output, 14);
    let report = json(&output);
    let error = &report["destinations"][0]["error"];
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("its manifest would be larger than certstow reads"),
        "{error}"
    );
    assert_eq!(error["hint"], "choose another folder with --to");
    assert_eq!(report["destinations"][1]["ok"], true);
    assert_eq!(files(&world.path("a")), [crate::ADA, crate::MANIFEST]);
}

#[test]
fn destination_given_twice_through_link_is_refused() {
    let world = World::new();
    fs::create_dir(world.path("real")).unwrap();
    std::os::unix::fs::symlink("real", world.path("link")).unwrap();
    ends(&world.backup("--to real/new --to link/new"), 2);
    assert!(!world.path("real/new").exists());
}

/// A run on a system where syncing one folder fails.
fn with_failing_sync(world: &World, folder: &str, words: &str) -> std::process::Output {
    let mut command = std::process::Command::new("strace");
    command
        .args(["-f", "-qq", "-o", "/dev/null", "-P"])
        .arg(world.path(folder));
    command.args(["-e", "trace=fsync", "-e", "inject=fsync:error=EIO"]);
    command.arg(env!("CARGO_BIN_EXE_certstow"));
    command.args(words.split_whitespace());
    world.dress(&mut command);
    command.output().expect("strace starts")
}

#[test]
#[ignore = "needs strace and openssl"]
fn destination_fails_when_folder_sync_fails() {
    for escrow in [false, true] {
        let world = World::new();
        world.make_escrow();
        let protection = match escrow {
            true => "--escrow escrow.pem",
            false => "--password-env SECRET",
        };
        fs::create_dir(world.path("a")).unwrap();
        let backup = format!("backup --store store --iterations 1 --to a --to b {protection}");
        let output = with_failing_sync(&world, "a", &format!("{backup} --json"));
        ends(&output, 14);
        let report = json(&output);
        assert_eq!(report["destinations"][0]["ok"], false);
        assert_eq!(report["destinations"][1]["ok"], true);
        // Without a password that is there for good, no file comes to be.
        let expected = match escrow {
            true => "failed",
            false => "new",
        };
        for entry in report["entries"].as_array().unwrap() {
            assert_eq!(entry["files"][0]["result"], expected, "{entry}");
            assert_eq!(entry["files"][1]["result"], "new", "{entry}");
        }
        let alone = with_failing_sync(&world, "a", &backup.replace(" --to b", " --rewrite"));
        ends(&alone, 14);
        assert!(
            said(&alone).contains("did not confirm it"),
            "{}",
            said(&alone)
        );
        ends(&world.run(&backup), 0);
        ends(&world.run(&backup), 0);
    }
}

/// Its files are not the store's; what else lies in its folder is.
#[test]
fn store_ignores_backup_in_its_folder() {
    let world = World::new();
    let backup = |words| world.backup(&format!("--to store/kept {words}"));
    ends(&backup(""), 0);
    let again = backup("");
    ends(&again, 0);
    let shown = said(&again);
    let folder = fs::canonicalize(world.path("store/kept")).expect("the folder");
    let notice = format!("{} is a backup in the folder of a store", folder.display());
    assert_eq!(shown.matches(&notice).count(), 1, "{shown}");
    assert!(shown.contains("3 unchanged"), "{shown}");
    for words in [
        "list --store store",
        "list --store store --json",
        "doctor --store store",
    ] {
        let output = world.run(words);
        ends(&output, 0);
        assert!(said(&output).contains(&notice), "{}", said(&output));
    }
    // Who names the backup itself means it.
    ends(&world.run("list --store store/kept"), 14);

    fs::copy(
        world.path("store/kept").join(ADA),
        world.path("store/kept/another.p12"),
    )
    .expect("a copy");
    let output = backup("");
    ends(&output, 14);
    let shown = said(&output);
    assert!(shown.contains("another.p12: locked"), "{shown}");
    assert!(!shown.contains(&format!("{ADA}: locked")), "{shown}");
    fs::remove_file(world.path("store/kept/another.p12")).expect("ours");
    fs::write(world.path("store/kept").join(MANIFEST), "{}").expect("written");
    ends(&world.run("list --store store"), 14);
}
