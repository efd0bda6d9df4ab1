//! A small file that is written in one step even at the very end of a process, when [`abandon`] has
//! ended all other writing: with its own temporary name, and no list of what is unfinished.
//!
//! [`abandon`]: super::abandon

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::os::{self, disk, folder_of};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone.
    Owner,
    /// Every account, whatever the umask says.
    Everybody,
}

/// Writes a file in one step, in the place of whatever file has its name, or link to a file: the link
/// itself is replaced, since another account may have put it there. A device, a pipe or a folder is left
/// alone, and so is a link to one.
///
/// # Errors
/// `InvalidInput`: what has the name is no file. Others are the operating system's. What was there is as
/// it was then.
pub fn replace_file(file: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    if fs::metadata(os::long_path(file)).is_ok_and(|there| !there.is_file()) {
        let reason = "it is a device, a pipe or a folder, and no file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    let name = file.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    // No other process has this number, and what one that was killed left is nobody's.
    let temporary = format!(".{}.{}.new", name.to_string_lossy(), std::process::id());
    let temporary = folder_of(file).join(temporary);
    let _ = fs::remove_file(os::long_path(&temporary));
    let written = write(&temporary, bytes, readers).and_then(|()| os::rename(&temporary, file));
    if written.is_err() {
        let _ = fs::remove_file(os::long_path(&temporary));
    }
    written
}

fn write(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let mut file = match readers {
        Readers::Owner => os::create_private(path)?,
        Readers::Everybody => os::create_readable(path)?,
    };
    if readers == Readers::Everybody {
        os::let_everybody_read(&file)?;
    }
    file.write_all(bytes)?;
    disk::sync_file(&file).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replace_file_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("status.json");
        for text in ["first", "second"] {
            replace_file(&file, text.as_bytes(), Readers::Owner).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let taken = folder.path().join("folder.prom");
        fs::create_dir(&taken).unwrap();
        replace_file(&taken, b"x", Readers::Everybody).unwrap_err();
        replace_file(&folder.path().join("no/where"), b"x", Readers::Owner).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn replace_file_leaves_devices_alone() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("kept");
        fs::write(&kept, "kept").unwrap();
        for (target, replaces) in [("/dev/null", false), ("kept", true), ("dangling", true)] {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(target, &link).unwrap();
            let written = replace_file(&link, b"x", Readers::Owner);
            assert_eq!(written.is_ok(), replaces, "{target}: {written:?}");
            let is_link = link.symlink_metadata().unwrap().is_symlink();
            assert_eq!(is_link, !replaces, "{target}");
            fs::remove_file(link).unwrap();
        }
        assert_eq!(fs::read(kept).unwrap(), b"kept");
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        replace_file(&socket, b"x", Readers::Everybody).unwrap_err();
        assert!(!socket.metadata().unwrap().is_file());
    }

    #[cfg(unix)]
    #[test]
    fn replace_file_sets_the_mode() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        for (readers, mode) in [(Readers::Everybody, 0o644), (Readers::Owner, 0o600)] {
            replace_file(&file, b"x", readers).unwrap();
            assert_eq!(os::mode(&file.metadata().unwrap()), Some(mode));
        }
    }
}
