//! The checks of the source: formatting, lints for every platform, documentation, tests.

use crate::command::{cargo, program, run, target_folder};
use crate::setup::{OLDEST_RUST, Peers};

/// The other platforms, linted from here. None of them needs a C compiler or a linker for that.
pub(crate) const TARGETS: [&str; 3] = [
    "x86_64-pc-windows-gnu",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
];

pub(crate) fn formatting() -> Result<(), String> {
    run(cargo().args(["fmt", "--all", "--check"]))
}

pub(crate) fn clippy() -> Result<(), String> {
    run(cargo()
        .args(["clippy", "--locked", "--workspace", "--all-targets"])
        .args(DENY_WARNINGS))
}

pub(crate) fn clippy_for(target: &str) -> Result<(), String> {
    run(cargo()
        .args(["clippy", "--locked", "--workspace", "--all-targets"])
        .args(["--target", target])
        .args(DENY_WARNINGS))
}

/// What is shipped builds with the oldest Rust promised; the tests may need a newer one.
pub(crate) fn oldest_rust() -> Result<(), String> {
    // In a folder of its own: two compilers in one would each throw out what the other built.
    let target = target_folder()?.join(format!("rust-{OLDEST_RUST}"));
    run(program("rustup")
        .args(["run", OLDEST_RUST, "cargo"])
        .args(["check", "--locked", "--workspace", "--target-dir"])
        .arg(target))
}

pub(crate) fn documentation() -> Result<(), String> {
    run(cargo()
        .env("RUSTDOCFLAGS", "--deny warnings")
        .args(["doc", "--locked", "--workspace", "--no-deps"])
        .args(["--features", "certstow-platform/testing"]))
}

/// The tests that mount a disk, which takes root: all begin with this.
const DISK_TESTS: &str = "disks::a_disk_without_permissions";

/// The test that mounts a disk as a drive that can be taken away.
const DRIVE_TESTS: &str = "a_mounted_drive_is_found";

/// The tests that run a service manager, which takes root, too: all have this in their names.
const MANAGER_TESTS: &str = "by_a_real_manager";

/// The tests that search the memory of a process, which takes root.
const MEMORY_TESTS: &str = "image::";

/// Every test; those that need a peer only where all peers are there, those that mount a disk or
/// read a closed memory only where this account may.
pub(crate) fn tests(peers: Peers, disks: bool, memory: bool) -> Result<(), String> {
    let mut test = cargo();
    test.args(["test", "--locked", "--workspace", "--no-fail-fast", "--"]);
    if peers == Peers::Complete {
        test.arg("--include-ignored");
    }
    if !disks {
        for name in [DISK_TESTS, DRIVE_TESTS, MANAGER_TESTS] {
            test.args(["--skip", name]);
        }
    }
    if !memory {
        test.args(["--skip", MEMORY_TESTS]);
    }
    run(&mut test)
}

/// The vault of a Linux desktop, which is not built by default: its lints, and its tests with a
/// keyring of their own.
pub(crate) fn secret_service(peers: Peers) -> Result<(), String> {
    const FEATURE: [&str; 4] = ["--locked", "--workspace", "--features", "secret-service"];
    run(cargo()
        .args(["clippy", "--all-targets"])
        .args(FEATURE)
        .args(DENY_WARNINGS))?;
    run(cargo()
        .args(["test", "--locked", "--package", "certstow-platform"])
        .args(["--features", "secret-service", "--lib", "vault"]))?;
    let mut test = cargo();
    test.args(["test", "--locked", "--features", "secret-service"])
        .args(["--test", "secret_service", "--"]);
    if peers == Peers::Complete {
        test.arg("--include-ignored");
    }
    run(&mut test)
}

const DENY_WARNINGS: [&str; 3] = ["--", "--deny", "warnings"];
