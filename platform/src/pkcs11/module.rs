//! PKCS#11 modules: a library of somebody else's is loaded and initialised (`C_GetFunctionList`,
//! `C_Initialize`) when a store names it, once in a process, and stays until the process ends, since what
//! a token was told by `C_Login` lasts as long. Source: PKCS #11 Base Specification 3.0, 5.4.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::RvError;

use super::error::ModuleError;
use super::token::Token;
use crate::error::StoreError;
use crate::spec::{Module, StoreSpec};

/// A module that is loaded and initialised, and what is known of its tokens in this process.
pub(super) struct LoadedModule {
    pub(super) functions: Pkcs11,
    /// The tokens that were seen in it, each with its session.
    pub(super) tokens: Mutex<Vec<Arc<Token>>>,
}

/// Every module of this process.
static LOADED: Mutex<Option<HashMap<PathBuf, Arc<LoadedModule>>>> = Mutex::new(None);

/// The module that a store names, loaded and initialised.
///
/// # Errors
/// [`StoreError::Unavailable`]: there is none, it cannot be loaded, or does not start.
pub(super) fn load(spec: &StoreSpec, module: &Module) -> Result<Arc<LoadedModule>, StoreError> {
    let mut last = None;
    for path in candidates(module) {
        match load_file(&path) {
            Ok(module) => return Ok(module),
            // The next place may have it. One that is there and fails is what is wrong,
            // as is one that lacks a library which it needs.
            Err(Failure::NotLoaded(error)) if is_absent(&error) && !path.is_file() => {
                last = Some(error);
            }
            Err(failure) => return Err(failure.of(spec)),
        }
    }
    let reason = match module {
        Module::Configured => {
            "there is no p11-kit here, which knows the modules of a system; name the \
                               module by its path"
                .to_owned()
        }
        Module::ModuleName(name) => format!("no module of the name {name} was found"),
        Module::Path(path) | Module::ModulePath(path) => {
            format!("there is no module {}", path.display())
        }
    };
    let source = last.map(Into::into);
    Err(StoreError::unavailable(spec, reason, source))
}

enum Failure {
    NotThere,
    NoFile,
    NotLoaded(ModuleError),
    NotStarted(ModuleError),
}

impl Failure {
    fn of(self, spec: &StoreSpec) -> StoreError {
        let (reason, source) = match self {
            Self::NotThere => ("there is no such module".to_owned(), None),
            Self::NoFile => ("what is there is no file".to_owned(), None),
            Self::NotLoaded(error) => {
                let reason = format!("its module cannot be loaded: {error}");
                (reason, Some(error))
            }
            Self::NotStarted(error) => {
                let reason = format!("its module does not start: {error}");
                (reason, Some(error))
            }
        };
        StoreError::unavailable(spec, reason, source.map(Into::into))
    }
}

/// Whether the system's loader says that there is no such library. Its words are those of the C library,
/// without a number.
fn is_absent(error: &ModuleError) -> bool {
    let text = error.to_string();
    text.contains("cannot open shared object file: No such file")
        || text.contains("no such file")
        || text.contains("Error loading shared library")
}

fn load_file(path: &Path) -> Result<Arc<LoadedModule>, Failure> {
    if has_folder(path) {
        match std::fs::metadata(path) {
            // To open a pipe would wait for a writer.
            Ok(metadata) if !metadata.is_file() => return Err(Failure::NoFile),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Failure::NotThere);
            }
            // What else is wrong is told by the loader.
            Ok(_) | Err(_) => {}
        }
    }
    let same = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let loaded = loaded.get_or_insert_default();
    if let Some(module) = loaded.get(&same) {
        return Ok(Arc::clone(module));
    }
    let functions = Pkcs11::new(path).map_err(|error| Failure::NotLoaded(error.into()))?;
    initialise(&functions).map_err(Failure::NotStarted)?;
    let module = Arc::new(LoadedModule {
        functions,
        tokens: Mutex::default(),
    });
    loaded.insert(same, Arc::clone(&module));
    Ok(module)
}

fn initialise(functions: &Pkcs11) -> Result<(), ModuleError> {
    let with = |flags| match functions.initialize(CInitializeArgs::new(flags)) {
        Ok(()) => Ok(()),
        // Another part of the process uses the library, too.
        Err(cryptoki::error::Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        Err(error) => Err(ModuleError::from(error)),
    };
    match with(CInitializeFlags::OS_LOCKING_OK) {
        // One thread at a time uses a token here.
        Err(error) if error.code() == Some(RvError::CantLock) => with(CInitializeFlags::empty()),
        result => result,
    }
}

fn has_folder(path: &Path) -> bool {
    path.components().count() > 1
}

/// The files that may be what is named, in the order in which they are tried. One without a folder is
/// looked for by the system's loader.
fn candidates(module: &Module) -> Vec<PathBuf> {
    match module {
        // Windows looks in the folder it was started in, too, and in many others.
        Module::Path(path) | Module::ModulePath(path) if cfg!(windows) => {
            vec![std::path::absolute(path).unwrap_or_else(|_| path.clone())]
        }
        Module::Path(path) | Module::ModulePath(path) => vec![path.clone()],
        Module::ModuleName(name) => in_usual_folders(name),
        Module::Configured => in_usual_folders("p11-kit-proxy"),
    }
}

/// A library of this name where distributions put modules: Debian and Fedora beside the libraries and in
/// a folder `pkcs11` there, Homebrew under its own prefixes.
fn in_usual_folders(name: &str) -> Vec<PathBuf> {
    if cfg!(windows) {
        return Vec::new();
    }
    let ending = std::env::consts::DLL_SUFFIX;
    let names = ["", "lib"].map(|before| OsString::from(format!("{before}{name}{ending}")));
    let mut paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
    for folder in library_folders() {
        for below in ["pkcs11", ""] {
            paths.extend(names.iter().map(|name| folder.join(below).join(name)));
        }
    }
    paths.retain(|path| !has_folder(path) || path.is_file());
    paths
}

fn library_folders() -> Vec<PathBuf> {
    let fixed = match cfg!(target_os = "macos") {
        true => ["/opt/homebrew/lib", "/usr/local/lib", "/Library/OpenSC/lib"].as_slice(),
        false => ["/usr/lib64", "/usr/lib", "/usr/local/lib"].as_slice(),
    };
    let mut folders: Vec<PathBuf> = fixed.iter().map(PathBuf::from).collect();
    // Debian's folders for processors: /usr/lib/x86_64-linux-gnu.
    let of_processor = format!("{}-linux-", std::env::consts::ARCH);
    let below = std::fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten();
    let below = below.filter(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with(&of_processor)
    });
    folders.extend(below.map(|entry| entry.path()));
    folders
}
