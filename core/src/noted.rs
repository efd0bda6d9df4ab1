//! What an account remembers of the files with a private key that it saved: which identity is in each,
//! where it is, and what its bytes were. Nothing in it is secret. So it is known later that there is a
//! copy, and whether it is still what was proven. It is a line of JSON for each file
//! (schema `certstow.copy/1`), written anew as a whole under a lock, so that two that save at once lose
//! nothing.

use std::fs::{File, TryLockError};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use certstow_formats::names;
use certstow_formats::plural::counted;
use certstow_platform::new_file::folder_of;
use certstow_platform::os;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::backup::manifest::Thumbprint;
use crate::backup::read;
use crate::error::Error;
use crate::export::Exported;
use crate::output::{self, Existing, Privacy};
use crate::time::{self, UnixTime};
use crate::warning::{Code, Warning};

/// The file, in the folder that certstow keeps for an account.
const NAME: &str = "copies.jsonl";

/// The lines of it that could not be read, before it was written anew.
const DAMAGED: &str = "copies.jsonl.damaged";

/// What each line says that it is.
const SCHEMA: &str = "certstow.copy/1";

const LOCK: &str = "copies.lock";

/// No such file is larger.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// No more files are remembered: the oldest are forgotten.
const MOST: usize = 5000;

/// No saved file is larger that is looked at.
const MAX_COPY: u64 = 64 * 1024 * 1024;

/// How long others are waited for that write to it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A file with a private key that was saved and proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The certificate's thumbprints.
    pub thumbprint: Thumbprint,
    /// The label at the time.
    #[serde(default)]
    pub label: String,
    /// The file's absolute path.
    pub file: PathBuf,
    /// The SHA-256 of its bytes, 64 lower-case digits.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was saved, RFC 3339 in UTC.
    pub saved: String,
    /// The volume that it was on.
    #[serde(default)]
    pub volume: Volume,
}

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    #[serde(flatten)]
    noted: &'a Noted,
}

/// A volume, as far as the system tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// The folder by which it is reached ([`os::mount_root`]).
    #[serde(default)]
    pub root: Option<PathBuf>,
    /// What it is called wherever it is ([`os::volume`]).
    #[serde(default)]
    pub id: Option<String>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is there, and its bytes are those that were proven.
    There,
    /// Something else has its name. Why that is known, in a clause.
    Changed(String),
    /// Its folder is there, and it is not.
    Gone,
    /// Its volume or folder is not there, or it cannot be looked at. Which, in a clause.
    NotReachable(String),
}

impl State {
    /// The word for it in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Changed(_) => "changed",
            Self::Gone => "gone",
            Self::NotReachable(_) => "not-reachable",
        }
    }

    /// Why, where there is a reason to give.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Changed(reason) | Self::NotReachable(reason) => Some(reason),
            Self::There | Self::Gone => None,
        }
    }

    /// Whether the copy is there, or is not known not to be: a stick in a drawer is as good as ever.
    pub fn may_be_there(&self) -> bool {
        matches!(self, Self::There | Self::NotReachable(_))
    }
}

impl Volume {
    /// That of a folder that is there.
    fn of(folder: &Path) -> Self {
        Self {
            root: os::mount_root(folder),
            id: os::volume(folder),
        }
    }

    /// Whether this is another one: reached by another folder, or by the same while it is called
    /// otherwise.
    fn is_not(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
            matches!((one, other), (Some(one), Some(other)) if one != other)
        }
        differ(&self.root, &other.root) || differ(&self.id, &other.id)
    }
}

impl Noted {
    /// A file of an export that is there; `None` if it has no private key.
    pub fn of(saved: &Exported, file: &Path) -> Option<Self> {
        saved.proof?;
        let _wait = output::waiting_for(file);
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        Some(Self {
            thumbprint: Thumbprint {
                sha1: saved.thumbprint.clone(),
                sha256: names::hex(saved.id.as_bytes()),
            },
            label: saved.label.clone(),
            sha256: names::hex(&saved.sha256),
            size: fs::metadata(os::long_path(&file)).map_or(0, |found| found.len()),
            saved: time::now().to_string(),
            volume: Volume::of(folder_of(&file)),
            file,
        })
    }

