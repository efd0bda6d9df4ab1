//! The tasks that certstow was asked to install: whether what they run is there, and how the last run
//! went. A scheduler tells nobody of either.

use super::{Check, Status};
use crate::error::Error;
use crate::exit::Exit;
use crate::schedule::install::{LastRun, Scheduled};

/// What is wrong with a task; `fatal` if it keeps the task from saving anything.
pub(crate) fn doubt(name: &str, text: &str, fatal: bool) -> Check {
    let check = Check::ok("task", name, text);
    let advice = "'certstow schedule install --force', with the task's options, replaces it";
    match fatal {
        true => Check {
            status: Status::Failed,
            exit: Exit::Failure,
            ..check.advise(advice)
        },
        false => check.warn(advice),
    }
}

/// A task of which the scheduler tells nothing.
pub(crate) fn unknown(name: &str, error: &Error) -> Check {
    let check = Check::failed("task", name, error);
    Check {
        status: Status::Warning,
        exit: Exit::Done,
        ..check
    }
}

/// What a task runs, and how the last run went.
pub(crate) fn last_run(name: &str, scheduled: &Scheduled) -> Check {
    let program = scheduled.command.as_deref().and_then(<[String]>::first);
    let runs = program.map(|program| format!("runs {program}; "));
    let runs = runs.unwrap_or_default();
    let (found, failed) = match &scheduled.last_run {
        None => ("how its last run went is not told".to_owned(), false),
        Some(LastRun::Never) => ("it has not run yet".to_owned(), false),
        Some(running @ LastRun::Running) => (running.to_string(), false),
        Some(ended @ LastRun::Ended { .. }) => {
            (format!("its last run ended with {ended}"), ended.is_bad())
        }
        Some(other) => (format!("its last run: {other}"), other.is_bad()),
    };
    let check = Check::ok("task", name, runs + &found);
    match failed {
        true => check.warn("'certstow schedule show' and the task's log say more"),
        false => check,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(last_run: Option<LastRun>) -> Check {
        let scheduled = Scheduled {
            files: Vec::new(),
            report: String::new(),
            command: Some(vec!["/bin/certstow".to_owned(), "backup".to_owned()]),
            differs: None,
            times: Err(String::new()),
            last_run,
            next_run: None,
        };
        super::last_run("nightly", &scheduled)
    }

    #[test]
    fn last_run_warns_of_failed_runs() {
        let ended = |code| Some(LastRun::Ended { code, at: None });
        for (last_run, status, found) in [
            (None, Status::Ok, "how its last run went is not told"),
            (Some(LastRun::Never), Status::Ok, "it has not run yet"),
            (Some(LastRun::Running), Status::Ok, "it is running now"),
            (
                ended(0),
                Status::Ok,
                "its last run ended with exit code 0, done",
            ),
            (
                ended(16),
                Status::Warning,
                "its last run ended with exit code 16, target exists or is not writable",
            ),
            (
                Some(LastRun::Failed {
                    why: "signal".to_owned(),
                    at: None,
                }),
                Status::Warning,
                "its last run: failed: signal",
            ),
        ] {
            let check = with(last_run);
            let expected = format!("runs /bin/certstow; {found}");
            assert_eq!((check.status, check.found), (status, expected));
        }
    }

    #[test]
    fn doubt_fails_where_nothing_is_saved() {
        let fatal = doubt("nightly", "it is gone", true);
        assert_eq!((fatal.status, fatal.exit), (Status::Failed, Exit::Failure));
        let other = doubt("nightly", "it is another", false);
        assert_eq!((other.status, other.exit), (Status::Warning, Exit::Done));
    }
}
