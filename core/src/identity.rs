//! What the stores of this machine hold, taken together: every certificate once, with all the places
//! where it and its private key lie, and everything that could not be read. Those with a private key
//! are the identities.

mod marks;

use std::collections::HashMap;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::chain::{self, Candidates, Path, PathEnd};
use certstow_formats::names;
use certstow_platform::error::StoreError;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{Entry, KeyState, Listing, Problem, ProblemKind, Store};
use certstow_platform::{KnownStore, OpenOptions};

use crate::error::Error;
use crate::time::{self, UnixTime};
use crate::waits;
pub use marks::NotMarked;

/// Which stores to read.
#[derive(Debug, Clone, Copy)]
pub enum Stores<'a> {
    /// Every store found on this machine. One that cannot be read is a problem.
    Found,
    /// These, in this order. One that cannot be read is an error; of several that one name stands for, a
    /// problem.
    Named(&'a [StoreSpec]),
}

/// A certificate, with the entry of each store that holds it: an identity, if one of them has its
/// private key.
#[derive(Debug)]
pub struct ListedCertificate {
    /// Never empty; the entry to take the private key from first.
    entries: Vec<StoredEntry>,
}

/// An entry and the store it is in.
#[derive(Debug)]
pub struct StoredEntry {
    /// The position of the store in [`Inventory::stores`].
    pub store: usize,
    /// The entry.
    pub entry: Entry,
}

impl ListedCertificate {
    /// A certificate as the one store that was looked at lists it.
    pub(crate) fn of_one_store(entry: Entry) -> Self {
        Self {
            entries: vec![StoredEntry { store: 0, entry }],
        }
    }

    /// The entry whose private key is the first to try: an exportable key before a locked or
    /// unknown one before one that will not come out, and then the order of the stores.
    pub fn entry(&self) -> &Entry {
        &self.entries[0].entry
    }

    /// Every entry of this certificate, in the order in which their keys are tried.
    pub fn entries(&self) -> &[StoredEntry] {
        &self.entries
    }

    /// What names it in every store: the SHA-256 of its certificate.
    pub fn id(&self) -> EntryId {
        self.entry().id
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.entry().certificate
    }

    /// What a person knows it by: the friendly name, or else a name in the certificate. Not made safe
    /// for a terminal.
    pub fn label(&self) -> String {
        self.entry().display_label()
    }

    /// The subject, as a string by RFC 4514.
    pub fn subject(&self) -> String {
        names::distinguished_name_of_der(self.certificate().subject_der())
    }

    /// The last moment at which the certificate is valid.
    pub fn not_after(&self) -> UnixTime {
        self.certificate().parse().not_after()
    }

    /// Whether any store has a private key for it, so that it is an identity.
    pub fn has_key(&self) -> bool {
        self.entry().key != KeyState::Missing
    }

    /// Whether every store that holds it keeps it as archived.
    pub fn is_archived(&self) -> bool {
        self.entries.iter().all(|stored| stored.entry.archived)
    }

    /// Whether it only stands beside a private key until a CA answers a request.
    pub fn is_pending(&self) -> bool {
        self.entries.iter().all(|stored| stored.entry.pending)
    }

    /// Whether it is not meant where nobody asks for it by its thumbprint: archived or pending.
    pub fn is_set_aside(&self) -> bool {
        self.is_archived() || self.is_pending()
    }

    /// When a store was last told that a copy was saved and verified.
    pub fn backed_up(&self) -> Option<UnixTime> {
        let told = self.entries.iter().map(|stored| stored.entry.backed_up);
        told.max().flatten()
    }

    /// The SHA-1 of the certificate's DER, 40 lower-case digits: what Windows calls thumbprint.
    pub fn thumbprint(&self) -> String {
        names::thumbprint(self.certificate())
    }
}

/// Something that cannot be used as it is, and the store it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreProblem {
    /// Of which kind.
    pub kind: ProblemKind,
    /// The store's name.
    pub store: String,
    /// The file, object or certificate it is about.
    pub place: String,
    /// What is wrong with it.
    pub message: String,
}

