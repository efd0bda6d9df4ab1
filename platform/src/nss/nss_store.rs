//! The database in one folder: its files are read when something is asked, and again when they changed. What
//! opens its private keys is in `unlock`, changes are in `change`.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key::{self, KeyError};
use certstow_formats::nss::error::NssError;
use certstow_formats::nss::records::File;
use certstow_formats::nss::{self, KeyState};
use certstow_formats::secret::{Password, PrivateKey};

use super::files::{self, ReadError, Stamp};
use super::listing;
use super::opening::Unlocked;
use super::profiles::{self, Profile, found};
use super::snapshot::{CERT9, KEY4, Snapshot};
use crate::error::StoreError;
use crate::key_state::NotExportable;
use crate::spec::{NssDatabase, StoreSpec};
use crate::store::{
    Ask, ImportOptions, Listing, LoneKey, NewCertificate, NewIdentity, OpenOptions, Removal, Store,
    StoreInfo,
};

/// What a database of the kind before has in place of them.
const OLD: [&str; 2] = ["cert8.db", "key3.db"];

/// The database in one folder.
pub(crate) struct NssStore {
    pub(super) info: StoreInfo,
    pub(super) folder: PathBuf,
    pub(super) given: Vec<Arc<Password>>,
    last: Mutex<Option<Arc<Snapshot>>>,
    pub(super) unlocked: Mutex<Unlocked>,
}

impl NssStore {
    /// Opens the database in a folder, or that of the only program here that has one.
    pub(crate) fn open(spec: &NssDatabase, options: &OpenOptions) -> Result<Self, StoreError> {
        let named = StoreSpec::Nss(spec.clone());
        match spec {
            NssDatabase::Folder(folder) => {
                let profile = profiles::of_folder(&of_file(folder));
                Self::at(&named, folder, profile, options)
            }
            NssDatabase::Found => match found().as_slice() {
                [] => Err(StoreError::unavailable(&named, NONE_FOUND, None)),
                [profile] => Self::at(&named, &profile.folder, Some(profile.clone()), options),
                _ => {
                    let reason =
                        "several programs have one: name one of them, as 'nss:' and its folder";
                    Err(StoreError::unavailable(&named, reason, None))
                }
            },
        }
    }

