//! A hidden line by the console: `CONIN$` is opened, `SetConsoleMode` switches off its echo, its
//! line editing and its handling of Ctrl-C, `ReadConsoleW` gives what is typed, and the mode is put
//! back. The editing is done here, since the console's own would have arrow keys move about in a
//! line that nobody sees; as virtual terminal input they arrive as escape sequences instead.
//! ("Low-Level Console Modes" in Microsoft's documentation of the console.)

use std::fs::{File, OpenOptions};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use windows_sys::Win32::System::Console::{
    CONSOLE_MODE, ENABLE_ECHO_INPUT, ENABLE_LINE_INPUT, ENABLE_PROCESSED_INPUT,
    ENABLE_VIRTUAL_TERMINAL_INPUT,
};
use zeroize::{Zeroize as _, Zeroizing};

use super::ffi;
use crate::os::{Asking, Escape, HiddenLineError, asking};

/// The longest line, in UTF-16 units: reserved at once, so that the text never moves.
const MAX_LINE: usize = 4096;

const CTRL_C: u16 = 3;
const CTRL_D: u16 = 4;
const CTRL_H: u16 = 8;
const CTRL_U: u16 = 21;
const CTRL_W: u16 = 23;
const CTRL_Z: u16 = 26;
const DELETE: u16 = 127;
const ESC: u16 = 27;
const LINE_FEED: u16 = 10;
const CARRIAGE_RETURN: u16 = 13;

/// How the console was, while a hidden line is read.
static BEFORE: Mutex<Option<CONSOLE_MODE>> = Mutex::new(None);

pub fn read_hidden_line(
    question: &str,
    escape: Escape,
) -> Result<Zeroizing<String>, HiddenLineError> {
    // A console may be there that nobody sees.
    if asking() == Asking::OutOfSight {
        return Err(HiddenLineError::NoTerminal);
    }
    let [input, output] = ["CONIN$", "CONOUT$"].map(open);
    let (Ok(input), Ok(output)) = (input, output) else {
        return Err(HiddenLineError::NoTerminal);
    };
    let hidden = Hidden::begin(&input)?;
    show(&output, &format!("{question} "))?;
    let line = read_line(&input, escape);
    drop(hidden);
    // Enter was not shown either.
    show(&output, "\n")?;
    line
}

pub(in crate::os) fn keep() {
    let mode = open("CONIN$").and_then(|console| ffi::console_mode(&console));
    *before() = mode.ok();
}

pub(in crate::os) fn forget() {
    before().take();
}

fn before() -> MutexGuard<'static, Option<CONSOLE_MODE>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn restore() {
    let before = before().take();
    if let (Some(before), Ok(console)) = (before, open("CONIN$")) {
        // There is nobody to tell if it does not work.
        let _ = ffi::set_console_mode(&console, before);
    }
}

fn open(name: &str) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(name)
}

fn show(output: &File, text: &str) -> io::Result<()> {
    let units: Vec<u16> = text.replace('\n', "\r\n").encode_utf16().collect();
    let mut rest = units.as_slice();
    while !rest.is_empty() {
        match ffi::write_console(output, rest)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => rest = &rest[written..],
        }
    }
    Ok(())
}

/// The console shows nothing of what is typed while this lives.
struct Hidden;

impl Hidden {
    fn begin(input: &File) -> io::Result<Self> {
        let was = ffi::console_mode(input)?;
        let hidden = was & !(ENABLE_ECHO_INPUT | ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT);
        *before() = Some(was);
        let begun = Self;
        // Not every Windows knows virtual terminals.
        ffi::set_console_mode(input, hidden | ENABLE_VIRTUAL_TERMINAL_INPUT)
            .or_else(|_| ffi::set_console_mode(input, hidden))?;
        // What was typed before the question is no answer to it.
        ffi::discard_typed(input)?;
        Ok(begun)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        restore();
    }
}

fn read_line(input: &File, escape: Escape) -> Result<Zeroizing<String>, HiddenLineError> {
    let mut line = Line::new();
    let mut typed = Zeroizing::new([0; 256]);
    loop {
        let count = ffi::read_console(input, &mut *typed)?;
        if count == 0 {
            // The console is going away.
            return Err(HiddenLineError::Cancelled);
        }
        let typed = &typed[..count];
        // What begins with Esc, as arrow keys do, comes as a whole.
        if escape == Escape::GoesBack && typed.ends_with(&[ESC]) {
            return Err(HiddenLineError::Back);
        }
        for unit in typed {
            match line.take(*unit) {
                Key::Edit => {}
                Key::Done => return line.text(),
                Key::Cancel => return Err(HiddenLineError::Cancelled),
            }
        }
    }
}

