//! What a run did, for the logs: a line for each copy that was saved, mended, removed, or not saved.

use certstow_core::backup::report::{
    Copy, DestinationReport, EntryReport, KeyFailure, Outcome, RunReport,
};
use certstow_formats::proof::{self, UNPROVEN};

use crate::journal::{Entry, Level};
use crate::screen::Screen;

pub(super) fn record(report: &RunReport, screen: &Screen) {
    for entry in &report.entries {
        if let Some(failure) = &entry.key {
            let level = level_of(failure);
            let reason = failure.error.in_full();
            screen.record(&about(
                Entry::not_saved(level, &entry.label, &reason),
                entry,
            ));
        }
        for (copy, destination) in entry.copies.iter().zip(&report.destinations) {
            if let Some(file) = &copy.file {
                record_copy(entry, copy, destination, file, screen);
            }
        }
    }
    for destination in &report.destinations {
        for pruned in &destination.pruned {
            screen.record(
                &Entry::removed(&format!("the file of {}, which expired", pruned.label))
                    .with("thumbprint", pruned.thumbprint.as_str())
                    .with_file(&destination.folder.join(&pruned.file)),
            );
        }
    }
}

/// How much it matters that a key did not come out.
pub(super) fn level_of(failure: &KeyFailure) -> Level {
    match failure.known {
        true => Level::Warning,
        false => Level::Error,
    }
}

fn record_copy(
    entry: &EntryReport,
    copy: &Copy,
    destination: &DestinationReport,
    file: &str,
    screen: &Screen,
) {
    let file = destination.folder.join(file);
    match &copy.outcome {
        Outcome::Mended(reason) => {
            let text = format!("{} was written anew: {reason}", file.display());
            screen.record(&Entry::warning(&text));
        }
        Outcome::Failed(reason) => {
            let failed = Entry::not_saved(Level::Error, &entry.label, reason);
            screen.record(&about(failed, entry).with_file(&file));
        }
        _ => {}
    }
    if copy.outcome.is_written() {
        screen.record(
            &about(Entry::saved(&entry.label), entry)
                .with_file(&file)
                .with_some("sha256", copy.sha256.as_deref())
                .with_some("proof", copy.proof.map(proof::Level::word)),
        );
    }
    if copy.lacks_proof() {
        let text = format!("{} is saved, but not proven: {UNPROVEN}", entry.label);
        screen.record(&about(Entry::failure(&text), entry).with_file(&file));
    }
}

fn about(journal: Entry, entry: &EntryReport) -> Entry {
    journal
        .with("thumbprint", entry.thumbprint.as_str())
        .with("store", entry.store.as_str())
}
