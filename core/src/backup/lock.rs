//! One run at a time in a folder: an advisory lock (`flock` on Unix, `LockFileEx` on Windows) on a
//! file that stays there and is empty. The system releases it however a process ends. Runs lock it
//! alone; those who only read lock it together, so that no run changes what they are reading.
//!
//! Who finds it locked waits, and tries again every moment, since no system waits for a lock with a
//! limit. Readers or runs that come one after the other would keep a run waiting for ever: a run that
//! waits locks a second file, its turn, and a process that comes after it waits for that first.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use certstow_platform::os;

use crate::error::Error;
use crate::{output, waits};

/// The file that is locked.
const NAME: &str = ".certstow-lock";

/// The file that a run locks while it waits.
const TURN: &str = ".certstow-turn";

/// The first pause between two tries; each one is longer than the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// A wait that is shorter is not told.
const TOLD_AFTER: Duration = Duration::from_millis(500);

/// How long a folder is waited for that another certstow is using.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    /// How long; `None` is for ever.
    pub limit: Option<Duration>,
    /// Told once of each folder that is waited for.
    pub told: &'a dyn Fn(&Path),
}

impl Default for Patience<'_> {
    /// Ten minutes, and nobody is told.
    fn default() -> Self {
        Self {
            limit: Some(Duration::from_secs(10 * 60)),
            told: &|_| {},
        }
    }
}

impl fmt::Debug for Patience<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = &self.limit;
        f.debug_struct("Patience").field("limit", limit).finish()
    }
}

/// Locks a folder for writing, until what comes back is dropped. An error in it says that the file
/// system knows no locks: nobody can tell whether another writes there.
///
/// # Errors
/// - [`Error::TargetLocked`]: another process holds the lock, and patience came to its end.
/// - [`Error::Target`]: the file cannot be made.
pub(super) fn for_writing(
    folder: &Path,
    patience: &Patience<'_>,
) -> Result<io::Result<File>, Error> {
    let path = path(folder, NAME);
    // Others who can write there could have put a link in its place, to have an empty file made
    // elsewhere; and an account that could open it could keep every run waiting.
    let file = os::open_or_make_private_file(&path).map_err(|source| {
        let what = match path.symlink_metadata() {
            Ok(found) if !found.is_file() => ".certstow-lock in it is not certstow's",
            Ok(_) => ".certstow-lock in it cannot be opened",
            Err(_) => "no file can be created in it",
        };
        Error::target(folder, what, source)
    })?;
    let mut wait = Wait::new(folder, patience);
    let turn = self::path(folder, TURN);
    // It is made by the first run that waits.
    if !turn.exists() {
        match file.try_lock() {
            Ok(()) => return Ok(Ok(file)),
            Err(TryLockError::Error(error)) => return Ok(Err(error)),
            Err(TryLockError::WouldBlock) => {}
        }
    }
    let in_turn = wait.for_turn(&turn)?;
    let locked = wait.until(|| file.try_lock())?;
    drop(in_turn);
    Ok(locked.map(|()| file))
}

/// Keeps writers out of a folder that is being read. Without a lock file there, or with something
/// else under its name (a FIFO that would never open, say), the folder is read unlocked.
///
/// # Errors
/// [`Error::TargetLocked`]: a run is writing there, and patience came to its end.
pub(super) fn for_reading(folder: &Path, patience: &Patience<'_>) -> Result<Option<File>, Error> {
    let _wait = output::waiting_for(folder);
    let Ok(file) = os::open_regular_file(&path(folder, NAME)) else {
        return Ok(None);
    };
    let mut wait = Wait::new(folder, patience);
    let turn = os::open_regular_file(&path(folder, TURN)).ok();
    if let Some(turn) = &turn {
        let _unlocked = wait.until(|| turn.try_lock_shared())?;
    }
    let locked = wait.until(|| file.try_lock_shared())?;
    Ok(locked.is_ok().then_some(file))
}

fn path(folder: &Path, name: &str) -> PathBuf {
    os::long_path(&folder.join(name))
}

/// A wait for a folder.
struct Wait<'a> {
    folder: &'a Path,
    patience: &'a Patience<'a>,
    began: Instant,
    pause: Duration,
    is_told: bool,
}

impl<'a> Wait<'a> {
    fn new(folder: &'a Path, patience: &'a Patience<'a>) -> Self {
        Self {
            folder,
            patience,
            began: Instant::now(),
            pause: FIRST_PAUSE,
            is_told: false,
        }
    }

