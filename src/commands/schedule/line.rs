//! The options of a backup as a task runs it: nobody is asked, every path is absolute, and the
//! password comes from where it can be had with nobody there. What could only fail later is refused
//! here, with the reason.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::schedule::{Owner, Scheduler};
use certstow_core::backup::config::Settings;
use certstow_core::password::Source;
use certstow_platform::spec::{Keychain, StoreSpec, SystemStoreLocation};

use crate::args::{BackupLine, Given, Kind};
use crate::commands::backup::settings;

/// What becomes of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paths {
    /// Made absolute here.
    Absolute,
    /// They are of another machine.
    AsWritten,
}

/// The command line of a task, and what its scheduler has to know of it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) arguments: Vec<String>,
    /// The folders that it writes to.
    pub(super) writes_to: Vec<String>,
    /// The names of passwords in the vault.
    pub(super) credentials: Vec<String>,
}

impl Line {
    pub(super) fn of(
        backup: &BackupLine,
        scheduler: Scheduler,
        owner: Owner,
        paths: Paths,
    ) -> Result<Self, Error> {
        let given = &backup.given;
        refuse_what_a_task_lacks(given)?;
        let system = scheduler == Scheduler::TaskScheduler && owner == Owner::Machine;
        let configured = Configured::of(backup, paths)?;
        if !configured.unread {
            // What makes no sense together.
            settings::of(&backup.args)?.options()?;
        }
        if system {
            refuse_stores_of_people(given.iter().filter(|given| given.kind == Kind::Store))?;
            configured
                .stores
                .iter()
                .try_for_each(refuse_store_of_a_person)?;
        }
        if !configured.has_password && !has_password(given) {
            return Err(no_password());
        }
        if configured.to.is_empty() && values(given, "to").next().is_none() && !configured.unread {
            return Err(usage("a backup needs a folder to save to: --to DIR"));
        }
        let mut line = Self {
            arguments: vec!["backup".to_owned(), "--non-interactive".to_owned()],
            writes_to: configured.to,
            credentials: configured.credentials,
        };
        for given in given {
            line.add(given, paths)?;
        }
        let unnamed = configured.stores.is_empty() && !configured.unread && !has(given, "store");
        if system && unnamed {
            line.add_words("store", Some(r"windows:LocalMachine\My".to_owned()));
        }
        line.add_log(given, scheduler)?;
        Ok(line)
    }

    fn add(&mut self, given: &Given, paths: Paths) -> Result<(), Error> {
        let value = match &given.value {
            Some(value) => Some(text(resolved(value, given.kind, paths)?)?),
            None => None,
        };
        if let Some(value) = &value {
            match given.name.as_str() {
                "to" => self.writes_to.push(value.clone()),
                "log" => self.writes_to.extend(folder_of(value)),
                "password-vault" | "unlock-password-vault" => self.credentials.push(value.clone()),
                _ => {}
            }
        }
        self.add_words(&given.name, value);
        Ok(())
    }

    /// Where an administrator looks: systemd's journal and launchd's file for standard error get
    /// what a task says; Task Scheduler keeps nothing but the exit code.
    fn add_log(&mut self, given: &[Given], scheduler: Scheduler) -> Result<(), Error> {
        match (scheduler, has(given, "event-log"), has(given, "log")) {
            (Scheduler::TaskScheduler, false, false) => self.add_words("event-log", None),
            (Scheduler::TaskScheduler, ..) | (_, false, _) => {}
            (_, true, _) => {
                return Err(usage(
                    "--event-log is for tasks of Windows; elsewhere the journal or the file for \
                     standard error has what a task says, and --log keeps a file",
                ));
            }
        }
        Ok(())
    }

    /// An option and its value. The value is a word of its own, unless it would be taken for an
    /// option.
    fn add_words(&mut self, name: &str, value: Option<String>) {
        match value {
            Some(value) if value.starts_with('-') => {
                self.arguments.push(format!("--{name}={value}"));
            }
            Some(value) => self.arguments.extend([format!("--{name}"), value]),
            None => self.arguments.push(format!("--{name}")),
        }
    }
}

/// The certificate that the passwords of a run are sealed to, if they are; of this machine.
pub(super) fn escrow(backup: &BackupLine) -> Result<Option<PathBuf>, Error> {
    match (&backup.args.escrow, &backup.args.config) {
        (Some(file), _) => Ok(Some(file.clone())),
        (None, Some(config)) if !has_password(&backup.given) => Ok(Settings::read(config)?.escrow),
        (None, _) => Ok(None),
    }
}

/// Sources that exist while the command is typed, and not when the task runs.
fn refuse_what_a_task_lacks(given: &[Given]) -> Result<(), Error> {
    for given in given {
        let stdin = given.value.as_deref() == Some(OsStr::new("-"));
        let why = match given.name.as_str() {
            "password-env" | "unlock-password-env" => "a task has no such environment variable",
            "password-fd" | "unlock-password-fd" => "a task has no such file descriptor",
            "password-file" | "unlock-password-file" if stdin => "a task has no standard input",
            _ => continue,
        };
        return Err(Error::Usage(format!(
            "--{} means nothing here: {why}; {SOURCES}",
            given.name
        )));
    }
    Ok(())
}

