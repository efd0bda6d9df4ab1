//! The operating system's scheduler: Task Scheduler of Windows, by `schtasks.exe`; systemd, by
//! `systemctl`; launchd of macOS, by `launchctl`. Each of these programs is the documented way in
//! and says in words what is wrong. They are run without a shell, on Windows from the system's own
//! folder, and nothing secret is ever among their arguments.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, PipeWriter, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::Builder;
use std::time::Duration;

use crate::os;

/// A kind of scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheduler {
    /// Task Scheduler of Windows.
    TaskScheduler,
    /// systemd, on most Linux systems.
    Systemd,
    /// launchd of macOS.
    Launchd,
    /// cron, of which certstow only prints lines.
    Cron,
}

/// Whose task it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The person's who schedules it; it runs as that account.
    User,
    /// The machine's; it runs as SYSTEM, or as root.
    Machine,
}

impl Scheduler {
    /// The scheduler of systems like this one, whether or not it runs; `None` where certstow knows
    /// of none.
    pub fn of_this_system() -> Option<Self> {
        if cfg!(windows) {
            Some(Self::TaskScheduler)
        } else if cfg!(target_os = "macos") {
            Some(Self::Launchd)
        } else if cfg!(target_os = "linux") {
            Some(Self::Systemd)
        } else {
            None
        }
    }

    /// The folder from which the scheduler reads its files. `None` for Task Scheduler, which keeps
    /// them itself, and without a home folder.
    pub fn folder(self, owner: Owner) -> Option<PathBuf> {
        match (self, owner) {
            (Self::TaskScheduler | Self::Cron, _) => None,
            (Self::Systemd, Owner::User) => Some(os::config_folder()?.join("systemd/user")),
            (Self::Systemd, Owner::Machine) => Some("/etc/systemd/system".into()),
            (Self::Launchd, Owner::User) => {
                Some(std::env::home_dir()?.join("Library/LaunchAgents"))
            }
            (Self::Launchd, Owner::Machine) => Some("/Library/LaunchDaemons".into()),
        }
    }

    /// The program by which a person talks to it.
    pub fn program(self) -> &'static str {
        match self {
            Self::TaskScheduler => "schtasks.exe",
            Self::Systemd => "systemctl",
            Self::Launchd => "launchctl",
            Self::Cron => "crontab",
        }
    }

    /// Runs its program to its end.
    ///
    /// # Errors
    /// [`ProgramError`]: it cannot be started, or ended with a code other than 0.
    pub fn run(self, arguments: &[&OsStr], speech: Speech) -> Result<String, ProgramError> {
        let mut command = Command::new(self.path());
        // Messages in one language, which certstow can tell apart. Windows asks the account.
        command.args(arguments).env("LC_ALL", "C");
        if self == Self::Systemd {
            // Times that need no table of zones to be read.
            command.env("TZ", "UTC");
        }
        let fail = |code, output, source| ProgramError {
            program: self.program(),
            code,
            output,
            source,
        };
        let ended = match speech {
            Speech::Kept => kept(command),
            Speech::Shown => command.status().map(|status| (status, Default::default())),
        };
        let (status, (said, complained)) =
            ended.map_err(|error| fail(None, String::new(), Some(error)))?;
        let [said, complained] = [said, complained].map(|bytes| text(&bytes));
        if status.success() {
            return Ok(said);
        }
        let both = format!("{}\n{}", complained.trim(), said.trim());
        Err(fail(status.code(), both.trim().to_owned(), None))
    }

    /// On Windows the full path: a program of that name in the current folder is not meant.
    fn path(self) -> PathBuf {
        let system = match self {
            Self::TaskScheduler => std::env::var_os("SystemRoot"),
            Self::Systemd | Self::Launchd | Self::Cron => None,
        };
        match system {
            Some(root) => PathBuf::from(root).join("System32").join(self.program()),
            None => self.program().into(),
        }
    }
}

/// How long to wait for more once a program has ended, if something that it started still holds its
/// output open.
const GRACE: Duration = Duration::from_millis(500);

/// What a program wrote to standard output, and to standard error.
type Written = (Vec<u8>, Vec<u8>);

/// Runs a program that can ask nothing. [`Command::output`] would wait for everything that inherited
/// the output, too, such as a service that the program had to start. The pipes are read by threads
/// of their own, which are there before the program is: without them it is not started.
fn kept(mut command: Command) -> io::Result<(ExitStatus, Written)> {
    let (stdout, said) = reading()?;
    let (stderr, complained) = reading()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .spawn()?;
    // With its ends of the pipes, which would stay open.
    drop(command);
    let status = child.wait()?;
    Ok((status, (all_of(&said), all_of(&complained))))
}

/// A pipe to write to, and what comes out of it, as it comes.
fn reading() -> io::Result<(PipeWriter, Receiver<Vec<u8>>)> {
    let (mut reader, writer) = io::pipe()?;
    let (send, receive) = channel();
    Builder::new().spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = reader.read(&mut buffer) {
            if send.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
    })?;
    Ok((writer, receive))
}

