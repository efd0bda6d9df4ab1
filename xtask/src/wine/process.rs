//! Commands with a limit of time, so that nothing that waits for a window holds up a run. What
//! they print goes to files: Wine's server outlives the command that started it and holds what it
//! inherited, and a pipe would not end before it does.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::exit_code::{self, ExitCode};
use crate::command::{ensure, show};
use crate::files;

/// What starts a program for Windows on the host.
pub(super) const WINE: &str = "wine";

/// How a command ended, and what it printed.
pub(super) struct Ended {
    /// The command as one would type it.
    command: String,
    /// How its process ended on the host.
    status: ExitStatus,
    /// Its exit code, or why there is none.
    code: Result<i32, String>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// What Wine itself said among it.
    of_wine: String,
}

impl Ended {
    /// Refuses every exit code but this one.
    pub(super) fn expect(self, code: i32) -> Result<Self, String> {
        match exit_code::compare(&self.code, code) {
            Ok(()) => Ok(self),
            Err(difference) => Err(self.complain(&difference)),
        }
    }

    /// Whether a signal ended it on the host.
    pub(super) fn was_killed(&self) -> bool {
        self.status.code().is_none()
    }

    /// An error unless it says this on standard error.
    pub(super) fn tells(&self, sentence: &str) -> Result<(), String> {
        self.ensure(
            self.stderr.contains(sentence),
            &format!("it does not say '{sentence}'"),
        )
    }

    /// An error with everything it printed, unless a check holds.
    pub(super) fn ensure(&self, holds: bool, what: &str) -> Result<(), String> {
        ensure(holds, || self.complain(what))
    }

    /// What it printed, as JSON.
    pub(super) fn json(&self) -> Result<Value, String> {
        serde_json::from_str(&self.stdout).map_err(|error| self.complain(&error.to_string()))
    }

    /// An error about this command, with everything it printed.
    pub(super) fn complain(&self, what: &str) -> String {
        format!(
            "{}: {what}\n-- standard output:\n{}\n-- standard error:\n{}{}",
            self.command, self.stdout, self.stderr, self.of_wine
        )
    }
}

/// How often a program for Windows is started that never began.
const STARTS: usize = 3;

/// Runs a command to its end, with its output in files of `scratch` meanwhile; an error if it
/// takes longer than `limit`. What a program for Windows left running then ends with its prefix.
pub(super) fn run(command: &mut Command, limit: Duration, scratch: &Path) -> Result<Ended, String> {
    for start in 1..STARTS {
        let (ended, has_begun) = run_once(command, limit, scratch)?;
        if has_begun {
            return Ok(ended);
        }
        println!(
            "{}",
            ended.complain(&format!("it did not begin, {start} of {STARTS} times"))
        );
    }
    run_once(command, limit, scratch).map(|(ended, _)| ended)
}

/// Runs a command once; also whether it ever began.
fn run_once(
    command: &mut Command,
    limit: Duration,
    scratch: &Path,
) -> Result<(Ended, bool), String> {
    let code = match command.get_program() == WINE {
        true => ExitCode::of_windows(command, scratch),
        false => ExitCode::of_host(),
    };
    let [stdout, stderr] = ["stdout", "stderr"].map(|name| scratch.join(name));
    let child = command
        .stdin(Stdio::null())
        .stdout(create(&stdout)?)
        .stderr(create(&stderr)?)
        .spawn()
        .map_err(|error| format!("{} could not be started: {error}", show(command)))?;
    let status = wait(child, limit)?;
    let has_begun = code.has_begun();
    let (of_wine, stderr) = wines_own(&read(&stderr)?);
    let ended = Ended {
        command: show(command),
        status: status.unwrap_or_default(),
        code: status.map_or(Err("killed".to_owned()), |status| code.read(status)),
        stdout: read(&stdout)?,
        stderr,
        of_wine,
    };
    match status {
        Some(_) => Ok((ended, has_begun)),
        None => Err(ended.complain(&format!("not done after {} s, and killed", limit.as_secs()))),
    }
}

/// What Wine adds when a thread of a program ends together with the process, and when a program asks
/// for the serial number of a drive that is none; and what the program itself said.
fn wines_own(stderr: &str) -> (String, String) {
    const BEGINNINGS: [&str; 2] = ["wine client error:", "wine: Read access denied for device"];
    let lines = stderr.split_inclusive('\n');
    lines.partition(|line| {
        BEGINNINGS
            .iter()
            .any(|beginning| line.starts_with(beginning))
    })
}

/// Waits for a process, or kills it at the limit.
fn wait(mut child: Child, limit: Duration) -> Result<Option<ExitStatus>, String> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(Some(status));
        }
        if began.elapsed() >= limit {
            child.kill().map_err(|error| error.to_string())?;
            child.wait().map_err(|error| error.to_string())?;
            return Ok(None);
        }
        sleep(Duration::from_millis(10));
    }
}

/// A new file: what lingers of an earlier command may still write to the old one.
fn create(file: &Path) -> Result<File, String> {
    let _ = fs::remove_file(file);
    File::create(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn read(file: &Path) -> Result<String, String> {
    let bytes = files::read(file)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
