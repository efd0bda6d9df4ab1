//! Credentials of systemd (systemd.exec(5), "Credentials"): files in the folder that
//! `$CREDENTIALS_DIRECTORY` names, which a service finds there by `LoadCredential=`,
//! `LoadCredentialEncrypted=` or `SetCredential=` in its unit, in memory that is never swapped, and
//! readable by the service's account alone.

use std::io;
use std::path::PathBuf;
use std::{env, fs};

use zeroize::Zeroizing;

use super::entry::{FileBytes, Kept, Name, VaultEntry};
use super::error::VaultError;
use crate::os;

/// The longest credential read, in bytes; a password has far fewer.
const MAX_BYTES: usize = 64 * 1024;

/// The folder with a service's credentials.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// That of this process, if systemd gave it one.
    pub(super) fn of_process() -> Option<Self> {
        Self::at(env::var_os("CREDENTIALS_DIRECTORY"))
    }

    fn at(folder: Option<std::ffi::OsString>) -> Option<Self> {
        let folder = folder.filter(|folder| !folder.is_empty())?;
        Some(Self(folder.into()))
    }

    pub(super) fn place(&self) -> String {
        format!("systemd's credentials in {}", self.0.display())
    }

    /// That this folder lacks a name.
    pub(super) fn has_no(&self, name: &Name) -> VaultError {
        VaultError::NotFound {
            name: name.clone(),
            place: self.place(),
        }
    }

    /// The credential of a name; `None` if there is none.
    pub(super) fn get(&self, name: &Name) -> Result<Option<Kept>, VaultError> {
        let path = self.0.join(name.as_str());
        let place = path.display().to_string();
        let file = match os::open_to_read(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(place, error)),
        };
        // One byte more than allowed, in memory that never moves.
        let mut bytes = Zeroizing::new(vec![0; MAX_BYTES + 1]);
        let filled = match os::fill(&file, &mut bytes, 0) {
            Ok(filled) => filled,
            Err(error) => return Err(refused(place, error)),
        };
        if filled > MAX_BYTES {
            return Err(VaultError::Unfit {
                place,
                reason: "it is longer than any password: over 64 KiB".to_owned(),
            });
        }
        bytes.truncate(filled);
        Ok(Some(Kept::File(FileBytes(bytes), place)))
    }

    /// The names of all of them; files that could be no name of a password are left out.
    pub(super) fn list(&self) -> Result<Vec<VaultEntry>, VaultError> {
        let place = self.place();
        let entries = fs::read_dir(&self.0).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(|error| refused(place.clone(), error))?;
        let names = entries.iter().filter_map(|entry| {
            let name = entry.file_name();
            name.to_str()?.parse::<Name>().ok()
        });
        let mut entries: Vec<_> = names
            .map(|name| VaultEntry {
                name,
                place: place.clone(),
            })
            .collect();
        entries.sort();
        Ok(entries)
    }
}

fn refused(place: String, error: io::Error) -> VaultError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => VaultError::Denied {
            place,
            source: Some(error.into()),
        },
        _ => VaultError::Failed {
            place,
            source: error.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn folder() -> (tempfile::TempDir, Folder) {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::at(Some(scratch.path().into())).unwrap();
        (scratch, folder)
    }

    #[test]
    fn folder_at_without_variable_is_none() {
        assert!(Folder::at(None).is_none());
        assert!(Folder::at(Some("".into())).is_none());
    }

    #[test]
    fn get_returns_bytes_of_credential_file() {
        let (scratch, folder) = folder();
        fs::write(scratch.path().join("backup"), b"secret\n").unwrap();
        let Some(Kept::File(bytes, place)) = folder.get(&name("backup")).unwrap() else {
            panic!("the bytes of a file");
        };
        assert_eq!(bytes.expose(), b"secret\n");
        assert!(place.ends_with("backup"));
        assert!(folder.get(&name("other")).unwrap().is_none());
    }

    #[test]
    fn list_contains_only_valid_names() {
        let (scratch, folder) = folder();
        for file in ["b", "a", "no name"] {
            fs::write(scratch.path().join(file), b"").unwrap();
        }
        let listed = folder.list().unwrap();
        let names: Vec<_> = listed.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(listed[0].place.starts_with("systemd's credentials in "));
    }

    #[test]
    fn folder_reports_oversized_file_and_missing_folder() {
        let (scratch, folder) = folder();
        fs::write(scratch.path().join("long"), vec![b'a'; MAX_BYTES + 1]).unwrap();
        assert!(matches!(
            folder.get(&name("long")),
            Err(VaultError::Unfit { .. })
        ));
        let missing = Folder::at(Some(scratch.path().join("missing").into())).unwrap();
        assert!(missing.get(&name("a")).unwrap().is_none());
        assert!(matches!(missing.list(), Err(VaultError::Failed { .. })));
    }

    #[test]
    fn refused_maps_permission_error_to_denied() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let error = refused("systemd's credentials".to_owned(), denied());
        assert!(matches!(error, VaultError::Denied { .. }));
        assert!(std::error::Error::source(&error).is_some());
    }
}
