//! What the errors of schedulers mean to a person and a script.

use certstow_core::error::SchedulerError;
use certstow_platform::scheduler::Scheduler;

use crate::exit::Exit;

pub(super) fn exit(error: &SchedulerError) -> Exit {
    match error {
        SchedulerError::NotScheduled { .. } => Exit::NotFound,
        SchedulerError::Foreign { .. } | SchedulerError::File { .. } => Exit::Target,
        SchedulerError::None
        | SchedulerError::NoManager { .. }
        | SchedulerError::Refused { .. } => Exit::Failure,
    }
}

pub(super) fn code(error: &SchedulerError) -> &'static str {
    match error {
        SchedulerError::None => "no-scheduler",
        SchedulerError::NotScheduled { .. } => "not-scheduled",
        SchedulerError::Foreign { .. } => "task-not-ours",
        SchedulerError::NoManager { .. } => "no-service-manager",
        SchedulerError::Refused { .. } => "scheduler-refused",
        SchedulerError::File { .. } => "scheduler-file",
    }
}

pub(super) fn hint(error: &SchedulerError) -> &'static str {
    match error {
        SchedulerError::None => {
            "'certstow schedule install --print' writes the files for other systems"
        }
        SchedulerError::NotScheduled { .. } => {
            "--name names another task, and --machine looks among those of the machine"
        }
        SchedulerError::Foreign { .. } => "choose another name with --name; nothing was changed",
        SchedulerError::NoManager { .. } => {
            "run certstow in a session of the account itself, after 'loginctl enable-linger' \
                 if nobody is to be logged in; or write the files with --print"
        }
        SchedulerError::Refused { scheduler, .. } => match scheduler {
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
        SchedulerError::File { .. } => "--machine needs root; --print writes the files elsewhere",
    }
}