    fn at(
        named: &StoreSpec,
        folder: &Path,
        profile: Option<Profile>,
        options: &OpenOptions,
    ) -> Result<Self, StoreError> {
        // The name must lead here from any working directory.
        let folder = of_file(&std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()));
        let mut info = StoreInfo::new(StoreSpec::Nss(NssDatabase::Folder(folder.clone())));
        if let Some(profile) = profile {
            info.description = profile.description();
            info.application = Some(profile.application);
        }
        let store = Self {
            info,
            folder,
            given: options.passwords_for(named),
            last: Mutex::new(None),
            unlocked: Mutex::new(Unlocked::default()),
        };
        store.is_there()?;
        Ok(store)
    }

    fn is_there(&self) -> Result<(), StoreError> {
        let there = |name: &str| match fs::metadata(self.folder.join(name)) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.unreachable(error)),
        };
        if there(CERT9)? || there(KEY4)? {
            return Ok(());
        }
        let folder = self.folder.display();
        let reason = match OLD.iter().any(|name| self.folder.join(name).exists()) {
            true => format!(
                "the database in {folder} is of a kind that Firefox 57 and older wrote (cert8.db): \
                 start Firefox once, or 'certutil --upgrade-merge'"
            ),
            false if !self.folder.exists() => format!("{folder} does not exist"),
            false => format!("there is no NSS database (cert9.db) in {folder}"),
        };
        Err(StoreError::unavailable(&self.info.spec, reason, None))
    }

    fn unreachable(&self, error: io::Error) -> StoreError {
        StoreError::of_file(&self.folder, error, |folder, source| {
            let reason = format!("{folder} cannot be read");
            StoreError::unavailable(&self.info.spec, reason, Some(source))
        })
    }

    /// What the files hold; read again if they changed.
    pub(super) fn snapshot(&self) -> Result<Arc<Snapshot>, StoreError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = &*last
            && snapshot.stamps == self.stamps()
        {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = Arc::new(self.read()?);
        *last = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// Discards what was read, so that the next call reads the files again.
    pub(super) fn forget(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = None;
    }

    fn stamps(&self) -> [Stamp; 2] {
        [CERT9, KEY4].map(|name| Stamp::of(&self.folder.join(name)))
    }

    fn read(&self) -> Result<Snapshot, StoreError> {
        let stamps = self.stamps();
        let (certificates, cert9) = match files::read(&self.folder.join(CERT9)) {
            Ok(bytes) => (bytes, None),
            Err(error) => (nss::Bytes::default(), Some(self.without_cert9(error)?)),
        };
        let (keys, key4) = match files::read(&self.folder.join(KEY4)) {
            Ok(bytes) => (Some(bytes), None),
            Err(error) => (None, Some(error)),
        };
        let database = nss::read(certificates, keys).map_err(|error| {
            let reason = format!("{}: {error}", self.folder.display());
            StoreError::unavailable(&self.info.spec, reason, Some(error.into()))
        })?;
        let mut positions = HashMap::with_capacity(database.certificates.len());
        for (position, listed) in database.certificates.iter().enumerate() {
            let id = listed.object.certificate.id();
            positions.entry(id).or_insert(position);
        }
        Ok(Snapshot {
            database,
            positions,
            cert9,
            key4,
            stamps,
        })
    }

    /// What keeps `cert9.db` from being read, unless it is an error of the store as a whole.
    fn without_cert9(&self, error: ReadError) -> Result<ReadError, StoreError> {
        let cert9 = self.folder.join(CERT9);
        if let Some(denied) = error.denied() {
            return Err(StoreError::AccessDenied {
                place: cert9.display().to_string(),
                source: Some(Arc::clone(denied).into()),
            });
        }
        match error {
            ReadError::Missing => self.is_there()?,
            ReadError::Changing => {
                let reason = format!("{}: {error}", cert9.display());
                return Err(StoreError::unavailable(&self.info.spec, reason, None));
            }
            ReadError::Io(_) | ReadError::Journal(_) | ReadError::TooLarge(_) => {}
        }
        Ok(error)
    }

    /// What the primary password is that of.
    pub(super) fn name(&self) -> String {
        match &self.info.application {
            Some(_) => self.info.description.clone(),
            None => format!("the NSS database in {}", self.folder.display()),
        }
    }

    fn fetch(
        &self,
        snapshot: &Arc<Snapshot>,
        certificate: &nss::ListedCertificate,
        ask: &mut dyn Ask,
    ) -> Result<PrivateKey, StoreError> {
        let database = &snapshot.database;
        let place = listing::place(&self.folder, certificate.object.id);
        let not_exportable = |reason| StoreError::KeyNotExportable {
            place: place.clone(),
            reason,
            source: None,
        };
        let id = match &certificate.key {
            KeyState::Present(id) => *id,
            KeyState::NotExtractable(_) => return Err(not_exportable(NotExportable::Policy)),
            KeyState::Unsupported(_, kind) => {
                return Err(not_exportable(listing::unsupported(kind)));
            }
            KeyState::Missing => return Err(StoreError::key_missing(&place)),
            KeyState::Unknown => return Err(self.nothing_known(snapshot, place)),
        };
        let opening = self.unlock(snapshot, ask)?;
        let key = database
            .private_key(id, &opening.key)
            .map_err(|error| self.key_error(error, &place))?;
        match key::public_key_of(&key) {
            Ok(public) => {
                match key::same_public_key(&public, certificate.object.certificate.spki_der()) {
                    true => Ok(key),
                    false => Err(StoreError::KeyMismatch { place }),
                }
            }
            // Whether it is the certificate's nothing here can tell.
            Err(KeyError::UnknownAlgorithm(_)) => Ok(key),
            Err(error) => {
                let file = self.folder.join(KEY4);
                Err(StoreError::damaged(
                    file,
                    error.to_string(),
                    Some(error.into()),
                ))
            }
        }
    }

    /// Why nothing is known of the private key of the certificate at `place`.
    fn nothing_known(&self, snapshot: &Snapshot, place: String) -> StoreError {
        let key4 = self.folder.join(KEY4);
        let Some(error) = &snapshot.key4 else {
            let problems = &snapshot.database.problems;
            let of_keys = problems.iter().find(|problem| problem.file == File::Key4);
            let reason = of_keys.map_or("part of it is damaged", |problem| &problem.message);
            return StoreError::damaged(key4, reason, None);
        };
        if let Some(denied) = error.denied() {
            let source = Some(Arc::clone(denied).into());
            return StoreError::KeyAccessDenied { place, source };
        }
        match error {
            ReadError::Changing => {
                let reason = format!("{}: {error}", key4.display());
                StoreError::unavailable(&self.info.spec, reason, None)
            }
            ReadError::Missing
            | ReadError::Io(_)
            | ReadError::Journal(_)
            | ReadError::TooLarge(_) => StoreError::damaged(key4, error.to_string(), None),
        }
    }

    /// What keeps the private key of the certificate at `place` in, or makes it unreadable.
    pub(super) fn key_error(&self, error: NssError, place: &str) -> StoreError {
        let not_exportable = |reason, error: NssError| StoreError::KeyNotExportable {
            place: place.to_owned(),
            reason,
            source: Some(error.into()),
        };
        match error {
            NssError::NotExtractable => not_exportable(NotExportable::Policy, error),
            NssError::Unsupported(ref form) => {
                not_exportable(NotExportable::UnsupportedForm(form.clone()), error)
            }
            NssError::NotFound | NssError::NoPassword => StoreError::key_missing(place),
            NssError::WrongPassword => StoreError::WrongPassword { place: self.name() },
            NssError::Damaged(ref reason) => {
                let reason = reason.clone();
                StoreError::damaged(self.folder.join(KEY4), reason, Some(error.into()))
            }
            NssError::Certificates(_) => {
                StoreError::unavailable(&self.info.spec, error.to_string(), Some(error.into()))
            }
        }
    }
}