/// Where a task can have a password from.
const SOURCES: &str = "use --password-vault, --password-file or --escrow";

fn no_password() -> Error {
    Error::Usage(format!(
        "nobody is there to type the password when the task runs: {SOURCES}, here or in the file \
         for --config"
    ))
}

fn has_password(given: &[Given]) -> bool {
    let mut sources = ["password-vault", "password-file", "escrow"].into_iter();
    sources.any(|name| has(given, name))
}

fn has(given: &[Given], name: &str) -> bool {
    given.iter().any(|given| given.name == name)
}

fn values<'a>(given: &'a [Given], name: &str) -> impl Iterator<Item = &'a OsString> {
    let named = given.iter().filter(move |given| given.name == name);
    named.filter_map(|given| given.value.as_ref())
}

fn refuse_stores_of_people<'a>(stores: impl Iterator<Item = &'a Given>) -> Result<(), Error> {
    for name in stores.filter_map(|given| given.value.as_ref()?.to_str()) {
        if let Ok(store) = name.parse() {
            refuse_store_of_a_person(&store)?;
        }
    }
    Ok(())
}

/// SYSTEM never gets at a person's keys, and has hardly any of its own.
fn refuse_store_of_a_person(store: &StoreSpec) -> Result<(), Error> {
    match store {
        StoreSpec::Windows(system) if system.location == SystemStoreLocation::CurrentUser => {
            Err(Error::Usage(format!(
                "a task of the machine runs as SYSTEM, which has no way to a person's keys: leave \
                 out --machine for {store}, or name windows:LocalMachine\\My"
            )))
        }
        _ => Ok(()),
    }
}

/// A value that means the same in every folder.
fn resolved(value: &OsStr, kind: Kind, paths: Paths) -> Result<OsString, Error> {
    if paths == Paths::AsWritten {
        return Ok(value.to_owned());
    }
    match kind {
        Kind::Plain => Ok(value.to_owned()),
        Kind::Path => absolute(Path::new(value)).map(PathBuf::into_os_string),
        Kind::Store => {
            let name = text(value.to_owned())?;
            let store = match name.parse() {
                Ok(StoreSpec::File(folder)) => StoreSpec::File(absolute(&folder)?),
                Ok(StoreSpec::Keychain(Keychain::File(file))) => {
                    StoreSpec::Keychain(Keychain::File(absolute(&file)?))
                }
                _ => return Ok(value.to_owned()),
            };
            Ok(store.to_string().into())
        }
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|source| Error::io(path.display().to_string(), source))
}

/// The folder of a file, on whatever system it is.
fn folder_of(file: &str) -> Option<String> {
    let (folder, _) = file.rsplit_once('/')?;
    (!folder.is_empty()).then(|| folder.to_owned())
}

/// Schedulers keep text.
pub(super) fn text(value: OsString) -> Result<String, Error> {
    value.into_string().map_err(|value| {
        let value = value.to_string_lossy();
        Error::Usage(format!(
            "'{value}' is no Unicode text, and a task has no other"
        ))
    })
}

fn usage(text: &str) -> Error {
    Error::Usage(text.to_owned())
}

/// What the file for `--config` says that a scheduler has to know.
#[derive(Debug, Default)]
struct Configured {
    to: Vec<String>,
    stores: Vec<StoreSpec>,
    credentials: Vec<String>,
    has_password: bool,
    /// There is a file, and it is on another machine.
    unread: bool,
}

impl Configured {
    fn of(backup: &BackupLine, paths: Paths) -> Result<Self, Error> {
        let Some(file) = &backup.args.config else {
            return Ok(Self::default());
        };
        if paths == Paths::AsWritten {
            return Ok(Self {
                has_password: true,
                unread: true,
                ..Self::default()
            });
        }
        let settings = Settings::read(file)?;
        let mut credentials = Vec::new();
        for source in [&settings.password, &settings.unlock].into_iter().flatten() {
            refuse_source(source, file)?;
            if let Source::Vault(name) = source {
                credentials.push(name.to_string());
            }
        }
        let mut to = Vec::new();
        for folder in settings.to {
            to.push(text(absolute(&folder)?.into_os_string())?);
        }
        Ok(Self {
            to,
            stores: settings.stores,
            credentials,
            has_password: settings.password.is_some() || settings.escrow.is_some(),
            unread: false,
        })
    }
}

/// The same as [`refuse_what_a_task_lacks`], of what stands in a file.
fn refuse_source(source: &Source, file: &Path) -> Result<(), Error> {
    let why = match source {
        Source::Env(name) => format!("a task has no environment variable {name}"),
        Source::Fd(number) => format!("a task has no file descriptor {number}"),
        Source::Stdin => "a task has no standard input".to_owned(),
        _ => return Ok(()),
    };
    let file = file.display();
    Err(Error::Usage(format!(
        "{file} is no use here: {why}; {SOURCES}"
    )))
}

#[cfg(test)]
mod tests;
