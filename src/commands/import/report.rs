//! What an import came to. With `--json`, `certstow.import/1`:
//!
//! ```json
//! {"schema": "certstow.import/1", "store": "file:...", "exportable": true,
//!  "imported": [{"label": "...", "thumbprint": "<SHA-1>", "from": "...", "place": "...",
//!    "verified": ["listed", "key", "signature"], "proof": "signature" | "public-key" | "none",
//!    "warnings": []}],
//!  "failed": [{"label": null | "...", "thumbprint": null | "...", "error": {"code": "...", ...}}],
//!  "problems": [{"place": "...", "message": "..."}], "warnings": []}
//! ```

use certstow_core::error::Error as LibraryError;
use certstow_core::identity::{Inventory, StoreProblem};
use certstow_core::import::{Imported, Outcome, Sources};
use certstow_formats::proof::Level;
use certstow_formats::sanitize::{safe, shortened};
use certstow_platform::spec::StoreSpec;

use crate::error::{Error, Explain as _};
use crate::exit::Exit;
use crate::journal::Entry;
use crate::render::json::{self, Object};
use crate::screen::Screen;
use crate::warning::Warning;

/// What became of everything.
pub(super) struct ImportReport {
    store: String,
    exportable: bool,
    imported: Vec<Line>,
    failed: Vec<Failed>,
    /// What could not be read; the person was told.
    unreadable: Vec<StoreProblem>,
    warnings: Vec<String>,
}

/// What is to be said of certificates that cannot be imported.
fn keyless(inventory: &Inventory) -> Option<String> {
    let listed = inventory.certificates().iter();
    match listed.filter(|listed| !listed.has_key()).count() {
        0 => None,
        1 => Some("one certificate without a private key was not imported".to_owned()),
        more => Some(format!(
            "{more} certificates without a private key were not imported"
        )),
    }
}

/// An identity, or a file that did not open.
struct Failed {
    identity: Option<(String, String)>,
    error: LibraryError,
}

impl Failed {
    fn file(error: LibraryError) -> Self {
        let identity = None;
        Self { identity, error }
    }
}

impl ImportReport {
    /// Of an import into this store, before anything is in it.
    pub(super) fn new(store: &StoreSpec, exportable: bool, sources: Sources) -> Self {
        Self {
            store: store.to_string(),
            exportable,
            imported: Vec::new(),
            failed: sources.locked.into_iter().map(Failed::file).collect(),
            warnings: keyless(&sources.inventory).into_iter().collect(),
            unreadable: sources.problems,
        }
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome.result {
            Ok(imported) => self.imported.push(Line {
                thumbprint: outcome.thumbprint,
                label: outcome.label,
                from: outcome.from,
                imported,
            }),
            Err(error) => self.failed.push(Failed {
                identity: Some((outcome.label, outcome.thumbprint)),
                error,
            }),
        }
    }

    pub(super) fn warn_of_open_keys(&mut self) {
        if !self.imported.is_empty() {
            self.warnings.push(
                "no password protects the private key in the folder: whoever can read the file \
                 has it (--unlock-password-file and its kind set one)"
                    .to_owned(),
            );
        }
    }

    pub(super) fn tell(mut self, screen: &Screen) -> Result<Exit, Error> {
        let gave_up = |failed: &Failed| matches!(failed.error, LibraryError::Cancelled);
        let gave_up = self.failed.iter().position(gave_up);
        let gave_up = gave_up.map(|at| self.failed.remove(at).error);
        // A single thing that went wrong is told as every other error is.
        let single = self.failed.len() + usize::from(gave_up.is_some()) == 1;
        let single = single && self.imported.is_empty();
        if single && (!screen.json || self.unreadable.is_empty()) {
            screen.warn_of_each(self.all_warnings());
            let only = self.failed.pop().map(|failed| failed.error);
            return Err(gave_up.or(only).map_or(Error::Cancelled, Error::from));
        }
        screen.warn_of_each_unless_json(self.all_warnings());
        match screen.json {
            true => {
                for failed in &self.failed {
                    screen.record(&Entry::error(&failed.error));
                }
                screen.print_json(&json(&self))?;
            }
            false => self.write(screen)?,
        }
        let first = self.failed.first().map(|failed| failed.error.exit());
        match (gave_up, first) {
            (Some(error), _) => Err(error.into()),
            (None, Some(exit)) if self.imported.is_empty() => Ok(exit),
            (None, None) if self.unreadable.is_empty() => Ok(Exit::Done),
            _ => Ok(Exit::Partial),
        }
    }

    fn all_warnings(&self) -> impl Iterator<Item = Warning> {
        let imported = self.imported.iter();
        let of_each = imported.flat_map(|line| &line.imported.warnings);
        let all = self.warnings.iter().chain(of_each.map(|one| &one.text));
        all.map(|warning| Warning::new(warning.clone(), warning))
    }

    fn write(&self, screen: &Screen) -> Result<(), Error> {
        let text: String = self
            .imported
            .iter()
            .map(|line| line.text(&self.store))
            .collect();
        screen.print_done(|out| out.write_all(text.as_bytes()))?;
        for failed in &self.failed {
            if let Some((label, thumbprint)) = &failed.identity {
                let label = shortened(label);
                screen.note(&format!("{label} ({thumbprint}) was not imported:"));
            }
            screen.error(&failed.error);
        }
        Ok(())
    }
}

/// An identity that was imported.
struct Line {
    thumbprint: String,
    label: String,
    from: String,
    imported: Imported,
}

impl Line {
    fn text(&self, store: &str) -> String {
        let mut text = format!(
            "Imported {} ({})\n",
            shortened(&self.label),
            self.thumbprint
        );
        let mut field = |name: &str, value: &str| {
            text.push_str(&format!("  {name:<11}{}\n", safe(value)));
        };
        field("from", &self.from);
        field("into", store);
        field("place", &self.imported.place);
        field("read back", &self.imported.verified.join(", "));
        if self.imported.proof != Level::Signature {
            field("proof", self.imported.proof.word());
        }
        text
    }
}

/// `certstow.import/1`.
fn json(report: &ImportReport) -> Object {
    let imported = report.imported.iter().map(|line| {
        Object::default()
            .with("label", &line.label)
            .with("thumbprint", &line.thumbprint)
            .with("from", &line.from)
            .with("place", &line.imported.place)
            .with("verified", &line.imported.verified)
            .with("proof", &line.imported.proof)
            .with("warnings", &line.imported.warnings)
    });
    let failed = report.failed.iter().map(|failed| {
        let identity = failed.identity.as_ref();
        Object::default()
            .with("label", &identity.map(|(label, _)| label))
            .with("thumbprint", &identity.map(|(_, thumbprint)| thumbprint))
            .object("error", json::failure(&failed.error))
    });
    let problems = report.unreadable.iter();
    let problems = problems.map(|problem| {
        Object::default()
            .with("place", &problem.place)
            .with("message", &problem.message)
    });
    Object::new("certstow.import/1")
        .with("store", &report.store)
        .with("exportable", &report.exportable)
        .list("imported", imported)
        .list("failed", failed)
        .list("problems", problems)
        .with("warnings", &report.warnings)
}
