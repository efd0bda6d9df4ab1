//! A folder of certificate files, or one such file, as a [`Store`]: what was read is remembered until
//! the next listing. Changes are in `import` and `take_out`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::secret::PrivateKey;

use super::found::FileContents;
use super::key_file::{Fetch, KeyFiles};
use super::pair::{self, Guesses, Known};
use super::passwords::Passwords;
use super::place::Place;
use super::seen::{Folder, Seen};
use super::unlock::Lock;
use super::walk::{self, Walk};
use super::{made_folder, scan};
use crate::error::StoreError;
use crate::spec::StoreSpec;
use crate::store::{
    Ask, ImportOptions, Listing, LoneKey, NewCertificate, NewIdentity, OpenOptions, Removal, Store,
    StoreInfo,
};

/// A folder of certificates and keys.
pub(crate) struct FileStore {
    info: StoreInfo,
    pub(super) root: PathBuf,
    /// More files and folders, which belong to the store as if they lay in one.
    more: Vec<PathBuf>,
    /// The only extension of files that belong to the store, if not all do.
    extension: Option<&'static str>,
    pub(super) passwords: Passwords,
    /// The folder need not exist before something is put into it.
    pub(super) made_on_import: bool,
    /// Whether something is to be changed in it, for which more is remembered.
    pub(super) is_changed: bool,
    last: Mutex<Option<Seen>>,
    keys: KeyFiles,
}

impl FileStore {
    /// Opens a folder or a single file.
    pub(crate) fn open(path: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        Self::new(path, options).reachable()
    }

    fn new(path: &Path, options: &OpenOptions) -> Self {
        // The name must lead here from any working directory.
        let root = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self::at(
            StoreInfo::new(StoreSpec::File(root.clone())),
            root,
            Passwords::given(&options.passwords_for(&StoreSpec::File(path.to_owned()))),
        )
    }

    /// Opens several files and folders as one store, so that what lies apart is paired. It is
    /// named after the first.
    pub(crate) fn open_several(
        first: &Path,
        more: &[PathBuf],
        options: &OpenOptions,
    ) -> Result<Self, StoreError> {
        let mut store = Self::open(first, options)?;
        for path in more {
            store.more.push(Self::open(path, options)?.root);
        }
        Ok(store)
    }

    /// As [`FileStore::open`]; a folder that is missing counts as empty, and is made by the first
    /// import into it, so that one that is refused leaves none behind.
    pub(crate) fn open_to_import(path: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        let missing = |error: &StoreError| matches!(error, StoreError::Unavailable { .. });
        let mut store = match Self::open(path, options) {
            Err(error) if missing(&error) && !path.exists() => {
                made_folder::may_be_made(path)?;
                let mut store = Self::new(path, options);
                store.made_on_import = true;
                store
            }
            other => other?,
        };
        store.is_changed = true;
        Ok(store)
    }

    /// Opens the folder of a .NET store, of which only `*.pfx` files belong to it.
    pub(super) fn open_dotnet(spec: StoreSpec, root: PathBuf) -> Result<Self, StoreError> {
        let info = StoreInfo {
            path: Some(root.clone()),
            ..StoreInfo::new(spec)
        };
        let mut store = Self::at(info, root, Passwords::dotnet());
        store.extension = Some("pfx");
        store.reachable()
    }

    fn at(info: StoreInfo, root: PathBuf, passwords: Passwords) -> Self {
        Self {
            info,
            root,
            more: Vec::new(),
            extension: None,
            passwords,
            made_on_import: false,
            is_changed: false,
            last: Mutex::new(None),
            keys: KeyFiles::default(),
        }
    }

    fn reachable(self) -> Result<Self, StoreError> {
        match fs::metadata(&self.root) {
            Ok(_) => Ok(self),
            Err(error) => Err(self.unreachable(error)),
        }
    }

    /// The store as a whole cannot be looked at.
    fn unreachable(&self, error: io::Error) -> StoreError {
        let kind = error.kind();
        StoreError::of_file(&self.root, error, |root, source| {
            let reason = match kind {
                io::ErrorKind::NotFound => format!("{root} does not exist"),
                _ => format!("{root} cannot be read"),
            };
            StoreError::unavailable(&self.info.spec, reason, Some(source))
        })
    }

    /// Reads everything, and remembers what later calls need.
    pub(super) fn scan(&self) -> Result<Listing, StoreError> {
        let mut walk = self.walk()?;
        let scanned = scan::read_all(&walk.files, &self.passwords);
        let folder = self.is_changed.then(|| {
            Arc::new(Folder {
                files: walk.files.clone(),
                scanned: scanned.clone(),
            })
        });
        // What is changed by a guess may cost somebody's key.
        let guesses = match self.is_changed {
            true => Guesses::ByName,
            false => Guesses::LeftOver,
        };
        let paired = pair::pair(&walk.files, scanned, guesses);
        let mut listing = paired.listing;
        walk.problems.append(&mut listing.problems);
        listing.problems = walk.problems;
        *self.last() = Some(Seen {
            issuers: paired.issuers,
            known: paired.known,
            folder,
        });
        Ok(listing)
    }