impl StoreProblem {
    /// A problem of the store of this name.
    pub fn new(store: &str, problem: Problem) -> Self {
        let Problem {
            kind,
            place,
            message,
        } = problem;
        Self {
            kind,
            store: store.to_owned(),
            place,
            message,
        }
    }
}

/// Everything that was found.
#[derive(Default)]
pub struct Inventory {
    stores: Vec<Box<dyn Store>>,
    certificates: Vec<ListedCertificate>,
    problems: Vec<StoreProblem>,
    notices: Vec<StoreProblem>,
    known: Vec<KnownStore>,
}

/// Stores that keep open what they opened for a private key, until this is dropped.
#[must_use = "the stores let everything go when this is dropped"]
pub struct KeptOpen<'a>(&'a Inventory);

impl Drop for KeptOpen<'_> {
    fn drop(&mut self) {
        self.0
            .stores
            .iter()
            .for_each(|store| store.keep_open(false));
    }
}

impl Inventory {
    /// Opens and lists stores.
    ///
    /// # Errors
    /// [`Error::Store`]: a store that was asked for by name cannot be opened or listed.
    pub fn read(stores: Stores<'_>, options: &OpenOptions) -> Result<Self, Error> {
        let mut inventory = Self::default();
        match stores {
            Stores::Named(specs) => {
                for spec in specs {
                    let _wait = waits::waiting_for(format!("the store {spec}"));
                    match certstow_platform::each_of(spec)?.as_slice() {
                        [one] => inventory.add(certstow_platform::open(one, options)?)?,
                        several => {
                            for one in several {
                                inventory.add_one_of_several(one, options)?;
                            }
                        }
                    }
                }
            }
            Stores::Found => {
                let wait = waits::waiting_for("this machine's stores");
                inventory.known = certstow_platform::known_stores();
                drop(wait);
                let present: Vec<_> = inventory
                    .known
                    .iter()
                    .filter(|known| known.unavailable.is_none())
                    .map(|known| known.spec.clone())
                    .collect();
                for spec in present {
                    inventory.add_if_it_can_be_read(&spec, options);
                }
            }
        }
        inventory.sort();
        Ok(inventory)
    }

    /// Lists stores that are already open.
    ///
    /// # Errors
    /// [`Error::Store`]: a store cannot be listed.
    pub fn of(stores: Vec<Box<dyn Store>>) -> Result<Self, Error> {
        let mut inventory = Self::default();
        for store in stores {
            inventory.add(store)?;
        }
        inventory.sort();
        Ok(inventory)
    }

    /// The same stores, listed once more.
    ///
    /// # Errors
    /// [`Error::Store`]: one cannot be listed any more.
    pub fn listed_again(self) -> Result<Self, Error> {
        Self::of(self.stores)
    }

    /// Stores that are open, with what each was just found to hold.
    pub(crate) fn of_listed(stores: Vec<(Box<dyn Store>, Listing)>) -> Self {
        let mut inventory = Self::default();
        for (store, listing) in stores {
            inventory.add_listed(store, listing);
        }
        inventory.sort();
        inventory
    }

