//! A folder that is saved to: locked for this run, and known by its record.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use certstow_formats::certificate::EntryId;
use certstow_platform::new_file::folder_of;
use certstow_platform::{file_name, os};

use super::folder::{Condition, Folder, condition_of};
use super::lock::{self, Patience};
use super::manifest::{self, CHANGES, Saved};
use super::record::{Record, Unusable};
use crate::error::Error;
use crate::output::{self, Existing, Privacy, Reserve};
use crate::time::UnixTime;
use crate::warning::{Code, Warning};

/// A folder that is saved to.
pub(super) struct Destination {
    folder: PathBuf,
    record: Record,
    /// Where the file system has locks.
    lock: Option<File>,
    /// Files with passwords that open nothing any more, once the manifest is written.
    obsolete: Vec<String>,
    /// Room on the disk for what is to be recorded.
    reserve: Option<Reserve>,
    /// What the user should know, each once.
    pub(super) notes: Vec<Warning>,
}

impl Destination {
    /// Makes the folder if its parent is there, locks it, sees that files can be written, and reads
    /// the manifest.
    ///
    /// # Errors
    /// - [`Error::Target`]: there is no such folder and it cannot be made, or it takes no files; it is the
    ///   root of a drive that holds no backup.
    /// - [`Error::TargetLocked`]: another certstow is using it.
    /// - [`Error::NotPrivate`]: see [`output::preflight`].
    pub(super) fn open(
        folder: &Path,
        privacy: Privacy,
        patience: &Patience<'_>,
    ) -> Result<Self, Error> {
        let _wait = output::waiting_for(folder);
        let mut notes = Vec::new();
        check_place(folder)?;
        make(folder, &mut notes)?;
        let lock = lock::for_writing(folder, patience)?.map_err(|error| {
            let text = format!("this file system cannot lock out another run of certstow: {error}");
            notes.push(Warning::new(Code::NoLock, text));
        });
        output::preflight(&folder.join(manifest::NAME), Existing::ReplaceAny, privacy)?;
        let record = read_record(folder, privacy, &mut notes)?;
        Ok(Self {
            folder: folder.to_owned(),
            record,
            lock: lock.ok(),
            obsolete: Vec::new(),
            reserve: None,
            notes,
        })
    }

