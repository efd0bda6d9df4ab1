//! Key derivations at once. Encrypting the certificates, encrypting the key and the MAC
//! each derive a key of their own (RFC 7292, appendix B); none needs another's result, and
//! nearly all the time of writing or opening a file goes into them.

use std::cell::Cell;
use std::io;
use std::panic;
use std::thread::{self, Builder, ScopedJoinHandle};

use certstow_platform::secret::wipe_stack;

thread_local! {
    /// Whether the other cores have work of their own.
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Does `work` on this thread alone: for one of many files, where every other core has files of its
/// own. No secret is left on its stack.
pub(crate) fn on_this_core<T>(work: impl FnOnce() -> T) -> T {
    let before = ALONE.replace(true);
    let result = work();
    ALONE.set(before);
    wipe_stack();
    result
}

/// How many cores there are for one file.
pub(super) fn cores() -> usize {
    if ALONE.get() {
        return 1;
    }
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs two pieces of work, one of them on a thread of its own.
pub(super) fn two<A: Send, B>(first: &(impl Fn() -> A + Sync), second: &impl Fn() -> B) -> (A, B) {
    if ALONE.get() {
        return (first(), second());
    }
    thread::scope(|scope| {
        let thread = Builder::new().spawn_scoped(scope, || alone(first));
        let second = second();
        (finish(thread, first), second)
    })
}

/// Runs three pieces of work, two of them on threads of their own. There is one thread for each
/// even where there are two cores: the system then shares the cores out evenly, whichever of the
/// three takes longest.
pub(super) fn three<A: Send, B: Send, C>(
    first: &(impl Fn() -> A + Sync),
    second: &(impl Fn() -> B + Sync),
    third: &impl Fn() -> C,
) -> (A, B, C) {
    if ALONE.get() {
        return (first(), second(), third());
    }
    thread::scope(|scope| {
        let first_thread = Builder::new().spawn_scoped(scope, || alone(first));
        let second_thread = Builder::new().spawn_scoped(scope, || alone(second));
        let third = third();
        (
            finish(first_thread, first),
            finish(second_thread, second),
            third,
        )
    })
}

/// The work of a thread that ends with it, and leaves no secret on its stack.
fn alone<T>(work: &impl Fn() -> T) -> T {
    let result = work();
    wipe_stack();
    result
}

/// The result of a thread, or of doing the work here if there was no thread to be had.
fn finish<T>(thread: io::Result<ScopedJoinHandle<'_, T>>, work: &impl Fn() -> T) -> T {
    match thread {
        Ok(thread) => thread
            .join()
            .unwrap_or_else(|panic| panic::resume_unwind(panic)),
        Err(_) => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_runs_once_and_gives_its_own_result() {
        assert_eq!(two(&|| 1, &|| "two"), (1, "two"));
        assert_eq!(three(&|| 1, &|| "two", &|| '3'), (1, "two", '3'));
    }

    #[test]
    fn on_one_core_no_thread_is_started() {
        let here = thread::current().id();
        let ran_on = on_this_core(|| {
            assert_eq!(cores(), 1);
            two(&|| thread::current().id(), &|| thread::current().id())
        });
        assert_eq!(ran_on, (here, here));
        let (first, _) = two(&|| thread::current().id(), &|| ());
        assert_ne!(first, here);
    }

    #[test]
    fn without_a_thread_the_work_is_done_all_the_same() {
        assert_eq!(finish(Err(io::ErrorKind::WouldBlock.into()), &|| 7), 7);
    }
}
