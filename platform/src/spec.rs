//! Store names, as `--store` takes them: `file:DIR`, `windows:CurrentUser\My`, `keychain:login`,
//! `dotnet:My`, `nss:DIR`, `pkcs11:MODULE`, or a bare path.

mod pkcs11_uri;

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io, path};

pub use self::pkcs11_uri::{Module, Pkcs11Uri};

/// Which store is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StoreSpec {
    /// `file:DIR`: a folder, searched recursively, or one file.
    File(PathBuf),
    /// `windows:LOCATION\NAME`: a system store of Windows.
    Windows(SystemStore),
    /// `keychain:NAME`: keychains of macOS.
    Keychain(Keychain),
    /// `dotnet:NAME`: .NET's user store of that name on Linux and macOS.
    Dotnet(String),
    /// `nss:DIR`: the NSS database of a program such as Firefox.
    Nss(NssDatabase),
    /// `pkcs11:MODULE` or a PKCS#11 URI: tokens.
    Pkcs11(Pkcs11Uri),
}

impl StoreSpec {
    /// The schemes, one for each kind of store: what stands before the first colon of a name.
    pub const SCHEMES: [&'static str; 6] =
        ["file", "windows", "keychain", "dotnet", "nss", "pkcs11"];

    /// The schemes of stores that a path names.
    pub const OF_PATHS: [&'static str; 3] = ["file", "keychain", "nss"];

    /// Whether text begins with one of the schemes and a colon, as the name of every store may.
    pub fn has_scheme(text: &str) -> bool {
        let scheme = text.split_once(':').map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| Self::SCHEMES.contains(&scheme))
    }

    fn scheme(&self) -> &'static str {
        let [file, windows, keychain, dotnet, nss, pkcs11] = Self::SCHEMES;
        match self {
            Self::File(_) => file,
            Self::Windows(_) => windows,
            Self::Keychain(_) => keychain,
            Self::Dotnet(_) => dotnet,
            Self::Nss(_) => nss,
            Self::Pkcs11(_) => pkcs11,
        }
    }

    /// Whether a password for the store of this name is for the one of the `other` name, too: it is the
    /// same, or one of those that this name stands for. Paths are the same if they lead to the same place.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nss(NssDatabase::Found), Self::Nss(_)) => true,
            (Self::Pkcs11(uri), Self::Pkcs11(other)) => uri.covers(other),
            (Self::File(path), Self::File(other))
            | (Self::Nss(NssDatabase::Folder(path)), Self::Nss(NssDatabase::Folder(other))) => {
                is_same_place(path, other)
            }
            _ => self == other,
        }
    }

    /// Where a request waits whose certificate is to be in this store: for a personal store of Windows, the one
    /// that Windows has for requests, and otherwise this store itself.
    pub fn for_requests(&self) -> Self {
        match self {
            Self::Windows(store) if store.name.eq_ignore_ascii_case("My") => {
                Self::Windows(SystemStore {
                    location: store.location,
                    name: REQUESTS.to_owned(),
                })
            }
            other => other.clone(),
        }
    }

    /// Whether it is no store's own name, but stands for each of a kind that is found.
    pub fn stands_for_several(&self) -> bool {
        match self {
            Self::Nss(NssDatabase::Found) => true,
            Self::Nss(NssDatabase::Folder(_))
            | Self::File(_)
            | Self::Windows(_)
            | Self::Keychain(_)
            | Self::Dotnet(_)
            | Self::Pkcs11(_) => false,
        }
    }

    /// Whether a wrong password or PIN brings the store nearer to locking itself for good.
    pub fn counts_wrong_tries(&self) -> bool {
        match self {
            Self::File(_)
            | Self::Windows(_)
            | Self::Keychain(_)
            | Self::Dotnet(_)
            | Self::Nss(_) => false,
            Self::Pkcs11(_) => true,
        }
    }

    /// The path that the name begins with after the scheme, if there is one, and what follows it.
    fn path(&self) -> Option<(&Path, String)> {
        match self {
            Self::File(path)
            | Self::Keychain(Keychain::File(path))
            | Self::Nss(NssDatabase::Folder(path)) => Some((path, String::new())),
            Self::Keychain(Keychain::SearchList | Keychain::Login | Keychain::System) => None,
            Self::Windows(_) | Self::Dotnet(_) | Self::Nss(NssDatabase::Found) => None,
            // One without a folder is looked for by the system.
            Self::Pkcs11(uri) => uri
                .split_at_path()
                .filter(|(path, _)| path.components().count() > 1),
        }
    }

    /// The store's name, with what `resolve` makes of the path in it, if there is one: a path that
    /// means the same in every folder. Bytes that are no UTF-8 stay.
    ///
    /// # Errors
    /// What `resolve` gives.
    pub fn resolved<E>(
        &self,
        resolve: impl FnOnce(&Path) -> Result<PathBuf, E>,
    ) -> Result<OsString, E> {
        let Some((path, after)) = self.path() else {
            return Ok(self.to_string().into());
        };
        let mut name = OsString::from(format!("{}:", self.scheme()));
        name.push(resolve(path)?);
        name.push(after);
        Ok(name)
    }
}

