//! A store in memory that takes identities in, and whose next call fails with the error it is told, so that the handling of
//! every error can be tested without a real store that misbehaves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key;
use certstow_formats::secret::PrivateKey;
use certstow_formats::testing::PASSWORD;
use certstow_formats::time::UnixTime;
use zeroize::Zeroizing;

use super::samples::Sample;
use crate::error::{AskError, StoreError};
use crate::spec::StoreSpec;
use crate::store::{
    Ask, AskedFor, Entry, ExistingEntry, ImportOptions, KeyProtection, KeyState, Listing, LoneKey,
    NewCertificate, NewIdentity, NotExportable, Problem, ProblemKind, PublicHalf, Removal, Store,
    StoreInfo, UnlockRequest, Unlocks,
};

/// What the store has as an entry's private key.
#[derive(Debug)]
pub enum MemoryKey {
    /// An exportable key.
    Exportable(PrivateKey),
    /// A key that is exportable with [`PASSWORD`].
    Locked(PrivateKey),
    /// A key that cannot be read any more; the listing does not show it.
    Damaged,
    /// A key that is not exportable.
    Kept(NotExportable),
    /// No key.
    Missing,
}

/// The store. A clone is another handle on the same content, to change it or make it fail.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    name: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    entries: Vec<(Entry, MemoryKey)>,
    /// Keys of no certificate.
    alone: Vec<PrivateKey>,
    issuers: Vec<Certificate>,
    problems: Vec<Problem>,
    failure: Option<StoreError>,
}

