//! `--dry-run`: it writes nothing, and says what the run after it does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use crate::{ADA, EDITH, MANIFEST, World, ends, json, said};

/// Everything below a folder, with its bytes and when it was changed.
fn everything(folder: &Path) -> BTreeMap<PathBuf, (Option<Vec<u8>>, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let changed = path
            .metadata()
            .and_then(|one| one.modified())
            .expect("a time");
        if path.is_dir() {
            found.extend(everything(&path));
            found.insert(path, (None, changed));
        } else {
            let bytes = fs::read(&path).expect("a file");
            found.insert(path, (Some(bytes), changed));
        }
    }
    found
}

/// A dry run without a password, which changes nothing.
fn dry(world: &World, words: &str) -> Value {
    let before = everything(world.folder.path());
    let output = world.run(&format!(
        "backup --dry-run --json --store store --iterations 1 {words}"
    ));
    ends(&output, 0);
    assert!(before == everything(world.folder.path()), "{words}");
    let report = json(&output);
    assert_eq!(report["dry_run"], true);
    report
}

/// What became of each file, and which were removed.
fn results(report: &Value) -> Vec<(String, String)> {
    let entries = report["entries"].as_array().expect("entries").iter();
    let files = entries.flat_map(|entry| entry["files"].as_array().expect("files"));
    let files = files.map(|file| {
        (
            format!("{} {}", file["to"], file["file"]),
            file["result"].to_string(),
        )
    });
    let destinations = report["destinations"]
        .as_array()
        .expect("destinations")
        .iter();
    let removed = destinations.flat_map(|one| {
        let removed = one["pruned_files"].as_array().expect("files").iter();
        removed.map(move |file| {
            (
                format!("{} {}", one["to"], file["file"]),
                "removed".to_owned(),
            )
        })
    });
    files.chain(removed).collect()
}

#[test]
fn dry_run_writes_nothing_and_foresees_the_run() {
    let world = World::new();
    fs::create_dir(world.path("a")).expect("a folder");
    let foresees = |words: &str| {
        let foreseen = dry(&world, words);
        let output = world.backup(&format!("--json {words}"));
        ends(&output, 0);
        let done = json(&output);
        assert_eq!(results(&foreseen), results(&done), "{words}");
        results(&done)
    };
    assert_eq!(foresees("--to a --to b").len(), 6);
    foresees("--to a --to b");
    foresees("--to a --to b --rewrite");
    world.damage(&format!("a/{ADA}"));
    fs::remove_file(world.path(&format!("b/{EDITH}"))).expect("removed");
    let mended = foresees("--to a --to b");
    assert_eq!(mended.iter().filter(|one| one.1 == "\"mended\"").count(), 2);
    foresees("--to a --label Ada");
    fs::write(world.path(&format!("a/{MANIFEST}")), "{").expect("written");
    foresees("--to a --to b");
    // The copy that stays is yet to be mended.
    world.damage(&format!("a/{EDITH}"));
    fs::remove_file(world.path(&format!("b/{EDITH}"))).expect("removed");
    let pruned = foresees("--to a --to b --prune-expired 90d");
    assert_eq!(pruned.iter().filter(|one| one.1 == "removed").count(), 1);
}

#[test]
fn dry_run_says_what_and_why() {
    let world = World::new();
    let dry = |words: &str| {
        world.run(&format!(
            "backup --dry-run --store store --iterations 1 {words}"
        ))
    };
    let first = dry("--to a");
    ends(&first, 0);
    let shown = said(&first);
    for line in [
        "a: the folder would be made\n",
        "a: 3 to write, 0 to remove, 0 unchanged\n",
        &format!("{ADA}: it is new\n"),
        "Nothing was written.\n",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(!world.path("a").exists());
    ends(&world.backup("--to a --to b"), 0);
    world.damage(&format!("a/{ADA}"));
    fs::remove_file(world.path("store/grace-example.pem")).expect("removed");
    let next = dry("--to a --to b --prune-expired 90d");
    ends(&next, 0);
    let shown = said(&next);
    for line in [
        "a: 1 to write, 0 to remove, 1 unchanged\n",
        &format!("{ADA}: the file was damaged: its bytes are not those that were written\n"),
        "b: 0 to write, 1 to remove, 1 unchanged\n",
        &format!("would remove {EDITH}, of Edith Example, which expired\n"),
        "in no store any more and only in the backup now",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}

/// What shows beforehand ends as the run would.
#[test]
fn dry_run_tells_of_folders_that_fail() {
    let world = World::new();
    let nowhere = world.run("backup --dry-run --store store --to no/where");
    ends(&nowhere, 16);
    assert!(
        said(&nowhere).contains("no/where: would fail"),
        "{}",
        said(&nowhere)
    );
    ends(
        &world.run("backup --dry-run --store store --to no/where --to a"),
        14,
    );
    ends(&world.backup("--to b"), 0);
    fs::remove_dir_all(world.path("b")).expect("removed");
    let emptied = world.run("backup --dry-run --store store --to b");
    ends(&emptied, 16);
    assert!(
        said(&emptied).contains("--accept-empty"),
        "{}",
        said(&emptied)
    );
    ends(
        &world.run("backup --dry-run --store store --to b --accept-empty"),
        0,
    );
    assert!(!world.path("b").exists());
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, which is then another account"]
fn dry_run_tells_of_folders_it_may_not_write_to() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    let world = World::new();
    let open = |name: &str| {
        let mode = Permissions::from_mode(0o755);
        fs::set_permissions(world.path(name), mode).expect("the mode is set");
    };
    fs::create_dir(world.path("a")).expect("a folder");
    fs::copy(env!("CARGO_BIN_EXE_certstow"), world.path("certstow")).expect("a copy");
    ["", "a", "store"].into_iter().for_each(open);
    for (to, reason) in [
        ("a", "no file can be created in its folder"),
        ("new", "the folder is not there, and cannot be made"),
    ] {
        let mut nobody = std::process::Command::new("setpriv");
        nobody.args(["--reuid=65534", "--clear-groups", "./certstow", "backup"]);
        nobody.args(["--dry-run", "--store", "store", "--to", to]);
        world.dress(&mut nobody);
        let output = nobody.output().expect("setpriv starts");
        ends(&output, 16);
        assert!(said(&output).contains(reason), "{}", said(&output));
    }
}
