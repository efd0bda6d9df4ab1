//! The certificate stores of this machine behind one trait, [`store::Store`].
//!
//! This crate is the only one that talks to operating systems and tokens. It hands over
//! certificates as DER and private keys as PKCS#8, and reads the container formats stores keep
//! them in; it knows nothing of profiles, prompts, tables or exit codes.

#![deny(unsafe_code)]

pub mod account;
mod ask;
#[cfg(any(windows, target_os = "macos", test))]
mod attempt;
pub mod error;
pub mod event_log;
#[cfg(any(windows, target_os = "macos", test))]
mod exported_key;
mod file;
pub mod file_name;
mod folders;
mod key_state;
mod lone_key;
#[cfg(any(target_os = "macos", test))]
mod macos;
pub mod new_file;
mod nss;
pub mod os;
mod pkcs11;
#[cfg(target_os = "linux")]
mod process;
pub mod roots;
pub mod scheduler;
pub mod spec;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod vault;
#[cfg(any(windows, test))]
mod windows;

use std::path::{Path, PathBuf};

use error::StoreError;
pub use file::{OpenedFile, certificates_in, left_behind_below, needs_password, private_keys_in};
pub use folders::{options_file, personal_folder, state_folder};
use spec::{Keychain, NssDatabase, StoreSpec, SystemStore, SystemStoreLocation};
pub use store::OpenOptions;
use store::{Application, StoreInfo};

/// Opens the store that `spec` names.
///
/// # Errors
/// - [`StoreError::Unavailable`]: there is no such store or folder, no home folder to look in, or
///   no such kind of store on this system; a PKCS#11 module cannot be used.
/// - [`StoreError::SeveralTokens`]: the name fits several tokens, which [`each_of`] names.
/// - [`StoreError::AccessDenied`]: the operating system refuses to look at it.
pub fn open(spec: &StoreSpec, options: &OpenOptions) -> Result<Box<dyn store::Store>, StoreError> {
    match spec {
        StoreSpec::File(path) => Ok(Box::new(file::FileStore::open(path, options)?)),
        #[cfg(windows)]
        StoreSpec::Windows(store) => Ok(Box::new(windows::WindowsStore::open(store)?)),
        #[cfg(not(windows))]
        StoreSpec::Windows(_) => {
            let reason = "there are such stores on Windows only";
            Err(StoreError::unavailable(spec, reason, None))
        }
        #[cfg(target_os = "macos")]
        StoreSpec::Keychain(keychain) => Ok(Box::new(macos::KeychainStore::open(keychain)?)),
        #[cfg(not(target_os = "macos"))]
        StoreSpec::Keychain(_) => {
            let reason = "there are keychains on macOS only";
            Err(StoreError::unavailable(spec, reason, None))
        }
        StoreSpec::Dotnet(name) => Ok(Box::new(file::dotnet::DotnetStore::open(name)?)),
        StoreSpec::Nss(database) => Ok(Box::new(nss::NssStore::open(database, options)?)),
        StoreSpec::Pkcs11(uri) => Ok(Box::new(pkcs11::Pkcs11Store::open(uri, options)?)),
    }
}

/// The stores that a name stands for: every database for `nss:`, every token that a PKCS#11 URI fits, and
/// itself for the name of one store.
///
/// # Errors
/// [`StoreError::Unavailable`]: there is none.
pub fn each_of(spec: &StoreSpec) -> Result<Vec<StoreSpec>, StoreError> {
    match spec {
        StoreSpec::Nss(database) => {
            let databases = nss::each_of(database)?.into_iter();
            Ok(databases.map(StoreSpec::Nss).collect())
        }
        StoreSpec::Pkcs11(uri) => pkcs11::each_of(uri),
        StoreSpec::File(_)
        | StoreSpec::Windows(_)
        | StoreSpec::Keychain(_)
        | StoreSpec::Dotnet(_) => Ok(vec![spec.clone()]),
    }
}

/// Whether a password that is not empty protects the private keys of the store as a whole; `None` where
/// that is not known, or nothing of the kind is true of such a store.
pub fn is_encrypted(spec: &StoreSpec) -> Option<bool> {
    match spec {
        StoreSpec::Nss(NssDatabase::Folder(folder)) => nss::has_password(folder),
        StoreSpec::Nss(NssDatabase::Found)
        | StoreSpec::Pkcs11(_)
        | StoreSpec::File(_)
        | StoreSpec::Windows(_)
        | StoreSpec::Keychain(_)
        | StoreSpec::Dotnet(_) => None,
    }
}

/// Whether this is the name of a program that keeps its certificates in NSS databases on this system, in
/// whatever case.
pub fn has_nss_databases(program: &str) -> bool {
    nss::is_program(program)
}

/// Opens files, and folders of such, as one store: a certificate and its private key may lie in
/// different ones. The store is named after the first.
///
/// # Errors
/// As [`open`]; [`StoreError::Unavailable`] also if none is named.
pub fn open_files(
    files: &[PathBuf],
    options: &OpenOptions,
) -> Result<Box<dyn store::Store>, StoreError> {
    let Some((first, more)) = files.split_first() else {
        let nowhere = StoreSpec::File(PathBuf::new());
        return Err(StoreError::unavailable(&nowhere, "no file is named", None));
    };
    let store = file::FileStore::open_several(first, more, options)?;
    Ok(Box::new(store))
}

