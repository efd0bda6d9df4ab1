//! `--copy-to`: the file in further folders, once it is saved and proven. A copy that fails undoes
//! nothing; it is told, and the run ends as partly done.

use std::path::{Path, PathBuf};

use certstow_core::copy;
use certstow_core::error::Error as LibraryError;
use certstow_core::export::Exported;
use certstow_core::output::{Existing, Privacy, Written};
use certstow_formats::names;

use crate::args::ExportArgs;
use crate::file_options::{existing, privacy};
use crate::journal::Entry;
use crate::notes;
use crate::render::json::{self, Object};
use crate::render::progress::Progress;
use crate::screen::Screen;

/// What became of one copy.
pub(crate) struct Outcome {
    folder: PathBuf,
    result: Result<Written, LibraryError>,
    /// That the disk did not confirm the copy.
    not_synced: Option<LibraryError>,
}

impl Outcome {
    /// The copy, if there is one.
    pub(crate) fn file(&self) -> Option<String> {
        let copied = self.result.as_ref().ok()?;
        Some(copied.file.to_string_lossy().into_owned())
    }

    /// Why there is none, or why it may not last.
    pub(crate) fn error(&self) -> Option<&LibraryError> {
        self.result.as_ref().err().or(self.not_synced.as_ref())
    }

    /// A copy in `certstow.export/1`.
    pub(super) fn json(&self) -> Object {
        Object::default()
            .with("folder", &self.folder.to_string_lossy())
            .with("file", &self.file())
            .object("error", self.error().map(|error| json::failure(error)))
    }
}

/// Finds out what would fail later; before anybody is asked anything.
pub(crate) fn preflight(args: &ExportArgs, file: &Path) -> Result<(), LibraryError> {
    copy::preflight(
        file,
        &args.copy_to,
        existing(args.force),
        privacy(args.require_private),
    )
}

/// Makes all copies, whichever fail; their warnings go into the report.
pub(crate) fn make(args: &ExportArgs, report: &mut Exported, screen: &Screen) -> Vec<Outcome> {
    let folders = args.copy_to.iter();
    folders
        .map(|folder| {
            let existing = existing(args.force);
            let privacy = privacy(args.require_private);
            let result = make_one(folder, existing, privacy, report, screen);
            Outcome {
                folder: folder.clone(),
                not_synced: result.as_ref().ok().and_then(Written::not_synced),
                result,
            }
        })
        .collect()
}

/// Makes one copy, and records what became of it; its warnings go into the report.
pub(crate) fn make_one(
    folder: &Path,
    existing: Existing,
    privacy: Privacy,
    report: &mut Exported,
    screen: &Screen,
) -> Result<Written, LibraryError> {
    let file = report.file.clone().unwrap_or_default();
    let _spinner = Progress::start(screen, "Copying and reading back");
    screen.explain(&format!("copying to {}", folder.display()));
    let sha256 = names::hex(&report.sha256);
    let mut result = copy::copy(&file, &sha256, folder, existing, privacy)
        .map_err(|error| error.of_a_copy_in(folder));
    if let Ok(copied) = &mut result {
        copied.warnings.extend(notes::add(report, &copied.file));
    }
    record(report, &result, screen);
    result
}

fn record(report: &mut Exported, result: &Result<Written, LibraryError>, screen: &Screen) {
    match result {
        Ok(copied) => {
            let entry = Entry::copied(&report.label)
                .with("thumbprint", report.thumbprint.as_str())
                .with_file(&copied.file)
                .with_sha256(&report.sha256);
            screen.record(&entry);
            let warnings = copied.warnings.iter();
            let place = copied.file.display();
            report
                .warnings
                .extend(warnings.map(|warning| warning.about(&place)));
            if let Some(error) = copied.not_synced().filter(|_| screen.json) {
                screen.record(&Entry::error(&error));
            }
        }
        // JSON has it; otherwise it is told after what was saved.
        Err(error) if screen.json => screen.record(&Entry::error(error)),
        Err(_) => {}
    }
}
