//! A line that something else draws, with the same keys of readline, by `rustyline`'s buffer.

use certstow_formats::sanitize::is_unsafe;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use rustyline::line_buffer::{ChangeListener, DeleteListener, Direction, LineBuffer};
use rustyline::{At, Word};

use crate::render::lines;

/// The longest line, in bytes.
const LONGEST: usize = 500;

/// What is typed so far, and where the cursor is in it.
pub(crate) struct Edited(LineBuffer);

impl Edited {
    pub(crate) fn new() -> Self {
        Self(LineBuffer::with_capacity(LONGEST))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Does what readline has a key do. Others do nothing.
    pub(crate) fn press(&mut self, key: KeyEvent) {
        let line = &mut self.0;
        // Both together are AltGr, which types a character.
        let alt_gr = key.modifiers == KeyModifiers::CONTROL | KeyModifiers::ALT;
        let has = |modifier| key.modifiers.contains(modifier) && !alt_gr;
        let (control, alt) = (has(KeyModifiers::CONTROL), has(KeyModifiers::ALT));
        match key.code {
            KeyCode::Char('a') if control => line.move_home(),
            KeyCode::Char('e') if control => line.move_end(),
            KeyCode::Char('b') if control => line.move_backward(1),
            KeyCode::Char('f') if control => line.move_forward(1),
            KeyCode::Char('u') if control => line.discard_line(&mut Unheard),
            KeyCode::Char('k') if control => line.kill_line(&mut Unheard),
            KeyCode::Char('w') if control => line.delete_prev_word(Word::Big, 1, &mut Unheard),
            KeyCode::Char('h') if control => line.backspace(1, &mut Unheard),
            KeyCode::Char('d') if control => line.delete(1, &mut Unheard).is_some(),
            KeyCode::Char('t') if control => line.transpose_chars(&mut Unheard),
            KeyCode::Char('b' | 'B') if alt => line.move_to_prev_word(Word::Emacs, 1),
            KeyCode::Char('f' | 'F') if alt => line.move_to_next_word(At::AfterEnd, Word::Emacs, 1),
            KeyCode::Char('d' | 'D') if alt => {
                line.delete_word(At::AfterEnd, Word::Emacs, 1, &mut Unheard)
            }
            KeyCode::Backspace if alt || control => {
                line.delete_prev_word(Word::Emacs, 1, &mut Unheard)
            }
            KeyCode::Left if alt || control => line.move_to_prev_word(Word::Emacs, 1),
            KeyCode::Right if alt || control => {
                line.move_to_next_word(At::AfterEnd, Word::Emacs, 1)
            }
            KeyCode::Left => line.move_backward(1),
            KeyCode::Right => line.move_forward(1),
            KeyCode::Home => line.move_home(),
            KeyCode::End => line.move_end(),
            KeyCode::Backspace => line.backspace(1, &mut Unheard),
            KeyCode::Delete => line.delete(1, &mut Unheard).is_some(),
            KeyCode::Char(one) if !control && !alt => {
                self.insert(one);
                true
            }
            _ => false,
        };
    }

    /// Puts a character where the cursor is. What does not fit, and what would show as something else, is
    /// left out.
    pub(crate) fn insert(&mut self, one: char) {
        if !is_unsafe(one) {
            let _ = self.0.insert(one, 1, &mut Unheard);
        }
    }

    /// The part around the cursor that fits into `room` columns, and the cursor's in it.
    pub(crate) fn around_cursor(&self, room: usize) -> (&str, usize) {
        let (before, _) = self.as_str().split_at(self.0.pos());
        let starts = before.char_indices().map(|(at, _)| at);
        let mut starts = starts.chain([before.len()]);
        let fits = |at: &usize| lines::length(&before[*at..]) < room;
        let start = starts.find(fits).unwrap_or(before.len());
        let shown = lines::beginning(&self.as_str()[start..], room);
        (shown, lines::length(&before[start..]))
    }
}

/// Nobody listens to the changes of a line.
struct Unheard;

impl DeleteListener for Unheard {
    fn delete(&mut self, _: usize, _: &str, _: Direction) {}
}

impl ChangeListener for Unheard {
    fn insert_char(&mut self, _: usize, _: char) {}
    fn insert_str(&mut self, _: usize, _: &str) {}
    fn replace(&mut self, _: usize, _: &str, _: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(keys: &[(KeyCode, KeyModifiers)]) -> String {
        let mut line = Edited::new();
        "one two-three".chars().for_each(|one| line.insert(one));
        for (code, modifiers) in keys {
            line.press(KeyEvent::new(*code, *modifiers));
        }
        let (before, after) = line.as_str().split_at(line.0.pos());
        format!("{before}|{after}")
    }

    #[test]
    fn press_knows_readlines_keys() {
        let control = |key| (KeyCode::Char(key), KeyModifiers::CONTROL);
        let alt = |key| (KeyCode::Char(key), KeyModifiers::ALT);
        let plain = |code| (code, KeyModifiers::NONE);
        for (keys, left) in [
            (&[control('u')][..], "|"),
            (&[control('a'), control('k')], "|"),
            (&[control('w')], "one |"),
            (&[(KeyCode::Backspace, KeyModifiers::ALT)], "one two-|"),
            (&[plain(KeyCode::Home), alt('f'), control('k')], "one|"),
            (&[control('a'), alt('d')], "| two-three"),
            (&[alt('b'), alt('b'), control('k')], "one |"),
            (&[control('a'), control('f'), control('d')], "o|e two-three"),
            (&[control('b'), control('b'), control('h')], "one two-th|ee"),
            (
                &[
                    (KeyCode::Left, KeyModifiers::CONTROL),
                    plain(KeyCode::Delete),
                ],
                "one two-|hree",
            ),
            (
                &[
                    plain(KeyCode::Left),
                    plain(KeyCode::Right),
                    plain(KeyCode::Backspace),
                ],
                "one two-thre|",
            ),
            (
                &[control('a'), control('e'), plain(KeyCode::Char('!'))],
                "one two-three!|",
            ),
            (
                &[(
                    KeyCode::Char('@'),
                    KeyModifiers::CONTROL | KeyModifiers::ALT,
                )],
                "one two-three@|",
            ),
        ] {
            assert_eq!(pressed(keys), left, "{keys:?}");
        }
        for idle in "cgijlmnopqrsvxyz\\74".chars() {
            assert_eq!(pressed(&[control(idle)]), "one two-three|", "{idle}");
        }
        assert_eq!(pressed(&[alt('x')]), "one two-three|");
    }

    #[test]
    fn around_cursor_scrolls() {
        let mut line = Edited::new();
        "abcdefghij".chars().for_each(|one| line.insert(one));
        assert_eq!(line.around_cursor(5), ("ghij", 4));
        line.press(KeyEvent::new(KeyCode::Home, KeyModifiers::NONE));
        assert_eq!(line.around_cursor(5), ("abcde", 0));
    }
}
