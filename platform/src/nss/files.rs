//! The two files of an NSS database as they were at one moment, although no lock is taken: Firefox holds
//! none either while it runs. A file is read between two looks at what changes with every transaction
//! of SQLite: the journal beside it, and the change counter in its header ("Database File Format",
//! 1.3.7; "Atomic Commit in SQLite", 3).

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use certstow_formats::nss::{Bytes, journal, sqlite};

use crate::os;

/// How often a file is read that changes meanwhile, and how long a transaction has to end.
const READINGS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// Where the change counter stands in a file.
const CHANGE_COUNTER: std::ops::Range<usize> = 24..28;

/// Why a file cannot be had.
#[derive(Debug, Clone)]
pub(super) enum ReadError {
    /// It is not there.
    Missing,
    /// The operating system's error, or that it is no regular file.
    Io(Arc<io::Error>),
    /// The same of the journal beside it.
    Journal(Arc<io::Error>),
    /// It is larger than any that is read.
    TooLarge(u64),
    /// It was written to each time it was read.
    Changing,
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.into())
    }
}

impl ReadError {
    /// The operating system's error, if it refuses the file to this account.
    pub(super) fn denied(&self) -> Option<&Arc<io::Error>> {
        match self {
            Self::Io(error) | Self::Journal(error) => {
                (error.kind() == io::ErrorKind::PermissionDenied).then_some(error)
            }
            Self::Missing | Self::TooLarge(_) | Self::Changing => None,
        }
    }

    fn of_journal(self) -> Self {
        match self {
            Self::Io(error) => Self::Journal(error),
            Self::TooLarge(_) => Self::Journal(io::Error::other(self.to_string()).into()),
            other => other,
        }
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("it is missing"),
            Self::Io(error) => write!(f, "it cannot be read: {error}"),
            Self::Journal(error) => write!(f, "its journal cannot be read: {error}"),
            Self::TooLarge(bytes) => write!(f, "it has {bytes} bytes, more than is ever read"),
            Self::Changing => f.write_str("it is being written to"),
        }
    }
}

/// What shows that a file is as it was, without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    file: Option<(u64, Option<SystemTime>, Option<[u8; 4]>)>,
    journal: Option<(u64, Option<SystemTime>)>,
}

impl Stamp {
    /// That of a file as it is now; `None` for what cannot be looked at.
    pub(super) fn of(path: &Path) -> Self {
        let looked_at = |path: &Path| {
            let metadata = path.metadata().ok()?;
            Some((metadata.len(), metadata.modified().ok()))
        };
        let counter = || {
            let mut header = [0; CHANGE_COUNTER.end];
            let mut file = open(path).ok()?.0;
            file.read_exact(&mut header).ok()?;
            header[CHANGE_COUNTER].try_into().ok()
        };
        Self {
            file: looked_at(path).map(|(length, modified)| (length, modified, counter())),
            journal: looked_at(&journal_of(path)),
        }
    }
}

/// A file of a database and its journal.
pub(super) fn read(path: &Path) -> Result<Bytes, ReadError> {
    let read_journal = || read_if_there(&journal_of(path)).map_err(ReadError::of_journal);
    let counter = |bytes: &[u8]| bytes.get(CHANGE_COUNTER).map(<[u8]>::to_vec);
    for reading in 0..READINGS {
        if reading > 0 {
            std::thread::sleep(PAUSE);
        }
        // The counter comes first: a whole transaction may pass between the journals, with the file's
        // first page written before it is read here, and the others after.
        let first = counter(&read_start(path)?);
        let before = read_journal()?;
        let database = read_if_there(path)?.ok_or(ReadError::Missing)?;
        let after = read_journal()?;
        let last = counter(&read_start(path)?);
        if before == after && first == last && first == counter(&database) {
            let is_meant = |journal: &Vec<u8>| is_to_be_undone(journal, path);
            let journal = before.filter(is_meant);
            return Ok(Bytes { database, journal });
        }
    }
    Err(ReadError::Changing)
}

/// A transaction over several files is finished once its super-journal is gone. SQLite puts that one beside
/// a database; only there it is looked for, since the folder may have come from another place.
fn is_to_be_undone(journal: &[u8], path: &Path) -> bool {
    let Some(name) = journal::super_journal(journal) else {
        return true;
    };
    let name = name.rsplit(|octet| matches!(octet, b'/' | b'\\')).next();
    let name = name.and_then(|name| std::str::from_utf8(name).ok());
    // In doubt there is one.
    name.is_none_or(|name| path.with_file_name(name).try_exists().unwrap_or(true))
}

fn journal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-journal");
    name.into()
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, ReadError> {
    let limit = sqlite::Limits::default().max_bytes as u64;
    let (file, metadata) = match open(path) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if metadata.len() > limit {
        return Err(ReadError::TooLarge(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The file up to its change counter; nothing of one that is not there.
fn read_start(path: &Path) -> io::Result<Vec<u8>> {
    let file = match open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?.0,
    };
    let mut bytes = Vec::new();
    file.take(CHANGE_COUNTER.end as u64)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A FIFO or device of that name is not waited for.
fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let file = os::open_to_read(path)?;
    let metadata = file.metadata()?;
    match metadata.is_file() {
        true => Ok((file, metadata)),
        false => Err(io::Error::other("it is no regular file")),
    }
}
