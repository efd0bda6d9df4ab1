//! Atomic file creation: a file is written under a temporary name in its own folder,
//! readable by its owner alone from the first moment, and renamed only when the caller has read
//! back what is on disk.
//!
//! Code that ends the process early calls [`abandon`] first, as the program does when it is
//! interrupted. A process killed outright leaves a `.certstow-*.tmp` file behind; it is as private
//! as the finished file. The next process that writes to the folder removes it: a temporary file is
//! locked for as long as its process lives ([`left_behind_in`] finds the others).

mod left_behind;
mod replaced;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::{NamedTempFile, PersistError};
use zeroize::Zeroizing;

pub use crate::os::folder_of;
use crate::os::{self, Retries, claim, darwin, disk};
use left_behind::{PREFIX, RANDOM, SUFFIX};
pub(crate) use left_behind::{is_left_behind, is_temporary};
pub use left_behind::{is_own, left_behind_in};
pub use replaced::{Readers, replace_file};

/// How often a new file is made in place of one that another process removed before it was locked.
const ATTEMPTS: usize = 100;

/// The temporary files there are now.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long [`abandon`] waits for a file that is just getting its name, and for those that are
/// being removed. It takes no time, unless their disk never answers.
const PATIENCE: Duration = Duration::from_secs(2);

/// Removes the temporary files of writes that are going on in other threads; one that is just
/// getting its name gets it first. The process has to end after it: from now on, no write begins.
pub fn abandon() {
    let (done, ended) = channel();
    // A thread of its own, for a disk that does not answer blocks its caller.
    let thread = thread::Builder::new().name("abandon".to_owned());
    let spawned = thread.spawn(move || {
        remove_unfinished();
        // Who waits for it may have given up.
        let _ = done.send(());
    });
    match spawned {
        Ok(_) => drop(ended.recv_timeout(PATIENCE)),
        Err(_) => remove_unfinished(),
    }
}

fn remove_unfinished() {
    let unfinished = unfinished();
    // Meanwhile one may have become the finished file, which is complete.
    let remains = |path: &&PathBuf| fs::remove_file(os::long_path(path)).is_err() && path.exists();
    let (held, retries) = (unfinished.iter().filter(remains), Retries::new());
    for temporary in held.collect::<Vec<_>>() {
        let _ = os::remove_one_of_many(temporary, &retries);
    }
    std::mem::forget(unfinished);
}

/// A file under its temporary name, removed when dropped.
#[derive(Debug)]
pub struct NewFile {
    file: NamedTempFile,
    /// After the file, so that it is dropped after the file is gone.
    _listed: Listed,
}

/// An entry of [`UNFINISHED`].
#[derive(Debug)]
struct Listed(PathBuf);

impl Drop for Listed {
    fn drop(&mut self) {
        unfinished().retain(|temporary| *temporary != self.0);
    }
}

impl NewFile {
    /// An empty file in the folder of `target`, private from the start as far as the file system
    /// can do that ([`os::others_have_access`] tells). What was left behind in that folder goes.
    ///
    /// # Errors
    /// The operating system's: the folder is missing or not writable.
    pub fn beside(target: &Path) -> io::Result<Self> {
        let folder = folder_of(target);
        left_behind::remove_once(folder);
        Self::trial(folder)
    }

    /// As [`NewFile::beside`], in a folder in which nothing else is to change: a file that tries
    /// whether the folder takes any.
    ///
    /// # Errors
    /// As [`NewFile::beside`].
    pub fn trial(folder: &Path) -> io::Result<Self> {
        Self::made_by(os::create_private, folder)
    }

    fn made_by(make: fn(&Path) -> io::Result<File>, folder: &Path) -> io::Result<Self> {
        let mut unfinished = unfinished();
        let file = create(make, folder)?;
        let path = file.path().to_owned();
        unfinished.push(path.clone());
        Ok(Self {
            file,
            _listed: Listed(path),
        })
    }

    /// The file, open for reading and writing.
    pub fn as_file(&self) -> &File {
        self.file.as_file()
    }

    /// Where it lies for now.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Reads the file through a handle of its own, as another program would, no further than one
    /// byte past `expected`; from its disk, if it was synced ([`disk::read`]).
    ///
    /// # Errors
    /// The operating system's; `NotFound` also if another file took its place.
    pub fn read_back(&self, expected: usize) -> io::Result<Zeroizing<Vec<u8>>> {
        if !claim::is_at(self.as_file(), self.path())? {
            let reason = "another file took its place";
            return Err(io::Error::new(ErrorKind::NotFound, reason));
        }
        disk::read(self.path(), expected)
    }

