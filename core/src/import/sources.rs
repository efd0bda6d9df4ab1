//! Reading what identities are imported from: files, or bytes in memory. A PKCS#12 file of which
//! nothing can be read without its password is opened as a store of its own, with a password that is
//! asked for.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use certstow_formats::pkcs12::decode;
use certstow_formats::secret::Password;
use certstow_platform::OpenOptions;
use certstow_platform::error::{AskError, StoreError};
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{
    Ask, AskedFor, Interaction, Listing, Problem, ProblemKind, Store, UnlockRequest, Unlocks,
};

use crate::error::Error;
use crate::identity::{Inventory, StoreProblem};
use crate::waits;

/// How often a person may mistype the password of a file.
const ATTEMPTS: u32 = 3;

/// What identities are imported from, in any form that a folder store reads: PKCS#12, PEM, DER or
/// PKCS#7.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Files, and folders of such. A certificate and its key may lie in different ones.
    Files(&'a [PathBuf]),
    /// The content of one file.
    Bytes {
        /// The content.
        bytes: &'a [u8],
        /// What messages call it.
        name: &'a str,
    },
}

impl Input<'_> {
    fn open(&self, options: &OpenOptions) -> Result<Box<dyn Store>, StoreError> {
        match self {
            Self::Files(files) => certstow_platform::open_files(files, options),
            Self::Bytes { bytes, name } => Ok(certstow_platform::open_bytes(
                bytes,
                Path::new(name),
                options,
            )),
        }
    }

    /// One of its files alone.
    fn open_one(&self, file: &str, options: &OpenOptions) -> Result<Box<dyn Store>, StoreError> {
        match self {
            Self::Files(_) => certstow_platform::open_files(&[file.into()], options),
            Self::Bytes { .. } => self.open(options),
        }
    }

    /// Whether nothing can be read of one of its files without a password.
    fn needs_password(&self, file: &str) -> bool {
        match self {
            Self::Files(_) => certstow_platform::needs_password(Path::new(file)),
            Self::Bytes { bytes, .. } => decode::needs_password(bytes),
        }
    }
}

/// What could be read to import from, and what could not, which is for the caller to tell.
#[must_use = "not everything may have been read"]
pub struct Sources {
    /// What could be read. Its problems are repeated in the other two fields, told apart.
    pub inventory: Inventory,
    /// What could not be read, and no password would help.
    pub problems: Vec<StoreProblem>,
    /// Files that a password would open: for each, that there was none, or the wrong one.
    pub locked: Vec<Error>,
}

impl Sources {
    /// What was read, if that is everything.
    ///
    /// # Errors
    /// - [`Error::WrongPassword`], [`Error::InteractionRequired`]: the password of a file is wrong, or
    ///   there is none.
    /// - [`Error::Store`] with [`StoreError::Damaged`]: something cannot be read.
    pub fn complete(self) -> Result<Inventory, Error> {
        let Self {
            inventory,
            problems,
            locked,
        } = self;
        if let Some(error) = locked.into_iter().next() {
            return Err(error);
        }
        match problems.into_iter().next() {
            None => Ok(inventory),
            Some(problem) => Err(Error::Store(StoreError::Damaged {
                place: problem.place,
                reason: problem.message,
                source: None,
            })),
        }
    }
}

/// Reads files or bytes. The passwords open what is encrypted; without any, `ask` is asked for that of
/// each PKCS#12 file that needs one.
///
/// # Errors
/// - [`Error::Store`]: a file is not there, or cannot be looked at.
/// - [`Error::Cancelled`]: the person asked gave up.
pub fn read(
    input: Input<'_>,
    passwords: &[Arc<Password>],
    ask: &mut dyn Ask,
) -> Result<Sources, Error> {
    let given = !passwords.is_empty();
    let options = OpenOptions::with_passwords(passwords.iter().cloned());
    let all = input.open(&options)?;
    let name = all.info().spec.to_string();
    let (mut problems, mut locked, mut opened) = (Vec::new(), Vec::new(), Vec::new());
    let mut cannot_be_read = |problem: Problem| {
        // That password is asked for when the key is taken.
        if problem.kind != ProblemKind::KeyPassword {
            problems.push(StoreProblem::new(&name, problem));
        }
    };
    let listing = waits::list(&*all)?;
    let behind_password = behind_password(input, &listing);
    let files: HashSet<&str> = behind_password.iter().copied().collect();
    let others = listing.problems.iter();
    let others = others.filter(|problem| !files.contains(problem.place.as_str()));
    others.cloned().for_each(&mut cannot_be_read);
    for file in behind_password {
        if given {
            locked.push(wrong_password(file));
            continue;
        }
        match unlocked(input, file, ask) {
            Ok((store, listing)) => {
                let rest = listing.problems.iter().cloned();
                rest.for_each(&mut cannot_be_read);
                opened.push((store, listing));
            }
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => locked.push(error),
        }
    }
    let stores = std::iter::once((all, listing)).chain(opened).collect();
    Ok(Sources {
        inventory: Inventory::of_listed(stores),
        problems,
        locked,
    })
}

/// The files of which a missing or wrong password kept everything back: each once, though there may
/// be a problem with every key in it.
fn behind_password<'l>(input: Input<'_>, listing: &'l Listing) -> Vec<&'l str> {
    // Of these something was read, whatever is wrong with the rest.
    let entries = listing.entries.iter();
    let places = entries.flat_map(|entry| entry.places.iter().map(String::as_str));
    let mut seen: HashSet<&str> = places.collect();
    let problems = listing.problems.iter().chain(&listing.notices);
    let files = problems.map(|problem| problem.place.as_str());
    files
        .filter(|file| seen.insert(file))
        .filter(|file| input.needs_password(file))
        .collect()
}

/// A PKCS#12 file, opened with the password that `ask` gives, and what is in it.
fn unlocked(
    input: Input<'_>,
    file: &str,
    ask: &mut dyn Ask,
) -> Result<(Box<dyn Store>, Listing), Error> {
    let attempts = match ask.interaction() {
        Interaction::Allowed => ATTEMPTS,
        Interaction::Never => 1,
    };
    for attempt in 0..attempts {
        let request = UnlockRequest {
            store: StoreSpec::File(file.into()),
            place: file.to_owned(),
            asks_for: AskedFor::Password,
            unlocks: Unlocks::Whole,
            attempt,
        };
        let password = ask.unlock(&request).map_err(|error| match error {
            AskError::Cancelled => Error::Cancelled,
            AskError::NotAllowed => no_password(file),
        })?;
        let store = input.open_one(file, &OpenOptions::with_password(password))?;
        let listing = waits::list(&*store)?;
        let mut places = listing.entries.iter().flat_map(|entry| &entry.places);
        let is_locked = |one: &Problem| one.kind == ProblemKind::LockedKeyAlone;
        let is_open = listing.problems.is_empty() && !listing.notices.iter().any(is_locked);
        if is_open || places.any(|place| place == file) {
            return Ok((store, listing));
        }
    }
    Err(wrong_password(file))
}

fn no_password(place: &str) -> Error {
    Error::InteractionRequired {
        what: format!("the password of {place}"),
    }
}

fn wrong_password(place: &str) -> Error {
    Error::WrongPassword {
        place: place.to_owned(),
    }
}

/// An error of taking a key out of a file. The files' own passwords have other options than those of the store.
pub(super) fn of_a_source(error: Error) -> Error {
    match error {
        Error::Store(StoreError::WrongPassword { place }) => wrong_password(&place),
        Error::Store(StoreError::InteractionRequired { place }) => no_password(&place),
        other => other,
    }
}
