//! How the wizard asks: questions that can be gone back from, whether they are drawn or not.

use std::io::Write as _;

use certstow_core::password::Typed;
use certstow_formats::secret::Password;

use super::lines;
use crate::error::Error;

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer<T> {
    /// This.
    Next(T),
    /// The question before is to be asked again.
    Back,
}

/// A way to ask. Every text that is handed in is safe for a terminal.
///
/// Every function fails with [`Error::Cancelled`] where the person gives up, by Ctrl-C or the end of
/// the input, and with [`Error::Library`] where the terminal does not work.
pub(super) trait Asker {
    /// Says something, on lines that fit the terminal.
    fn say(&mut self, text: &str);

    /// Says something on a line of its own that is not broken, however long.
    fn say_whole(&mut self, line: &str) {
        // If it is not seen, the question that follows is.
        let _ = writeln!(anstream::stderr().lock(), "{line}");
    }

    /// Has one of the choices taken; its position. `start` is the one that just Enter takes.
    fn choose(
        &mut self,
        question: &str,
        choices: &[Choice],
        start: usize,
    ) -> Result<Answer<usize>, Error>;

    /// As [`Asker::choose`], of choices that may be many: what is typed picks those that have it.
    fn find(
        &mut self,
        question: &str,
        choices: &[Choice],
        start: usize,
    ) -> Result<Answer<usize>, Error> {
        self.choose(question, choices, start)
    }

    /// Has a line typed, which begins as `initial`.
    fn text(&mut self, question: &str, initial: &str, kind: Kind) -> Result<Answer<String>, Error>;

    /// Has a password typed once, hidden.
    fn password(&mut self, question: &str) -> Result<Typed, Error>;

    /// Shows a password for as long as the question below it is not answered.
    fn show_password(
        &mut self,
        text: &str,
        password: &Password,
        question: &str,
        choices: &[Choice],
    ) -> Result<Answer<usize>, Error>;
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// A path, of which the folders can be completed.
    Path,
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// What comes first, and is cut where nothing else helps.
    name: String,
    /// What is left out where there is too little room.
    more: String,
    /// What is always shown.
    last: String,
}

impl Choice {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self::of(name.into(), String::new(), String::new())
    }

    pub(super) fn of(name: String, more: String, last: String) -> Self {
        Self { name, more, last }
    }

    /// All of it, which is also what is searched.
    pub(super) fn whole(&self) -> String {
        joined([&self.name, &self.more, &self.last])
    }

    /// On one line of so many characters.
    pub(super) fn fitted(&self, width: usize) -> String {
        let whole = self.whole();
        if lines::length(&whole) <= width {
            return whole;
        }
        let shorter = joined([&self.name, "", &self.last]);
        if lines::length(&shorter) <= width {
            return shorter;
        }
        let room = width.saturating_sub(lines::length(&self.last) + 2);
        let name = lines::cut(&self.name, room.max(8));
        lines::cut(&joined([&name, "", &self.last]), width)
    }

    /// Whether all words of the text are in it.
    pub(super) fn matches(&self, text: &str) -> bool {
        let whole = self.whole().to_lowercase();
        let text = text.to_lowercase();
        text.split_whitespace().all(|word| whole.contains(word))
    }
}

fn joined(parts: [&str; 3]) -> String {
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Choice {
        let [name, more, last] =
            ["Ada Example", "by Some Issuing CA", "until 2030"].map(str::to_owned);
        Choice::of(name, more, last)
    }

    #[test]
    fn fitted_drops_least_important_parts_first() {
        assert_eq!(
            ada().fitted(80),
            "Ada Example, by Some Issuing CA, until 2030"
        );
        assert_eq!(ada().fitted(40), "Ada Example, until 2030");
        assert_eq!(ada().fitted(20), "Ada Exa…, until 2030");
        assert_eq!(ada().fitted(9).chars().count(), 9);
    }

    #[test]
    fn choice_matches_words_in_any_order() {
        for (text, found) in [("", true), ("ca ada", true), ("2030", true), ("bob", false)] {
            assert_eq!(ada().matches(text), found, "{text}");
        }
    }
}
