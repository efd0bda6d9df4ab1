//! The files under a folder, in a stable order: names in byte order, a folder's own files before
//! those of its folders, and whatever is reached through links to folders last, each real folder
//! once. Only files that can be read at once are opened: no FIFOs, devices or sockets. Hidden
//! files and folders are treated like others, but for certstow's own files, which hold nobody's
//! identity: they may be half written, and may be gone at any moment.

use std::collections::{HashSet, VecDeque};
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use crate::new_file::{is_own, is_temporary};
use crate::store::{Problem, ProblemKind};

/// What was found under a folder.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// Regular files and links to some.
    pub(crate) files: Vec<PathBuf>,
    /// Temporary files of certstow, which were passed over.
    pub(crate) temporary: Vec<PathBuf>,
    /// What could not be looked at, and what is nothing to read.
    pub(crate) problems: Vec<Problem>,
}

/// A folder as it was reached, and where it really is.
struct Folder {
    path: PathBuf,
    real: PathBuf,
}

/// Walks the folder, or takes the one file, at `root`.
///
/// # Errors
/// The root itself cannot be looked at or opened.
pub(crate) fn walk(root: &Path) -> io::Result<Walk> {
    let mut walker = Walker::default();
    let kind = fs::metadata(root)?.file_type();
    if !kind.is_dir() {
        walker.found.take_file(root.to_owned(), kind);
        return Ok(walker.found);
    }
    let root = Folder {
        path: root.to_owned(),
        real: fs::canonicalize(root)?,
    };
    walker.seen.insert(root.real.clone());
    walker.take_entries(&root, read_folder(&root.path)?);
    loop {
        walker.drain();
        let Some((path, parent)) = walker.links.pop_front() else {
            return Ok(walker.found);
        };
        match fs::canonicalize(&path) {
            Ok(real) if parent.starts_with(&real) => walker.found.report(
                &path,
                format!("a link that leads back to {}; not followed", real.display()),
            ),
            Ok(real) if walker.seen.contains(&real) => {}
            Ok(real) => walker.folders.push(Folder { path, real }),
            Err(error) => walker.found.report(&path, cannot("followed", &error)),
        }
    }
}

/// A link to a folder, and the real folder it lies in.
type Link = (PathBuf, PathBuf);

/// A walk under way.
#[derive(Default)]
struct Walker {
    found: Walk,
    /// A stack of those that are still to be read.
    folders: Vec<Folder>,
    links: VecDeque<Link>,
    /// The real folders that were read.
    seen: HashSet<PathBuf>,
}

impl Walker {
    /// Empties the stack of folders to read.
    fn drain(&mut self) {
        while let Some(folder) = self.folders.pop() {
            if !self.seen.insert(folder.real.clone()) {
                continue;
            }
            match read_folder(&folder.path) {
                Ok(entries) => self.take_entries(&folder, entries),
                Err(error) => self.found.report(&folder.path, cannot("read", &error)),
            }
        }
    }

    /// Sorts the entries of one folder into files, folders and links to folders.
    fn take_entries(&mut self, folder: &Folder, entries: Vec<io::Result<(OsString, FileType)>>) {
        let first = self.folders.len();
        for entry in entries {
            let (name, kind) = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.found
                        .report(&folder.path, cannot("read to its end", &error));
                    continue;
                }
            };
            let path = folder.path.join(&name);
            if is_own(&name) && !kind.is_dir() {
                if is_temporary(&name) {
                    self.found.temporary.push(path);
                }
            } else if kind.is_dir() {
                let real = folder.real.join(&name);
                self.folders.push(Folder { path, real });
            } else if kind.is_symlink() {
                match fs::metadata(&path) {
                    Ok(target) if target.is_dir() => {
                        self.links.push_back((path, folder.real.clone()));
                    }
                    Ok(target) => self.found.take_file(path, target.file_type()),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        if promises_one_of_ours(&path) {
                            let nowhere = "a link that leads nowhere".to_owned();
                            self.found.report(&path, nowhere);
                        }
                    }
                    Err(error) => self.found.report(&path, cannot("followed", &error)),
                }
            } else {
                self.found.take_file(path, kind);
            }
        }
        // The stack is emptied from its end.
        self.folders[first..].reverse();
    }
}

impl Walk {
    fn take_file(&mut self, path: PathBuf, kind: FileType) {
        if kind.is_file() {
            self.files.push(path);
        } else {
            let message = "a FIFO, socket or device, not a file; not opened";
            self.report(&path, message.to_owned());
        }
    }

    fn report(&mut self, path: &Path, message: String) {
        self.problems.push(Problem {
            kind: ProblemKind::Unreadable,
            place: path.display().to_string(),
            message,
        });
    }
}

/// Endings of file names that promise one of our forms.
const ENDINGS: [&str; 9] = [
    "pem", "crt", "cer", "der", "key", "p12", "pfx", "p7b", "p7c",
];

pub(super) fn promises_one_of_ours(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| ENDINGS.iter().any(|ours| ending.eq_ignore_ascii_case(ours)))
}

/// The names in a folder, in byte order, with their kinds as the folder itself tells them: no
/// system call per file.
fn read_folder(path: &Path) -> io::Result<Vec<io::Result<(OsString, FileType)>>> {
    let mut entries: Vec<_> = fs::read_dir(path)?
        .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))))
        .collect();
    entries.sort_by(|a, b| match (a, b) {
        (Ok((a, _)), Ok((b, _))) => a.cmp(b),
        (a, b) => a.is_err().cmp(&b.is_err()),
    });
    Ok(entries)
}

/// "cannot be read: Permission denied (os error 13)"
pub(crate) fn cannot(done: &str, error: &io::Error) -> String {
    format!("cannot be {done}: {error}")
}
