//! Killed at each call that changes something, by strace: whatever was there before is whole, and
//! the next run finishes the work. The run is kept on one core, so that it takes the same way each
//! time.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use crate::{World, complete, ends, files, json, said};

/// The system calls that change a folder or a file. A call before it begins is as good as the end
/// of the one before.
const CALLS: [&str; 6] = [
    "write", "fsync", "/^rename", "/^link", "/^unlink", "/^mkdir",
];

/// More calls of one kind than any of these runs makes.
const MOST: usize = 200;

impl World {
    /// Whether a backup is killed when it makes a call for the `nth` time: not, if it makes fewer.
    fn is_killed_at(&self, call: &str, nth: usize, options: &str) -> bool {
        let backup = "backup --store store --iterations 1 --label e --to a";
        self.run_is_killed_at(call, nth, &format!("{backup} {options}"))
    }

    /// Whether certstow with these words is.
    pub(crate) fn run_is_killed_at(&self, call: &str, nth: usize, words: &str) -> bool {
        assert!(nth < MOST, "{call}: it never ends");
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", "0", "strace", "-f", "-qq", "-o", "strace.log"]);
        command.args(["-e", &format!("trace={call}")]);
        command.args(["-e", &format!("inject={call}:signal=KILL:when={nth}")]);
        command.arg(env!("CARGO_BIN_EXE_certstow"));
        command.args(words.split_whitespace());
        self.dress(&mut command);
        let output = command.output().expect("strace starts");
        // strace ends as the program did.
        let signal = output.status.signal();
        let ended = output.status.success() || signal == Some(9);
        assert!(ended, "{call} {nth}: {}", said(&output));
        signal.is_some()
    }
}

/// Kills a run at every call it makes, and looks at what is left each time. `prepare` makes what is
/// there before, `whole` tells whether every key file is.
fn at_every_call(
    options: &str,
    prepare: impl Fn(&World),
    whole: impl Fn(&World, &str),
    verify: &str,
    expected: &[String],
) {
    let mut killed = 0;
    for call in CALLS {
        for nth in 1.. {
            let world = World::new();
            prepare(&world);
            let before: Vec<String> = match world.path("a").exists() {
                true => files(&world.path("a")),
                false => Vec::new(),
            };
            if !world.is_killed_at(call, nth, options) {
                break;
            }
            let place = format!("{call} {nth}");
            killed += 1;
            for name in before.iter().filter(|name| name.ends_with(".p12")) {
                assert!(
                    world.path("a").join(name).exists(),
                    "{place}: {name} is gone"
                );
            }
            whole(&world, &place);
            let finished = world.run(&format!(
                "backup --store store --iterations 1 --label e --to a {options}"
            ));
            assert_eq!(
                finished.status.code(),
                Some(0),
                "{place}: {}",
                said(&finished)
            );
            let verdict = world.run(verify);
            assert_eq!(
                verdict.status.code(),
                Some(0),
                "{place}: {}",
                said(&verdict)
            );
            assert_eq!(files(&world.path("a")), expected, "{place}");
        }
    }
    assert!(killed > 15, "killed {killed} times only");
}

/// Every key file opens with the password and restores.
fn restores(world: &World, place: &str) {
    let Ok(entries) = fs::read_dir(world.path("a")) else {
        return;
    };
    for entry in entries {
        let file = entry.expect("an entry").path();
        if file.extension().is_some_and(|extension| extension == "p12") {
            let words = format!("check --password-env SECRET {}", file.display());
            let output = world.run(&words);
            assert_eq!(output.status.code(), Some(0), "{place}: {}", said(&output));
        }
    }
}

const VERIFY: &str = "backup verify --password-env SECRET a";

#[test]
#[ignore = "needs strace"]
fn a_first_run_killed_at_any_call_is_finished_by_the_next() {
    let options = "--password-env SECRET";
    at_every_call(options, |_| {}, restores, VERIFY, &complete());
}

#[test]
#[ignore = "needs strace"]
fn files_replaced_by_a_run_killed_at_any_call_are_the_old_or_the_new() {
    let prepare = |world: &World| {
        ends(&world.backup("--to a"), 0);
        world.damage(&format!("a/{}", crate::GRACE));
        fs::remove_file(world.path("a").join(crate::GRACE)).expect("a file");
    };
    let options = "--password-env SECRET --rewrite";
    at_every_call(options, prepare, restores, VERIFY, &complete());
}

