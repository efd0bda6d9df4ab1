//! The folder of a store that does not exist before the first import, created private, and removed
//! again when nothing came into it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::error::StoreError;
use crate::os;
use crate::spec::StoreSpec;

/// Whether a folder that is missing could be made, as far as the folders above it tell.
///
/// # Errors
/// [`StoreError::Unavailable`]: something above it is no folder.
pub(super) fn may_be_made(folder: &Path) -> Result<(), StoreError> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let above = folder.ancestors().find(|above| above.exists());
    match above.is_some_and(Path::is_dir) {
        true => Ok(()),
        false => Err(not_made(&folder, io::ErrorKind::NotADirectory.into())),
    }
}

/// Makes the folder, private, and those above it that are missing; what was made, the innermost
/// first.
///
/// # Errors
/// [`StoreError::AccessDenied`], [`StoreError::Unavailable`]: it cannot be made. What was made
/// above it is gone again.
pub(super) fn make_folder(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let missing = folder.ancestors().take_while(|above| !above.exists());
    let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    match os::create_private_folder(folder) {
        Ok(()) => Ok(missing),
        Err(error) => {
            unmake(&missing);
            Err(not_made(folder, error))
        }
    }
}

/// Takes folders away again that were made for nothing. One that something is in stays.
pub(super) fn unmake(folders: &[PathBuf]) {
    for folder in folders {
        // Whatever speaks against it: an empty folder is the smaller fault.
        let _ = fs::remove_dir(os::long_path(folder));
    }
}

fn not_made(folder: &Path, error: io::Error) -> StoreError {
    StoreError::of_file(folder, error, |_, source| {
        let store = StoreSpec::File(folder.to_owned());
        StoreError::unavailable(&store, "its folder cannot be made", Some(source))
    })
}
