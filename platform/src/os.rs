//! What certstow needs of the operating system beside its stores: a terminal that shows nothing of
//! a password, files that their owner alone may read, names of any length, what is on a disk
//! ([`disk`]), a person's data folder, and drives that can be taken away. The same functions exist on
//! every system; where one has no such thing, they say so.

#[cfg(any(windows, test))]
mod access_list;
mod asking;
pub(crate) mod claim;
mod command_line;
pub(crate) mod darwin;
pub mod disk;
mod drive;
mod drive_letter;
mod folder_of;
mod halves;
mod hidden_line;
mod inode;
pub mod privacy;
mod retries;
pub(crate) mod shell;
#[cfg(unix)]
#[allow(missing_docs, reason = "documented where they are re-exported")]
mod unix;
#[cfg(any(windows, test))]
mod verbatim;
#[cfg(windows)]
#[allow(missing_docs, reason = "documented where they are re-exported")]
mod windows;
mod windows_command_line;
mod windows_names;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

pub use asking::{Asking, asking};
pub use command_line::{CommandLine, RunError};
pub use drive::Drive;
pub use drive_letter::MappedDrive;
pub use folder_of::folder_of;
pub use halves::around_each_equals_sign;
pub use hidden_line::{Escape, HiddenLineError};
pub use retries::{Retries, is_open_elsewhere};
pub use windows_command_line::windows_arguments;
pub use windows_names::is_reserved as is_reserved_by_windows;

/// Opens a file, on Windows again if need be; but no folder, which is refused as a closed file is.
fn open_with_retries(path: &Path, mut open: impl FnMut() -> io::Result<File>) -> io::Result<File> {
    /// Of all files that are opened: many of a folder may be closed to this account.
    static OPENING: Retries = Retries::new();
    match open() {
        Err(_) if cfg!(windows) && !path.is_dir() => OPENING.run(open),
        opened => opened,
    }
}

/// Opens a file for reading, and does not wait should it have become a FIFO or device meanwhile.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    open_with_retries(path, || system::open_to_read(path))
}

/// Removes a file. On Windows tried again for a moment.
///
/// # Errors
/// The operating system's.
pub fn remove_file(path: &Path) -> io::Result<()> {
    remove_one_of_many(path, &Retries::new())
}

/// The same of one of many, which share one limit of time.
///
/// # Errors
/// The operating system's.
pub fn remove_one_of_many(path: &Path, retries: &Retries) -> io::Result<()> {
    let path = long_path(path);
    retries.run(|| fs::remove_file(&path))
}

/// Gives a file another name, in place of whatever file has that. On Windows tried again for a moment.
///
/// # Errors
/// The operating system's.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (long_path(from), long_path(to));
    Retries::new().run(|| fs::rename(&from, &to))
}

/// Opens a regular file for reading, and nothing else that may have its name: no link is followed
/// (on Windows no reparse point), and nothing waits for a FIFO. What was opened is what was looked
/// at, whatever takes the name meanwhile.
///
/// # Errors
/// The operating system's; for what is no regular file, one that says what it is.
pub fn open_regular_file(path: &Path) -> io::Result<File> {
    open_regular(path, OpenOptions::new().read(true))
}

/// As [`open_regular_file`], for writing, too.
///
/// # Errors
/// As [`open_regular_file`].
pub fn open_regular_file_to_write(path: &Path) -> io::Result<File> {
    open_regular(path, OpenOptions::new().read(true).write(true))
}

/// As [`open_regular_file_to_write`]; makes the file if there is none, as [`create_private`] does. One
/// that this account has and others may open, by its mode, is kept from them from now on.
///
/// # Errors
/// As [`open_regular_file`].
pub fn open_or_make_private_file(path: &Path) -> io::Result<File> {
    /// How often it may appear and disappear between two calls.
    const ATTEMPTS: usize = 10;
    for _ in 1..ATTEMPTS {
        match open_regular_file_to_write(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => {
                return opened.inspect(|file| {
                    // An account that may open it gains nothing that it did not have before.
                    let _ = system::make_private(file);
                });
            }
        }
        match create_private(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return created,
        }
    }
    open_regular_file_to_write(path)
}

