//! A hidden line by POSIX termios: `/dev/tty` is opened, `ECHO` switched off by `tcsetattr`, one
//! line read in canonical mode, so that the kernel handles erasing (Backspace, Ctrl-W, Ctrl-U),
//! and the terminal put back. `ISIG` is off meanwhile and Ctrl-C an end of line (`VEOL`): giving
//! up is an answer here, and not a signal that would leave the terminal without its echo.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};

use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

use crate::os::HiddenLineError;

/// The longest line the kernel hands over in canonical mode, and its end.
const MAX_LINE: usize = 4096;

const CTRL_C: u8 = 3;

/// How the terminal was, while a hidden line is read.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

pub(in crate::os) fn read_hidden_line(
    question: &str,
) -> Result<Zeroizing<String>, HiddenLineError> {
    let mut terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .map_err(|_| HiddenLineError::NoTerminal)?;
    let hidden = Hidden::begin(&terminal)?;
    write!(terminal, "{question} ")?;
    let line = read_line(&mut terminal);
    drop(hidden);
    // Enter was not shown either.
    writeln!(terminal)?;
    let line = line?;
    match line.split_last() {
        Some((&b'\n', text)) => text_of(text),
        Some((&CTRL_C, _)) | None => Err(HiddenLineError::Cancelled),
        // The end of the line did not fit, or the terminal went away.
        Some(_) => Err(HiddenLineError::Unreadable),
    }
}

pub(in crate::os) fn restore() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let (Some(before), Ok(terminal)) = (before, File::open("/dev/tty")) {
        // There is nobody to tell if it does not work.
        let _ = tcsetattr(&terminal, OptionalActions::Flush, &before);
    }
}

/// The terminal shows nothing of what is typed while this lives.
struct Hidden;

impl Hidden {
    fn begin(terminal: &File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut hidden = before.clone();
        hidden
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ISIG);
        hidden.local_modes.insert(LocalModes::ICANON);
        // Backspace erases a character, and not a byte of one.
        hidden.input_modes.insert(InputModes::IUTF8);
        hidden.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        let begun = Self;
        // What was typed before the question is no answer to it.
        tcsetattr(terminal, OptionalActions::Flush, &hidden)?;
        Ok(begun)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        restore();
    }
}

/// What the kernel has up to and with the end of the line, in memory that never moves.
fn read_line(terminal: &mut File) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(vec![0; MAX_LINE]);
    let mut filled = 0;
    while filled < line.len() && !matches!(line[..filled].last(), Some(&(b'\n' | CTRL_C))) {
        match terminal.read(&mut line[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    line.truncate(filled);
    Ok(line)
}

fn text_of(bytes: &[u8]) -> Result<Zeroizing<String>, HiddenLineError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(HiddenLineError::Unreadable),
    }
}
