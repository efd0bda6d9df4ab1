//! Identities out of a backup and into a store. Each file is read once, opened with what opens it,
//! its key is proven, and the store is read back: by [`import`](crate::import), as for any other
//! file. The manifest says which identity is due from which file, and every one that is wanted is
//! accounted for: it is in the store, or what kept it back is told. What the manifest does not name
//! is told, and restored only when that is asked for; without a manifest, all that opens is taken.

mod sources;
mod taken;

use std::collections::HashSet;
use std::path::Path;

use certstow_formats::proof::Level;
use certstow_platform::error::StoreError;
use certstow_platform::store::{Ask, Store};

use super::folder::{Folder, shown};
use super::lock::{self, Patience};
use super::manifest::{self, Saved};
use super::opener::Opener;
use super::record;
use super::wanted::{Decision, Wanted};
use crate::error::{Candidate, Error, Near, Nearly};
use crate::identity::Inventory;
use crate::import::{self, Present};
use crate::select::{self, Choice, Known, Selector, Want};
use crate::time::{self, UnixTime};
use crate::warning::{Code, Warning};
use sources::Sources;
use taken::Taken;

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
    /// How long a run that is writing in the folder is waited for.
    pub patience: Patience<'a>,
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
    /// What the user should know.
    pub notes: Vec<Warning>,
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
    /// # Errors
    /// [`Error::Cancelled`]: the person gave up.
    fn of(outcome: import::Outcome, unproven_accepted: bool) -> Result<Self, Error> {
        let file = Path::new(&outcome.from).file_name();
        Ok(Self {
            file: file.map_or(outcome.from.clone(), shown),
            thumbprint: outcome.thumbprint,
            label: outcome.label,
            result: match outcome.result {
                Ok(imported) => Ok(Arrival::Imported(imported)),
                Err(Error::Store(StoreError::AlreadyThere { .. })) => Ok(Arrival::There),
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => Err(error),
            },
            unproven_accepted,
        })
    }

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

impl Lost {
    /// This of one that nobody asked for, as far as can be told.
    fn note(&self) -> Warning {
        let text = format!(
            "whether {} is meant cannot be told: {}",
            self.label,
            self.error.in_full()
        );
        Warning::new(Code::Undecided, text)
    }
}

/// Imports the wanted identities of a folder into a store. One file that fails stops none of the
/// others, unless a person gave up. `progress` is told how many files are done, of how many.
///
/// # Errors
/// - [`Error::TargetLocked`]: another certstow is writing in the folder.
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
    let _lock = lock::for_reading(folder, &request.patience)?;
    let listed = Folder::list(folder)?;
    let sources = Sources::of(folder, &listed, &request.wanted);
    let taken = Taken::of(&listed, &sources, request.opener, progress);
    let inventory = Inventory::of_listed(taken.stores);
    let problems = inventory.problems().iter();
    let mut notes = sources.notes;
    notes.extend(taken.notes);
    notes.extend(problems.map(|problem| {
        let text = format!("{}: {}", problem.place, problem.message);
        Warning::new(Code::Unreadable, text)
    }));
    let mut unopened = sources.strange;
    unopened.extend(taken.unopened);

    let now = time::now();
    let choice = Choice {
        selector: request.wanted.selector,
        filters: request.wanted.filters,
        newest: false,
        want: Want::Key,
    };
    let mut chosen = select::all(&inventory, &choice, now);
    let missing = not_elsewhere(taken.missing, &inventory);
    let mut named = false;
    if let Some(selector) = request.wanted.selector.map(Selector::new) {
        let mut lost = missing.iter().map(|(saved, _)| saved.known());
        named = lost.any(|known| selector.is_whole_name(&known));
        // The one of that name is lost: those with longer names are not meant instead.
        chosen.retain(|listed| {
            let known = Known::read(listed);
            !named || selector.begins_thumbprint(&known) || selector.is_whole_name(&known)
        });
        named |= select::is_whole_name(&inventory, &selector);
    }
    let (mut lost, undecided) = lost(missing, &request.wanted, named, now);
    match chosen.is_empty() && lost.is_empty() {
        // What was asked for may have been in one of them.
        true => lost.extend(undecided),
        false => notes.extend(undecided.iter().map(Lost::note)),
    }
    if chosen.is_empty() && lost.is_empty() && unopened.is_empty() {
        return Err(nothing(folder, &request.wanted, sources.left_out));
    }
    let mut outcomes = Vec::new();
    // Where it cannot be listed, importing into it says so.
    let there = Present::of(to).unwrap_or_default();
    let imported = import::chosen(&inventory, &chosen, &there, to, &request.options, ask);
    for (identity, outcome) in chosen.into_iter().zip(imported) {
        let id = manifest::key(&identity.entry().id);
        let accepted = request.allow_unproven || taken.accepted.contains(&id);
        outcomes.push(RestoredIdentity::of(outcome, accepted)?);
    }
    Ok(Restored {
        outcomes,
        lost,
        unopened,
        notes,
    })
}

/// The entries that came out of no other file either.
fn not_elsewhere(missing: Vec<(Saved, Error)>, inventory: &Inventory) -> Vec<(Saved, Error)> {
    let found: HashSet<String> = inventory
        .identities()
        .map(|identity| manifest::key(&identity.entry().id))
        .collect();
    let mut missing = missing;
    missing.retain(|(saved, _)| !found.contains(&saved.thumbprint.sha256));
    missing
}

/// Of these entries those that are wanted, and those of which the manifest does not tell whether
/// they are. For `named` see [`Wanted::decide`].
fn lost(
    missing: Vec<(Saved, Error)>,
    wanted: &Wanted<'_>,
    named: bool,
    now: UnixTime,
) -> (Vec<Lost>, Vec<Lost>) {
    let (mut lost, mut undecided) = (Vec::new(), Vec::new());
    for (saved, error) in missing {
        let into = match wanted.decide(&saved, named, now) {
            Decision::Wanted => &mut lost,
            Decision::Unknown => &mut undecided,
            Decision::NotWanted => continue,
        };
        into.push(Lost {
            file: saved.file,
            thumbprint: saved.thumbprint.sha1,
            label: saved.label,
            error,
        });
    }
    (lost, undecided)
}

fn nothing(folder: &Path, wanted: &Wanted<'_>, left_out: usize) -> Error {
    Error::NotInBackup {
        selector: select::described(wanted.selector, wanted.filters),
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
    let manifest = record::of_folder(folder).ok()??;
    let possible = manifest.entries.iter().map(|saved| (saved, saved.known()));
    let misspelled = select::misspelled(typed, possible);
    let candidates = misspelled.iter().map(|saved| Candidate {
        thumbprint: saved.thumbprint.sha1.clone(),
        label: saved.label.clone(),
        not_after: saved.not_after.clone(),
        store: folder.join(&saved.file).display().to_string(),
    });
    (!misspelled.is_empty()).then(|| select::offered(Nearly::Misspelled, candidates))
}
