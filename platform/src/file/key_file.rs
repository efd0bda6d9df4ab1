//! Private keys out of the files they lie in: a file is read again, opened with a password where it
//! needs one, and the key compared with the certificate it is to belong to.
//!
//! A file of many keys is opened once for all of them: while many keys are taken
//! ([`Store::keep_open`](crate::store::Store::keep_open)), what was opened stays until each entry
//! with a key in it has that. A file that has changed meanwhile is opened anew.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use certstow_formats::certificate::EntryId;
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::secret::PrivateKey;
use zeroize::Zeroizing;

use super::blocks::{self, Block};
use super::keys::Keys;
use super::pair::{KeyPlace, Known};
use super::read::{Content, FileReader};
use super::unlock::{Lock, Locked, Refusal, Tried};
use crate::error::StoreError;
use crate::os::{self, disk};
use crate::store::Ask;

/// Why a key was not fetched.
pub(crate) enum Fetch {
    /// The file no longer has what it had when it was listed: look again at the whole store.
    Changed,
    /// This is final.
    Failed(StoreError),
}

/// The files that keys are taken out of.
#[derive(Default)]
pub(super) struct KeyFiles(Mutex<Option<Kept>>);

/// What is kept while many keys are taken.
struct Kept {
    /// How many entries have their key in each file.
    entries: HashMap<PathBuf, usize>,
    files: HashMap<PathBuf, Arc<Slot>>,
}

/// Where a file is kept once it was read. A thread that wants the same file meanwhile waits for that file alone.
type Slot = Mutex<Option<Arc<KeyFile>>>;

impl KeyFiles {
    /// Files that more than one of these entries have their key in are kept open from now on.
    pub(super) fn keep<'k>(&self, known: impl Iterator<Item = &'k Known>) {
        let mut entries = HashMap::new();
        for place in known.filter_map(|known| known.key.as_ref()) {
            *entries.entry(place.path.clone()).or_default() += 1;
        }
        entries.retain(|_, count| *count > 1);
        let files = HashMap::new();
        *self.kept() = Some(Kept { entries, files });
    }

    /// Lets go of every file.
    pub(super) fn let_go(&self) {
        *self.kept() = None;
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        // Whatever is in it after a panic is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches the private key of an entry from its place.
    pub(super) fn fetch(
        &self,
        entry: &Known,
        place: &KeyPlace,
        lock: &Lock<'_>,
        ask: &mut dyn Ask,
    ) -> Result<PrivateKey, Fetch> {
        let Some(file) = self.shared(&place.path)? else {
            return KeyFile::read(&place.path)?.key(entry, place, lock, ask);
        };
        let key = file.key(entry, place, lock, ask);
        // Before the lock that every thread needs: another one may be opening the file.
        let served = match &key {
            Ok(_) => Some(file.served(entry.certificate.id())),
            Err(Fetch::Changed) => None,
            // It may be asked for again, when there is somebody to ask.
            Err(Fetch::Failed(_)) => return key,
        };
        if let Some(kept) = &mut *self.kept() {
            let entries = kept.entries.get(&place.path).copied().unwrap_or_default();
            if served.is_none_or(|served| served >= entries) {
                kept.files.remove(&place.path);
            }
        }
        key
    }

    /// The file, open, if it is one that is kept.
    fn shared(&self, path: &Path) -> Result<Option<Arc<KeyFile>>, Fetch> {
        let Some(slot) = self.slot(path) else {
            return Ok(None);
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let version = Version::of(path).map_err(|error| unreadable(path, error))?;
        if let Some(file) = slot.as_ref()
            && file.version == Some(version)
        {
            return Ok(Some(file.clone()));
        }
        // What was there before goes before the next is read.
        *slot = None;
        let mut file = KeyFile::read(path)?;
        file.version = Some(version);
        Ok(Some(slot.insert(Arc::new(file)).clone()))
    }

    /// Where the file is kept, if it is one that is.
    fn slot(&self, path: &Path) -> Option<Arc<Slot>> {
        let mut kept = self.kept();
        let kept = kept.as_mut()?;
        kept.entries.get(path)?;
        Some(kept.files.entry(path.to_owned()).or_default().clone())
    }
}

/// What tells a file from what it was before, short of reading it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    file: (u64, u64),
    length: u64,
    modified: Option<SystemTime>,
}

