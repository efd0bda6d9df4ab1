//! A world that does not cooperate: a full disk, a reader that has gone away, a signal in the
//! middle of the work. certstow says so, with the right exit code, and leaves nothing half-done
//! behind.

#![cfg(target_os = "linux")]

mod calls;
mod disks;
mod limits;
#[path = "../support/loop_disk.rs"]
mod loop_disk;
#[path = "../support/program.rs"]
mod program;
mod signals;
mod streams;
mod syncing;
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod terminal;
mod waits;

use std::path::Path;
use std::process::Output;

use program::{certstow, in_folder, samples};

/// Options of an export from the sample store, but for its target.
fn export_ada(iterations: &str) -> Vec<String> {
    let samples = samples();
    let options = [
        "export",
        "Ada",
        "--store",
        &samples,
        "--password-env",
        "SECRET",
    ];
    let iterations = ["--iterations", iterations];
    options
        .into_iter()
        .chain(iterations)
        .map(str::to_owned)
        .collect()
}

/// The file restores.
fn restores(folder: &Path, file: &str) {
    let output = certstow(folder)
        .args(["check", "--password-env", "SECRET", file])
        .output()
        .expect("certstow starts");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

/// The names in a folder, in order, but for what certstow keeps for the account.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name != "data")
        .collect();
    names.sort();
    names
}

fn said(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
