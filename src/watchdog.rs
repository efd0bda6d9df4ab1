//! The end of waits that last too long (`--timeout`). [`watch`] is told of waits and of progress by
//! `certstow_core::waits`; when it heard nothing for the time given, the wait is over, and what was
//! being waited for is in the error.
//!
//! It bounds a wait and not a run: a backup of a thousand identities may take as long as it takes.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use certstow_core::waits::{self, Listener};

use crate::error::Error;

/// What is being waited for in this process.
static WAITS: Waits = Waits::new();

/// Watches this process from a thread of its own. When nothing was heard for as long as `limit`,
/// `expired` gets [`Error::TimedOut`] and has to end the process: from then on, every thread that
/// begins or ends a wait, or gets on with its work, stands still.
pub(crate) fn watch(limit: Duration, expired: impl FnOnce(Error) + Send + 'static) -> Watch {
    waits::listen(&WAITS);
    WAITS.watch(limit, expired)
}

/// Watching, until it is dropped.
#[must_use = "watching ends when this is dropped"]
pub(crate) struct Watch {
    waits: &'static Waits,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.waits.lock().watched = false;
        self.waits.ended.notify_all();
    }
}

impl Listener for Waits {
    fn begins(&self, what: String) -> u64 {
        let mut state = self.lock();
        state.heard = Some(Instant::now());
        state.count += 1;
        let number = state.count;
        state.current.push((number, what));
        number
    }

    fn ended(&self, number: u64) {
        let mut state = self.lock();
        state.current.retain(|(of, _)| *of != number);
        state.heard = Some(Instant::now());
    }

    fn progress(&self) {
        self.lock().heard = Some(Instant::now());
    }
}

struct Waits {
    state: Mutex<State>,
    /// Watching came to its end.
    ended: Condvar,
}

struct State {
    watched: bool,
    /// When work last got on; `None` before there was any.
    heard: Option<Instant>,
    /// How many waits there have been.
    count: u64,
    /// Each wait with its number, the latest last.
    current: Vec<(u64, String)>,
}

impl Waits {
    const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                watched: false,
                heard: None,
                count: 0,
                current: Vec::new(),
            }),
            ended: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(
        &'static self,
        limit: Duration,
        expired: impl FnOnce(Error) + Send + 'static,
    ) -> Watch {
        let mut state = self.lock();
        state.watched = true;
        state.heard = Some(Instant::now());
        drop(state);
        // Without a thread to be had there is no watching, and no reason not to work.
        let thread = thread::Builder::new().name("watchdog".to_owned());
        let _ = thread.spawn(move || self.expire(limit, expired));
        Watch { waits: self }
    }

    /// Waits until nothing was heard for long enough.
    fn expire(&self, limit: Duration, expired: impl FnOnce(Error)) {
        let mut state = self.lock();
        while state.watched {
            let quiet = state.heard.map_or(Duration::ZERO, |heard| heard.elapsed());
            if quiet >= limit {
                let waiting_for = state.current.last().map(|(_, what)| what.clone());
                // With the lock held, so that nobody gets on with what is being ended.
                return expired(Error::TimedOut {
                    waiting_for,
                    after: limit,
                });
            }
            (state, _) = self
                .ended
                .wait_timeout(state, limit - quiet)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{RecvTimeoutError, channel};

    const LIMIT: Duration = Duration::from_millis(100);
    const PATIENCE: Duration = Duration::from_secs(60);

    fn waits() -> &'static Waits {
        Box::leak(Box::new(Waits::new()))
    }

    fn what(error: Error) -> Option<String> {
        match error {
            Error::TimedOut {
                waiting_for,
                after: LIMIT,
            } => waiting_for,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn watch_names_latest_pending_wait() {
        let waits = waits();
        let (send, expired) = channel();
        let _outer = waits.begins("the outer".to_owned());
        waits.ended(waits.begins("what has answered".to_owned()));
        let _watch = waits.watch(LIMIT, move |error| send.send(what(error)).unwrap());
        let what = expired.recv_timeout(PATIENCE).unwrap();
        assert_eq!(what.as_deref(), Some("the outer"));
    }

    #[test]
    fn watch_expires_without_named_wait() {
        let (send, expired) = channel();
        let _watch = waits().watch(LIMIT, move |error| send.send(what(error)).unwrap());
        assert_eq!(expired.recv_timeout(PATIENCE).unwrap(), None);
    }

    #[test]
    fn watch_does_not_expire_during_progress() {
        let waits = waits();
        let (send, expired) = channel();
        let watch = waits.watch(10 * LIMIT, move |_| send.send(()).unwrap());
        for _ in 0..30 {
            thread::sleep(LIMIT / 2);
            waits.ended(waits.begins("the next".to_owned()));
        }
        drop(watch);
        // The closure is dropped unused with its thread.
        let end = expired.recv_timeout(PATIENCE);
        assert_eq!(end, Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn ended_blocks_while_watch_expires() {
        let waits = waits();
        let (fired, firing) = channel();
        let (release, released) = channel::<()>();
        let _watch = waits.watch(LIMIT, move |_| {
            fired.send(()).unwrap();
            let _ = released.recv_timeout(PATIENCE);
        });
        firing.recv_timeout(PATIENCE).unwrap();
        let (done, worked) = channel();
        thread::spawn(move || {
            waits.ended(waits.begins("more".to_owned()));
            done.send(()).unwrap();
        });
        let still = worked.recv_timeout(LIMIT);
        assert_eq!(still, Err(RecvTimeoutError::Timeout));
        release.send(()).unwrap();
        worked.recv_timeout(PATIENCE).unwrap();
    }
}
