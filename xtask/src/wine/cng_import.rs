//! The tests of Windows' stores once more, where CNG keeps keys: `tests/wine/ncrypt.c` does, and is
//! stricter than Windows about what it takes. Keys of elliptic curves go in and out there, are found
//! alone, and every one that the tests put in is gone in the end.

use super::cng::{Cng, LEAKED};
use super::runner::{self, Runner};
use crate::files;

/// The file of tests.
const TESTS: &str = "windows";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let cng = Cng::new(runner, "imports into CNG")?;
    let tests = runner.tests.iter().find(|test| test.name == TESTS);
    let Some(tests) = tests else {
        return Err(format!("there are no tests named {TESTS}"));
    };
    let program = cng.folder.join("tests.exe");
    files::copy(&tests.file, &program)?;
    let ended = cng.run(&mut cng.command(&program), 0)?;
    ended.ensure(!ended.stderr.contains(LEAKED), "a handle was left open")?;
    runner::all_passed(&ended)?;
    match cng.kept()?.as_slice() {
        [] => Ok(()),
        left => Err(ended.complain(&format!("keys were left behind: {left:?}"))),
    }
}
