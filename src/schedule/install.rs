//! Handing a schedule to the scheduler of this system, and asking about it or taking it away again.
//! Task Scheduler is given the XML and keeps it; systemd and launchd read files in folders of their
//! own. What else is called by the same name, and was not made by certstow, is left alone.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use certstow_platform::os;
use certstow_platform::scheduler::{self, Owner, ProgramError, Scheduler, Speech};

use super::{Schedule, ScheduleFile, TaskName, launchd, systemd, windows_task};
use crate::error::Error;
use crate::exit::Exit;

/// Why a scheduler did not do what was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum SchedulerError {
    /// certstow knows of no scheduler on this system.
    None,
    /// There is no task of this name.
    NotScheduled {
        /// The name.
        name: String,
    },
    /// There is something of this name that certstow did not make.
    Foreign {
        /// The name, or the file.
        what: String,
    },
    /// The service manager of this account does not run.
    NoManager {
        /// What its program said.
        source: ProgramError,
    },
    /// The scheduler refused.
    Refused {
        /// What was asked of it ("to register the task").
        what: &'static str,
        /// The scheduler.
        scheduler: Scheduler,
        /// What its program said.
        source: ProgramError,
    },
    /// A file of the scheduler cannot be read, written or removed.
    File {
        /// The file or folder.
        file: PathBuf,
        /// The operating system's word on it.
        source: io::Error,
    },
}

impl SchedulerError {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NotScheduled { .. } => Exit::NotFound,
            Self::Foreign { .. } | Self::File { .. } => Exit::Target,
            Self::None | Self::NoManager { .. } | Self::Refused { .. } => Exit::Failure,
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::None => "no-scheduler",
            Self::NotScheduled { .. } => "not-scheduled",
            Self::Foreign { .. } => "task-not-ours",
            Self::NoManager { .. } => "no-service-manager",
            Self::Refused { .. } => "scheduler-refused",
            Self::File { .. } => "scheduler-file",
        }
    }

    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::None => "'certstow schedule install --print' writes the files for other systems",
            Self::NotScheduled { .. } => {
                "--name names another task, and --machine looks among those of the machine"
            }
            Self::Foreign { .. } => "choose another name with --name; nothing was changed",
            Self::NoManager { .. } => {
                "run certstow in a session of the account itself, after 'loginctl enable-linger' \
                 if nobody is to be logged in; or write the files with --print"
            }
            Self::Refused { scheduler, .. } => match scheduler {
                Scheduler::TaskScheduler => {
                    "the account needs the right 'Log on as a batch job', and --machine an \
                     administrator's prompt; --print writes the XML for other tools"
                }
                Scheduler::Systemd => "--machine needs root; --print writes the files",
                Scheduler::Launchd => {
                    "run certstow in a session of the desktop (--machine needs root); --print \
                     writes the file"
                }
            },
            Self::File { .. } => "--machine needs root; --print writes the files elsewhere",
        }
    }
}

impl fmt::Display for SchedulerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("certstow knows of no scheduler on this system"),
            Self::NotScheduled { name } => write!(f, "no task named '{name}' is scheduled"),
            Self::Foreign { what } => write!(f, "{what} exists, and certstow did not make it"),
            Self::NoManager { .. } => {
                f.write_str("the service manager of this account does not run")
            }
            Self::Refused { what, .. } => write!(f, "the scheduler refused {what}"),
            Self::File { file, .. } => {
                write!(f, "{} cannot be read or changed", file.display())
            }
        }
    }
}

impl std::error::Error for SchedulerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoManager { source } | Self::Refused { source, .. } => Some(source),
            Self::File { source, .. } => Some(source),
            Self::None | Self::NotScheduled { .. } | Self::Foreign { .. } => None,
        }
    }
}

/// The scheduler of this system.
///
/// # Errors
/// [`SchedulerError::None`].
pub fn scheduler() -> Result<Scheduler, Error> {
    Scheduler::of_this_system().ok_or_else(|| SchedulerError::None.into())
}

