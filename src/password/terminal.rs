//! One line from the terminal without echo. The `inquire` prompts are not used for this: they
//! take Ctrl-U and Ctrl-W for the letters u and w, which in a line nobody sees would lock a file
//! with a password nobody knows, and they keep copies of the line that are not wiped.

use std::io::{self, Write as _};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use zeroize::{Zeroize as _, Zeroizing};

/// The longest line, in bytes of UTF-8: reserved at once, so that the text never moves.
const MAX_TYPED: usize = 4096;

/// Why no line came.
pub(super) enum Failure {
    /// Escape, Ctrl-C, or Ctrl-D on an empty line.
    Cancelled,
    /// There is no terminal.
    None,
    TooLong,
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        // ENXIO and ENOTTY, from opening /dev/tty or from making it raw; on Windows 6 is the
        // invalid handle of a process without a console.
        match error.raw_os_error() {
            Some(6 | 25) => Self::None,
            _ => Self::Io(error),
        }
    }
}

/// The terminal takes keys one by one and shows none while this lives.
struct RawMode;

impl RawMode {
    fn enter() -> io::Result<Self> {
        enable_raw_mode().map(|()| Self)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
        // Enter was not echoed either.
        let _ = writeln!(io::stderr());
    }
}

/// Writes the remark and the question to standard error, and reads the answer.
pub(super) fn read_hidden(
    question: &str,
    remark: Option<&str>,
) -> Result<Zeroizing<String>, Failure> {
    let raw = RawMode::enter()?;
    let mut stderr = io::stderr().lock();
    if let Some(remark) = remark {
        write!(stderr, "{remark}\r\n")?;
    }
    write!(stderr, "{question} ")?;
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
                    return Err(Failure::TooLong);
                }
                line.push(character);
            }
            Meaning::EraseLast => _ = line.pop(),
            Meaning::EraseAll => line.zeroize(),
            Meaning::Done => break,
            Meaning::EndOfInput if !line.is_empty() => {}
            Meaning::EndOfInput | Meaning::Cancel => return Err(Failure::Cancelled),
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
    // Windows reports keys going up as well.
    if key.kind == KeyEventKind::Release {
        return Meaning::Nothing;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    match key.code {
        KeyCode::Enter => Meaning::Done,
        KeyCode::Esc => Meaning::Cancel,
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
            _ => Meaning::Nothing,
        },
        _ => Meaning::Nothing,
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
            let meaning = pressed(character, KeyModifiers::CONTROL);
            assert!(!matches!(meaning, Meaning::Character(_)), "{character}");
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
