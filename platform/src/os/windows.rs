//! Windows: a file gets its owner and its list of who has access in the call that creates it
//! (`CreateFileW` with a security descriptor; tightening it afterwards would leave a moment in
//! between), and the volume says whether it keeps such lists. The file system journals names. A
//! person's data lies in `%APPDATA%`, so that it roams with the profile.

mod ffi;
pub(super) mod terminal;

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, IsTerminal as _};
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::path::{Path, PathBuf};

use windows_sys::Win32::Storage::FileSystem::{DELETE, FILE_READ_ATTRIBUTES};
use windows_sys::Win32::System::SystemServices::FILE_PERSISTENT_ACLS;

pub(super) fn open_to_read(path: &Path) -> io::Result<File> {
    File::open(path)
}

pub(super) fn descriptor(_number: i32) -> io::Result<File> {
    let reason = "there are no file descriptors on this system";
    Err(io::Error::new(io::ErrorKind::Unsupported, reason))
}

pub(super) fn data_folder() -> Option<PathBuf> {
    std::env::var_os("APPDATA").map(PathBuf::from)
}

pub(super) fn mode(_metadata: &Metadata) -> Option<u32> {
    None
}

pub(super) fn create_private(path: &Path) -> io::Result<File> {
    ffi::create_new(&long_path(path), &private(&ffi::user()?))
}

/// A security descriptor in its string form (SDDL): `user` owns the file, and nobody but `user` and
/// the system has access, whatever the folder would hand down. Named as the owner because for an
/// administrator that would be all administrators.
fn private(user: &str) -> String {
    format!("O:{user}D:P(A;;FA;;;SY)(A;;FA;;;{user})")
}

pub(super) fn others_have_access(file: &File) -> io::Result<bool> {
    Ok(!keeps_access_lists(ffi::volume_flags(file)))
}

/// Whether a volume with these flags does as [`private`] says. FAT and exFAT take the descriptor,
/// and forget it; what does not tell its flags is trusted with nothing.
fn keeps_access_lists(volume_flags: io::Result<u32>) -> bool {
    volume_flags.is_ok_and(|flags| flags & FILE_PERSISTENT_ACLS != 0)
}

pub(super) fn long_path(path: &Path) -> PathBuf {
    let Ok(absolute) = std::path::absolute(path) else {
        return path.to_path_buf();
    };
    let units: Vec<u16> = absolute.as_os_str().encode_wide().collect();
    OsString::from_wide(&super::verbatim::verbatim(&units)).into()
}

pub(super) fn may_be_replaced(path: &Path) -> io::Result<()> {
    // The system says so where another program has it open and does not share its removal.
    let file = OpenOptions::new()
        .access_mode(DELETE | FILE_READ_ATTRIBUTES)
        .open(path)?;
    if file.metadata()?.permissions().readonly() {
        let reason = "it is read-only";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    Ok(())
}

pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Of the character devices that are no console, the null device is the one that is met with.
pub(super) fn stdout_is_lost() -> bool {
    let stdout = io::stdout();
    let none = stdout.as_raw_handle().is_null();
    none || (ffi::is_character_device(&stdout) && !stdout.is_terminal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_volume_that_keeps_access_lists_keeps_others_out() {
        // As NTFS and exFAT report themselves.
        assert!(keeps_access_lists(Ok(0x03e7_06ff)));
        assert!(!keeps_access_lists(Ok(0x0002_0206)));
        assert!(!keeps_access_lists(Err(io::ErrorKind::Unsupported.into())));
    }

    #[test]
    fn a_private_file_is_for_its_owner_and_the_system() {
        let folder = tempfile::tempdir().unwrap();
        let file = create_private(&folder.path().join("file")).unwrap();
        let user = ffi::user().unwrap();
        let expected = ffi::looking::normal_form(&private(&user)).unwrap();
        let (owner, access) = expected.split_once('D').unwrap();
        let found = ffi::looking::descriptor_of(&file).unwrap();
        assert!(found.starts_with(owner), "{found} instead of {expected}");
        let allowed: Vec<_> = access.split('(').skip(1).collect();
        for entry in found.split('(').skip(1) {
            assert!(allowed.contains(&entry), "{found} instead of {expected}");
        }
    }

    #[test]
    fn a_file_that_is_open_elsewhere_or_read_only_cannot_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let open = File::options()
            .write(true)
            .create_new(true)
            .share_mode(0)
            .open(&path)
            .unwrap();
        may_be_replaced(&path).unwrap_err();
        drop(open);
        may_be_replaced(&path).unwrap();

        let mut permissions = path.metadata().unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions.clone()).unwrap();
        let refused = may_be_replaced(&path).unwrap_err();
        assert_eq!(refused.to_string(), "it is read-only");
    }

    #[test]
    fn a_path_with_both_separators_becomes_verbatim() {
        let path = long_path(Path::new(r"C:\folder/of files\./file.p12"));
        assert_eq!(path, Path::new(r"\\?\C:\folder\of files\file.p12"));
        let share = long_path(Path::new("//server/share/file.p12"));
        assert_eq!(share, Path::new(r"\\?\UNC\server\share\file.p12"));
    }
}
