//! launchd of macOS: the property list goes into its folder, and `launchctl` loads the job into the
//! session of the person, or into the system's domain.

use std::fs;
use std::path::PathBuf;

use certstow_platform::scheduler::{self, Owner, Scheduler};

use super::places::Places;
use super::{Installed, Scheduled, run};
use crate::error::Error;
use crate::schedule::{Schedule, ScheduleFile, TaskName, launchd};

pub(super) fn install(schedule: &Schedule, files: &[ScheduleFile]) -> Result<Installed, Error> {
    let places = Places::of(Scheduler::Launchd, schedule.owner, &schedule.name)?;
    let replaced = places.are_there();
    let domain = scheduler::launchd_domain(schedule.owner);
    unload(&schedule.name, schedule.owner);
    let before = places.write(files)?;
    let file = places.files[0].display().to_string();
    let load = ["bootstrap", &domain, &file];
    let loaded = run(Scheduler::Launchd, "to load the job", &load).map(drop);
    let files = places.undo_unless(loaded, before, || {})?;
    Ok(Installed { files, replaced })
}

pub(super) fn show(name: &TaskName, owner: Owner) -> Result<Scheduled, Error> {
    let places = Places::of(Scheduler::Launchd, owner, name)?;
    places.check_there(name)?;
    let job = job(name, owner);
    let report = run(Scheduler::Launchd, "to show the job", &["print", &job])?;
    let list = fs::read_to_string(&places.files[0]).ok();
    Ok(Scheduled {
        command: list.and_then(|text| launchd::command(&text)),
        files: places.files,
        report,
        differs: None,
    })
}

pub(super) fn remove(name: &TaskName, owner: Owner) -> Result<Vec<PathBuf>, Error> {
    let places = Places::of(Scheduler::Launchd, owner, name)?;
    places.check_there(name)?;
    unload(name, owner);
    places.remove()
}

/// One that is loaded would be kept as it was; one that is not is no error.
fn unload(name: &TaskName, owner: Owner) {
    let job = job(name, owner);
    let _ = run(Scheduler::Launchd, "to unload the job", &["bootout", &job]);
}

fn job(name: &TaskName, owner: Owner) -> String {
    let domain = scheduler::launchd_domain(owner);
    format!("{domain}/{}", launchd::label(name))
}
