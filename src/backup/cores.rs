//! Many files at once: one on each core, since nearly all the time of opening one goes into deriving
//! its keys.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use certstow_platform::secret::wipe_stack;

use crate::pkcs12::parallel;

/// Does the same with each, on a thread for every core; the results in the same order.
pub(super) fn on_every_core<T: Sync, R: Send>(
    subjects: &[T],
    work: impl Fn(&T) -> R + Sync,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<R> {
    let of = subjects.len();
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(of);
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Option<R>> = (0..of).map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let (next, work) = (&next, &work);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(subject) = subjects.get(at) else {
                        break;
                    };
                    let result = parallel::on_this_core(|| work(subject));
                    if sender.send((at, result)).is_err() {
                        break;
                    }
                }
                wipe_stack();
            });
        }
        drop(sender);
        progress(0, of);
        let mut done = 0;
        while let Ok((at, result)) = receiver.recv() {
            results[at] = Some(result);
            done += 1;
            progress(done, of);
        }
    });
    results.into_iter().flatten().collect()
}