impl Version {
    fn of(path: &Path) -> io::Result<Self> {
        let file = os::open_to_read(path)?;
        let metadata = file.metadata()?;
        Ok(Self {
            file: disk::inode_of(&file)?.id,
            length: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }
}

/// A file that keys are taken out of.
pub(super) struct KeyFile {
    /// Of before it was read.
    version: Option<Version>,
    state: Mutex<State>,
}

struct State {
    /// By their number in the file.
    pieces: Vec<Option<Piece>>,
    tried: Tried,
    served: HashSet<EntryId>,
}

/// A piece of a file that holds keys.
pub(super) enum Piece {
    Open(Keys),
    Locked {
        locked: Locked,
        known_is_wrong: bool,
    },
    /// Behind a lock that no password opens.
    Unopenable(DecodeError),
}

impl KeyFile {
    /// Reads the file and keeps the pieces that hold keys.
    fn read(path: &Path) -> Result<Self, Fetch> {
        let mut reader = FileReader::new();
        let bytes = match reader.read(path, true) {
            Ok(Content::Whole(bytes)) => bytes,
            Ok(Content::Foreign(_) | Content::TooLarge) => return Err(Fetch::Changed),
            Err(error) => return Err(unreadable(path, error)),
        };
        Ok(Self::of(bytes))
    }

    /// The pieces of these bytes that hold keys.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut pieces = Vec::new();
        blocks::read(bytes, &mut Zeroizing::default(), &mut |block| {
            pieces.push(Piece::from_block(&block));
        });
        Self::with_pieces(pieces)
    }

    /// A file of one piece that is open.
    pub(super) fn open(keys: Keys) -> Self {
        Self::with_pieces(vec![Some(Piece::Open(keys))])
    }

    fn with_pieces(pieces: Vec<Option<Piece>>) -> Self {
        let state = State {
            pieces,
            tried: Tried::default(),
            served: HashSet::new(),
        };
        Self {
            version: None,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A piece is replaced as a whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that an entry has its key; how many have by now.
    fn served(&self, entry: EntryId) -> usize {
        let mut state = self.state();
        state.served.insert(entry);
        state.served.len()
    }

    /// The private key of an entry. A thread that comes while the file is being opened waits for that.
    pub(super) fn key(
        &self,
        entry: &Known,
        place: &KeyPlace,
        lock: &Lock<'_>,
        ask: &mut dyn Ask,
    ) -> Result<PrivateKey, Fetch> {
        let State { pieces, tried, .. } = &mut *self.state();
        let piece = pieces.get_mut(place.piece as usize);
        let piece = piece.and_then(Option::as_mut).ok_or(Fetch::Changed)?;
        let keys = piece.open(lock, tried, ask).map_err(Fetch::Failed)?;
        match keys.belonging_to(entry.certificate.spki_der()) {
            Some(key) => Ok(key),
            None if place.certain => Err(Fetch::Changed),
            None => Err(Fetch::Failed(StoreError::key_missing(format!(
                "{} (the key in {}, taken for its own without its password, is another one)",
                entry.path.display(),
                lock.place,
            )))),
        }
    }
}

impl Piece {
    /// The piece, copied out of the reading buffer, if it holds keys.
    pub(super) fn from_block(block: &Block<'_>) -> Option<Self> {
        let copy = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
        let locked = |locked| {
            Some(Self::Locked {
                locked,
                known_is_wrong: false,
            })
        };
        let key = match block {
            Block::Key(key, _) => key,
            Block::Pkcs12(bytes) => return locked(Locked::Pkcs12(copy(bytes))),
            Block::Certificate(..) | Block::Unusable(_) | Block::OtherKey(_) => return None,
        };
        match key.form.to_pkcs8(key.der, key.curve) {
            Some(open) => Some(Self::Open(Keys::new([open.ok()?]))),
            None => locked(Locked::Key(copy(key.der))),
        }
    }

    /// The keys in it, for a caller that needs them once.
    pub(super) fn opened(
        mut self,
        lock: &Lock<'_>,
        tried: &mut Tried,
        ask: &mut dyn Ask,
    ) -> Result<Keys, StoreError> {
        self.open(lock, tried, ask)?;
        match self {
            Self::Open(keys) => Ok(keys),
            _ => Ok(Keys::new([])),
        }
    }

    /// The keys in it, once it is open.
    pub(super) fn open(
        &mut self,
        lock: &Lock<'_>,
        tried: &mut Tried,
        ask: &mut dyn Ask,
    ) -> Result<&Keys, StoreError> {
        if let Self::Locked {
            locked,
            known_is_wrong,
        } = self
        {
            *self = match lock.open(locked, tried, known_is_wrong, ask) {
                Ok(keys) => Self::Open(keys),
                Err(Refusal::Unopenable(error)) => Self::Unopenable(error),
                Err(Refusal::Locked(error)) => return Err(error),
            };
        }
        match self {
            Self::Open(keys) => Ok(keys),
            Self::Unopenable(error) => Err(lock.unopenable(error.clone())),
            Self::Locked { .. } => unreachable!("what is locked was opened, or is an error"),
        }
    }
}

pub(super) fn unreadable(path: &Path, error: io::Error) -> Fetch {
    if error.kind() == io::ErrorKind::NotFound {
        return Fetch::Changed;
    }
    Fetch::Failed(StoreError::of_file(path, error, |place, source| {
        StoreError::damaged(place, "the file does not read", Some(source))
    }))
}
