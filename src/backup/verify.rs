//! Whether what a folder holds is what its manifest says, and, with what opens the files, whether
//! each restores: by the proof that `certstow check` makes. Changes nothing in the folder.

use std::fs;
use std::path::{Path, PathBuf};

use certstow_platform::os;
use certstow_platform::pkcs12::decode::Limits;
use certstow_platform::secret::Password;

use super::cores::on_every_core;
use super::destination::{Condition, condition_of_pair, read};
use super::lock;
use super::manifest::{self, Found, Manifest, Saved, escrow_name, is_key_file};
use super::work::{LARGEST_ESCROW, kept_aside};
use crate::error::Error;
use crate::escrow::EscrowKey;
use crate::output;
use crate::pkcs12::grade::{self, Severity};

/// What opens the files of a backup.
#[derive(Debug, Clone, Copy)]
pub enum Opener<'a> {
    /// Nothing: only hashes are compared.
    Nothing,
    /// One password for all files.
    Password(&'a Password),
    /// The key that opens the password beside each file.
    Escrow(&'a EscrowKey),
}

/// What was found in a folder.
#[derive(Debug)]
pub struct FolderVerdict {
    /// The folder, as it was named.
    pub folder: PathBuf,
    /// What is wrong with the manifest.
    pub manifest: Option<String>,
    /// Every file that the manifest names, in its order, then those it does not name, by name.
    pub files: Vec<FileVerdict>,
}

/// What was found of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVerdict {
    /// Its name in the folder.
    pub file: String,
    /// The certificate's SHA-1 thumbprint, where the manifest tells.
    pub thumbprint: Option<String>,
    /// The label, where the manifest tells.
    pub label: Option<String>,
    /// Whether it is what was written.
    pub state: FileState,
    /// Whether it restores; `None` if nothing was given to open it, or its key is of a kind that
    /// certstow cannot prove.
    pub restores: Option<bool>,
    /// Whether what was given to open it is not what opens it.
    pub wrong_password: bool,
    /// What is wrong, in a sentence.
    pub reason: Option<String>,
}

/// Whether a file is what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// Byte for byte.
    Whole,
    /// It is gone.
    Missing,
    /// It is another file now, or cannot be read.
    Changed,
    /// The manifest does not name it.
    Unknown,
}

