//! What a run would do, for a person and as `certstow.backup/1` with `"dry_run": true`.

use std::io::{self, Write};

use certstow_core::backup::RunReport;
use certstow_core::backup::report::{Copy, EntryReport, Outcome};
use certstow_core::identity::Inventory;
use certstow_formats::sanitize::{safe, shortened};

use super::summary::Row;
use super::{json, missed, summary};
use crate::error::Error;
use crate::inventory;
use crate::journal::Level;
use crate::screen::Screen;

pub(super) fn show(
    report: &RunReport,
    skip_not_exportable: bool,
    inventory: &Inventory,
    screen: &Screen,
) -> Result<(), Error> {
    inventory::warn_of_problems(inventory.problems(), screen);
    inventory::note_notices(inventory.notices(), screen);
    summary::warn(report, screen);
    missed::warn(report, screen);
    if screen.json {
        let report = json::report(report, skip_not_exportable);
        return screen.print_json(&report.with("dry_run", &true));
    }
    summary::note(report, screen);
    screen.print(|out| {
        for at in 0..report.destinations.len() {
            destination(out, report, at, screen)?;
        }
        summary::write_keys(out, report, screen)?;
        writeln!(out, "Nothing was written.")
    })
}

fn destination(
    out: &mut dyn Write,
    report: &RunReport,
    at: usize,
    screen: &Screen,
) -> io::Result<()> {
    let destination = &report.destinations[at];
    let rows = report.entries.iter();
    let rows = rows.filter_map(|entry| {
        Some(Row {
            entry,
            result: planned(entry, &entry.copies[at])?,
            level: Level::Info,
        })
    });
    let rows: Vec<_> = rows.collect();
    let unchanged = report.counts(at).unchanged;
    let counts = match (&destination.error, rows.len(), destination.pruned.len()) {
        (Some(_), ..) => "would fail".to_owned(),
        (None, written, removed) => {
            format!("{written} to write, {removed} to remove, {unchanged} unchanged")
        }
    };
    let folder = destination.folder.to_string_lossy();
    writeln!(out, "{}: {counts}", safe(&folder))?;
    summary::write_table(out, &rows, screen)?;
    for pruned in &destination.pruned {
        let label = shortened(&pruned.label);
        writeln!(
            out,
            "would remove {}, of {label}, which expired",
            safe(&pruned.file)
        )?;
    }
    Ok(())
}

/// What would be written, and why.
fn planned(entry: &EntryReport, copy: &Copy) -> Option<String> {
    let file = copy.file.as_deref().filter(|_| entry.key.is_none())?;
    let why = match &copy.outcome {
        Outcome::New => "it is new".to_owned(),
        Outcome::Rewritten => "in the place of the file there is, as --rewrite asks".to_owned(),
        Outcome::Mended(reason) => reason.clone(),
        _ => return None,
    };
    Some(format!("{file}: {why}"))
}
