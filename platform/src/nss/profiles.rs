//! Where programs keep their NSS databases. Mozilla's programs have a folder for each profile, which
//! `profiles.ini` in a folder of the program names ("Profile Manager", toolkit/profile of Firefox's
//! source); Chrome and others on Linux share one database (`crypto/nss_util.cc` of Chromium). Snap and
//! Flatpak give a program a home folder of its own.

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::os;
use crate::store::Application;

/// The database of a program, in use or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// The folder of its database.
    pub(crate) folder: PathBuf,
    /// Whose it is.
    pub(crate) application: Application,
    /// Whether another has the same program and name, as with Firefox as a package and as a snap.
    has_namesake: bool,
}

impl Profile {
    /// What it is, for a person.
    pub(crate) fn description(&self) -> String {
        let described = match &self.application.profile {
            Some(profile) => format!("{} profile {profile}", self.application.name),
            None => format!("{} and others", self.application.name),
        };
        match self.has_namesake {
            true => format!("{described} in {}", self.folder.display()),
            false => described,
        }
    }
}

/// More of a `profiles.ini` is not read.
const LARGEST_INI: u64 = 1 << 20;

/// Files of which a folder with a database has the first, or one of an old kind the second.
const DATABASES: [&str; 2] = ["cert9.db", "cert8.db"];

/// The folders in which programs keep things.
pub(crate) struct Roots {
    home: Option<PathBuf>,
    config: Option<PathBuf>,
    data: Option<PathBuf>,
}

impl Roots {
    fn of_this_account() -> Self {
        Self {
            home: std::env::home_dir(),
            config: os::config_folder(),
            data: os::data_folder(),
        }
    }

    fn folder(&self, place: &Place) -> Option<PathBuf> {
        let root = match place.root {
            Root::Home => &self.home,
            Root::Config => &self.config,
            Root::Data => &self.data,
        };
        Some(root.as_ref()?.join(place.path))
    }
}

/// One of [`Roots`].
#[derive(Clone, Copy)]
enum Root {
    Home,
    Config,
    #[cfg_attr(
        any(windows, target_os = "macos"),
        expect(dead_code, reason = "Chrome alone has something there, on Linux")
    )]
    Data,
}

/// Where a program keeps its profiles, or its only database.
struct Place {
    application: &'static str,
    root: Root,
    path: &'static str,
}

const fn place(application: &'static str, root: Root, path: &'static str) -> Place {
    Place {
        application,
        root,
        path,
    }
}

/// Folders with a `profiles.ini`.
#[cfg(not(any(windows, target_os = "macos")))]
const OF_PROFILES: &[Place] = &[
    place("Firefox", Root::Config, "mozilla/firefox"),
    place("Firefox", Root::Home, ".mozilla/firefox"),
    place(
        "Firefox",
        Root::Home,
        "snap/firefox/common/.mozilla/firefox",
    ),
    place(
        "Firefox",
        Root::Home,
        ".var/app/org.mozilla.firefox/config/mozilla/firefox",
    ),
    place(
        "Firefox",
        Root::Home,
        ".var/app/org.mozilla.firefox/.mozilla/firefox",
    ),
    place("Thunderbird", Root::Home, ".thunderbird"),
    place(
        "Thunderbird",
        Root::Home,
        "snap/thunderbird/common/.thunderbird",
    ),
    place(
        "Thunderbird",
        Root::Home,
        ".var/app/org.mozilla.Thunderbird/.thunderbird",
    ),
    place("LibreWolf", Root::Home, ".librewolf"),
    place(
        "LibreWolf",
        Root::Home,
        ".var/app/io.gitlab.librewolf-community/.librewolf",
    ),
    place("Waterfox", Root::Home, ".waterfox"),
    place("Zen", Root::Home, ".zen"),
    place("Zen", Root::Home, ".var/app/app.zen_browser.zen/.zen"),
];
#[cfg(target_os = "macos")]
const OF_PROFILES: &[Place] = &[
    place("Firefox", Root::Config, "Firefox"),
    place("Thunderbird", Root::Home, "Library/Thunderbird"),
    place("LibreWolf", Root::Config, "librewolf"),
    place("Waterfox", Root::Config, "Waterfox"),
    place("Zen", Root::Config, "zen"),
];
#[cfg(windows)]
const OF_PROFILES: &[Place] = &[
    place("Firefox", Root::Config, r"Mozilla\Firefox"),
    // From the Microsoft Store.
    place(
        "Firefox",
        Root::Home,
        r"AppData\Local\Packages\Mozilla.Firefox_n80bbvh6b1yt2\LocalCache\Roaming\Mozilla\Firefox",
    ),
    place("Thunderbird", Root::Config, "Thunderbird"),
    place("LibreWolf", Root::Config, "librewolf"),
    place("Waterfox", Root::Config, "Waterfox"),
    place("Zen", Root::Config, "zen"),
];

