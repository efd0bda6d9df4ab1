//! Identities out of files and into a store: each key is shown to belong to its certificate before
//! it goes in, and what the store has is read back afterwards. Nothing is called imported that the
//! store does not list with a private key; and where the key may come out again, it was taken out
//! and works.
//!
//! [`read`] opens the files, [`identities`] does the rest, for files and for any other stores.
//! Nothing here prompts except through the given [`Ask`].

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use certstow_platform::OpenOptions;
use certstow_platform::certificate::EntryId;
use certstow_platform::error::{AskError, StoreError};
use certstow_platform::secret::Password;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{
    Ask, Entry, ExistingEntry, ImportOptions, Interaction, KeyState, Listing, NewIdentity,
    NonInteractive, Problem, Property, Store, UnlockRequest,
};
use certstow_platform::threads;

use crate::chain::{self, Candidates, Include};
use crate::error::Error;
use crate::export::key::ProvenKey;
use crate::identity::{Identity, Inventory, StoreProblem};
use crate::names;
use crate::proof::{self, Level, Proof};
use crate::watchdog;

/// How often a person may mistype the password of a file.
const ATTEMPTS: u32 = 3;

/// How many identities are on their way at a time, their private keys in memory.
const AT_ONCE: usize = 64;

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
    let behind_password = behind_password(&listing);
    let files: HashSet<&str> = behind_password.iter().copied().collect();
    let others = listing.problems.iter();
    let others = others.filter(|problem| !files.contains(problem.place.as_str()));
    others.cloned().for_each(&mut cannot_be_read);
    for file in behind_password {
        if given {
            locked.push(wrong_password(file));
            continue;
        }
        match unlocked(file, ask) {
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
fn behind_password(listing: &Listing) -> Vec<&str> {
    // Of these something was read, whatever is wrong with the rest.
    let entries = listing.entries.iter();
    let places = entries.flat_map(|entry| entry.places.iter().map(String::as_str));
    let mut seen: HashSet<&str> = places.collect();
    let problems = listing.problems.iter();
    let files = problems.map(|problem| problem.place.as_str());
    files
        .filter(|file| seen.insert(file))
        .filter(|file| certstow_platform::needs_password(Path::new(file)))
        .collect()
}

/// A PKCS#12 file, opened with the password that `ask` gives, and what is in it.
fn unlocked(file: &str, ask: &mut dyn Ask) -> Result<(Box<dyn Store>, Listing), Error> {
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
        let mut places = listing.entries.iter().flat_map(|entry| &entry.places);
        if listing.problems.is_empty() || places.any(|place| place == file) {
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
    // Where it cannot be listed, importing into it says so.
    let there = Present::of(to).unwrap_or_default();
    chosen(from, &with_key(from), &there, to, options, ask)
}

/// The identities that can be imported: those with a private key.
pub fn with_key(from: &Inventory) -> Vec<&Identity> {
    let identities = from.identities().iter();
    identities.filter(|identity| identity.has_key()).collect()
}

/// What a store has with a private key, and where.
#[derive(Default)]
pub struct Present(HashMap<EntryId, String>);

impl Present {
    /// What the store has now. Nothing is opened for that.
    ///
    /// # Errors
    /// [`Error::Store`]: the store cannot be listed.
    pub fn of(store: &dyn Store) -> Result<Self, Error> {
        let entries = list(store)?.entries;
        let with_key = entries
            .iter()
            .filter(|entry| entry.key != KeyState::Missing);
        let places = with_key.map(|entry| (entry.id, names::place(entry)));
        Ok(Self(places.collect()))
    }

    /// Where the store has an identity with its private key.
    pub fn place(&self, identity: &Identity) -> Option<&str> {
        self.0.get(&identity.entry().id).map(String::as_str)
    }
}

fn list(store: &dyn Store) -> Result<Listing, StoreError> {
    let _wait = waiting_for(store);
    store.list()
}

fn waiting_for(store: &dyn Store) -> watchdog::Wait {
    watchdog::waiting_for(format!("the store {}", store.info().spec))
}

/// Imports these identities of `from`, as [`identities`] does all of them. Nobody is asked for the
/// password of a key that does not go in, for `there` has it already.
pub fn chosen(
    from: &Inventory,
    chosen: &[&Identity],
    there: &Present,
    to: &mut dyn Store,
    options: &Options<'_>,
    ask: &mut dyn Ask,
) -> Vec<Outcome> {
    let (issuers, _) = from.issuers();
    let issuers = Candidates::new(issuers);
    let kept_open = from.keep_open();
    let mut outcomes = Vec::new();
    for several in chosen.chunks(AT_ONCE) {
        let put = Coming {
            from,
            there,
            issuers: &issuers,
            options,
        };
        for (&identity, result) in several.iter().zip(put.put(several, to, ask)) {
            let entry = identity.entry();
            outcomes.push(Outcome {
                thumbprint: identity.thumbprint(),
                label: names::label(entry, &entry.certificate.parse()),
                from: names::place(entry),
                result,
            });
        }
        let gave_up = |outcome: &Outcome| matches!(outcome.result, Err(Error::Cancelled));
        if outcomes.last().is_some_and(gave_up) {
            break;
        }
    }
    drop(kept_open);
    read_back(&mut outcomes, chosen, to, options, ask);
    outcomes
}

/// Identities on their way into a store.
#[derive(Clone, Copy)]
struct Coming<'a> {
    from: &'a Inventory,
    there: &'a Present,
    issuers: &'a Candidates,
    options: &'a Options<'a>,
}

impl Coming<'_> {
    /// Puts identities into the store; what became of each, as far as it came. What was imported is
    /// not yet shown to be there.
    fn put(
        &self,
        identities: &[&Identity],
        to: &mut dyn Store,
        ask: &mut dyn Ask,
    ) -> Vec<Result<Imported, Error>> {
        let is_kept = |identity: &Identity| match self.options.existing {
            ExistingEntry::Keep => self.there.place(identity),
            ExistingEntry::Replace => None,
        };
        let wanted = identities.iter().copied();
        let wanted: Vec<_> = wanted
            .filter(|identity| is_kept(identity).is_none())
            .collect();
        let taken = ProvenKey::take_several(self.from, &wanted, ask);
        let taken: Vec<_> = taken
            .into_iter()
            .map(|key| key.map_err(of_a_source))
            .collect();
        let keys: Vec<&ProvenKey<'_>> = taken.iter().flatten().collect();
        let mut imported = self.import(&keys, to, ask).into_iter();
        let mut taken = taken.into_iter();
        let mut results = Vec::with_capacity(identities.len());
        for identity in identities {
            if let Some(place) = is_kept(identity) {
                let place = place.to_owned();
                results.push(Err(Error::Store(StoreError::AlreadyThere { place })));
                continue;
            }
            let result = match taken.next() {
                Some(Ok(key)) => match imported.next() {
                    Some(result) => result.map(|_| Imported::of(key)).map_err(Error::from),
                    None => break,
                },
                Some(Err(error)) => Err(error),
                None => break,
            };
            let gave_up = matches!(result, Err(Error::Cancelled));
            results.push(result);
            if gave_up {
                break;
            }
        }
        results
    }

    /// What the store says to each, as far as it came.
    fn import(
        &self,
        keys: &[&ProvenKey<'_>],
        to: &mut dyn Store,
        ask: &mut dyn Ask,
    ) -> Vec<Result<EntryId, StoreError>> {
        let how = ImportOptions {
            exportable: self.options.exportable,
            existing: self.options.existing,
            password: self.options.password,
        };
        let entries = keys.iter().map(|key| &key.stored.entry);
        let about: Vec<_> = entries.map(|entry| self.about(entry)).collect();
        let identities = keys.iter().zip(&about).map(|(key, (path, properties))| {
            let entry = &key.stored.entry;
            NewIdentity {
                certificate: &entry.certificate,
                key: &key.key,
                issuers: path.issuers(Include::Full),
                label: entry.label.as_deref(),
                provider: entry.provider.as_deref(),
                properties,
            }
        });
        let identities: Vec<NewIdentity<'_>> = identities.collect();
        let _wait = waiting_for(to);
        let mut results: Vec<Result<EntryId, StoreError>> = Vec::new();
        loop {
            let rest = &identities[results.len()..];
            if rest.is_empty() || matches!(results.last(), Some(Err(StoreError::Cancelled))) {
                return results;
            }
            // What concerns the whole store is said of each.
            let more = to.import_several(rest, &how, ask, &mut watchdog::progress);
            if more.is_empty() {
                return results;
            }
            results.extend(more);
        }
    }

    /// An entry's certification path, and those of its properties that mean something in another
    /// store than their own.
    fn about(&self, entry: &Entry) -> (chain::Path, Vec<Property>) {
        let properties = entry.properties.iter();
        let properties = properties.filter(|property| !Property::is_of_this_machine(property.id));
        let path = chain::build(&entry.certificate, self.issuers);
        (path, properties.cloned().collect())
    }
}

impl Imported {
    fn of(key: ProvenKey<'_>) -> Self {
        Self {
            place: String::new(),
            verified: Vec::new(),
            proof: key.proof,
            warnings: key.warnings,
        }
    }
}

/// The files' own passwords have other options than those of the store.
fn of_a_source(error: Error) -> Error {
    match error {
        Error::Store(StoreError::WrongPassword { place }) => wrong_password(&place),
        Error::Store(StoreError::InteractionRequired { place }) => no_password(&place),
        other => other,
    }
}

/// Looks for what was imported in the store it was put into, and takes the keys out where they may
/// come out: on every core, where the store allows that.
fn read_back(
    outcomes: &mut [Outcome],
    chosen: &[&Identity],
    to: &dyn Store,
    options: &Options<'_>,
    ask: &mut dyn Ask,
) {
    let listing = list(to);
    let entries = listing.iter().flat_map(|listing| &listing.entries);
    let entries: HashMap<EntryId, &Entry> = entries.map(|entry| (entry.id, entry)).collect();
    let imported = outcomes.iter_mut().zip(chosen);
    let imported = imported.filter(|(outcome, _)| outcome.result.is_ok());
    let imported: Vec<_> = imported.collect();
    let ids: Vec<EntryId> = imported
        .iter()
        .map(|(_, identity)| identity.entry().id)
        .collect();
    let proofs = match options.exportable && listing.is_ok() {
        true => proofs(&ids, &entries, to, options.password, ask),
        false => Vec::new(),
    };
    let mut proofs = proofs.into_iter();
    for ((outcome, _), id) in imported.into_iter().zip(&ids) {
        let Ok(imported) = &mut outcome.result else {
            continue;
        };
        let proof = proofs.next().flatten();
        let found = match &listing {
            Ok(_) => imported.found(entries.get(id).copied(), proof),
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = found {
            outcome.result = Err(Error::NotReadBack {
                store: to.info().spec.to_string(),
                reason,
            });
        }
    }
}

impl Imported {
    /// Notes what the store shows of it.
    fn found(
        &mut self,
        entry: Option<&Entry>,
        proof: Option<Result<Proof, String>>,
    ) -> Result<(), String> {
        let entry = entry.ok_or("the store does not list it")?;
        if entry.key == KeyState::Missing {
            return Err("the store lists it without a private key".to_owned());
        }
        self.place = names::place(entry);
        self.verified.push("listed");
        match proof.transpose()? {
            Some(Proof::Signature) => self.verified.extend(["key", "signature"]),
            Some(Proof::PublicKey(_)) => self.verified.push("key"),
            Some(Proof::None(_)) | None => {}
        }
        Ok(())
    }
}

/// How far the private key of each is proven that the store lists with one.
fn proofs(
    ids: &[EntryId],
    entries: &HashMap<EntryId, &Entry>,
    store: &dyn Store,
    password: Option<&Password>,
    ask: &mut dyn Ask,
) -> Vec<Option<Result<Proof, String>>> {
    let with_key = |id: &EntryId| {
        let entry = entries.get(id).copied();
        entry.filter(|entry| entry.key != KeyState::Missing)
    };
    let listed: Vec<Option<&Entry>> = ids.iter().map(with_key).collect();
    let _wait = waiting_for(store);
    let proven: Vec<Option<Proof>> = match store.shared() {
        Some(store) => {
            let prove = |entry: &Option<&Entry>| {
                prove((*entry)?, store, password, &mut NonInteractive).ok()
            };
            let mut progress = |_, _| watchdog::progress();
            threads::each(threads::for_computing(), &listed, prove, &mut progress)
        }
        None => listed.iter().map(|_| None).collect(),
    };
    let each = listed.into_iter().zip(proven);
    each.map(|(entry, proven)| {
        let entry = entry?;
        let proof = match proven {
            Some(proof) => Ok(proof),
            // Here somebody can be asked, and the reason is told.
            None => prove(entry, store, password, ask),
        };
        watchdog::progress();
        Some(proof)
    })
    .collect()
}

/// Takes the key of an entry out and proves it.
fn prove(
    entry: &Entry,
    store: &dyn Store,
    password: Option<&Password>,
    ask: &mut dyn Ask,
) -> Result<Proof, String> {
    let mut knows = Knows { password, ask };
    let key = store.private_key(&entry.id, &mut knows);
    let key = key.map_err(|error| error.to_string())?;
    proof::prove(&key, &entry.certificate).map_err(|error| error.to_string())
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
