//! Task Scheduler of Windows: `schtasks.exe` registers the XML, which the scheduler then keeps, and
//! asks for the account's password itself.

use std::io::Write as _;

use certstow_platform::os;
use certstow_platform::scheduler::{Owner, Scheduler, Speech};

use super::program::{Installed, Scheduled, file_error, not_scheduled, say};
use crate::error::Error;
use crate::schedule::{Schedule, ScheduleFile, SchedulerError, TaskName, windows_task};

/// Registers a task.
pub(super) fn install(schedule: &Schedule, files: &[ScheduleFile]) -> Result<Installed, Error> {
    let earlier = task(&schedule.name)?;
    if let Some(task) = &earlier {
        check(&schedule.name, task)?;
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
        // Wine's schtasks.exe answers for every name, with nothing.
        replaced: earlier.is_some_and(|task| !task.trim().is_empty()),
    })
}

pub(super) fn show(name: &TaskName) -> Result<Scheduled, Error> {
    let query = ["/Query", "/TN", name.as_str(), "/V", "/FO", "LIST"];
    match run("to show the task", &query, Speech::Kept) {
        Ok(report) => {
            let xml = task(name)?.unwrap_or_default();
            Ok(Scheduled {
                files: Vec::new(),
                report,
                command: windows_task::command(&xml),
                differs: windows_task::differs(&xml),
            })
        }
        Err(error) => match task(name)? {
            Some(_) => Err(error),
            None => Err(not_scheduled(name)),
        },
    }
}

pub(super) fn remove(name: &TaskName) -> Result<(), Error> {
    let Some(task) = task(name)? else {
        return Err(not_scheduled(name));
    };
    check(name, &task)?;
    let delete = ["/Delete", "/TN", name.as_str(), "/F"];
    run("to remove the task", &delete, Speech::Kept).map(drop)
}

/// The XML of a task; `None` if there is none of that name. schtasks.exe has one exit code for
/// whatever is wrong, and words that differ with the language.
fn task(name: &TaskName) -> Result<Option<String>, Error> {
    let query = ["/Query", "/TN", name.as_str(), "/XML"];
    match run("to show the task", &query, Speech::Kept) {
        Ok(xml) => Ok(Some(xml)),
        Err(error) if was_answered(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether it was schtasks.exe that said no. One that was not started knows of no task.
fn was_answered(error: &Error) -> bool {
    matches!(
        error,
        Error::Scheduler(SchedulerError::Refused { source, .. }) if source.code.is_some()
    )
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
    use certstow_formats::sanitize::in_full;

    #[test]
    fn check_refuses_task_of_another_program() {
        let name = "x".parse().unwrap();
        let error = check(&name, "<Task><RegistrationInfo/></Task>").unwrap_err();
        assert_eq!(error.code(), "task-not-ours");
        check(&name, "<Task><Source>certstow</Source></Task>").unwrap();
    }

    #[test]
    fn was_answered_is_false_when_program_missing() {
        let mut schedulers = [Scheduler::TaskScheduler, Scheduler::Launchd].into_iter();
        let elsewhere = schedulers.find(|one| Some(*one) != Scheduler::of_this_system());
        let error = say(elsewhere.unwrap(), "to show the task", &[], Speech::Kept).unwrap_err();
        assert_eq!(error.code(), "scheduler-refused");
        assert!(
            in_full(&error).contains("could not be started"),
            "{error:?}"
        );
        assert!(!was_answered(&error));
    }
}
