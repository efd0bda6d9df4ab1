//! Finding and loading softoken: the one of the system, which its loader knows, else that of a Firefox or
//! Thunderbird. A process has one and the same for good: two would share the libraries beneath them, and
//! one that is unloaded takes what it has registered with them along.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cryptoki::context::Pkcs11;
use cryptoki::error::Error;

use super::super::ffi;
use super::refusal::Missing;

/// What the library is called.
#[cfg(windows)]
const NAME: &str = "softokn3.dll";
#[cfg(target_os = "macos")]
const NAME: &str = "libsoftokn3.dylib";
#[cfg(all(unix, not(target_os = "macos")))]
const NAME: &str = "libsoftokn3.so";

/// What a program's own softoken needs of its folder, in the order of what needs what. Where the system
/// has one of them, the folder does not.
#[cfg(all(unix, not(target_os = "macos")))]
const BESIDE: [&str; 5] = [
    "libnspr4.so",
    "libplc4.so",
    "libplds4.so",
    "libnssutil3.so",
    "libmozsqlite3.so",
];
/// NSPR, SQLite and NSS's functions are one library there.
#[cfg(target_os = "macos")]
const BESIDE: [&str; 3] = ["libmozglue.dylib", "libnss3.dylib", NAME];
/// Windows opens what it needs with it, out of the same folder.
#[cfg(windows)]
const BESIDE: [&str; 1] = [NAME];

/// softoken, loaded.
#[derive(Debug, Clone)]
pub(in crate::nss) struct Library(Pkcs11);

/// The one that this process has.
static LOADED: Mutex<Option<Library>> = Mutex::new(None);

impl Library {
    /// The one of this process, or the first that can be loaded: the system's or, for a database that an
    /// old one does not open (`is_new`), one that came with a program.
    ///
    /// # Errors
    /// None can be.
    pub(in crate::nss) fn find(is_new: bool) -> Result<Self, Missing> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(library) = &*loaded {
            return Ok(library.clone());
        }
        let mut candidates = candidates();
        if is_new {
            candidates.sort_by_key(|candidate| !matches!(candidate, Candidate::Program(_)));
        }
        let library = Self::load_first(&candidates)?;
        *loaded = Some(library.clone());
        Ok(library)
    }

    /// The first of these that can be loaded.
    pub(super) fn load_first(candidates: &[Candidate]) -> Result<Self, Missing> {
        let mut refused = Vec::new();
        for candidate in candidates {
            match candidate.load() {
                Ok(Some(library)) => return Ok(library),
                Ok(None) => {}
                Err(error) => refused.push((candidate.path(), error)),
            }
        }
        Err(Missing { refused })
    }

    pub(super) fn module(&self) -> &Pkcs11 {
        &self.0
    }
}

/// A place where one may be.
#[derive(Debug)]
pub(super) enum Candidate {
    /// Where the system's loader looks for libraries.
    #[cfg_attr(any(windows, target_os = "macos"), expect(dead_code))]
    OfSystem,
    /// The folder of an installation of NSS.
    #[cfg_attr(not(target_os = "macos"), expect(dead_code))]
    Folder(PathBuf),
    /// The folder of a program that has one of its own.
    Program(PathBuf),
}

impl Candidate {
    fn path(&self) -> PathBuf {
        match self {
            Self::OfSystem => PathBuf::from(NAME),
            Self::Folder(folder) | Self::Program(folder) => folder.join(NAME),
        }
    }

    /// Loads it; `None` if it is not there.
    fn load(&self) -> Result<Option<Library>, String> {
        let path = self.path();
        if let Self::Folder(folder) | Self::Program(folder) = self {
            if !path.is_file() {
                return Ok(None);
            }
            if matches!(self, Self::Program(_)) {
                open_what_it_needs(folder);
            }
        }
        match Pkcs11::new(&path) {
            Ok(module) => Ok(Some(Library(module))),
            Err(Error::LibraryLoading(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn open_what_it_needs(folder: &Path) {
    let beside = BESIDE.iter().map(|name| folder.join(name));
    let there = beside.filter(|library| library.is_file());
    there.for_each(|library| ffi::open_for_others(&library));
}

/// Where to look, the first choice first.
#[cfg(all(unix, not(target_os = "macos")))]
fn candidates() -> Vec<Candidate> {
    let mut candidates = vec![Candidate::OfSystem];
    let programs = ["firefox-esr", "firefox", "thunderbird"];
    for parent in ["/usr/lib", "/usr/lib64", "/opt"] {
        let folders = programs.iter().map(|name| Path::new(parent).join(name));
        candidates.extend(folders.map(Candidate::Program));
    }
    let packaged = [
        "/snap/firefox/current/usr/lib/firefox",
        "/snap/thunderbird/current/usr/lib/thunderbird",
        "/var/lib/flatpak/app/org.mozilla.firefox/current/active/files/lib/firefox",
        "/var/lib/flatpak/app/org.mozilla.Thunderbird/current/active/files/lib/thunderbird",
    ];
    candidates.extend(packaged.map(|folder| Candidate::Program(folder.into())));
    candidates
}

/// Where to look, the first choice first. The loader is not asked by a bare name, since it may look in the
/// current folder.
#[cfg(target_os = "macos")]
fn candidates() -> Vec<Candidate> {
    let installed = [
        "/opt/homebrew/opt/nss/lib",
        "/usr/local/opt/nss/lib",
        "/opt/local/lib/nss",
    ];
    let programs = ["Firefox.app", "Thunderbird.app"];
    let programs = programs.map(|name| Path::new("/Applications").join(name));
    let programs = programs.map(|program| program.join("Contents/MacOS"));
    let installed = installed.map(|folder| Candidate::Folder(folder.into()));
    installed
        .into_iter()
        .chain(programs.map(Candidate::Program))
        .collect()
}

/// Where to look, the first choice first. The loader is not asked by a bare name, since it may look in the
/// current folder.
#[cfg(windows)]
fn candidates() -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for variable in ["ProgramFiles", "ProgramW6432", "LOCALAPPDATA"] {
        let Some(parent) = std::env::var_os(variable).map(PathBuf::from) else {
            continue;
        };
        let programs = ["Mozilla Firefox", "Mozilla Thunderbird"];
        candidates.extend(programs.map(|name| Candidate::Program(parent.join(name))));
    }
    candidates
}