fn is_same_place(path: &Path, other: &Path) -> bool {
    let agree = |place: fn(&Path) -> io::Result<PathBuf>| {
        place(path).is_ok_and(|path| place(other).is_ok_and(|other| path == other))
    };
    path == other || agree(|path| path::absolute(path)) || agree(|path| fs::canonicalize(path))
}

/// A system store of Windows: `Cert:\LOCATION\NAME` in PowerShell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SystemStore {
    /// Whose it is.
    pub location: SystemStoreLocation,
    /// `My` for the personal store, `CA`, `Root`, or what else there is; letter case does not
    /// count for Windows.
    pub name: String,
}

/// The two locations that certstow knows of Windows' system store locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SystemStoreLocation {
    /// `CERT_SYSTEM_STORE_CURRENT_USER`.
    CurrentUser,
    /// `CERT_SYSTEM_STORE_LOCAL_MACHINE`.
    LocalMachine,
}

impl SystemStoreLocation {
    pub(crate) const ALL: [Self; 2] = [Self::CurrentUser, Self::LocalMachine];

    /// Windows' word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CurrentUser => "CurrentUser",
            Self::LocalMachine => "LocalMachine",
        }
    }
}

/// The system store in which Windows keeps what was asked of CAs ("Certificate Enrollment Requests").
const REQUESTS: &str = "REQUEST";

impl SystemStore {
    /// Whether Windows keeps requests in it, each a private key with a dummy certificate.
    pub(crate) fn is_for_requests(&self) -> bool {
        self.name.eq_ignore_ascii_case(REQUESTS)
    }

    /// What it is, for a person.
    pub(crate) fn description(&self) -> &'static str {
        let is_of_this_account = self.location == SystemStoreLocation::CurrentUser;
        match (self.known_name(), is_of_this_account) {
            (Some("My"), true) => "personal certificates of this account",
            (Some("My"), false) => "personal certificates of this computer",
            (Some(_), true) => "Certificate Enrollment Requests of this account",
            (Some(_), false) => "Certificate Enrollment Requests of this computer",
            (None, true) => "Windows store of this account",
            (None, false) => "Windows store of this computer",
        }
    }

    /// The stores whose certificates are there for their private keys: the personal one, and that in
    /// which Windows keeps a dummy certificate for each key that waits for the answer of a CA.
    pub(crate) const WITH_KEYS: [&str; 2] = ["My", REQUESTS];

    fn known_name(&self) -> Option<&'static str> {
        let mut known = Self::WITH_KEYS.into_iter();
        known.find(|known| self.name.eq_ignore_ascii_case(known))
    }

    /// Whether it is one of [`SystemStore::WITH_KEYS`].
    #[cfg(windows)]
    pub(crate) fn has_keys(&self) -> bool {
        self.known_name().is_some()
    }

    /// Whether its certificates come from the domain's directory, over LDAP, and so name no key
    /// container of this computer. Where the domain cannot be reached, as with a laptop at home, it
    /// can be opened only after long waits, or not at all (ERROR_DEV_NOT_EXIST).
    #[cfg(any(windows, test))]
    pub(crate) fn is_of_the_directory(&self) -> bool {
        self.name.eq_ignore_ascii_case("UserDS")
    }

    /// Whether a certificate that both stores show may be one and the same: an account's stores show what
    /// the computer's stores of the same names hold, but for the personal one. ("Local Machine and Current
    /// User Certificate Stores" in Microsoft's documentation.)
    #[cfg(any(windows, test))]
    pub(crate) fn may_show_the_same(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
            && (self.location == other.location || !self.name.eq_ignore_ascii_case("My"))
    }

    /// Reads `LOCATION\NAME`, in any letter case; a slash does for the backslash, which some
    /// shells swallow.
    fn read(text: &str) -> Option<Self> {
        let (location, name) = text.split_once(['\\', '/'])?;
        let mut known = SystemStoreLocation::ALL.into_iter();
        let location = known.find(|known| known.name().eq_ignore_ascii_case(location))?;
        // More of a path would name a part of a store, or another computer's.
        let usable = !name.is_empty() && !name.contains(['\\', '/', '\0']);
        usable.then(|| Self {
            location,
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for SystemStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\\{}", self.location.name(), self.name)
    }
}

/// Keychains of macOS that are files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Keychain {
    /// `keychain:`: those of the account's search list, which `security list-keychains` shows.
    SearchList,
    /// `keychain:login`: the account's own.
    Login,
    /// `keychain:System`: the computer's.
    System,
    /// `keychain:PATH`: another.
    File(PathBuf),
}