    /// Waits until nobody else waits for the folder. Without the file, as where other accounts have it,
    /// only the order is left to chance.
    fn for_turn(&mut self, path: &Path) -> Result<Option<File>, Error> {
        let turn = os::open_or_make_private_file(path).ok();
        if let Some(turn) = &turn {
            let _unlocked = self.until(|| turn.try_lock())?;
        }
        Ok(turn)
    }

    /// Tries until a lock is had. What comes back is why there is none to be had, where the file
    /// system knows none.
    ///
    /// # Errors
    /// [`Error::TargetLocked`]: patience came to its end.
    fn until(
        &mut self,
        mut try_lock: impl FnMut() -> Result<(), TryLockError>,
    ) -> Result<io::Result<()>, Error> {
        loop {
            match try_lock() {
                Ok(()) => return Ok(Ok(())),
                Err(TryLockError::Error(error)) => return Ok(Err(error)),
                Err(TryLockError::WouldBlock) => {}
            }
            let waited = self.began.elapsed();
            if self.patience.limit.is_some_and(|limit| waited >= limit) {
                return Err(Error::TargetLocked {
                    folder: self.folder.to_owned(),
                });
            }
            if waited >= TOLD_AFTER && !std::mem::replace(&mut self.is_told, true) {
                (self.patience.told)(self.folder);
            }
            // This wait has a limit of its own.
            waits::progress();
            thread::sleep(self.pause);
            self.pause = (self.pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::VecDeque;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// No patience at all.
    const NONE: Patience<'static> = Patience {
        limit: Some(Duration::ZERO),
        told: &|_| {},
    };

    #[test]
    fn lock_holds_until_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let first = for_writing(folder.path(), &NONE).unwrap();
        assert!(first.is_ok());
        let second = for_writing(folder.path(), &NONE);
        assert!(matches!(second, Err(Error::TargetLocked { .. })));
        let reader = for_reading(folder.path(), &NONE);
        assert!(matches!(reader, Err(Error::TargetLocked { .. })));
        drop(first);
        let reader = for_reading(folder.path(), &NONE).unwrap();
        assert!(reader.is_some());
        assert!(for_reading(folder.path(), &NONE).unwrap().is_some());
        for_writing(folder.path(), &NONE).unwrap_err();
    }

    #[test]
    fn lock_waits_and_reports_waiting_once() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let held = for_writing(folder, &NONE).unwrap();
        thread::scope(|scope| {
            let waiting = [true, false, false].map(|writes| {
                scope.spawn(move || {
                    let told = Cell::new(0);
                    let patience = Patience {
                        told: &|waited_for| {
                            assert_eq!(waited_for, folder);
                            told.set(told.get() + 1);
                        },
                        ..Patience::default()
                    };
                    match writes {
                        true => drop(for_writing(folder, &patience).unwrap()),
                        false => drop(for_reading(folder, &patience).unwrap().unwrap()),
                    }
                    told.get()
                })
            });
            thread::sleep(TOLD_AFTER + 4 * LONGEST_PAUSE);
            drop(held);
            for one in waiting {
                assert_eq!(one.join().unwrap(), 1);
            }
        });
    }

    #[test]
    fn lock_admits_writer_despite_constant_readers() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        drop(for_writing(folder, &NONE).unwrap());
        let written = AtomicBool::new(false);
        let patience = Patience::default();
        thread::scope(|scope| {
            let first = for_reading(folder, &patience).unwrap();
            let writer = scope.spawn(|| {
                drop(for_writing(folder, &Patience::default()).unwrap());
                written.store(true, Ordering::Relaxed);
            });
            let turn = folder.join(TURN);
            while !turn.exists() {
                thread::sleep(FIRST_PAUSE);
            }
            // Each comes before the one before has gone.
            let mut readers = VecDeque::from([first]);
            let began = Instant::now();
            while !written.load(Ordering::Relaxed) {
                assert!(began.elapsed() < Duration::from_secs(60), "it never comes");
                thread::sleep(FIRST_PAUSE);
                match for_reading(folder, &NONE) {
                    Ok(reader) => readers.push_back(reader),
                    // It is the writer's turn.
                    Err(_) => drop(readers.pop_front()),
                }
            }
            writer.join().unwrap();
        });
    }

    #[test]
    fn lock_refuses_writer_while_turn_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let turn = os::open_or_make_private_file(&path(folder, TURN)).unwrap();
        turn.lock().unwrap();
        for_writing(folder, &NONE).unwrap_err();
        drop(turn);
        assert!(matches!(for_writing(folder, &NONE), Ok(Ok(_))));
    }

    #[test]
    fn for_reading_creates_no_lock_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(for_reading(folder.path(), &NONE).unwrap().is_none());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
