//! A change of one file in a folder, made so that nobody ever finds it half done: what is new gets
//! its name only when it was read back from the disk, and what goes, goes last.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use certstow_formats::certificate::EntryId;
use zeroize::Zeroizing;

use super::read::{Content, FileReader};
use crate::error::StoreError;
use crate::new_file::{NewFile, folder_of};
use crate::os::disk::{self, Inode};
use crate::{file_name, os};

/// What is to become of a file.
pub(crate) struct Change {
    pub(crate) path: PathBuf,
    /// What is in it now. What another program puts into it meanwhile stays.
    pub(crate) was: Zeroizing<Vec<u8>>,
    pub(crate) becomes: Becomes,
}

/// What becomes of a file.
pub(crate) enum Becomes {
    /// It stays, with this content.
    Rewritten(Zeroizing<Vec<u8>>),
    /// It goes, and its certificates are kept in a PEM file beside it, named after these.
    Converted {
        label: String,
        id: EntryId,
        bytes: Zeroizing<Vec<u8>>,
    },
    /// It goes.
    Deleted,
}

/// Makes the changes, in order.
///
/// # Errors
/// [`StoreError::HalfDone`] once one of them is made; before, what is wrong with the first.
pub(crate) fn make(changes: &[Change]) -> Result<(), StoreError> {
    for (made, change) in changes.iter().enumerate() {
        change.make().map_err(|error| match made {
            0 => error,
            _ => {
                let reason = "it stays, while other files are changed already";
                StoreError::half_done(&change.path, reason, Some(error.into()))
            }
        })?;
        sync(
            &change.path,
            "it is changed, and its disk did not confirm that",
        )?;
    }
    Ok(())
}

/// Has the disk take a name that was given or taken away, where the file system knows how.
///
/// # Errors
/// [`StoreError::HalfDone`] with this reason.
pub(crate) fn sync(path: &Path, reason: &str) -> Result<(), StoreError> {
    let synced = disk::sync_name(path);
    synced
        .map(drop)
        .map_err(|error| StoreError::half_done(path, reason, Some(error.into())))
}

/// A file that has further names (hard links), which a change of it does not reach. It is not kept
/// open: what Windows deletes is there until the last who has it open closes it.
pub(crate) struct Linked {
    path: PathBuf,
    inode: Inode,
}

impl Linked {
    /// The file that is to change, if it has further names.
    fn from_change(change: &Change) -> Option<Self> {
        let open = os::open_to_read(&os::long_path(&change.path)).ok()?;
        let inode = disk::inode_of(&open).ok()?;
        (inode.names > 1).then(|| Self {
            path: change.path.clone(),
            inode,
        })
    }

    /// The files that still have a name once these changes are made, each of which takes one away.
    pub(crate) fn of_all(changes: &[Change]) -> Vec<Self> {
        let linked: Vec<_> = changes.iter().filter_map(Self::from_change).collect();
        let mut taken = HashMap::new();
        for one in &linked {
            *taken.entry(one.inode.id).or_insert(0) += 1;
        }
        let mut left = linked;
        left.retain(|one| {
            // Once for each file, by the first of its names that goes.
            let taken = taken.remove(&one.inode.id);
            taken.is_some_and(|taken| one.inode.names > taken)
        });
        left
    }

    /// What to say after the change.
    pub(crate) fn warning(&self) -> String {
        format!(
            "{} has a further name on its disk (a hard link), and what was taken out is still in the \
             file of that name",
            self.path.display()
        )
    }
}

/// What a file turned out to be before it is changed.
enum Found {
    /// What it was when the change was planned; open.
    AsPlanned(File),
    /// What it is to become: another program made the change, or the file is gone.
    Made,
}

impl Change {
    pub(crate) fn removes_file(&self) -> bool {
        !matches!(self.becomes, Becomes::Rewritten(_))
    }

    /// Sees that the file is what it was when the change was planned.
    pub(crate) fn is_still_right(&self) -> Result<(), StoreError> {
        match self.found()? {
            Found::AsPlanned(_) => Ok(()),
            Found::Made => Err(changed_meanwhile(&self.path)),
        }
    }

    fn is_made(&self) -> Result<bool, StoreError> {
        self.found().map(|found| matches!(found, Found::Made))
    }