impl MemoryStore {
    /// An empty store with this name.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: Arc::default(),
        }
    }

    /// A store that holds these samples.
    pub fn with(name: &str, samples: &[Sample]) -> Self {
        let store = Self::new(name);
        for &sample in samples {
            store.seed(sample);
        }
        store
    }

    fn seed(&self, sample: Sample) {
        let Some(certificate) = sample.certificate() else {
            let problem = Problem {
                kind: ProblemKind::Unreadable,
                place: format!("{}/{sample:?}", self.name),
                message: "not a readable certificate".to_owned(),
            };
            self.state().problems.push(problem);
            return;
        };
        if sample == Sample::Issuer {
            self.state().issuers.push(certificate);
            return;
        }
        let key = match (sample, sample.key()) {
            (Sample::NotExportable, _) => MemoryKey::Kept(NotExportable::Policy),
            (Sample::Locked, Some(key)) => MemoryKey::Locked(key),
            (_, Some(key)) => MemoryKey::Exportable(key),
            (_, None) => MemoryKey::Missing,
        };
        self.insert(certificate, None, key);
    }

    /// Adds an entry.
    pub fn insert(&self, certificate: Certificate, label: Option<&str>, key: MemoryKey) {
        let entry = self.entry(certificate, label, &key);
        self.state().entries.push((entry, key));
    }

    fn entry(&self, certificate: Certificate, label: Option<&str>, key: &MemoryKey) -> Entry {
        let state = match key {
            MemoryKey::Exportable(_) | MemoryKey::Damaged => KeyState::Exportable,
            MemoryKey::Locked(_) => KeyState::Locked(format!("{} is locked", self.name)),
            MemoryKey::Kept(reason) => KeyState::NotExportable(reason.clone()),
            MemoryKey::Missing => KeyState::Missing,
        };
        let id = certificate.id();
        Entry {
            pending: certificate.is_pending(),
            id,
            label: label.map(str::to_owned),
            key: state,
            provider: None,
            container: None,
            archived: false,
            backed_up: None,
            places: vec![format!("{}/{id}", self.name)],
            properties: Vec::new(),
            certificate,
        }
    }

    /// Marks an entry as archived.
    pub fn archive(&self, id: &EntryId) {
        let mut state = self.state();
        let entries = state.entries.iter_mut();
        for (entry, _) in entries.filter(|(entry, _)| entry.id == *id) {
            entry.archived = true;
        }
    }

    /// Damages an entry's key, without a trace in the listing.
    pub fn damage(&self, id: &EntryId) {
        for (_, key) in self
            .state()
            .entries
            .iter_mut()
            .filter(|(entry, _)| entry.id == *id)
        {
            *key = MemoryKey::Damaged;
        }
    }

    /// Takes an entry out, behind the store's back. An exportable key stays, alone.
    pub fn withdraw(&self, id: &EntryId) {
        let mut state = self.state();
        let entries = state.entries.iter();
        let alone = entries.filter_map(|(entry, key)| match key {
            MemoryKey::Exportable(key) if entry.id == *id => Some(copy(key)),
            _ => None,
        });
        let alone: Vec<_> = alone.collect();
        state.alone.extend(alone);
        state.entries.retain(|(entry, _)| entry.id != *id);
    }

    /// Makes the next call fail with this error; the one after that works again.
    pub fn fail_next(&self, error: StoreError) {
        self.state().failure = Some(error);
    }

    /// Asks once, as a store may.
    fn unlock(
        &self,
        key: &PrivateKey,
        place: String,
        ask: &mut dyn Ask,
    ) -> Result<PrivateKey, StoreError> {
        let request = UnlockRequest {
            store: self.info().spec,
            place: place.clone(),
            asks_for: AskedFor::Password,
            unlocks: Unlocks::Whole,
            attempt: 0,
        };
        match ask.unlock(&request) {
            Ok(password) if password.expose() == PASSWORD => Ok(copy(key)),
            Ok(_) => Err(StoreError::WrongPassword { place }),
            Err(AskError::NotAllowed) => Err(StoreError::InteractionRequired { place }),
            Err(AskError::Cancelled) => Err(StoreError::Cancelled),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, unless this call is to fail.
    fn called(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.state();
        match state.failure.take() {
            Some(error) => Err(error),
            None => Ok(state),
        }
    }
}

impl Store for MemoryStore {
    fn info(&self) -> StoreInfo {
        StoreInfo {
            spec: StoreSpec::File(self.name.as_str().into()),
            description: "store in memory, for tests".to_owned(),
            path: None,
            key_protection: KeyProtection::System,
            records_copies: true,
            is_for_requests: false,
            application: None,
        }
    }

    fn list(&self) -> Result<Listing, StoreError> {
        let state = self.called()?;
        Ok(Listing {
            entries: state
                .entries
                .iter()
                .map(|(entry, _)| entry.clone())
                .collect(),
            problems: state.problems.clone(),
            notices: Vec::new(),
        })
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        let state = self.called()?;
        let entries = state.entries.iter().map(|(entry, _)| &entry.certificate);
        let both = state.issuers.iter().chain(entries);
        Ok(both
            .filter(|certificate| certificate.is_ca())
            .cloned()
            .collect())
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        let state = self.called()?;
        let found = state.entries.iter().find(|(entry, _)| entry.id == *id);
        let Some((entry, key)) = found else {
            return Err(StoreError::NotFound {
                store: self.name.clone(),
                id: *id,
            });
        };
        let place = entry.places[0].clone();
        match key {
            MemoryKey::Exportable(key) => Ok(copy(key)),
            MemoryKey::Locked(key) => self.unlock(key, place, ask),
            MemoryKey::Damaged => Err(StoreError::Damaged {
                place,
                reason: "damaged by a test".to_owned(),
                source: None,
            }),
            MemoryKey::Kept(reason) => Err(StoreError::KeyNotExportable {
                place,
                reason: reason.clone(),
                source: None,
            }),
            MemoryKey::Missing => Err(StoreError::KeyMissing { place }),
        }
    }

    fn import(
        &mut self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
        _ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        let mut state = self.called()?;
        let id = identity.certificate.id();
        let here = |(entry, _): &(Entry, MemoryKey)| entry.id == id;
        let at = state.entries.iter().position(here);
        let at = at.unwrap_or(state.entries.len());
        if let Some((entry, key)) = state.entries.get(at)
            && !matches!(key, MemoryKey::Missing)
            && options.existing == ExistingEntry::Keep
        {
            let place = entry.places[0].clone();
            return Err(StoreError::AlreadyThere { place });
        }
        let key = match options.exportable {
            true => MemoryKey::Exportable(copy(identity.key)),
            false => MemoryKey::Kept(NotExportable::Policy),
        };
        let mut entry = self.entry(identity.certificate.clone(), identity.label, &key);
        entry.provider = identity.provider.map(str::to_owned);
        entry.properties = identity.properties.to_vec();
        match state.entries.get_mut(at) {
            Some(there) => *there = (entry, key),
            None => state.entries.push((entry, key)),
        }
        for issuer in identity.issuers {
            if !state.issuers.contains(issuer) {
                state.issuers.push(issuer.clone());
            }
        }
        Ok(id)
    }

    fn keys(&self) -> Result<Vec<LoneKey>, StoreError> {
        let state = self.called()?;
        let keys = state.alone.iter().map(|key| LoneKey {
            place: format!("{}/alone", self.name),
            label: None,
            public_half: match key::public_key_of(key) {
                Ok(public) => {
                    key::public_value(&public).map_or(PublicHalf::Unknown, PublicHalf::Value)
                }
                Err(_) => PublicHalf::Unknown,
            },
        });
        Ok(keys.collect())
    }

    fn attach(
        &mut self,
        new: &NewCertificate<'_>,
        _ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        let mut state = self.called()?;
        let (id, spki) = (new.certificate.id(), new.certificate.spki_der());
        let is_own = |key: &PrivateKey| {
            key::public_key_of(key).is_ok_and(|public| key::same_public_key(&public, spki))
        };
        let there = state.entries.iter().find(|(entry, _)| entry.id == id);
        if let Some((entry, key)) = there
            && !matches!(key, MemoryKey::Missing)
        {
            let place = entry.places[0].clone();
            return Err(StoreError::AlreadyThere { place });
        }
        let alone = state.alone.iter().position(is_own);
        let with_another = state.entries.iter().find_map(|(_, key)| match key {
            MemoryKey::Exportable(key) if is_own(key) => Some(copy(key)),
            _ => None,
        });
        let key = match alone {
            Some(at) => Some(state.alone.remove(at)),
            None => with_another,
        };
        let key = key.ok_or_else(|| StoreError::key_missing(&self.name))?;
        let key = MemoryKey::Exportable(key);
        let entry = self.entry(new.certificate.clone(), new.label, &key);
        state.entries.retain(|(entry, _)| entry.id != id);
        state.entries.push((entry, key));
        state.issuers.extend(new.issuers.iter().cloned());
        Ok(id)
    }

    fn mark_backed_up(&mut self, id: &EntryId, when: UnixTime) -> Result<(), StoreError> {
        let mut state = self.called()?;
        let mut entries = state.entries.iter_mut();
        match entries.find(|(entry, _)| entry.id == *id) {
            Some((entry, _)) => {
                entry.backed_up = Some(when);
                Ok(())
            }
            None => Err(StoreError::NotFound {
                store: self.name.clone(),
                id: *id,
            }),
        }
    }

    fn remove(
        &mut self,
        id: &EntryId,
        what: Removal,
        _ask: &mut dyn Ask,
    ) -> Result<Vec<String>, StoreError> {
        let mut state = self.called()?;
        let here = |(entry, _): &(Entry, MemoryKey)| entry.id == *id;
        let Some(at) = state.entries.iter().position(here) else {
            return Err(StoreError::NotFound {
                store: self.name.clone(),
                id: *id,
            });
        };
        let (entry, key) = &mut state.entries[at];
        match what {
            Removal::Key if matches!(key, MemoryKey::Missing) => Err(StoreError::KeyMissing {
                place: entry.places[0].clone(),
            }),
            Removal::Key => {
                entry.key = KeyState::Missing;
                *key = MemoryKey::Missing;
                Ok(Vec::new())
            }
            Removal::Entry => {
                state.entries.remove(at);
                Ok(Vec::new())
            }
        }
    }
}

fn copy(key: &PrivateKey) -> PrivateKey {
    PrivateKey::from_pkcs8_der(Zeroizing::new(key.expose().to_vec()))
}