    /// Has the stores keep open what holds several private keys, until the result is dropped: for
    /// callers that take many.
    pub fn keep_open(&self) -> KeptOpen<'_> {
        self.stores.iter().for_each(|store| store.keep_open(true));
        KeptOpen(self)
    }

    /// Every certificate, with or without a private key, in the order of the stores that hold them.
    pub fn certificates(&self) -> &[ListedCertificate] {
        &self.certificates
    }

    /// The identities among them: those with a private key.
    pub fn identities(&self) -> impl Iterator<Item = &ListedCertificate> {
        self.certificates.iter().filter(|listed| listed.has_key())
    }

    /// What could not be read.
    pub fn problems(&self) -> &[StoreProblem] {
        &self.problems
    }

    /// What holds private keys that no certificate here needs, or that certstow does not open.
    pub fn notices(&self) -> &[StoreProblem] {
        &self.notices
    }

    /// Forgets the problems that are none after all.
    pub(crate) fn retain_problems(&mut self, is_one: impl FnMut(&StoreProblem) -> bool) {
        self.problems.retain(is_one);
    }

    /// What could not be read, to be said in other words.
    pub fn problems_mut(&mut self) -> &mut [StoreProblem] {
        &mut self.problems
    }

    /// The stores that were listed.
    pub fn stores(&self) -> &[Box<dyn Store>] {
        &self.stores
    }

    /// The same, to be changed. The certificates stay as they were listed.
    pub(crate) fn stores_mut(&mut self) -> &mut [Box<dyn Store>] {
        &mut self.stores
    }

    /// The certificate with this id.
    pub fn certificate(&self, id: &EntryId) -> Option<&ListedCertificate> {
        let mut certificates = self.certificates.iter();
        certificates.find(|listed| listed.entry().id == *id)
    }

    /// The stores this machine may have, when [`Stores::Found`] was asked for.
    pub fn known_stores(&self) -> &[KnownStore] {
        &self.known
    }

    /// The name of the store at a position of [`Inventory::stores`].
    pub fn store_name(&self, store: usize) -> String {
        self.stores[store].info().spec.to_string()
    }

    /// What a person calls the store at a position of [`Inventory::stores`]: see
    /// [`called`](certstow_platform::store::StoreInfo::called).
    pub fn store_called(&self, store: usize) -> String {
        self.stores[store].info().called()
    }

    /// The names of all listed stores.
    pub fn store_names(&self) -> Vec<String> {
        (0..self.stores.len())
            .map(|store| self.store_name(store))
            .collect()
    }

    /// The certification path of a certificate: see [`Issuers::path_of`].
    pub fn certification_path(&self, leaf: &Certificate) -> (Path, Vec<String>) {
        self.known_issuers().path_of(leaf)
    }

    /// What certification paths are built from. Reading it takes longer than building a path, so
    /// that whoever needs several does it once.
    pub fn known_issuers(&self) -> Issuers {
        let (issuers, problems) = self.issuers();
        Issuers {
            candidates: Candidates::new(issuers)
                .with_system_roots(certstow_platform::roots::trusted_roots),
            problems,
        }
    }

    /// The CA certificates of all stores, and what could not be looked at: one sentence each.
    pub(crate) fn issuers(&self) -> (Vec<Certificate>, Vec<String>) {
        let mut problems = Vec::new();
        let mut issuers = Vec::new();
        for (position, store) in self.stores.iter().enumerate() {
            let _wait = waits::waiting_for(format!("the store {}", self.store_name(position)));
            match store.issuers() {
                Ok(found) => issuers.extend(found),
                Err(error) => problems.push(format!(
                    "the issuers in {} could not be read: {error}",
                    self.store_name(position)
                )),
            }
        }
        let listed = self.certificates.iter().map(ListedCertificate::certificate);
        issuers.extend(listed.filter(|certificate| certificate.is_ca()).cloned());
        (issuers, problems)
    }

    /// Whether the folder, file or database of this name has certificates of CAs. Without a private key,
    /// they are no entries of it.
    pub fn has_issuers(&self, store: &str) -> bool {
        let mut stores = self.stores.iter();
        stores.any(|one| {
            let info = one.info();
            let is_meant = info.has_own_issuers() && info.spec.to_string() == store;
            is_meant && one.issuers().is_ok_and(|issuers| !issuers.is_empty())
        })
    }

    fn add(&mut self, store: Box<dyn Store>) -> Result<(), StoreError> {
        let listing = store.list()?;
        self.add_listed(store, listing);
        Ok(())
    }

    /// One of several stores that nobody named one by one: what cannot be read of them is a problem.
    fn add_if_it_can_be_read(&mut self, spec: &StoreSpec, options: &OpenOptions) {
        let _wait = waits::waiting_for(format!("the store {spec}"));
        let added = certstow_platform::open(spec, options).and_then(|store| self.add(store));
        if let Err(error) = added {
            self.problems.push(whole_store_problem(spec, &error));
        }
    }

    /// The same of those that one name stands for. A PIN for it that would be given to several tokens is no
    /// matter of one of them.
    ///
    /// # Errors
    /// [`Error::Store`]: it would.
    fn add_one_of_several(&mut self, spec: &StoreSpec, options: &OpenOptions) -> Result<(), Error> {
        let opened = certstow_platform::open(spec, options);
        if let Err(error @ StoreError::SeveralTokens { .. }) = opened {
            return Err(error.into());
        }
        drop(opened);
        self.add_if_it_can_be_read(spec, options);
        Ok(())
    }

    fn add_listed(&mut self, store: Box<dyn Store>, listing: Listing) {
        let Listing {
            entries,
            problems,
            notices,
        } = listing;
        let name = store.info().spec.to_string();
        let position = self.stores.len();
        self.stores.push(store);
        let in_store = |problem| StoreProblem::new(&name, problem);
        self.problems.extend(problems.into_iter().map(in_store));
        self.notices.extend(notices.into_iter().map(in_store));
        // Within one store no certificate occurs twice, so the first store needs no index.
        let mut positions: HashMap<EntryId, usize> = if self.certificates.is_empty() {
            HashMap::new()
        } else {
            let ids = self.certificates.iter().map(|listed| listed.entry().id);
            ids.zip(0..).collect()
        };
        self.certificates.reserve(entries.len());
        for entry in entries {
            let stored = StoredEntry {
                store: position,
                entry,
            };
            match positions.remove(&stored.entry.id) {
                Some(position) => self.certificates[position].entries.push(stored),
                None => self.certificates.push(ListedCertificate {
                    entries: vec![stored],
                }),
            }
        }
    }

    fn sort(&mut self) {
        for listed in &mut self.certificates {
            listed
                .entries
                .sort_by_key(|stored| key_rank(&stored.entry.key));
        }
    }
}

