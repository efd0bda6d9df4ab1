//! Windows: a file gets its owner and its list of who has access in the call that creates it
//! (`CreateFileW` with a security descriptor; tightening it afterwards would leave a moment in
//! between). Whether it was kept is read back from the file, and from the flags of its volume. The
//! file system journals names. A person's data lies in `%APPDATA%`, so that it roams with the
//! profile.

mod account;
pub(super) mod claim;
pub(super) mod command_line;
pub(super) mod disk;
mod drives;
mod ffi;
mod interruption;
pub(super) mod terminal;

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, IsTerminal as _, Stdin};
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::os::windows::io::AsRawHandle as _;
use std::path::{Component, Path, PathBuf, Prefix};
use std::sync::OnceLock;

use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES,
};
use windows_sys::Win32::System::SystemServices::FILE_PERSISTENT_ACLS;

use super::access_list::{
    Account, admits_no_other_writer, admits_nobody_else, private, private_folder,
};
use super::retries::Retries;
use super::verbatim::{verbatim, with_trailing_backslash};
use super::windows_names;
pub use account::account;
pub use drives::{mapped_drive, mount_root, removable_drives, volume};
pub use interruption::on_interruption;

pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    File::open(path)
}

pub(super) fn open_following(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options.open(long_path(path))
}

/// To make a link is a privilege there.
pub(super) fn follows_no_links() -> bool {
    false
}

pub(super) fn open_without_following(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
        .open(long_path(path))
}

/// Links, junctions, and whatever else is not read as it lies there.
pub(super) fn is_reparse_point(metadata: &Metadata) -> bool {
    metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0
}

pub(super) fn can_be_asked_at(stdin: &Stdin) -> bool {
    ffi::console_mode(stdin).is_ok()
}

pub(super) fn shows_questions() -> bool {
    ffi::console_mode(&io::stdout()).is_ok() || ffi::console_mode(&io::stderr()).is_ok()
}

pub fn has_window_of_its_own() -> bool {
    ffi::processes_at_console() == 1
}

pub fn descriptor(_number: i32) -> io::Result<File> {
    let reason = "there are no file descriptors on this system";
    Err(io::Error::new(io::ErrorKind::Unsupported, reason))
}

pub(crate) fn data_folder() -> Option<PathBuf> {
    std::env::var_os("APPDATA").map(PathBuf::from)
}

pub(crate) fn config_folder() -> Option<PathBuf> {
    data_folder()
}

pub(crate) fn service_state_folder() -> Option<PathBuf> {
    None
}

pub fn system_drive() -> Option<PathBuf> {
    let mut drive = std::env::var_os("SystemDrive").unwrap_or_else(|| "C:".into());
    // Without it, it would be the folder that this drive is in at the moment.
    drive.push(r"\");
    Some(drive.into())
}

pub fn check_name(path: &Path) -> io::Result<()> {
    match windows_names::refusal(&path.to_string_lossy()) {
        Some(reason) => Err(io::Error::new(io::ErrorKind::InvalidFilename, reason)),
        None => Ok(()),
    }
}

pub fn leads_where_root_says(_path: &Path) -> bool {
    true
}

pub fn is_drive_root(path: &Path) -> bool {
    windows_names::is_drive_root(&path.to_string_lossy())
}

/// What a program writes to a pipe is in the code page of the console that it shares with this process;
/// without one, in the one that consoles begin with (OEM).
pub(crate) fn console_text(bytes: &[u8]) -> String {
    ffi::decode(ffi::console_code_page(), bytes)
}

pub(crate) fn user_id() -> Option<u32> {
    None
}

pub fn mode(_metadata: &Metadata) -> Option<u32> {
    None
}

pub(crate) fn keep_access(new: &File, old: &File) -> io::Result<()> {
    new.set_permissions(old.metadata()?.permissions())
}

/// A file is the account's that made it, and the list of who has access says the rest.
pub(crate) fn keep_owner(_new: &File, _old: &Path) -> io::Result<()> {
    Ok(())
}

/// The account of this process, whose files are its own.
fn owner() -> io::Result<Account<'static>> {
    static OWNER: OnceLock<(String, String)> = OnceLock::new();
    let (sid, name) = match OWNER.get() {
        Some(owner) => owner,
        None => {
            // A domain that does not answer has no name for it.
            let found = (ffi::user()?, ffi::user_name().unwrap_or_default());
            OWNER.get_or_init(|| found)
        }
    };
    Ok(Account { sid, name })
}

