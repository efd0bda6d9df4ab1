//! How a run tells monitoring how it ended: a file of JSON ([`status`], `--status`), metrics of
//! Prometheus ([`metrics`], `--metrics`), and a command that is run after a failure (`--on-failure`).
//! What is to be told is collected while the run goes on; whatever ends it, a wait that lasts too long
//! or an interruption too, the files are written before the process ends, and last of all the command is
//! run.

mod ended;
mod metrics;
mod once;
mod status;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certstow_core::time::{self, UnixTime};
use certstow_formats::sanitize::in_full;
use certstow_platform::new_file::{Readers, replace_file};
use certstow_platform::os::{self, CommandLine};

use crate::args::{BackupAction, BackupArgs, BackupCommand, MonitorArgs};
use crate::error::Explain;
use crate::exit::Exit;
use crate::option_file::{self, MonitorOptions};
use crate::render::json::{self, Object};
use ended::{Before, Ended, Found};
pub(crate) use ended::{Destination, Ends, PANICKED};
use once::Once;

/// How long the command of `--on-failure` may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// How long to wait for another thread that is writing the files: their disk may not answer.
const WRITE_LIMIT: Duration = Duration::from_secs(1);

/// Its variables.
const EXIT: &str = "CERTSTOW_EXIT";
const STATUS: &str = "CERTSTOW_STATUS";

/// What is known of a run that is watched over.
pub(crate) struct Monitor {
    /// The command, with that of its family.
    command: &'static str,
    began: UnixTime,
    /// Held no longer than it takes to note or to copy something. Whoever ends the process must not wait
    /// for a disk that another thread waits for.
    state: Mutex<State>,
    told: Once,
    ended: Once,
    /// Whether there is, or may be in an option file that is not read, a command for failures.
    has_command: AtomicBool,
}

#[derive(Default)]
struct State {
    outlets: Outlets,
    /// The option file, as long as it is not read.
    config: Option<PathBuf>,
    found: Found,
}

/// Where it is told.
#[derive(Clone, Default)]
struct Outlets {
    status: Option<PathBuf>,
    metrics: Option<PathBuf>,
    on_failure: Option<CommandLine>,
    /// The variables that hold passwords, which are for this process alone.
    secret: Vec<String>,
}

impl Monitor {
    /// Of a command that may be watched over, by what its command line says.
    pub(crate) fn of(command: &BackupCommand) -> Option<Self> {
        let (command, state) = match &command.action {
            // It writes nothing, and nothing is saved by it.
            None if command.dry_run => return None,
            None => {
                let args = &command.run.args;
                let config = args.config.clone();
                let state = State::of(Outlets::of(args), &args.to);
                ("backup", State { config, ..state })
            }
            Some(BackupAction::Verify(args)) => {
                let outlets = Outlets::named(&args.monitor);
                ("backup verify", State::of(outlets, &args.folders))
            }
            Some(BackupAction::List(_) | BackupAction::Restore(_)) => return None,
        };
        Some(Self::new(command, state))
    }