    /// Gives the file its name, and replaces nothing.
    ///
    /// # Errors
    /// `AlreadyExists`: something has that name, by whichever process it was created, and however late. Others are
    /// the operating system's. The temporary file is gone then.
    pub fn rename(self, target: &Path) -> io::Result<()> {
        // `tempfile` hands names to the system as they are.
        let target = os::long_path(target);
        self.get_name(|file| match file.persist_noclobber(&target) {
            Err(refused) if cannot_be_told_not_to_replace(&refused.error) => {
                take_the_name(refused.file, &target)
            }
            named => named.map(drop),
        })
    }

    /// Gives the file its name, in place of whatever file has it. Where that one belongs to another
    /// account in a folder of its own, or of this account's alone, the new one does, too: what root
    /// writes over a person's file stays the person's.
    ///
    /// # Errors
    /// The operating system's. The temporary file is gone then, and the other as it was.
    pub fn replace(self, target: &Path) -> io::Result<()> {
        os::keep_owner(self.as_file(), target)?;
        self.replace_as_it_is(target)
    }

    /// The same, and the new file keeps the owner that it has.
    pub(crate) fn replace_as_it_is(self, target: &Path) -> io::Result<()> {
        let target = os::long_path(target);
        self.get_name(|file| file.persist(&target).map(drop))
    }

    fn get_name(self, name: impl Fn(NamedTempFile) -> Result<(), PersistError>) -> io::Result<()> {
        let mut file = Some(self.file);
        Retries::new().run(|| {
            // Abandoned now, it would leave an empty file where taking the name has two steps.
            let _in_one_piece = unfinished();
            // What was refused gives the file back.
            let Some(refused) = file.take().and_then(|file| name(file).err()) else {
                return Ok(());
            };
            file = Some(refused.file);
            Err(refused.error)
        })
    }
}

/// Writes a file that holds no secret and that others may read, in one step, in the place of whatever
/// file has its name. Nobody but its owner, who is this account, may write to it: neither by the
/// umask, nor because he could before. Programs do what is in such files.
///
/// # Errors
/// The operating system's. The file is as it was then.
pub fn write_readable(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(file);
    left_behind::remove_once(folder);
    let new = NewFile::made_by(os::create_readable, folder)?;
    let mut open = new.as_file();
    open.write_all(bytes)?;
    disk::sync_file(open)?;
    new.replace_as_it_is(file)
}

/// A temporary file that belongs to this process for all to see, where the file system knows locks.
fn create(make: fn(&Path) -> io::Result<File>, folder: &Path) -> io::Result<NamedTempFile> {
    for _ in 0..ATTEMPTS {
        let file = tempfile::Builder::new()
            .prefix(PREFIX)
            .rand_bytes(RANDOM)
            .suffix(SUFFIX)
            .make_in(os::long_path(folder), make)?;
        let is_ours = match claim::lock(file.as_file()) {
            Ok(locked) => {
                // Until it was locked, another process could take it for one that was left behind.
                locked && claim::is_at(file.as_file(), file.path()).unwrap_or(false)
            }
            // Nobody removes what cannot be locked.
            Err(_) => true,
        };
        if is_ours {
            return Ok(file);
        }
    }
    Err(io::Error::other(
        "another process removes every new file there",
    ))
}

/// Whether the file system (FAT and exFAT on a USB drive, some network shares) has neither a
/// rename that spares an existing file nor hard links.
fn cannot_be_told_not_to_replace(error: &io::Error) -> bool {
    // On Windows every file system can, and a refusal is another program's, for a moment.
    let by_kind = match error.kind() {
        ErrorKind::PermissionDenied => !cfg!(windows),
        kind => matches!(kind, ErrorKind::Unsupported | ErrorKind::InvalidInput),
    };
    let code = error
        .raw_os_error()
        .filter(|_| cfg!(target_vendor = "apple"));
    by_kind || code.is_some_and(darwin::has_no_exclusive_rename)
}

/// Renames without replacing what is not ours: an empty file, which only one process can create,
/// takes the name, and is then replaced.
fn take_the_name(temporary: NamedTempFile, file: &Path) -> Result<(), PersistError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    match options.open(file).map(drop) {
        Ok(()) => temporary.persist(file).map(drop).inspect_err(|_| {
            // The error that counts is the other one.
            let _ = os::remove_file(file);
        }),
        Err(error) => Err(PersistError {
            error,
            file: temporary,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn take_the_name_never_replaces_existing_file() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        let temporary = NewFile::beside(&target).unwrap();
        let path = temporary.path().to_owned();
        fs::write(&path, b"first").unwrap();
        take_the_name(temporary.file, &target).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"first");
        assert!(!path.exists());

        let temporary = NewFile::beside(&target).unwrap();
        let refused = take_the_name(temporary.file, &target).map_err(|refused| refused.error);
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&target).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
