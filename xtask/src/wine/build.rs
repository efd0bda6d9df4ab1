//! Building for Windows: the program, and the tests of every package that are not for another system.

use crate::command::{cargo, metadata};
use crate::dependencies::{list, text};
use crate::executables::{self, Executable};
use crate::files;

/// What certstow is built for, with the features it is shipped with. It is built as its tests are, not
/// as a release: that would build every dependency once more, with everything optimised at the end,
/// and what a test build checks besides (overflow, assertions) would not be checked.
pub(super) const TARGET: &str = "x86_64-pc-windows-gnu";

/// The package of the stores, all of whose tests run under Wine.
pub(super) const PLATFORM: &str = "certstow-platform";

/// The least there is to run: a build that makes no tests must not pass.
const LEAST: [&str; 19] = [
    "backup",
    "bounds",
    "certstow",
    "certstow_core",
    "certstow_formats",
    "certstow_platform",
    "contract",
    "copies",
    "damaged",
    "doctor",
    "escrow",
    "export",
    "file_store",
    "import",
    "log",
    "pkcs12",
    "secrets",
    "transcripts",
    "windows",
];

/// The packages whose tests run.
const PACKAGES: [&str; 4] = ["certstow", "certstow-core", "certstow-formats", PLATFORM];

/// How a file of tests begins a line that keeps it to other systems.
const ELSEWHERE: [&str; 2] = ["#![cfg(unix)]", "#![cfg(target_os"];

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
    // The program itself comes along, for the tests that run it.
    tests.retain(|test| test.is_test);
    for name in LEAST {
        if !tests.iter().any(|test| test.name == name) {
            return Err(format!("cargo test built no tests named {name}"));
        }
    }
    Ok(tests)
}

/// The names of the files of tests that are not for other systems alone.
fn files_of_tests() -> Result<Vec<String>, String> {
    let metadata = metadata(&["--no-deps"])?;
    let packages = list(&metadata["packages"]);
    let ours = packages.filter(|package| PACKAGES.contains(&text(&package["name"])));
    let targets = ours.flat_map(|package| list(&package["targets"]));
    let mut names = Vec::new();
    for test in targets.filter(|target| target["kind"][0] == "test") {
        let source = files::read_text(text(&test["src_path"]))?;
        let kept_away = |line: &str| ELSEWHERE.iter().any(|start| line.starts_with(start));
        if !source.lines().any(kept_away) {
            names.push(text(&test["name"]).to_owned());
        }
    }
    Ok(names)
}