fn all_of(chunks: &Receiver<Vec<u8>>) -> Vec<u8> {
    let mut all = Vec::new();
    while let Ok(chunk) = chunks.recv_timeout(GRACE) {
        all.extend(chunk);
    }
    all
}

/// What becomes of what a scheduler's program says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// It is kept for the answer or the error; the program cannot ask anything.
    Kept,
    /// It goes to the person, and the program may ask: for a password, say, which it then gets
    /// without certstow.
    Shown,
}

/// A scheduler's program that did not do it.
#[derive(Debug)]
pub struct ProgramError {
    /// Its name.
    pub program: &'static str,
    /// Its exit code; `None` if it was not started or was ended by a signal.
    pub code: Option<i32>,
    /// What it said, if that was kept.
    pub output: String,
    /// Why it was not started.
    pub source: Option<io::Error>,
}

impl ProgramError {
    /// One that ended so, and said this.
    pub fn ended(program: &'static str, code: Option<i32>, output: impl Into<String>) -> Self {
        Self {
            program,
            code,
            output: output.into(),
            source: None,
        }
    }
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source, self.code) {
            (Some(_), _) => return write!(f, "{} could not be started", self.program),
            (None, Some(code)) => write!(f, "{} ended with exit code {code}", self.program)?,
            (None, None) => write!(f, "{} was ended by a signal", self.program)?,
        }
        match self.output.is_empty() {
            true => Ok(()),
            false => write!(f, ": {}", self.output),
        }
    }
}

impl std::error::Error for ProgramError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// What a program printed: UTF-16 as `schtasks.exe /XML` prints it at times, with a byte order mark or
/// without one, or else what programs print at the console (NousResearch/hermes-agent#38334: the code page
/// of the console, not UTF-8).
fn text(bytes: &[u8]) -> String {
    let units = match bytes {
        [0xff, 0xfe, units @ ..] => units,
        // A character that text begins with; no code page has a zero behind it.
        [1..=0x7f, 0, ..] => bytes,
        _ => return os::console_text(bytes),
    };
    let units = units.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    let units: Vec<u16> = units.map(u16::from_le_bytes).collect();
    String::from_utf16_lossy(&units)
}

/// The domain of launchd in which an owner's jobs are: `gui/501`, or `system`.
pub fn launchd_domain(owner: Owner) -> String {
    match (owner, os::user_id()) {
        (Owner::User, Some(user)) => format!("gui/{user}"),
        _ => "system".to_owned(),
    }
}

/// Whether this account's service manager runs with nobody logged in (loginctl(1), `enable-linger`):
/// logind has a file for each such account.
pub fn lingers() -> bool {
    let account = os::account().ok().and_then(|account| account.name);
    account.is_some_and(|name| lingers_by(Path::new("/var/lib/systemd/linger"), &name))
}

fn lingers_by(folder: &Path, account: &str) -> bool {
    folder.join(account).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_decodes_any_output_encoding() {
        let task = "<Task>für Ada</Task>";
        let utf16: Vec<u8> = task.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&utf16), task);
        assert_eq!(text(&[&[0xff, 0xfe], &utf16[..]].concat()), task);
        assert_eq!(text(b"T"), "T");
        assert_eq!(text(b""), "");
        if cfg!(not(windows)) {
            assert_eq!(text("Aufgabe für Ada".as_bytes()), "Aufgabe für Ada");
            assert_eq!(text(b"ERROR: \x84"), "ERROR: \u{fffd}");
        }
    }

    #[test]
    fn lingers_by_file_of_the_account() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ada"), "").unwrap();
        assert!(lingers_by(folder.path(), "ada"));
        assert!(!lingers_by(folder.path(), "bert"));
        assert!(!lingers_by(&folder.path().join("none"), "ada"));
    }

    #[cfg(unix)]
    #[test]
    fn kept_does_not_wait_for_background_children() {
        let began = std::time::Instant::now();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 20 & echo said; echo complained >&2; exit 3"]);
        let (status, (said, complained)) = kept(command).unwrap();
        assert_eq!(status.code(), Some(3));
        assert_eq!(said, b"said\n");
        assert_eq!(complained, b"complained\n");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn program_error_displays_code_output_and_cause() {
        let mut error = ProgramError {
            program: "schtasks.exe",
            code: Some(1),
            output: "ERROR: Access is denied.".to_owned(),
            source: None,
        };
        assert_eq!(
            error.to_string(),
            "schtasks.exe ended with exit code 1: ERROR: Access is denied."
        );
        error.code = None;
        assert!(error.to_string().contains("signal"));
        error.source = Some(io::ErrorKind::NotFound.into());
        assert_eq!(error.to_string(), "schtasks.exe could not be started");
        assert!(std::error::Error::source(&error).is_some());
    }
}
