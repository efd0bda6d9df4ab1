//! Temporary files that processes left behind when they were killed. A live process holds a lock on its
//! file ([`claim`]); if the lock can be taken, no live process owns the file. Where the file
//! system has no locks, this cannot be told, and nothing is removed. (A share that is mounted with
//! locks of this machine alone, as with NFS' `nolock`, shows files of other machines as left
//! behind; a run that loses its file fails, and says nothing is saved.)

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::os;
use crate::os::claim;

/// A temporary file's name is this, random letters and digits, and [`SUFFIX`].
pub(super) const PREFIX: &str = ".certstow-";
/// How many letters and digits stand between the two.
pub(super) const RANDOM: usize = 6;
pub(super) const SUFFIX: &str = ".tmp";

/// Whether a file of this name is one of certstow's own, finished never or not yet, or its lock on
/// a folder, and so nothing that a person put there. Such names are left to certstow.
pub fn is_own(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// Whether a file of this name is a temporary one.
pub(crate) fn is_temporary(name: &OsStr) -> bool {
    let random = name
        .to_str()
        .and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    random.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// The temporary files in a folder that no live process has, in byte order; not those of folders in
/// it. None where that cannot be told.
pub fn left_behind_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = temporary_files(folder);
    found.retain(|path| is_left_behind(path));
    found.sort();
    found
}

/// Whether a temporary file is of no live process. False where that cannot be told.
pub(crate) fn is_left_behind(path: &Path) -> bool {
    claimed(path).is_some()
}

/// Removes what was left behind in a folder, the first time that this process is told to. What
/// cannot be removed stays.
pub(super) fn remove_once(folder: &Path) {
    static DONE: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    let first = done.get_or_insert_default().insert(absolute);
    drop(done);
    if first {
        remove(folder);
    }
}

fn remove(folder: &Path) {
    for path in temporary_files(folder) {
        // Held until the file is gone: no process can take it for its own meanwhile.
        if let Some(_claimed) = claimed(&path) {
            let _ = fs::remove_file(os::long_path(&path));
        }
    }
}

fn temporary_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(os::long_path(folder)).into_iter().flatten();
    entries
        .flatten()
        .filter(|entry| is_temporary(&entry.file_name()))
        // As the folder is named, and not as its long path.
        .map(|entry| folder.join(entry.file_name()))
        .collect()
}

/// The file, locked, if it is one and nobody else has it.
fn claimed(path: &Path) -> Option<File> {
    if !fs::symlink_metadata(os::long_path(path)).ok()?.is_file() {
        return None;
    }
    let file = claim::open(path).ok()?;
    let is_left = file.metadata().ok()?.is_file()
        && claim::lock(&file).ok()?
        && claim::is_at(&file, path).ok()?;
    is_left.then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::new_file::NewFile;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    const DEAD: &str = ".certstow-Xy12ab.tmp";

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn is_temporary_accepts_only_generated_names() {
        let folder = tempfile::tempdir().unwrap();
        let made = NewFile::beside(&folder.path().join("a")).unwrap();
        assert!(is_temporary(made.path().file_name().unwrap()));
        for (name, own) in [
            (".certstow-lock", true),
            (".certstow-Xy12a.tmp", true),
            (".certstow-Xy12abc.tmp", true),
            (".certstow-Xy12a_.tmp", true),
            (".certstow-Xy12ab.tmp.p12", true),
            ("certstow-Xy12ab.tmp", false),
            (".certstow", false),
        ] {
            assert!(!is_temporary(OsStr::new(name)), "{name}");
            assert_eq!(is_own(OsStr::new(name)), own, "{name}");
        }
    }

    #[test]
    fn new_file_removes_only_stale_temporary_files() {
        let folder = tempfile::tempdir().unwrap();
        let inside = |name: &str| folder.path().join(name);
        fs::write(inside(DEAD), "half").unwrap();
        fs::write(inside(".certstow-other"), "a person's").unwrap();
        fs::create_dir(inside(".certstow-folder.tmp")).unwrap();
        fs::create_dir(inside(".certstow-aaaaaa.tmp")).unwrap();
        assert_eq!(left_behind_in(folder.path()), [inside(DEAD)]);
        drop(NewFile::beside(&inside("a")).unwrap());
        let left = [
            ".certstow-aaaaaa.tmp",
            ".certstow-folder.tmp",
            ".certstow-other",
        ];
        assert_eq!(names(folder.path()), left);
    }

    #[test]
    fn remove_keeps_file_being_written() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a");
        let live = NewFile::beside(&target).unwrap();
        assert!(left_behind_in(folder.path()).is_empty());
        // Reading it back closes a handle of this process.
        assert!(live.read_back(0).unwrap().is_empty());
        remove(folder.path());
        live.rename(&target).unwrap();
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn remove_does_not_follow_symlinks() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "precious").unwrap();
        std::os::unix::fs::symlink(&precious, folder.path().join(DEAD)).unwrap();
        assert!(left_behind_in(folder.path()).is_empty());
        remove(folder.path());
        assert_eq!(names(folder.path()), [DEAD, "precious"]);
    }

    /// Between the creation of a file and its lock, another run may find it.
    #[test]
    fn new_file_survives_concurrent_cleanup() {
        let folder = tempfile::tempdir().unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        remove(folder.path());
                    }
                });
            }
            let writers: Vec<_> = (0..2)
                .map(|writer| {
                    let folder = folder.path();
                    scope.spawn(move || {
                        for number in 0..400 {
                            let target = folder.join(format!("{writer}-{number}"));
                            let file = NewFile::beside(&target)?;
                            file.rename(&target)?;
                        }
                        std::io::Result::Ok(())
                    })
                })
                .collect();
            let written: Vec<_> = writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .collect();
            done.store(true, Ordering::Relaxed);
            for written in written {
                written.unwrap();
            }
        });
        assert_eq!(names(folder.path()).len(), 800);
    }
}
