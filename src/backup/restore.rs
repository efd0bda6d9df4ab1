//! Identities out of a backup and into a store. Each file is opened with what opens it, its key is
//! proven, and the store is read back: by [`import`](crate::import), as for any other file. The
//! manifest tells what is in which file; where it does not, every file that opens is taken.

use std::io;
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::Arc;

use certstow_platform::OpenOptions;
use certstow_platform::error::StoreError;
use certstow_platform::secret::Password;
use certstow_platform::store::{Ask, Entry, KeyState, Listing, Store};

use super::cores::on_every_core;
use super::destination::{Condition, condition_of_pair};
use super::lock;
use super::manifest::{Found, Manifest, Saved, Thumbprint};
use super::verify::{Opener, key_files, passwords};
use crate::error::{Candidate, Error, Near, Nearly};
use crate::identity::Inventory;
use crate::import;
use crate::output;
use crate::select::{Choice, Filters, Want};
use crate::{select, time};

/// Which identities of a backup are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The beginning of a thumbprint, or text; see [`Choice::selector`].
    pub selector: Option<&'a str>,
    /// Conditions beside it.
    pub filters: &'a Filters,
}

/// What became of the wanted identities.
#[derive(Debug)]
pub struct Restored {
    /// One for each identity in a file that was opened.
    pub outcomes: Vec<RestoredIdentity>,
    /// The files that could not be opened, or that the manifest names and are gone, and why.
    pub unopened: Vec<(String, Error)>,
    /// What the user should know, in sentences.
    pub notes: Vec<String>,
}

/// What became of one identity.
#[derive(Debug)]
pub struct RestoredIdentity {
    /// The file's name in the folder.
    pub file: String,
    /// The SHA-1 thumbprint.
    pub thumbprint: String,
    /// The label.
    pub label: String,
    /// Whether it is in the store.
    pub result: Result<Arrival, Error>,
}

impl RestoredIdentity {
    /// Whether it was not in the store before.
    pub fn is_new(&self) -> bool {
        matches!(self.result, Ok(Arrival::Imported(_)))
    }
}

/// How an identity is in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// It was imported, and read back from the store: where it lies, what was checked, and what
    /// the user should know.
    Imported(import::Imported),
    /// The store had it before, with a private key, and was to keep it.
    There,
}

