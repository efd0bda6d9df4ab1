//! Running other programs from the folder of the workspace, with errors that name the command.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Whether this is CI, where nothing may be left out.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some()
}

/// An error with this reason, unless a check holds.
pub(crate) fn ensure(holds: bool, reason: impl FnOnce() -> String) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(reason()),
    }
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// The cargo that runs this program. In CI, where nothing is built twice and nobody looks with a
/// debugger, it makes nothing for either; panics name their lines all the same.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    if in_ci() {
        command.env("CARGO_INCREMENTAL", "0");
        command.env("CARGO_PROFILE_DEV_DEBUG", "none");
    }
    command
}

/// Where cargo puts what it builds.
pub(crate) fn target_folder() -> Result<PathBuf, String> {
    let metadata = metadata(&["--no-deps"])?;
    let folder = metadata["target_directory"].as_str();
    Ok(folder
        .ok_or("cargo metadata names no target folder")?
        .into())
}

/// What `cargo metadata` says with these options.
pub(crate) fn metadata(options: &[&str]) -> Result<Value, String> {
    let mut metadata = cargo();
    metadata
        .args(["metadata", "--format-version=1"])
        .args(options);
    serde_json::from_slice(&capture(&mut metadata)?)
        .map_err(|error| format!("cargo metadata is not readable: {error}"))
}

/// The name of an executable file on this system.
pub(crate) fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// A command from one line, in which `{name}` is a value and `{names...}` are several.
macro_rules! command {
    ($line:literal) => {{
        let shell = xshell::Shell::new().expect("the current folder exists");
        shell.change_dir($crate::command::root());
        std::process::Command::from(xshell::cmd!(shell, $line))
    }};
}
pub(crate) use command;

/// A program by name.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// Runs a command whose output the developer sees.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{} could not be started: {error}", show(command)))?;
    ensure(status.success(), || {
        format!("{} ended with {status}", show(command))
    })
}

/// What a captured program may take: none takes as long, unless it waits for somebody at a window that
/// nobody sees.
const LIMIT: Duration = Duration::from_secs(600);

/// Runs a command and gives back its standard output; what it says on standard error is shown
/// only if it fails.
pub(crate) fn capture(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = output(command)?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!(
            "{} ended with {}\n{}",
            show(command),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

/// Runs a command, however it ends; an error if it is not done after [`LIMIT`].
pub(crate) fn output(command: &mut Command) -> Result<Output, String> {
    command.stderr(Stdio::piped());
    output_within(LIMIT, command)
}

/// The same with another limit, and with standard error going where the command has it go.
pub(crate) fn output_within(limit: Duration, command: &mut Command) -> Result<Output, String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} could not be started: {error}", show(command)))?;
    let began = Instant::now();
    let [stdout, stderr] = [reader(child.stdout.take()), reader(child.stderr.take())];
    let ended = wait(&mut child, began, limit).and_then(|status| {
        // What it started may have its output open for longer.
        let left = || limit.saturating_sub(began.elapsed());
        let stdout = stdout.recv_timeout(left()).ok()?;
        let stderr = stderr.recv_timeout(left()).ok()?;
        Some(Output {
            status,
            stdout,
            stderr,
        })
    });
    ended.ok_or_else(|| {
        let _ = child.kill();
        let _ = child.wait();
        format!("{} was not done after {} s", show(command), limit.as_secs())
    })
}

/// Reads to the end in a thread of its own; nothing, if there is nothing to read.
fn reader(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}

/// How a process ended, unless it did not before the limit.
fn wait(child: &mut Child, began: Instant, limit: Duration) -> Option<ExitStatus> {
    while began.elapsed() < limit {
        match child.try_wait() {
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            ended => return ended.ok().flatten(),
        }
    }
    None
}

/// [`capture`], as text.
pub(crate) fn printed(command: &mut Command) -> Result<String, String> {
    capture(command).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Runs a command with all that it prints going to a file; how it ended, and what it printed.
pub(crate) fn logged(command: &mut Command, log: &Path) -> Result<(ExitStatus, String), String> {
    let mut to_log = || {
        let output = File::create(log)?;
        command.stdout(output.try_clone()?).stderr(output);
        let status = command.stdin(Stdio::null()).status()?;
        Ok((status, fs::read(log)?))
    };
    let (status, printed) =
        to_log().map_err(|error: io::Error| format!("{}: {error}", log.display()))?;
    Ok((status, String::from_utf8_lossy(&printed).into_owned()))
}

/// Whether a command runs and succeeds, silently.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as one would type it.
pub(crate) fn show(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

// By the shell of Unix.
#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn output_within_ends_at_its_limit() {
        let began = Instant::now();
        let limit = Duration::from_millis(300);
        // The second leaves a process behind that has its output open.
        for script in ["sleep 60", "sleep 60 & echo begun"] {
            let waiting = output_within(limit, program("sh").args(["-c", script]));
            assert!(waiting.is_err_and(|error| error.contains("was not done")));
        }
        assert!(began.elapsed() < Duration::from_secs(30));
        let quick = output_within(Duration::from_secs(30), program("echo").arg("done"));
        assert_eq!(quick.unwrap().stdout, b"done\n");
    }
}
