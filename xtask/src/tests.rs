//! The tests of this system. Each file of tests is a program. On Linux as many run at a time as there
//! are cores: many wait for most of their time, for a terminal, a limit of time or another program,
//! and cargo, which runs one file after the other, would have the cores wait with them. Elsewhere
//! tests of different files use the one store that the account has, and one file runs at a time.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::{cargo, ensure, logged, run, target_folder};
use crate::executables::{self, Executable};
use crate::files;
use crate::setup::{self, Peers};
use crate::steps::{Steps, longest_first};

/// The tests that mount a disk, which takes root: all begin with this.
const DISK_TESTS: &str = "disks::export_to_exfat";

/// The test that mounts a disk as a drive that can be taken away.
const DRIVE_TESTS: &str = "removable_drives_include_only_writable";

/// The tests that run a service manager, which takes root, too: all have this in their names.
const MANAGER_TESTS: &str = "with_real_manager";

/// The test that has .NET open files, which [`crate::pip`] installs under this name.
pub(crate) const DOTNET: &str = "dotnet";
const DOTNET_TEST: &str = "verdicts::check_agrees";

/// The test that has Prometheus read metrics, which [`crate::unpacked`] puts there.
const PROMETHEUS_TEST: &str = "prometheus_alerts";

/// The tests that search the memory of a process, which takes root: all begin with one of these.
const MEMORY_TESTS: [&str; 2] = ["memory_at_exit", "memory_search"];

/// The tests that inject every fault at every call, which takes minutes: all begin with this. Of
/// them a part is among the other tests.
const EVERY_FAULT: &str = "calls::every::";

/// Files of tests that take longest. They begin first, so that no core is left without work in the
/// end.
const LONG: [&str; 7] = [
    "interop", "secrets", "faults", "backup", "damaged", "report", "terminal",
];

/// What this machine and account can do.
#[derive(Clone, Copy)]
pub(crate) struct Able {
    /// Whether the other programs are there.
    pub(crate) peers: Peers,
    /// Whether .NET is there.
    pub(crate) dotnet: bool,
    /// Whether Prometheus is there.
    pub(crate) prometheus: bool,
    /// Whether it may mount disks.
    pub(crate) disks: bool,
    /// Whether it may read a closed memory.
    pub(crate) memory: bool,
}

impl Able {
    /// What the programs of tests are told, so that they leave out what can't be done.
    fn arguments(self) -> Vec<&'static str> {
        let mut arguments = Vec::new();
        if self.peers == Peers::Complete {
            arguments.extend(["--include-ignored", "--skip", EVERY_FAULT]);
        }
        if !self.disks {
            for name in [DISK_TESTS, DRIVE_TESTS, MANAGER_TESTS] {
                arguments.extend(["--skip", name]);
            }
        }
        if !self.dotnet {
            arguments.extend(["--skip", DOTNET_TEST]);
        }
        if !self.prometheus {
            arguments.extend(["--skip", PROMETHEUS_TEST]);
        }
        if !self.memory {
            for name in MEMORY_TESTS {
                arguments.extend(["--skip", name]);
            }
        }
        arguments
    }
}

/// Every test of every package.
pub(crate) fn check(steps: &mut Steps, able: Able) {
    let mut built = Vec::new();
    steps.run("tests: build", || {
        built = build(&[])?;
        Ok(())
    });
    steps.run("tests", || run_all(built, able));
    steps.run("tests: examples in the documentation", || {
        let mut test = cargo();
        test.args(["test", "--locked", "--workspace", "--doc", "--"]);
        run(test.args(able.arguments()))
    });
}

/// Injects every fault at every system call, in the scenarios whose names hold one of these words;
/// in all, if there are none.
pub(crate) fn faults(words: &[&str]) -> Result<(), String> {
    setup::require(&setup::FAULTS)?;
    let mut built = build(&["--test", "faults"])?;
    built.retain(|test| test.name == "faults");
    let [test] = built.as_slice() else {
        return Err("cargo test built no such tests".to_owned());
    };
    let names = words.iter().map(|word| format!("{EVERY_FAULT}{word}"));
    let names: Vec<_> = match words {
        [] => vec![EVERY_FAULT.to_owned()],
        _ => names.collect(),
    };
    run(Command::new(&test.file)
        .args(names)
        .args(["--include-ignored", "--nocapture"])
        .current_dir(&test.folder))
}

