//! `certstow backup`: what the options and the file with options mean together, then
//! [`certstow_core::backup`].

mod called;
mod dry_run;
mod ends;
mod journal;
mod json;
mod list;
mod missed;
mod opening;
mod restore;
mod summary;
mod verify;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use certstow_core::backup::{self, Emptied, Patience, Progress, Request, RunReport};
use certstow_core::error::Error as LibraryError;
use certstow_core::escrow::Recipient;
use certstow_core::export::{Format, Options};
use certstow_core::time;
use certstow_platform::store::Interaction;

use crate::args::{BackupAction, BackupArgs, BackupCommand, Typed};
use crate::ask::{self, TerminalAsk, Wanted};
use crate::error::{Error, Explain as _};
use crate::exit::Exit;
use crate::monitor::Destination;
use crate::render::progress::Bar;
use crate::screen::Screen;
use crate::warning::advise;
use crate::{file_options, inventory, option_file, prompt};
use ends::ends;

pub(crate) fn run(command: &BackupCommand, screen: &Screen) -> Result<Exit, Error> {
    match &command.action {
        Some(BackupAction::List(args)) => list::run(args, screen),
        Some(BackupAction::Verify(args)) => verify::run(args, screen),
        Some(BackupAction::Restore(args)) => restore::run(args, screen),
        None => save(&command.run, command.dry_run, screen),
    }
}

/// Where this account remembers which folders it saved to; `None` where it has no place for that.
pub(crate) fn last_runs() -> Option<PathBuf> {
    Some(certstow_platform::state_folder()?.join(backup::LAST_RUNS))
}

/// How the files of a backup are made.
pub(super) fn options(args: &BackupArgs) -> Result<Options, Error> {
    file_options::check_target(&args.contents, &args.algorithms)?;
    Ok(file_options::of(
        Format::P12,
        &args.contents,
        &args.algorithms,
    ))
}

fn save(typed: &Typed<BackupArgs>, dry_run: bool, screen: &Screen) -> Result<Exit, Error> {
    let args = option_file::with_file(typed)?;
    if let Some(monitor) = screen.monitor() {
        monitor.options(&args);
    }
    let options = options(&args)?;
    // Each by its name, so that the compiler tells of one that nothing is done with.
    let BackupArgs {
        to,
        config: _,
        rewrite,
        prune_expired,
        accept_empty,
        skip_not_exportable,
        allow_unproven,
        require_private,
        contents: _,
        algorithms: _,
        escrow,
        filters,
        stores,
        password,
        monitor: _,
        on_failure: _,
    } = args;
    if to.is_empty() {
        return Err(Error::Usage(
            "name a folder to save to with --to, or as 'to' in the file of --config".to_owned(),
        ));
    }
    ask::check_stdin(&password, &stores)?;
    let recipient = match &escrow {
        Some(file) => Some(Recipient::read(file)?),
        None => None,
    };
    for warning in recipient.iter().flat_map(|one| one.warnings(time::now())) {
        screen.warn(&warning.text);
    }
    let mut inventory = inventory::read(&stores, screen)?;
    let last_runs = last_runs();
    let filters = filters.filters();
    let bar = Bar::new(screen);
    let told = |folder: &Path| bar.aside(|| screen.note_wait(folder));
    let request = Request {
        destinations: &to,
        filters: &filters,
        only: None,
        options: &options,
        last_runs: last_runs.as_deref(),
        privacy: file_options::privacy(require_private),
        rewrite,
        prune_expired,
        allow_unproven,
        escrow: recipient.as_ref(),
        patience: Patience {
            limit: screen.patience,
            told: &told,
        },
    };
    if dry_run {
        let mut report = backup::foresee(&inventory, &request, accept_empty, &mut show(&bar))?;
        bar.end();
        let exit = exit_of(&mut report, skip_not_exportable);
        dry_run::show(&report, skip_not_exportable, &inventory, screen)?;
        return Ok(exit);
    }
    let mut ask = TerminalAsk::new(screen);
    ask.bar = Some(&bar);
    let mut unanswered = None;
    let begin_anew = |emptied: &Emptied| match screen.interaction() {
        _ if accept_empty => Ok(true),
        Interaction::Never => Ok(false),
        Interaction::Allowed => {
            let question = format!("{emptied}. Save there all the same?");
            let answer = bar.aside(|| prompt::yes_or_no(&question, false, screen));
            answer.map_err(|error| {
                unanswered = Some(error);
                LibraryError::Cancelled
            })
        }
    };
    let wanted = Wanted {
        what: "a password for the files",
        question: "Password for the files of this backup:",
        new: Some("the password is empty (--escrow has one made for each file)"),
    };
    let obtained = || bar.aside(|| ask::obtain(&password, &wanted, screen));
    let report = backup::run(
        &mut inventory,
        &request,
        begin_anew,
        obtained,
        &mut ask,
        &mut show(&bar),
    );
    bar.end();
    if let Some(error) = unanswered {
        return Err(error);
    }
    let mut report = report?;
    let exit = exit_of(&mut report, skip_not_exportable);
    inventory::warn_of_problems(inventory.problems(), screen);
    inventory::note_notices(inventory.notices(), screen);
    summary::warn(&report, screen);
    missed::warn(&report, screen);
    journal::record(&report, screen);
    if let Some(monitor) = screen.monitor() {
        let destinations = monitored(&report, skip_not_exportable);
        let of_run: HashSet<&str> = thumbprints(&report).collect();
        let ends = ends(&inventory, |one| of_run.contains(&*one.thumbprint()));
        monitor.found(
            json::report(&report, skip_not_exportable),
            destinations,
            Some(ends),
        );
    }
    match screen.json {
        true => screen.print_json(&json::report(&report, skip_not_exportable))?,
        false => summary::show(&report, exit, screen)?,
    }
    Ok(exit)
}

/// What came of each folder, for monitoring.
fn monitored(report: &RunReport, skip_not_exportable: bool) -> Vec<Destination> {
    let destinations = report.destinations.iter().enumerate();
    let destinations = destinations.map(|(at, one)| {
        let counts = report.counts(at);
        let kept_back = match skip_not_exportable {
            true => 0,
            false => counts.not_exportable,
        };
        let there = counts.unchanged + counts.written + counts.mended;
        let failed = counts.failed + counts.unproven + kept_back;
        Destination {
            folder: one.folder.clone(),
            ok: report.is_complete_at(at, skip_not_exportable),
            identities: Some((there - counts.unproven, failed)),
        }
    });
    destinations.collect()
}

fn thumbprints(report: &RunReport) -> impl Iterator<Item = &str> {
    let entries = report.entries.iter();
    entries.map(|entry| entry.thumbprint.as_str())
}

/// Shows how far a run has come.
fn show(bar: &Bar) -> impl FnMut(Progress) {
    |progress| match progress {
        Progress::Checking { done, of } => bar.show("Checking", done, of),
        Progress::Writing { done, of } => bar.show("Saving  ", done, of),
    }
}

/// What a run comes to, with what is to be done added to its notes.
fn exit_of(report: &mut RunReport, skip_not_exportable: bool) -> Exit {
    let each = report.destinations.iter_mut();
    each.flat_map(|one| &mut one.notes).for_each(advise);
    match report.failure() {
        Some(error) => error.exit(),
        None if report.is_complete(skip_not_exportable) => Exit::Done,
        None => Exit::Partial,
    }
}
