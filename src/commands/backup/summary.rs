//! What a run did, for a person: a table for each destination of what is not as it was, and a
//! closing sentence.

use std::collections::BTreeMap;
use std::io::{self, Write};

use certstow_core::backup::report::{Copy, EntryReport, Outcome, RunReport};
use certstow_formats::proof::UNPROVEN;
use certstow_formats::sanitize::{cut, safe, shortened};
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, presets};

use super::journal::level_of;
use crate::error::{Error, OfDestination};
use crate::exit::Exit;
use crate::journal::{Entry, Level};
use crate::render::table::WIDEST;
use crate::screen::Screen;
use crate::warning::Warning;

pub(super) fn show(report: &RunReport, exit: Exit, screen: &Screen) -> Result<(), Error> {
    note(report, screen);
    let quiet = screen.is_quiet();
    screen.print(|out| {
        for at in 0..report.destinations.len() {
            write_destination(out, report, at, screen)?;
        }
        write_keys(out, report, screen)?;
        write_unproven(out, report, screen)?;
        match quiet {
            true => Ok(()),
            false => {
                let mark = match exit {
                    Exit::Done => "",
                    _ => screen.mark(Level::Warning),
                };
                writeln!(out, "{mark}{}", closing(report, exit))
            }
        }
    })
}

/// What there is to know of the folders.
pub(super) fn note(report: &RunReport, screen: &Screen) {
    for destination in &report.destinations {
        for note in &destination.notes {
            let folder = destination.folder.display();
            screen.note(&format!("{folder}: {note}"));
        }
    }
}

/// Warnings, each once: a thousand certificates may lack the same issuer. Then the destinations
/// that failed. JSON has them all, and the logs alone get them then.
pub(super) fn warn(report: &RunReport, screen: &Screen) {
    for warning in &report.warnings {
        screen.warn_unless_json(&warning.text);
    }
    let mut about: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in &report.entries {
        for warning in &entry.warnings {
            about.entry(&warning.text).or_default().push(&entry.label);
        }
    }
    screen.warn_of_each_unless_json(about.into_iter().map(|(warning, labels)| {
        let first = labels.first().map(|label| shortened(label));
        let first = first.unwrap_or_default();
        let whose = match labels.len() {
            ..=1 => first.into_owned(),
            all => format!("{first} and {} more", all - 1),
        };
        Warning::about(&whose, warning)
    }));
    for error in report
        .destinations
        .iter()
        .filter_map(|one| one.error.as_ref())
    {
        match screen.json {
            true => screen.record(&Entry::error(&OfDestination(error))),
            false => screen.error(&OfDestination(error)),
        }
    }
}

fn write_destination(
    out: &mut dyn Write,
    report: &RunReport,
    at: usize,
    screen: &Screen,
) -> io::Result<()> {
    let quiet = screen.is_quiet();
    let destination = &report.destinations[at];
    let rows = report.entries.iter().filter_map(|entry| {
        let copy = &entry.copies[at];
        let (result, level) = result(entry, copy, quiet)?;
        Some(Row {
            entry,
            result,
            level,
        })
    });
    let rows: Vec<_> = rows.collect();
    let folder = destination.folder.to_string_lossy();
    if !quiet {
        writeln!(out, "{}: {}", safe(&folder), counts(report, at))?;
    } else if !rows.is_empty() {
        writeln!(out, "{}:", safe(&folder))?;
    }
    write_table(out, &rows, screen)?;
    if !quiet {
        for pruned in &destination.pruned {
            let label = shortened(&pruned.label);
            let file = safe(&pruned.file);
            writeln!(out, "removed {file}, of {label}, which expired")?;
        }
    }
    Ok(())
}

/// What is said of a copy; nothing of one that is as it was.
fn result(entry: &EntryReport, copy: &Copy, quiet: bool) -> Option<(String, Level)> {
    match &copy.outcome {
        Outcome::Failed(reason) => Some((format!("failed: {reason}"), Level::Error)),
        Outcome::NotTried if entry.key.is_none() && copy.file.is_some() => {
            Some(("not tried".to_owned(), Level::Error))
        }
        _ if quiet => None,
        Outcome::New | Outcome::Rewritten => Some((copy.outcome.word().to_owned(), Level::Info)),
        Outcome::Mended(reason) => Some((format!("rewritten: {reason}"), Level::Warning)),
        Outcome::Unchanged | Outcome::Retired | Outcome::NotTried => None,
    }
}

/// "2 written, 5 unchanged": what there is none of is left out.
fn counts(report: &RunReport, at: usize) -> String {
    if report.destinations[at].error.is_some() && report.counts(at) == Default::default() {
        return "failed".to_owned();
    }
    let counts = report.counts(at);
    let each = [
        (counts.written, "written"),
        (counts.mended, "mended"),
        (counts.unchanged, "unchanged"),
        (counts.failed, "failed"),
        (counts.unproven, "not proven"),
        (counts.not_exportable, "not exportable"),
        (counts.pruned, "removed"),
    ];
    let each = each.iter().filter(|(count, _)| *count > 0);
    let each: Vec<_> = each
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    match each.is_empty() {
        true => "nothing to do".to_owned(),
        false => each.join(", "),
    }
}

