//! certstow for Windows and its logs: a file that several runs append to, Windows' Application log
//! (Wine takes what is reported there and keeps nothing), and the end of a wait.

use serde_json::Value;

use super::folder::is_private;
use super::runner::Runner;
use crate::command::{command, ensure};
use crate::files;

const LOG: &str = "certstow.log";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    for more in [&[][..], &["--json"]] {
        let list =
            command!("certstow list --store examples/personal --event-log --log {LOG} {more...}");
        let ended = runner.certstow(0, &list)?;
        ended.ensure(ended.stderr.is_empty(), "something to complain of")?;
    }
    let failed = command!("certstow list --store 'C:\\no such folder' --event-log --log {LOG}");
    runner.certstow(18, &failed)?;
    is_private(&runner.prefix.work().join(LOG))?;
    let events = events(runner)?;
    let expected = [
        ["start", "step", "end"],
        ["start", "step", "end"],
        ["start", "error", "end"],
    ];
    ensure(events == expected.concat(), || {
        format!("{LOG} has {events:?}")
    })?;
    let nowhere = command!("certstow list --store examples/personal --log nowhere\\log");
    runner.certstow(16, &nowhere)?;
    gives_up(runner)
}

/// The kinds of the lines, in order.
fn events(runner: &Runner) -> Result<Vec<String>, String> {
    files::read_text(runner.prefix.work().join(LOG))?
        .lines()
        .map(|line| {
            let json: Value =
                serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
            Ok(json["event"].as_str().unwrap_or_default().to_owned())
        })
        .collect()
}

/// A password that nobody types.
fn gives_up(runner: &Runner) -> Result<(), String> {
    let check = command!("certstow check some.p12 --ask-password --timeout 1s");
    let mut terminal = runner.certstow_at_terminal(&check)?;
    terminal.wait_for("Password of the files:")?;
    let shown = terminal.end(13)?;
    // The console breaks the rest of the line as it likes.
    ensure(shown.contains("nothing happened for"), || {
        format!("no word of why it ended:\n{shown}")
    })
}