    fn found(&self) -> Result<Found, StoreError> {
        let unreadable = |error| failed(&self.path, "it cannot be read", error);
        let mut file = match os::open_to_read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Made),
            opened => opened.map_err(unreadable)?,
        };
        let mut reader = FileReader::new();
        let Content::Whole(bytes) = reader.read_from(&mut file, true).map_err(unreadable)? else {
            return Err(changed_meanwhile(&self.path));
        };
        match &self.becomes {
            _ if bytes == self.was.as_slice() => Ok(Found::AsPlanned(file)),
            Becomes::Rewritten(rest) if bytes == rest.as_slice() => Ok(Found::Made),
            _ => Err(changed_meanwhile(&self.path)),
        }
    }

    fn make(&self) -> Result<(), StoreError> {
        match &self.becomes {
            Becomes::Rewritten(bytes) => self.rewrite(bytes),
            Becomes::Converted { label, id, bytes } => match self.is_made()? {
                true => Ok(()),
                false => self.convert(label, id, bytes),
            },
            Becomes::Deleted => self.delete(),
        }
    }

    fn rewrite(&self, bytes: &[u8]) -> Result<(), StoreError> {
        let path = &self.path;
        let Found::AsPlanned(old) = self.found()? else {
            return Ok(());
        };
        let file = written(path, bytes)?;
        // Of the file with these secrets, and of none that is put in its place meanwhile.
        os::keep_access(file.as_file(), &old)
            .map_err(|error| failed(path, "its permissions cannot be kept", error))?;
        drop(old);
        // To write the new file took its time.
        match self.is_made()? {
            true => Ok(()),
            false => file
                .replace_as_it_is(path)
                .map_err(|error| failed(path, "it cannot be replaced", error)),
        }
    }

    fn convert(&self, label: &str, id: &EntryId, bytes: &[u8]) -> Result<(), StoreError> {
        let folder = folder_of(&self.path);
        let kept = kept_already(folder, label, id, bytes);
        let is_new = kept.is_none();
        let beside = kept.unwrap_or_else(|| free_name(folder, label, id));
        if is_new {
            written(&beside, bytes)?
                .rename(&beside)
                .map_err(|error| failed(&beside, "the certificates cannot be kept there", error))?;
        }
        let synced = disk::sync_name(&beside)
            .map(drop)
            .map_err(|error| failed(&beside, "its disk did not confirm the certificates", error));
        synced.and_then(|()| self.delete()).inspect_err(|_| {
            if is_new {
                // The certificates are where they were, too.
                let _ = os::remove_file(&beside);
            }
        })
    }

    fn delete(&self) -> Result<(), StoreError> {
        let Found::AsPlanned(open) = self.found()? else {
            return Ok(());
        };
        // What Windows deletes is there until it is closed.
        drop(open);
        match os::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|error| failed(&self.path, "it cannot be deleted", error)),
        }
    }
}

fn written(path: &Path, bytes: &[u8]) -> Result<NewFile, StoreError> {
    write(path, bytes).map_err(|error| failed(path, "it cannot be written anew", error))
}

/// A file beside `path` with these bytes, as read back from the disk.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<NewFile> {
    let file = NewFile::beside(path)?;
    let mut open = file.as_file();
    open.write_all(bytes)?;
    disk::sync_file(open)?;
    match file.read_back(bytes.len())?.as_slice() == bytes {
        true => Ok(file),
        false => Err(io::Error::other("what is on disk is not what was written")),
    }
}

fn failed(path: &Path, reason: &str, error: io::Error) -> StoreError {
    StoreError::of_file(path, error, |place, source| {
        StoreError::not_removed(place, reason, Some(source))
    })
}

/// Why nothing is done to a file that somebody else has changed.
pub(crate) fn changed_meanwhile(path: &Path) -> StoreError {
    StoreError::not_removed(path, "the file has changed meanwhile", None)
}

/// The file in which a process that was cut off has kept these certificates already.
fn kept_already(folder: &Path, label: &str, id: &EntryId, bytes: &[u8]) -> Option<PathBuf> {
    let mut taken = names(folder, label, id).take_while(|name| is_taken(name));
    taken.find(|name| read(name).is_ok_and(|kept| *kept == *bytes))
}

/// The names that the file of an identity may have in a folder, the usual one first, without end.
pub(crate) fn names(
    folder: &Path,
    label: &str,
    id: &EntryId,
) -> impl Iterator<Item = PathBuf> + use<> {
    let usual = folder.join(file_name::of_identity(label, id, "pem"));
    let stem = usual.file_stem().unwrap_or_default().to_os_string();
    let folder = folder.to_owned();
    let numbered = (2_u32..).map(move |number| {
        let mut name = stem.clone();
        name.push(format!("-{number}.pem"));
        folder.join(name)
    });
    std::iter::once(usual).chain(numbered)
}

/// The first of these names that nothing in the folder has.
fn free_name(folder: &Path, label: &str, id: &EntryId) -> PathBuf {
    let mut names = names(folder, label, id);
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

fn is_taken(name: &Path) -> bool {
    fs::symlink_metadata(os::long_path(name)).is_ok()
}

pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut reader = FileReader::new();
    match reader.read(path, true) {
        Ok(Content::Whole(bytes)) => Ok(Zeroizing::new(bytes.to_vec())),
        Ok(Content::Foreign(_) | Content::TooLarge) => Err(changed_meanwhile(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(changed_meanwhile(path)),
        Err(error) => Err(failed(path, "it cannot be read", error)),
    }
}

#[cfg(test)]
mod tests;