/// Hands a schedule to this system's scheduler, in the place of an earlier one of that name. On
/// Windows, `schtasks.exe` asks for the account's password itself. Returns the files that were
/// written and stay.
///
/// # Errors
/// [`Error::Usage`] as [`Schedule::files`], [`Error::Scheduler`] otherwise. What was scheduled
/// before is as it was, unless the scheduler itself failed half-way.
pub fn install(schedule: &Schedule) -> Result<Vec<PathBuf>, Error> {
    let scheduler = scheduler()?;
    let files = schedule.files(scheduler)?;
    match scheduler {
        Scheduler::TaskScheduler => register(schedule, &files).map(|()| Vec::new()),
        Scheduler::Systemd => {
            let systemctl = Systemctl(schedule.owner);
            // Before anything is written: it fails where there is no manager.
            systemctl.run("to read its files", &["daemon-reload"])?;
            let places = Places::of(scheduler, schedule.owner, &schedule.name)?;
            places.check()?;
            let before = places.write(&files)?;
            let started = systemctl.start(&schedule.name);
            places.undo_unless(started, before, || {
                let _ = systemctl.run("to read its files", &["daemon-reload"]);
            })
        }
        Scheduler::Launchd => {
            let places = Places::of(scheduler, schedule.owner, &schedule.name)?;
            let domain = scheduler::launchd_domain(schedule.owner);
            let job = format!("{domain}/{}", launchd::label(&schedule.name));
            // One that is loaded would be kept; one that is not is no error.
            let _ = run(scheduler, "to unload the job", &["bootout", &job]);
            let before = places.write(&files)?;
            let file = places.files[0].display().to_string();
            let loaded =
                run(scheduler, "to load the job", &["bootstrap", &domain, &file]).map(drop);
            places.undo_unless(loaded, before, || {})
        }
    }
}

/// What this system's scheduler says of a task, and the files it has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// The files, where the scheduler reads files.
    pub files: Vec<PathBuf>,
    /// The scheduler's own report, in its own words.
    pub report: String,
}

/// Asks this system's scheduler about a task.
///
/// # Errors
/// [`Error::Scheduler`]: there is none of that name, or the scheduler refuses to tell.
pub fn show(name: &TaskName, owner: Owner) -> Result<Scheduled, Error> {
    let scheduler = scheduler()?;
    if scheduler == Scheduler::TaskScheduler {
        let query = ["/Query", "/TN", name.as_str(), "/V", "/FO", "LIST"];
        return match run(scheduler, "to show the task", &query) {
            Ok(report) => Ok(Scheduled {
                files: Vec::new(),
                report,
            }),
            Err(_) if task(name).is_none() => Err(not_scheduled(name)),
            Err(error) => Err(error),
        };
    }
    let places = Places::of(scheduler, owner, name)?;
    places.check_there(name)?;
    let report = match scheduler {
        Scheduler::Launchd => {
            let domain = scheduler::launchd_domain(owner);
            let job = format!("{domain}/{}", launchd::label(name));
            run(scheduler, "to show the job", &["print", &job])?
        }
        _ => Systemctl(owner).report(name)?,
    };
    Ok(Scheduled {
        files: places.files,
        report,
    })
}

/// Takes a task away from this system's scheduler. Returns the files that were removed.
///
/// # Errors
/// [`Error::Scheduler`]: there is none of that name, it is not certstow's, or the scheduler
/// refuses.
pub fn remove(name: &TaskName, owner: Owner) -> Result<Vec<PathBuf>, Error> {
    let scheduler = scheduler()?;
    if scheduler == Scheduler::TaskScheduler {
        let Some(task) = task(name) else {
            return Err(not_scheduled(name));
        };
        check_task(name, &task)?;
        let delete = ["/Delete", "/TN", name.as_str(), "/F"];
        return run(scheduler, "to remove the task", &delete).map(|_| Vec::new());
    }
    let places = Places::of(scheduler, owner, name)?;
    places.check_there(name)?;
    match scheduler {
        Scheduler::Launchd => {
            let domain = scheduler::launchd_domain(owner);
            let job = format!("{domain}/{}", launchd::label(name));
            // Not loaded is as good as unloaded.
            let _ = run(scheduler, "to unload the job", &["bootout", &job]);
            places.remove()
        }
        _ => {
            let systemctl = Systemctl(owner);
            let timer = format!("{name}.timer");
            systemctl.run("to stop the timer", &["disable", "--now", &timer])?;
            let removed = places.remove()?;
            systemctl.run("to read its files", &["daemon-reload"])?;
            Ok(removed)
        }
    }
}

fn not_scheduled(name: &TaskName) -> Error {
    let name = name.to_string();
    SchedulerError::NotScheduled { name }.into()
}

/// Runs the scheduler's program and keeps what it says.
fn run(scheduler: Scheduler, what: &'static str, arguments: &[&str]) -> Result<String, Error> {
    say(scheduler, what, arguments, Speech::Kept)
}

fn say(
    scheduler: Scheduler,
    what: &'static str,
    arguments: &[&str],
    speech: Speech,
) -> Result<String, Error> {
    let arguments: Vec<_> = arguments.iter().map(OsStr::new).collect();
    scheduler.run(&arguments, speech).map_err(|source| {
        if scheduler == Scheduler::Systemd && is_about_the_bus(&source.output) {
            return SchedulerError::NoManager { source }.into();
        }
        SchedulerError::Refused {
            what,
            scheduler,
            source,
        }
        .into()
    })
}

