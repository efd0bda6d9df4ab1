//! Second tries on Windows. Antivirus programs, the indexer and OneDrive open a file that was just
//! written, and for that moment share neither its removal nor its renaming; a file that is being
//! replaced cannot be opened by others. What was tried meanwhile fails with one of three codes and
//! works a moment later. (Go's `cmd/internal/robustio`, which tries for two seconds, too, and the
//! installers rustup, uv and rattler do the same. The codes are those of "System Error Codes" in
//! Microsoft's documentation.)

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// For how long something is tried again.
const LIMIT: Duration = Duration::from_secs(2);

const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_millis(200);

/// Also what a real refusal ends with, which the code does not tell apart.
const ERROR_ACCESS_DENIED: i32 = 5;
const ERROR_SHARING_VIOLATION: i32 = 32;
const ERROR_LOCK_VIOLATION: i32 = 33;

/// Whether something failed because another program has the file open. On Windows alone.
pub fn is_open_elsewhere(error: &io::Error) -> bool {
    cfg!(windows)
        && matches!(
            error.raw_os_error(),
            Some(ERROR_SHARING_VIOLATION | ERROR_LOCK_VIOLATION)
        )
}

/// How long to wait before what failed with this code of Windows is tried again, after so long a
/// wait; `None` if it is not.
fn pause(code: i32, waited: Duration) -> Option<Duration> {
    let may_pass = matches!(
        code,
        ERROR_ACCESS_DENIED | ERROR_SHARING_VIOLATION | ERROR_LOCK_VIOLATION
    );
    (may_pass && waited < LIMIT).then(|| waited.clamp(SHORTEST, LONGEST))
}

/// Tries again what Windows may refuse for a moment only; for two seconds in all for what it goes on
/// to refuse, so that a folder full of such files holds nobody up for longer.
#[derive(Debug, Default)]
pub struct Retries {
    milliseconds_in_vain: AtomicU64,
}

impl Retries {
    /// Nothing was waited for yet.
    pub const fn new() -> Self {
        Self {
            milliseconds_in_vain: AtomicU64::new(0),
        }
    }

    /// Does this, again if need be. On other systems once.
    ///
    /// # Errors
    /// The last error of `operation`.
    pub fn run<T>(&self, mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        let in_vain = self.milliseconds_in_vain.load(Ordering::Relaxed);
        let mut waited = Duration::from_millis(in_vain);
        loop {
            let result = operation();
            let code = result.as_ref().err().and_then(io::Error::raw_os_error);
            let Some(code) = code.filter(|_| cfg!(windows)) else {
                return result;
            };
            let Some(pause) = pause(code, waited) else {
                let waited = waited.as_millis().try_into().unwrap_or(u64::MAX);
                self.milliseconds_in_vain
                    .fetch_max(waited, Ordering::Relaxed);
                return result;
            };
            sleep(pause);
            waited += pause;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often in all, and for how long, what always fails with a code is tried.
    fn tries(code: i32, mut waited: Duration) -> (usize, Duration) {
        let mut tries = 1;
        while let Some(pause) = pause(code, waited) {
            waited += pause;
            tries += 1;
        }
        (tries, waited)
    }

    #[test]
    fn pause_allows_two_seconds_of_tries() {
        for code in [5, 32, 33] {
            let (tries, waited) = tries(code, Duration::ZERO);
            assert!((10..30).contains(&tries), "{code}: {tries}");
            assert!((LIMIT..LIMIT + LONGEST).contains(&waited), "{waited:?}");
        }
        assert_eq!(tries(32, LIMIT), (1, LIMIT));
    }

    #[test]
    fn pause_gives_up_at_lasting_errors() {
        // File and path not found, write-protected, exists, disk full, already exists.
        for code in [2, 3, 19, 80, 112, 183] {
            assert_eq!(pause(code, Duration::ZERO), None, "{code}");
        }
    }

    #[test]
    fn retries_wait_once_for_lasting_refusals() {
        let refused = || io::Result::<()>::Err(io::Error::from_raw_os_error(32));
        let retries = Retries::new();
        let mut tries = [0; 2];
        for tries in &mut tries {
            let result = retries.run(|| {
                *tries += 1;
                refused()
            });
            assert_eq!(result.unwrap_err().raw_os_error(), Some(32));
        }
        assert_eq!((tries[0] > 10, tries[1]), (cfg!(windows), 1));
    }

    /// Another program, which opens a file for a moment and shares this much of it.
    #[cfg(windows)]
    fn held_by_another(path: &std::path::Path, shared: u32) -> std::thread::JoinHandle<()> {
        use std::os::windows::fs::OpenOptionsExt as _;

        let mut options = std::fs::OpenOptions::new();
        let file = options.read(true).share_mode(shared).open(path).unwrap();
        std::thread::spawn(move || {
            sleep(Duration::from_millis(300));
            drop(file);
        })
    }

    #[cfg(windows)]
    #[test]
    fn retries_outlast_another_program() {
        use std::fs;
        use std::path::Path;

        use crate::new_file::NewFile;
        use crate::os;

        /// FILE_SHARE_READ and FILE_SHARE_WRITE, as an antivirus program has.
        const READ_WRITE: u32 = 3;
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("file"), folder.path().join("other"));
        fs::write(&file, "old").unwrap();
        let new = || NewFile::beside(&file).unwrap();

        let named = new();
        let held = held_by_another(named.path(), READ_WRITE);
        named.rename(&other).unwrap();
        held.join().unwrap();
        for replacing in ["target", "temporary file"] {
            let replaces = new();
            let held = match replacing {
                "target" => held_by_another(&file, 0),
                _ => held_by_another(replaces.path(), READ_WRITE),
            };
            replaces.replace(&file).unwrap();
            held.join().unwrap();
        }
        let operations: [fn(&Path) -> io::Result<()>; 5] = [
            |file| os::open_to_read(file).map(drop),
            |file| os::open_regular_file(file).map(drop),
            |file| os::disk::read(file, 0).map(drop),
            os::may_be_replaced,
            os::remove_file,
        ];
        for (number, operation) in operations.iter().enumerate() {
            let held = held_by_another(&file, 0);
            let done = operation(&file);
            assert!(done.is_ok(), "{number}: {done:?}");
            held.join().unwrap();
        }
        assert!(!file.exists());
        let held = held_by_another(&other, 0);
        os::rename(&other, &file).unwrap();
        held.join().unwrap();
    }
}
