//! Unix: `O_NONBLOCK` against FIFOs, file modes, `fsync` of folders; folders by the XDG Base
//! Directory specification, and Apple's on macOS.

pub(super) mod claim;
mod ffi;
#[cfg(target_os = "linux")]
mod mounts;
pub(super) mod terminal;
#[cfg(target_os = "macos")]
mod volumes;

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::Drive;

pub(super) fn open_to_read(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path)
}

pub(super) fn descriptor(number: i32) -> io::Result<File> {
    ffi::duplicate(number)
}

pub(super) fn data_folder() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    // The specification has relative paths ignored.
    named.filter(|path| path.is_absolute()).or_else(|| {
        let inside = if cfg!(target_vendor = "apple") {
            "Library/Application Support"
        } else {
            ".local/share"
        };
        Some(std::env::home_dir()?.join(inside))
    })
}

pub(super) fn user_id() -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

pub(super) fn mode(metadata: &Metadata) -> Option<u32> {
    Some(metadata.mode() & 0o7777)
}

pub(super) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

pub(super) fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

pub(super) fn others_have_access(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.mode() & 0o077 != 0)
}

pub(super) fn long_path(path: &Path) -> PathBuf {
    path.to_path_buf()
}

/// A rename asks for nothing but the folder.
pub(super) fn may_be_replaced(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

pub(super) fn free_space(folder: &Path) -> io::Result<u64> {
    let status = rustix::fs::statvfs(folder)?;
    Ok(status.f_bavail.saturating_mul(status.f_frsize))
}

pub(super) fn system_drive() -> Option<PathBuf> {
    None
}

pub(super) fn removable_drives() -> Vec<Drive> {
    #[cfg(target_os = "linux")]
    return mounts::removable_drives();
    #[cfg(target_os = "macos")]
    return volumes::removable_drives();
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    Vec::new()
}

/// The standard library opens the null device in place of a closed descriptor.
pub(super) fn stdout_is_lost() -> bool {
    let null = rustix::fs::stat("/dev/null");
    match (rustix::fs::fstat(rustix::stdio::stdout()), null) {
        (Ok(stdout), Ok(null)) => stdout.st_rdev == null.st_rdev,
        (Err(_), _) => true,
        (Ok(_), Err(_)) => false,
    }
}

/// `$JOURNAL_STREAM` names the device and inode of the journal's socket (systemd.exec(5)). Whoever
/// redirects standard error leaves the variable as it is, so the two are compared.
pub(super) fn stderr_is_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else {
        return false;
    };
    let stderr = rustix::fs::fstat(rustix::stdio::stderr());
    stderr.is_ok_and(|stderr| stream == format!("{}:{}", stderr.st_dev, stderr.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_private_file_has_the_mode_of_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = create_private(&folder.path().join("file")).unwrap();
        assert_eq!(super::mode(&file.metadata().unwrap()), Some(0o600));
    }

    #[test]
    fn a_private_folder_has_the_mode_of_one_and_others_keep_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let mode_of = |path: &Path| super::mode(&path.metadata().unwrap()).unwrap() & 0o777;
        let open = Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let path = folder.path().join("a/b");
        create_private_folder(&path).unwrap();
        assert_eq!(mode_of(&path), 0o700);
        assert_eq!(mode_of(path.parent().unwrap()), 0o700);
        create_private_folder(folder.path()).unwrap();
        assert_eq!(mode_of(folder.path()), 0o755);
    }

    #[test]
    fn a_mode_that_lets_others_in_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("file")).unwrap();
        for (mode, open) in [(0o600, false), (0o700, false), (0o640, true), (0o755, true)] {
            file.set_permissions(Permissions::from_mode(mode)).unwrap();
            assert_eq!(others_have_access(&file).unwrap(), open, "{mode:o}");
            assert_eq!(super::mode(&file.metadata().unwrap()), Some(mode));
        }
    }
}