    /// Whether it is this file, however that is named: in other letters where the file system takes them for
    /// the same, or through another folder. What lies on another volume is not looked at: it may not answer.
    pub fn is_at(&self, file: &Path) -> bool {
        let file = &std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        if self.file == *file {
            return true;
        }
        let name = |file: &Path| Some(file.file_name()?.to_string_lossy().to_lowercase());
        name(&self.file) == name(file)
            && !Volume::of(folder_of(file)).is_not(&self.volume)
            && real(&self.file).is_some_and(|known| Some(known) == real(file))
    }

    /// Whether the volume that it was saved to is known to be that of a file which is there.
    pub fn is_on_volume_of(&self, file: &Path) -> bool {
        self.volume.id.is_some() && self.volume.id == os::volume(folder_of(file))
    }

    /// When it was saved, if that can be read.
    pub fn when(&self) -> Option<UnixTime> {
        time::from_utc(&self.saved)
    }

    /// Looks what became of it.
    pub fn state(&self) -> State {
        let bytes = read(&self.file, MAX_COPY);
        let is_other = |bytes: &Vec<u8>| names::hex(&Sha256::digest(bytes)) != self.sha256;
        if bytes.as_ref().is_ok_and(|bytes| !is_other(bytes)) {
            return State::There;
        }
        let folder = folder_of(&self.file);
        if let Some(reason) = self.not_reachable(folder) {
            return State::NotReachable(reason);
        }
        match bytes {
            Ok(_) => State::Changed("its bytes are not those that were proven".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::Gone,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                State::NotReachable(format!("it cannot be read: {error}"))
            }
            Err(error) => State::Changed(error.to_string()),
        }
    }

    /// Why the file's folder is not the one that it was saved to, if it is not.
    fn not_reachable(&self, folder: &Path) -> Option<String> {
        let _wait = output::waiting_for(folder);
        match os::long_path(folder).metadata() {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Some(format!("{} is no folder", folder.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let root = self.volume.root.as_ref();
                let root = root.filter(|root| root.parent().is_some() && !root.exists());
                return Some(match root {
                    Some(root) => format!("{} is not there", root.display()),
                    None => format!("the folder {} is not there", folder.display()),
                });
            }
            Err(error) => return Some(format!("{}: {error}", folder.display())),
        }
        let now = Volume::of(folder);
        let root = self.volume.root.as_deref().unwrap_or(folder);
        now.is_not(&self.volume)
            .then(|| format!("{} is not the volume that it was saved to", root.display()))
    }
}

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// The files, in the order in which they were saved.
    pub files: Vec<Noted>,
    /// How many lines could not be read.
    pub damaged: usize,
}

/// Where an account remembers.
#[derive(Debug, Clone)]
pub struct Memory {
    folder: PathBuf,
}

