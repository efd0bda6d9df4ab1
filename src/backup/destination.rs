//! A folder that is saved to: locked for this run, and known by its manifest.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use certstow_platform::certificate::EntryId;
use certstow_platform::new_file::folder_of;
use certstow_platform::{file_name, os};

use super::folder::{Condition, Folder, condition_of};
use super::lock::{Lock, Locking};
use super::manifest::{self, Found, Manifest, Saved};
use crate::error::Error;
use crate::output::{self, Existing, Privacy, Reserve};

/// Room for one more entry of the manifest, in bytes; long names take more, short ones less.
const ROOM_FOR_ENTRY: usize = 1200;

/// A folder that is saved to.
pub(super) struct Destination {
    folder: PathBuf,
    privacy: Privacy,
    manifest: Manifest,
    /// The manifest's entries by certificate.
    index: HashMap<String, usize>,
    /// The names of the manifest's files, as [`manifest::folded`] compares them.
    names: HashSet<String>,
    /// Whether the manifest says something the file does not.
    changed: bool,
    /// Where the file system has locks.
    _lock: Option<Lock>,
    /// Files with passwords that open nothing any more, once the manifest is written.
    obsolete: Vec<String>,
    /// Room on the disk for the manifest.
    reserve: Option<Reserve>,
    /// What the user should know, each once.
    pub(super) notes: Vec<String>,
}

