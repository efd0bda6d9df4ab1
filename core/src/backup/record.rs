//! What is on record of a folder: its manifest, and the changes since that was written. Everybody who
//! wants to know what a folder holds reads both here, as one manifest. `Record` is for the run that
//! changes it, and decides which of the two it writes: a line with what changed, as long as the changes
//! are less than the manifest; once the changes are as large, they go into a manifest that is written
//! whole, and their file is removed. So what a run writes for its records grows with what it saves,
//! and not with what the folder holds.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use certstow_platform::os;

use super::changes::{self, Change, Changes};
use super::folder::read;
use super::manifest::{self, CHANGES, Manifest, NAME, Saved};
use crate::error::Error;
use crate::output::{self, Existing, Privacy, Written};
use crate::time::UnixTime;
use crate::warning::Warning;

/// No manifest is larger, nor are its changes: who can write to a folder could put there what no
/// memory holds.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// A manifest that is no larger than this with its changes is always written whole: that is one
/// write of a moment.
const SMALL: u64 = 64 * 1024;

/// Room for one more entry of the manifest, in bytes; long names take more, most take half of it.
const ROOM_FOR_ENTRY: u64 = 1200;

/// Reads what a folder holds: its manifest with the changes since it was written; `None` if there is
/// none.
///
/// # Errors
/// There is one that cannot be used.
pub fn of_folder(folder: &Path) -> Result<Option<Manifest>, Unusable> {
    let stored = Stored::read(folder)?;
    Ok(stored.is_there.then_some(stored.manifest))
}

/// Why there is no reading of what lies in a folder.
#[derive(Debug)]
pub enum Unusable {
    /// It is not what certstow writes. This is why, in a clause.
    Damaged(String),
    /// The disk or the system's permissions: what cannot be read now may be whole.
    Unreadable(io::Error),
}

impl From<String> for Unusable {
    fn from(reason: String) -> Self {
        Self::Damaged(reason)
    }
}

/// What lies in a folder.
struct Stored {
    /// With the changes to it.
    manifest: Manifest,
    /// Whether there is a manifest, or changes to none.
    is_there: bool,
    /// How large the manifest's file is; nothing if there is none.
    manifest_bytes: u64,
    /// Where the changes to it end in their file, if there is one.
    changes_end: Option<u64>,
    /// Whether there are changes to another manifest.
    are_of_another: bool,
}

impl Stored {
    fn nothing() -> Self {
        Self {
            manifest: Manifest::empty(),
            is_there: false,
            manifest_bytes: 0,
            changes_end: None,
            are_of_another: false,
        }
    }

    fn read(folder: &Path) -> Result<Self, Unusable> {
        // In this order: not everybody locks the folder, and changes that go into a manifest meanwhile
        // are in that.
        let changes = bytes_of(folder, CHANGES)?;
        let written = bytes_of(folder, NAME)?;
        Ok(Self::of(written.as_deref(), changes.as_deref())?)
    }

    /// # Errors
    /// Why they cannot be used, in a clause.
    fn of(written: Option<&[u8]>, changes: Option<&[u8]>) -> Result<Self, String> {
        let mut manifest = match written {
            Some(bytes) => Manifest::parse(bytes)?,
            None => Manifest::empty(),
        };
        let of_it = match changes {
            Some(bytes) => Changes::of(&manifest, bytes)?,
            None => None,
        };
        let changes_end = of_it.as_ref().map(|changes| changes.end);
        if let Some(changes) = of_it {
            changes.apply(&mut manifest);
        }
        manifest.check()?;
        Ok(Self {
            manifest,
            is_there: written.is_some() || changes_end.is_some(),
            manifest_bytes: written.map_or(0, |bytes| bytes.len() as u64),
            changes_end,
            are_of_another: changes.is_some() && changes_end.is_none(),
        })
    }
}

/// What is on record with these bytes of a manifest and of the changes to it.
///
/// # Errors
/// Why it cannot be used, in a clause.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn of_bytes(written: &[u8], changes: &[u8]) -> Result<Manifest, String> {
    Stored::of(Some(written), Some(changes)).map(|stored| stored.manifest)
}

