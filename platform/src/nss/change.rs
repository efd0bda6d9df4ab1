//! Putting identities into an NSS database and taking them out, by NSS's own library ([`super::softoken`]).
//! What the files themselves rule out is refused before the library is loaded, and before anybody is asked for
//! the primary password; what only the library sees, such as a key that several certificates share, after.

use std::path::Path;
use std::sync::Arc;

use certstow_formats::certificate::EntryId;
use certstow_formats::key;
use certstow_formats::nss::{KeyState, ListedCertificate, PasswordState};
use certstow_formats::secret::Password;

use super::listing;
use super::nss_store::NssStore;
use super::snapshot::Snapshot;
use super::softoken::{Database, Library, NEVER_INITIALISED};
use crate::error::{Source, StoreError};
use crate::store::{
    Ask, ExistingEntry, ImportOptions, LoneKey, NewCertificate, NewIdentity, PublicHalf, Removal,
};

impl NssStore {
    /// As [`Store::import`](crate::store::Store::import).
    pub(super) fn put(
        &self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        let snapshot = self.snapshot()?;
        if snapshot.database.password == PasswordState::NeverSet {
            return Err(StoreError::not_imported(
                &self.folder,
                NEVER_INITIALISED,
                None,
            ));
        }
        let id = identity.certificate.id();
        if let Some(&at) = snapshot.positions.get(&id) {
            let listed = &snapshot.database.certificates[at];
            let has_key = !matches!(listed.key, KeyState::Missing | KeyState::Unknown);
            if has_key && options.existing == ExistingEntry::Keep {
                let place = listing::place(&self.folder, listed.object.id);
                return Err(StoreError::AlreadyThere { place });
            }
        }
        self.with_database(&snapshot, None, |database| {
            database.check(identity, options)
        })?;
        let password = self.password(&snapshot, ask, |folder, reason, source| {
            StoreError::not_imported(folder, reason, source)
        })?;
        self.changed(&snapshot, password.as_deref(), |database| {
            database.import(Library::find(database.is_new), identity, options)
        })
    }

    /// As [`Store::keys`](crate::store::Store::keys).
    pub(super) fn lone_keys(&self) -> Result<Vec<LoneKey>, StoreError> {
        let snapshot = self.snapshot()?;
        let orphans = snapshot.database.orphans.iter();
        let lone = orphans.map(|orphan| LoneKey {
            place: listing::place_of_key(&self.folder, orphan.id),
            label: orphan.label.clone(),
            public_half: match &orphan.public_value {
                Some(value) => PublicHalf::Value(value.clone()),
                None => PublicHalf::Unknown,
            },
        });
        Ok(lone.collect())
    }

    /// As [`Store::attach`](crate::store::Store::attach).
    pub(super) fn join(
        &self,
        new: &NewCertificate<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        let snapshot = self.snapshot()?;
        let has_key = |listed: &ListedCertificate| {
            !matches!(listed.key, KeyState::Missing | KeyState::Unknown)
        };
        let certificates = &snapshot.database.certificates;
        let there = snapshot.positions.get(&new.certificate.id());
        if let Some(listed) = there
            .map(|&at| &certificates[at])
            .filter(|one| has_key(one))
        {
            let place = listing::place(&self.folder, listed.object.id);
            return Err(StoreError::AlreadyThere { place });
        }
        // Nobody is asked for the primary password over a key that is not there.
        let spki = new.certificate.spki_der();
        let is_of = |listed: &ListedCertificate| {
            has_key(listed) && key::same_public_key(listed.object.certificate.spki_der(), spki)
        };
        let lone = self.lone_keys()?;
        let may_be_here =
            certificates.iter().any(is_of) || lone.iter().any(|key| key.is_of(spki) != Some(false));
        if !may_be_here {
            return Err(StoreError::key_missing(&self.folder));
        }
        let password = self.password(&snapshot, ask, |folder, reason, source| {
            StoreError::not_imported(folder, reason, source)
        })?;
        self.changed(&snapshot, password.as_deref(), |database| {
            database.attach(Library::find(database.is_new), new)
        })
    }

    /// As [`Store::remove`](crate::store::Store::remove).
    pub(super) fn take_out(
        &self,
        id: &EntryId,
        what: Removal,
        ask: &mut dyn Ask,
    ) -> Result<Vec<String>, StoreError> {
        let snapshot = self.snapshot()?;
        let Some(&at) = snapshot.positions.get(id) else {
            return Err(StoreError::not_found(&self.info.spec, id));
        };
        let listed = &snapshot.database.certificates[at];
        if what == Removal::Key && listed.key == KeyState::Missing {
            let place = listing::place(&self.folder, listed.object.id);
            return Err(StoreError::key_missing(place));
        }
        let password = self.password(&snapshot, ask, |folder, reason, source| {
            StoreError::not_removed(folder, reason, source)
        })?;
        self.changed(&snapshot, password.as_deref(), |database| {
            let library = Library::find(database.is_new);
            database.remove(library, &listed.object.certificate, what)
        })
    }

    /// The primary password; `None` where it is the empty one. Where none opens the database, the error
    /// is what `refused` makes of its folder, the reason and the cause.
    fn password(
        &self,
        snapshot: &Arc<Snapshot>,
        ask: &mut dyn Ask,
        refused: fn(&Path, &str, Option<Source>) -> StoreError,
    ) -> Result<Option<Arc<Password>>, StoreError> {
        match &snapshot.database.password {
            PasswordState::Set => Ok(Some(self.unlock(snapshot, ask)?.password)),
            PasswordState::Unusable(error) => {
                let source = Some(error.clone().into());
                Err(refused(&self.folder, "no password opens it", source))
            }
            // Of what cannot be read here, softoken says what it lacks.
            PasswordState::NeverSet | PasswordState::Empty | PasswordState::Unknown => Ok(None),
        }
    }

    fn changed<T>(
        &self,
        snapshot: &Snapshot,
        password: Option<&Password>,
        change: impl FnOnce(&Database<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let changed = self.with_database(snapshot, password, change);
        self.forget();
        changed
    }

    fn with_database<T>(
        &self,
        snapshot: &Snapshot,
        password: Option<&Password>,
        run: impl FnOnce(&Database<'_>) -> T,
    ) -> T {
        run(&Database {
            folder: &self.folder,
            store: &self.info.spec.to_string(),
            locked: &self.name(),
            password,
            is_new: snapshot.database.is_opened_by_new_nss_alone(),
        })
    }
}
