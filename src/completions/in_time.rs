//! Work that is given up where it takes longer than a person waits.

use std::sync::mpsc::channel;
use std::thread::Builder;
use std::time::{Duration, Instant};

use certstow_formats::secret::wipe_stack;

/// How long the system is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// What `work` gives, if it does before `until`. Its thread leaves no secret on its stack: a key that
/// is unencrypted beside its certificate is read to pair the two. Without a thread there is nothing: what
/// is not waited for on another thread cannot be given up.
pub(super) fn in_time<T: Send + 'static>(
    until: Instant,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (told, telling) = channel();
    let started = Builder::new().spawn(move || {
        let result = work();
        wipe_stack();
        // The thread that asked may have given up.
        let _ = told.send(result);
    });
    started.ok()?;
    let left = until.saturating_duration_since(Instant::now());
    telling.recv_timeout(left).ok()
}
