//! What certstow needs of the operating system beside its stores: a terminal that shows nothing of
//! a password, who may read a file, names that survive a power cut, and a person's data folder.
//! The same functions exist on every system; where one has no such thing, they say so.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use elsewhere as system;
#[cfg(unix)]
use unix as system;

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Opens a file for reading, and does not wait should it have become a FIFO or device meanwhile.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    system::open_to_read(path)
}

/// What an open file descriptor of this process leads to, under a handle of its own: it is not
/// opened again, so that a pipe of another account can be read.
///
/// # Errors
/// The operating system's, if the descriptor is not open; `Unsupported` where there are none.
pub fn descriptor(number: i32) -> io::Result<File> {
    system::descriptor(number)
}

/// The folder for a person's application data; `None` without a home folder.
pub(crate) fn data_folder() -> Option<PathBuf> {
    system::data_folder()
}

/// The file mode's permission bits, as in `0o600`; `None` on a system without modes.
pub fn mode(metadata: &Metadata) -> Option<u32> {
    system::mode(metadata)
}

/// Whether accounts other than the owner may read or write an open file, as far as its mode says.
/// FAT and many shares make a mode up, so that it says otherwise than was asked for when the file
/// was created.
///
/// # Errors
/// The operating system's, if it does not tell.
pub fn others_have_access(file: &File) -> io::Result<bool> {
    system::others_have_access(file)
}

/// Makes the names in a folder survive a power cut.
///
/// # Errors
/// The operating system's: some network file systems know no such call.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    system::sync_folder(folder)
}

/// Whether standard output leads nowhere: it was closed, or is the null device. False where that
/// cannot be told.
pub fn stdout_is_lost() -> bool {
    system::stdout_is_lost()
}

/// Why no line came from the terminal.
#[derive(Debug)]
pub enum HiddenLineError {
    /// There is no terminal.
    NoTerminal,
    /// The person gave up: Ctrl-C, or Ctrl-D on an empty line.
    Cancelled,
    /// The line is too long, or no text in UTF-8.
    Unreadable,
    /// The terminal does not work.
    Io(io::Error),
}

impl From<io::Error> for HiddenLineError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Asks `question` at the terminal, whatever standard input and output are, and reads one line
/// that is not shown. The line end is not part of it; a key that types no character is: as a
/// control character.
///
/// # Errors
/// [`HiddenLineError`] says which.
pub fn read_hidden_line(question: &str) -> Result<Zeroizing<String>, HiddenLineError> {
    system::terminal::read_hidden_line(question)
}

/// Shows again what is typed, if a process that is about to end was reading a hidden line.
pub fn restore_terminal() {
    system::terminal::restore();
}