/// Opens a regular file that is there to append to it, and to read it (Windows locks no file that can
/// only be appended to); nothing waits for a FIFO. A link is followed, but not for root on Unix, whom
/// a link in a folder of everybody's would have append to any file.
///
/// # Errors
/// As [`open_regular_file`]; `NotFound` also for a link to nothing.
pub fn open_regular_file_to_append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    match system::follows_no_links() {
        true => open_regular(path, &mut options),
        false => regular(
            open_with_retries(path, || system::open_following(path, &mut options)),
            || path.metadata(),
        ),
    }
}

fn open_regular(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    regular(
        open_with_retries(path, || system::open_without_following(path, options)),
        || path.symlink_metadata(),
    )
}

/// What was opened, if it is a regular file; `found` is what there is to open.
fn regular(
    opened: io::Result<File>,
    found: impl FnOnce() -> io::Result<Metadata>,
) -> io::Result<File> {
    let file = match opened {
        Ok(file) => file,
        Err(error) => {
            return Err(match found().map(|found| found.file_type()) {
                Ok(kind) if !kind.is_file() => not_regular(kind),
                _ => error,
            });
        }
    };
    let metadata = file.metadata()?;
    match metadata.is_file() && !system::is_reparse_point(&metadata) {
        true => Ok(file),
        false => Err(not_regular(metadata.file_type())),
    }
}

fn not_regular(kind: FileType) -> io::Error {
    io::Error::other(if kind.is_dir() {
        "it is a folder"
    } else if kind.is_symlink() || kind.is_file() {
        "it is a link, and links are not followed"
    } else {
        "it is no regular file"
    })
}

/// What an open file descriptor of this process leads to, under a handle of its own: it is not
/// opened again, so that a pipe of another account can be read.
///
/// # Errors
/// The operating system's, if the descriptor is not open; `Unsupported` where there are none.
pub use system::descriptor;

/// The folder for a person's application data; `None` without a home folder.
pub(crate) use system::data_folder;

/// The folder for what a person decides about programs: `$XDG_CONFIG_HOME` or `~/.config` on Linux,
/// else as [`data_folder`]; `None` without a home folder.
pub(crate) use system::config_folder;

/// The folder that systemd made for what a service keeps between runs (`StateDirectory=`,
/// systemd.exec(5)); `None` outside of such services.
pub(crate) use system::service_state_folder;

/// The number of the user this process acts for; `None` on a system without such numbers.
pub(crate) use system::user_id;

/// The account of this process.
///
/// # Errors
/// The operating system's, which does not tell; none on Unix.
pub use system::account;

/// The file mode's permission bits, as in `0o600`; `None` on a system without modes.
pub use system::mode;

/// Creates a file, for reading and writing, that other accounts can neither read nor write from its
/// first moment: with the mode 0600 on Unix, with a list of who has access on Windows. It can be
/// renamed, and opened again, while it is open.
///
/// # Errors
/// The operating system's; `AlreadyExists` if anything has that name.
pub use system::create_private;

/// Creates a folder, and those it lies in where they are missing, that other accounts can neither
/// look into nor change: with the mode 0700 on Unix, with a list of who has access on Windows, which
/// what is made in it inherits. A folder that is there stays as it is.
///
/// # Errors
/// The operating system's; `AlreadyExists` if something that is no folder has that name.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    match system::create_private_folder(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        created => created,
    }
}

/// Creates a file, for reading and writing, that others may read and its owner alone may write: with
/// the mode 0644 on Unix, less what the umask takes away; as its folder has it on Windows. It can be
/// renamed, and opened again, while it is open.
///
/// # Errors
/// As [`create_private`].
pub(crate) use system::create_readable;

/// The same of a folder, and those it lies in where they are missing: with the mode 0755. A folder
/// that is there stays as it is.
///
/// # Errors
/// As [`create_private_folder`].
pub use system::create_readable_folder;

/// Lets every account read a file, whatever the umask took away: by the mode 0644 on Unix. On Windows a
/// file from [`create_readable`] has what its folder says.
///
/// # Errors
/// The operating system's.
pub(crate) use system::let_everybody_read;

/// Whether accounts other than the owner may read or write a file from [`create_private`]. FAT and
/// many shares take the file, but neither a mode nor a list of who has access; a share may also
/// know the account by another name, and make its own list.
///
/// # Errors
/// The operating system's, if it does not tell.
pub use system::others_have_access;

/// Has a write beyond the limit of file sizes fail with an error, where it would end the process.
pub(crate) use system::fail_writes_past_the_limit;

