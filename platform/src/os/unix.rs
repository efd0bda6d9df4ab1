//! Unix: `O_NONBLOCK` against FIFOs, file modes, `fsync` of folders; folders by the XDG Base
//! Directory specification, and Apple's on macOS.

mod access;
mod account;
pub(super) mod claim;
pub(super) mod command_line;
pub(super) mod disk;
mod ffi;
mod interruption;
#[cfg(target_os = "linux")]
mod mounts;
pub(super) mod terminal;
#[cfg(target_os = "macos")]
mod volumes;

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, IsTerminal as _, Stdin};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::drive_letter::MappedDrive;
use super::folder_of;
pub(crate) use access::{keep_access, keep_owner};
pub use access::{leads_where_root_says, may_take_files, written_by_others};
pub use account::account;
pub use interruption::on_interruption;
#[cfg(target_os = "linux")]
pub use mounts::{mount_root, removable_drives, volume};
#[cfg(target_os = "macos")]
pub use volumes::{mount_root, removable_drives};

pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    open_following(path, OpenOptions::new().read(true))
}

pub(super) fn open_following(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    open(path, options, OFlags::NONBLOCK | OFlags::NOCTTY)
}

/// Whether links that others may have made are a danger to everybody's files.
pub(super) fn follows_no_links() -> bool {
    rustix::process::geteuid().is_root()
}

pub(super) fn open_without_following(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    open(path, options, flags)
}

fn open(path: &Path, options: &mut OpenOptions, flags: OFlags) -> io::Result<File> {
    options.custom_flags(flags.bits() as i32).open(path)
}

/// There are none but links, which are not opened.
pub(super) fn is_reparse_point(_metadata: &Metadata) -> bool {
    false
}

pub(super) fn can_be_asked_at(stdin: &Stdin) -> bool {
    stdin.is_terminal()
}

/// Always: questions are shown at the terminal itself, or on standard error, and who redirects that knows.
pub(super) fn shows_questions() -> bool {
    true
}

/// A terminal goes on when its programs have ended.
pub fn has_window_of_its_own() -> bool {
    false
}

pub fn descriptor(number: i32) -> io::Result<File> {
    ffi::duplicate(number)
}

pub(crate) fn data_folder() -> Option<PathBuf> {
    folder_of_a_person("XDG_DATA_HOME", ".local/share")
}

pub(crate) fn config_folder() -> Option<PathBuf> {
    folder_of_a_person("XDG_CONFIG_HOME", ".config")
}

/// The folder that a variable names (XDG Base Directory Specification), or else the one of that name in
/// the home folder; macOS has one folder for both.
fn folder_of_a_person(variable: &str, inside: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    // The specification has relative paths ignored.
    named.filter(|path| path.is_absolute()).or_else(|| {
        let inside = match cfg!(target_vendor = "apple") {
            true => "Library/Application Support",
            false => inside,
        };
        Some(std::env::home_dir()?.join(inside))
    })
}

pub(crate) fn service_state_folder() -> Option<PathBuf> {
    let folders = std::env::var_os("STATE_DIRECTORY")?;
    // Several have colons between them.
    let first = std::env::split_paths(&folders).next()?;
    first.is_absolute().then_some(first)
}

pub(crate) fn user_id() -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

pub fn mode(metadata: &Metadata) -> Option<u32> {
    Some(metadata.mode() & 0o7777)
}

pub fn create_private(path: &Path) -> io::Result<File> {
    let file = create(path, 0o600)?;
    // What macOS keeps in memory when a file is written, it reads from there later.
    #[cfg(target_os = "macos")]
    let _ = rustix::fs::fcntl_nocache(&file, true);
    Ok(file)
}

/// Takes a mode away that lets others in.
pub(super) fn make_private(file: &File) -> io::Result<()> {
    let mode = file.metadata()?.mode() & 0o7777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => file.set_permissions(fs::Permissions::from_mode(mode & 0o700)),
    }
}

pub(crate) fn create_readable(path: &Path) -> io::Result<File> {
    create(path, 0o644)
}

pub(crate) fn let_everybody_read(file: &File) -> io::Result<()> {
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

fn create(path: &Path, mode: u32) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
}

pub(super) fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

pub fn create_readable_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(path)
}

pub fn others_have_access(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.mode() & 0o077 != 0)
}

pub(crate) fn fail_writes_past_the_limit() {
    ffi::ignore_file_size_signal();
}

pub fn long_path(path: &Path) -> PathBuf {
    path.to_path_buf()
}

