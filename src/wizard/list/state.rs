//! What a list is between two keys, and how it looks at a size of the terminal. Nothing here touches one.

use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::line::edited::Edited;
use crate::render::lines;
use crate::wizard::asker::{Answer, Choice, Search, nothing_matches};

/// How many choices are shown at once.
const PAGE: usize = 10;

/// The least columns for a filter behind its question.
const ROOM: usize = 8;

/// A question with its choices.
pub(super) struct List<'a> {
    question: &'a str,
    choices: &'a [Choice],
    /// Where choices may be searched: for what, and what else there is.
    search: Option<(Edited, Search<'a>)>,
    /// The choices that are shown.
    found: Vec<usize>,
    /// Which of these is taken by Enter.
    at: usize,
    /// How many were shown at once last.
    page: usize,
}

/// What a key led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressed {
    GoOn,
    Answered(Answer<usize>),
    GivenUp,
}

/// A key with Ctrl as it is without Caps Lock, with which Windows has an upper-case letter. With AltGr,
/// which is Ctrl and Alt, that is what is typed.
fn without_caps_lock(mut key: KeyEvent) -> KeyEvent {
    if let KeyCode::Char(one) = key.code
        && key.modifiers.contains(KeyModifiers::CONTROL)
        && !key.modifiers.contains(KeyModifiers::ALT)
    {
        key.code = KeyCode::Char(one.to_ascii_lowercase());
    }
    key
}

/// A row, without a line end. It is narrower than the terminal, so that no terminal breaks it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Row {
    Question(String),
    Choice(String),
    Chosen(String),
    Help(String),
}

/// What is on the screen, and where the cursor is in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) rows: Vec<Row>,
    pub(super) cursor: (usize, usize),
}

impl Row {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Question(text) | Self::Choice(text) | Self::Chosen(text) | Self::Help(text) => {
                text
            }
        }
    }
}

impl<'a> List<'a> {
    pub(super) fn new(
        question: &'a str,
        choices: &'a [Choice],
        start: usize,
        search: Option<Search<'a>>,
    ) -> Self {
        Self {
            question,
            choices,
            search: search.map(|search| (Edited::new(), search)),
            found: (0..choices.len()).collect(),
            at: start,
            page: PAGE,
        }
    }

    pub(super) fn press(&mut self, key: KeyEvent) -> Pressed {
        let key = without_caps_lock(key);
        let control = key.modifiers == KeyModifiers::CONTROL;
        let has_text = self.text().is_some_and(|text| !text.is_empty());
        let last = self.found.len().saturating_sub(1);
        match (key.code, control) {
            (KeyCode::Esc, _) | (KeyCode::Char('g'), true) => {
                return Pressed::Answered(Answer::Back);
            }
            (KeyCode::Char('c'), true) => return Pressed::GivenUp,
            (KeyCode::Char('d'), true) if !has_text => return Pressed::GivenUp,
            (KeyCode::Enter, _) | (KeyCode::Char('j' | 'm'), true) => {
                let chosen = self.found.get(self.at).copied();
                return chosen.map_or(Pressed::GoOn, |at| Pressed::Answered(Answer::Next(at)));
            }
            (KeyCode::Up, _) | (KeyCode::Char('p'), true) => {
                self.at = self.at.checked_sub(1).unwrap_or(last);
            }
            (KeyCode::Down, _) | (KeyCode::Char('n'), true) => {
                self.at = if self.at < last { self.at + 1 } else { 0 };
            }
            (KeyCode::PageUp, _) => self.at = self.at.saturating_sub(self.page),
            (KeyCode::PageDown, _) => self.at = last.min(self.at + self.page),
            (KeyCode::Home, _) if !has_text => self.at = 0,
            (KeyCode::End, _) if !has_text => self.at = last,
            _ => self.change(|text| text.press(key)),
        }
        Pressed::GoOn
    }

    /// Takes a text that was pasted.
    pub(super) fn paste(&mut self, pasted: &str) {
        let blank = |one: char| if one.is_control() { ' ' } else { one };
        let pasted = pasted.trim().chars().map(blank);
        self.change(|text| pasted.for_each(|one| text.insert(one)));
    }