/// The tests of the vault of a Linux desktop, with a keyring of their own. It is a feature that is
/// off by default, so the program is built once more, with all that the feature changes.
pub(crate) fn check_secret_service(steps: &mut Steps, able: Able) {
    const FEATURE: [&str; 2] = ["--features", "secret-service"];
    let mut built = Vec::new();
    steps.run("Secret Service: build", || {
        // Of the packages of the other tests, so that most dependencies are the same, too.
        built = build(&[&FEATURE[..], &["--lib", "--test", "secret_service"]].concat())?;
        built.retain(|test| !["certstow", "certstow_formats"].contains(&test.name.as_str()));
        Ok(())
    });
    steps.run("Secret Service: tests", || run_all(built, able));
}

/// Builds the tests of every package, with these options.
fn build(options: &[&str]) -> Result<Vec<Executable>, String> {
    let mut build = cargo();
    build.args(["test", "--locked", "--workspace", "--no-run"]);
    let mut built = executables::build(build.args(options))?;
    built.retain(|executable| executable.is_test);
    match built.is_empty() {
        true => Err("cargo test built no tests".to_owned()),
        false => Ok(built),
    }
}

/// Runs the files of tests; an error that names those in which not all passed.
fn run_all(tests: Vec<Executable>, able: Able) -> Result<(), String> {
    ensure(!tests.is_empty(), || {
        "there are none, since they were not built".to_owned()
    })?;
    let scratch = target_folder()?.join("xtask-tests");
    files::create_folder(&scratch)?;
    let at_a_time = match cfg!(target_os = "linux") {
        true => thread::available_parallelism().map_or(1, usize::from),
        false => 1,
    };
    let (mut first, rest): (Vec<_>, Vec<_>) = tests
        .into_iter()
        .partition(|test| LONG.contains(&test.name.as_str()));
    first.sort_by_key(|test| LONG.iter().position(|name| *name == test.name));
    let waiting = Mutex::new(VecDeque::from_iter(first.into_iter().chain(rest)));
    let ended = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                while let Some(test) = take(&waiting) {
                    let began = Instant::now();
                    let result = run_one(&test, able, &scratch);
                    let mut ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
                    ended.push((title(&test), began.elapsed(), result));
                }
            });
        }
    });
    summary(ended.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn take(waiting: &Mutex<VecDeque<Executable>>) -> Option<Executable> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.pop_front()
}

fn title(test: &Executable) -> String {
    format!("{}, {} {}", test.package, test.kind, test.name)
}

/// Runs a file of tests as cargo would, and shows what it printed once it has ended.
fn run_one(test: &Executable, able: Able, scratch: &Path) -> Result<(), String> {
    let log = scratch.join(title(test));
    println!("    running: {}", title(test));
    let mut command = Command::new(&test.file);
    command
        .args(able.arguments())
        .current_dir(&test.folder)
        .env("CARGO_PKG_NAME", &test.package)
        .env("CARGO_MANIFEST_DIR", &test.folder);
    let (status, printed) = logged(&mut command, &log)?;
    println!("\n     Running {}\n{printed}", title(test));
    ensure(status.success(), || format!("{status}"))
}

fn summary(ended: Vec<(String, Duration, Result<(), String>)>) -> Result<(), String> {
    let count = ended.len();
    let mut failures = Vec::new();
    let mut times = Vec::new();
    for (title, took, result) in ended {
        if let Err(reason) = result {
            failures.push(format!("{title}: {reason}"));
        }
        times.push((title, took));
    }
    print!("{}", longest_first(times));
    ensure(failures.is_empty(), || {
        format!(
            "{} of {count} files of tests failed:\n{}",
            failures.len(),
            failures.join("\n")
        )
    })
}
