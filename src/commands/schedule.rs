//! `certstow schedule`: what the options mean for a task, then [`crate::schedule`].

mod line;
mod program;
mod report;
pub(super) mod state;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use certstow_platform::new_file::write_readable;
use certstow_platform::os;
use certstow_platform::store::Interaction;

use super::depends::Depends;
use crate::args::{ScheduleCommand, ScheduleInstallArgs};
use crate::doctor::{Check, Status};
use crate::error::Error;
use crate::exit::Exit;
use crate::journal::Entry;
use crate::option_file;
use crate::schedule::install::Scheduled;
use crate::schedule::{self, Owner, Schedule, ScheduleFile, Scheduler, SchedulerError, install};
use crate::screen::Screen;
use line::Paths;

pub(crate) fn run(command: &ScheduleCommand, screen: &Screen) -> Result<Exit, Error> {
    match command {
        ScheduleCommand::Install(args) => match &args.print {
            Some(folder) => print(args, folder.as_deref(), screen)?,
            None => {
                install(args, screen)?;
                screen.record(&Entry::scheduled(args.task.name.as_str()));
            }
        },
        ScheduleCommand::List(of) => return list(owner(of.machine), screen),
        ScheduleCommand::Show(task) => {
            let scheduled = install::show(&task.name, owner(task.machine))?;
            let doubts = doubts(&scheduled);
            report::shown_task(&task.name, &scheduled, &doubts, screen)?;
        }
        ScheduleCommand::Remove(task) => {
            let files = install::remove(&task.name, owner(task.machine))?;
            screen.record(&Entry::removed(&format!("the task '{}'", task.name)));
            report::removed(&task.name, &files, screen)?;
        }
    }
    Ok(Exit::Done)
}

fn owner(machine: bool) -> Owner {
    match machine {
        true => Owner::Machine,
        false => Owner::User,
    }
}

fn doubts(scheduled: &Scheduled) -> Vec<String> {
    let doubts = state::doubts(scheduled).into_iter();
    doubts.map(|doubt| doubt.text).collect()
}

/// All the tasks of an owner. Of one that the scheduler tells nothing of, that is told.
fn list(owner: Owner, screen: &Screen) -> Result<Exit, Error> {
    let tasks = install::tasks()?.into_iter();
    let names = tasks.filter(|(_, of)| *of == owner).map(|(name, _)| name);
    let listed: Vec<_> = names
        .map(|name| {
            let task = install::show(&name, owner).map(|scheduled| {
                let doubts = doubts(&scheduled);
                (scheduled, doubts)
            });
            (name, task)
        })
        .collect();
    report::listed(&listed, owner, screen)?;
    Ok(match listed.iter().all(|(_, task)| task.is_ok()) {
        true => Exit::Done,
        false => Exit::Partial,
    })
}

fn install(args: &ScheduleInstallArgs, screen: &Screen) -> Result<(), Error> {
    let scheduler = install::scheduler()?;
    let mut schedule = schedule(args, scheduler, Paths::Absolute)?;
    if scheduler == Scheduler::Systemd {
        refuse_missing(&schedule.writes_to)?;
    }
    if scheduler == Scheduler::TaskScheduler {
        refuse_variables(&schedule)?;
    }
    check(&schedule, screen)?;
    match scheduler {
        Scheduler::TaskScheduler => {
            schedule.account = Some(account_of_the_task(&schedule, screen)?);
        }
        Scheduler::Launchd => {
            schedule.log = schedule.log.or_else(|| log_of_this_account(args));
            warn_of_privacy(&schedule, screen);
        }
        Scheduler::Systemd | Scheduler::Cron => {}
    }
    let installed = install::install(&schedule, args.force)?;
    report::installed(&schedule, scheduler, &installed, screen)
}

fn warn_of_privacy(schedule: &Schedule, screen: &Screen) {
    if let Some(kept_out) = schedule::kept_out(schedule) {
        screen.warn(&kept_out);
    }
}