/// systemctl reaches the service manager by a bus, and says that it does not. The wording differs
/// with the version.
fn is_about_the_bus(output: &str) -> bool {
    output.contains("onnect to") && output.contains(" bus")
}

/// Registers a task of Windows.
fn register(schedule: &Schedule, files: &[ScheduleFile]) -> Result<(), Error> {
    if let Some(task) = task(&schedule.name) {
        check_task(&schedule.name, &task)?;
    }
    let folder = std::env::temp_dir();
    let written = tempfile::Builder::new()
        .prefix("certstow-")
        .suffix(".xml")
        .make_in(&folder, os::create_private)
        .and_then(|mut file| {
            file.write_all(&files[0].bytes)?;
            // Closed, for schtasks.exe may not share it; still removed at the end.
            Ok(file.into_temp_path())
        })
        .map_err(|source| file_error(&folder, source))?;
    let xml = written.display().to_string();
    let name = schedule.name.as_str();
    let create = ["/Create", "/TN", name, "/XML", &xml, "/F"];
    let what = "to register the task";
    match (schedule.owner, &schedule.account) {
        (Owner::Machine, _) => {
            let system = ["/RU", "SYSTEM"];
            run(
                Scheduler::TaskScheduler,
                what,
                &[&create[..], &system].concat(),
            )
        }
        (Owner::User, account) => {
            let account = account.as_deref().unwrap_or_default();
            let asked = ["/RU", account, "/RP", "*"];
            say(
                Scheduler::TaskScheduler,
                what,
                &[&create[..], &asked].concat(),
                Speech::Shown,
            )
        }
    }
    .map(drop)
}

/// The XML of a task of Windows; `None` if there is none of that name.
fn task(name: &TaskName) -> Option<String> {
    let query = ["/Query", "/TN", name.as_str(), "/XML"];
    run(Scheduler::TaskScheduler, "to show the task", &query).ok()
}

/// An error if a task is another program's.
fn check_task(name: &TaskName, xml: &str) -> Result<(), Error> {
    let foreign = !xml.trim().is_empty() && !xml.contains(windows_task::SOURCE);
    match foreign {
        true => Err(SchedulerError::Foreign {
            what: format!("a task named '{name}'"),
        }
        .into()),
        false => Ok(()),
    }
}

/// systemctl, for the manager of an owner.
struct Systemctl(Owner);

impl Systemctl {
    fn run(&self, what: &'static str, arguments: &[&str]) -> Result<String, Error> {
        run(
            Scheduler::Systemd,
            what,
            &[&self.scope()[..], arguments].concat(),
        )
    }

    fn scope(&self) -> [&'static str; 2] {
        let scope = match self.0 {
            Owner::User => "--user",
            Owner::Machine => "--system",
        };
        [scope, "--no-ask-password"]
    }

    /// A timer that runs already has the old times until it is started anew.
    fn start(&self, name: &TaskName) -> Result<(), Error> {
        let timer = format!("{name}.timer");
        self.run("to read its files", &["daemon-reload"])?;
        self.run("to enable the timer", &["enable", &timer])?;
        self.run("to start the timer", &["restart", &timer])?;
        Ok(())
    }

    fn report(&self, name: &TaskName) -> Result<String, Error> {
        let timer = format!("{name}.timer");
        let service = format!("{name}.service");
        let timers = self.run("to list its timers", &["list-timers", "--all", &timer])?;
        let properties = [
            "show",
            "--property=Result,ExecMainStatus,ExecMainStartTimestamp,ExecMainExitTimestamp",
            &service,
        ];
        let last = self.run("to show the service", &properties)?;
        Ok(format!("{timers}\n{last}"))
    }
}

/// The files of a task, in the scheduler's folder.
struct Places {
    folder: PathBuf,
    files: Vec<PathBuf>,
    scheduler: Scheduler,
}

/// What a file held before, if it was there.
type Before = Vec<Option<Vec<u8>>>;

impl Places {
    fn of(scheduler: Scheduler, owner: Owner, name: &TaskName) -> Result<Self, Error> {
        let Some(folder) = scheduler.folder(owner) else {
            let source = io::Error::new(io::ErrorKind::NotFound, "there is no home folder");
            return Err(file_error(Path::new("~"), source));
        };
        let names = match scheduler {
            Scheduler::Launchd => vec![format!("{}.plist", launchd::label(name))],
            _ => vec![format!("{name}.service"), format!("{name}.timer")],
        };
        Ok(Self {
            files: names.iter().map(|name| folder.join(name)).collect(),
            folder,
            scheduler,
        })
    }

