//! Identities out of files and into a store: each key is shown to belong to its certificate before
//! it goes in, and what the store has is read back afterwards. Nothing is called imported that the
//! store does not list with a private key; and where the key may come out again, it was taken out
//! and works.
//!
//! [`read`] opens the files, [`identities`] does the rest, for files and for any other stores.
//! Nothing here prompts except through the given [`Ask`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use certstow_platform::OpenOptions;
use certstow_platform::certificate::EntryId;
use certstow_platform::error::{AskError, StoreError};
use certstow_platform::secret::Password;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{
    Ask, Entry, ExistingEntry, ImportOptions, Interaction, KeyState, Listing, NewIdentity, Problem,
    Property, Store, UnlockRequest,
};

use crate::chain::{self, Candidates, Include};
use crate::error::Error;
use crate::export::key::ProvenKey;
use crate::identity::{Identity, Inventory, StoreProblem};
use crate::names;
use crate::proof::{self, Level, Proof};
use crate::watchdog;

/// How often a person may mistype the password of a file.
const ATTEMPTS: u32 = 3;

/// Files that were opened to import from.
pub struct Sources {
    /// What they hold. Its problems are repeated in the other two fields, told apart.
    pub inventory: Inventory,
    /// What could not be read, and no password would help.
    pub problems: Vec<StoreProblem>,
    /// Files that a password would open: for each, that there was none, or the wrong one.
    pub locked: Vec<Error>,
}

/// Opens files, or folders of such, in every form that a folder store reads; a certificate and its
/// key may lie in different ones. `password` opens what is encrypted; without it, `ask` is asked
/// for the password of each PKCS#12 file that needs one.
///
/// # Errors
/// - [`Error::Store`]: a file is not there, or cannot be looked at.
/// - [`Error::Cancelled`]: the person asked gave up.
pub fn read(
    files: &[PathBuf],
    password: Option<Password>,
    ask: &mut dyn Ask,
) -> Result<Sources, Error> {
    let unlock = password.map(Arc::new);
    let given = unlock.is_some();
    let all = certstow_platform::open_files(files, &OpenOptions { unlock })?;
    let name = all.info().spec.to_string();
    let (mut problems, mut locked, mut opened) = (Vec::new(), Vec::new(), Vec::new());
    let mut cannot_be_read = |problem: Problem| {
        problems.push(StoreProblem {
            store: name.clone(),
            place: problem.place,
            message: problem.message,
        });
    };
    let listing = list(&*all)?;
    for problem in listing.problems {
        if gives_something(&listing.entries, &problem.place)
            || !certstow_platform::needs_password(Path::new(&problem.place))
        {
            cannot_be_read(problem);
        } else if given {
            locked.push(wrong_password(&problem.place));
        } else {
            match unlocked(&problem.place, ask) {
                Ok((store, rest)) => {
                    rest.into_iter().for_each(&mut cannot_be_read);
                    opened.push(store);
                }
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => locked.push(error),
            }
        }
    }
    let stores = std::iter::once(all).chain(opened).collect();
    Ok(Sources {
        inventory: Inventory::of(stores)?,
        problems,
        locked,
    })
}

/// Whether the file was opened, whatever is wrong with the rest of it.
fn gives_something(entries: &[Entry], file: &str) -> bool {
    let mut places = entries.iter().flat_map(|entry| &entry.places);
    places.any(|place| place == file)
}

