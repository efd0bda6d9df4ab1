//! Identities out of a backup and into a store. Each file is read once, opened with what opens it,
//! its key is proven, and the store is read back: by [`import`](crate::import), as for any other
//! file. The manifest says which identity is due from which file, and every one that is wanted is
//! accounted for: it is in the store, or what kept it back is told. What the manifest does not name
//! is told, and restored only when that is asked for; without a manifest, all that opens is taken.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use certstow_platform::OpenedFile;
use certstow_platform::error::StoreError;
use certstow_platform::pkcs12::error::DecodeError;
use certstow_platform::store::{Ask, Entry, KeyState, Listing, Store};

use super::cores::on_every_core;
use super::folder::{Condition, Folder, KeyFile};
use super::lock;
use super::manifest::{self, Found, Manifest, Saved, Thumbprint};
use super::opener::Opener;
use super::wanted::{self, Decision, Wanted};
use crate::error::{Candidate, Error, Near, Nearly};
use crate::identity::Inventory;
use crate::import;
use crate::names;
use crate::proof::Level;
use crate::select::{self, Choice, Want};
use crate::time;

/// What is to be restored, and how.
#[derive(Debug, Clone, Copy)]
pub struct RestoreRequest<'a> {
    /// Which identities.
    pub wanted: Wanted<'a>,
    /// What opens the files.
    pub opener: Opener<'a>,
    /// How identities go into the store.
    pub options: import::Options<'a>,
    /// Accept that nothing proves some private keys.
    pub allow_unproven: bool,
}

/// What became of the wanted identities.
#[derive(Debug)]
pub struct Restored {
    /// One for each wanted identity that came out of a file.
    pub outcomes: Vec<RestoredIdentity>,
    /// One for each wanted entry of the manifest whose identity did not come out of its file.
    pub lost: Vec<Lost>,
    /// The files that the manifest does not name and that could not be opened, and why.
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
    /// Whether it is accepted that nothing proves its private key: the request says so, or the
    /// manifest.
    pub unproven_accepted: bool,
}

impl RestoredIdentity {
    /// How it came into the store, if it was not there before.
    pub fn imported(&self) -> Option<&import::Imported> {
        match &self.result {
            Ok(Arrival::Imported(imported)) => Some(imported),
            _ => None,
        }
    }