impl Memory {
    /// In this folder, which is made if need be.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The file, which need not be there.
    pub fn file(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    /// Reads what is remembered; nothing, if nothing was saved yet.
    ///
    /// # Errors
    /// Why it cannot be read at all, as a sentence.
    pub fn read(&self) -> Result<Notes, String> {
        let cannot = |error: io::Error| {
            format!(
                "which copies were saved is not known: {} cannot be read: {error}",
                self.file().display()
            )
        };
        match self.bytes() {
            Ok(bytes) => Ok(Notes::of(&bytes)),
            Err(error) => Err(cannot(error)),
        }
    }

    /// Remembers a file, in the place of what was at its path before. What kept it from that is no
    /// failure of the export, and a warning.
    pub fn add(&self, noted: Noted) -> Option<Warning> {
        if noted.file.to_str().is_none() {
            let file = noted.file.display();
            let text = format!("the copy {file} was not noted: its name is no text");
            return Some(Warning::new(Code::NotNoted, text));
        }
        let file = noted.file.clone();
        let added = self.change(|notes| {
            notes.files.retain(|known| !known.is_at(&noted.file));
            notes.files.push(noted);
            let surplus = notes.files.len().saturating_sub(MOST);
            notes.files.drain(..surplus);
        });
        match added {
            Ok(damaged) => self.damage(damaged),
            Err(reason) => Some(Warning::new(
                Code::NotNoted,
                format!("the copy {} was not noted: {reason}", file.display()),
            )),
        }
    }

    /// That lines could not be read, if some could not.
    fn damage(&self, lines: usize) -> Option<Warning> {
        let text = format!(
            "{} held {} that could not be read, kept in {DAMAGED} beside it: copies that were saved before \
             may not be known any more",
            self.file().display(),
            counted(lines, "line", "lines"),
        );
        (lines > 0).then(|| Warning::new(Code::NotNoted, text))
    }

    /// Forgets the files that are meant, and returns them; with a warning, if something of what is remembered
    /// could not be read. While others wait, so it is no time to look at files.
    ///
    /// # Errors
    /// What kept it from that, as a sentence.
    pub fn forget(
        &self,
        is_meant: impl Fn(&Noted) -> bool,
    ) -> Result<(Vec<Noted>, Option<Warning>), String> {
        let mut forgotten = Vec::new();
        let damaged = self.change(|notes| {
            let files = std::mem::take(&mut notes.files);
            let (meant, others) = files.into_iter().partition(|noted| is_meant(noted));
            (forgotten, notes.files) = (meant, others);
        })?;
        Ok((forgotten, self.damage(damaged)))
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        match read(&self.file(), MAX_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read,
        }
    }

    /// Changes what is remembered, while nobody else does; how many lines could not be read.
    fn change(&self, change: impl FnOnce(&mut Notes)) -> Result<usize, String> {
        let in_full = |error: Error| error.in_full();
        os::create_private_folder(&self.folder)
            .map_err(|error| format!("{}: {error}", self.folder.display()))?;
        let _lock = self.lock()?;
        let file = self.file();
        let bytes = self
            .bytes()
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let mut notes = Notes::of(&bytes);
        if notes.damaged > 0 {
            self.keep_aside(&bytes).map_err(|error| {
                let lines = counted(notes.damaged, "line", "lines");
                format!("{lines} that cannot be read cannot be kept in {DAMAGED}: {error}")
            })?;
        }
        let before = notes.clone();
        change(&mut notes);
        if notes.files != before.files || notes.damaged > 0 {
            write(&file, Existing::Replace, notes.lines().as_bytes()).map_err(in_full)?;
        }
        Ok(notes.damaged)
    }

    /// Adds the lines that cannot be read to those of earlier times.
    fn keep_aside(&self, bytes: &[u8]) -> io::Result<()> {
        let mut damaged = Vec::new();
        for line in lines(bytes).filter(|line| noted(line).is_none()) {
            damaged.extend_from_slice(line);
            damaged.push(b'\n');
        }
        let path = os::long_path(&self.folder.join(DAMAGED));
        let mut aside = os::open_or_make_private_file(&path)?;
        aside.seek(SeekFrom::End(0))?;
        aside.write_all(&damaged)?;
        os::disk::sync_file(&aside).map(drop)
    }

    /// A file system without locks has those write at once who do.
    fn lock(&self) -> Result<File, String> {
        let path = os::long_path(&self.folder.join(LOCK));
        let file = os::open_or_make_private_file(&path)
            .map_err(|error| format!("{} cannot be opened: {error}", path.display()))?;
        let until = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) | Err(TryLockError::Error(_)) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() >= until => {
                    return Err(format!("another certstow is using {}", path.display()));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

impl Notes {
    fn of(bytes: &[u8]) -> Self {
        let mut notes = Self::default();
        for line in lines(bytes) {
            match noted(line) {
                Some(noted) => notes.files.push(noted),
                None => notes.damaged += 1,
            }
        }
        notes
    }

    fn lines(&self) -> String {
        let lines = self.files.iter();
        let lines = lines.map(|noted| Line {
            schema: SCHEMA,
            noted,
        });
        let lines = lines.filter_map(|line| serde_json::to_string(&line).ok());
        lines.map(|line| line + "\n").collect()
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter(|line| !line.is_empty())
}

/// What a line says, if it can be read.
fn noted(line: &[u8]) -> Option<Noted> {
    serde_json::from_slice(line).ok()
}

/// The path of a file without links; of one that is not there, that of its folder with its name.
fn real(file: &Path) -> Option<PathBuf> {
    let _wait = output::waiting_for(file);
    let of_folder = || Some(folder_of(file).canonicalize().ok()?.join(file.file_name()?));
    file.canonicalize().ok().or_else(of_folder)
}

/// The SHA-256 of a file, as [`Noted::sha256`]; `None` if it cannot be read, or is no regular file.
pub fn sha256_of(file: &Path) -> Option<String> {
    let bytes = read(file, MAX_COPY).ok()?;
    Some(names::hex(&Sha256::digest(bytes)))
}

fn write(file: &Path, existing: Existing, bytes: &[u8]) -> Result<(), Error> {
    output::write(file, existing, Privacy::Wanted, bytes, |_| Ok(())).map(drop)
}

#[cfg(test)]
mod tests;
