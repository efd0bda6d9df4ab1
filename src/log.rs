//! A file of lines that only grows: each line is appended by one write, so that the lines of
//! several runs do not mix, and a file that has become large gives its name to a new one: `FILE` is
//! renamed to `FILE.1`, `FILE.1` to `FILE.2`, and the oldest is replaced. Whoever appends holds the
//! file's lock, and looks again whether the file still has its name once the lock is his.
//!
//! What is in the lines is not this module's business; see the program's journal.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use certstow_platform::os;
use same_file::Handle;

use crate::error::Error;

/// No file grows beyond this many bytes, unless a single line is longer.
const LIMIT: u64 = 10 * 1024 * 1024;

/// How many older files are kept.
const OLDER: u32 = 5;

/// How long to wait for another process that appends. One that was stopped meanwhile would never
/// let go.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a file may lose its name to a newer one before it was appended to.
const TRIES: u32 = 10;

/// A log, by its name: the file is opened anew for each line, so that it may be renamed by others.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    limit: u64,
    patience: Duration,
    /// Somebody kept the lock for longer than that. He is not waited for again.
    given_up: AtomicBool,
}

impl LogFile {
    /// Makes sure that the file can be appended to. A new one can be read by its owner alone; one
    /// that is there keeps its mode or list of who has access.
    ///
    /// # Errors
    /// [`Error::Log`]: it cannot be opened or created, or is no regular file.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Self::with_limit(path, LIMIT)
    }

    fn with_limit(path: &Path, limit: u64) -> Result<Self, Error> {
        let log = Self {
            path: path.to_owned(),
            limit,
            patience: PATIENCE,
            given_up: AtomicBool::new(false),
        };
        match os::check_name(path).and_then(|()| log.open_or_create()) {
            Ok(_) => Ok(log),
            Err(source) => Err(Error::Log {
                place: path.display().to_string(),
                source,
            }),
        }
    }

    /// Appends a line and its end, all of it or nothing. A process that keeps the log's lock is waited for
    /// once; the lines after that come when they come.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn append(&self, line: &str) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        for _ in 0..TRIES {
            let file = self.open_or_create()?;
            if !self.locked(&file) {
                // A line that may come to lie in a file renamed meanwhile is better than none.
                return (&file).write_all(&bytes);
            }
            if !self.is_current(&file) {
                continue;
            }
            let length = file.metadata()?.len();
            let full = length > 0 && length + bytes.len() as u64 > self.limit;
            // A file that cannot be renamed goes on growing.
            if full && self.rotate().is_ok() {
                continue;
            }
            return write(&file, &bytes, length);
        }
        Err(io::Error::other("it is renamed all the time"))
    }

    fn open_or_create(&self) -> io::Result<File> {
        for _ in 0..TRIES {
            match os::open_regular_file_to_append(&self.path) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                other => return other,
            }
            if fs::read_link(&self.path).is_ok() {
                return Err(io::Error::other("it is a link to a file that is not there"));
            }
            match os::create_private(&self.path) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                // Opened again, to append.
                _ => {}
            }
        }
        Err(io::Error::other("it is removed all the time"))
    }

    /// Takes the lock of the open file; false if somebody keeps it.
    fn locked(&self, file: &File) -> bool {
        let patience = match self.given_up.load(Ordering::Relaxed) {
            true => Duration::ZERO,
            false => self.patience,
        };
        let locked = locked(file, patience);
        if !locked {
            self.given_up.store(true, Ordering::Relaxed);
        }
        locked
    }

    /// Whether the file still has the log's name.
    fn is_current(&self, file: &File) -> bool {
        let same = || {
            io::Result::Ok(Handle::from_file(file.try_clone()?)? == Handle::from_path(&self.path)?)
        };
        same().unwrap_or(false)
    }

    /// Gives every file the name of the next older one.
    fn rotate(&self) -> io::Result<()> {
        for older in (1..OLDER).rev() {
            match os::rename(&self.older(older), &self.older(older + 1)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        os::rename(&self.path, &self.older(1))
    }

    fn older(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

/// Appends to a locked file of this length; what was written in part is taken back.
fn write(mut file: &File, bytes: &[u8], length: u64) -> io::Result<()> {
    file.write_all(bytes).inspect_err(|_| {
        // The error that counts is the other one.
        let _ = file.set_len(length);
    })
}

/// Takes the lock of an open file, which goes with the file; false if somebody keeps it for longer
/// than `patience`. A file system that gives no locks, or gives none now, has nobody who keeps one.
fn locked(file: &File, patience: Duration) -> bool {
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) | Err(TryLockError::Error(_)) => return true,
            Err(TryLockError::WouldBlock) if began.elapsed() >= patience => return false,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn lines(path: &Path) -> Vec<String> {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn log_open_creates_private_or_appends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        LogFile::open(&path).unwrap().append("one").unwrap();
        let file = File::open(&path).unwrap();
        assert!(!os::others_have_access(&file).unwrap());
        LogFile::open(&path).unwrap().append("two").unwrap();
        assert_eq!(lines(&path), ["one", "two"]);
    }

    #[test]
    fn log_open_rejects_unusable_path() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_owned(), folder.path().join("no/log")] {
            let error = LogFile::open(&path).unwrap_err();
            assert!(matches!(error, Error::Log { .. }), "{error:?}");
        }
    }

    #[test]
    fn log_append_rotates_and_drops_oldest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = LogFile::with_limit(&path, 8).unwrap();
        for number in 0..16 {
            log.append(&format!("{number:03}")).unwrap();
        }
        assert_eq!(lines(&path), ["014", "015"]);
        assert_eq!(lines(&folder.path().join("log.1")), ["012", "013"]);
        assert_eq!(lines(&folder.path().join("log.5")), ["004", "005"]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6);
        let older = File::open(folder.path().join("log.1")).unwrap();
        assert!(!os::others_have_access(&older).unwrap());
    }

    #[test]
    fn log_append_keeps_overlong_line_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = LogFile::with_limit(&path, 4).unwrap();
        log.append("longer than that").unwrap();
        log.append("again").unwrap();
        assert_eq!(lines(&path), ["again"]);
        assert_eq!(lines(&folder.path().join("log.1")), ["longer than that"]);
    }

    #[test]
    fn log_append_is_safe_for_concurrent_writers() {
        const WRITERS: u32 = 4;
        const LINES: u32 = 50;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        // All of them fit into the file and its older ones.
        let line = |writer, number| format!("{writer} {number:04} {}", "x".repeat(90));
        let limit = u64::from(WRITERS * LINES * 100 / 4);
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let log = LogFile::with_limit(&path, limit).unwrap();
                scope.spawn(move || {
                    for number in 0..LINES {
                        log.append(&line(writer, number)).unwrap();
                    }
                });
            }
        });
        let files = fs::read_dir(folder.path()).unwrap();
        let written: Vec<String> = files
            .flat_map(|file| lines(&file.unwrap().path()))
            .collect();
        let expected: BTreeSet<String> = (0..WRITERS)
            .flat_map(|writer| (0..LINES).map(move |number| line(writer, number)))
            .collect();
        assert_eq!(written.len(), expected.len());
        assert_eq!(BTreeSet::from_iter(written), expected);
        assert!(folder.path().join("log.1").exists(), "nothing was rotated");
    }

    #[test]
    fn log_append_tolerates_lock_held_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = LogFile::open(&path).unwrap();
        log.patience = Duration::from_millis(20);
        let holder = File::open(&path).unwrap();
        holder.lock_shared().unwrap();
        // Windows lets nobody write where somebody has the lock.
        let expected: &[&str] = match log.append("line") {
            Ok(()) => &["line"],
            Err(_) => &[],
        };
        assert_eq!(lines(&path), expected);
        drop(holder);
        log.append("another").unwrap();
        assert_eq!(lines(&path).last().unwrap(), "another");
    }

    #[test]
    fn log_append_waits_for_lock_only_once() {
        const LINES: u32 = 40;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = LogFile::open(&path).unwrap();
        log.patience = Duration::from_millis(500);
        let holder = File::open(&path).unwrap();
        holder.lock_shared().unwrap();
        let began = Instant::now();
        for _ in 0..LINES {
            let _ = log.append("line");
        }
        assert!(began.elapsed() >= log.patience);
        assert!(began.elapsed() < log.patience * LINES / 2);
    }

    #[cfg(unix)]
    #[test]
    fn log_open_reports_dangling_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        let Err(Error::Log { source, .. }) = LogFile::open(&path) else {
            panic!("a log");
        };
        let text = source.to_string();
        assert!(text.starts_with("it is a link"), "{text}");
        assert!(!folder.path().join("nowhere").exists());
    }
}
