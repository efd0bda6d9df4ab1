//! Task Scheduler of Windows: `schtasks.exe` registers the XML, which the scheduler then keeps, and
//! asks for the account's password itself.

use std::io::Write as _;

use certstow_core::time;
use certstow_platform::os;
use certstow_platform::scheduler::{Owner, ProgramError, Scheduler, Speech};

use super::program::{Earlier, Installed, OTHER_TIMES, Scheduled, file_error, not_scheduled, say};
use crate::error::Error;
use crate::schedule::{Schedule, ScheduleFile, SchedulerError, TaskName, windows_task};

/// Registers a task.
pub(super) fn install(
    schedule: &Schedule,
    files: &[ScheduleFile],
    force: bool,
) -> Result<Installed, Error> {
    let name = &schedule.name;
    let earlier = match task(name)?.ok() {
        // Wine's schtasks.exe answers for every name, with nothing.
        Some(task) if !task.trim().is_empty() => {
            check(name, &task)?;
            // Windows words the XML anew, and keeps a password with it: none is the same.
            Earlier::Other.replaceable(name, force)?
        }
        _ => Earlier::None,
    };
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
    let create = ["/Create", "/TN", name.as_str(), "/XML", &xml, "/F"];
    let what = "to register the task";
    match (schedule.owner, &schedule.account) {
        (Owner::Machine, _) => {
            let system = ["/RU", "SYSTEM"];
            run(what, &[&create[..], &system].concat(), Speech::Kept)?;
        }
        (Owner::User, account) => {
            let account = account.as_deref().unwrap_or_default();
            let asked = ["/RU", account, "/RP", "*"];
            run(what, &[&create[..], &asked].concat(), Speech::Shown)?;
        }
    }
    Ok(Installed {
        files: Vec::new(),
        earlier,
    })
}

pub(super) fn show(name: &TaskName) -> Result<Scheduled, Error> {
    let query = ["/Query", "/TN", name.as_str(), "/V", "/FO", "LIST"];
    match run("to show the task", &query, Speech::Kept) {
        Ok(report) => {
            let xml = task(name)?.unwrap_or_default();
            let table = ["/Query", "/TN", name.as_str(), "/V", "/FO", "CSV", "/NH"];
            let table = run("to show the task", &table, Speech::Kept).ok();
            let times = windows_task::times(&xml);
            let differs = windows_task::differs(&xml);
            // Task Scheduler says when in words that differ with the region.
            let next_run = times.as_ref().filter(|_| differs.is_none());
            Ok(Scheduled {
                files: Vec::new(),
                report,
                command: windows_task::command(&xml),
                next_run: next_run.and_then(|times| times.next(time::now())),
                times: times.ok_or_else(|| OTHER_TIMES.to_owned()),
                differs,
                last_run: table.and_then(|table| windows_task::last_run(&table)),
            })
        }
        Err(error) => match task(name)? {
            Ok(_) => Err(error),
            Err(said) => Err(not_scheduled(name, Some(said))),
        },
    }
}

pub(super) fn remove(name: &TaskName) -> Result<(), Error> {
    let task = task(name)?.map_err(|said| not_scheduled(name, Some(said)))?;
    check(name, &task)?;
    let delete = ["/Delete", "/TN", name.as_str(), "/F"];
    run("to remove the task", &delete, Speech::Kept).map(drop)
}

/// The XML of a task, or what schtasks.exe says where it shows none. It has one exit code for whatever is
/// wrong, be there no such task or one that this account may not see, and words that differ with the
/// language.
fn task(name: &TaskName) -> Result<Result<String, ProgramError>, Error> {
    let query = ["/Query", "/TN", name.as_str(), "/XML"];
    answered(run("to show the task", &query, Speech::Kept))
}

/// The tasks of certstow that this account may see, and whose they are.
pub(super) fn tasks() -> Result<Vec<(TaskName, Owner)>, Error> {
    let query = ["/Query", "/XML", "ONE"];
    let all = run("to list its tasks", &query, Speech::Kept)?;
    Ok(windows_task::tasks(&all))
}

/// What was said, or how it was refused by schtasks.exe itself. If it was not even started, that is an error.
fn answered(said: Result<String, Error>) -> Result<Result<String, ProgramError>, Error> {
    match said {
        Ok(said) => Ok(Ok(said)),
        Err(Error::Scheduler(SchedulerError::Refused { source, .. })) if source.code.is_some() => {
            Ok(Err(source))
        }
        Err(error) => Err(error),
    }
}

/// An error if a task is another program's.
fn check(name: &TaskName, xml: &str) -> Result<(), Error> {
    let foreign = !xml.trim().is_empty() && !xml.contains(windows_task::SOURCE);
    match foreign {
        true => Err(SchedulerError::Foreign {
            what: format!("a task named '{name}'"),
        }
        .into()),
        false => Ok(()),
    }
}

fn run(what: &'static str, arguments: &[&str], speech: Speech) -> Result<String, Error> {
    say(Scheduler::TaskScheduler, what, arguments, speech)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Explain as _;
    use crate::exit::Exit;
    use certstow_formats::sanitize::in_full;

    #[test]
    fn check_refuses_task_of_another_program() {
        let name = "x".parse().unwrap();
        let error = check(&name, "<Task><RegistrationInfo/></Task>").unwrap_err();
        assert_eq!(error.code(), "task-not-ours");
        check(&name, "<Task><Source>certstow</Source></Task>").unwrap();
    }

    #[test]
    fn answered_keeps_what_the_scheduler_said() {
        let refused = |code| {
            let source = ProgramError::ended("schtasks.exe", code, "ERROR: Access is denied.");
            let scheduler = Scheduler::TaskScheduler;
            let what = "to show the task";
            answered(Err(SchedulerError::Refused {
                what,
                scheduler,
                source,
            }
            .into()))
        };
        let said = refused(Some(1)).unwrap().unwrap_err();
        let error = not_scheduled(&"x".parse().unwrap(), Some(said));
        assert_eq!(
            (error.code(), error.exit()),
            ("not-scheduled", Exit::NotFound)
        );
        let text = in_full(&error);
        assert!(
            text.contains("no task named 'x'") && text.contains("Access is denied"),
            "{text}"
        );
        assert!(error.hint().unwrap().contains("an administrator's prompt"));
        // It was ended, or not even started.
        assert_eq!(refused(None).unwrap_err().code(), "scheduler-refused");
        assert_eq!(
            answered(Ok("<Task/>".to_owned())).unwrap().unwrap(),
            "<Task/>"
        );
    }
}
