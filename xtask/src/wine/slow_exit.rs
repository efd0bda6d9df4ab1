//! That the exit code of a program counts which Wine's server kills while it leaves the host.

use std::path::Path;

use super::process::Ended;
use super::runner::Runner;
use crate::command::{command, run};

/// Has Wine's server kill a process that leaves the host too slowly: its exit code counts all the
/// same, and another one is none that was expected.
pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let library = runner.prefix.work().join("slow-exit.so");
    run(&mut command!(
        "cc -Wall -Wextra -Werror -shared -fPIC -o {library} tests/wine/slow-exit.c"
    ))?;
    let ends_with = |code: &str| {
        let mut command = runner.prefix.wine(Path::new("cmd"));
        command.args(["/c", "exit", code]);
        runner.prefix.run(command.env("LD_PRELOAD", &library))
    };
    let ended = ends_with("16")?.expect(16)?;
    ended.ensure(
        ended.was_killed(),
        "Wine's server did not kill it, so nothing was shown",
    )?;
    refused(ends_with("17")?.expect(16), "17 where 16 was expected")?;
    // A program that is not there begins no more often than one whose process Wine lost.
    let missing = runner
        .prefix
        .run(&mut runner.prefix.wine(Path::new("missing.exe")))?;
    refused(missing.expect(0), "no exit code")
}

/// An error unless a check of an exit code failed with these words.
fn refused(checked: Result<Ended, String>, words: &str) -> Result<(), String> {
    match checked {
        Err(complaint) if complaint.contains(words) => Ok(()),
        Err(complaint) => Err(complaint),
        Ok(ended) => Err(ended.complain("its exit code passes for another")),
    }
}
