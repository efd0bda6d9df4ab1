//! What lies in the folder of a backup, for everybody who reads one. The folder is listed once. A
//! file is opened once, and read only if it is a regular file of its own there: never through a
//! link, which would lead out of the folder, and no further than a limit. A file
//! is hashed and opened with a password from the same bytes.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use certstow_formats::names;
use certstow_formats::pkcs12::decode::Limits;
use certstow_platform::os;
use sha2::{Digest as _, Sha256};

use super::manifest::{ESCROW_ENDING, Saved, is_key_file};
use crate::error::Error;
use crate::output;

/// A sealed password is small; what is larger is none.
pub(super) const LARGEST_ESCROW: u64 = 1024 * 1024;

/// The names of what is in a folder.
pub(super) struct Folder {
    path: PathBuf,
    key_files: Vec<OsString>,
    /// The sealed passwords that were kept aside, by the file they belong to.
    aside: HashMap<OsString, Vec<OsString>>,
}

impl Folder {
    /// Lists a folder.
    ///
    /// # Errors
    /// [`Error::Io`]: it cannot be read.
    pub(super) fn list(path: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::io(path, source);
        let _wait = output::waiting_for(path);
        let mut folder = Self {
            path: path.to_owned(),
            key_files: Vec::new(),
            aside: HashMap::new(),
        };
        for entry in fs::read_dir(os::long_path(path)).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            // What macOS keeps of a file where the file system cannot (AppleDouble).
            let of_macos = name.as_encoded_bytes().starts_with(b"._");
            if is_key_file(&name) && !of_macos {
                folder.key_files.push(name);
            } else if let Some(file) = is_aside_of(&name) {
                let file = file.to_owned();
                folder.aside.entry(file).or_default().push(name);
            }
        }
        folder.key_files.sort();
        Ok(folder)
    }

    /// The names of the files that are called as those with identities.
    pub(super) fn key_files(&self) -> impl Iterator<Item = &OsStr> {
        self.key_files.iter().map(OsString::as_os_str)
    }

    /// The files, in the order of their names, that have the name of a PKCS#12 file, whatever they are,
    /// and that none of these entries names.
    pub(super) fn unnamed(&self, entries: &[Saved]) -> Vec<Subject> {
        let named: HashSet<&OsStr> = entries.iter().map(|saved| saved.file.as_ref()).collect();
        let unnamed = self.key_files.iter();
        let unnamed = unnamed.filter(|name| !named.contains(name.as_os_str()));
        let subject = |name: &OsString| Subject {
            name: name.clone(),
            saved: None,
        };
        unnamed.map(subject).collect()
    }

    /// The sealed passwords that were kept aside, each with the name of its file.
    pub(super) fn all_kept_aside(&self) -> impl Iterator<Item = (&OsStr, &[OsString])> {
        let all = self.aside.iter();
        all.map(|(file, aside)| (file.as_os_str(), aside.as_slice()))
    }

    /// The sealed passwords that were kept aside for this file.
    pub(super) fn kept_aside(&self, file: &OsStr) -> &[OsString] {
        self.aside.get(file).map_or(&[], Vec::as_slice)
    }

    /// That a file does not give what it should, and why: "is missing".
    pub(super) fn file_error(&self, name: &OsStr, reason: String) -> Error {
        Error::BackupFile {
            file: self.path(name),
            reason,
        }
    }

    /// A file in it.
    pub(super) fn path(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// Why a file cannot be read, if it cannot: it is a link, say. Reads nothing of it.
    pub(super) fn unreadable(&self, name: &OsStr) -> Option<io::Error> {
        let path = self.path(name);
        let _wait = output::waiting_for(&path);
        os::open_regular_file(&os::long_path(&path)).err()
    }
}

/// A file of a folder, and the identity that the manifest says is in it.
pub(super) struct Subject {
    pub(super) name: OsString,
    pub(super) saved: Option<Saved>,
}

impl Subject {
    pub(super) fn of(saved: Saved) -> Self {
        Self {
            name: saved.file.clone().into(),
            saved: Some(saved),
        }
    }

    /// Reads the file, and the password beside it where it has one or is taken to be `sealed`. With it
    /// comes what became of it, if the manifest tells what it was.
    pub(super) fn read(&self, folder: &Folder, sealed: bool) -> (KeyFile, Option<Condition>) {
        let saved = self.saved.as_ref();
        let has_password = saved.is_some_and(|saved| saved.escrow.is_some());
        let file = KeyFile::read(&folder.path, &self.name, has_password || sealed);
        let condition = saved.map(|saved| file.condition(saved));
        (file, condition)
    }
}

/// The file of an identity, and the password beside it where it has one, as they were read.
pub(super) struct KeyFile {
    pub(super) bytes: io::Result<Vec<u8>>,
    /// Of the file with its password, if the manifest names one or it was asked for.
    pub(super) sealed: Option<io::Result<Vec<u8>>>,
}

