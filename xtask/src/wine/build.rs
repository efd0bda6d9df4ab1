//! Building for Windows: the program, the tests of the platform crate, and those of the library.
//! Cargo says where it put each, in JSON.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command::{capture, cargo};

const TARGET: &str = "x86_64-pc-windows-gnu";

/// A program that cargo built.
pub(super) struct Executable {
    /// The name of what it was built from.
    pub(super) name: String,
    pub(super) file: PathBuf,
    /// The folder of its package.
    pub(super) folder: PathBuf,
}

/// certstow with the features it is shipped with. It is built as its tests are, not as a release:
/// that would build every dependency once more, with everything optimised at the end, and what a
/// test build checks besides (overflow, assertions) would not be checked.
pub(super) fn certstow() -> Result<PathBuf, String> {
    let mut build = cargo();
    build.args(["build", "--locked", "--package", "certstow"]);
    let mut built = executables(&mut build)?;
    match (built.pop(), built.pop()) {
        (Some(certstow), None) => Ok(certstow.file),
        _ => Err("cargo build made more or less than one program".to_owned()),
    }
}

/// Programs of tests: those of one package, or some of them.
pub(super) struct Tests {
    /// The package.
    pub(super) package: &'static str,
    /// Which of them, in cargo's words.
    option: &'static str,
    /// The least there is to run: a build that makes no tests must not pass.
    least: &'static [&'static str],
    /// Files of tests for another system, which are empty here.
    foreign: &'static [&'static str],
    /// Whether there are no tests in it that need programs of the host.
    pub(super) complete: bool,
}

/// What is tested under Wine.
pub(super) const TESTS: [Tests; 2] = [
    Tests {
        package: "certstow-platform",
        option: "--features=testing",
        least: &[
            "certstow_platform",
            "contract",
            "file_store",
            "pkcs12",
            "windows",
        ],
        foreign: &["keychain"],
        complete: true,
    },
    Tests {
        package: "certstow",
        option: "--lib",
        least: &["certstow"],
        foreign: &[],
        complete: false,
    },
];

impl Tests {
    /// Builds them, each file of tests a program.
    pub(super) fn build(&self) -> Result<Vec<Executable>, String> {
        let mut build = cargo();
        build
            .args(["test", "--locked", "--no-run", "--package"])
            .args([self.package, self.option]);
        let mut tests = executables(&mut build)?;
        tests.retain(|test| !self.foreign.contains(&test.name.as_str()));
        for name in self.least {
            if !tests.iter().any(|test| test.name == *name) {
                return Err(format!("cargo test built no tests named {name}"));
            }
        }
        Ok(tests)
    }
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
    let manifest = Path::new(message["manifest_path"].as_str()?);
    Some(Executable {
        name: message["target"]["name"].as_str()?.to_owned(),
        file: message["executable"].as_str()?.into(),
        folder: manifest.parent()?.to_path_buf(),
    })
}