#[test]
#[ignore = "needs strace"]
fn retention_killed_at_any_call_is_finished_by_the_next() {
    let prepare = |world: &World| {
        ends(&world.backup("--to a"), 0);
        fs::remove_file(world.path("store/edith-example-2020.pem")).expect("a file");
    };
    // Among the files that were there, Edith's may go.
    let mut killed = 0;
    for call in CALLS {
        for nth in 1.. {
            let world = World::new();
            prepare(&world);
            if !world.is_killed_at(call, nth, "--password-env SECRET --prune-expired 90d") {
                break;
            }
            killed += 1;
            restores(&world, call);
            for name in [crate::ADA, crate::GRACE] {
                assert!(world.path("a").join(name).exists(), "{call} {nth}");
            }
            ends(&world.backup("--to a --prune-expired 90d"), 0);
            world.verifies("a");
            let left = files(&world.path("a"));
            assert_eq!(
                left,
                [crate::ADA, crate::MANIFEST, crate::GRACE],
                "{call} {nth}"
            );
        }
    }
    assert!(killed > 5, "killed {killed} times only");
}

#[test]
#[ignore = "needs strace and openssl"]
fn no_password_in_escrow_is_lost_wherever_a_run_is_killed() {
    let prepare = |world: &World| {
        world.make_escrow();
        ends(&world.backup_with_escrow("--to a"), 0);
    };
    let opens = |world: &World, place: &str| {
        let verdict = world.run("backup verify --escrow-key escrow.key --json a");
        for file in json(&verdict)["folders"][0]["files"]
            .as_array()
            .expect("files")
        {
            assert_eq!(file["restores"], true, "{place}: {}", said(&verdict));
        }
    };
    let mut expected = complete();
    expected.extend(crate::ALL.iter().map(|name| format!("{name}.cms")));
    expected.sort();
    at_every_call(
        "--escrow escrow.pem --rewrite",
        prepare,
        opens,
        "backup verify --escrow-key escrow.key a",
        &expected,
    );
}

/// What brings identities into a folder is done again by the next run, as if nothing had been; what
/// the killed one put there counts only if it has its name.
fn brought_in_again(words: &str, prepare: impl Fn(&World), labels: &[&str]) {
    let mut killed = 0;
    for call in CALLS {
        for nth in 1.. {
            let world = World::new();
            prepare(&world);
            if !world.run_is_killed_at(call, nth, words) {
                break;
            }
            killed += 1;
            let place = format!("{call} {nth}");
            let arrived = |world: &World| match fs::read_dir(world.path("new")) {
                Ok(entries) => entries
                    .map(|entry| entry.expect("an entry").path())
                    .filter(|path| path.extension().is_some_and(|extension| extension == "pem"))
                    .count(),
                Err(_) => 0,
            };
            // An import of what is there is refused, a restore of it is done already.
            let all_there = arrived(&world) == labels.len();
            let code = match all_there && words.starts_with("import") {
                true => 16,
                false => 0,
            };
            let again = world.run(words);
            assert_eq!(again.status.code(), Some(code), "{place}: {}", said(&again));
            assert_eq!(arrived(&world), labels.len(), "{place}");
            // A run that has nothing to write leaves what was left behind.
            let names = files(&world.path("new"));
            let left = names.len() - labels.len();
            assert!(left == 0 || all_there, "{place}: {names:?}");
            for label in labels {
                let export = world.run(&format!(
                    "export {label} --store new --unlock-password-env SECRET --iterations 1 \
                     --password-env SECRET -o {label}.p12"
                ));
                assert_eq!(export.status.code(), Some(0), "{place}: {}", said(&export));
            }
        }
    }
    assert!(killed > 5, "killed {killed} times only");
}

#[test]
#[ignore = "needs strace"]
fn a_restore_killed_at_any_call_is_done_by_the_next() {
    brought_in_again(
        "backup restore a --into new --password-env SECRET",
        |world| ends(&world.backup("--to a"), 0),
        &["Ada", "Edith", "Grace"],
    );
}

#[test]
#[ignore = "needs strace"]
fn an_import_killed_at_any_call_is_done_by_the_next() {
    let file = format!("a/{}", crate::ADA);
    brought_in_again(
        &format!("import {file} --store new --password-env SECRET"),
        |world| ends(&world.backup("--to a"), 0),
        &["Ada"],
    );
}
