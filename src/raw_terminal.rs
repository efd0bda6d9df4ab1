//! The terminal while a question is drawn on it: keys come as they are pressed, Ctrl-C among them. For
//! ways to end the process that are no key, what has to be put back is known here and in
//! [`os::keep_terminal`].

use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certstow_core::waits::{self, Wait};
use certstow_platform::os::{self, KeptTerminal};
use crossterm::event;

use crate::error::Error;

/// Puts back what was drawn on: bracketed paste is turned off, the cursor is shown, and what is left of a
/// question is taken away (xterm's control sequences).
const DRAWN: &str = "\u{1b}[?2004l\u{1b}[?25h\u{1b}[J\r\n";
/// The same where nothing was drawn.
const PLAIN: &str = "\n";

/// What a terminal is taken for that does not know its size.
const USUAL_SIZE: (u16, u16) = (80, 24);

/// What puts the screen back while a question is on it.
static ASKING: Mutex<Option<&str>> = Mutex::new(None);

/// What is said when a question is cut short.
static OUTCOME: Mutex<Option<String>> = Mutex::new(None);

/// From now on, this is said of a run that ends at a question by no answer, such as by the signal that
/// Ctrl-C is in plain lines. The text is safe for a terminal.
pub(super) fn set_outcome(text: Option<String>) {
    *OUTCOME.lock().unwrap_or_else(PoisonError::into_inner) = text;
}

fn asking() -> MutexGuard<'static, Option<&'static str>> {
    ASKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts the screen back for a process that is about to end, and says what became of the run.
pub(super) fn restore_screen() {
    let Some(restores) = asking().take() else {
        return;
    };
    let outcome = OUTCOME.lock().unwrap_or_else(PoisonError::into_inner);
    let end = if restores == DRAWN { "\r\n" } else { "\n" };
    let said = outcome.iter().map(|text| format!("{text}{end}"));
    show(&format!("{restores}{}", said.collect::<String>()));
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
    pub(super) fn drawn() -> Self {
        Self::begin(DRAWN)
    }

    pub(super) fn plain() -> Self {
        Self::begin(PLAIN)
    }

    fn begin(restores: &'static str) -> Self {
        let begun = Self {
            _wait: waits::waiting_for("an answer at the terminal"),
            _kept: os::keep_terminal(),
        };
        *asking() = Some(restores);
        begun
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        asking().take();
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

/// Forgets keys that were pressed too early for one reader of keys, before another one reads: they are no
/// answer to its question.
pub(super) fn forget_keys() -> Result<(), Error> {
    while event::poll(Duration::ZERO).map_err(failed)? {
        event::read().map_err(failed)?;
    }
    Ok(())
}