/// Gives a new file, which so far is its owner's alone, the access of one that it is to replace and
/// whose secrets it holds: owner, group, mode and access list on Unix, as far as the system lets this
/// account, and less where it does not; on Windows whether it is read-only.
///
/// # Errors
/// The operating system's, if the new file's access cannot be set.
pub(crate) use system::keep_access;

/// Gives a new file, which is to replace another, the owner and group of that one on Unix, where this
/// account may and nobody else can have put the other there. Its mode stays.
///
/// # Errors
/// The operating system's, if it does not tell who owns what.
pub(crate) use system::keep_owner;

/// The path, absolute and written so that its length has no limit, on Windows; elsewhere as it is.
/// An empty path stays empty.
pub use system::long_path;

/// Whether an existing file can be replaced by renaming another one to its name: on Windows, not
/// while another program has it open, nor if it is read-only. Being allowed to is no promise.
///
/// # Errors
/// The reason why it cannot be replaced.
pub use system::may_be_replaced;

/// Whether a path names something that keeps no file: a device, a pipe or socket, or a descriptor of
/// a process, such as `/dev/stdout`, `/dev/fd/3` or `NUL`; through a link, too.
pub use system::is_device;

/// Whether a file or folder that is made under this path will have the name that the path says: Windows
/// changes some names, and reserves others. Elsewhere each does.
///
/// # Errors
/// `InvalidFilename`, with the reason.
pub use system::check_name;

/// Whether a path is the root folder of a drive; never on systems without drives.
pub use system::is_drive_root;

/// Whether the drive of a path leads to a share or folder in this logon session alone; never on systems
/// without drives.
pub use system::mapped_drive;

/// What another program printed to a pipe, as text: in the code page of the console on Windows, in UTF-8
/// elsewhere.
pub(crate) use system::console_text;

/// How many bytes this account may still write to the file system of a folder.
///
/// # Errors
/// The operating system's, if it does not tell.
pub use system::free_space;

/// A name for the file system that a folder is on, which it keeps wherever it is mounted: the UUID of
/// a disk, or a share as it is mounted; on Windows the volume's serial number. `None` where the system
/// does not tell, so on macOS.
pub use system::volume;

/// The folder by which the volume is reached that a folder is on: where it is mounted, a drive (`E:\`),
/// a share (`\\SERVER\SHARE\`). The folder has to be there. `None` where the system does not tell.
pub use system::mount_root;

/// The removable drives that are there and can be written to: USB drives and disks, memory cards.
/// None where the system does not tell; the one that the system runs from is not among them. A
/// drive that hangs blocks its caller.
pub use system::removable_drives;

/// Whether standard output leads nowhere: it was closed, or is the null device. False where that
/// cannot be told.
pub use system::stdout_is_lost;

/// Whether root alone can change where a path leads: each folder on the way, and the link at its end if it
/// is one, is root's, and no folder can be written to by others. Windows has no such account, and gives a
/// program's path as it was started in any case: there, always.
pub use system::leads_where_root_says;

/// Sees whether this account may make files in a folder, as far as that shows without making one: by the
/// folder's mode and that of its mount (access(2)); on Windows it does not.
///
/// # Errors
/// The operating system's reason why not.
pub use system::may_take_files;

/// The file, or the folder on the way to it, that an account other than this one and the machine's own may
/// write to, and so decide what the file says; `None` if there is none. On Windows the file alone is looked
/// at: whose it is, and whether its list of who has access lets others write.
///
/// # Errors
/// The operating system's, if it does not tell.
pub use system::written_by_others;

/// Whether standard error goes to systemd's journal, which then takes a line's level from its
/// beginning (sd-daemon(3)); never outside Linux.
pub use system::stderr_is_journal;

/// The same of standard output.
pub use system::stdout_is_journal;

/// Whether the window that shows the output is there for this process alone and closes with it, as the
/// one that Explorer opens for a program that was double-clicked. (`GetConsoleProcessList` in Microsoft's
/// documentation: the processes attached to the console of this one.)
pub use system::has_window_of_its_own;

/// Asks `question` at the terminal, whatever standard input and output are, and reads one line
/// that is not shown. The line end is not part of it; a key that types no character is: as a
/// control character.
///
/// # Errors
/// [`HiddenLineError`] says which.
pub use system::terminal::read_hidden_line;

/// Keeps how the terminal is now, until the result is dropped, so that [`restore_terminal`] puts it
/// back should the process end meanwhile. For whoever changes the terminal by other means.
#[must_use = "it is kept until this is dropped"]
pub fn keep_terminal() -> KeptTerminal {
    system::terminal::keep();
    KeptTerminal(())
}