    /// An error if one of them is not certstow's.
    fn check(&self) -> Result<(), Error> {
        for file in &self.files {
            let text = match fs::read(file) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(file_error(file, source)),
            };
            // The label of a job of launchd says whose it is, and it names the file.
            let ours =
                self.scheduler == Scheduler::Launchd || text.starts_with(systemd::MARK.as_bytes());
            if !ours {
                let what = file.display().to_string();
                return Err(SchedulerError::Foreign { what }.into());
            }
        }
        Ok(())
    }

    /// The same, and an error unless one of them is there.
    fn check_there(&self, name: &TaskName) -> Result<(), Error> {
        self.check()?;
        match self.files.iter().any(|file| file.exists()) {
            true => Ok(()),
            false => Err(not_scheduled(name)),
        }
    }

    /// Writes the files and gives back what they held before.
    fn write(&self, files: &[ScheduleFile]) -> Result<Before, Error> {
        fs::create_dir_all(&self.folder).map_err(|source| file_error(&self.folder, source))?;
        let before: Before = self.files.iter().map(|file| fs::read(file).ok()).collect();
        for (place, file) in self.files.iter().zip(files) {
            if let Err(error) = replace(place, &file.bytes) {
                self.restore(before);
                return Err(file_error(place, error));
            }
        }
        Ok(before)
    }

    fn restore(&self, before: Before) {
        for (file, bytes) in self.files.iter().zip(before) {
            // The error that counts is the one that led here.
            let _ = match bytes {
                Some(bytes) => replace(file, &bytes),
                None => fs::remove_file(file),
            };
        }
    }

    /// The files, if all went well; else they are made what they were, and `then` runs.
    fn undo_unless(
        self,
        result: Result<(), Error>,
        before: Before,
        then: impl FnOnce(),
    ) -> Result<Vec<PathBuf>, Error> {
        match result {
            Ok(()) => Ok(self.files),
            Err(error) => {
                self.restore(before);
                then();
                Err(error)
            }
        }
    }

    fn remove(self) -> Result<Vec<PathBuf>, Error> {
        for file in &self.files {
            match fs::remove_file(file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(file_error(file, source)),
                Ok(()) => {}
            }
        }
        Ok(self.files)
    }
}

/// Writes a file in one step, with the permissions of an ordinary one: nothing in it is secret.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // Not the name of a unit or a property list, so that no scheduler reads it half-written.
    let temporary = file.with_extension("certstow-new");
    fs::write(&temporary, bytes)?;
    fs::rename(&temporary, file).inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

fn file_error(file: &Path, source: io::Error) -> Error {
    let file = file.to_owned();
    SchedulerError::File { file, source }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(folder: &Path) -> Places {
        Places {
            folder: folder.to_owned(),
            files: vec![folder.join("x.service"), folder.join("x.timer")],
            scheduler: Scheduler::Systemd,
        }
    }

    fn files() -> Vec<ScheduleFile> {
        ["service", "timer"]
            .map(|kind| ScheduleFile {
                name: format!("x.{kind}"),
                bytes: format!("{}{kind}", systemd::MARK).into_bytes(),
            })
            .to_vec()
    }

    #[test]
    fn what_a_scheduler_refuses_leaves_the_files_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let old = format!("{}old", systemd::MARK);
        fs::write(folder.path().join("x.service"), &old).unwrap();
        let places = places(&folder.path().join("."));
        places.check().unwrap();
        let before = places.write(&files()).unwrap();
        let written = fs::read_to_string(folder.path().join("x.timer")).unwrap();
        assert!(written.ends_with("timer"));

        let mut ran = false;
        let refused = Err(SchedulerError::None.into());
        places
            .undo_unless(refused, before, || ran = true)
            .unwrap_err();
        assert!(ran);
        let kept = fs::read_to_string(folder.path().join("x.service")).unwrap();
        assert_eq!(kept, old);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_certstow_did_not_write_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.timer"), "[Timer]\nOnCalendar=daily\n").unwrap();
        let error = places(folder.path()).check().unwrap_err();
        assert_eq!(error.code(), "task-not-ours");
        assert_eq!(error.exit(), Exit::Target);
        assert!(error.to_string().contains("x.timer exists"));

        let name = "x".parse().unwrap();
        check_task(&name, "<Task><RegistrationInfo/></Task>").unwrap_err();
        check_task(&name, "<Task><Source>certstow</Source></Task>").unwrap();
    }

    #[test]
    fn nothing_of_that_name_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let name = "x".parse().unwrap();
        let error = places(folder.path()).check_there(&name).unwrap_err();
        assert_eq!(error.exit(), Exit::NotFound);
        assert_eq!(error.to_string(), "no task named 'x' is scheduled");
    }

    #[test]
    fn a_manager_that_does_not_run_is_told_from_a_refusal() {
        for said in [
            "Failed to connect to bus: No medium found",
            "Failed to connect to user scope bus via local transport: No such file or directory",
        ] {
            assert!(is_about_the_bus(said));
        }
        assert!(!is_about_the_bus("Failed to enable unit: Access denied"));
    }
}
