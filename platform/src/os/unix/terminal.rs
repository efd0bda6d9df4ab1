//! A hidden line by POSIX termios: `/dev/tty` is opened, `ECHO` switched off by `tcsetattr`, one
//! line read in canonical mode, so that the kernel handles erasing (Backspace, Ctrl-U),
//! and the terminal put back. `ISIG` is off meanwhile and Ctrl-C an end of line (`VEOL`): giving
//! up is an answer here, and not a signal that would leave the terminal without its echo.
//!
//! Where Esc goes back it is an end of line, too (`VEOL2`). Keys such as arrows send more right after
//! it, which a short look without `ICANON` finds.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

use crate::os::{Escape, HiddenLineError};

/// The longest line the kernel hands over in canonical mode, and its end.
const MAX_LINE: usize = 4096;

const CTRL_C: u8 = 3;
const ESC: u8 = 0x1b;

/// What else the kernel does with a key in a line: the next one is taken as it is (Ctrl-V), a word is
/// erased, the line or the output is shown anew. None of it can be seen in a hidden line.
const UNSEEN: [SpecialCodeIndex; 4] = [
    SpecialCodeIndex::VLNEXT,
    SpecialCodeIndex::VWERASE,
    SpecialCodeIndex::VREPRINT,
    SpecialCodeIndex::VDISCARD,
];

/// A key for nothing: `_POSIX_VDISABLE` of Linux, and of macOS and the BSDs.
const DISABLED: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

/// How long what belongs to an Esc may take, in tenths of a second: the least there is, and time
/// enough for most networks.
const ESCAPE_SEQUENCE: u8 = 1;

/// How the terminal was, while a hidden line is read.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

pub fn read_hidden_line(
    question: &str,
    escape: Escape,
) -> Result<Zeroizing<String>, HiddenLineError> {
    let mut terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .map_err(|_| HiddenLineError::NoTerminal)?;
    let hidden = Hidden::begin(&terminal, escape)?;
    write!(terminal, "{question} ")?;
    let line = hidden.read_line(&mut terminal);
    drop(hidden);
    // Enter was not shown either.
    writeln!(terminal)?;
    let line = line?;
    match line.split_last() {
        Some((&b'\n', text)) => text_of(text),
        Some((&CTRL_C, _)) | None => Err(HiddenLineError::Cancelled),
        Some((&ESC, _)) if escape == Escape::GoesBack => Err(HiddenLineError::Back),
        // The end of the line did not fit, or the terminal went away.
        Some(_) => Err(HiddenLineError::Unreadable),
    }
}

pub(in crate::os) fn keep() {
    let modes = File::open("/dev/tty").and_then(|terminal| Ok(tcgetattr(&terminal)?));
    *before() = modes.ok();
}

pub(in crate::os) fn forget() {
    before().take();
}

fn before() -> MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn restore() {
    let before = before().take();
    if let (Some(before), Ok(terminal)) = (before, File::open("/dev/tty")) {
        // There is nobody to tell if it does not work.
        let _ = tcsetattr(&terminal, OptionalActions::Flush, &before);
    }
}

/// The terminal shows nothing of what is typed while this lives.
struct Hidden {
    modes: Termios,
    escape: Escape,
}

impl Hidden {
    fn begin(terminal: &File, escape: Escape) -> io::Result<Self> {
        let was = tcgetattr(terminal)?;
        let mut modes = was.clone();
        modes
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ISIG);
        modes.local_modes.insert(LocalModes::ICANON);
        // Backspace erases a character, and not a byte of one.
        modes.input_modes.insert(InputModes::IUTF8);
        // Ctrl-S would stop the output.
        modes.input_modes.remove(InputModes::IXON);
        for key in UNSEEN {
            modes.special_codes[key] = DISABLED;
        }
        modes.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        if escape == Escape::GoesBack {
            modes.local_modes.insert(LocalModes::IEXTEN);
            modes.special_codes[SpecialCodeIndex::VEOL2] = ESC;
        }
        *before() = Some(was);
        let begun = Self { modes, escape };
        // What was typed before the question is no answer to it.
        tcsetattr(terminal, OptionalActions::Flush, &begun.modes)?;
        Ok(begun)
    }

    /// What the kernel has up to and with the end of the line, in memory that never moves.
    fn read_line(&self, terminal: &mut File) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut line = Zeroizing::new(vec![0; MAX_LINE]);
        let mut filled = 0;
        while filled < line.len() {
            let after_escape = self.escape == Escape::GoesBack && line[..filled].ends_with(&[ESC]);
            let count = match after_escape {
                true => self.follows(terminal, &mut line[filled..])?,
                false => read(terminal, &mut line[filled..])?,
            };
            let new = &line[filled..filled + count];
            let end = new.iter().position(|byte| matches!(*byte, b'\n' | CTRL_C));
            filled += end.map_or(count, |end| end + 1);
            if count == 0 || end.is_some() {
                break;
            }
        }
        line.truncate(filled);
        Ok(line)
    }

    /// What comes right after an Esc, without waiting for the end of a line.
    fn follows(&self, terminal: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
        let mut at_once = self.modes.clone();
        at_once.local_modes.remove(LocalModes::ICANON);
        at_once.special_codes[SpecialCodeIndex::VMIN] = 0;
        at_once.special_codes[SpecialCodeIndex::VTIME] = ESCAPE_SEQUENCE;
        tcsetattr(&*terminal, OptionalActions::Now, &at_once)?;
        let count = read(terminal, buffer);
        tcsetattr(&*terminal, OptionalActions::Now, &self.modes)?;
        count
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        restore();
    }
}

fn read(terminal: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match terminal.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<Zeroizing<String>, HiddenLineError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(HiddenLineError::Unreadable),
    }
}