/// A rename asks for nothing but the folder.
pub fn may_be_replaced(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// In the folders of devices and descriptors nothing is a file: what `/dev/stdout` leads to may be
/// one, and is still meant as a stream. So every link on the way is looked at.
pub fn is_device(path: &Path) -> bool {
    /// As many links as Linux follows (path_resolution(7)).
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let folder = fs::canonicalize(folder_of(&path)).unwrap_or_default();
        let keeps_no_files = folder == Path::new("/dev")
            || folder.starts_with("/dev/fd")
            || folder.starts_with("/proc");
        if keeps_no_files && !path.is_dir() {
            return true;
        }
        match fs::read_link(&path) {
            Ok(target) => path = folder.join(target),
            Err(_) => break,
        }
    }
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// By `statfs`, whose numbers have 64 bits; those of `statvfs` have 32 there.
#[cfg(target_os = "macos")]
pub fn free_space(folder: &Path) -> io::Result<u64> {
    let status = rustix::fs::statfs(folder)?;
    Ok(status.f_bavail.saturating_mul(status.f_bsize.into()))
}

#[cfg(not(target_os = "macos"))]
pub fn free_space(folder: &Path) -> io::Result<u64> {
    let status = rustix::fs::statvfs(folder)?;
    Ok(status.f_bavail.saturating_mul(status.f_frsize))
}

pub fn check_name(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub fn is_drive_root(_path: &Path) -> bool {
    false
}

pub fn mapped_drive(_path: &Path) -> Option<MappedDrive> {
    None
}

pub(crate) fn console_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn system_drive() -> Option<PathBuf> {
    None
}

#[cfg(not(target_os = "linux"))]
pub fn volume(_folder: &Path) -> Option<String> {
    None
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub fn mount_root(_folder: &Path) -> Option<PathBuf> {
    None
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub fn removable_drives() -> Vec<super::Drive> {
    Vec::new()
}

/// The standard library opens the null device in place of a closed descriptor.
pub fn stdout_is_lost() -> bool {
    let null = rustix::fs::stat("/dev/null");
    match (rustix::fs::fstat(rustix::stdio::stdout()), null) {
        (Ok(stdout), Ok(null)) => stdout.st_rdev == null.st_rdev,
        (Err(_), _) => true,
        (Ok(_), Err(_)) => false,
    }
}

/// `$JOURNAL_STREAM` names the device and inode of the journal's socket (systemd.exec(5)). Whoever
/// redirects an output leaves the variable as it is, so the two are compared.
pub fn stderr_is_journal() -> bool {
    is_journal(rustix::stdio::stderr())
}

pub fn stdout_is_journal() -> bool {
    is_journal(rustix::stdio::stdout())
}

fn is_journal(output: BorrowedFd<'_>) -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else {
        return false;
    };
    let output = rustix::fs::fstat(output);
    output.is_ok_and(|output| stream == format!("{}:{}", output.st_dev, output.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;

    #[test]
    fn open_regular_file_rejects_special_files() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("file"), folder.path().join("link"));
        File::create(&path).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let socket = folder.path().join("socket");
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("dangling")).unwrap();
        let link_words = "it is a link, and links are not followed";
        for (path, words) in [
            (link, link_words),
            (folder.path().join("dangling"), link_words),
            (pipe, "it is no regular file"),
            (socket, "it is no regular file"),
            ("/dev/zero".into(), "it is no regular file"),
        ] {
            let refused = super::super::open_regular_file(&path).unwrap_err();
            assert_eq!(refused.to_string(), words, "{}", path.display());
        }
    }

    #[test]
    fn create_private_sets_mode_0600() {
        let folder = tempfile::tempdir().unwrap();
        let file = create_private(&folder.path().join("file")).unwrap();
        assert_eq!(super::mode(&file.metadata().unwrap()), Some(0o600));
    }

    #[test]
    fn open_or_make_private_file_restricts_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mode = |file: &File| super::mode(&file.metadata().unwrap());
        let made = super::super::open_or_make_private_file(&path).unwrap();
        assert_eq!(mode(&made), Some(0o600));
        for before in [0o666, 0o644, 0o640, 0o600] {
            made.set_permissions(Permissions::from_mode(before))
                .unwrap();
            let opened = super::super::open_or_make_private_file(&path).unwrap();
            assert_eq!(mode(&opened), Some(0o600), "{before:o}");
        }
    }

    #[test]
    fn create_private_folder_restricts_only_new_folders() {
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
    fn is_device_detects_pipes_and_descriptors() {
        let folder = tempfile::tempdir().unwrap();
        let inside = |name: &str| folder.path().join(name);
        let fifo = std::process::Command::new("mkfifo")
            .arg(inside("fifo"))
            .status();
        assert!(fifo.unwrap().success());
        fs::write(inside("file"), "x").unwrap();
        let open = File::open(inside("file")).unwrap();
        let descriptor = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&open));
        let link = |name: &str, target: &Path| {
            std::os::unix::fs::symlink(target, inside(name)).unwrap();
            inside(name)
        };
        let devices = [
            inside("fifo"),
            link("to-fifo", Path::new("fifo")),
            link("to-stdout", Path::new("/dev/stdout")),
            link("to-link", &inside("to-stdout")),
            link("to-descriptor", Path::new(&descriptor)),
        ];
        let named = [
            "/dev/stdout",
            "/dev/null",
            "/dev/none.p12",
            "/dev/fd/987",
            &descriptor,
        ];
        for device in devices
            .iter()
            .map(|path| &**path)
            .chain(named.map(Path::new))
        {
            assert!(is_device(device), "{}", device.display());
        }
        let files = [
            inside("file"),
            inside("none"),
            inside("no/such"),
            link("to-file", Path::new("file")),
            link("dangling", Path::new("gone")),
            link("to-itself", Path::new("to-itself")),
            folder.path().to_owned(),
        ];
        for file in files
            .iter()
            .map(|path| &**path)
            .chain(["/dev", "/"].map(Path::new))
        {
            assert!(!is_device(file), "{}", file.display());
        }
    }

    #[test]
    fn others_have_access_reads_file_mode() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("file")).unwrap();
        for (mode, open) in [(0o600, false), (0o700, false), (0o640, true), (0o755, true)] {
            file.set_permissions(Permissions::from_mode(mode)).unwrap();
            assert_eq!(others_have_access(&file).unwrap(), open, "{mode:o}");
            assert_eq!(super::mode(&file.metadata().unwrap()), Some(mode));
        }
    }
}