    /// Finds every file.
    fn walk(&self) -> Result<Walk, StoreError> {
        if self.made_on_import && !self.root.exists() {
            return Ok(Walk::default());
        }
        let mut walk = walk::walk(&self.root).map_err(|error| self.unreachable(error))?;
        for path in &self.more {
            let Walk {
                files, problems, ..
            } = walk::walk(path).map_err(|error| self.unreachable(error))?;
            walk.files.extend(files);
            walk.problems.extend(problems);
        }
        if let Some(only) = self.extension {
            walk.files
                .retain(|file| file.extension().is_some_and(|ending| ending == only));
        }
        Ok(walk)
    }

    /// Reads everything again if there are other files than those that were read.
    pub(super) fn look_again(&self) -> Result<(), StoreError> {
        let folder = self.last_folder();
        if !folder.is_some_and(|folder| self.walk().is_ok_and(|walk| folder.has_just(&walk.files)))
        {
            self.scan()?;
        }
        Ok(())
    }

    /// What the last scan read; one that is remembered, or a new one.
    pub(super) fn folder(&self) -> Result<Arc<Folder>, StoreError> {
        if let Some(folder) = self.last_folder() {
            return Ok(folder);
        }
        let files = self.walk()?.files;
        let scanned = scan::read_all(&files, &self.passwords);
        Ok(Arc::new(Folder { files, scanned }))
    }

    /// Whether a file was there when the folder was read.
    pub(super) fn knows_file(&self, path: &Path) -> bool {
        let folder = self.last_folder();
        folder.is_some_and(|folder| folder.files.iter().any(|file| file == path))
    }

    /// Remembers what was imported.
    pub(super) fn now_has(&self, place: &Place, contents: FileContents) {
        let mut last = self.last();
        let changes = place.replaced.iter().chain(&place.changes);
        *last = last.take().and_then(|mut seen| {
            let is_all_told = seen.take_up(&place.path, contents, changes);
            is_all_told.then_some(seen)
        });
    }

    fn last_folder(&self) -> Option<Arc<Folder>> {
        self.last().as_ref()?.folder.clone()
    }

    pub(super) fn last(&self) -> std::sync::MutexGuard<'_, Option<Seen>> {
        // Nothing is left half done by a panic: the value is replaced as a whole.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last scan knew of an entry, after a first one if there was none.
    pub(super) fn known(&self, id: &EntryId) -> Result<Known, StoreError> {
        if self.last().is_none() {
            self.scan()?;
        }
        let last = self.last();
        let known = last.as_ref().and_then(|seen| seen.known.get(id));
        known
            .cloned()
            .ok_or_else(|| StoreError::not_found(&self.info.spec, id))
    }

    pub(super) fn fetch(&self, known: &Known, ask: &mut dyn Ask) -> Result<PrivateKey, Fetch> {
        match &known.key {
            Some(place) if known.path.exists() => {
                let lock = Lock {
                    store: &self.info.spec,
                    place: &place.path.display().to_string(),
                    passwords: &self.passwords,
                };
                self.keys.fetch(known, place, &lock, ask)
            }
            _ => Err(Fetch::Changed),
        }
    }
}

impl Store for FileStore {
    fn info(&self) -> StoreInfo {
        self.info.clone()
    }

    fn list(&self) -> Result<Listing, StoreError> {
        self.scan()
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        if self.last().is_none() {
            self.scan()?;
        }
        let last = self.last();
        Ok(last
            .as_ref()
            .map(|seen| seen.issuers.clone())
            .unwrap_or_default())
    }

    fn keep_open(&self, many: bool) {
        match (many, self.last().as_ref()) {
            (true, Some(seen)) => self.keys.keep(seen.known.values()),
            _ => self.keys.let_go(),
        }
    }

    fn shared(&self) -> Option<&(dyn Store + Sync)> {
        Some(self)
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        if let Ok(known) = self.known(id) {
            match self.fetch(&known, ask) {
                Ok(key) => return Ok(key),
                Err(Fetch::Failed(error)) => return Err(error),
                Err(Fetch::Changed) => {}
            }
        }
        // What was asked for was not there; the files may have changed since they were listed.
        self.scan()?;
        let known = self.known(id)?;
        match self.fetch(&known, ask) {
            Ok(key) => Ok(key),
            Err(Fetch::Failed(error)) => Err(error),
            Err(Fetch::Changed) => Err(StoreError::key_missing(&known.path)),
        }
    }

    fn import(
        &mut self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        let one = std::slice::from_ref(identity);
        let imported = self.take_in(one, options, ask, &mut || ()).pop();
        imported.unwrap_or_else(|| {
            let reason = "it was not tried";
            Err(StoreError::not_imported(&self.root, reason, None))
        })
    }

    fn import_several(
        &mut self,
        identities: &[NewIdentity<'_>],
        options: &ImportOptions<'_>,
        ask: &mut dyn Ask,
        progress: &mut dyn FnMut(),
    ) -> Vec<Result<EntryId, StoreError>> {
        self.take_in(identities, options, ask, progress)
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