    /// Changes what is searched for.
    fn change(&mut self, how: impl FnOnce(&mut Edited)) {
        let Some((text, _)) = &mut self.search else {
            return;
        };
        let before = text.as_str().to_owned();
        how(text);
        if text.as_str() != before {
            let matching = self.choices.iter().enumerate();
            let matching = matching.filter(|(_, choice)| choice.matches(text.as_str()));
            self.found = matching.map(|(at, _)| at).collect();
            self.at = 0;
        }
    }

    fn text(&self) -> Option<&str> {
        self.search.as_ref().map(|(text, _)| text.as_str())
    }

    /// How it looks on `width` columns and `height` rows.
    pub(super) fn frame(&mut self, width: usize, height: usize) -> Frame {
        let width = width.saturating_sub(1).max(4);
        let (question, cursor) = self.head(width);
        let mut help = self.help(width);
        if question.len() + 1 + help.len() > height {
            help.clear();
        }
        let room = height.saturating_sub(question.len() + help.len()).max(1);
        self.page = room.min(PAGE);
        let mut rows: Vec<_> = question.into_iter().map(Row::Question).collect();
        match self.found.is_empty() {
            true => rows.extend(self.nothing(width, room).into_iter().map(Row::Choice)),
            false => rows.extend(self.window().map(|at| self.row(at, width))),
        }
        rows.extend(help.into_iter().map(Row::Help));
        Frame { rows, cursor }
    }

    /// The question with what is searched for behind it, and where the cursor is.
    fn head(&self, width: usize) -> (Vec<String>, (usize, usize)) {
        let question = lines::broken(&format!("? {}", self.question), width);
        let mut rows: Vec<_> = question.lines().map(str::to_owned).collect();
        if let Some((text, _)) = &self.search {
            let used = rows.last().map_or(0, |row| lines::length(row));
            if used + 1 + ROOM > width {
                rows.push(" ".to_owned());
            }
            let row = rows.len() - 1;
            let before = format!("{} ", rows[row]);
            let room = width.saturating_sub(lines::length(&before)).max(1);
            let (shown, column) = text.around_cursor(room);
            let column = lines::length(&before) + column;
            rows[row] = before + shown;
            return (rows, (row, column));
        }
        let row = rows.len().saturating_sub(1);
        let column = rows.last().map_or(0, |row| lines::length(row));
        (rows, (row, column))
    }

    /// The choices that are shown, by their places among those that were found.
    fn window(&self) -> Range<usize> {
        let highest = self.found.len().saturating_sub(self.page);
        let first = self.at.saturating_sub(self.page / 2).min(highest);
        first..self.found.len().min(first + self.page)
    }

    fn row(&self, at: usize, width: usize) -> Row {
        let window = self.window();
        let is_chosen = at == self.at;
        let sign = if is_chosen {
            '>'
        } else if at == window.start && at > 0 {
            '^'
        } else if at + 1 == window.end && at + 1 < self.found.len() {
            'v'
        } else {
            ' '
        };
        let choice = self.choices[self.found[at]].fitted(width.saturating_sub(2));
        let row = format!("{sign} {choice}");
        match is_chosen {
            true => Row::Chosen(row),
            false => Row::Choice(row),
        }
    }

    /// Why nothing is shown.
    fn nothing(&self, width: usize, room: usize) -> Vec<String> {
        let Some((text, search)) = &self.search else {
            return Vec::new();
        };
        let said = nothing_matches(text.as_str().trim(), self.choices, search);
        let indented = lines::broken(&format!("  {said}"), width);
        indented.lines().take(room).map(str::to_owned).collect()
    }

    /// What can be done, on as few rows as there can be.
    fn help(&self, width: usize) -> Vec<String> {
        let (found, all) = (self.found.len(), self.choices.len());
        let parts = match self.search {
            Some(_) => [
                format!("[{found} of {all};"),
                "type to filter, Enter;".to_owned(),
                "Esc goes back]".to_owned(),
            ],
            None => ["[up and down,", "Enter;", "Esc goes back]"].map(str::to_owned),
        };
        let mut rows: Vec<String> = Vec::new();
        for part in parts {
            match rows.last_mut() {
                Some(row) if lines::length(row) + 1 + lines::length(&part) <= width => {
                    row.push_str(&format!(" {part}"));
                }
                _ => rows.push(lines::beginning(&part, width).to_owned()),
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests;