impl Keychain {
    fn read(name: &str) -> Self {
        match name {
            "" => Self::SearchList,
            _ if name.eq_ignore_ascii_case("login") => Self::Login,
            _ if name.eq_ignore_ascii_case("System") => Self::System,
            path => Self::File(path.into()),
        }
    }

    /// What it is, for a person.
    pub(crate) fn description(&self) -> &'static str {
        match self {
            Self::SearchList => "keychains of the search list",
            Self::Login => "login keychain",
            Self::System => "keychain of this computer",
            Self::File(_) => "keychain",
        }
    }
}

impl fmt::Display for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SearchList => Ok(()),
            Self::Login => f.write_str("login"),
            Self::System => f.write_str("System"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Databases of NSS, each a folder with `cert9.db` and `key4.db`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NssDatabase {
    /// `nss:`: those of every profile that is found.
    Found,
    /// `nss:DIR`: that of one folder.
    Folder(PathBuf),
}

impl NssDatabase {
    /// Reads what follows `nss:`: a folder, also with the prefix that NSS's own tools take before one.
    fn read(name: &str) -> Result<Self, &'static str> {
        if name.starts_with("dbm:") {
            return Err(
                "databases of the kind that NSS calls dbm (cert8.db) are not read; 'certutil \
                 --upgrade-merge' makes them new ones",
            );
        }
        match name.strip_prefix("sql:").unwrap_or(name) {
            "" if name.is_empty() => Ok(Self::Found),
            "" => Err("a folder must follow 'sql:'"),
            folder => Ok(Self::Folder(folder.into())),
        }
    }

    /// What it is, for a person.
    pub(crate) fn description(&self) -> &'static str {
        match self {
            Self::Found => "NSS databases of the browsers and mail programs here",
            Self::Folder(_) => "NSS database",
        }
    }
}

/// Text that names no store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    text: String,
    reason: Cow<'static, str>,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' names no store: {}", self.text, self.reason)
    }
}

impl std::error::Error for SpecError {}

impl std::str::FromStr for StoreSpec {
    type Err = SpecError;

    /// Reads a store name. Text without a known scheme is a path.
    ///
    /// # Errors
    /// The text is empty, or what follows the scheme names no store of it.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let fail = |reason: &'static str| SpecError {
            text: text.to_owned(),
            reason: reason.into(),
        };
        let Some((scheme, name)) = text.split_once(':') else {
            return match text {
                "" => Err(fail("it is empty")),
                path => Ok(Self::File(path.into())),
            };
        };
        match scheme {
            "file" if name.is_empty() => Err(fail("a folder must follow 'file:'")),
            "file" => Ok(Self::File(name.into())),
            "windows" => SystemStore::read(name).map(Self::Windows).ok_or_else(|| {
                fail("a location and a name must follow 'windows:', such as CurrentUser\\My")
            }),
            "keychain" => Ok(Self::Keychain(Keychain::read(name))),
            "dotnet" if name.is_empty() => {
                Err(fail("a store name must follow 'dotnet:', such as My"))
            }
            "dotnet" if name.contains(['/', '\\']) || name.starts_with('.') => {
                Err(fail("a .NET store is named by one word, such as My"))
            }
            "dotnet" => Ok(Self::Dotnet(name.to_owned())),
            "nss" => NssDatabase::read(name).map(Self::Nss).map_err(fail),
            "pkcs11" => Pkcs11Uri::read(name)
                .map(Self::Pkcs11)
                .map_err(|reason| SpecError {
                    text: pkcs11_uri::without_pin(text).into_owned(),
                    reason,
                }),
            // A drive letter, or a file name with a colon in it.
            _ => Ok(Self::File(text.into())),
        }
    }
}

impl fmt::Display for StoreSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme())?;
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Windows(store) => write!(f, "{store}"),
            Self::Keychain(keychain) => write!(f, "{keychain}"),
            Self::Dotnet(name) => f.write_str(name),
            Self::Nss(NssDatabase::Found) => Ok(()),
            Self::Pkcs11(uri) => write!(f, "{uri}"),
            Self::Nss(NssDatabase::Folder(path)) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests;