/// Folders that are a database.
#[cfg(not(any(windows, target_os = "macos")))]
const DATABASE: &[Place] = &[
    place("Chrome", Root::Home, ".pki/nssdb"),
    place("Chrome", Root::Data, "pki/nssdb"),
    place("Chromium", Root::Home, "snap/chromium/current/.pki/nssdb"),
    place(
        "Chrome",
        Root::Home,
        ".var/app/com.google.Chrome/.pki/nssdb",
    ),
    place(
        "Chromium",
        Root::Home,
        ".var/app/org.chromium.Chromium/.pki/nssdb",
    ),
];
/// Chrome has the system's own stores there.
#[cfg(any(windows, target_os = "macos"))]
const DATABASE: &[Place] = &[];

/// The databases of this account's programs, each once.
pub(crate) fn found() -> Vec<Profile> {
    found_in(&Roots::of_this_account())
}

/// Whether this is the name of a program that has NSS databases on this system.
pub(crate) fn is_program(name: &str) -> bool {
    let mut places = OF_PROFILES.iter().chain(DATABASE);
    places.any(|place| place.application.eq_ignore_ascii_case(name))
}

fn found_in(roots: &Roots) -> Vec<Profile> {
    let of_profiles = OF_PROFILES.iter().flat_map(|place| {
        let folder = roots.folder(place);
        folder.map_or_else(Vec::new, |folder| profiles_of(&folder, place.application))
    });
    let alone = DATABASE.iter().filter_map(|place| {
        Some(Profile {
            folder: roots.folder(place)?,
            application: Application {
                name: place.application.to_owned(),
                profile: None,
            },
            has_namesake: false,
        })
    });
    // The same folder may have several names.
    let mut seen = HashSet::new();
    let found = of_profiles.chain(alone);
    let found = found
        .filter(|profile| has_database(&profile.folder))
        .filter(|profile| {
            let folder = &profile.folder;
            seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone()))
        });
    let mut found: Vec<_> = found.collect();
    let applications: Vec<_> = found
        .iter()
        .map(|profile| profile.application.clone())
        .collect();
    for profile in &mut found {
        let same = applications
            .iter()
            .filter(|one| **one == profile.application);
        profile.has_namesake = same.count() > 1;
    }
    found
}

/// The profile whose database lies in this folder, if it is one of a program's.
pub(crate) fn of_folder(folder: &Path) -> Option<Profile> {
    let folder = folder.canonicalize().ok()?;
    let is_meant = |profile: &Profile| profile.folder.canonicalize().is_ok_and(|it| it == folder);
    found().into_iter().find(is_meant)
}

/// The profiles that `profiles.ini` names, and those that nothing names any more. Which one is in use
/// it does not tell: `Default=1` may stand at one that no program ever opened.
fn profiles_of(folder: &Path, application: &str) -> Vec<Profile> {
    let profile = |folder, name| Profile {
        folder,
        application: Application {
            name: application.to_owned(),
            profile: Some(name),
        },
        has_namesake: false,
    };
    let named = in_ini(&folder.join("profiles.ini")).into_iter();
    let mut all: Vec<_> = named
        .map(|(path, name)| profile(folder.join(path), name))
        .collect();
    let mut unnamed = [folder.to_owned(), folder.join("Profiles")]
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((
                entry.path(),
                entry.file_name().to_string_lossy().into_owned(),
            ))
        })
        .collect::<Vec<_>>();
    unnamed.sort();
    all.extend(unnamed.into_iter().map(|(path, name)| profile(path, name)));
    all
}

/// The folders and names in the sections `[Profile0]` and so on. Those that are relative are so to the
/// folder of the file; joining leaves absolute ones as they are.
fn in_ini(file: &Path) -> Vec<(PathBuf, String)> {
    let mut bytes = Vec::new();
    let read = os::open_to_read(file).and_then(|file| match file.metadata()?.is_file() {
        true => file.take(LARGEST_INI).read_to_end(&mut bytes),
        false => Ok(0),
    });
    if read.is_err() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut found: Vec<(Option<PathBuf>, Option<String>)> = Vec::new();
    let mut in_profile = false;
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            in_profile = section.starts_with("Profile");
            found.extend(in_profile.then_some((None, None)));
            continue;
        }
        let (Some((name, value)), true, Some(last)) =
            (line.split_once('='), in_profile, found.last_mut())
        else {
            continue;
        };
        match name.trim() {
            // With the separators of this system: it may stand there with slashes on Windows, too.
            "Path" => last.0 = Some(Path::new(value.trim()).components().collect()),
            "Name" => last.1 = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let found = found.into_iter().filter_map(|(path, name)| {
        let path = path?;
        let name = name.unwrap_or_else(|| path.display().to_string());
        Some((path, name))
    });
    found.collect()
}

fn has_database(folder: &Path) -> bool {
    DATABASES.iter().any(|name| folder.join(name).exists())
}

#[cfg(test)]
mod tests;
