//! A second copy of a file that was saved and proven, in another folder: on a USB drive, say. The
//! file is read from its disk once more and has to be the one that was proven; the copy is written
//! as any other file ([`output`]), and read back from its own disk.

use std::path::{Path, PathBuf};
use std::{fs, io};

use certstow_formats::names;
use certstow_platform::new_file::folder_of;
use certstow_platform::os;
use certstow_platform::os::disk;
use same_file::Handle;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::output::{self, Existing, Privacy, Written};

/// Where the copy of a file in another folder is to lie: under its own name.
///
/// # Errors
/// [`Error::Contradiction`]: it is the folder of the file itself, under whatever name.
pub fn place(saved: &Path, folder: &Path) -> Result<PathBuf, Error> {
    // A folder that is not there shows when it is written to.
    if let (Ok(own), Ok(other)) = (identity(folder_of(saved)), identity(folder))
        && own == other
    {
        return Err(Error::Contradiction(format!(
            "{} is the folder of the file itself, and a copy belongs into another",
            folder.display()
        )));
    }
    Ok(folder.join(saved.file_name().unwrap_or_default()))
}

/// What a folder is, by whatever name or mount it was come to. It has to be there.
fn identity(folder: &Path) -> io::Result<Handle> {
    let _wait = output::waiting_for(folder);
    Handle::from_path(os::long_path(folder))
}

/// Looks for the usual reasons that a copy in one of the folders would fail, as
/// [`output::preflight`] does for the file itself. It need not be there yet.
///
/// # Errors
/// [`Error::NotCopied`] with what [`place`] and [`output::preflight`] fail with, or with
/// [`Error::Contradiction`] for a folder that is named twice.
pub fn preflight(
    saved: &Path,
    folders: &[PathBuf],
    existing: Existing,
    privacy: Privacy,
) -> Result<(), Error> {
    let mut seen = Vec::new();
    for folder in folders {
        place(saved, folder)
            .and_then(|copy| output::preflight(&copy, existing, privacy))
            .and_then(|()| named_once(folder, &mut seen))
            .map_err(|error| error.of_a_copy_in(folder))?;
    }
    Ok(())
}

fn named_once(folder: &Path, seen: &mut Vec<Handle>) -> Result<(), Error> {
    let Ok(identity) = identity(folder) else {
        return Ok(());
    };
    if seen.contains(&identity) {
        let text = format!("{} is named twice", folder.display());
        return Err(Error::Contradiction(text));
    }
    seen.push(identity);
    Ok(())
}

/// Copies a file that was saved into another folder, under the same name. `sha256` is that of the
/// bytes that were proven, in hexadecimal digits.
///
/// # Errors
/// Whatever the error, the file that was saved is as it was, and so is what the copy was to replace.
/// - [`Error::Changed`]: the file is not what was proven any more.
/// - [`Error::Io`]: the file cannot be read.
/// - [`Error::Contradiction`]: the folder is the file's own.
/// - [`Error::TargetExists`], [`Error::Device`], [`Error::Target`], [`Error::NotPrivate`],
///   [`Error::Verification`]: of the copy, see [`output::write`].
pub fn copy(
    saved: &Path,
    sha256: &str,
    folder: &Path,
    existing: Existing,
    privacy: Privacy,
) -> Result<Written, Error> {
    let file = place(saved, folder)?;
    let bytes = read(saved).map_err(|source| Error::io(saved, source))?;
    if !names::hex(&Sha256::digest(&*bytes)).eq_ignore_ascii_case(sha256) {
        return Err(Error::Changed {
            file: saved.to_owned(),
        });
    }
    // Nothing is to be proven but that the bytes are the same, which every write makes sure of.
    output::write(&file, existing, privacy, &bytes, |_| Ok(()))
}