/// The CA certificates of all stores, and then the platform's trusted roots.
pub struct Issuers {
    candidates: Candidates,
    /// What could not be looked at, one sentence each.
    problems: Vec<String>,
}

impl Issuers {
    /// The certification path of a certificate. With it comes, for a path that is not complete,
    /// what could not be looked at: one sentence each.
    pub fn path_of(&self, leaf: &Certificate) -> (Path, Vec<String>) {
        let path = chain::build(leaf, &self.candidates, time::now());
        if path.end == PathEnd::Root {
            return (path, Vec::new());
        }
        let native = self.candidates.native_problems().iter();
        let native = native.map(|problem| format!("the system's trusted roots: {problem}"));
        let problems = self.problems.iter().cloned().chain(native).collect();
        (path, problems)
    }

    /// Whether the root of a complete path is among those that this machine trusts. `None` where
    /// the path is not complete, or the machine's roots cannot be read.
    pub fn root_is_trusted(&self, path: &Path) -> Option<bool> {
        match (&path.end, path.certificates.last()) {
            (PathEnd::Root, Some(root)) => self.candidates.has_native_root(root),
            _ => None,
        }
    }
}

fn whole_store_problem(spec: &StoreSpec, error: &StoreError) -> StoreProblem {
    StoreProblem {
        kind: ProblemKind::Unreadable,
        store: spec.to_string(),
        place: spec.to_string(),
        message: error.to_string(),
    }
}

fn key_rank(state: &KeyState) -> u8 {
    match state {
        KeyState::Exportable => 0,
        KeyState::Locked(_) => 1,
        KeyState::Unknown => 2,
        KeyState::NotExportable(_) => 3,
        KeyState::Missing => 4,
    }
}

#[cfg(test)]
mod tests;
