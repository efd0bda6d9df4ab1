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
//!  "problems": [{"store": "...", "place": "...", "message": "..."}],
//!  "notices": as "problems", "warnings": ["..."], "dry_run": true}
//! ```
//!
//! `dry_run` is there with `--dry-run` alone.
//!
//! A result is `unchanged`, `new`, `rewritten`, `mended`, `retired` (expired, and kept elsewhere),
//! `failed` or `not-tried`; that of an entry is the worst of its files', or `not-exportable` or
//! `failed` where its key did not come out, or `not-proven` where it is there and nothing proves its
//! key, unless that is accepted.

use certstow_core::backup::report::{
    Copy, DestinationReport, EntryReport, OnlyInBackup, Outcome, RunReport,
};
use certstow_formats::proof::UNPROVEN;

use crate::error::OfDestination;
use crate::render::json::{self, Object};

pub(super) fn report(report: &RunReport, skip_not_exportable: bool) -> Object {
    let destinations = report.destinations.iter().enumerate();
    let destinations = destinations.map(|(at, one)| {
        let ok = report.is_complete_at(at, skip_not_exportable);
        destination(report, at, one, ok)
    });
    let entries = report.entries.iter().map(|one| entry(report, one));
    let missed = report.only_in_backup.iter().map(|one| missed(report, one));
    Object::new("certstow.backup/1")
        .list("destinations", destinations)
        .list("entries", entries)
        .list("only_in_backup", missed)
        .list("problems", json::problems(&report.problems))
        .list("notices", json::problems(&report.notices))
        .with("warnings", &report.warnings)
}

fn destination(report: &RunReport, at: usize, one: &DestinationReport, ok: bool) -> Object {
    let counts = report.counts(at);
    let error = one.error.as_ref();
    let pruned = one.pruned.iter().map(|pruned| {
        Object::default()
            .with("file", &pruned.file)
            .with("thumbprint", &pruned.thumbprint)
            .with("label", &pruned.label)
    });
    Object::default()
        .with("to", &one.folder.to_string_lossy())
        .with("ok", &ok)
        .object("error", error.map(|one| json::failure(&OfDestination(one))))
        .with("written", &counts.written)
        .with("unchanged", &counts.unchanged)
        .with("mended", &counts.mended)
        .with("failed", &counts.failed)
        .with("unproven", &counts.unproven)
        .with("not_exportable", &counts.not_exportable)
        .with("pruned", &counts.pruned)
        .list("pruned_files", pruned)
        .with("notes", &one.notes)
}

fn entry(report: &RunReport, one: &EntryReport) -> Object {
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
    let files = copies.filter_map(|(copy, destination)| file(copy, destination));
    Object::default()
        .with("thumbprint", &one.thumbprint)
        .with("label", &one.label)
        .with("store", &one.store)
        .with("result", &result)
        .with("reason", &reason)
        .list("files", files)
        .with("warnings", &one.warnings)
}

fn file(copy: &Copy, destination: &DestinationReport) -> Option<Object> {
    Some(
        Object::default()
            .with("to", &destination.folder.to_string_lossy())
            .with("file", &copy.file.as_deref()?)
            .with("sha256", &copy.sha256)
            .with("result", &copy.outcome.word())
            .with("reason", &copy.outcome.reason())
            .with("proof", &copy.proof),
    )
}

fn missed(report: &RunReport, one: &OnlyInBackup) -> Object {
    let files = one.files.iter().map(|file| {
        let folder = &report.destinations[file.destination].folder;
        Object::default()
            .with("to", &folder.to_string_lossy())
            .with("file", &file.file)
            .with("damage", &file.damage)
    });
    Object::default()
        .with("thumbprint", &one.thumbprint)
        .with("label", &one.label)
        .with("store", &one.store)
        .with("not_after", &one.not_after)
        .list("files", files)
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
