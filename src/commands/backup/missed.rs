//! The identities that are only in the backup now: warned about, so that whoever deleted one by mistake
//! learns of it while there is a copy.

use certstow_core::backup::report::{OnlyInBackup, RunReport};
use certstow_platform::os;

use super::called::called;
use crate::journal::Entry;
use crate::screen::Screen;

/// How many are named on the screen, beside those that are lost. The logs and JSON have all of them.
const SHOWN: usize = 10;

/// Warns of each, and says how to get them back.
pub(super) fn warn(report: &RunReport, screen: &Screen) {
    let (mut shown, mut more) = (0, 0);
    for one in &report.only_in_backup {
        let text = sentence(report, one);
        match one.is_damaged() || shown < SHOWN {
            true if !screen.json => screen.show_warning(&text),
            true => {}
            false => more += 1,
        }
        shown += usize::from(!one.is_damaged());
        let entry = match one.is_damaged() {
            true => Entry::failure(&text),
            false => Entry::warning(&text),
        };
        screen.record(
            &entry
                .with("thumbprint", one.thumbprint.as_str())
                .with("store", one.store.as_str()),
        );
    }
    if more > 0 && !screen.json {
        screen.show_warning(&format!("{more} more are only in the backup now"));
    }
    if let (Some(line), false) = (restoring(report), screen.json) {
        screen.note(&format!("to put back what was deleted by mistake: {line}"));
    }
}

/// The command that puts back the first of which there is a whole file.
fn restoring(report: &RunReport) -> Option<String> {
    let mut missed = report.only_in_backup.iter();
    let (one, file) = missed.find_map(|one| {
        let mut files = one.files.iter();
        Some((one, files.find(|file| file.damage.is_none())?))
    })?;
    let folder = &report.destinations[file.destination].folder;
    let [folder, store] = [&*folder.to_string_lossy(), &one.store].map(os::shell_word);
    let thumbprint: String = one.thumbprint.chars().take(16).collect();
    Some(format!(
        "certstow backup restore {folder} {thumbprint} --into {store}"
    ))
}

/// That no store has it, where its files are, and which of them are not what was written.
fn sentence(report: &RunReport, one: &OnlyInBackup) -> String {
    let files = one.files.iter().map(|file| {
        let path = report.destinations[file.destination]
            .folder
            .join(&file.file);
        match &file.damage {
            None => path.display().to_string(),
            Some(damage) => format!("{}, which cannot be used: {damage}", path.display()),
        }
    });
    let files: Vec<_> = files.collect();
    format!(
        "{} is in no store any more and only in the backup now: {}",
        called(&one.label, &one.thumbprint),
        files.join("; ")
    )
}
