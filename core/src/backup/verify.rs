//! Whether what a folder holds is what its manifest says; with what opens the files, whether each
//! restores the identity that the manifest names, by the proof that `certstow check` makes; and with
//! stores beside it, whether these are their identities. Changes nothing in the folder.

mod verdict;

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use certstow_formats::certificate::Certificate;
use certstow_formats::pkcs12::grade::{self, MacVerdict, Report, Severity};
use certstow_formats::proof::Level;
use certstow_formats::secret::Password;
use certstow_formats::{names, threads};

use super::compare;
use super::folder::{Condition, Folder, Subject, shown};
use super::lock::{self, Patience};
use super::manifest::{self, NAME, Saved};
use super::opener::Opener;
use super::record::{self, Unusable};
use crate::error::Error;
use crate::identity::Inventory;
use crate::time::{self, UnixTime};
use crate::warning::{Code, Warning};
pub use verdict::{FileState, FileVerdict, Finding, FolderVerdict};

/// How a folder is to be looked at.
#[derive(Clone, Copy)]
pub struct VerifyRequest<'a> {
    /// What opens the files.
    pub opener: Opener<'a>,
    /// The stores whose identities have to be in the folder.
    pub stores: Option<&'a Inventory>,
    /// Accept that nothing proves some private keys.
    pub allow_unproven: bool,
    /// How long ago a run may have ended that looked at every identity; `None` is for ever.
    pub max_age: Option<Duration>,
    /// How long a run that is writing there is waited for.
    pub patience: Patience<'a>,
}

