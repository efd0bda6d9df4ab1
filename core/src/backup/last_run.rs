//! What an account remembers of each folder that it saved to (schema `certstow.destinations/1`): one
//! small file for each, beside what certstow keeps for the account. A folder that held a backup then
//! and holds none now may be a mount point with nothing mounted, or another disk: a backup begun
//! there would look as good as the one that is missing.

use std::path::{Path, PathBuf};
use std::{fs, io};

use certstow_formats::names;
use certstow_platform::new_file::folder_of;
use certstow_platform::os;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::destination::{NOT_MADE, real_path};
use super::folder::read;
use super::manifest;
use crate::error::{Emptied, Error};
use crate::output::{self, Existing, Privacy};
use crate::time;

/// The folder of these files, in the one that certstow keeps for an account.
pub const FOLDER: &str = "destinations";

/// The schema this version reads and writes.
const SCHEMA: &str = "certstow.destinations/1";

/// No such file is larger.
const MAX_BYTES: u64 = 64 * 1024;

/// The last run that saved to a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastRun {
    schema: String,
    /// The folder, for who reads the file: its name tells which one it is about.
    #[serde(default)]
    destination: String,
    /// The volume that the folder was on ([`os::volume`]), where the system tells.
    #[serde(default)]
    volume: Option<String>,
    /// When the run was, RFC 3339 in UTC.
    #[serde(default, rename = "last_run")]
    when: String,
    /// How many identities the folder held after it.
    #[serde(default)]
    identities: usize,
}

/// Whether a folder holds nothing of a backup although the last run that saved to it left one.
///
/// # Errors
/// What is known of the last run cannot be read; a sentence.
pub fn emptied(last_runs: &Path, folder: &Path) -> Result<Option<Emptied>, String> {
    let _wait = output::waiting_for(folder);
    // Without the folder above it nothing is saved there in any case.
    let may_be_saved_to = folder.is_dir() || folder_of(folder).is_dir();
    if !may_be_saved_to || holds_a_backup(folder) {
        return Ok(None);
    }
    let Some(last) = LastRun::of(last_runs, folder)? else {
        return Ok(None);
    };
    let now = volume(folder);
    Ok(Some(Emptied {
        folder: folder.to_owned(),
        is_there: folder.is_dir(),
        when: time::from_utc(&last.when),
        identities: last.identities,
        volumes: last.volume.zip(now).filter(|(then, now)| then != now),
    }))
}

/// Remembers that a run left a backup of this many identities in a folder.
///
/// # Errors
/// It cannot be written; a sentence.
pub(super) fn remember(last_runs: &Path, folder: &Path, identities: usize) -> Result<(), String> {
    let last = LastRun {
        schema: SCHEMA.to_owned(),
        destination: real_path(folder).to_string_lossy().into_owned(),
        volume: volume(folder),
        when: time::now().to_string(),
        identities,
    };
    let file = file_of(last_runs, folder);
    let written = os::create_private_folder(last_runs)
        .map_err(|source| Error::target(last_runs, NOT_MADE, source))
        .and_then(|()| {
            let bytes = serde_json::to_vec(&last).unwrap_or_default();
            output::write(
                &file,
                Existing::Replace,
                Privacy::Wanted,
                &bytes,
                |_| Ok(()),
            )
        });
    written.map(drop).map_err(|error| {
        format!(
            "that {} holds a backup was not noted, so that an empty folder in its place would not be \
             noticed: {}",
            folder.display(),
            error.in_full()
        )
    })
}

impl LastRun {
    fn of(last_runs: &Path, folder: &Path) -> Result<Option<Self>, String> {
        let file = file_of(last_runs, folder);
        let damaged = |reason: String| {
            format!(
                "{} cannot be used, so that it is not known whether {} held a backup: {reason}",
                file.display(),
                folder.display()
            )
        };
        let bytes = match read(&file, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(damaged(error.to_string())),
        };
        match serde_json::from_slice::<Self>(&bytes) {
            Ok(last) if last.schema == SCHEMA => Ok(Some(last)),
            Ok(last) => Err(damaged(format!("its schema is '{}'", last.schema))),
            Err(error) => Err(damaged(error.to_string())),
        }
    }
}

/// One for each folder, so that runs at the same time do not get in each other's way.
fn file_of(last_runs: &Path, folder: &Path) -> PathBuf {
    let path = real_path(folder);
    let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
    last_runs.join(format!("{}.json", names::hex(&hash[..16])))
}

fn volume(folder: &Path) -> Option<String> {
    let there = if folder.is_dir() {
        folder
    } else {
        folder_of(folder)
    };
    os::volume(there)
}

/// Whether there is a manifest, whole or not, or a file with an identity. A folder that cannot be
/// looked into is none that is empty: what is wrong with it is told when it is saved to.
fn holds_a_backup(folder: &Path) -> bool {
    match fs::read_dir(os::long_path(folder)) {
        Ok(mut entries) => entries.any(|entry| match entry {
            Ok(entry) => manifest::is_of_a_backup(&entry.file_name().to_string_lossy()),
            Err(_) => true,
        }),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emptied_is_none_for_another_folder() {
        let (runs, parent) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let runs = runs.path().join("made");
        let [a, b] = ["a", "b"].map(|name| parent.path().join(name));
        assert_eq!(emptied(&runs, &a), Ok(None));
        remember(&runs, &a, 3).unwrap();
        let found = emptied(&runs, &a).unwrap().unwrap();
        assert_eq!((found.identities, found.is_there), (3, false));
        assert_eq!(emptied(&runs, &b), Ok(None));
        // Nothing can be saved there: another error tells of it.
        assert_eq!(emptied(&runs, &a.join("below/it")), Ok(None));
    }

    #[test]
    fn emptied_reports_folder_without_backup_files() {
        let (runs, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (runs, folder) = (runs.path(), folder.path());
        remember(runs, folder, 1).unwrap();
        let is_emptied = || emptied(runs, folder).unwrap().is_some();
        assert!(is_emptied());
        for other in [
            "lost+found",
            ".certstow-lock",
            "me.p12",
            "notes--0123456789abcdef.txt",
        ] {
            fs::write(folder.join(other), "x").unwrap();
            assert!(is_emptied(), "{other}");
        }
        for own in [
            manifest::NAME,
            "certstow-manifest.json.damaged",
            "ada--0123456789abcdef.p12",
        ] {
            fs::write(folder.join(own), "x").unwrap();
            assert!(!is_emptied(), "{own}");
            fs::remove_file(folder.join(own)).unwrap();
        }
    }

    #[test]
    fn last_run_reports_damage_and_is_rewritten() {
        let (runs, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (runs, folder) = (runs.path(), folder.path());
        let file = file_of(runs, folder);
        for damaged in [
            "{",
            "",
            r#"{"schema":"certstow.destinations/2","identities":1}"#,
        ] {
            fs::write(&file, damaged).unwrap();
            let reason = emptied(runs, folder).unwrap_err();
            assert!(reason.contains("cannot be used"), "{reason}");
        }
        // What later versions add does no harm, nor what is missing.
        fs::write(&file, r#"{"schema":"certstow.destinations/1","more":[]}"#).unwrap();
        let found = emptied(runs, folder).unwrap().unwrap();
        assert_eq!((found.when, found.identities), (None, 0));
        remember(runs, folder, 2).unwrap();
        assert_eq!(emptied(runs, folder).unwrap().unwrap().identities, 2);
    }
}