impl Destination {
    /// Makes the folder if its parent is there, locks it, sees that files can be written, and reads
    /// the manifest.
    ///
    /// # Errors
    /// - [`Error::Target`]: there is no such folder and it cannot be made, or it takes no files.
    /// - [`Error::TargetLocked`]: another run is writing there.
    /// - [`Error::NotPrivate`]: see [`output::preflight`].
    pub(super) fn open(folder: &Path, privacy: Privacy) -> Result<Self, Error> {
        let _wait = output::waiting_for(folder);
        let mut notes = Vec::new();
        make(folder, &mut notes)?;
        let lock = match Locking::for_writing(folder)? {
            Locking::Held(lock) => Some(lock),
            Locking::Unsupported(error) => {
                notes.push(format!(
                    "this file system cannot lock out another run of certstow: {error}"
                ));
                None
            }
        };
        output::preflight(&folder.join(manifest::NAME), Existing::ReplaceAny, privacy)?;
        let manifest = read_manifest(folder, &mut notes);
        Ok(Self {
            folder: folder.to_owned(),
            privacy,
            index: manifest.index(),
            names: manifest.names(),
            manifest,
            changed: false,
            _lock: lock,
            obsolete: Vec::new(),
            reserve: None,
            notes,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn entries(&self) -> &[Saved] {
        &self.manifest.entries
    }

    /// What the manifest says of a certificate.
    pub(super) fn saved(&self, id: &EntryId) -> Option<&Saved> {
        self.saved_as(&manifest::key(id))
    }

    /// [`Destination::saved`], by the SHA-256 in digits.
    pub(super) fn saved_as(&self, sha256: &str) -> Option<&Saved> {
        Some(&self.manifest.entries[*self.index.get(sha256)?])
    }

    /// The name for the file of an identity: the one it has, also after its label changed. A name
    /// that the manifest gives to another identity is not taken from that one.
    pub(super) fn name_for(&self, id: &EntryId, label: &str) -> String {
        if let Some(saved) = self.saved(id) {
            return saved.file.clone();
        }
        let mut name = file_name::of_identity(label, id, "p12");
        let mut number = 2;
        while self.names.contains(&manifest::folded(&name)) {
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
    pub(super) fn note(&mut self, text: &str) {
        if !self.notes.iter().any(|note| note == text) {
            self.notes.push(text.to_owned());
        }
    }

    /// Records a file that was written and proven.
    pub(super) fn record(&mut self, saved: Saved) {
        self.changed = true;
        match self.index.get(&saved.thumbprint.sha256) {
            Some(&position) => {
                let before = std::mem::replace(&mut self.manifest.entries[position], saved);
                // It opened the file that is no longer there.
                let escrow = before
                    .escrow
                    .filter(|_| self.manifest.entries[position].escrow.is_none());
                self.obsolete.extend(escrow.map(|escrow| escrow.file));
            }
            None => {
                let position = self.manifest.entries.len();
                self.index.insert(saved.thumbprint.sha256.clone(), position);
                self.names.insert(manifest::folded(&saved.file));
                self.manifest.entries.push(saved);
            }
        }
    }

    /// Whether it is accepted that nothing proves a private key; `from_now_on` records that it is.
    pub(super) fn accepts_unproven(&mut self, id: &EntryId, from_now_on: bool) -> bool {
        let Some(&position) = self.index.get(&manifest::key(id)) else {
            return false;
        };
        let accepted = &mut self.manifest.entries[position].allow_unproven;
        if from_now_on && !*accepted {
            *accepted = true;
            self.changed = true;
        }
        *accepted
    }

    /// Takes an entry out of the manifest.
    pub(super) fn forget(&mut self, sha256: &str) {
        let Some(position) = self.index.remove(sha256) else {
            return;
        };
        self.changed = true;
        // The order is made anew when it is written.
        let forgotten = self.manifest.entries.swap_remove(position);
        self.names.remove(&manifest::folded(&forgotten.file));
        if let Some(moved) = self.manifest.entries.get(position) {
            self.index.insert(moved.thumbprint.sha256.clone(), position);
        }
    }

    /// Keeps room on the disk for the manifest with this many entries more, so that a disk that
    /// gets full still takes the record of what it holds.
    ///
    /// # Errors
    /// [`Error::Target`]: there is no room even for that. [`Error::NotSynced`]: its disk fails.
    pub(super) fn reserve(&mut self, more: usize) -> Result<(), Error> {
        let entries = self.manifest.entries.len() + more;
        let bytes = entries.saturating_mul(ROOM_FOR_ENTRY);
        self.reserve = None;
        self.reserve = Some(output::reserve(&self.folder.join(manifest::NAME), bytes)?);
        Ok(())
    }

    /// Writes the manifest, if there is something new to write.
    ///
    /// # Errors
    /// As [`output::write`]; [`Error::NotSynced`], if its disk did not confirm it.
    pub(super) fn save(&mut self) -> Result<(), Error> {
        self.reserve = None;
        if !self.changed {
            return Ok(());
        }
        // Whichever core was done first, the same files make the same manifest.
        self.manifest.entries.sort_by(|a, b| a.file.cmp(&b.file));
        self.index = self.manifest.index();
        let bytes = self.manifest.write_now();
        let written = output::write(
            &self.folder.join(manifest::NAME),
            Existing::ReplaceAny,
            self.privacy,
            &bytes,
            |read| self.manifest.verify(read),
        )?;
        self.changed = false;
        for warning in &written.warnings {
            self.note(warning);
        }
        written.synced().map(drop)
    }
}

impl Destination {
    /// Removes the sealed passwords of files that were replaced, those too that a run which was cut
    /// off kept aside. Only after the manifest was written: it says which file is the one.
    pub(super) fn remove_obsolete(&mut self) {
        let _wait = output::waiting_for(&self.folder);
        let mut obsolete = std::mem::take(&mut self.obsolete);
        let sealed: HashMap<&str, &Saved> = self
            .manifest
            .entries
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
            if let Err(error) = fs::remove_file(os::long_path(&self.path(&name))) {
                self.note(&format!("{name} cannot be removed: {error}"));
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

/// Makes a folder, but not the folders above it: a disk that is not mounted must not turn into a
/// folder of its name.
fn make(folder: &Path, notes: &mut Vec<String>) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Ok(there) = folder.symlink_metadata() {
        let (what, kind) = match there.is_symlink() && !folder.exists() {
            true => ("it is a link to what is not there", io::ErrorKind::NotFound),
            false => ("it is not a folder", io::ErrorKind::NotADirectory),
        };
        return Err(Error::Target {
            file: folder.to_owned(),
            what,
            source: kind.into(),
        });
    }
    let made = match folder_of(folder).is_dir() {
        true => os::create_private_folder(folder),
        false => Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the folder above it is not there",
        )),
    };
    made.map_err(|source| Error::Target {
        file: folder.to_owned(),
        what: "the folder is not there, and cannot be made",
        source,
    })?;
    notes.push("the folder was made".to_owned());
    Ok(())
}

/// The manifest; a damaged one is kept under another name, and begun anew.
fn read_manifest(folder: &Path, notes: &mut Vec<String>) -> Manifest {
    let reason = match Manifest::of_folder(folder) {
        Found::Whole(manifest) => return manifest,
        Found::None => return Manifest::empty(),
        Found::Damaged(reason) => reason,
    };
    let name = manifest::NAME;
    notes.push(format!(
        "{name} cannot be used ({reason}); files are written anew, and nothing is removed"
    ));
    let aside = free_name(folder, &format!("{name}.damaged"));
    // Moved and not copied: it may be unreadable, or larger than memory.
    let moved = fs::rename(
        os::long_path(&folder.join(name)),
        os::long_path(&folder.join(&aside)),
    );
    notes.push(match moved {
        Ok(()) => format!("the damaged manifest was kept as {aside}"),
        Err(error) => format!("the damaged manifest cannot be kept as {aside}: {error}"),
    });
    Manifest::empty()
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
