//! `certstow.backup/1`:
//!
//! ```json
//! {"schema": "certstow.backup/1",
//!  "destinations": [{"to": "...", "ok": true,
//!    "error": null | {"code": "...", "exit": 16, "message": "...", "hint": null | "..."},
//!    "written": 1, "unchanged": 2, "mended": 0, "failed": 0,
//!    "unproven": 0, "not_exportable": 0, "pruned": 0,
//!    "pruned_files": [{"file": "...", "thumbprint": "...", "label": "..."}], "notes": ["..."]}],
//!  "entries": [{"thumbprint": "...", "label": "...", "store": "...",
//!    "result": "...", "reason": null | "...",
//!    "files": [{"to": "...", "file": "...", "sha256": null | "...", "result": "...",
//!      "reason": null, "proof": null | "signature" | "public-key" | "none"}], "warnings": []}],
//!  "only_in_backup": [{"thumbprint": "...", "label": "...", "store": "...", "not_after": "...",
//!    "files": [{"to": "...", "file": "...", "damage": null | "..."}]}],
//!  "problems": [{"store": "...", "place": "...", "message": "..."}], "warnings": ["..."]}
//! ```
//!
//! A result is `unchanged`, `new`, `rewritten`, `mended`, `retired` (expired, and kept elsewhere),
//! `failed` or `not-tried`; that of an entry is the worst of its files', or `not-exportable` or
//! `failed` where its key did not come out, or `not-proven` where it is there and nothing proves its
//! key, unless that is accepted.

use certstow_core::backup::report::{
    Copy, DestinationReport, EntryReport, OnlyInBackup, Outcome, Pruned, RunReport,
};
use certstow_core::warning::Warning;
use certstow_formats::proof::{Level, UNPROVEN};
use serde::Serialize;

use crate::error::OfDestination;
use crate::render::json;

#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    destinations: Vec<Destination<'a>>,
    entries: Vec<Entry<'a>>,
    only_in_backup: Vec<Missed<'a>>,
    problems: Vec<Problem<'a>>,
    warnings: &'a [Warning],
}

#[derive(Serialize)]
struct Destination<'a> {
    to: String,
    ok: bool,
    error: Option<json::Failure>,
    written: usize,
    unchanged: usize,
    mended: usize,
    failed: usize,
    unproven: usize,
    not_exportable: usize,
    pruned: usize,
    pruned_files: Vec<PrunedFile<'a>>,
    notes: &'a [Warning],
}

#[derive(Serialize)]
struct PrunedFile<'a> {
    file: &'a str,
    thumbprint: &'a str,
    label: &'a str,
}

#[derive(Serialize)]
struct Entry<'a> {
    thumbprint: &'a str,
    label: &'a str,
    store: &'a str,
    result: &'static str,
    reason: Option<String>,
    files: Vec<File<'a>>,
    warnings: &'a [Warning],
}

#[derive(Serialize)]
struct File<'a> {
    to: String,
    file: &'a str,
    sha256: Option<&'a str>,
    result: &'static str,
    reason: Option<&'a str>,
    proof: Option<Level>,
}

#[derive(Serialize)]
struct Missed<'a> {
    thumbprint: &'a str,
    label: &'a str,
    store: &'a str,
    not_after: &'a str,
    files: Vec<LastFile<'a>>,
}

#[derive(Serialize)]
struct LastFile<'a> {
    to: String,
    file: &'a str,
    damage: Option<&'a str>,
}

#[derive(Serialize)]
struct Problem<'a> {
    store: &'a str,
    place: &'a str,
    message: &'a str,
}

pub(super) fn report(report: &RunReport) -> impl Serialize + '_ {
    let destinations = report.destinations.iter().enumerate();
    Json {
        schema: "certstow.backup/1",
        destinations: destinations
            .map(|(at, one)| destination(report, at, one))
            .collect(),
        entries: report
            .entries
            .iter()
            .map(|one| entry(report, one))
            .collect(),
        only_in_backup: report
            .only_in_backup
            .iter()
            .map(|one| missed(report, one))
            .collect(),
        problems: report
            .problems
            .iter()
            .map(|problem| Problem {
                store: &problem.store,
                place: &problem.place,
                message: &problem.message,
            })
            .collect(),
        warnings: &report.warnings,
    }
}

fn destination<'a>(report: &RunReport, at: usize, one: &'a DestinationReport) -> Destination<'a> {
    let counts = report.counts(at);
    Destination {
        to: folder_name(one),
        ok: one.error.is_none() && counts.failed == 0 && counts.unproven == 0,
        error: one
            .error
            .as_ref()
            .map(|error| json::failure(&OfDestination(error))),
        written: counts.written,
        unchanged: counts.unchanged,
        mended: counts.mended,
        failed: counts.failed,
        unproven: counts.unproven,
        not_exportable: counts.not_exportable,
        pruned: counts.pruned,
        pruned_files: one.pruned.iter().map(pruned).collect(),
        notes: &one.notes,
    }
}

fn pruned(pruned: &Pruned) -> PrunedFile<'_> {
    PrunedFile {
        file: &pruned.file,
        thumbprint: &pruned.thumbprint,
        label: &pruned.label,
    }
}

fn entry<'a>(report: &'a RunReport, one: &'a EntryReport) -> Entry<'a> {
    let (result, reason) = match &one.key {
        Some(failure) if failure.known => ("not-exportable", Some(failure.error.in_full())),
        Some(failure) => ("failed", Some(failure.error.in_full())),
        None => {
            let worst = one.copies.iter().max_by_key(|copy| gravity(copy));
            let (word, reason) = match worst {
                Some(copy) if copy.lacks_proof() => ("not-proven", Some(UNPROVEN)),
                Some(copy) => (copy.outcome.word(), copy.outcome.reason()),
                None => ("not-tried", None),
            };
            (word, reason.map(str::to_owned))
        }
    };
    let copies = one.copies.iter().zip(&report.destinations);
    Entry {
        thumbprint: &one.thumbprint,
        label: &one.label,
        store: &one.store,
        result,
        reason,
        files: copies
            .filter_map(|(copy, destination)| file(copy, destination))
            .collect(),
        warnings: &one.warnings,
    }
}

fn file<'a>(copy: &'a Copy, destination: &DestinationReport) -> Option<File<'a>> {
    Some(File {
        to: folder_name(destination),
        file: copy.file.as_deref()?,
        sha256: copy.sha256.as_deref(),
        result: copy.outcome.word(),
        reason: copy.outcome.reason(),
        proof: copy.proof,
    })
}

fn missed<'a>(report: &RunReport, one: &'a OnlyInBackup) -> Missed<'a> {
    let files = one.files.iter().map(|file| LastFile {
        to: folder_name(&report.destinations[file.destination]),
        file: &file.file,
        damage: file.damage.as_deref(),
    });
    Missed {
        thumbprint: &one.thumbprint,
        label: &one.label,
        store: &one.store,
        not_after: &one.not_after,
        files: files.collect(),
    }
}

fn folder_name(destination: &DestinationReport) -> String {
    destination.folder.to_string_lossy().into_owned()
}

fn gravity(copy: &Copy) -> u8 {
    match copy.outcome {
        _ if copy.lacks_proof() => 5,
        Outcome::Retired => 0,
        Outcome::Unchanged => 1,
        Outcome::New => 2,
        Outcome::Rewritten => 3,
        Outcome::Mended(_) => 4,
        Outcome::NotTried => 6,
        Outcome::Failed(_) => 7,
    }
}
