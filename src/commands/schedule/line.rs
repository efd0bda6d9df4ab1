//! The options of a backup as a task runs it: nobody is asked, every path is absolute, and the
//! password comes from where it can be had with nobody there. What could only fail later is refused
//! here, with the reason.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use certstow_core::backup;
use certstow_core::password::Source;
use certstow_platform::os::{self, MappedDrive};
use certstow_platform::spec::{StoreSpec, SystemStoreLocation};

use crate::args::{BackupArgs, Given, Kind, Nameable, ScheduleInstallArgs, Typed, stores_of};
use crate::commands::backup::options;
use crate::error::Error;
use crate::option_file;
use crate::schedule::{Owner, Scheduler};

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
    /// Whether it starts programs of somebody's choice.
    pub(super) starts_programs: bool,
    /// The names of passwords in the vault.
    pub(super) credentials: Vec<String>,
}

impl Line {
    pub(super) fn of(
        args: &ScheduleInstallArgs,
        scheduler: Scheduler,
        owner: Owner,
        paths: Paths,
    ) -> Result<Self, Error> {
        let (backup, typed) = (&args.backup, args.given());
        let system = scheduler == Scheduler::TaskScheduler && owner == Owner::Machine;
        let configured = Configured::of(backup, &typed, paths);
        let of_config = configured.as_ref().map(|one| one.stores.clone());
        let given = &divided(typed, &of_config.unwrap_or_default(), paths);
        refuse_what_a_task_lacks(given)?;
        let configured = configured?;
        if !configured.unread {
            // What makes no sense together.
            options(&option_file::with_file(backup)?)?;
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
        if configured.to.is_empty() && !has(given, "to") && !configured.unread {
            return Err(usage("a backup needs a folder to save to: --to DIR"));
        }
        let mut line = Self {
            arguments: ["backup", "--non-interactive", "--no-config"]
                .map(str::to_owned)
                .to_vec(),
            writes_to: [configured.to, configured.files_in].concat(),
            starts_programs: configured.starts_programs,
            credentials: configured.credentials,
        };
        for given in given {
            line.add(given.clone(), paths)?;
        }
        let unnamed = configured.stores.is_empty() && !configured.unread && !has(given, "store");
        if system && unnamed {
            let store = Given::new("store", Kind::Store, r"windows:LocalMachine\My");
            line.add(store, Paths::AsWritten)?;
        }
        line.add_log(given, scheduler)?;
        Ok(line)
    }

    fn add(&mut self, given: Given, paths: Paths) -> Result<(), Error> {
        let given = match paths {
            Paths::AsWritten => given,
            Paths::Absolute => of_this_machine(given)?,
        };
        if let Some(value) = given.value.clone() {
            let value = text(value)?;
            match given.name.as_str() {
                "to" => self.writes_to.push(value),
                "log" | "status" | "metrics" => self.writes_to.extend(folder_of(&value)),
                "password-vault" | "unlock-password-vault" => self.credentials.push(value),
                "password-command" | "unlock-password-command" | "on-failure" => {
                    self.starts_programs = true;
                }
                _ => {}
            }
        }
        let words = given.words().into_iter().map(text);
        self.arguments.extend(words.collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }

    /// Where an administrator looks: systemd's journal and launchd's file for standard error get
    /// what a task says; Task Scheduler keeps nothing but the exit code.
    fn add_log(&mut self, given: &[Given], scheduler: Scheduler) -> Result<(), Error> {
        match (scheduler, has(given, "event-log"), has(given, "log")) {
            (Scheduler::TaskScheduler, false, false) => {
                self.arguments.push("--event-log".to_owned());
            }
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
}

/// The same, each password of locked keys with the store that it is for. A store that the file for
/// `--config` names counts where the command line names none.
fn divided(given: Vec<Given>, of_config: &[StoreSpec], paths: Paths) -> Vec<Given> {
    let beside = stores_of(&given);
    let stores = Nameable {
        beside: &beside,
        elsewhere: if beside.is_empty() { of_config } else { &[] },
    };
    let at = |path: &Path| match paths {
        Paths::AsWritten => Some(path.to_owned()),
        Paths::Absolute => std::path::absolute(path).ok(),
    };
    let given = given.into_iter();
    given.map(|given| given.divided(&stores, &at)).collect()
}

/// Sources that exist while the command is typed, and not when the task runs.
fn refuse_what_a_task_lacks(given: &[Given]) -> Result<(), Error> {
    for given in given {
        let why = match given.name.as_str() {
            "password-env" | "unlock-password-env" => "a task has no such environment variable",
            "password-fd" | "unlock-password-fd" => "a task has no such file descriptor",
            "password-file" | "unlock-password-file" if given.is_stdin() => {
                "a task has no standard input"
            }
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
const SOURCES: &str = "use --password-vault, --password-file, --password-command or --escrow";

fn no_password() -> Error {
    Error::Usage(format!(
        "nobody is there to type the password when the task runs: {SOURCES}, here or in the file \
         for --config"
    ))
}

fn has_password(given: &[Given]) -> bool {
    let sources = [
        "password-vault",
        "password-file",
        "password-command",
        "escrow",
    ];
    let mut sources = sources.into_iter();
    sources.any(|name| has(given, name))
}

fn has(given: &[Given], name: &str) -> bool {
    given.iter().any(|given| given.name == name)
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
    let location = match store {
        StoreSpec::Windows(system) => system.location,
        StoreSpec::File(_)
        | StoreSpec::Keychain(_)
        | StoreSpec::Dotnet(_)
        | StoreSpec::Nss(_)
        | StoreSpec::Pkcs11(_) => {
            return Ok(());
        }
    };
    match location {
        SystemStoreLocation::LocalMachine => Ok(()),
        SystemStoreLocation::CurrentUser => Err(Error::Usage(format!(
            "a task of the machine runs as SYSTEM, which has no way to a person's keys: leave out \
             --machine for {store}, or name windows:LocalMachine\\My"
        ))),
    }
}

/// An option with its path made absolute.
fn of_this_machine(given: Given) -> Result<Given, Error> {
    if let ("to", Some(folder)) = (given.name.as_str(), &given.value) {
        let place = backup::check_place(Path::new(folder));
        place.map_err(|error| Error::Usage(error.in_full()))?;
    }
    given.with_path(absolute)
}

/// A path as a task can use it: one that depends neither on a folder nor on a logon session.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let absolute = std::path::absolute(path)
        .map_err(|source| Error::io(path.display().to_string(), source))?;
    match os::mapped_drive(&absolute) {
        Some(mapped) => Err(mapped_away(&absolute, &mapped)),
        None => Ok(absolute),
    }
}

fn mapped_away(path: &Path, mapped: &MappedDrive) -> Error {
    let instead = match &mapped.path {
        Some(path) => format!("write {path}"),
        None => r"name the share, as in \\server\share".to_owned(),
    };
    Error::Usage(format!(
        "{}: {} leads there in this logon session alone, and the task runs in another: {instead}",
        path.display(),
        mapped.drive
    ))
}

/// The folder of a file, unless it is the root.
fn folder_of(file: &str) -> Option<String> {
    let folder = Path::new(file).parent()?;
    folder.parent().map(|_| folder.display().to_string())
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
    /// The folders of files that it writes beside that.
    files_in: Vec<String>,
    starts_programs: bool,
    stores: Vec<StoreSpec>,
    credentials: Vec<String>,
    has_password: bool,
    /// There is a file, and it is on another machine.
    unread: bool,
}

impl Configured {
    fn of(backup: &Typed<BackupArgs>, given: &[Given], paths: Paths) -> Result<Self, Error> {
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
        let Typed { args, given: own } = option_file::read(file, &stores_of(given))?;
        for given in own {
            of_this_machine(given)?;
        }
        let password = args.password.source();
        let (mut credentials, mut starts_programs) = (Vec::new(), args.on_failure.is_some());
        // One on the command line stands in place of all of the file's.
        let mut unlock = args.stores.unlock()?;
        if given.iter().any(Given::unlocks) {
            unlock.clear();
        }
        let unlock = unlock.iter().map(|unlock| &unlock.source);
        for source in unlock.chain(&password) {
            refuse_source(source, file)?;
            match source {
                Source::Vault(name) => credentials.push(name.to_string()),
                Source::Command(_) => starts_programs = true,
                _ => {}
            }
        }
        let mut to = Vec::new();
        for folder in args.to {
            to.push(text(absolute(&folder)?.into_os_string())?);
        }
        let mut files_in = Vec::new();
        for file in args.monitor.status.iter().chain(&args.monitor.metrics) {
            files_in.extend(folder_of(&text(absolute(file)?.into_os_string())?));
        }
        Ok(Self {
            to,
            files_in,
            stores: args.stores.stores,
            starts_programs,
            credentials,
            has_password: password.is_some() || args.escrow.is_some(),
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
