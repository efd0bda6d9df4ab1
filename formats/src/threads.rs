//! Work on several cores. Nearly all the time of writing or opening a file goes into deriving keys,
//! none of which needs another's result (RFC 7292, appendix B); of a folder on a share, into waiting
//! for its disk. Where the system gives no thread (`RLIMIT_NPROC`, a unit's `TasksMax=`), the same
//! work is done on the thread that asked for it.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::{self, Builder, Scope, ScopedJoinHandle};
use std::{io, panic};

use crate::secret::wipe_stack;

/// As many threads as read files at once, at least: on a share they wait, whatever the cores.
const READERS: usize = 8;

thread_local! {
    /// Whether the other cores have work of their own.
    static SINGLE_THREADED: Cell<bool> = const { Cell::new(false) };
}

/// Does `work` on this thread alone: for one of many files, where every other core has files of its
/// own. No secret is left on its stack.
pub fn on_this_core<T>(work: impl FnOnce() -> T) -> T {
    let before = SINGLE_THREADED.replace(true);
    let result = work();
    SINGLE_THREADED.set(before);
    wipe_stack();
    result
}

/// How many threads work that computes is worth: one for each core, or one where the other cores
/// have work of their own.
pub fn for_computing() -> usize {
    if SINGLE_THREADED.get() {
        return 1;
    }
    thread::available_parallelism().map_or(1, usize::from)
}

/// How many threads work that reads files is worth.
pub fn for_reading() -> usize {
    if SINGLE_THREADED.get() {
        return 1;
    }
    for_computing().max(READERS)
}

/// Starts a thread whose work is to be done on one core, and leaves no secret on its stack.
///
/// # Errors
/// The system gives no thread.
pub fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    Builder::new().spawn_scoped(scope, || on_this_core(work))
}

/// Does the same with each subject, on at most so many threads; the results in the same order.
/// `progress` is told on this thread how many are done, of how many.
pub fn each<T: Sync, R: Send>(
    threads: usize,
    subjects: &[T],
    work: impl Fn(&T) -> R + Sync,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<R> {
    let of = subjects.len();
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Option<R>> = (0..of).map(|_| None).collect();
    progress(0, of);
    thread::scope(|scope| {
        let begun = (0..threads.min(of)).map_while(|_| {
            let sender = sender.clone();
            let (next, work) = (&next, &work);
            let take = move || {
                while let Some((at, subject)) = taken(next, subjects) {
                    if sender.send((at, work(subject))).is_err() {
                        break;
                    }
                }
            };
            start(scope, take).ok()
        });
        let begun = begun.count();
        drop(sender);
        let mut done = 0;
        let mut book = |at: usize, result| {
            results[at] = Some(result);
            done += 1;
            progress(done, of);
        };
        while begun == 0
            && let Some((at, subject)) = taken(&next, subjects)
        {
            book(at, on_this_core(|| work(subject)));
        }
        while let Ok((at, result)) = receiver.recv() {
            book(at, result);
        }
    });
    results.into_iter().flatten().collect()
}

/// The next subject that nobody has begun.
fn taken<'t, T>(next: &AtomicUsize, subjects: &'t [T]) -> Option<(usize, &'t T)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    subjects.get(at).map(|subject| (at, subject))
}

/// Runs two pieces of work, one of them on a thread of its own.
pub fn two<A: Send, B>(first: &(impl Fn() -> A + Sync), second: impl FnOnce() -> B) -> (A, B) {
    if SINGLE_THREADED.get() {
        return (first(), second());
    }
    thread::scope(|scope| {
        let thread = start(scope, first);
        let second = second();
        (finish(thread, first), second)
    })
}

/// Runs three pieces of work, two of them on threads of their own. There is one thread for each
/// even where there are two cores: the system then shares the cores out evenly, whichever of the
/// three takes longest.
pub fn three<A: Send, B: Send, C>(
    first: &(impl Fn() -> A + Sync),
    second: &(impl Fn() -> B + Sync),
    third: impl FnOnce() -> C,
) -> (A, B, C) {
    let (first, (second, third)) = two(first, || two(second, third));
    (first, second, third)
}

/// The result of a thread, or of doing the work here if there was no thread to be had.
fn finish<T>(thread: io::Result<ScopedJoinHandle<'_, T>>, work: impl FnOnce() -> T) -> T {
    match thread {
        Ok(thread) => thread
            .join()
            .unwrap_or_else(|panic| panic::resume_unwind(panic)),
        Err(_) => on_this_core(work),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_and_three_return_results_in_order() {
        assert_eq!(two(&|| 1, || "two"), (1, "two"));
        assert_eq!(three(&|| 1, &|| "two", || '3'), (1, "two", '3'));
    }

    #[test]
    fn each_returns_results_in_subject_order() {
        let subjects: Vec<usize> = (0..100).collect();
        for threads in [0, 1, 8, 200] {
            let mut told = Vec::new();
            let doubled = each(
                threads,
                &subjects,
                |subject| subject * 2,
                &mut |done, of| {
                    told.push((done, of));
                },
            );
            assert!(
                doubled
                    .iter()
                    .zip(&subjects)
                    .all(|(two, one)| *two == one * 2)
            );
            assert_eq!(doubled.len(), 100);
            assert_eq!(told, (0..=100).map(|done| (done, 100)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn on_this_core_starts_no_thread() {
        let here = thread::current().id();
        let ran_on = on_this_core(|| {
            assert_eq!((for_computing(), for_reading()), (1, 1));
            two(&|| thread::current().id(), || thread::current().id())
        });
        assert_eq!(ran_on, (here, here));
        let (first, _) = two(&|| thread::current().id(), || ());
        assert_ne!(first, here);
    }

    #[test]
    fn finish_runs_inline_without_a_thread() {
        let refused = || Err(io::ErrorKind::WouldBlock.into());
        assert_eq!(finish(refused(), || 7), 7);
        // As on a thread of its own.
        assert_eq!(finish(refused(), for_reading), 1);
        assert_eq!(each(0, &[()], |()| for_reading(), &mut |_, _| {}), [1]);
    }
}