/// What became of a file that the manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Whole,
    Missing,
    /// It is not what was written, and why that is known.
    Damaged(String),
}

impl Condition {
    /// What is wrong with the file, if anything is.
    pub(super) fn damage(self) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::Missing => Some("it is missing".to_owned()),
            Self::Damaged(reason) => Some(reason),
        }
    }
}

impl KeyFile {
    fn read(folder: &Path, name: &OsStr, sealed: bool) -> Self {
        let beside = || read(&folder.join(sealed_beside(name)), LARGEST_ESCROW);
        Self {
            bytes: read(&folder.join(name), Limits::default().max_bytes as u64),
            sealed: sealed.then(beside),
        }
    }

    /// What became of it since the manifest was written.
    pub(super) fn condition(&self, saved: &Saved) -> Condition {
        let of_file = condition(&self.bytes, Some(saved.size), &saved.sha256);
        let (Some(escrow), Condition::Whole) = (&saved.escrow, &of_file) else {
            return of_file;
        };
        let Some(sealed) = &self.sealed else {
            return of_file;
        };
        match condition(sealed, None, &escrow.sha256) {
            Condition::Whole => Condition::Whole,
            Condition::Missing => {
                Condition::Damaged(format!("{}, with its password, is missing", escrow.file))
            }
            Condition::Damaged(reason) => {
                Condition::Damaged(format!("{}, with its password: {reason}", escrow.file))
            }
        }
    }
}

/// What became of a file and, where there is one, of the file with its password.
pub(super) fn condition_of(folder: &Path, saved: &Saved) -> Condition {
    let name = OsStr::new(&saved.file);
    KeyFile::read(folder, name, saved.escrow.is_some()).condition(saved)
}

/// What became of a file that was `size` bytes long with this hash.
fn condition(bytes: &io::Result<Vec<u8>>, size: Option<u64>, sha256: &str) -> Condition {
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Condition::Missing,
        Err(error) => return Condition::Damaged(format!("it cannot be read: {error}")),
    };
    match size {
        Some(size) if size != bytes.len() as u64 => {
            Condition::Damaged(format!("it is {} bytes long, and was {size}", bytes.len()))
        }
        _ if names::hex(&Sha256::digest(bytes)) != sha256 => {
            Condition::Damaged("its bytes are not those that were written".to_owned())
        }
        _ => Condition::Whole,
    }
}

/// All of a regular file, unless it is larger than `limit`.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let _wait = output::waiting_for(path);
    let too_large = || io::Error::other("it is too large");
    let file = os::open_regular_file(&os::long_path(path))?;
    let length = file.metadata()?.len();
    if length > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(too_large()),
        false => Ok(bytes),
    }
}

/// A file's name as text, for a person.
pub(super) fn shown(name: &OsStr) -> String {
    name.to_string_lossy().into_owned()
}

/// The name of the sealed password beside a file.
pub(super) fn sealed_beside(file: &OsStr) -> OsString {
    let mut name = file.to_owned();
    name.push(ESCROW_ENDING);
    name
}

/// The name under which a sealed password is kept aside for a file: until the next file has its
/// name, the one before is there, and nothing else opens it.
pub(super) fn name_aside(file: &str, sealed: &[u8]) -> String {
    let hash = names::hex(&Sha256::digest(sealed));
    format!("{file}.{}{ESCROW_ENDING}", &hash[..8])
}

/// The file that a sealed password kept aside under this name belongs to.
fn is_aside_of(name: &OsStr) -> Option<&OsStr> {
    let ending = Path::new(name).extension()?;
    let inner = Path::new(Path::new(name).file_stem()?);
    let digits = inner.extension()?.as_encoded_bytes();
    let is_hash = digits.len() == 8 && digits.iter().all(u8::is_ascii_hexdigit);
    let is_sealed = ESCROW_ENDING
        .strip_prefix('.')
        .is_some_and(|cms| ending == cms);
    inner.file_stem().filter(|_| is_hash && is_sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_aside_of_matches_only_aside_names() {
        let file = "ada--0123456789abcdef.p12";
        let aside = name_aside(file, b"sealed");
        assert_eq!(is_aside_of(OsStr::new(&aside)), Some(OsStr::new(file)));
        for other in [
            file,
            "ada--0123456789abcdef.p12.cms",
            "notes.cms",
            "a.b.cms",
        ] {
            assert_eq!(is_aside_of(OsStr::new(other)), None, "{other}");
        }
    }

    #[test]
    fn read_refuses_a_file_over_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, [0; 10]).unwrap();
        assert_eq!(read(&file, 10).unwrap().len(), 10);
        let refused = read(&file, 9).unwrap_err();
        assert_eq!(refused.to_string(), "it is too large");
    }
}