    /// Reads the manifest alone: makes and locks nothing, and leaves a damaged one where it is.
    ///
    /// # Errors
    /// As [`Self::open`], as far as that shows without writing ([`output::look`]): [`Error::NotPrivate`] does
    /// not, nor does a lock.
    pub(super) fn look(folder: &Path, privacy: Privacy, _: &Patience<'_>) -> Result<Self, Error> {
        let _wait = output::waiting_for(folder);
        let mut notes = Vec::new();
        check_place(folder)?;
        if is_there(folder)? {
            output::look(&folder.join(manifest::NAME), Existing::ReplaceAny)?;
        } else {
            os::may_take_files(folder_of(folder))
                .map_err(|source| Error::target(folder, NOT_MADE, source))?;
            notes.push(Warning::new(Code::FolderMade, "the folder would be made"));
        }
        let record = match Record::of(folder, privacy) {
            Ok(record) => record,
            Err(Unusable::Damaged(reason)) => {
                notes.push(Warning::new(Code::Manifest, unusable(&reason)));
                Record::empty(folder, privacy)
            }
            Err(Unusable::Unreadable(source)) => return Err(unreadable(folder, source)),
        };
        Ok(Self {
            folder: folder.to_owned(),
            record,
            lock: None,
            obsolete: Vec::new(),
            reserve: None,
            notes,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn entries(&self) -> &[Saved] {
        self.record.entries()
    }

    /// What is recorded of a certificate.
    pub(super) fn saved(&self, id: &EntryId) -> Option<&Saved> {
        self.saved_as(&manifest::key(id))
    }

    /// [`Destination::saved`], by the SHA-256 in digits.
    pub(super) fn saved_as(&self, sha256: &str) -> Option<&Saved> {
        self.record.saved(sha256)
    }

    /// The name for the file of an identity: the one it has, also after its label changed. A name
    /// that the manifest gives to another identity is not taken from that one.
    pub(super) fn name_for(&self, id: &EntryId, label: &str) -> String {
        if let Some(saved) = self.saved(id) {
            return saved.file.clone();
        }
        let mut name = file_name::of_identity(label, id, "p12");
        let mut number = 2;
        while self.record.has_file(&name) {
            // In front of the label, the end of which may be cut off.
            name = file_name::of_identity(&format!("{number} {label}"), id, "p12");
            number += 1;
        }
        name
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Looks whether a file is what was written: reads all of it.
    pub(super) fn condition(&self, saved: &Saved) -> Condition {
        condition_of(&self.folder, saved)
    }

    /// Adds to what the user should know, once.
    pub(super) fn note(&mut self, note: Warning) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Records a file that was written and proven.
    pub(super) fn record(&mut self, saved: Saved) {
        let has_password = saved.escrow.is_some();
        let before = self.record.set(saved).and_then(|before| before.escrow);
        // It opened the file that is no longer there.
        let escrow = before.filter(|_| !has_password);
        self.obsolete.extend(escrow.map(|escrow| escrow.file));
    }

    /// Whether it is accepted that nothing proves a private key; `from_now_on` records that it is.
    pub(super) fn accepts_unproven(&mut self, id: &EntryId, from_now_on: bool) -> bool {
        let sha256 = manifest::key(id);
        let Some(saved) = self.record.saved(&sha256) else {
            return false;
        };
        let accepted = saved.allow_unproven;
        if from_now_on && !accepted {
            self.record.accept_unproven(&sha256);
        }
        accepted || from_now_on
    }

    /// Notes that a run ends now that looked at every identity.
    pub(super) fn set_checked(&mut self, now: UnixTime) {
        self.record.set_checked(now);
    }

    /// Takes an entry out of the record.
    pub(super) fn forget(&mut self, sha256: &str) {
        self.record.remove(sha256);
    }

    /// Keeps room on the disk to record this many files more, until the record is saved at the end,
    /// so that a disk that gets full still takes the record of what it holds.
    ///
    /// # Errors
    /// [`Error::Target`]: there is no room even for that, or the manifest would become larger than is
    /// read. [`Error::NotSynced`]: its disk fails.
    pub(super) fn reserve(&mut self, more: usize) -> Result<(), Error> {
        let room = self.record.room_for(more)?;
        self.reserve = Some(output::reserve(&self.folder.join(CHANGES), room)?);
        Ok(())
    }

    /// Records what was written until now, for a run that may be cut off.
    ///
    /// # Errors
    /// As [`output::write`]; [`Error::NotSynced`], if its disk did not confirm it. On a full disk
    /// it is recorded all the same, in the room that was kept for that.
    pub(super) fn checkpoint(&mut self) -> Result<(), Error> {
        self.take_in_others();
        let full = match self.record.save_changes() {
            Ok(warnings) => {
                self.note_all(warnings);
                return Ok(());
            }
            Err(error) if error.is_of_a_full_disk() => error,
            Err(error) => return Err(error),
        };
        self.reserve = None;
        self.record.save_changes()?;
        Err(full)
    }

    /// Records what is not recorded yet.
    ///
    /// # Errors
    /// As [`output::write`]; [`Error::NotSynced`], if its disk did not confirm it.
    pub(super) fn save(&mut self) -> Result<(), Error> {
        self.reserve = None;
        self.take_in_others();
        let warnings = self.record.save()?;
        self.note_all(warnings);
        Ok(())
    }

    /// Without a lock, another run may have recorded something since this one read the folder.
    fn take_in_others(&mut self) {
        if self.lock.is_none() {
            let _wait = output::waiting_for(&self.folder);
            self.record.catch_up();
        }
    }

    fn note_all(&mut self, notes: Vec<Warning>) {
        notes.into_iter().for_each(|note| self.note(note));
    }
}

impl Destination {
    /// Removes the sealed passwords of files that were replaced, those too that a run which was cut
    /// off kept aside. Only after that was recorded: the record says which file is the one.
    pub(super) fn remove_obsolete(&mut self) {
        let _wait = output::waiting_for(&self.folder);
        let mut obsolete = std::mem::take(&mut self.obsolete);
        let sealed: HashMap<&str, &Saved> = self
            .record
            .entries()
            .iter()
            .filter(|saved| saved.escrow.is_some())
            .map(|saved| (saved.file.as_str(), saved))
            .collect();
        if !sealed.is_empty()
            && let Ok(folder) = Folder::list(&self.folder)
        {
            for (file, aside) in folder.all_kept_aside() {
                let saved = file.to_str().and_then(|file| sealed.get(file));
                // Where the new file could not be written, the old one is still opened by it.
                if saved.is_some_and(|saved| self.condition(saved) == Condition::Whole) {
                    obsolete.extend(aside.iter().map(|name| name.to_string_lossy().into_owned()));
                }
            }
        }
        for name in obsolete {
            if let Err(error) = os::remove_file(&self.path(&name)) {
                let text = format!("{name} cannot be removed: {error}");
                self.note(Warning::new(Code::NotRemoved, text));
            }
        }
    }
}

/// One name for a folder, whichever way it was named.
pub(super) fn real_path(folder: &Path) -> PathBuf {
    let _wait = output::waiting_for(folder);
    // It may yet have to be made, in a folder that is there.
    let made = || {
        let name = folder.file_name()?;
        Some(folder_of(folder).canonicalize().ok()?.join(name))
    };
    let real = folder.canonicalize().ok().or_else(made);
    let real = real.or_else(|| std::path::absolute(folder).ok());
    real.unwrap_or_else(|| folder.to_owned())
}

/// What is wrong with a folder that is to be written to.
pub(super) const NOT_MADE: &str = "the folder is not there, and cannot be made";

/// Refuses a folder that no backup belongs into, there or not.
///
/// # Errors
/// [`Error::Target`]: it would get another name than this one ([`os::check_name`]), or is the root of a
/// drive that holds no backup.
pub fn check_place(folder: &Path) -> Result<(), Error> {
    let _wait = output::waiting_for(folder);
    output::check_name(folder)?;
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    match os::is_drive_root(&whole) && !folder.join(manifest::NAME).exists() {
        true => Err(Error::target(
            folder,
            "it is the root of a drive",
            io::Error::other("name a folder on it"),
        )),
        false => Ok(()),
    }
}

/// Whether a folder is there; if not, it can be made, since the one above it is there: a disk that is not
/// mounted must not turn into a folder of its name.
fn is_there(folder: &Path) -> Result<bool, Error> {
    if folder.is_dir() {
        return Ok(true);
    }
    if let Ok(there) = folder.symlink_metadata() {
        let (what, kind) = match there.is_symlink() && !folder.exists() {
            true => ("it is a link to what is not there", io::ErrorKind::NotFound),
            false => ("it is not a folder", io::ErrorKind::NotADirectory),
        };
        return Err(Error::target(folder, what, kind.into()));
    }
    match folder_of(folder).is_dir() {
        true => Ok(false),
        false => {
            let above = "the folder above it is not there";
            let source = io::Error::new(io::ErrorKind::NotFound, above);
            Err(Error::target(folder, NOT_MADE, source))
        }
    }
}

fn make(folder: &Path, notes: &mut Vec<Warning>) -> Result<(), Error> {
    if !is_there(folder)? {
        os::create_private_folder(folder)
            .map_err(|source| Error::target(folder, NOT_MADE, source))?;
        notes.push(Warning::new(Code::FolderMade, "the folder was made"));
    }
    Ok(())
}

fn unusable(reason: &str) -> String {
    format!(
        "{} cannot be used ({reason}); files are written anew, and nothing is removed",
        manifest::NAME
    )
}

fn unreadable(folder: &Path, source: io::Error) -> Error {
    Error::target(folder, "its manifest cannot be read", source)
}

/// The record; a damaged one is kept under other names, and begun anew. One that cannot be read now
/// is no damaged one: the identities that only it names would be forgotten.
fn read_record(folder: &Path, privacy: Privacy, notes: &mut Vec<Warning>) -> Result<Record, Error> {
    let reason = match Record::of(folder, privacy) {
        Ok(record) => return Ok(record),
        Err(Unusable::Damaged(reason)) => reason,
        Err(Unusable::Unreadable(source)) => return Err(unreadable(folder, source)),
    };
    notes.push(Warning::new(Code::Manifest, unusable(&reason)));
    for name in [manifest::NAME, CHANGES] {
        let path = os::long_path(&folder.join(name));
        if path.symlink_metadata().is_err() {
            continue;
        }
        let aside = free_name(folder, &format!("{name}.damaged"));
        // Moved and not copied: it may be unreadable, or larger than memory.
        let moved = os::rename(&path, &folder.join(&aside));
        let text = match moved {
            Ok(()) => format!("{name} was kept as {aside}"),
            Err(error) => format!("{name} cannot be kept as {aside}: {error}"),
        };
        notes.push(Warning::new(Code::Manifest, text));
    }
    Ok(Record::empty(folder, privacy))
}

/// The first of `NAME`, `NAME.2`, `NAME.3` and so on that nothing in the folder has.
fn free_name(folder: &Path, name: &str) -> String {
    let mut free = name.to_owned();
    let mut number = 1;
    while os::long_path(&folder.join(&free))
        .symlink_metadata()
        .is_ok()
    {
        number += 1;
        free = format!("{name}.{number}");
    }
    free
}