    fn new(command: &'static str, state: State) -> Self {
        Self {
            command,
            began: time::now(),
            has_command: (state.outlets.on_failure.is_some() || state.config.is_some()).into(),
            state: Mutex::new(state),
            told: Once::default(),
            ended: Once::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, what the option file says counts, too.
    pub(crate) fn options(&self, args: &BackupArgs) {
        let state = State::of(Outlets::of(args), &args.to);
        let has_command = state.outlets.on_failure.is_some();
        self.has_command.store(has_command, Ordering::Relaxed);
        *self.state() = state;
    }

    /// Notes what went wrong.
    pub(crate) fn error(&self, error: &dyn Explain) {
        self.state().found.error = Some(json::failure(error));
    }

    /// Notes what a run found: what `--json` prints, the folders, and when certificates end.
    pub(crate) fn found(&self, report: Object, destinations: Vec<Destination>, ends: Option<Ends>) {
        let mut state = self.state();
        let found = &mut state.found;
        found.report = Some(report);
        found.destinations = destinations;
        found.ends = ends;
    }

    /// Writes the files, once; what comes back is the exit code that they tell, and why one of them could
    /// not be written. A run that cannot be watched over did not do all that it should.
    pub(crate) fn tell(&self, exit: u8) -> (u8, Vec<String>) {
        let Some(_turn) = self.told.begin(WRITE_LIMIT) else {
            return (exit, Vec::new());
        };
        self.read_config();
        let (outlets, found) = {
            let mut state = self.state();
            (state.outlets.clone(), std::mem::take(&mut state.found))
        };
        let before = before(self.command, &outlets);
        let write_as = |exit| {
            let ended = Ended {
                command: self.command,
                began: self.began,
                ended: time::now(),
                exit,
                found: &found,
                before: &before,
            };
            write(&ended, &outlets)
        };
        let failures = write_as(exit);
        match failures.is_empty() || exit != Exit::Done.code() {
            true => (exit, failures),
            false => {
                let exit = Exit::Partial.code();
                // What failed is known.
                let _ = write_as(exit);
                (exit, failures)
            }
        }
    }

    /// Where the run failed before it read the option file, or over what stands in it: looks up where
    /// that is to be told.
    fn read_config(&self) {
        let config = self.state().config.clone();
        let Some(config) = config else {
            return;
        };
        let found = option_file::monitor_options(&config);
        let mut state = self.state();
        state.config = None;
        state.outlets.add(found);
        let has_command = state.outlets.on_failure.is_some();
        self.has_command.store(has_command, Ordering::Relaxed);
    }

    /// Runs the command for failures, once, after [`Monitor::tell`]; what comes back is why it failed
    /// itself.
    pub(crate) fn end(&self, exit: u8) -> Option<String> {
        // Also by a run that needs no command: it must not end the process while one is run.
        let _turn = self.ended.begin(COMMAND_LIMIT)?;
        if exit == Exit::Done.code() {
            return None;
        }
        let outlets = {
            let state = self.state();
            // Which variables hold passwords may stand in the option file: without that, nothing is run.
            state.config.is_none().then(|| state.outlets.clone())
        };
        outlets?.run_command(exit)
    }

    /// How long [`Monitor::end`] may take. Waits for no other thread.
    pub(crate) fn patience(&self) -> Duration {
        match self.has_command.load(Ordering::Relaxed) {
            true => COMMAND_LIMIT,
            false => Duration::ZERO,
        }
    }
}

impl State {
    fn of(outlets: Outlets, folders: &[PathBuf]) -> Self {
        Self {
            outlets,
            found: Found {
                destinations: folders.iter().map(|one| Destination::named(one)).collect(),
                ..Found::default()
            },
            ..Self::default()
        }
    }
}

impl Outlets {
    fn of(args: &BackupArgs) -> Self {
        let unlock = args.stores.unlock_variables().cloned();
        let secret = unlock.chain(args.password.password_env.clone());
        Self {
            on_failure: args.on_failure.clone(),
            secret: secret.collect(),
            ..Self::named(&args.monitor)
        }
    }

    fn named(args: &MonitorArgs) -> Self {
        Self {
            status: args.status.clone(),
            metrics: args.metrics.clone(),
            ..Self::default()
        }
    }

    /// Adds what the option file says, over which the command line comes.
    fn add(&mut self, found: MonitorOptions) {
        self.status = self.status.take().or(found.status);
        self.metrics = self.metrics.take().or(found.metrics);
        self.on_failure = self.on_failure.take().or(found.on_failure);
        self.secret.extend(found.password_variables);
    }

    fn run_command(&self, exit: u8) -> Option<String> {
        let command = self.on_failure.as_ref()?;
        let exit = exit.to_string();
        let status = self.status.as_ref();
        let status = status.map(|file| std::path::absolute(file).unwrap_or_else(|_| file.clone()));
        let mut variables = vec![(EXIT, OsStr::new(&exit))];
        variables.extend(status.as_ref().map(|file| (STATUS, file.as_os_str())));
        let mut without = self.secret.clone();
        without.push(STATUS.to_owned());
        let ended = command.run(&variables, &without, COMMAND_LIMIT);
        let program = command.program();
        let failed = ended.err()?;
        Some(format!(
            "the command '{program}' of --on-failure: {}",
            in_full(&failed)
        ))
    }
}

/// Writes the files; what comes back is why one of them could not be written.
fn write(run: &Ended<'_>, outlets: &Outlets) -> Vec<String> {
    let status = outlets.status.as_ref();
    let status = status.map(|file| (file, status::bytes(run), Readers::Owner));
    let metrics = outlets.metrics.as_ref();
    let metrics = metrics.map(|file| (file, metrics::bytes(run, file), Readers::Everybody));
    let files = status.into_iter().chain(metrics);
    let failures = files.filter_map(|(file, bytes, readers)| {
        let error = replace_file(file, &bytes, readers).err()?;
        Some(format!("{} cannot be written: {error}", file.display()))
    });
    failures.collect()
}

/// What the files of the run before tell that are there; nothing of one that is none, or of another
/// command.
fn before(command: &str, outlets: &Outlets) -> Before {
    let read = |file: &PathBuf| read(file);
    let status = outlets.status.as_ref().and_then(read);
    let status = status.and_then(|bytes| status::before(command, &bytes));
    let metrics = outlets.metrics.as_ref().and_then(read);
    let metrics = metrics.map(|bytes| metrics::before(command, &bytes));
    status.or(metrics).unwrap_or_default()
}

/// No file of these is larger.
const MOST_BYTES: u64 = 64 << 20;

fn read(file: &Path) -> Option<Vec<u8>> {
    use std::io::Read as _;
    let file = os::open_regular_file(file).ok()?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests;