/// All of a file, in memory that is wiped: a PEM file may hold a key in clear.
fn read(file: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let _wait = output::waiting_for(file);
    let file = os::long_path(file);
    let length = fs::metadata(&file)?.len();
    // What became a device meanwhile may have no end.
    disk::read(&file, usize::try_from(length).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    struct World {
        _disk: tempfile::TempDir,
        saved: PathBuf,
        folder: PathBuf,
    }

    const CONTENT: &[u8] = b"proven";

    fn world() -> World {
        let disk = tempfile::tempdir().unwrap();
        let folder = disk.path().join("stick");
        fs::create_dir(&folder).unwrap();
        let saved = disk.path().join("ada.p12");
        fs::write(&saved, CONTENT).unwrap();
        World {
            saved,
            folder,
            _disk: disk,
        }
    }

    fn hash() -> String {
        names::hex(&Sha256::digest(CONTENT))
    }

    fn copy_into(world: &World, existing: Existing) -> Result<Written, Error> {
        copy(
            &world.saved,
            &hash(),
            &world.folder,
            existing,
            Privacy::Required,
        )
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn copy_is_private_with_same_content() {
        let world = world();
        let copied = copy_into(&world, Existing::Refuse).unwrap();
        assert_eq!(copied.file, world.folder.join("ada.p12"));
        assert_eq!(copied.warnings, []);
        assert_eq!(fs::read(&copied.file).unwrap(), CONTENT);
        assert_eq!(names_in(&world.folder), ["ada.p12"]);
        let open = File::open(&copied.file).unwrap();
        assert!(!os::others_have_access(&open).unwrap());
    }

    #[test]
    fn copy_refuses_a_changed_source() {
        let world = world();
        fs::write(&world.saved, b"PROVEN").unwrap();
        let refused = copy_into(&world, Existing::Refuse).unwrap_err();
        assert!(matches!(&refused, Error::Changed { file } if *file == world.saved));
        assert!(names_in(&world.folder).is_empty());

        fs::remove_file(&world.saved).unwrap();
        let refused = copy_into(&world, Existing::Refuse).unwrap_err();
        assert!(matches!(refused, Error::Io { .. }), "{refused:?}");
        assert!(names_in(&world.folder).is_empty());
    }

    #[test]
    fn copy_replaces_existing_file_only_when_allowed() {
        let world = world();
        let other = world.folder.join("ada.p12");
        fs::write(&other, b"another").unwrap();
        let refused = copy_into(&world, Existing::Refuse).unwrap_err();
        assert!(matches!(&refused, Error::TargetExists { file } if *file == other));
        assert_eq!(fs::read(&other).unwrap(), b"another");

        copy_into(&world, Existing::Replace).unwrap();
        assert_eq!(fs::read(&other).unwrap(), CONTENT);
    }

    /// What both the attempt and the look before it are refused with.
    fn refused(world: &World, folder: &Path, existing: Existing) -> Error {
        let copied = copy(&world.saved, &hash(), folder, existing, Privacy::Wanted);
        let tried = preflight(
            &world.saved,
            &[folder.to_owned()],
            existing,
            Privacy::Wanted,
        );
        let Error::NotCopied { error, .. } = tried.unwrap_err() else {
            panic!("it is not said that it is about a copy");
        };
        let refused = copied.unwrap_err();
        assert_eq!(error.to_string(), refused.to_string());
        refused
    }

    #[test]
    fn copy_refuses_the_sources_own_folder() {
        let world = world();
        let own = world.saved.parent().unwrap();
        for folder in [own.to_owned(), world.folder.join("..")] {
            let refused = refused(&world, &folder, Existing::Replace);
            assert!(matches!(refused, Error::Contradiction(_)), "{refused:?}");
        }
        assert_eq!(fs::read(&world.saved).unwrap(), CONTENT);
    }

    #[test]
    fn copy_rejects_missing_or_non_folder_target() {
        let world = world();
        for folder in [world.folder.join("no"), world.saved.clone()] {
            let refused = refused(&world, &folder, Existing::Refuse);
            assert!(matches!(refused, Error::Target { .. }), "{refused:?}");
        }
    }

    #[test]
    fn preflight_refuses_a_folder_named_twice() {
        let world = world();
        let again = world.folder.join("../stick");
        let try_both = |folders: &[PathBuf]| {
            preflight(&world.saved, folders, Existing::Refuse, Privacy::Required)
        };
        try_both(std::slice::from_ref(&again)).unwrap();
        let refused = try_both(&[world.folder.clone(), again.clone()]).unwrap_err();
        assert!(
            matches!(&refused, Error::NotCopied { folder, error }
                if *folder == again && matches!(**error, Error::Contradiction(_))),
            "{refused:?}"
        );
        assert!(names_in(&world.folder).is_empty());
    }
}
