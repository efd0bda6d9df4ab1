//! What is to be done once, by whichever thread comes first: the one that works, or one that ends the
//! process meanwhile. Those that come later let the first one end, as long as that does not take too
//! long.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Default)]
pub(super) struct Once {
    stage: Mutex<Stage>,
    done: Condvar,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Before,
    Going,
    Done,
}

/// Doing it, until this is dropped.
pub(super) struct Turn<'a>(&'a Once);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.stage() = Stage::Done;
        self.0.done.notify_all();
    }
}

impl Once {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` if somebody else did it, or has been at it for longer than `patience`.
    pub(super) fn begin(&self, patience: Duration) -> Option<Turn<'_>> {
        let mut stage = self.stage();
        if *stage == Stage::Before {
            *stage = Stage::Going;
            return Some(Turn(self));
        }
        let going = |stage: &mut Stage| *stage == Stage::Going;
        let waited = self.done.wait_timeout_while(stage, patience, going);
        drop(waited);
        None
    }
}
