//! The file store: a folder of PEM, DER, PKCS#7 and PKCS#12 files, searched recursively, or one
//! such file. Works the same on every system, and reads the folder anew for every listing.

mod alone;
pub(crate) mod bag_attributes;
mod blocks;
mod change;
pub(crate) mod contents;
mod import;
mod opened;
mod pair;
mod pem;
pub(crate) mod pkcs7;
mod read;
mod remove;
mod scan;
#[cfg(test)]
#[path = "../../tests/support/pkcs12.rs"]
mod support;
#[cfg(test)]
mod tests;
mod unlock;
mod walk;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub use alone::{certificates_in, needs_password, private_keys_in};
pub use opened::OpenedFile;

use crate::OpenOptions;
use crate::certificate::{Certificate, EntryId};
use crate::dotnet;
use crate::error::StoreError;
use crate::new_file;
use crate::secret::PrivateKey;
use crate::spec::StoreSpec;
use crate::store::{
    Ask, ExistingEntry, ImportOptions, Listing, NewIdentity, Removal, Store, StoreInfo,
};
use change::{Change, Linked};
use contents::Passwords;
use import::Imported;
use pair::{KeyPlace, Known, Paired, Scanned};
use remove::Target;
use unlock::Fetch;
use walk::Walk;

/// The temporary files below a folder that no live process has; see
/// [`left_behind_in`](crate::new_file::left_behind_in). None where the folder cannot be read.
pub fn left_behind_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = walk::walk(folder).unwrap_or_default().temporary;
    found.retain(|path| new_file::is_left_behind(path));
    found
}

/// A folder of certificates and keys.
pub(crate) struct FileStore {
    info: StoreInfo,
    root: PathBuf,
    /// More files and folders, which belong to the store as if they lay in one.
    more: Vec<PathBuf>,
    passwords: Passwords,
    /// The folder need not exist before something is put into it.
    made_on_import: bool,
    last: Mutex<Option<Seen>>,
}