/// A PKCS#12 file, opened with the password that `ask` gives, and what in it cannot be read.
fn unlocked(file: &str, ask: &mut dyn Ask) -> Result<(Box<dyn Store>, Vec<Problem>), Error> {
    let attempts = match ask.interaction() {
        Interaction::Allowed => ATTEMPTS,
        Interaction::Never => 1,
    };
    for attempt in 0..attempts {
        let request = UnlockRequest {
            store: StoreSpec::File(file.into()),
            place: file.to_owned(),
            attempt,
        };
        let password = ask.unlock(&request).map_err(|error| match error {
            AskError::Cancelled => Error::Cancelled,
            AskError::NotAllowed => no_password(file),
        })?;
        let unlock = Some(Arc::new(password));
        let store = certstow_platform::open_files(&[file.into()], &OpenOptions { unlock })?;
        let listing = list(&*store)?;
        if listing.problems.is_empty() || gives_something(&listing.entries, file) {
            return Ok((store, listing.problems));
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

/// How identities go into a store.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Whether the store may give the private keys out again.
    pub exportable: bool,
    /// What to do with what the store has already.
    pub existing: ExistingEntry,
    /// What protects the private keys where the store is a folder.
    pub password: Option<&'a Password>,
}

/// What became of one identity.
#[derive(Debug)]
pub struct Outcome {
    /// Its SHA-1 thumbprint.
    pub thumbprint: String,
    /// Its label.
    pub label: String,
    /// Where it came from: a file.
    pub from: String,
    /// Whether it is in the store.
    pub result: Result<Imported, Error>,
}

/// An identity that is in the store, and was read back from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Where it lies there.
    pub place: String,
    /// What was checked, one word each: `listed`, with a private key; `key`, it comes out and is
    /// the certificate's; `signature`, it signs.
    pub verified: Vec<&'static str>,
    /// How far the private key was proven before it went in.
    pub proof: Level,
    /// What the user should know, in sentences.
    pub warnings: Vec<String>,
}

/// Imports every identity of `from` that has a private key, with the issuers that `from` has for
/// it. One that fails stops none of the others, unless a person gave up.
///
/// The results hold [`Error::Store`] and [`Error::KeyMismatch`] for a key that does not come out of
/// `from`, or is of no use, and for what [`Store::import`] refuses; [`Error::Password`] and
/// [`Error::InteractionRequired`] for a key behind a password; [`Error::NotReadBack`] for what is
/// in the store and could not be shown to be there as it should.
pub fn identities(
    from: &Inventory,
    to: &mut dyn Store,
    options: &Options<'_>,
    ask: &mut dyn Ask,
) -> Vec<Outcome> {
    chosen(from, &with_key(from), to, options, ask)
}

/// The identities that can be imported: those with a private key.
pub fn with_key(from: &Inventory) -> Vec<&Identity> {
    let identities = from.identities().iter();
    identities.filter(|identity| identity.has_key()).collect()
}

/// Of the identities that can be imported, those that the store has with a private key already, and
/// where it has them. Nothing is opened for that.
///
/// # Errors
/// [`Error::Store`]: the store cannot be listed.
pub fn already_there<'a>(
    from: &'a Inventory,
    to: &dyn Store,
) -> Result<Vec<(&'a Identity, String)>, Error> {
    let there = Present::of(&list(to)?);
    let identities = with_key(from).into_iter();
    let found = identities.filter_map(|identity| Some((identity, there.place(identity)?)));
    Ok(found.collect())
}

/// What a store has with a private key, and where.
struct Present(HashMap<EntryId, String>);

impl Present {
    fn of(listing: &Listing) -> Self {
        let entries = listing.entries.iter();
        let with_key = entries.filter(|entry| entry.key != KeyState::Missing);
        Self(
            with_key
                .map(|entry| (entry.id, names::place(entry)))
                .collect(),
        )
    }

    fn place(&self, identity: &Identity) -> Option<String> {
        self.0.get(&identity.entry().id).cloned()
    }
}

fn list(store: &dyn Store) -> Result<Listing, StoreError> {
    let _wait = waiting_for(store);
    store.list()
}

fn waiting_for(store: &dyn Store) -> watchdog::Wait {
    watchdog::waiting_for(format!("the store {}", store.info().spec))
}

/// Imports these identities of `from`, as [`identities`] does all of them.
pub fn chosen(
    from: &Inventory,
    chosen: &[&Identity],
    to: &mut dyn Store,
    options: &Options<'_>,
    ask: &mut dyn Ask,
) -> Vec<Outcome> {
    let (issuers, _) = from.issuers();
    let issuers = Candidates::new(issuers);
    // Where it cannot be listed, importing into it says so.
    let there = list(to).unwrap_or_default();
    let there = Present::of(&there);
    let mut outcomes = Vec::new();
    let mut imported = Vec::new();
    for &identity in chosen {
        let entry = identity.entry();
        let result = match (options.existing, there.place(identity)) {
            // Before anybody types the password of a key that does not go in.
            (ExistingEntry::Keep, Some(place)) => {
                Err(Error::Store(StoreError::AlreadyThere { place }))
            }
            _ => put(from, identity, &issuers, to, options, ask),
        };
        watchdog::progress();
        let gave_up = matches!(result, Err(Error::Cancelled));
        outcomes.push(Outcome {
            thumbprint: identity.thumbprint(),
            label: names::label(entry, &entry.certificate.parse()),
            from: names::place(entry),
            result,
        });
        imported.push(identity);
        if gave_up {
            break;
        }
    }
    let listing = list(to);
    for (outcome, identity) in outcomes.iter_mut().zip(imported) {
        if let Ok(imported) = &mut outcome.result
            && let Err(reason) = read_back(imported, identity, &listing, to, options, ask)
        {
            outcome.result = Err(Error::NotReadBack {
                store: to.info().spec.to_string(),
                reason,
            });
        }
    }
    outcomes
}

