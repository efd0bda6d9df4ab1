//! A hidden line by the console's key events: raw mode is switched on, keys are read one by one
//! and none is shown.

use std::io::{self, Write as _};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use zeroize::{Zeroize as _, Zeroizing};

use crate::os::HiddenLineError;

/// The longest line, in bytes of UTF-8: reserved at once, so that the text never moves.
const MAX_TYPED: usize = 4096;

/// Stands for a key that types no character.
const ESCAPE: char = '\u{1b}';

/// The console takes keys one by one and shows none while this lives.
struct RawMode;

impl RawMode {
    fn enter() -> Result<Self, HiddenLineError> {
        match enable_raw_mode() {
            Ok(()) => Ok(Self),
            Err(_) => Err(HiddenLineError::NoTerminal),
        }
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        restore();
        // Enter was not shown either.
        let _ = writeln!(io::stderr());
    }
}

pub(in crate::os) fn restore() {
    // There is nobody to tell if it does not work.
    let _ = disable_raw_mode();
}

pub(in crate::os) fn read_hidden_line(
    question: &str,
) -> Result<Zeroizing<String>, HiddenLineError> {
    let raw = RawMode::enter()?;
    let mut stderr = io::stderr().lock();
    write!(stderr, "{} ", question.replace('\n', "\r\n"))?;
    stderr.flush()?;
    drop(stderr);

    let mut line = Zeroizing::new(String::with_capacity(MAX_TYPED));
    loop {
        let Event::Key(key) = event::read()? else {
            continue;
        };
        match meaning(key) {
            Meaning::Character(character) => {
                if line.len() + character.len_utf8() > MAX_TYPED {
                    return Err(HiddenLineError::Unreadable);
                }
                line.push(character);
            }
            Meaning::EraseLast => _ = line.pop(),
            Meaning::EraseAll => line.zeroize(),
            Meaning::Done => break,
            Meaning::EndOfInput if !line.is_empty() => {}
            Meaning::EndOfInput | Meaning::Cancel => return Err(HiddenLineError::Cancelled),
            Meaning::Nothing => {}
        }
    }
    drop(raw);
    Ok(line)
}

/// What a key does to the line.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    Character(char),
    EraseLast,
    EraseAll,
    Done,
    EndOfInput,
    Cancel,
    Nothing,
}

fn meaning(key: KeyEvent) -> Meaning {
    // Keys going up are reported as well.
    if key.kind == KeyEventKind::Release {
        return Meaning::Nothing;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    match key.code {
        KeyCode::Enter => Meaning::Done,
        KeyCode::Tab => Meaning::Character('\t'),
        KeyCode::Backspace => Meaning::EraseLast,
        // Both at once is AltGr on Windows, which types characters.
        KeyCode::Char(character) if control == alt => Meaning::Character(character),
        KeyCode::Char(character) if control => match character.to_ascii_lowercase() {
            'c' => Meaning::Cancel,
            'd' => Meaning::EndOfInput,
            'h' => Meaning::EraseLast,
            'j' | 'm' => Meaning::Done,
            // A word of a line nobody sees is hard to tell.
            'u' | 'w' => Meaning::EraseAll,
            _ => Meaning::Character(ESCAPE),
        },
        _ => Meaning::Character(ESCAPE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(character: char, modifiers: KeyModifiers) -> Meaning {
        meaning(KeyEvent::new(KeyCode::Char(character), modifiers))
    }

    #[test]
    fn keys_with_control_never_type_a_letter() {
        for character in 'a'..='z' {
            assert_ne!(
                pressed(character, KeyModifiers::CONTROL),
                Meaning::Character(character)
            );
            assert_ne!(
                pressed(character, KeyModifiers::ALT),
                Meaning::Character(character)
            );
        }
        assert_eq!(pressed('u', KeyModifiers::CONTROL), Meaning::EraseAll);
        assert_eq!(pressed('c', KeyModifiers::CONTROL), Meaning::Cancel);
    }

    #[test]
    fn characters_come_as_typed() {
        let alt_gr = KeyModifiers::CONTROL | KeyModifiers::ALT;
        for (character, modifiers) in [
            ('a', KeyModifiers::NONE),
            ('A', KeyModifiers::SHIFT),
            ('ä', KeyModifiers::NONE),
            ('@', alt_gr),
        ] {
            assert_eq!(pressed(character, modifiers), Meaning::Character(character));
        }
    }
}