/// Refuses a task that could do nothing, as far as this account sees what the task's will. Looked at is
/// what its command line says, as the doctor does once it is installed.
fn check(schedule: &Schedule, screen: &Screen) -> Result<(), Error> {
    let (_, backup) =
        state::backup(&schedule.arguments).map_err(|doubt| Error::Usage(doubt.text))?;
    let options = option_file::with_file(&backup)?;
    // The log that it names was opened for this run, too.
    let of_the_task =
        schedule.owner == Owner::User || os::account().is_ok_and(|account| account.of_the_machine);
    let mut fatal: Vec<Check> = Vec::new();
    let mut tell = |check: Check| {
        // The service gets what is in the machine's vault.
        let elsewhere = schedule.owner == Owner::Machine && check.is_of_vault();
        let fails = check.is_fatal() || check.keeps_silent();
        if fails && (check.names_no_file() || (of_the_task && !elsewhere)) {
            fatal.push(check);
        } else if check.status != Status::Ok {
            screen.warn(&said(&check));
        }
        Ok(())
    };
    Depends::from(&options).examine(&mut tell)?;
    let Some(first) = fatal.first() else {
        return Ok(());
    };
    let all: Vec<_> = fatal.iter().map(Check::told).collect();
    Err(SchedulerError::WouldFail {
        found: all.join("; "),
        exit: match first.exit {
            // Of a run; here nothing is done.
            Exit::Partial => Exit::Target,
            exit => exit,
        },
        advice: first.advice.clone(),
    }
    .into())
}

/// A check that is not as it should be, in a sentence.
fn said(check: &Check) -> String {
    let told = check.told();
    match &check.advice {
        Some(advice) => format!("{told}: {advice}"),
        None => told,
    }
}

/// The account that the task will run as. Windows wants its password, which schtasks.exe asks for
/// at the console.
fn account_of_the_task(schedule: &Schedule, screen: &Screen) -> Result<String, Error> {
    if schedule.owner == Owner::Machine {
        return Ok("SYSTEM".to_owned());
    }
    if screen.interaction() == Interaction::Never {
        return Err(Error::interaction_required(
            "the account's own password, which Windows keeps for the task,",
        ));
    }
    let unknown = |source| Error::io("the name of this account", source);
    let account = os::account().map_err(unknown)?;
    account
        .name
        .ok_or_else(|| unknown(io::ErrorKind::NotFound.into()))
}

/// A word of a task's command line in which Task Scheduler would see a variable.
fn variable(schedule: &Schedule) -> Option<&String> {
    let mut words = std::iter::once(&schedule.program).chain(&schedule.arguments);
    words.find(|word| schedule::would_be_replaced(word))
}

fn refuse_variables(schedule: &Schedule) -> Result<(), Error> {
    match variable(schedule) {
        Some(word) => Err(Error::Usage(format!(
            "Task Scheduler would take a part of '{word}' for a variable"
        ))),
        None => Ok(()),
    }
}

/// The file of a person's agent; what is printed is for many people.
fn log_of_this_account(args: &ScheduleInstallArgs) -> Option<String> {
    let label = schedule::launchd_label(&args.task.name);
    let file = std::env::home_dir()?.join(format!("Library/Logs/{label}.log"));
    file.into_os_string().into_string().ok()
}

/// A service of systemd cannot make the folders that it writes to.
fn refuse_missing(folders: &[String]) -> Result<(), Error> {
    let missing = |folder: &&String| !Path::new(folder).is_dir();
    let missing: Vec<_> = folders.iter().filter(missing).cloned().collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(SchedulerError::WouldFail {
        found: format!(
            "a service may write only to folders that are there, and there is no {}",
            missing.join(", no ")
        ),
        exit: Exit::Target,
        advice: Some("make it, or mount its disk".to_owned()),
    }
    .into())
}