pub fn create_private(path: &Path) -> io::Result<File> {
    check_name(path)?;
    create(&long_path(path), &private(owner()?))
}

/// Creates a file with a security descriptor, or else as its folder would have it: a server that
/// does not know the account lets it own nothing. [`others_have_access`] tells which it was.
fn create(path: &Path, security: &str) -> io::Result<File> {
    match ffi::create_new(path, security) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => create_readable(path),
        created => created,
    }
}

/// A file that has no list of its own keeps what its folder handed down.
pub(super) fn make_private(_file: &File) -> io::Result<()> {
    Ok(())
}

pub(crate) fn create_readable(path: &Path) -> io::Result<File> {
    check_name(path)?;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(long_path(path))
}

pub(crate) fn let_everybody_read(_file: &File) -> io::Result<()> {
    Ok(())
}

pub fn create_readable_folder(path: &Path) -> io::Result<()> {
    check_name(path)?;
    std::fs::create_dir_all(long_path(path))
}

pub(super) fn create_private_folder(path: &Path) -> io::Result<()> {
    check_name(path)?;
    let path = long_path(path);
    if let Some(parent) = path.parent()
        && !parent.as_os_str().is_empty()
        && !parent.exists()
    {
        match create_private_folder(parent) {
            // Another run has just made it.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && parent.is_dir() => {}
            created => created?,
        }
    }
    match ffi::create_folder(&path, &private_folder(owner()?)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => std::fs::create_dir(path),
        created => created,
    }
}

pub fn others_have_access(file: &File) -> io::Result<bool> {
    // What cannot be told is no reason to trust the file's place.
    Ok(!is_private(file).unwrap_or(false))
}

fn is_private(file: &File) -> io::Result<bool> {
    let expected = ffi::normal_form(&private(owner()?))?;
    Ok(keeps_access_lists(ffi::volume_flags(file)?)
        && admits_nobody_else(&ffi::descriptor_of(file)?, &expected))
}

/// What Windows tells of a folder is its attribute, which does not keep files out of it.
pub fn may_take_files(_folder: &Path) -> io::Result<()> {
    Ok(())
}

pub fn written_by_others(path: &Path) -> io::Result<Option<PathBuf>> {
    let file = File::open(path)?;
    let own = ffi::normal_form(&private(owner()?))?;
    let kept = keeps_access_lists(ffi::volume_flags(&file)?)
        && admits_no_other_writer(&ffi::descriptor_of(&file)?, &own);
    Ok((!kept).then(|| path.to_owned()))
}

/// Whether a volume with these flags stores what [`private`] says. FAT and exFAT take the
/// descriptor, and forget it.
fn keeps_access_lists(volume_flags: u32) -> bool {
    volume_flags & FILE_PERSISTENT_ACLS != 0
}

/// There is no such limit.
pub(crate) fn fail_writes_past_the_limit() {}

pub fn long_path(path: &Path) -> PathBuf {
    let Ok(absolute) = std::path::absolute(path) else {
        return path.to_path_buf();
    };
    let units: Vec<u16> = absolute.as_os_str().encode_wide().collect();
    OsString::from_wide(&verbatim(&units)).into()
}

