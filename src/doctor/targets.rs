//! Whether a folder can be saved to: a file is really written into it, as the files of a backup
//! are, read back and removed.

use std::path::Path;

use certstow_core::backup::manifest;
use certstow_core::backup::record::{self, Unusable};
use certstow_core::error::Error;
use certstow_core::{backup, output, waits};
use certstow_platform::os::{self, disk, privacy};

use super::Check;
use crate::error::OfDestination;

/// Less room than this may not do for the next backup, in bytes.
const LITTLE: u64 = 10 << 20;

/// Checks one folder.
pub(crate) fn check(folder: &Path) -> Check {
    let about = folder.display().to_string();
    let _wait = waits::waiting_for(format!("the disk or share of {about}"));
    if let Err(error) = backup::check_place(folder) {
        return failed(about, &error);
    }
    let Some(there) = existing(folder) else {
        let error = Error::Target {
            file: folder.to_owned(),
            what: "no part of its path is there",
            source: std::io::ErrorKind::NotFound.into(),
        };
        return failed(about, &error);
    };
    let exposed = match output::probe(there) {
        Ok(exposed) => exposed,
        Err(error) => return failed(about, &error),
    };
    let state = match there == folder {
        true => "can be written",
        false => "is not there and can be made",
    };
    let room = os::free_space(there).ok();
    let found = match room {
        Some(bytes) => format!("{state}; {} MiB free", bytes >> 20),
        None => state.to_owned(),
    };
    let found = Check::ok("target", about, found);
    if exposed {
        return found.warn(
            "other accounts can read what is saved there, since its file system cannot keep them \
             out: the password of the files is all that protects them",
        );
    }
    if disk::is_in_memory(there) {
        return found
            .warn("it is on no disk, but in memory: what is saved there is gone after a restart");
    }
    if room.is_some_and(|room| room < LITTLE) {
        return found.warn("there is hardly room for a backup");
    }
    if let Some(what) = privacy::guarded_from_tasks(folder) {
        return found.warn(format!(
            "macOS lets no task into {what} before certstow has Full Disk Access (System Settings, \
             Privacy & Security); what runs at a terminal has what the terminal has"
        ));
    }
    found
}

fn failed(about: String, error: &Error) -> Check {
    Check::failed("target", about, &OfDestination(error))
}

/// Checks that a folder which held a backup when it was last saved to holds one today; `None` if it
/// does, or nothing is known of it. `last_runs` as in [`backup::Request`].
pub(crate) fn emptied(folder: &Path, last_runs: &Path) -> Option<Check> {
    let about = folder.display().to_string();
    match backup::emptied(last_runs, folder) {
        Ok(None) => None,
        Ok(Some(emptied)) => {
            let error = Error::Emptied(Box::new(emptied));
            Some(Check::failed("target", about, &error))
        }
        Err(reason) => Some(
            Check::ok("target", about, reason)
                .warn("the next backup writes it anew; see that the right disk is mounted"),
        ),
    }
}

/// Checks the manifest of a folder; `None` if there is none yet, or no folder.
pub(crate) fn manifest(folder: &Path) -> Option<Check> {
    let _wait = waits::waiting_for(format!("the disk or share of {}", folder.display()));
    if !folder.is_dir() {
        return None;
    }
    let about = folder.join(manifest::NAME).display().to_string();
    match record::of_folder(folder) {
        Ok(None) => None,
        Ok(Some(manifest)) => {
            let number = manifest.entries.len();
            Some(Check::ok(
                "manifest",
                about,
                format!("names {number} saved identities"),
            ))
        }
        Err(Unusable::Damaged(reason)) => Some(
            Check::ok("manifest", about, format!("cannot be used: {reason}"))
                .warn("the next backup writes a new one; what it cannot prove it writes anew"),
        ),
        Err(Unusable::Unreadable(error)) => {
            let error = manifest::unreadable(folder, error);
            Some(Check::failed("manifest", about, &error))
        }
    }
}

/// The folder, or the nearest one above it that is there.
fn existing(folder: &Path) -> Option<&Path> {
    let there = |path: &&Path| path.symlink_metadata().is_ok();
    let found = folder.ancestors().find(there);
    // Of a relative path, the last one is empty.
    found.or_else(|| folder.is_relative().then(|| Path::new(".")))
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;
    use crate::exit::Exit;
    use certstow_core::backup::manifest::Manifest;

    #[test]
    fn target_check_leaves_writable_folder_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let found = check(folder.path());
        assert_eq!(found.status, Status::Ok, "{found:?}");
        assert!(found.found.starts_with("can be written; "));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn target_check_warns_about_memory_folder() {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let found = check(folder.path());
        assert_eq!(found.status, Status::Warning, "{found:?}");
        assert!(found.advice.unwrap().contains("gone after a restart"));
    }

    #[test]
    fn target_check_does_not_create_folder() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("not/there");
        let found = check(&target);
        assert_eq!(found.status, Status::Ok, "{found:?}");
        assert!(found.found.starts_with("is not there and can be made"));
        assert!(!target.exists());
        assert_eq!(
            existing(Path::new("no-such-folder/at-all")),
            Some(Path::new("."))
        );
    }

    #[test]
    fn manifest_check_reports_existing_manifest() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(manifest(folder.path()), None);
        assert_eq!(manifest(&folder.path().join("not there")), None);
        let file = folder.path().join(manifest::NAME);
        std::fs::write(&file, Manifest::empty().write_now()).unwrap();
        let found = manifest(folder.path()).unwrap();
        assert_eq!(found.status, Status::Ok);
        assert_eq!(found.found, "names 0 saved identities");
        std::fs::write(&file, "{").unwrap();
        let found = manifest(folder.path()).unwrap();
        assert_eq!(found.status, Status::Warning);
        assert!(found.found.starts_with("cannot be used: "), "{found:?}");
    }

    #[test]
    fn target_check_fails_for_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "x").unwrap();
        for target in [file.clone(), file.join("below")] {
            let found = check(&target);
            assert_eq!(found.status, Status::Failed);
            assert_eq!(found.exit, Exit::Target);
            assert!(found.found.contains("it is not a folder"), "{found:?}");
            assert!(found.advice.is_some_and(|advice| advice.contains("--to")));
        }
    }
}