/// What is remembered of the last scan, so that a key or the issuers cost no second one.
struct Seen {
    issuers: Vec<Certificate>,
    known: std::collections::HashMap<EntryId, Known>,
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
            StoreInfo {
                spec: StoreSpec::File(root.clone()),
                description: "folder of certificate files".to_owned(),
            },
            root,
            Passwords::Given(options.unlock.clone()),
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
        match Self::open(path, options) {
            Err(error) if missing(&error) && !path.exists() => {
                import::may_be_made(path)?;
                let mut store = Self::new(path, options);
                store.made_on_import = true;
                Ok(store)
            }
            other => other,
        }
    }

    /// Opens the folder of a .NET store.
    pub(crate) fn open_dotnet(spec: StoreSpec, root: PathBuf) -> Result<Self, StoreError> {
        let description = dotnet::DESCRIPTION.to_owned();
        Self::at(StoreInfo { spec, description }, root, Passwords::Dotnet).reachable()
    }

    fn at(info: StoreInfo, root: PathBuf, passwords: Passwords) -> Self {
        Self {
            info,
            root,
            more: Vec::new(),
            passwords,
            made_on_import: false,
            last: Mutex::new(None),
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
        StoreError::of_file(&self.root, error, |root, source| StoreError::Unavailable {
            store: self.info.spec.to_string(),
            reason: match kind {
                io::ErrorKind::NotFound => format!("{root} does not exist"),
                _ => format!("{root} cannot be read"),
            },
            source: Some(source),
        })
    }

    /// Reads everything, and remembers what later calls need.
    fn scan(&self) -> Result<Listing, StoreError> {
        let (walk, scanned) = self.read()?;
        let Paired {
            entries,
            problems: found,
            issuers,
            known,
        } = pair::pair(&walk.files, scanned);
        *self.last() = Some(Seen { issuers, known });
        let mut problems = walk.problems;
        problems.extend(found);
        Ok(Listing { entries, problems })
    }

    /// Every file, and what is in it.
    fn read(&self) -> Result<(Walk, Scanned), StoreError> {
        if self.made_on_import && !self.root.exists() {
            return Ok((Walk::default(), Scanned::new()));
        }
        let mut walk = walk::walk(&self.root).map_err(|error| self.unreachable(error))?;
        for path in &self.more {
            let Walk {
                files, problems, ..
            } = walk::walk(path).map_err(|error| self.unreachable(error))?;
            walk.files.extend(files);
            walk.problems.extend(problems);
        }
        if matches!(self.passwords, Passwords::Dotnet) {
            let is_pfx = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "pfx");
            walk.files.retain(is_pfx);
        }
        let scanned = scan::read_all(&walk.files, &self.passwords);
        Ok((walk, scanned))
    }

    /// What has to change in the folder so that this of the entry is gone.
    fn plan(
        &self,
        id: &EntryId,
        known: &Known,
        what: Removal,
        ask: &mut dyn Ask,
    ) -> Result<Vec<Change>, StoreError> {
        let (walk, scanned) = self.read()?;
        let proven = known.key.as_ref().filter(|key| !key.certain);
        if let Some(place) = proven {
            let alone = walk.files.iter().position(|file| *file == place.path);
            let contents = scanned.iter().find(|(file, _)| Some(*file) == alone);
            if !contents.is_some_and(|(_, contents)| remove::is_alone_with(contents, id)) {
                self.prove(known, place, ask)?;
            }
        }
        let target = Target {
            id: *id,
            public_key: contents::public_key_digest(&known.certificate),
            proven,
            what,
        };
        let changes = remove::plan(&target, &walk.files, &scanned, &self.passwords)?;
        match changes
            .iter()
            .find(|change| self.root.is_file() && change.removes_file())
        {
            Some(change) => Err(not_removed(
                &change.path,
                "the store is this one file, of which nothing would remain",
            )),
            None => Ok(changes),
        }
    }

    /// Makes sure that a key that a name alone ties to the entry is its own, with a password if
    /// need be.
    fn prove(&self, known: &Known, place: &KeyPlace, ask: &mut dyn Ask) -> Result<(), StoreError> {
        match self.fetch(known, ask) {
            Ok(_) => Ok(()),
            Err(Fetch::Failed(
                StoreError::KeyMissing { .. }
                | StoreError::KeyNotExportable { .. }
                | StoreError::Damaged { .. },
            ))
            | Err(Fetch::Changed) => Err(not_removed(
                &place.path,
                "whether the key in it is this certificate's cannot be told",
            )),
            Err(Fetch::Failed(error)) => Err(error),
        }
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Seen>> {
        // Nothing is left half done by a panic: the value is replaced as a whole.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last scan knew of an entry, after a first one if there was none.
    fn known(&self, id: &EntryId) -> Result<Known, StoreError> {
        if self.last().is_none() {
            self.scan()?;
        }
        let last = self.last();
        let known = last.as_ref().and_then(|seen| seen.known.get(id));
        known.cloned().ok_or_else(|| StoreError::NotFound {
            store: self.info.spec.to_string(),
            id: *id,
        })
    }

    /// Looks at the folder, and puts the identity into a file with a name that is free.
    fn import_once(
        &self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
        ask: &mut dyn Ask,
    ) -> Result<Imported, StoreError> {
        let id = identity.certificate.id();
        self.scan()?;
        let mut changes = Vec::new();
        if let Ok(known) = self.known(&id)
            && let Some(key) = &known.key
        {
            if options.existing == ExistingEntry::Keep {
                let place = key.path.display().to_string();
                return Err(StoreError::AlreadyThere { place });
            }
            changes = self.plan(&id, &known, Removal::Entry, ask)?;
        }
        let made = match self.made_on_import {
            true => import::make_folder(&self.root)?,
            false => Vec::new(),
        };
        let imported = import::import(&self.root, identity, options.password, changes);
        if imported.is_err() {
            import::unmake(&made);
        }
        imported
    }

    fn fetch(&self, known: &Known, ask: &mut dyn Ask) -> Result<PrivateKey, Fetch> {
        match &known.key {
            Some(place) if known.path.exists() => {
                unlock::fetch(&self.info.spec, known, place, &self.passwords, ask)
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
            Err(Fetch::Changed) => Err(StoreError::KeyMissing {
                place: known.path.display().to_string(),
            }),
        }
    }

    fn import(
        &mut self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        let refused = |reason| Err(import::refused(&self.root, reason));
        if matches!(self.passwords, Passwords::Dotnet) {
            return refused(ONLY_DOTNET);
        }
        if self.root.is_file() {
            return refused("it is a single file; name a folder");
        }
        if !options.exportable {
            return refused("whoever can read a file has the key in it, so that it is exportable");
        }
        for _ in 0..ATTEMPTS {
            let imported = self.import_once(identity, options, ask);
            *self.last() = None;
            if let Imported::Done = imported? {
                return Ok(identity.certificate.id());
            }
        }
        refused("other programs take every name for the file")
    }

    fn remove(
        &mut self,
        id: &EntryId,
        what: Removal,
        ask: &mut dyn Ask,
    ) -> Result<Vec<String>, StoreError> {
        self.scan()?;
        let known = self.known(id)?;
        if what == Removal::Key && known.key.is_none() {
            return Err(StoreError::KeyMissing {
                place: known.path.display().to_string(),
            });
        }
        if matches!(self.passwords, Passwords::Dotnet) {
            return Err(not_removed(&known.path, ONLY_DOTNET));
        }
        let changes = self.plan(id, &known, what, ask)?;
        let linked = Linked::of_all(&changes);
        let made = change::make(&changes);
        *self.last() = None;
        made?;
        self.scan()?;
        let left = match self.known(id) {
            Ok(left) if what == Removal::Key => left.key.map(|key| (key.path, MAY_BE_ITS_KEY)),
            Ok(left) => Some((left.path, "it came back")),
            Err(_) => None,
        };
        match left {
            Some((path, reason)) => Err(StoreError::HalfDone {
                place: path.display().to_string(),
                reason: reason.to_owned(),
                source: None,
            }),
            None => Ok(linked.iter().map(Linked::warning).collect()),
        }
    }
}

/// How often the folder is looked at anew, where another program took the name for a new file.
const ATTEMPTS: usize = 100;

const ONLY_DOTNET: &str = "only .NET itself may change what is in its folder";

const MAY_BE_ITS_KEY: &str = "by its name this, too, may be the certificate's key, and no password \
                              shows whether it is";

fn not_removed(path: &Path, reason: &str) -> StoreError {
    StoreError::NotRemoved {
        place: path.display().to_string(),
        reason: reason.to_owned(),
        source: None,
    }
}