pub(super) const NONE_FOUND: &str = "no program of this account has an NSS database";

/// The folder of a database, of which somebody may have named a file.
fn of_file(path: &Path) -> PathBuf {
    let is_file_of_one = path.file_name().is_some_and(|name| {
        let mut names = [CERT9, KEY4].into_iter().chain(OLD);
        names.any(|known| name == known)
    });
    match path.parent() {
        Some(folder) if is_file_of_one && !path.is_dir() => match folder.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => folder.to_owned(),
        },
        _ => path.to_owned(),
    }
}

impl Store for NssStore {
    fn info(&self) -> StoreInfo {
        self.info.clone()
    }

    fn list(&self) -> Result<Listing, StoreError> {
        let snapshot = self.snapshot()?;
        let opened = self.opened_by_what_was_given(&snapshot);
        let lock = format!("the primary password of {}", self.name());
        Ok(listing::of(&snapshot, &self.folder, opened, &lock))
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        Ok(self.snapshot()?.database.issuers.clone())
    }

    fn keep_open(&self, many: bool) {
        self.unlocked().keep(many);
    }

    fn shared(&self) -> Option<&(dyn Store + Sync)> {
        Some(self)
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        let snapshot = self.snapshot()?;
        match snapshot.positions.get(id) {
            Some(&at) => self.fetch(&snapshot, &snapshot.database.certificates[at], ask),
            None => Err(StoreError::not_found(&self.info.spec, id)),
        }
    }

    fn import(
        &mut self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        self.put(identity, options, ask)
    }

    fn keys(&self) -> Result<Vec<LoneKey>, StoreError> {
        self.lone_keys()
    }

    fn attach(
        &mut self,
        certificate: &NewCertificate<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        self.join(certificate, ask)
    }

    fn remove(
        &mut self,
        id: &EntryId,
        what: Removal,
        ask: &mut dyn Ask,
    ) -> Result<Vec<String>, StoreError> {
        self.take_out(id, what, ask)
    }
}
