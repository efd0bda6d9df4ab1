//! A spinner on standard error for what takes longer than half a second, and a bar for what is
//! counted; only at a terminal.

use std::cell::Cell;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use certstow_core::waits;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::screen::Screen;

const PATIENCE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(120);

/// Shows that something is being done, until it is dropped.
pub(crate) struct Progress {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts waiting; the spinner appears once the wait is long. `text` is certstow's own.
    pub(crate) fn start(screen: &Screen, text: &'static str) -> Self {
        if !screen.shows_progress() {
            return Self { running: None };
        }
        let (sender, receiver) = mpsc::channel::<()>();
        let spin = move || {
            // Nothing is ever sent: a wait ends early when the other end is dropped.
            let goes_on =
                |wait: Duration| receiver.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
            if !goes_on(PATIENCE) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
                .with_style(ProgressStyle::default_spinner());
            bar.set_message(text);
            while goes_on(TICK) {
                bar.tick();
            }
            bar.finish_and_clear();
        };
        // Without a thread nothing is drawn.
        let thread = Builder::new().spawn(spin).ok();
        Self {
            running: thread.map(|thread| (sender, thread)),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.running.take() {
            drop(sender);
            // The spinner is wiped before anything else is printed.
            let _ = thread.join();
        }
    }
}

/// A bar for what is counted, as wide as the terminal, until it is dropped.
pub(crate) struct Bar {
    bar: ProgressBar,
    shown: bool,
    drawn: Cell<bool>,
}

impl Bar {
    /// Nothing is drawn before the first step.
    pub(crate) fn new(screen: &Screen) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len}");
        Self {
            bar: bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())),
            shown: screen.shows_progress(),
            drawn: Cell::new(false),
        }
    }

    /// Shows how many are done: work got on. `text` is certstow's own.
    pub(crate) fn show(&self, text: &'static str, done: usize, of: usize) {
        waits::progress();
        self.bar.update(|state| {
            state.set_len(of as u64);
            state.set_pos(done as u64);
        });
        if self.bar.message() != text {
            self.bar.set_message(text);
        }
        if self.shown && !self.drawn.replace(true) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Does something that writes to the terminal.
    pub(crate) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.bar.suspend(work)
    }

    /// Wipes it.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