/// Imports the wanted identities of a folder into a store. One file that fails stops none of the
/// others, unless a person gave up. `progress` is told how many files are done, of how many.
///
/// # Errors
/// - [`Error::TargetLocked`]: a run is writing in the folder.
/// - [`Error::Io`]: the folder cannot be read.
/// - [`Error::NotInBackup`]: there is no file in it, or the wanted ones are in none that opens.
/// - [`Error::Cancelled`]: the person gave up.
pub fn restore(
    folder: &Path,
    wanted: &Wanted<'_>,
    opener: Opener<'_>,
    to: &mut dyn Store,
    options: &import::Options<'_>,
    ask: &mut dyn Ask,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Restored, Error> {
    let _lock = lock::for_reading(folder)?;
    let mut notes = Vec::new();
    let mut unopened = Vec::new();
    let files = files(folder, wanted, &mut notes, &mut unopened)?;
    let opened = on_every_core(&files, |name| open(folder, name, opener), progress);
    let mut stores = Vec::new();
    for (name, opened) in files.into_iter().zip(opened) {
        match opened {
            Ok(store) => stores.push(store),
            Err(error) => unopened.push((name, error)),
        }
    }
    let inventory = Inventory::of_listed(stores);
    let problems = inventory.problems().iter();
    notes.extend(problems.map(|problem| format!("{}: {}", problem.place, problem.message)));
    let choice = Choice {
        selector: wanted.selector,
        filters: wanted.filters,
        newest: false,
        want: Want::Key,
    };
    let chosen = select::all(&inventory, &choice, time::now());
    if chosen.is_empty() && unopened.is_empty() {
        return Err(nothing(folder, wanted));
    }
    let mut outcomes = Vec::new();
    for outcome in import::chosen(&inventory, &chosen, to, options, ask) {
        let result = match outcome.result {
            Ok(imported) => Ok(Arrival::Imported(imported)),
            Err(Error::Store(StoreError::AlreadyThere { .. })) => Ok(Arrival::There),
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => Err(error),
        };
        let file = Path::new(&outcome.from).file_name();
        outcomes.push(RestoredIdentity {
            file: file.map_or(outcome.from.clone(), |name| {
                name.to_string_lossy().into_owned()
            }),
            thumbprint: outcome.thumbprint,
            label: outcome.label,
            result,
        });
    }
    Ok(Restored {
        outcomes,
        unopened,
        notes,
    })
}

/// The key files of a folder that may hold something wanted: those of the manifest first, in its
/// order. Those of them that are not there are `missing`.
fn files(
    folder: &Path,
    wanted: &Wanted<'_>,
    notes: &mut Vec<String>,
    missing: &mut Vec<(String, Error)>,
) -> Result<Vec<String>, Error> {
    let mut names = key_files(folder)?;
    let (entries, whole) = match Manifest::of_folder(folder) {
        Found::Whole(manifest) => (manifest.entries, true),
        Found::None => {
            notes.push("there is no manifest: every file that opens is taken".to_owned());
            (Vec::new(), false)
        }
        Found::Damaged(reason) => {
            notes.push(format!(
                "the manifest cannot be used ({reason}): every file that opens is taken"
            ));
            (Vec::new(), false)
        }
    };
    let digits = wanted.selector.and_then(select::thumbprint_prefix);
    let named: Vec<&Saved> = entries
        .iter()
        .filter(|saved| {
            digits.as_ref().is_some_and(|digits| {
                let Thumbprint { sha1, sha256 } = &saved.thumbprint;
                sha1.starts_with(digits) || sha256.starts_with(digits)
            })
        })
        .collect();
    // Text may be in the certificate alone, but a thumbprint that the manifest has is all there is.
    let only_these = !named.is_empty();
    let entries = match only_these {
        true => named,
        false => entries.iter().collect(),
    };
    let mut files = Vec::new();
    for saved in entries {
        match condition_of_pair(folder, saved) {
            Condition::Whole => {}
            Condition::Missing => missing.push((saved.file.clone(), gone(folder, saved))),
            Condition::Damaged(reason) => {
                notes.push(format!("{} is not as it was written: {reason}", saved.file));
            }
        }
        if let Some(at) = names.iter().position(|name| *name == saved.file) {
            files.push(names.remove(at));
        }
    }
    if !only_these {
        // Whoever may write to the folder can put one there.
        let unknown = names.iter().filter(|_| whole);
        notes.extend(unknown.map(|name| format!("the manifest does not name {name}")));
        files.append(&mut names);
    }
    Ok(files)
}

/// A file that was written, and is not there.
fn gone(folder: &Path, saved: &Saved) -> Error {
    Error::Io {
        place: folder.join(&saved.file).display().to_string(),
        source: io::Error::new(io::ErrorKind::NotFound, "it is missing"),
    }
}

/// A file as a store, and what is in it. Listing it derives its keys, so that this is done once.
type Opened = (Box<dyn Store>, Listing);

/// Opens a file with the first password that does it.
fn open(folder: &Path, name: &str, opener: Opener<'_>) -> Result<Opened, Error> {
    let path = folder.join(name);
    let mut first = None;
    for candidate in passwords(folder, name, opener) {
        match candidate.and_then(|candidate| open_with(&path, candidate.password())) {
            Ok(opened) => return Ok(opened),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or_else(|| Error::Password(format!("nothing opens {}", path.display()))))
}

fn open_with(path: &PathBuf, password: &Password) -> Result<Opened, Error> {
    let _wait = output::waiting_for(path);
    let unlock = Some(Arc::new(Password::new(password.expose().to_owned())));
    let store = certstow_platform::open_files(slice::from_ref(path), &OpenOptions { unlock })?;
    let mut listing = store.list()?;
    // What is wrong with the rest of a file keeps no key of it back.
    let gives = |entry: &Entry| entry.key == KeyState::Exportable;
    if listing.entries.iter().any(gives) {
        return Ok((store, listing));
    }
    match listing.problems.pop() {
        None => Ok((store, listing)),
        Some(problem) if certstow_platform::needs_password(path) => {
            let place = problem.place;
            Err(Error::WrongPassword { place })
        }
        Some(problem) => Err(Error::Store(StoreError::Damaged {
            place: problem.place,
            reason: problem.message,
            source: None,
        })),
    }
}

fn nothing(folder: &Path, wanted: &Wanted<'_>) -> Error {
    let filters = wanted.filters.describe();
    let selector = match wanted.selector {
        Some(selector) if filters.is_empty() => format!("'{selector}'"),
        Some(selector) => format!("'{selector}' {filters}"),
        None if filters.is_empty() => "'any with a private key'".to_owned(),
        None => filters,
    };
    Error::NotInBackup {
        selector,
        folder: folder.to_owned(),
        near: wanted
            .selector
            .and_then(|typed| near(folder, typed))
            .map(Box::new),
    }
}

/// What the manifest names and is nearly what was asked for.
fn near(folder: &Path, typed: &str) -> Option<Near> {
    let Found::Whole(manifest) = Manifest::of_folder(folder) else {
        return None;
    };
    let typed = select::Typed::new(typed);
    let slips = manifest.entries.iter().map(|saved| {
        let Thumbprint { sha1, sha256 } = &saved.thumbprint;
        let names = [saved.label.clone()];
        (saved, typed.slips([sha1, sha256], &names))
    });
    let meant = select::fewest(slips);
    let candidates: Vec<Candidate> = meant
        .iter()
        .take(select::MOST_OFFERED)
        .map(|saved| Candidate {
            thumbprint: saved.thumbprint.sha1.clone(),
            label: saved.label.clone(),
            not_after: saved.not_after.clone(),
            store: folder.join(&saved.file).display().to_string(),
        })
        .collect();
    (!meant.is_empty()).then_some(Near {
        why: Nearly::Misspelled,
        count: meant.len(),
        candidates,
    })
}