impl FileState {
    /// The word for it in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

impl FileVerdict {
    /// Whether nothing is wrong with it, as far as was looked: with something to open it
    /// (`opened`), it has to be proven to restore.
    pub fn is_good(&self, opened: bool) -> bool {
        self.state == FileState::Whole && (self.restores == Some(true) || !opened)
    }
}

impl FolderVerdict {
    /// Whether nothing is wrong with it, as far as was looked.
    pub fn is_good(&self, opened: bool) -> bool {
        self.manifest.is_none() && self.files.iter().all(|file| file.is_good(opened))
    }
}

/// Looks at every file of a folder. `progress` is told how many are done, of how many.
///
/// # Errors
/// - [`Error::TargetLocked`]: a run is writing there.
/// - [`Error::Io`]: the folder cannot be read.
pub fn verify(
    folder: &Path,
    opener: Opener<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<FolderVerdict, Error> {
    let _lock = lock::for_reading(folder)?;
    let names = key_files(folder)?;
    let (saved, manifest) = match Manifest::of_folder(folder) {
        Found::Whole(manifest) => (manifest.entries, None),
        Found::None => (Vec::new(), Some(format!("there is no {}", manifest::NAME))),
        Found::Damaged(reason) => {
            let name = manifest::NAME;
            (Vec::new(), Some(format!("{name} cannot be used: {reason}")))
        }
    };
    let unknown = names
        .into_iter()
        .filter(|name| !saved.iter().any(|saved| saved.file == *name));
    let subjects: Vec<Subject> = saved
        .iter()
        .map(Subject::Saved)
        .chain(unknown.map(Subject::Unknown))
        .collect();
    let files = on_every_core(
        &subjects,
        |subject| verdict(folder, subject, opener),
        progress,
    );
    Ok(FolderVerdict {
        folder: folder.to_owned(),
        manifest,
        files,
    })
}

/// The names of the PKCS#12 files in a folder, in order.
pub(super) fn key_files(folder: &Path) -> Result<Vec<String>, Error> {
    let unreadable = |source| Error::Io {
        place: folder.display().to_string(),
        source,
    };
    let _wait = output::waiting_for(folder);
    let mut names = Vec::new();
    for entry in fs::read_dir(os::long_path(folder)).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.to_string_lossy().into_owned();
        // What macOS keeps of a file where the file system cannot (AppleDouble).
        if is_key_file(&name) && !name.starts_with("._") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// What is looked at.
enum Subject<'a> {
    Saved(&'a Saved),
    /// A file by this name that the manifest does not name.
    Unknown(String),
}

fn verdict(folder: &Path, subject: &Subject<'_>, opener: Opener<'_>) -> FileVerdict {
    let (name, saved) = match subject {
        Subject::Saved(saved) => (&saved.file, Some(*saved)),
        Subject::Unknown(name) => (name, None),
    };
    let (state, reason) = match saved.map(|saved| condition_of_pair(folder, saved)) {
        Some(Condition::Whole) => (FileState::Whole, None),
        Some(Condition::Missing) => (FileState::Missing, Some("it is missing".to_owned())),
        Some(Condition::Damaged(reason)) => (FileState::Changed, Some(reason)),
        None => {
            let reason = "the manifest does not name it".to_owned();
            (FileState::Unknown, Some(reason))
        }
    };
    let mut verdict = FileVerdict {
        file: name.clone(),
        thumbprint: saved.map(|saved| saved.thumbprint.sha1.clone()),
        label: saved.map(|saved| saved.label.clone()),
        state,
        restores: None,
        wrong_password: false,
        reason,
    };
    if state != FileState::Missing && !matches!(opener, Opener::Nothing) {
        let opened = prove(folder, name, opener);
        verdict.restores = opened.restores;
        // Of a changed file nobody can tell.
        verdict.wrong_password = opened.wrong_password && state == FileState::Whole;
        verdict.reason = match (verdict.reason, opened.reason) {
            (Some(first), Some(second)) => Some(format!("{first}; {second}")),
            (first, second) => first.or(second),
        };
    }
    verdict
}

/// What trying to restore a file gave.
struct Opened {
    restores: Option<bool>,
    wrong_password: bool,
    reason: Option<String>,
}

fn prove(folder: &Path, name: &str, opener: Opener<'_>) -> Opened {
    let failed = |reason: String| Opened {
        restores: Some(false),
        wrong_password: false,
        reason: Some(reason),
    };
    let path = folder.join(name);
    let bytes = match read(&path, Limits::default().max_bytes as u64) {
        Ok(bytes) => bytes,
        Err(error) => return failed(format!("it cannot be read: {error}")),
    };
    let mut last = None;
    for password in passwords(folder, name, opener) {
        let opened = match password {
            Ok(Candidate::Given(password)) => grade(&bytes, password),
            Ok(Candidate::Opened(password)) => grade(&bytes, &password),
            Err(error) => Opened {
                wrong_password: error.exit() == crate::exit::Exit::Password,
                ..failed(error.to_string())
            },
        };
        if opened.restores == Some(true) {
            return opened;
        }
        last.get_or_insert(opened);
    }
    last.unwrap_or_else(|| failed("the file with its password is missing".to_owned()))
}

/// A password to try.
pub(super) enum Candidate<'a> {
    Given(&'a Password),
    Opened(Password),
}

impl Candidate<'_> {
    pub(super) fn password(&self) -> &Password {
        match self {
            Self::Given(password) => password,
            Self::Opened(password) => password,
        }
    }
}

/// The passwords that may open a file, the likeliest first: with an escrow key the one beside it,
/// then those that a run which was cut off kept aside.
pub(super) fn passwords<'a>(
    folder: &Path,
    name: &str,
    opener: Opener<'a>,
) -> Vec<Result<Candidate<'a>, Error>> {
    match opener {
        Opener::Nothing => Vec::new(),
        Opener::Password(password) => vec![Ok(Candidate::Given(password))],
        Opener::Escrow(key) => {
            let beside = folder.join(escrow_name(name));
            let sealed = [beside].into_iter().chain(kept_aside(folder, name));
            sealed
                .filter_map(|path| Some((read(&path, LARGEST_ESCROW).ok()?, path)))
                .map(|(bytes, path)| key.open(&bytes, &path).map(Candidate::Opened))
                .collect()
        }
    }
}

fn grade(bytes: &[u8], password: &Password) -> Opened {
    match grade::grade(bytes, None, Some(password)) {
        Ok(report) => {
            let errors = report.findings.iter();
            let errors = errors.filter(|finding| finding.severity == Severity::Error);
            let why = errors.map(|finding| finding.message.as_str()).next();
            let restores = report.restores;
            Opened {
                restores: if restores.is_none() && report.opened == Some(false) {
                    Some(false)
                } else {
                    restores
                },
                wrong_password: report.wrong_password,
                reason: match (restores, report.wrong_password) {
                    (Some(true), _) => None,
                    (_, true) => Some("the password does not open it".to_owned()),
                    (Some(false), _) => Some(why.unwrap_or("it does not restore").to_owned()),
                    (None, _) => Some("it is not proven to restore".to_owned()),
                },
            }
        }
        Err(error) => Opened {
            restores: Some(false),
            wrong_password: false,
            reason: Some(error.to_string()),
        },
    }
}
