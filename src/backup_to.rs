//! `--backup-to`: one identity that a store just took in, saved into folders as `backup` saves it. A copy that
//! fails undoes nothing; it is told, and the run ends as partly done.

use std::path::{Path, PathBuf};

use certstow_core::backup::{self, Patience};
use certstow_core::error::Error as LibraryError;
use certstow_core::export::Options;
use certstow_core::identity::Inventory;
use certstow_core::warning::{Code, Warning};
use certstow_formats::certificate::EntryId;
use certstow_formats::secret::Password;

use crate::args::PasswordArgs;
use crate::ask::{self, TerminalAsk, Wanted};
use crate::commands;
use crate::error::Error;
use crate::journal::Entry;
use crate::render::json::{self, Object};
use crate::screen::Screen;

/// The folders, and the password for the files.
pub(crate) struct BackupTo {
    folders: Vec<PathBuf>,
    password: Option<Password>,
}

/// What became of the copy in one folder.
pub(crate) struct Saved {
    pub(crate) folder: PathBuf,
    /// The file in it, verified; or why there is none.
    pub(crate) result: Result<PathBuf, LibraryError>,
}

impl BackupTo {
    /// Sees that the folders can be saved to, and obtains the password; before anything is made. Without
    /// folders there is nothing to see or to ask.
    pub(crate) fn prepare(
        folders: Vec<PathBuf>,
        password: &PasswordArgs,
        screen: &Screen,
    ) -> Result<Self, Error> {
        if folders.is_empty() {
            return match password.source() {
                None => Ok(Self {
                    folders,
                    password: None,
                }),
                Some(_) => Err(Error::Usage(
                    "a password is for the files of --backup-to: name a folder".to_owned(),
                )),
            };
        }
        backup::preflight(&folders)?;
        let wanted = Wanted {
            what: "a password for the files of --backup-to",
            question: "Password for the file that is saved:",
            new: Some("the password is empty"),
        };
        let password = Some(ask::obtain(password, &wanted, screen)?);
        Ok(Self { folders, password })
    }

    /// Whether no folder is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.folders.is_empty()
    }

    /// Saves an identity of these stores into every folder.
    pub(crate) fn save(
        &self,
        inventory: &mut Inventory,
        id: &EntryId,
        screen: &Screen,
    ) -> (Vec<Saved>, Vec<Warning>) {
        let Some(password) = &self.password else {
            return (Vec::new(), Vec::new());
        };
        let (options, last_runs) = (Options::default(), commands::backup::last_runs());
        let told = |folder: &Path| screen.note_wait(folder);
        let request = backup::Request {
            only: Some(id),
            last_runs: last_runs.as_deref(),
            patience: Patience {
                limit: screen.patience,
                told: &told,
            },
            ..backup::Request::new(&self.folders, &options)
        };
        let run = backup::run(
            inventory,
            &request,
            |_| Ok(false),
            || Ok(Password::new(password.expose().to_owned())),
            &mut TerminalAsk::new(screen),
            &mut |_| {},
        );
        let mut report = match run {
            Ok(report) => report,
            Err(error) => return (self.failed(&error), Vec::new()),
        };
        let Some(entry) = report.entries.pop() else {
            return (Vec::new(), report.warnings);
        };
        let mut warnings = report.warnings;
        warnings.extend(entry.warnings);
        let why = entry.key.as_ref().map(|failure| failure.error.in_full());
        let each = report.destinations.into_iter().zip(entry.copies);
        let saved = each.map(|(destination, copy)| {
            let folder = destination.folder;
            let about = destination.notes.iter();
            let about = about.filter(|note| note.code != Code::FolderMade);
            warnings.extend(about.map(|note| note.about(folder.display())));
            let file = copy.file.as_ref().filter(|_| copy.outcome.is_verified());
            let result = match (destination.error, file) {
                (Some(error), _) => Err(error),
                (None, Some(name)) => Ok(folder.join(name)),
                (None, None) => {
                    let reason = copy.outcome.reason().map(str::to_owned).or(why.clone());
                    Err(no_copy(&folder, &reason.unwrap_or_default()))
                }
            };
            Saved { folder, result }
        });
        let saved: Vec<Saved> = saved.collect();
        for one in &saved {
            if let Ok(file) = &one.result {
                let entry_of = Entry::saved(&entry.label).with_file(file);
                screen.record(&entry_of.with("thumbprint", entry.thumbprint.as_str()));
            }
        }
        (saved, warnings)
    }

    /// The same error of each folder.
    pub(crate) fn failed(&self, error: &LibraryError) -> Vec<Saved> {
        let folders = self.folders.iter();
        let failed = folders.map(|folder| Saved {
            folder: folder.clone(),
            result: Err(no_copy(folder, &error.in_full())),
        });
        failed.collect()
    }
}

fn no_copy(folder: &Path, reason: &str) -> LibraryError {
    LibraryError::BackupFile {
        file: folder.to_owned(),
        reason: format!("has no copy: {reason}"),
    }
}

impl Saved {
    /// For programs.
    pub(crate) fn json(&self) -> Object {
        let file = self.result.as_ref().ok();
        Object::default()
            .with("destination", &self.folder.to_string_lossy())
            .with("file", &file.map(|file| file.to_string_lossy()))
            .with("verified", &file.is_some())
            .object(
                "error",
                self.result.as_ref().err().map(|error| json::failure(error)),
            )
    }
}