/// The bytes of a file as a store, in any form that a folder's files have. `place` is what messages
/// call it; nothing is read there. What cannot be read is a problem of its listing.
pub fn open_bytes(bytes: &[u8], place: &Path, options: &OpenOptions) -> Box<dyn store::Store> {
    Box::new(OpenedFile::read(bytes, place, options))
}

/// Opens a store to import into. As [`open`], but a folder that is missing is an empty store, and
/// is made when an identity goes into it, so that nobody else can look into it; and a personal store
/// of Windows that nothing was imported into yet is created.
///
/// # Errors
/// As [`open`]; something above a missing folder is no folder.
pub fn open_to_import(
    spec: &StoreSpec,
    options: &OpenOptions,
) -> Result<Box<dyn store::Store>, StoreError> {
    match spec {
        StoreSpec::File(path) => Ok(Box::new(file::FileStore::open_to_import(path, options)?)),
        #[cfg(windows)]
        StoreSpec::Windows(store) => Ok(Box::new(windows::WindowsStore::open_to_import(store)?)),
        #[cfg(not(windows))]
        StoreSpec::Windows(_) => open(spec, options),
        StoreSpec::Keychain(_)
        | StoreSpec::Dotnet(_)
        | StoreSpec::Nss(_)
        | StoreSpec::Pkcs11(_) => open(spec, options),
    }
}

/// A place on this machine where a store is usually kept.
#[derive(Debug, Clone)]
pub struct KnownStore {
    /// The store's name.
    pub spec: StoreSpec,
    /// What it is, in a few words.
    pub description: String,
    /// The program whose store it is, where that is known.
    pub application: Option<Application>,
    /// `None` when it is there; else why it cannot be used ("the folder does not exist").
    pub unavailable: Option<String>,
}

/// The PKCS#11 modules that this system has told p11-kit of: what can follow `pkcs11:`. None is loaded.
pub fn known_modules() -> Vec<String> {
    pkcs11::modules()
}

/// The stores this platform knows of, present or not, in the order they are searched.
pub fn known_stores() -> Vec<KnownStore> {
    let personal = personal_folder().map(|folder| KnownStore {
        description: PERSONAL_FOLDER.to_owned(),
        ..known_store(StoreSpec::File(folder), open)
    });
    // Windows keeps .NET's stores itself.
    let dotnet = cfg!(unix).then(|| StoreSpec::Dotnet("My".to_owned()));
    let keychains = cfg!(target_os = "macos").then_some(StoreSpec::Keychain(Keychain::SearchList));
    let known = |spec| known_store(spec, open);
    let personal_stores = windows_stores().chain(keychains).map(known);
    // There is one only where something was requested.
    let requests = windows_stores().map(|spec| known(spec.for_requests()));
    let requests = requests.filter(|known| known.unavailable.is_none());
    let system_stores = personal_stores.chain(requests);
    let dotnet = dotnet.map(known);
    let databases = nss::found().into_iter().map(|profile| KnownStore {
        description: profile.description(),
        application: Some(profile.application),
        ..known_store(StoreSpec::Nss(NssDatabase::Folder(profile.folder)), open)
    });
    let stores = system_stores.chain(personal).chain(dotnet);
    stores.chain(databases).collect()
}

/// The personal stores of Windows, if this is Windows.
fn windows_stores() -> impl Iterator<Item = StoreSpec> {
    let locations = SystemStoreLocation::ALL.into_iter();
    locations.filter(|_| cfg!(windows)).map(|location| {
        StoreSpec::Windows(SystemStore {
            location,
            name: "My".to_owned(),
        })
    })
}

/// Where identities are imported on this platform, the usual place first: the personal store of
/// the account on Windows, the login keychain on macOS, the personal folder elsewhere. A folder
/// that does not exist is made by importing into what [`open_to_import`] opens.
pub fn stores_to_import_into() -> Vec<KnownStore> {
    let keychain = cfg!(target_os = "macos").then_some(StoreSpec::Keychain(Keychain::Login));
    let mut stores: Vec<_> = windows_stores()
        .chain(keychain)
        .map(|spec| known_store(spec, open_to_import))
        .collect();
    stores.extend(personal_folder().map(|folder| KnownStore {
        spec: StoreSpec::File(folder),
        description: PERSONAL_FOLDER.to_owned(),
        application: None,
        unavailable: None,
    }));
    stores
}

const PERSONAL_FOLDER: &str = "personal folder";

/// A way to open a store.
type Open = fn(&StoreSpec, &OpenOptions) -> Result<Box<dyn store::Store>, StoreError>;

fn known_store(spec: StoreSpec, open: Open) -> KnownStore {
    let unavailable = match open(&spec, &OpenOptions::default()) {
        Ok(_) => None,
        Err(StoreError::Unavailable { reason, .. }) => Some(reason),
        Err(error) => Some(error.to_string()),
    };
    KnownStore {
        description: StoreInfo::new(spec.clone()).description,
        application: None,
        spec,
        unavailable,
    }
}

/// Has a file that outgrows the limit of this process (`RLIMIT_FSIZE`) be an error of the write on
/// Unix, and not the end of the process; switches off core dumps and ptrace for it on Linux.
pub fn protect_process() {
    os::fail_writes_past_the_limit();
    #[cfg(target_os = "linux")]
    process::protect();
}
