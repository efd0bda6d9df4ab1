//! How the wizard asks: questions that can be gone back from, whether they are drawn or not.

use std::io::Write as _;

use certstow_core::letters::without_marks;
use certstow_core::nearest;
use certstow_core::password::Typed;
use certstow_core::select::Selector;
use certstow_formats::plural::counted;
use certstow_formats::secret::Password;

use crate::error::Error;
use crate::render::lines;

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
        search: Search<'_>,
    ) -> Result<Answer<usize>, Error>;

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
    /// By what it is found beside what is shown of it.
    found_by: FoundBy,
}

/// Where choices are searched: what is none of them, and may be what was meant.
pub(super) type Search<'a> = &'a [Unoffered];

/// What can not be chosen, with one and several of its kind in words.
#[derive(Debug)]
pub(super) struct Unoffered {
    pub(super) choice: Choice,
    pub(super) kind: [&'static str; 2],
}

/// That nothing was found by a text, and why, or what was nearly meant.
pub(super) fn nothing_matches(text: &str, choices: &[Choice], search: Search<'_>) -> String {
    let more = explain_nothing(text, choices, search);
    let more = more.map_or(String::new(), |more| format!("; {more}"));
    format!("nothing matches '{text}'{more}")
}

fn explain_nothing(text: &str, choices: &[Choice], search: Search<'_>) -> Option<String> {
    /// How many are named.
    const MOST: usize = 3;
    let named = |names: &[&str], last: &str| match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        names if names.len() > MOST => {
            format!(
                "{} and {} more",
                names[..MOST].join(", "),
                names.len() - MOST
            )
        }
        [before @ .., end] => format!("{}{last}{end}", before.join(", ")),
    };
    let mut kinds: Vec<([&str; 2], Vec<&str>)> = Vec::new();
    for one in search.iter().filter(|one| one.choice.matches(text)) {
        match kinds.iter_mut().find(|(kind, _)| *kind == one.kind) {
            Some((_, names)) => names.push(&one.choice.name),
            None => kinds.push((one.kind, vec![&one.choice.name])),
        }
    }
    if !kinds.is_empty() {
        let told = kinds.iter().map(|([one, several], names)| {
            let does = if names.len() == 1 { "does" } else { "do" };
            let count = counted(names.len(), one, several);
            format!("{count} {does}: {}", named(names, " and "))
        });
        return Some(told.collect::<Vec<_>>().join("; "));
    }
    let near = choices.iter();
    let near: Vec<_> = near
        .filter_map(|choice| Some((choice.slips(text)?, choice.name.as_str())))
        .collect();
    let fewest = near.iter().map(|(slips, _)| *slips).min()?;
    let near = near.iter().filter(|(slips, _)| *slips == fewest);
    let near: Vec<_> = near.map(|(_, name)| *name).collect();
    Some(format!("did you mean {}?", named(&near, " or ")))
}

/// By what a choice is found beside what is shown of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FoundBy {
    /// By words of this.
    pub(super) text: String,
    /// By the first digits of one of these.
    pub(super) thumbprints: Vec<String>,
}

impl Choice {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self::of(name.into(), String::new(), String::new())
    }

    pub(super) fn of(name: String, more: String, last: String) -> Self {
        Self {
            name,
            more,
            last,
            found_by: FoundBy::default(),
        }
    }

    pub(super) fn found_by(self, found_by: FoundBy) -> Self {
        Self { found_by, ..self }
    }

    /// All of it that is shown.
    pub(super) fn whole(&self) -> String {
        joined([&self.name, &self.more, &self.last])
    }

    /// On one line of `width` columns.
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

    /// How many slips of the finger there are between a text and its name, or what else it is found
    /// by; `None` for too many.
    fn slips(&self, text: &str) -> Option<usize> {
        let names = [&self.name, &self.found_by.text].into_iter();
        names
            .filter_map(|name| nearest::slips_in_words(text, name))
            .min()
    }

    /// Whether the text begins a thumbprint of it, or all its words are in it, with or without the
    /// marks of letters.
    pub(super) fn matches(&self, text: &str) -> bool {
        let selector = Selector::new(text);
        let mut thumbprints = self.found_by.thumbprints.iter();
        if thumbprints.any(|thumbprint| selector.begins(thumbprint)) {
            return true;
        }
        let whole = without_marks(&format!("{} {}", self.whole(), self.found_by.text));
        text.split_whitespace().all(|word| {
            let spellings = without_marks(word);
            let mut spellings = spellings.iter();
            spellings.any(|word| whole.iter().any(|whole| whole.contains(word)))
        })
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
    fn choice_matches_letters_without_marks() {
        let müller = || Choice::new("Anna Mu\u{308}ller-Groß, by Škoda");
        for typed in [
            "muller",
            "MUELLER",
            "Müller",
            "gross",
            "groß",
            "skoda",
            "anna mül",
        ] {
            assert!(müller().matches(typed), "{typed}");
        }
        assert!(!müller().matches("miller"));
        assert!(Choice::new("Mueller").matches("müller"));
    }

    #[test]
    fn choice_matches_what_is_not_shown() {
        let found_by = FoundBy {
            text: "ada@example.org".to_owned(),
            thumbprints: vec!["adadad4602bb4c42".to_owned()],
        };
        let ada = ada().found_by(found_by);
        for (text, found) in [
            ("@example.org", true),
            ("ada 2030 @example", true),
            ("ADADAD46", true),
            ("ad:ad:ad:46", true),
            ("4602bb", false),
        ] {
            assert_eq!(ada.matches(text), found, "{text}");
        }
        assert!(!ada.whole().contains('@'));
    }

    #[test]
    fn choice_matches_words_in_any_order() {
        for (text, found) in [("", true), ("ca ada", true), ("2030", true), ("bob", false)] {
            assert_eq!(ada().matches(text), found, "{text}");
        }
    }
}
