//! What never answers ends a backup in time, with an exit code of its own; what takes long and gets
//! on does not.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::{ALL, World, ends, files, json, said};

impl World {
    pub(crate) fn make_fifo(&self, name: &str) {
        let made = Command::new("mkfifo").arg(self.path(name)).status();
        assert!(made.expect("mkfifo starts").success());
    }

    /// A backup of which every write to the disk takes longer, by strace.
    fn slow_backup(&self, inject: &str, words: &str) -> Output {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "strace.log", "-e", "trace=fsync"]);
        command.args(["-e", &format!("inject=fsync:{inject}")]);
        command.arg(env!("CARGO_BIN_EXE_certstow"));
        command.args("backup --store store --iterations 1 --password-env SECRET".split(' '));
        command.args(words.split_whitespace());
        self.dress(&mut command);
        command.output().expect("strace starts")
    }
}

/// It ended since nothing came from there.
fn waited_for(output: &Output, what: &str) {
    ends(output, 13);
    let shown = said(output);
    let expected = format!("nothing happened for 1 second while waiting for {what}");
    assert!(shown.contains(&expected), "{shown}");
}

#[test]
fn backup_times_out_reading_silent_pipe() {
    let world = World::new();
    world.make_fifo("fifo");
    let backup = "backup --store store --iterations 1 --to a --timeout 1s";
    waited_for(
        &world.run(&format!("{backup} --password-file fifo")),
        "a password from fifo",
    );
    assert_eq!(files(&world.path("a")), [""; 0]);
    waited_for(
        &world.run(&format!("{backup} --config fifo")),
        "the options in fifo",
    );
    std::fs::write(world.path("own.toml"), "quiet = true").expect("written");
    let mut beside_own = world.command(&format!("{backup} --config fifo"));
    beside_own.env("CERTSTOW_CONFIG", world.path("own.toml"));
    let output = beside_own.output().expect("certstow starts");
    waited_for(&output, "the options in fifo");
}

#[test]
fn verify_does_not_wait_for_pipes() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    std::fs::remove_file(world.path("a/.certstow-lock")).unwrap();
    world.make_fifo("a/.certstow-lock");
    ends(&world.run("backup verify a --timeout 10s"), 0);
    // One in the place of a file is no such file.
    std::fs::remove_file(world.path("a/.certstow-lock")).unwrap();
    std::fs::remove_file(world.path("a").join(crate::ADA)).unwrap();
    world.make_fifo(&format!("a/{}", crate::ADA));
    let verdict = world.run("backup verify a --json --timeout 10s");
    ends(&verdict, 15);
    let file = &json(&verdict)["folders"][0]["files"][0];
    assert_eq!(file["reason"], "it cannot be read: it is no regular file");
}

#[test]
#[ignore = "needs strace"]
fn backup_timeout_on_disk_leaves_whole_files() {
    let world = World::new();
    // The fourth is that of a key file.
    let output = world.slow_backup("delay_exit=3000000:when=4", "--to a --timeout 1s");
    waited_for(&output, "the disk or share of a/");
    for name in files(&world.path("a")) {
        assert!(ALL.contains(&name.as_str()), "{name}");
        let file = Path::new("a").join(name);
        let check = format!("check --password-env SECRET {}", file.display());
        ends(&world.run(&check), 0);
    }
    ends(&world.backup("--to a"), 0);
    world.verifies("a");
}

#[test]
#[ignore = "needs strace"]
fn backup_with_progress_outlasts_timeout() {
    let world = World::new();
    let began = Instant::now();
    let output = world.slow_backup("delay_exit=500000", "--to a --timeout 2s");
    ends(&output, 0);
    let took = began.elapsed();
    assert!(took > Duration::from_secs(2), "{took:?} is not long");
    world.verifies("a");
}
