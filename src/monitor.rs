//! What a run leaves for whoever watches over it: a file of JSON ([`status`], `--status`), metrics of
//! Prometheus ([`metrics`], `--metrics`), and a command that is run after a failure (`--on-failure`).
//! What is to be told is collected while the run goes on; whatever ends it, a wait that lasts too long
//! or an interruption too, the files are written before the process ends, and last of all the command is
//! run.

mod ended;
mod metrics;
mod status;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certstow_core::password::Source;
use certstow_core::time::{self, UnixTime};
use certstow_formats::sanitize::in_full;
use certstow_platform::new_file::{Readers, replace_file};
use certstow_platform::os::{self, CommandLine};

use crate::args::{BackupAction, BackupArgs, BackupCommand, MonitorArgs};
use crate::error::Explain;
use crate::exit::Exit;
use crate::option_file;
use crate::render::json::{self, Object};
use ended::{Before, Ended, Found};
pub(crate) use ended::{Destination, PANICKED};

/// How long the command of `--on-failure` may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// Its variables.
const EXIT: &str = "CERTSTOW_EXIT";
const STATUS: &str = "CERTSTOW_STATUS";

/// What is known of a run that is watched over.
pub(crate) struct Monitor {
    /// The command, with that of its family.
    command: &'static str,
    began: UnixTime,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    outlets: Outlets,
    /// The option file, as long as it is not read.
    config: Option<PathBuf>,
    found: Found,
    is_told: bool,
    is_ended: bool,
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
        Some(Self {
            command,
            began: time::now(),
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, what the option file says counts, too.
    pub(crate) fn options(&self, args: &BackupArgs) {
        *self.state() = State::of(Outlets::of(args), &args.to);
    }

    /// Notes what went wrong.
    pub(crate) fn error(&self, error: &dyn Explain) {
        self.state().found.error = Some(json::failure(error));
    }

    /// Notes what a run found: what `--json` prints, the folders, and the end of the certificate that ends
    /// first.
    pub(crate) fn found(
        &self,
        report: Object,
        destinations: Vec<Destination>,
        soonest_end: Option<UnixTime>,
    ) {
        let mut state = self.state();
        let found = &mut state.found;
        found.report = Some(report);
        found.destinations = destinations;
        found.soonest_end = soonest_end;
    }

    /// Writes the files, once; what comes back is the exit code that they tell, and why one of them could
    /// not be written. A run that cannot be watched over did not do all that it should.
    pub(crate) fn tell(&self, exit: u8) -> (u8, Vec<String>) {
        let mut state = self.state();
        if std::mem::replace(&mut state.is_told, true) {
            return (exit, Vec::new());
        }
        state.read_config();
        let before = before(&state.outlets);
        let write_as = |exit| {
            let ended = Ended {
                command: self.command,
                began: self.began,
                ended: time::now(),
                exit,
                found: &state.found,
                before: &before,
            };
            write(&ended, &state.outlets)
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

    /// Runs the command for failures, once; what comes back is why it failed itself.
    pub(crate) fn end(&self, exit: u8) -> Option<String> {
        let mut state = self.state();
        if std::mem::replace(&mut state.is_ended, true) || exit == Exit::Done.code() {
            return None;
        }
        state.outlets.run_command(exit)
    }

    /// How long [`Monitor::end`] may take.
    pub(crate) fn patience(&self) -> Duration {
        match self.state().outlets.on_failure {
            Some(_) => COMMAND_LIMIT,
            None => Duration::ZERO,
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

    /// Where the run failed before it read the option file, or over what stands in it: looks up where
    /// that is to be told.
    fn read_config(&mut self) {
        let Some(config) = self.config.take() else {
            return;
        };
        let found = option_file::monitor_options(&config);
        let outlets = &mut self.outlets;
        outlets.status = outlets.status.take().or(found.status);
        outlets.metrics = outlets.metrics.take().or(found.metrics);
        outlets.on_failure = outlets.on_failure.take().or(found.on_failure);
    }
}

impl Outlets {
    fn of(args: &BackupArgs) -> Self {
        let sources = args.stores.unlock().into_iter();
        let secret = sources
            .chain(args.password.source())
            .filter_map(|source| match source {
                Source::Env(name) => Some(name),
                _ => None,
            });
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

/// What the files of the run before tell that are there; nothing of one that is none.
fn before(outlets: &Outlets) -> Before {
    let read = |file: &PathBuf| read(file);
    let status = outlets.status.as_ref().and_then(read);
    let status = status.and_then(|bytes| status::before(&bytes));
    let metrics = outlets.metrics.as_ref().and_then(read);
    let metrics = metrics.map(|bytes| metrics::before(&bytes));
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
