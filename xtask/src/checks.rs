//! The checks of the source: formatting, lints for every platform, documentation.

use crate::command::{cargo, command, run, target_folder};
use crate::toolchain::OLDEST_RUST;

pub(crate) fn formatting() -> Result<(), String> {
    run(cargo().args(["fmt", "--all", "--check"]))
}

/// Lints everything, with these options of cargo.
pub(crate) fn clippy(options: &[&str]) -> Result<(), String> {
    run(cargo()
        .args(["clippy", "--locked", "--workspace", "--all-targets"])
        .args(options)
        .args(["--", "--deny", "warnings"]))
}

/// What is shipped builds with the oldest Rust promised; the tests may need a newer one.
pub(crate) fn oldest_rust() -> Result<(), String> {
    // In a folder of its own: two compilers in one would each throw out what the other built.
    let target = target_folder()?.join(format!("rust-{OLDEST_RUST}"));
    run(&mut command!(
        "rustup run {OLDEST_RUST} cargo check --locked --workspace --target-dir {target}"
    ))
}

pub(crate) fn documentation() -> Result<(), String> {
    run(cargo()
        .env("RUSTDOCFLAGS", "--deny warnings")
        .args(["doc", "--locked", "--workspace", "--no-deps"])
        .args(["--features", "certstow-platform/testing"]))
}
