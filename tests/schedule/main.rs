//! Scheduled backups on Linux: what systemd itself says of the units, what other parsers read in
//! the files for Windows and macOS, and a service manager of a person's own that runs one.

#![cfg(target_os = "linux")]

mod files;
mod manager;
mod refusals;
#[path = "../support/service_manager.rs"]
mod service_manager;

use std::path::Path;
use std::process::{Command, Output};

/// What a task is to do, with paths that mean something else to a careless scheduler.
const BACKUP: [&str; 8] = [
    "--to",
    "/srv/100% of $HOME; \"two\" words\\",
    "--to",
    "/srv/Schlüssel",
    "--password-file",
    "/etc/pass word",
    "--subject",
    "%h & <x>",
];

/// Prints the files of a task for a system into a folder.
fn print(folder: &Path, system: &str, options: &[&str]) -> Output {
    let mut print = certstow();
    print
        .args(["schedule", "install", "--system", system])
        .arg(format!("--print={}", folder.display()))
        .args(["--program", env!("CARGO_BIN_EXE_certstow")])
        .args(BACKUP)
        .args(options);
    succeeds(&mut print)
}

fn certstow() -> Command {
    let mut certstow = Command::new(env!("CARGO_BIN_EXE_certstow"));
    certstow.env("NO_COLOR", "1");
    certstow
}

/// The output of a command that ends with 0.
fn succeeds(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n-- standard output:\n{}\n-- standard error:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