/// All of a file in a folder, if it is there.
fn bytes_of(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, Unusable> {
    let path = folder.join(name);
    let error = match read(&path, MOST_BYTES) {
        Ok(bytes) => return Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => error,
    };
    // A link, say, or more than is read, is none of certstow's. Of what cannot even be looked at, as where
    // a share's server is gone, nobody knows.
    let metadata = os::long_path(&path).symlink_metadata();
    let is_another = metadata.is_ok_and(|found| !found.is_file() || found.len() > MOST_BYTES);
    Err(match is_another {
        false => Unusable::Unreadable(error),
        true if name == NAME => Unusable::Damaged(error.to_string()),
        true => Unusable::Damaged(format!("{name}: {error}")),
    })
}

/// The record of a folder, to be changed.
pub(super) struct Record {
    folder: PathBuf,
    privacy: Privacy,
    stored: Stored,
    /// The manifest's entries by certificate.
    index: HashMap<String, usize>,
    /// The names of the manifest's files, as [`manifest::folded`] compares them.
    names: HashSet<String>,
    /// The certificates whose entries changed since they were written.
    unsaved: Vec<String>,
    /// Whether the time of the last run that looked at every identity changed since then.
    checked_now: bool,
}

impl Record {
    /// Reads the record of a folder.
    pub(super) fn of(folder: &Path, privacy: Privacy) -> Result<Self, Unusable> {
        let stored = Stored::read(folder)?;
        Ok(Self::new(folder, privacy, stored))
    }

    /// One without entries, of a folder that has none or none that can be used.
    pub(super) fn empty(folder: &Path, privacy: Privacy) -> Self {
        Self::new(folder, privacy, Stored::nothing())
    }

    fn new(folder: &Path, privacy: Privacy, stored: Stored) -> Self {
        Self {
            folder: folder.to_owned(),
            privacy,
            index: stored.manifest.index(),
            names: stored.manifest.names(),
            stored,
            unsaved: Vec::new(),
            checked_now: false,
        }
    }

    pub(super) fn entries(&self) -> &[Saved] {
        &self.stored.manifest.entries
    }

    /// The entry for a certificate, by its SHA-256 in digits.
    pub(super) fn saved(&self, sha256: &str) -> Option<&Saved> {
        Some(&self.entries()[*self.index.get(sha256)?])
    }

    /// Whether an entry has this file, in whatever case.
    pub(super) fn has_file(&self, name: &str) -> bool {
        self.names.contains(&manifest::folded(name))
    }

    /// Adds an entry, or puts it in the place of the one for the same certificate, which is returned.
    pub(super) fn set(&mut self, saved: Saved) -> Option<Saved> {
        let sha256 = saved.thumbprint.sha256.clone();
        self.unsaved.push(sha256.clone());
        let entries = &mut self.stored.manifest.entries;
        match self.index.get(&sha256) {
            Some(&position) => Some(std::mem::replace(&mut entries[position], saved)),
            None => {
                self.index.insert(sha256, entries.len());
                self.names.insert(manifest::folded(&saved.file));
                entries.push(saved);
                None
            }
        }
    }

    /// Notes in an entry that it is accepted that nothing proves the private key.
    pub(super) fn accept_unproven(&mut self, sha256: &str) {
        if let Some(&position) = self.index.get(sha256) {
            self.stored.manifest.entries[position].allow_unproven = true;
            self.unsaved.push(sha256.to_owned());
        }
    }

    /// Notes that a run ends now that looked at every identity. A folder without any has no record to
    /// note that in.
    pub(super) fn set_checked(&mut self, now: UnixTime) {
        if !self.entries().is_empty() {
            self.stored.manifest.checked = now.to_string();
            self.checked_now = true;
        }
    }

    /// Takes an entry out.
    pub(super) fn remove(&mut self, sha256: &str) {
        let Some(position) = self.index.remove(sha256) else {
            return;
        };
        self.unsaved.push(sha256.to_owned());
        // The order is made anew when it is written.
        let entries = &mut self.stored.manifest.entries;
        let removed = entries.swap_remove(position);
        self.names.remove(&manifest::folded(&removed.file));
        if let Some(moved) = entries.get(position) {
            self.index.insert(moved.thumbprint.sha256.clone(), position);
        }
    }

    /// Takes in what other runs recorded since the folder was read: what changed here comes on top. For a
    /// folder from which no lock keeps them out.
    pub(super) fn catch_up(&mut self) {
        let stored = match Stored::read(&self.folder) {
            Ok(stored) if stored.is_there => stored,
            // All that is known is what was read before.
            _ => return,
        };
        let mut now = Self::new(&self.folder, self.privacy, stored);
        for sha256 in std::mem::take(&mut self.unsaved) {
            match self.saved(&sha256) {
                Some(saved) => drop(now.set(saved.clone())),
                None => now.remove(&sha256),
            }
        }
        if self.checked_now {
            now.stored.manifest.checked = self.stored.manifest.checked.clone();
            now.checked_now = true;
        }
        *self = now;
    }

    /// How much room on the disk it may take to write this many entries more.
    ///
    /// # Errors
    /// [`Error::Target`]: nobody would read a manifest of so many.
    pub(super) fn room_for(&self, more: usize) -> Result<u64, Error> {
        let room = (more as u64).saturating_mul(ROOM_FOR_ENTRY);
        let now = self.stored.manifest_bytes + self.stored.changes_end.unwrap_or(0);
        match fits(now, room) {
            true => Ok(room),
            false => Err(self.too_large()),
        }
    }

    /// Writes what changed, and no manifest.
    ///
    /// # Errors
    /// As [`output::write`] and [`output::append`]. What changed counts as not written.
    pub(super) fn save_changes(&mut self) -> Result<Vec<Warning>, Error> {
        let line = self.unsaved_line();
        self.append(&line)
    }

    /// Writes what changed, in the manifest or beside it. What comes back is what the user should
    /// know.
    ///
    /// # Errors
    /// As [`output::write`]; [`Error::NotSynced`], if its disk did not confirm it.
    pub(super) fn save(&mut self) -> Result<Vec<Warning>, Error> {
        let unchanged = self.unsaved.is_empty() && !self.checked_now;
        if unchanged && self.stored.changes_end.is_none() {
            if self.stored.are_of_another {
                self.remove_changes();
            }
            return Ok(Vec::new());
        }
        let line = self.unsaved_line();
        if !self.is_due(line.len() as u64) {
            // Where nothing can be appended, as on a share that forbids it, it is written whole.
            return self.append(&line).or_else(|_| self.write_manifest());
        }
        match self.write_manifest() {
            // What changed takes less room than everything.
            Err(full) if full.is_of_a_full_disk() => self.append(&line).map_err(|_| full),
            written => written,
        }
    }

    /// What changed, as a line; empty if nothing did.
    fn unsaved_line(&self) -> String {
        let mut seen = HashSet::new();
        let unsaved = self.unsaved.iter().filter(|sha256| seen.insert(*sha256));
        let mut changes: Vec<Change> = unsaved
            .map(|sha256| match self.saved(sha256) {
                Some(saved) => Change::Saved(Box::new(saved.clone())),
                None => Change::Removed(sha256.clone()),
            })
            .collect();
        if self.checked_now {
            changes.push(Change::Checked(self.stored.manifest.checked.clone()));
        }
        match changes.is_empty() {
            true => String::new(),
            false => changes::line_of(changes),
        }
    }

    /// Whether the manifest is to be written whole, with this much more that changed.
    fn is_due(&self, more: u64) -> bool {
        let changes = self.stored.changes_end.unwrap_or(0) + more;
        // Most of it may have been removed.
        let whole = self.entries().len() as u64 * ROOM_FOR_ENTRY;
        changes >= whole.min(self.stored.manifest_bytes)
            || self.stored.manifest_bytes + changes <= SMALL
    }

    fn append(&mut self, line: &str) -> Result<Vec<Warning>, Error> {
        if line.is_empty() {
            return Ok(Vec::new());
        }
        let file = self.folder.join(CHANGES);
        let mut warnings = Vec::new();
        if !fits(self.stored.changes_end.unwrap_or(0), line.len() as u64) {
            return Err(self.too_large());
        }
        let end = match self.stored.changes_end {
            Some(end) => output::append(&file, end, line.as_bytes())?,
            None => {
                let text = changes::header(&self.stored.manifest) + line;
                let bytes = text.as_bytes();
                let written =
                    output::write(&file, Existing::ReplaceAny, self.privacy, bytes, |_| Ok(()))?;
                warnings = written.synced()?.warnings;
                self.stored.are_of_another = false;
                bytes.len() as u64
            }
        };
        self.stored.changes_end = Some(end);
        self.unsaved.clear();
        self.checked_now = false;
        Ok(warnings)
    }

    fn write_manifest(&mut self) -> Result<Vec<Warning>, Error> {
        let before = self.stored.manifest.written.clone();
        // Whichever core was done first, the same files make the same manifest.
        let bytes = self.stored.manifest.write_now();
        self.index = self.stored.manifest.index();
        let written = match fits(bytes.len() as u64, 0) {
            true => output::write(
                &self.folder.join(NAME),
                Existing::ReplaceAny,
                self.privacy,
                &bytes,
                |read| self.stored.manifest.verify(read),
            ),
            false => Err(self.too_large()),
        };
        let written = written.inspect_err(|_| self.stored.manifest.written = before)?;
        self.is_written_whole(bytes.len() as u64, written)
    }

    /// Notes that there is a new manifest, which has the changes.
    fn is_written_whole(&mut self, bytes: u64, written: Written) -> Result<Vec<Warning>, Error> {
        self.unsaved.clear();
        self.checked_now = false;
        self.stored.manifest_bytes = bytes;
        let had_changes = self.stored.changes_end.take().is_some();
        // Until the disk confirms the new manifest, the one before needs its changes: they stay.
        let written = written.synced()?;
        self.stored.are_of_another |= had_changes;
        if self.stored.are_of_another {
            self.remove_changes();
        }
        Ok(written.warnings)
    }

    /// Removes changes that went into a manifest. Where that fails, they mean nothing any more.
    fn remove_changes(&mut self) {
        let _wait = output::waiting_for(&self.folder);
        let removed = os::remove_file(&self.folder.join(CHANGES));
        self.stored.are_of_another = removed.is_err();
    }

    fn too_large(&self) -> Error {
        let what = "its manifest would be larger than certstow reads";
        let limit = format!("at most {} MiB are read", MOST_BYTES >> 20);
        let source = io::Error::new(io::ErrorKind::FileTooLarge, limit);
        Error::target(&self.folder, what, source)
    }
}

/// Whether a file of this size, with this much more, is read again.
fn fits(bytes: u64, more: u64) -> bool {
    bytes.saturating_add(more) <= MOST_BYTES
}

#[cfg(test)]
mod tests;
