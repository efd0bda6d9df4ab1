//! A command line that somebody is typing: its words up to the cursor, without quotes.

use std::env;
use std::ffi::OsString;

use certstow_platform::spec::StoreSpec;

/// The words, the first being the program and the last the one that is being typed.
#[derive(Debug)]
pub(super) struct Line {
    words: Vec<OsString>,
}

impl Line {
    pub(super) fn new(mut words: Vec<OsString>) -> Self {
        if words.is_empty() {
            words.push("certstow".into());
        }
        // Without another word, the program itself is being typed: what follows it is meant.
        if words.len() == 1 {
            words.push(OsString::new());
        }
        Self { words }
    }

    pub(super) fn words(&self) -> &[OsString] {
        &self.words
    }

    /// The word that is being typed, if it is text.
    pub(super) fn current(&self) -> &str {
        self.words
            .last()
            .and_then(|word| word.to_str())
            .unwrap_or_default()
    }

    /// The values of an option, such as `--store`, that were typed before.
    fn values<'a>(&'a self, option: &'a str) -> impl Iterator<Item = &'a str> {
        let words = self
            .before()
            .iter()
            .map(|word| word.to_str().unwrap_or_default());
        let mut before = "";
        words.filter_map(move |word| {
            let is_value = before == option;
            before = word;
            match word.strip_prefix(option) {
                _ if is_value => Some(word),
                Some(value) => value.strip_prefix('='),
                None => None,
            }
        })
    }

    /// The words before the one that is being typed.
    pub(super) fn before(&self) -> &[OsString] {
        &self.words[..self.words.len() - 1]
    }

    /// The stores that were named before.
    pub(super) fn stores(&self) -> Vec<StoreSpec> {
        self.values("--store")
            .filter_map(|store| with_home(store).parse().ok())
            .collect()
    }
}

/// With the home folder in the place of `~/`, as the shell will put it.
pub(super) fn with_home(text: &str) -> String {
    let below = text.strip_prefix("~/");
    match (below, env::home_dir()) {
        (Some(below), Some(home)) => home.join(below).display().to_string(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> Line {
        Line::new(words.iter().map(OsString::from).collect())
    }

    #[test]
    fn stores_includes_options_before_cursor() {
        let line = line(&[
            "certstow",
            "show",
            "--store",
            "one",
            "--store=file:two",
            "--store",
            "",
        ]);
        let stores: Vec<_> = line.stores().iter().map(ToString::to_string).collect();
        assert_eq!(stores, ["file:one", "file:two"]);
    }

    #[test]
    fn words_adds_empty_word_after_program() {
        assert_eq!(line(&["certstow"]).words().len(), 2);
        assert_eq!(line(&[]).words().len(), 2);
    }
}