/// Looks at every file of a folder. `progress` is told how many are done, of how many.
///
/// # Errors
/// - [`Error::TargetLocked`]: another certstow is writing there.
/// - [`Error::Io`]: the folder or its manifest cannot be read.
pub fn verify(
    folder: &Path,
    request: &VerifyRequest<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<FolderVerdict, Error> {
    let _lock = lock::for_reading(folder, &request.patience)?;
    let listed = Folder::list(folder)?;
    let mut checked = None;
    let (saved, manifest) = match record::of_folder(folder) {
        // It contradicts nothing, and nothing restores.
        Ok(Some(manifest)) if manifest.entries.is_empty() => {
            (Vec::new(), Some(format!("{NAME} names no identity")))
        }
        Ok(Some(manifest)) => {
            checked = manifest.checked();
            (manifest.entries, None)
        }
        Ok(None) => (Vec::new(), Some(format!("there is no {NAME}"))),
        Err(Unusable::Damaged(reason)) => {
            (Vec::new(), Some(format!("{NAME} cannot be used: {reason}")))
        }
        Err(Unusable::Unreadable(error)) => return Err(manifest::unreadable(folder, error)),
    };
    let unnamed = listed.unnamed(&saved);
    let subjects: Vec<Subject> = saved.into_iter().map(Subject::of).chain(unnamed).collect();
    let (opener, allow_unproven) = (request.opener, request.allow_unproven);
    let looked = threads::each(
        threads::for_reading(),
        &subjects,
        |subject| verdict(subject, &listed, opener, allow_unproven),
        progress,
    );
    let (files, leaves): (Vec<FileVerdict>, Vec<Vec<Certificate>>) = looked.into_iter().unzip();
    let stores = request.stores.map(|stores| {
        let held = subjects.iter().zip(&files).zip(&leaves);
        let held = held.flat_map(|((subject, verdict), leaves)| {
            holds(subject, verdict.may_hold_it(opener.opens()), leaves)
        });
        compare::compare(stores, held.collect())
    });
    Ok(FolderVerdict {
        folder: folder.to_owned(),
        manifest,
        checked,
        too_old: request.max_age.is_some_and(|age| is_older(checked, age)),
        files,
        stores,
    })
}

/// Whether a time is longer ago than this, or further ahead: then a clock was wrong, and it would never
/// become old.
fn is_older(checked: Option<UnixTime>, age: Duration) -> bool {
    checked.is_none_or(|checked| {
        let distance = time::now().seconds_since(checked).unsigned_abs();
        distance > age.as_secs()
    })
}

/// What becomes of a file, and the certificates of the private keys in it if it was opened.
fn verdict(
    subject: &Subject,
    folder: &Folder,
    opener: Opener<'_>,
    allow_unproven: bool,
) -> (FileVerdict, Vec<Certificate>) {
    let saved = subject.saved.as_ref();
    let (file, condition) = subject.read(folder, opener.is_escrow());
    let (state, reason) = match condition {
        Some(Condition::Whole) => (FileState::Whole, None),
        Some(Condition::Missing) => (FileState::Missing, Some("it is missing".to_owned())),
        Some(Condition::Damaged(reason)) => (FileState::Changed, Some(reason)),
        None => {
            let unnamed = "the manifest does not name it";
            let reason = match &file.bytes {
                Ok(_) => unnamed.to_owned(),
                Err(error) => format!("{unnamed}, and it cannot be read: {error}"),
            };
            (FileState::Unknown, Some(reason))
        }
    };
    let mut verdict = FileVerdict {
        file: shown(&subject.name),
        thumbprint: saved.map(|saved| saved.thumbprint.sha1.clone()),
        label: saved.map(|saved| saved.label.clone()),
        state,
        restores: None,
        proof: None,
        unproven_accepted: allow_unproven || saved.is_some_and(|saved| saved.allow_unproven),
        unnamed: Vec::new(),
        wrong_password: false,
        reason,
        warnings: Vec::new(),
    };
    let (true, Ok(bytes)) = (opener.opens(), &file.bytes) else {
        return (verdict, Vec::new());
    };
    let path = folder.path(&subject.name);
    let report = opener.open(folder, &subject.name, &file, |password| {
        open(bytes, password, &path)
    });
    let leaves = match report {
        Ok(report) => {
            verdict.prove(&report, saved);
            let identities = report.identities.into_iter();
            identities.map(|identity| identity.certificate).collect()
        }
        Err(error) => {
            verdict.not_opened(&error, matches!(file.sealed, Some(Err(_))));
            Vec::new()
        }
    };
    (verdict, leaves)
}

/// The identities that are in a file, as far as is known: the one of the manifest, if it
/// `may_hold_it`, and what was found in it.
fn holds(subject: &Subject, may_hold_it: bool, leaves: &[Certificate]) -> Vec<Saved> {
    let file = shown(&subject.name);
    let saved = subject.saved.clone().filter(|_| may_hold_it);
    let mut seen = HashSet::new();
    let found = leaves.iter().map(|leaf| Saved::of(&file, leaf));
    let held = saved.into_iter().chain(found);
    held.filter(|held| seen.insert(held.thumbprint.sha256.clone()))
        .collect()
}

/// Grades a file. A password that does not open it is an error, so that another one is tried.
fn open(bytes: &[u8], password: &Password, path: &Path) -> Result<Report, Error> {
    let report = grade::grade(bytes, None, Some(password), &time::clock()).map_err(|error| {
        Error::BackupFile {
            file: path.to_owned(),
            reason: format!("cannot be opened: {error}"),
        }
    })?;
    match report.wrong_password {
        true => Err(Error::WrongPassword {
            place: path.display().to_string(),
        }),
        false => Ok(report),
    }
}

impl FileVerdict {
    /// Adds why a file was not opened; where its password `is_unreadable`, and the manifest names
    /// one, that is told already.
    fn not_opened(&mut self, error: &Error, is_unreadable: bool) {
        self.restores = Some(false);
        if is_unreadable && self.state == FileState::Changed {
            return;
        }
        // Of a changed file nobody can tell.
        self.wrong_password = error.is_wrong_password() && self.state == FileState::Whole;
        self.add_reason(match error {
            Error::WrongPassword { .. } => "the password does not open it".to_owned(),
            error => error.to_string(),
        });
    }

    /// Adds what a graded file means, where this is what the manifest says of it.
    fn prove(&mut self, report: &Report, saved: Option<&Saved>) {
        self.restores = report.restores;
        self.proof = report.proof;
        if report.restores != Some(true) && !self.is_open_question() {
            let mut findings = report.findings.iter();
            let why = findings.find(|finding| finding.severity == Severity::Error);
            let why = why.map_or("it does not restore", |finding| finding.message.as_str());
            self.add_reason(why.to_owned());
        }
        self.warnings.extend(of_proof(report));
        let Some(saved) = saved else {
            return;
        };
        if report.mac.status == MacVerdict::Absent {
            self.restores = Some(false);
            self.add_reason("it has no MAC, so that anybody can have made it".to_owned());
        }
        let is_due = |leaf: &&Certificate| manifest::key(&leaf.id()) == saved.thumbprint.sha256;
        let (due, others): (Vec<_>, Vec<_>) = report
            .identities
            .iter()
            .map(|identity| &identity.certificate)
            .partition(is_due);
        self.unnamed = others.into_iter().map(called).collect();
        let others = self.unnamed.join(" and ");
        match (due.is_empty(), others.is_empty()) {
            (_, true) => {}
            (true, false) => {
                self.restores = Some(false);
                self.add_reason(format!("it holds another identity, {others}"));
            }
            (false, false) => self.add_reason(format!(
                "it also holds {others}, which the manifest does not name for it"
            )),
        }
    }

    fn add_reason(&mut self, reason: String) {
        self.reason = match self.reason.take() {
            Some(first) => Some(format!("{first}; {reason}")),
            None => Some(reason),
        };
    }
}

/// What the user should know of a file that may restore, and is not proven to.
fn of_proof(report: &Report) -> Option<Warning> {
    match (report.restores, report.proof?) {
        (Some(false), _) => None,
        (_, Level::None) => Warning::of_level(Level::None),
        (None, _) => Some(Warning::new(
            Code::NotAllProven,
            "not everything in it can be proven",
        )),
        (Some(true), level) => Warning::of_level(level),
    }
}

fn called(leaf: &Certificate) -> String {
    names::with_thumbprint(&leaf.parse().label(), leaf)
}

#[cfg(test)]
mod tests;