pub fn may_be_replaced(path: &Path) -> io::Result<()> {
    // The system says so where another program has it open and does not share its removal.
    let mut options = OpenOptions::new();
    options.access_mode(DELETE | FILE_READ_ATTRIBUTES);
    let file = Retries::new().run(|| options.open(path))?;
    if file.metadata()?.permissions().readonly() {
        let reason = "it is read-only";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    Ok(())
}

/// Windows finds the old names of devices, with any extension in some versions, in every folder, and
/// makes paths of the form `\\.\NUL` of them.
pub fn is_device(path: &Path) -> bool {
    let absolute = std::path::absolute(path).unwrap_or_default();
    match absolute.components().next() {
        Some(Component::Prefix(prefix)) => matches!(prefix.kind(), Prefix::DeviceNS(_)),
        _ => false,
    }
}

pub fn free_space(folder: &Path) -> io::Result<u64> {
    let folder = long_path(folder).as_os_str().encode_wide().collect();
    let folder = OsString::from_wide(&with_trailing_backslash(folder));
    ffi::free_space(Path::new(&folder))
}

/// Of the character devices that are no console, the null device is the one that is met with.
pub fn stdout_is_lost() -> bool {
    let stdout = io::stdout();
    let none = stdout.as_raw_handle().is_null();
    none || (ffi::is_character_device(&stdout) && !stdout.is_terminal())
}

pub fn stderr_is_journal() -> bool {
    false
}

pub fn stdout_is_journal() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows_sys::Win32::Storage::FileSystem::FILE_FLAG_BACKUP_SEMANTICS;

    #[test]
    fn keeps_access_lists_detects_volume_support() {
        // As NTFS and exFAT report themselves.
        assert!(keeps_access_lists(0x03e7_06ff));
        assert!(!keeps_access_lists(0x0002_0206));
    }

    #[test]
    fn others_have_access_detects_missing_acl() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("ordinary")).unwrap();
        assert!(others_have_access(&file).unwrap());
        let path = folder.path().join("refused");
        let file = create(&path, "no security descriptor").unwrap();
        assert!(others_have_access(&file).unwrap());
        let again = create(&path, "no security descriptor").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn create_private_sets_owner_to_user() {
        let folder = tempfile::tempdir().unwrap();
        let file = create_private(&folder.path().join("file")).unwrap();
        let expected = ffi::normal_form(&private(owner().unwrap())).unwrap();
        let (owner, _) = expected.split_once("D:").unwrap();
        let found = ffi::descriptor_of(&file).unwrap();
        assert!(found.starts_with(owner), "{found} instead of {expected}");
    }

    /// What a folder hands down cannot be tried here: Wine gives each new file the rights of its
    /// own host instead.
    #[test]
    fn create_private_folder_admits_user_and_system() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("private");
        create_private_folder(&path).unwrap();
        let folder = OpenOptions::new()
            .read(true)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
            .open(&path)
            .unwrap();
        let found = ffi::descriptor_of(&folder).unwrap();
        // As Windows writes it: the built-in administrator is LA there, not a SID.
        let expected = ffi::normal_form(&private_folder(owner().unwrap())).unwrap();
        let whose = |descriptor: &str| {
            let entries = descriptor.split('(').skip(1);
            let whose = entries.filter_map(|entry| Some(entry.rsplit_once(';')?.1.to_owned()));
            whose.collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(whose(&found), whose(&expected), "{found}");
        assert_eq!(expected.matches("(A;OICI;").count(), 2, "{expected}");
    }

    /// Only SYSTEM may make what SYSTEM owns, and Wine keeps no list but that of the file's owner: so
    /// this is what the system reads, and no file.
    #[test]
    fn private_is_read_as_meant_for_system() {
        let read = ffi::normal_form(&private(Account {
            sid: "S-1-5-18",
            name: "SYSTEM",
        }))
        .unwrap();
        assert_eq!(read, "O:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)");
    }

    #[test]
    fn may_be_replaced_refuses_locked_or_readonly() {
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
    fn is_device_recognizes_device_names() {
        for device in ["NUL", r"\\.\NUL", "CONOUT$"] {
            assert!(is_device(Path::new(device)), "{device}");
        }
        for file in ["a.p12", "nullity", r"C:\folder\a", ""] {
            assert!(!is_device(Path::new(file)), "{file}");
        }
    }

    #[test]
    fn create_refuses_names_that_windows_changes() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["trail.", "blank ", "file:stream", "aux.p12"] {
            let path = folder.path().join(name);
            for refused in [
                create_private(&path).map(drop),
                create_readable(&path).map(drop),
                create_private_folder(&path),
                create_readable_folder(&path),
            ] {
                let kind = refused.unwrap_err().kind();
                assert_eq!(kind, io::ErrorKind::InvalidFilename, "{name}");
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn decode_reads_code_pages() {
        assert_eq!(
            ffi::decode(850, b"f\x81r N\x84chste Laufzeit \xe1"),
            "für Nächste Laufzeit ß"
        );
        assert_eq!(ffi::decode(866, b"\x8e\xe8\xa8\xa1\xaa\xa0"), "Ошибка");
        assert_eq!(ffi::decode(65001, "für".as_bytes()), "für");
        assert_eq!(ffi::decode(850, b""), "");
    }

    #[test]
    fn long_path_normalizes_both_separators() {
        let path = long_path(Path::new(r"C:\folder/of files\./file.p12"));
        assert_eq!(path, Path::new(r"\\?\C:\folder\of files\file.p12"));
        let share = long_path(Path::new("//server/share/file.p12"));
        assert_eq!(share, Path::new(r"\\?\UNC\server\share\file.p12"));
    }
}
