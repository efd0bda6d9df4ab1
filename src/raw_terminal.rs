//! The terminal while a question is drawn on it: keys come as they are pressed, Ctrl-C among them. For
//! ways to end the process that are no key, what has to be put back is known here and in
//! [`os::keep_terminal`].

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use certstow_core::waits::{self, Wait};
use certstow_platform::os::{self, KeptTerminal};

use crate::error::Error;

/// Bracketed paste is turned off, the cursor is shown, and what is left of a question is taken away
/// (xterm's control sequences).
const RESTORE: &str = "\u{1b}[?2004l\u{1b}[?25h\u{1b}[J\r\n";

/// What a terminal is taken for that does not know its size.
const USUAL_SIZE: (u16, u16) = (80, 24);

/// Whether a question is on the screen.
static ASKING: AtomicBool = AtomicBool::new(false);

/// Puts the screen back for a process that is about to end.
pub(super) fn restore_screen() {
    if ASKING.swap(false, Ordering::SeqCst) {
        show(RESTORE);
    }
}

/// Past `anstream`, which takes out what it knows no terminal for.
pub(super) fn show(sequence: &str) {
    let mut stderr = io::stderr();
    // There is nobody to tell if it does not work.
    let _ = stderr
        .write_all(sequence.as_bytes())
        .and_then(|()| stderr.flush());
}

/// A question is on the screen while this lives.
pub(super) struct Question {
    _wait: Wait,
    _kept: KeptTerminal,
}

impl Question {
    pub(super) fn begin() -> Self {
        let begun = Self {
            _wait: waits::waiting_for("an answer at the terminal"),
            _kept: os::keep_terminal(),
        };
        ASKING.store(true, Ordering::SeqCst);
        begun
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        ASKING.store(false, Ordering::SeqCst);
    }
}

/// Columns and rows of the terminal.
pub(super) fn size() -> (usize, usize) {
    let (width, height) = crossterm::terminal::size().unwrap_or(USUAL_SIZE);
    let known = |size, usual| usize::from(if size == 0 { usual } else { size });
    (known(width, USUAL_SIZE.0), known(height, USUAL_SIZE.1))
}

/// The terminal does not work.
pub(super) fn failed(source: io::Error) -> Error {
    Error::io("the terminal", source)
}