fn print(args: &ScheduleInstallArgs, folder: Option<&Path>, screen: &Screen) -> Result<(), Error> {
    if folder.is_none() && screen.json {
        let what = "--json and --print without a folder both want standard output";
        return Err(Error::Usage(what.to_owned()));
    }
    let (scheduler, here) = match args.system {
        Some(system) => {
            let this = Scheduler::of_this_system();
            // There is a cron for whatever is no Windows.
            let cron = system == Scheduler::Cron && this != Some(Scheduler::TaskScheduler);
            (system, this == Some(system) || cron)
        }
        None => (install::scheduler()?, true),
    };
    if !here && args.program.is_none() {
        return Err(Error::Usage(
            "files for another system need --program, the path of certstow there".to_owned(),
        ));
    }
    let paths = match args.program {
        Some(_) => Paths::AsWritten,
        None => Paths::Absolute,
    };
    let schedule = schedule(args, scheduler, paths)?;
    if scheduler == Scheduler::TaskScheduler
        && let Some(word) = variable(&schedule)
    {
        screen.warn(&format!(
            "Task Scheduler will put a variable's value in the place of a part of '{word}'"
        ));
    }
    let files = schedule.files(scheduler)?;
    match folder {
        Some(folder) => {
            let written = write_into(folder, &files)?;
            report::printed(&schedule, scheduler, &written, screen)?;
        }
        None => to_standard_output(&files, screen)?,
    }
    if scheduler == Scheduler::Launchd {
        warn_of_privacy(&schedule, screen);
    }
    report::how_to_install(&schedule, scheduler, screen);
    Ok(())
}

fn write_into(folder: &Path, files: &[ScheduleFile]) -> Result<Vec<PathBuf>, Error> {
    let failed = |place: &Path, source| Error::io(place.display().to_string(), source);
    os::create_readable_folder(folder).map_err(|error| failed(folder, error))?;
    let mut written = Vec::new();
    for file in files {
        let place = folder.join(&file.name);
        write_readable(&place, &file.bytes).map_err(|error| failed(&place, error))?;
        written.push(place);
    }
    Ok(written)
}

/// One file as it is; several, which are text then, each after its name as a comment.
fn to_standard_output(files: &[ScheduleFile], screen: &Screen) -> Result<(), Error> {
    if let [file] = files {
        if file.bytes.starts_with(&[0xff, 0xfe]) && io::stdout().is_terminal() {
            let pairs = file.bytes[2..].chunks_exact(2);
            let units: Vec<u16> = pairs
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect();
            return screen.print(|out| write!(out, "{}", String::from_utf16_lossy(&units)));
        }
        let mut out = io::stdout().lock();
        let written = out.write_all(&file.bytes).and_then(|()| out.flush());
        return written.map_err(|source| Error::io("standard output", source));
    }
    screen.print(|out| {
        for file in files {
            writeln!(out, "# {}", file.name)?;
            out.write_all(&file.bytes)?;
            writeln!(out)?;
        }
        Ok(())
    })
}

/// The task that the options describe.
fn schedule(
    args: &ScheduleInstallArgs,
    scheduler: Scheduler,
    paths: Paths,
) -> Result<Schedule, Error> {
    let owner = owner(args.task.machine);
    let line = line::Line::of(args, scheduler, owner, paths)?;
    let program = match &args.program {
        Some(program) => program.clone(),
        None => {
            let program = match program::as_started() {
                // Root must not follow a link that another account may change.
                Ok(link) if owner == Owner::Machine && !os::leads_where_root_says(&link) => {
                    std::env::current_exe()
                }
                started => started,
            };
            let program = program.map_err(|source| Error::io("the path of certstow", source))?;
            line::absolute(&program)?
        }
    };
    let of_the_machine = scheduler == Scheduler::Launchd && owner == Owner::Machine;
    let label = schedule::launchd_label(&args.task.name);
    Ok(Schedule {
        name: args.task.name.clone(),
        program: line::text(program.into_os_string())?,
        arguments: line.arguments,
        times: args.times().map_err(Error::Usage)?,
        delay: args.delay(scheduler),
        owner,
        account: None,
        writes_to: line.writes_to,
        starts_programs: line.starts_programs,
        credentials: line.credentials,
        log: of_the_machine.then(|| format!("/Library/Logs/{label}.log")),
    })
}