/// How the terminal was; see [`keep_terminal`].
pub struct KeptTerminal(());

impl Drop for KeptTerminal {
    fn drop(&mut self) {
        system::terminal::forget();
    }
}

/// Puts the terminal back, if a process that is about to end was reading a hidden line, or kept it
/// with [`keep_terminal`].
pub use system::terminal::restore as restore_terminal;

/// Has `clean_up` run when the process is interrupted: by Ctrl-C, SIGTERM or SIGHUP; on Windows by its
/// console closing, the user logging off or the computer shutting down, too. It is to end the process.
/// Where that cannot be set up, an interruption leaves a private temporary file, and nothing worse: no
/// reason not to work.
pub use system::on_interruption;

/// A word as one that the shell of the system takes as it is: a POSIX shell, or PowerShell.
pub fn shell_word(word: &str) -> String {
    if cfg!(windows) {
        shell::powershell(word)
    } else {
        shell::posix(word)
    }
}

/// How a person gets at files that are private to an account of another computer, as on a disk that was
/// moved: on Windows, where the account's number in the access list is nobody's there. `None` where the
/// system has no such thing to say.
pub fn way_to_files_of_another_computer() -> Option<&'static str> {
    cfg!(windows).then_some(
        "if the disk comes from another computer, an administrator's prompt opens it to you: 'takeown /f \
         FOLDER /r', then 'icacls FOLDER /grant YOURNAME:F /t'",
    )
}

/// The drive that Windows is on, as in `C:\`; `None` on systems without drives.
pub use system::system_drive;

/// Reads until the end or until the buffer is full; how far it is filled then.
pub(crate) fn fill(mut file: &File, buffer: &mut [u8], mut filled: usize) -> io::Result<usize> {
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::time::{Duration, Instant};

    #[test]
    fn create_private_refuses_existing_and_allows_rename() {
        let folder = tempfile::tempdir().unwrap();
        let (path, renamed) = (folder.path().join("new"), folder.path().join("renamed"));
        let mut file = create_private(&path).unwrap();
        assert!(!others_have_access(&file).unwrap());
        file.write_all(b"content").unwrap();

        let refused = create_private(&path).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        std::fs::rename(&path, &renamed).unwrap();
        let mut read = Vec::new();
        File::open(&renamed)
            .unwrap()
            .read_to_end(&mut read)
            .unwrap();
        assert_eq!(read, b"content");
    }

    #[test]
    fn open_regular_file_rejects_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"content").unwrap();
        let mut read = Vec::new();
        let mut file = open_regular_file(&path).unwrap();
        file.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"content");

        let began = Instant::now();
        let refused = open_regular_file(folder.path()).unwrap_err();
        assert_eq!(refused.to_string(), "it is a folder");
        // Nothing was waited for.
        assert!(began.elapsed() < Duration::from_secs(1));
        let missing = open_regular_file(&folder.path().join("none")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn create_private_folder_is_recursive_and_idempotent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        create_private_folder(&path).unwrap();
        create_private(&path.join("file")).unwrap();
        create_private_folder(&path).unwrap();
        assert!(path.join("file").exists());

        let refused = create_private_folder(&path.join("file")).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn free_space_fails_for_missing_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_space(folder.path()).unwrap() > 0);
        free_space(&folder.path().join("no/such")).unwrap_err();
    }

    #[test]
    fn create_private_reports_missing_folder() {
        let folder = tempfile::tempdir().unwrap();
        let refused = create_private(&folder.path().join("no/such")).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn long_path_names_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut long = folder.path().to_path_buf();
        for _ in 0..4 {
            long.push("ä folder ".repeat(9).trim_end());
        }
        std::fs::create_dir_all(&long).unwrap();
        let path = long_path(&long.join("file"));
        create_private(&path).unwrap();
        assert!(long.join("file").exists(), "{}", path.display());
        assert_eq!(long_path(&path), path);
        assert_eq!(long_path(Path::new("")), Path::new(""));
    }

    #[test]
    fn account_reports_id_and_profile_state() {
        let account = account().unwrap();
        assert!(!account.id.is_empty());
        assert_eq!(account.profile_loaded.is_some(), cfg!(windows));
        if cfg!(windows) {
            assert!(account.id.starts_with("S-1-5-"), "{account:?}");
            assert!(account.name.is_some_and(|name| name.contains('\\')));
        }
    }
}
