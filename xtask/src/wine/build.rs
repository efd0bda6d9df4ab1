//! Building for Windows: the program, the unit tests of every package, and the files of tests of those
//! that hold stores and formats.

use serde_json::Value;

use crate::command::{cargo, metadata};
use crate::executables::{self, Executable};

/// What certstow is built for, with the features it is shipped with. It is built as its tests are, not
/// as a release: that would build every dependency once more, with everything optimised at the end,
/// and what a test build checks besides (overflow, assertions) would not be checked.
pub(super) const TARGET: &str = "x86_64-pc-windows-gnu";

/// The package of the stores, all of whose tests run under Wine.
pub(super) const PLATFORM: &str = "certstow-platform";

const FORMATS: &str = "certstow-formats";

/// The least there is to run: a build that makes no tests must not pass.
const LEAST: [&str; 8] = [
    "certstow",
    "certstow_core",
    "certstow_formats",
    "certstow_platform",
    "contract",
    "file_store",
    "pkcs12",
    "windows",
];

/// The packages whose unit tests run.
const PACKAGES: [&str; 4] = ["certstow", "certstow-core", FORMATS, PLATFORM];

/// Files of tests for another system, which are empty here.
const FOREIGN: [&str; 1] = ["keychain"];

/// The files of tests, each a program. They are built by one command: which features a dependency
/// has depends on what is built together, and two commands would build most of them twice.
pub(super) fn tests() -> Result<Vec<Executable>, String> {
    let mut build = cargo();
    build
        .args(["test", "--locked", "--no-run", "--target", TARGET])
        .args(PACKAGES.iter().flat_map(|package| ["--package", package]))
        .args(["--lib", "--features", "certstow-platform/testing"]);
    for name in files_of_tests()? {
        build.args(["--test", &name]);
    }
    let mut tests = executables::build(&mut build)?;
    tests.retain(|test| !FOREIGN.contains(&test.name.as_str()));
    for name in LEAST {
        if !tests.iter().any(|test| test.name == name) {
            return Err(format!("cargo test built no tests named {name}"));
        }
    }
    Ok(tests)
}

/// The names of the files of tests of the packages of formats and stores.
fn files_of_tests() -> Result<Vec<String>, String> {
    let metadata = metadata(&["--no-deps"])?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"]).into_iter();
    let two = packages.filter(|package| package["name"] == PLATFORM || package["name"] == FORMATS);
    let targets = two.flat_map(|package| list(&package["targets"]));
    let tests = targets.filter(|target| target["kind"][0] == "test");
    Ok(tests
        .filter_map(|test| Some(test["name"].as_str()?.to_owned()))
        .collect())
}