    /// Whether it came into the store with a private key that nothing proves, and nobody accepted
    /// that.
    pub fn lacks_proof(&self) -> bool {
        let proof = self.imported().map(|imported| imported.proof);
        proof == Some(Level::None) && !self.unproven_accepted
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

/// An identity that the manifest names and that did not come out of its file.
#[derive(Debug)]
pub struct Lost {
    /// The file's name in the folder.
    pub file: String,
    /// The SHA-1 thumbprint, as the manifest has it.
    pub thumbprint: String,
    /// The label, as the manifest has it.
    pub label: String,
    /// What kept it back.
    pub error: Error,
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
    request: &RestoreRequest<'_>,
    to: &mut dyn Store,
    ask: &mut dyn Ask,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Restored, Error> {
    let _lock = lock::for_reading(folder)?;
    let folder_name = folder;
    let folder = Folder::list(folder)?;
    let mut sources = Sources::of(folder_name, &folder, &request.wanted);
    let opener = request.opener;
    let read = on_every_core(
        &sources.files,
        |source| source.read(&folder, opener),
        progress,
    );
    let mut taken = Taken {
        unnamed: sources.takes_unnamed,
        notes: std::mem::take(&mut sources.notes),
        ..Taken::default()
    };
    for (source, read) in sources.files.iter().zip(read) {
        taken.take(&folder, source, read);
    }
    let inventory = Inventory::of_listed(taken.stores);
    let problems = inventory.problems().iter();
    let mut notes = taken.notes;
    notes.extend(problems.map(|problem| format!("{}: {}", problem.place, problem.message)));
    let now = time::now();
    let lost = lost(taken.missing, &inventory, &request.wanted, &mut notes, now);
    let mut unopened = sources.strange;
    unopened.extend(taken.unopened);

    let choice = Choice {
        selector: request.wanted.selector,
        filters: request.wanted.filters,
        newest: false,
        want: Want::Key,
    };
    let chosen = select::all(&inventory, &choice, now);
    if chosen.is_empty() && lost.is_empty() && unopened.is_empty() {
        return Err(nothing(folder_name, &request.wanted, sources.left_out));
    }
    let imported = import::chosen(&inventory, &chosen, to, &request.options, ask);
    let mut outcomes = Vec::new();
    for (identity, outcome) in chosen.into_iter().zip(imported) {
        let result = match outcome.result {
            Ok(imported) => Ok(Arrival::Imported(imported)),
            Err(Error::Store(StoreError::AlreadyThere { .. })) => Ok(Arrival::There),
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => Err(error),
        };
        let file = Path::new(&outcome.from).file_name();
        let id = manifest::key(&identity.entry().id);
        outcomes.push(RestoredIdentity {
            file: file.map_or(outcome.from.clone(), shown),
            thumbprint: outcome.thumbprint,
            label: outcome.label,
            result,
            unproven_accepted: request.allow_unproven || taken.accepted.contains(&id),
        });
    }
    Ok(Restored {
        outcomes,
        lost,
        unopened,
        notes,
    })
}

/// The files that are to be opened.
#[derive(Default)]
struct Sources {
    /// Those of the manifest first, in its order.
    files: Vec<Source>,
    /// Whether identities that the manifest does not name are taken.
    takes_unnamed: bool,
    /// What has the name of a file, is not named by the manifest, and is no file.
    strange: Vec<(String, Error)>,
    /// How many files the manifest does not name and were left out for that.
    left_out: usize,
    notes: Vec<String>,
}

/// A file, and the identity that is due from it.
struct Source {
    name: OsString,
    saved: Option<Saved>,
}

impl Sources {
    fn of(path: &Path, folder: &Folder, wanted: &Wanted<'_>) -> Self {
        let mut sources = Self::default();
        let manifest = match Manifest::of_folder(path) {
            Found::Whole(manifest) => Some(manifest.entries),
            Found::None => {
                let note = "there is no manifest: every file that opens is taken";
                sources.notes.push(note.to_owned());
                None
            }
            Found::Damaged(reason) => {
                sources.notes.push(format!(
                    "the manifest cannot be used ({reason}): every file that opens is taken"
                ));
                None
            }
        };
        sources.takes_unnamed = wanted.unnamed || manifest.is_none();
        let is_whole = manifest.is_some();
        let entries = manifest.unwrap_or_default();
        let named: HashSet<OsString> = entries
            .iter()
            .map(|saved| saved.file.clone().into())
            .collect();
        let (entries, by_thumbprint) = wanted.narrowed(entries);
        sources
            .files
            .extend(entries.into_iter().map(|saved| Source {
                name: saved.file.clone().into(),
                saved: Some(saved),
            }));
        let unnamed = folder
            .key_files()
            .iter()
            .filter(|name| !named.contains(*name));
        for name in unnamed {
            sources.take_unnamed(folder, name, is_whole, by_thumbprint);
        }
        sources
    }

    /// A file that no entry names. Whoever may write to the folder can put one there.
    fn take_unnamed(&mut self, folder: &Folder, name: &OsStr, is_whole: bool, by_thumbprint: bool) {
        let shown = shown(name);
        let note = format!("the manifest does not name {shown}");
        if self.takes_unnamed {
            self.notes.extend(is_whole.then_some(note));
            self.files.push(Source {
                name: name.to_owned(),
                saved: None,
            });
            return;
        }
        match folder.unreadable(name) {
            // All that is wanted is in the manifest.
            Some(error) if by_thumbprint => self.notes.push(format!("{note}, and {error}")),
            Some(error) => {
                self.notes.push(note);
                let error = not_from(folder, name, format!("cannot be read: {error}"));
                self.strange.push((shown, error));
            }
            None => {
                self.left_out += 1;
                self.notes
                    .push(format!("{note}: it is left out, unless --unnamed is given"));
            }
        }
    }
}

/// What reading a file gave: what became of it, if the manifest tells what it was, and what is in
/// it.
type Read = (Option<Condition>, Result<Opened, Error>);

/// A file that was opened, as a store, and what it holds.
type Opened = (Box<dyn Store>, Listing);

impl Source {
    fn read(&self, folder: &Folder, opener: Opener<'_>) -> Read {
        let has_password = self
            .saved
            .as_ref()
            .is_some_and(|saved| saved.escrow.is_some());
        let file = folder.read(&self.name, has_password || opener.is_escrow());
        let condition = self.saved.as_ref().map(|saved| file.condition(saved));
        (condition, self.open(folder, &file, opener))
    }

    fn open(&self, folder: &Folder, file: &KeyFile, opener: Opener<'_>) -> Result<Opened, Error> {
        let bytes = file.bytes.as_ref().map_err(|error| {
            let reason = match error.kind() {
                io::ErrorKind::NotFound => "is missing".to_owned(),
                _ => format!("cannot be read: {error}"),
            };
            not_from(folder, &self.name, reason)
        })?;
        let path = folder.path(&self.name);
        opener.open(folder, &self.name, file, |password| {
            let opened = OpenedFile::open(bytes, &path, password).map_err(|error| match error {
                DecodeError::WrongPassword => Error::WrongPassword {
                    place: path.display().to_string(),
                },
                other => not_from(folder, &self.name, format!("cannot be opened: {other}")),
            })?;
            let listing = opened.list()?;
            Ok((Box::new(opened) as Box<dyn Store>, listing))
        })
    }
}

/// What the files gave.
#[derive(Default)]
struct Taken {
    /// Whether identities that the manifest does not name are taken.
    unnamed: bool,
    stores: Vec<Opened>,
    /// The entries of the manifest whose file did not give them, and what kept them back.
    missing: Vec<(Saved, Error)>,
    unopened: Vec<(String, Error)>,
    /// The certificates of which the manifest says that an unproven key is accepted.
    accepted: HashSet<String>,
    notes: Vec<String>,
}

impl Taken {
    fn take(&mut self, folder: &Folder, source: &Source, (condition, opened): Read) {
        let name = shown(&source.name);
        if let Some(Condition::Damaged(reason)) = condition {
            self.notes
                .push(format!("{name} is not as it was written: {reason}"));
        }
        match (&source.saved, opened) {
            (Some(saved), Ok(opened)) => self.take_named(folder, saved, opened),
            (Some(saved), Err(error)) => self.missing.push((saved.clone(), error)),
            (None, Ok((store, listing))) => match listing.entries.iter().any(gives) {
                true => self.stores.push((store, listing)),
                false => {
                    let reason = "holds no private key with its certificate".to_owned();
                    let error = not_from(folder, &source.name, reason);
                    self.unopened.push((name, error));
                }
            },
            (None, Err(error)) => self.unopened.push((name, error)),
        }
    }

    /// Takes the identity that is due from a file, and others only if those are taken that the
    /// manifest does not name.
    fn take_named(&mut self, folder: &Folder, saved: &Saved, (store, mut listing): Opened) {
        let is_due = |entry: &Entry| manifest::key(&entry.id) == saved.thumbprint.sha256;
        let (due, others): (Vec<_>, Vec<_>) = listing
            .entries
            .iter()
            .filter(|entry| gives(entry))
            .partition(|entry| is_due(entry));
        let others: Vec<String> = others.into_iter().map(called).collect();
        let left_out = match self.unnamed {
            true => "",
            false => "; it is left out, unless --unnamed is given",
        };
        self.notes.extend(others.iter().map(|other| {
            format!(
                "{} holds {other}, which the manifest does not name for it{left_out}",
                saved.file
            )
        }));
        if due.is_empty() {
            let reason = match others.first() {
                Some(other) => format!("holds another identity, {other}"),
                None if listing.entries.iter().any(is_due) => {
                    "holds the certificate without its private key".to_owned()
                }
                None => "holds no private key with its certificate".to_owned(),
            };
            let error = not_from(folder, OsStr::new(&saved.file), reason);
            self.missing.push((saved.clone(), error));
        }
        if saved.allow_unproven {
            self.accepted.insert(saved.thumbprint.sha256.clone());
        }
        if !self.unnamed {
            listing.entries.retain(is_due);
        }
        self.stores.push((store, listing));
    }
}

/// Whether an entry has a private key.
fn gives(entry: &Entry) -> bool {
    entry.key != KeyState::Missing
}

/// An identity by its label and the beginning of its thumbprint.
fn called(entry: &Entry) -> String {
    let label = names::label(entry, &entry.certificate.parse());
    let thumbprint = names::thumbprint(&entry.certificate);
    format!("{label} ({})", &thumbprint[..16])
}

/// The entries that are wanted, and came out of no other file either.
fn lost(
    missing: Vec<(Saved, Error)>,
    inventory: &Inventory,
    wanted: &Wanted<'_>,
    notes: &mut Vec<String>,
    now: i64,
) -> Vec<Lost> {
    let identities = inventory.identities().iter();
    let with_key = identities.filter(|identity| identity.has_key());
    let found: HashSet<String> = with_key
        .map(|identity| manifest::key(&identity.entry().id))
        .collect();
    let mut lost = Vec::new();
    for (saved, error) in missing {
        if found.contains(&saved.thumbprint.sha256) {
            continue;
        }
        match wanted.decide(&saved, now) {
            Decision::Wanted => lost.push(Lost {
                file: saved.file,
                thumbprint: saved.thumbprint.sha1,
                label: saved.label,
                error,
            }),
            Decision::Unknown => notes.push(format!(
                "{} could not be looked at: {}",
                wanted::called(&saved),
                error.in_full()
            )),
            Decision::NotWanted => {}
        }
    }
    lost
}

/// A file that does not give what it should, and why: "is missing".
fn not_from(folder: &Folder, name: &OsStr, reason: String) -> Error {
    Error::BackupFile {
        file: folder.path(name),
        reason,
    }
}

fn shown(name: &OsStr) -> String {
    name.to_string_lossy().into_owned()
}

fn nothing(folder: &Path, wanted: &Wanted<'_>, left_out: usize) -> Error {
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
        unnamed: left_out,
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