/// The keys that did not come out.
pub(super) fn write_keys(
    out: &mut dyn Write,
    report: &RunReport,
    screen: &Screen,
) -> io::Result<()> {
    let rows = report.entries.iter().filter_map(|entry| {
        let failure = entry.key.as_ref()?;
        Some(Row {
            entry,
            result: format!("not saved: {}", failure.error.in_full()),
            level: level_of(failure),
        })
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "Private keys that did not come out:")?;
    write_table(out, &rows, screen)
}

/// The keys that came out, and that nothing proves.
fn write_unproven(out: &mut dyn Write, report: &RunReport, screen: &Screen) -> io::Result<()> {
    let unproven = report
        .entries
        .iter()
        .filter(|entry| entry.copies.iter().any(Copy::lacks_proof));
    let rows = unproven.map(|entry| Row {
        entry,
        result: UNPROVEN.to_owned(),
        level: Level::Error,
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "Saved, but not proven:")?;
    write_table(out, &rows, screen)?;
    writeln!(
        out,
        "Open each in the program that it is for; --allow-unproven then accepts it."
    )
}

/// Columns of the table.
const THUMBPRINT: usize = 1;
const LAST: usize = 2;

/// A line of a table.
pub(super) struct Row<'r> {
    pub(super) entry: &'r EntryReport,
    pub(super) result: String,
    pub(super) level: Level,
}

pub(super) fn write_table(
    out: &mut dyn Write,
    rows: &[Row<'_>],
    screen: &Screen,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.force_no_tty();
    table.set_header(["NAME", "THUMBPRINT", "RESULT"]);
    for Row { entry, result, .. } in rows {
        table.add_row([
            Cell::new(cut(&entry.label, WIDEST)),
            Cell::new(&entry.thumbprint[..16]),
            Cell::new(safe(result)),
        ]);
    }
    // Where there is no terminal nothing is broken into lines.
    match screen.width() {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if at == LAST { 0 } else { 2 }));
        // Broken in two, it could not be copied.
        if at == THUMBPRINT {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    // In the journal each row is one line, below the heading.
    let marks = rows.iter().map(|row| screen.mark(row.level));
    let marks = std::iter::once("")
        .chain(marks)
        .chain(std::iter::repeat(""));
    let table = table.trim_fmt();
    let mut lines = table.lines().zip(marks);
    lines.try_for_each(|(line, mark)| writeln!(out, "{mark}{line}"))
}

fn closing(report: &RunReport, exit: Exit) -> String {
    let there = |copy: &Copy| copy.outcome.is_verified() || copy.outcome == Outcome::Retired;
    let there = |entry: &&EntryReport| entry.copies.iter().all(there);
    let proven = |entry: &&EntryReport| !entry.copies.iter().any(Copy::is_unproven);
    let all = report.entries.len();
    let there = report.entries.iter().filter(there);
    let saved = there.clone().filter(proven).count();
    let unproven = there.count() - saved;
    let folders = report.destinations.len();
    let failed = report
        .destinations
        .iter()
        .filter(|destination| destination.error.is_some())
        .count();
    let whole = match (saved, all) {
        (_, 0) => "Nothing here can be saved".to_owned(),
        (0, 1) if unproven == 1 => "The one identity is saved, but not proven".to_owned(),
        (saved, all) if unproven > 0 => {
            let are = if unproven == 1 { "is" } else { "are" };
            format!("{saved} of {all} identities are saved; {unproven} {are} saved, but not proven")
        }
        (1, 1) => "The one identity is saved".to_owned(),
        (saved, all) if saved == all => format!("All {all} identities are saved"),
        (saved, all) => format!("{saved} of {all} identities are saved"),
    };
    let mut copies = report.entries.iter().flat_map(|entry| &entry.copies);
    let everywhere = !copies.any(|copy| copy.outcome == Outcome::Retired);
    let place = match folders {
        1 => String::new(),
        _ if !everywhere => format!(", not all of them in each of {folders} folders"),
        _ => format!(" in all of {folders} folders"),
    };
    let remark = match (exit, failed) {
        (Exit::Done, _) => String::new(),
        (_, 0) => "; what is not right is listed above".to_owned(),
        (_, failed) if folders > 1 => format!("; {failed} of {folders} folders failed"),
        _ => "; the folder failed".to_owned(),
    };
    let missed = match report.only_in_backup.len() {
        0 => String::new(),
        1 => "; 1 more is only in the backup now".to_owned(),
        more => format!("; {more} more are only in the backup now"),
    };
    format!("{whole}{place}{missed}{remark}.")
}