/// Puts one identity into the store. What was imported is not yet shown to be there.
fn put(
    from: &Inventory,
    identity: &Identity,
    issuers: &Candidates,
    to: &mut dyn Store,
    options: &Options<'_>,
    ask: &mut dyn Ask,
) -> Result<Imported, Error> {
    let proven = ProvenKey::take(from, identity, ask).map_err(of_a_source)?;
    let entry = &proven.stored.entry;
    let path = chain::build(&entry.certificate, issuers);
    // Those that mean something in another store than their own.
    let properties = entry.properties.iter();
    let properties = properties.filter(|property| !Property::is_of_this_machine(property.id));
    let properties: Vec<Property> = properties.cloned().collect();
    let new = NewIdentity {
        certificate: &entry.certificate,
        key: &proven.key,
        issuers: path.issuers(Include::Full),
        label: entry.label.as_deref(),
        provider: entry.provider.as_deref(),
        properties: &properties,
    };
    let how = ImportOptions {
        exportable: options.exportable,
        existing: options.existing,
        password: options.password,
    };
    let wait = waiting_for(to);
    to.import(&new, &how, ask)?;
    drop(wait);
    Ok(Imported {
        place: String::new(),
        verified: Vec::new(),
        proof: proven.proof,
        warnings: proven.warnings,
    })
}

/// The files' own passwords have other options than those of the store.
fn of_a_source(error: Error) -> Error {
    match error {
        Error::Store(StoreError::WrongPassword { place }) => wrong_password(&place),
        Error::Store(StoreError::InteractionRequired { place }) => no_password(&place),
        other => other,
    }
}

/// Looks for an identity in the store it was put into, and takes its key out where it may come out.
fn read_back(
    imported: &mut Imported,
    identity: &Identity,
    listing: &Result<Listing, StoreError>,
    store: &dyn Store,
    options: &Options<'_>,
    ask: &mut dyn Ask,
) -> Result<(), String> {
    let id = identity.entry().id;
    let listing = listing.as_ref().map_err(ToString::to_string)?;
    let entry = listing.entries.iter().find(|entry| entry.id == id);
    let entry = entry.ok_or("the store does not list it")?;
    if entry.key == KeyState::Missing {
        return Err("the store lists it without a private key".to_owned());
    }
    imported.place = names::place(entry);
    imported.verified.push("listed");
    if !options.exportable {
        return Ok(());
    }
    let mut knows = Knows {
        password: options.password,
        ask,
    };
    let wait = waiting_for(store);
    let key = store.private_key(&id, &mut knows);
    drop(wait);
    let key = key.map_err(|error| error.to_string())?;
    let proof = proof::prove(&key, identity.certificate()).map_err(|error| error.to_string())?;
    match proof {
        Proof::Signature => imported.verified.extend(["key", "signature"]),
        Proof::PublicKey(_) => imported.verified.push("key"),
        Proof::None(_) => {}
    }
    Ok(())
}

/// Gives the password that a key was just protected with, before anybody is asked.
struct Knows<'a> {
    password: Option<&'a Password>,
    ask: &'a mut dyn Ask,
}

impl Ask for Knows<'_> {
    fn interaction(&self) -> Interaction {
        self.ask.interaction()
    }

    fn system_windows(&self) -> Interaction {
        self.ask.system_windows()
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        match self.password.take() {
            Some(password) => Ok(Password::new(password.expose().to_owned())),
            None => self.ask.unlock(request),
        }
    }
}

#[cfg(test)]
mod tests;
