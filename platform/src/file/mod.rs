//! The file store: a folder of PEM, DER, PKCS#7 and PKCS#12 files, searched recursively, or one
//! such file. Works the same on every system, and reads the folder anew for every listing.

mod blocks;
mod contents;
mod pair;
mod pem;
mod pkcs7;
mod read;
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
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::OpenOptions;
use crate::certificate::{Certificate, EntryId};
use crate::dotnet;
use crate::error::StoreError;
use crate::secret::{PrivateKey, wipe_stack};
use crate::spec::StoreSpec;
use crate::store::{Ask, Listing, Store, StoreInfo};
use contents::{ContentsReader, FileContents, Passwords};
use pair::{Known, Paired, Scanned};
use unlock::Fetch;

/// A folder of certificates and keys.
pub(crate) struct FileStore {
    info: StoreInfo,
    root: PathBuf,
    passwords: Passwords,
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

    /// Opens the folder of a .NET store.
    pub(crate) fn open_dotnet(spec: StoreSpec, root: PathBuf) -> Result<Self, StoreError> {
        let description = dotnet::DESCRIPTION.to_owned();
        Self::at(StoreInfo { spec, description }, root, Passwords::Dotnet)
    }

    fn at(info: StoreInfo, root: PathBuf, passwords: Passwords) -> Result<Self, StoreError> {
        let store = Self {
            info,
            root,
            passwords,
            last: Mutex::new(None),
        };
        match fs::metadata(&store.root) {
            Ok(_) => Ok(store),
            Err(error) => Err(store.unreachable(error)),
        }
    }

    /// The store as a whole cannot be looked at.
    fn unreachable(&self, error: io::Error) -> StoreError {
        let root = self.root.display();
        match error.kind() {
            io::ErrorKind::PermissionDenied => StoreError::AccessDenied {
                place: root.to_string(),
                source: Some(error.into()),
            },
            kind => StoreError::Unavailable {
                store: self.info.spec.to_string(),
                reason: match kind {
                    io::ErrorKind::NotFound => format!("{root} does not exist"),
                    _ => format!("{root} cannot be read"),
                },
                source: Some(error.into()),
            },
        }
    }

    /// Reads everything, and remembers what later calls need.
    fn scan(&self) -> Result<Listing, StoreError> {
        let walk = walk::walk(&self.root).map_err(|error| self.unreachable(error))?;
        let mut files = walk.files;
        if matches!(self.passwords, Passwords::Dotnet) {
            files.retain(|file| file.extension().is_some_and(|ending| ending == "pfx"));
        }
        let scanned = read_all(&files, &self.passwords);
        let Paired {
            entries,
            problems: found,
            issuers,
            known,
        } = pair::pair(&files, scanned);
        *self.last() = Some(Seen { issuers, known });
        let mut problems = walk.problems;
        problems.extend(found);
        Ok(Listing { entries, problems })
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
}

/// Reads the files on several cores; what comes out is in the files' order all the same.
fn read_all(files: &[PathBuf], passwords: &Passwords) -> Scanned {
    /// As many files as a worker takes at a time.
    const BATCH: usize = 32;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let workers = cores.min(files.len().div_ceil(BATCH)).max(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut reader = ContentsReader::new(passwords);
        let mut found: Scanned = Vec::new();
        loop {
            let start = next.fetch_add(BATCH, Ordering::Relaxed);
            let Some(batch) = files.get(start..files.len().min(start + BATCH)) else {
                return found;
            };
            if batch.is_empty() {
                return found;
            }
            let read = batch.iter().enumerate().map(|(at, file)| {
                let contents: FileContents = reader.read(file);
                (start + at, contents)
            });
            found.extend(read.filter(|(_, contents)| !contents.is_empty()));
        }
    };
    let mut scanned = thread::scope(|scope| {
        let alone = || {
            let found = work();
            wipe_stack();
            found
        };
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(alone)).collect();
        let mut scanned = work();
        for other in others {
            match other.join() {
                Ok(found) => scanned.extend(found),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        scanned
    });
    scanned.sort_by_key(|(file, _)| *file);
    scanned
}
