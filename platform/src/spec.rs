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

impl SystemStore {
    /// What it is, for a person.
    pub(crate) fn description(&self) -> &'static str {
        match (self.location, self.name.eq_ignore_ascii_case("My")) {
            (SystemStoreLocation::CurrentUser, true) => "personal certificates of this account",
            (SystemStoreLocation::LocalMachine, true) => "personal certificates of this computer",
            (SystemStoreLocation::CurrentUser, false) => "Windows store of this account",
            (SystemStoreLocation::LocalMachine, false) => "Windows store of this computer",
        }
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
mod tests {
    use super::*;

    #[test]
    fn spec_parses_bare_path_as_folder() {
        assert_eq!("certs".parse(), Ok(StoreSpec::File("certs".into())));
        assert_eq!(r"C:\certs".parse(), Ok(StoreSpec::File(r"C:\certs".into())));
    }

    #[test]
    fn spec_distinguishes_schemes_from_paths() {
        assert_eq!("file:a:b".parse(), Ok(StoreSpec::File("a:b".into())));
        assert_eq!("dotnet:My".parse(), Ok(StoreSpec::Dotnet("My".into())));
        for wrong in ["", "file:", "dotnet:", "dotnet:../x"] {
            assert!(wrong.parse::<StoreSpec>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn spec_parses_windows_store_locations() {
        let store = |location, name: &str| {
            let name = name.to_owned();
            Ok(StoreSpec::Windows(SystemStore { location, name }))
        };
        let [user, machine] = SystemStoreLocation::ALL;
        assert_eq!(r"windows:CurrentUser\My".parse(), store(user, "My"));
        assert_eq!(r"windows:localmachine\ca".parse(), store(machine, "ca"));
        assert_eq!("windows:CurrentUser/My".parse(), store(user, "My"));
        for wrong in [
            "",
            "My",
            r"CurrentUser\",
            r"\My",
            r"Nobody\My",
            r"LocalMachine\SERVER\My",
            "CurrentUserMy",
        ] {
            let error = format!("windows:{wrong}").parse::<StoreSpec>().unwrap_err();
            assert!(error.to_string().contains(r"CurrentUser\My"), "{error}");
        }
    }

    #[test]
    fn is_of_the_directory_knows_user_ds() {
        let store = |name: &str| SystemStore {
            location: SystemStoreLocation::CurrentUser,
            name: name.to_owned(),
        };
        for (name, expected) in [
            ("UserDS", true),
            ("userds", true),
            ("My", false),
            ("ADDRESSBOOK", false),
            ("SmartCardRoot", false),
        ] {
            assert_eq!(store(name).is_of_the_directory(), expected, "{name}");
        }
    }

    #[test]
    fn may_show_the_same_tells_personal_stores_apart() {
        use SystemStoreLocation::{CurrentUser, LocalMachine};

        let store = |location, name: &str| SystemStore {
            location,
            name: name.to_owned(),
        };
        for (one, other, expected) in [
            (store(CurrentUser, "My"), store(CurrentUser, "MY"), true),
            (store(CurrentUser, "My"), store(LocalMachine, "My"), false),
            (store(CurrentUser, "Web"), store(LocalMachine, "web"), true),
            (store(CurrentUser, "Web"), store(CurrentUser, "My"), false),
        ] {
            assert_eq!(one.may_show_the_same(&other), expected, "{one} {other}");
            assert_eq!(other.may_show_the_same(&one), expected, "{other} {one}");
        }
    }

    #[test]
    fn spec_parses_keychain_names_and_paths() {
        let keychain = |keychain| Ok(StoreSpec::Keychain(keychain));
        assert_eq!("keychain:".parse(), keychain(Keychain::SearchList));
        assert_eq!("keychain:login".parse(), keychain(Keychain::Login));
        assert_eq!("keychain:system".parse(), keychain(Keychain::System));
        let file = Keychain::File("build.keychain-db".into());
        assert_eq!("keychain:build.keychain-db".parse(), keychain(file));
    }

    #[test]
    fn has_scheme_knows_every_kind_of_store() {
        for text in ["file:a", "nss:", r"windows:CurrentUser\My=a"] {
            assert!(StoreSpec::has_scheme(text), "{text}");
        }
        for text in ["a", "jks:mine", r"C:\a", "", ":nss"] {
            assert!(!StoreSpec::has_scheme(text), "{text}");
        }
    }

    #[test]
    fn spec_with_unknown_scheme_is_path() {
        let file = StoreSpec::File("jks:mine".into());
        assert_eq!("jks:mine".parse(), Ok(file.clone()));
        assert_eq!("file:jks:mine".parse(), Ok(file));
    }

    #[test]
    fn spec_parses_nss_folders() {
        let folder = |folder: &str| Ok(StoreSpec::Nss(NssDatabase::Folder(folder.into())));
        assert_eq!("nss:".parse(), Ok(StoreSpec::Nss(NssDatabase::Found)));
        assert_eq!("nss:profile".parse(), folder("profile"));
        assert_eq!("nss:sql:profile".parse(), folder("profile"));
        assert_eq!(r"nss:C:\profile".parse(), folder(r"C:\profile"));
        for (wrong, expected) in [("nss:dbm:profile", "cert8.db"), ("nss:sql:", "folder")] {
            let error = wrong.parse::<StoreSpec>().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn covers_takes_nss_for_every_database() {
        let spec = |text: &str| text.parse::<StoreSpec>().unwrap();
        assert!(spec("nss:").covers(&spec("nss:profile")));
        assert!(spec("nss:profile").covers(&spec("nss:profile")));
        for (one, other) in [
            ("nss:profile", "nss:other"),
            ("nss:profile", "nss:"),
            ("nss:", "file:profile"),
            ("file:profile", "nss:profile"),
        ] {
            assert!(!spec(one).covers(&spec(other)), "{one} {other}");
        }
    }

    #[test]
    fn covers_takes_ways_to_one_place_for_the_same() {
        let here = std::env::current_dir().unwrap();
        let temporary = tempfile::tempdir().unwrap();
        let [below, above] = ["below", "below/.."].map(|name| temporary.path().join(name));
        std::fs::create_dir(&below).unwrap();
        for kind in ["nss", "file"] {
            let spec = |path: &Path| -> StoreSpec {
                format!("{kind}:{}", path.display()).parse().unwrap()
            };
            assert!(spec(Path::new("profile")).covers(&spec(&here.join("profile"))));
            assert!(spec(temporary.path()).covers(&spec(&above)));
            assert!(!spec(temporary.path()).covers(&spec(&below)));
        }
    }

    #[test]
    fn resolved_changes_only_relative_paths() {
        let folder = std::env::temp_dir();
        let inside = |name: &str| folder.join(name).display().to_string();
        let (certs, keychain) = (inside("certs"), inside("a.keychain-db"));
        for (text, expected) in [
            ("certs", format!("file:{certs}")),
            ("./certs", format!("file:{certs}")),
            (&certs, format!("file:{certs}")),
            ("keychain:a.keychain-db", format!("keychain:{keychain}")),
            ("keychain:", "keychain:".to_owned()),
            ("keychain:login", "keychain:login".to_owned()),
            ("dotnet:My", "dotnet:My".to_owned()),
            ("nss:", "nss:".to_owned()),
            ("nss:certs", format!("nss:{certs}")),
            (
                "pkcs11:./a.so?token=a%20b",
                format!("pkcs11:{}?token=a%20b", inside("a.so")),
            ),
            ("pkcs11:a.so", "pkcs11:a.so".to_owned()),
            (
                "pkcs11:token=a?module-path=/a.so",
                "pkcs11:token=a?module-path=/a.so".to_owned(),
            ),
            (
                r"windows:CurrentUser\My",
                r"windows:CurrentUser\My".to_owned(),
            ),
        ] {
            let spec: StoreSpec = text.parse().unwrap();
            let resolved = spec.resolved(|path| std::path::absolute(folder.join(path)));
            assert_eq!(resolved.unwrap(), *expected, "{text}");
        }
    }

    #[test]
    fn spec_display_round_trips() {
        for text in [
            "file:/a/b",
            "dotnet:My",
            r"windows:LocalMachine\Remote Desktop",
            "keychain:",
            "keychain:login",
            "keychain:System",
            "keychain:/a/b.keychain-db",
            "nss:",
            "nss:/a/b",
        ] {
            assert_eq!(text.parse::<StoreSpec>().unwrap().to_string(), text);
        }
    }
}
