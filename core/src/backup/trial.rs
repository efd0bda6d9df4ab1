//! A password that somebody typed, tried before anything is done with it: at a prompt a slip of the finger
//! is asked for again, and no run fails by it.

use std::path::Path;

use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::secret::Password;
use certstow_platform::OpenedFile;

use super::folder::Folder;

/// How many files are tried in each folder: most have one password for all, and each try takes a key
/// derivation.
const TRIED: usize = 8;

/// Whether a password opens none of the files of these folders that were tried, and was wrong for one. Of
/// what cannot be read nothing is said.
pub fn is_wrong_password(
    folders: impl IntoIterator<Item = impl AsRef<Path>>,
    password: &Password,
) -> bool {
    let mut was_wrong = false;
    for path in folders {
        let Ok(folder) = Folder::list(path.as_ref()) else {
            continue;
        };
        for subject in folder.unnamed(&[]).iter().take(TRIED) {
            let (file, _) = subject.read(&folder, false);
            let Ok(bytes) = &file.bytes else {
                continue;
            };
            match OpenedFile::open(bytes, &folder.path(&subject.name), password) {
                Ok(_) => return false,
                Err(DecodeError::WrongPassword | DecodeError::WrongPasswordOrAltered) => {
                    was_wrong = true;
                }
                Err(_) => {}
            }
        }
    }
    was_wrong
}
