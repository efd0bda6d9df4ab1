//! A line that is typed at the terminal and not shown there: how it may end.

use std::io;

/// Why no line came from the terminal.
#[derive(Debug)]
pub enum HiddenLineError {
    /// There is no terminal.
    NoTerminal,
    /// The person gave up: Ctrl-C, or Ctrl-D on an empty line; Ctrl-Z on Windows.
    Cancelled,
    /// The person pressed Esc, where that was to be told.
    Back,
    /// The line is too long, or no Unicode text.
    Unreadable,
    /// The terminal does not work.
    Io(io::Error),
}

impl From<io::Error> for HiddenLineError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What the Esc key does while a hidden line is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// It types a control character, as other keys do that type nothing.
    Types,
    /// Alone, it ends the line with [`HiddenLineError::Back`]. What begins with it, as arrow keys
    /// do, types control characters.
    GoesBack,
}
