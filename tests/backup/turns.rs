//! Several processes that save into one folder: they take turns.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Output, Stdio};
use std::thread;
use std::time::Duration;

use crate::{MANIFEST, World, ends, json, said, terminal};

/// How many save to one folder.
const MACHINES: u32 = 12;

impl World {
    fn begin(&self, words: &str) -> Child {
        let mut command = self.command(words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("certstow starts")
    }
}

fn ended(child: Child) -> Output {
    child.wait_with_output().expect("certstow ends")
}

#[test]
fn lock_serializes_concurrent_backups() {
    let world = World::new();
    let backup = |number: u32| {
        let store = format!("store-{number}");
        world.make_many(&store, number..number + 1);
        world.begin(&format!(
            "backup --store {store} --iterations 1 --chain none --password-env SECRET --to a"
        ))
    };
    let runs: Vec<Child> = (0..MACHINES).map(backup).collect();
    let readers = ["backup verify a", "backup verify a"].map(|words| {
        while !world.path("a").join(MANIFEST).exists() {
            thread::sleep(Duration::from_millis(5));
        }
        world.begin(words)
    });
    for run in runs.into_iter().chain(readers) {
        ends(&ended(run), 0);
    }
    let verdict = world.run("backup verify a --password-env SECRET --json");
    ends(&verdict, 0);
    let verdict = json(&verdict);
    let found = verdict["folders"][0]["files"].as_array().expect("files");
    assert_eq!(found.len(), MACHINES as usize);
}

#[test]
fn backup_reads_manifest_after_waiting_for_lock() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let other = File::open(world.path("a/.certstow-lock")).unwrap();
    other.lock_shared().unwrap();
    let waiting = "backup --store store --to a --json";
    let waiting = world.begin(waiting);
    thread::sleep(Duration::from_millis(300));
    // As if another run had written it meanwhile: by this manifest, one file is damaged.
    let path = world.path("a").join(MANIFEST);
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["entries"][0]["sha256"] = "0".repeat(64).into();
    fs::write(&path, manifest.to_string()).unwrap();
    drop(other);
    // The run reads it once it has the lock, and has no password to write that file anew.
    let output = ended(waiting);
    ends(&output, 13);
}

#[test]
fn lock_order_is_independent_of_arguments() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    let backup = "backup --store store --iterations 1 --password-env SECRET --rewrite";
    for _ in 0..5 {
        let runs = ["--to a --to b", "--to b --to a"]
            .map(|to| world.begin(&format!("{backup} {to} --timeout 60s")));
        for run in runs {
            ends(&ended(run), 0);
        }
    }
}

#[test]
fn lock_file_mode_is_always_private() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let lock = world.path("a/.certstow-lock");
    let mode = || lock.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&lock, fs::Permissions::from_mode(0o666)).unwrap();
    ends(&world.backup("--to a"), 0);
    assert_eq!(mode(), 0o600);
    fs::remove_file(&lock).unwrap();
    let open = "umask 000; exec \"$@\"";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", open, "sh", env!("CARGO_BIN_EXE_certstow")]);
    command.args("backup --store store --to a".split(' '));
    world.dress(&mut command);
    ends(&command.output().expect("sh starts"), 0);
    assert_eq!(mode(), 0o600);
}

#[test]
fn lock_wait_is_reported_once_at_terminal() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let other = File::open(world.path("a/.certstow-lock")).unwrap();
    other.lock().unwrap();
    for words in ["backup --store store --to a", "backup verify a"] {
        let words = format!("{words} --timeout 3s");
        let (code, shown) = terminal::start(world.folder.path(), 130, &words).end();
        assert_eq!(code, Some(16), "{shown}");
        let told = "waiting for another certstow that is using a";
        assert_eq!(shown.matches(told).count(), 1, "{shown}");
        assert!(shown.contains("another certstow is using a\r\n"), "{shown}");
        assert!(shown.contains("wait longer with --timeout"), "{shown}");
        // Where nobody looks, the end says it all.
        let shown = said(&world.run(&words));
        assert!(!shown.contains(told), "{shown}");
    }
}