/// A line that is being typed.
struct Line {
    units: Zeroizing<Vec<u16>>,
    too_long: bool,
}

/// What a key did to the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Edit,
    Done,
    Cancel,
}

impl Line {
    fn new() -> Self {
        Self {
            units: Zeroizing::new(Vec::with_capacity(MAX_LINE)),
            too_long: false,
        }
    }

    fn take(&mut self, unit: u16) -> Key {
        match unit {
            CARRIAGE_RETURN | LINE_FEED => return Key::Done,
            CTRL_C => return Key::Cancel,
            CTRL_D | CTRL_Z if self.units.is_empty() => return Key::Cancel,
            CTRL_H | DELETE => self.erase_last(),
            // A word of a line nobody sees is hard to tell.
            CTRL_U | CTRL_W => self.erase_all(),
            // Reading goes on to its end, or the rest would be taken for what is typed next.
            _ if self.units.len() == MAX_LINE => self.too_long = true,
            _ => self.units.push(unit),
        }
        Key::Edit
    }

    /// Erases a character, and not one of two units of it.
    fn erase_last(&mut self) {
        if let Some(0xdc00..=0xdfff) = self.units.pop()
            && let Some(0xd800..=0xdbff) = self.units.last()
        {
            self.units.pop();
        }
    }

    fn erase_all(&mut self) {
        self.units.zeroize();
        self.too_long = false;
    }

    fn text(&self) -> Result<Zeroizing<String>, HiddenLineError> {
        if self.too_long {
            return Err(HiddenLineError::Unreadable);
        }
        // Three bytes of UTF-8 are the most one unit becomes, so the text never moves while
        // growing.
        let mut text = Zeroizing::new(String::with_capacity(self.units.len() * 3));
        for character in char::decode_utf16(self.units.iter().copied()) {
            text.push(character.map_err(|_| HiddenLineError::Unreadable)?);
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of these keys, the last of which ends the line.
    fn typed(keys: &[u16]) -> Result<String, HiddenLineError> {
        let mut line = Line::new();
        for (position, key) in keys.iter().enumerate() {
            match line.take(*key) {
                Key::Edit => assert_ne!(position + 1, keys.len(), "the line goes on"),
                Key::Done => return line.text().map(|text| text.to_string()),
                Key::Cancel => return Err(HiddenLineError::Cancelled),
            }
        }
        unreachable!("the last key ended the line")
    }

    fn text(keys: &str) -> Result<String, HiddenLineError> {
        typed(&keys.encode_utf16().collect::<Vec<_>>())
    }

    #[test]
    fn line_keeps_typed_characters() {
        assert_eq!(text("pässwörd 🔑\r").unwrap(), "pässwörd 🔑");
        assert_eq!(text("\r").unwrap(), "");
        assert_eq!(text("a\tb\u{1b}[D\n").unwrap(), "a\tb\u{1b}[D");
    }

    #[test]
    fn line_applies_erase_keys() {
        assert_eq!(text("\u{8}abé\u{7f}c🔑🔒\u{8}\r").unwrap(), "abc🔑");
        assert_eq!(text("nonsense\u{15}more\u{17}all\r").unwrap(), "all");
    }

    #[test]
    fn line_cancels_at_interrupt_or_leading_eof() {
        for keys in ["\u{3}", "half\u{3}", "\u{4}", "\u{1a}", "x\u{8}\u{1a}"] {
            let answer = text(keys);
            assert!(
                matches!(answer, Err(HiddenLineError::Cancelled)),
                "{keys:?}: {answer:?}"
            );
        }
        assert_eq!(text("x\u{4}\u{1a}\r").unwrap(), "x\u{4}\u{1a}");
    }

    #[test]
    fn line_rejects_unpaired_surrogates() {
        let answer = typed(&[0x61, 0xd83d, 13]);
        assert!(matches!(answer, Err(HiddenLineError::Unreadable)));
        let answer = typed(&[0xdd11, 13]);
        assert!(matches!(answer, Err(HiddenLineError::Unreadable)));
    }

    #[test]
    fn line_rejects_overlong_input() {
        let longest = "x".repeat(MAX_LINE);
        assert_eq!(text(&format!("{longest}\r")).unwrap(), longest);
        let answer = text(&format!("{longest}y\r"));
        assert!(matches!(answer, Err(HiddenLineError::Unreadable)));
        assert_eq!(text(&format!("{longest}y\u{15}z\r")).unwrap(), "z");
    }
}
