//! Building for Windows: the program, and the tests of the platform crate. Cargo says where it
//! put each, in JSON.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command::{capture, cargo};

const TARGET: &str = "x86_64-pc-windows-gnu";

/// A program that cargo built.
pub(super) struct Executable {
    /// The name of what it was built from.
    pub(super) name: String,
    pub(super) file: PathBuf,
}

/// certstow as it is shipped.
pub(super) fn certstow() -> Result<PathBuf, String> {
    let mut build = cargo();
    build.args(["build", "--locked", "--release", "--package", "certstow"]);
    let mut built = executables(&mut build)?;
    match (built.pop(), built.pop()) {
        (Some(certstow), None) => Ok(certstow.file),
        _ => Err("cargo build made more or less than one program".to_owned()),
    }
}

/// The tests of the platform crate, each file of tests a program.
pub(super) fn tests() -> Result<Vec<Executable>, String> {
    let mut build = cargo();
    build.args(["test", "--locked", "--no-run"]).args([
        "--package",
        "certstow-platform",
        "--features",
        "testing",
    ]);
    let tests = executables(&mut build)?;
    // The least there is to run: a build that makes no tests must not pass.
    for name in [
        "certstow_platform",
        "contract",
        "file_store",
        "pkcs12",
        "windows",
    ] {
        if !tests.iter().any(|test| test.name == name) {
            return Err(format!("cargo test built no tests named {name}"));
        }
    }
    Ok(tests)
}

/// Runs a build and gives back the programs it made.
fn executables(build: &mut Command) -> Result<Vec<Executable>, String> {
    build
        .args(["--target", TARGET])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit());
    let messages = capture(build)?;
    messages
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).map_err(|error| error.to_string()))
        .filter_map(|message| message.map(|message| executable(&message)).transpose())
        .collect()
}

fn executable(message: &Value) -> Option<Executable> {
    Some(Executable {
        name: message["target"]["name"].as_str()?.to_owned(),
        file: message["executable"].as_str()?.into(),
    })
}
