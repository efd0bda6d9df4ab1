//! What bash asks and hears (bash(1), "Programmable Completion"). Bash breaks words at `:` and `=`
//! too, and hands them over with their quotes; so certstow reads the line itself, and answers with
//! what stands in the place of the piece that bash takes for the word, quoted as it has to be.
//! Descriptions it shows only as part of a candidate: it gets them when it only shows a list, of
//! which it inserts what all have in common.

use std::ffi::OsString;

use clap_complete::CompletionCandidate;

use super::line::Line;
use super::shown::{description, value};

/// `COMP_TYPE` where bash shows a list: after a second tab, or at once, as its settings say.
const LISTING: [&str; 3] = ["63", "33", "64"];

pub(super) struct Question {
    pub(super) line: Line,
    /// What of the word stays, since bash replaces only what comes after it.
    kept: String,
    /// The quote that is open at the cursor.
    quote: Option<char>,
    /// Whether bash shows a list.
    listing: bool,
}

impl Question {
    /// `text` is the line up to the cursor, `piece` what bash takes for the word (`$2`), and `kind`
    /// is `COMP_TYPE`.
    pub(super) fn new(text: &str, piece: &str, kind: &str) -> Self {
        let words = split(text);
        let last = words.last().map_or("", |word| word.raw.as_str());
        let kept = last.strip_suffix(piece).unwrap_or_default();
        let kept = split(kept).pop().map_or(String::new(), |word| word.text);
        Self {
            kept,
            quote: words.last().and_then(|word| word.quote),
            listing: LISTING.contains(&kind),
            line: Line::new(
                words
                    .into_iter()
                    .map(|word| word.text.into())
                    .collect::<Vec<OsString>>(),
            ),
        }
    }

    /// One candidate on each line.
    pub(super) fn answer(&self, candidates: &[CompletionCandidate]) -> String {
        let mut fitting: Vec<_> = candidates
            .iter()
            .filter_map(|candidate| Some((value(candidate)?, description(candidate))))
            .filter_map(|(value, about)| Some((value.strip_prefix(self.kept.as_str())?, about)))
            .collect();
        let [(_, about)] = fitting.as_mut_slice() else {
            return self.several(&fitting);
        };
        *about = None;
        self.several(&fitting)
    }

    fn several(&self, fitting: &[(&str, Option<String>)]) -> String {
        let mut text = String::new();
        for (value, about) in fitting {
            text.push_str(&quoted(value, self.quote));
            if let Some(about) = about.as_ref().filter(|_| self.listing) {
                text.push_str(&format!("  ({about})"));
            }
            text.push('\n');
        }
        let typed = self.line.current().strip_prefix(self.kept.as_str());
        let typed = typed.unwrap_or_default();
        let replaced = fitting.iter().any(|(value, _)| !value.starts_with(typed));
        if fitting.len() > 1 && replaced {
            // Bash would put what they have in common in the place of the word. With this they
            // have nothing in common, and it shows them.
            text.push_str(" \n");
        }
        text
    }
}

/// A word of a command line.
#[derive(Debug, PartialEq, Eq)]
struct Word {
    /// As it was typed.
    raw: String,
    /// Without quotes and backslashes.
    text: String,
    /// The quote that is still open.
    quote: Option<char>,
}

/// Splits a line into words by the shell's rules of quoting (POSIX, XCU 2.2); the last is empty
/// after a blank. Nothing is expanded.
fn split(line: &str) -> Vec<Word> {
    let empty = || Word {
        raw: String::new(),
        text: String::new(),
        quote: None,
    };
    let mut words = vec![empty()];
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        if character.is_whitespace() && words.last().is_some_and(|word| word.quote.is_none()) {
            if words.last().is_some_and(|word| !word.raw.is_empty()) {
                words.push(empty());
            }
            continue;
        }
        let Some(word) = words.last_mut() else {
            continue;
        };
        word.raw.push(character);
        match (word.quote, character) {
            (Some(open), close) if open == close => word.quote = None,
            (None, '\'' | '"') => word.quote = Some(character),
            (None, '\\') => {
                let escaped = characters.next();
                word.raw.extend(escaped);
                word.text.extend(escaped);
            }
            (Some('"'), '\\') => {
                let next = characters.next_if(|next| matches!(next, '"' | '\\' | '$' | '`'));
                word.raw.extend(next);
                word.text.push(next.unwrap_or('\\'));
            }
            _ => word.text.push(character),
        }
    }
    words
}

/// A candidate as it is to stand in the line. A `~/` in front stays what it is.
fn quoted(value: &str, quote: Option<char>) -> String {
    let (home, rest) = match value.strip_prefix("~/") {
        Some(rest) if quote.is_none() => ("~/", rest),
        _ => ("", value),
    };
    let mut text = home.to_owned();
    for character in rest.chars() {
        match (quote, character) {
            // A backslash does not help here: the quote is closed, and opened again behind.
            (Some('\''), '\'') => text.push_str(r"'\''"),
            // Nor here, against the history of commands.
            (Some('"'), '!') => text.push_str("\"'!'\""),
            (Some('"'), '"' | '\\' | '$' | '`') => text.extend(['\\', character]),
            (Some(_), _) => text.push(character),
            (None, _) if character.is_alphanumeric() || "/._-+,@%:=".contains(character) => {
                text.push(character);
            }
            (None, _) => text.extend(['\\', character]),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        split(line).into_iter().map(|word| word.text).collect()
    }

    fn answers(line: &str, piece: &str, kind: &str, values: &[(&str, &str)]) -> String {
        let candidates = values.iter().map(|(value, about)| {
            CompletionCandidate::new(*value).help(Some((*about).to_owned().into()))
        });
        let candidates: Vec<_> = candidates.collect();
        Question::new(line, piece, kind).answer(&candidates)
    }

    #[test]
    fn split_removes_quotes() {
        assert_eq!(
            texts(r#"certstow show 'a b' "c\"d\e" f\ g "#),
            ["certstow", "show", "a b", r#"c"d\e"#, "f g", ""]
        );
        assert_eq!(
            split("a \"b c").pop().and_then(|word| word.quote),
            Some('"')
        );
        assert_eq!(texts("a \"b c"), ["a", "b c"]);
    }

    #[test]
    fn answer_replaces_only_text_after_colon() {
        assert_eq!(
            answers(
                "certstow list --store file:/a",
                "/a",
                "9",
                &[("file:/a b", "")]
            ),
            "/a\\ b\n"
        );
        assert_eq!(
            answers(
                "certstow list --store=fi",
                "fi",
                "9",
                &[("--store=file:x", "")]
            ),
            "file:x\n"
        );
        // What does not begin like the part that stays cannot be inserted.
        assert_eq!(
            answers("certstow show AA:BB", "BB", "9", &[("aabb11", "")]),
            ""
        );
    }

    #[test]
    fn answer_keeps_open_quotes() {
        assert_eq!(
            answers("certstow check \"a b", "a b", "9", &[("a b$c", "")]),
            "a b\\$c\n"
        );
        assert_eq!(
            answers("certstow check 'a b", "a b", "9", &[("a b$c", "")]),
            "a b$c\n"
        );
        assert_eq!(
            answers("c check ~/a", "~/a", "9", &[("~/a b/", "")]),
            "~/a\\ b/\n"
        );
    }

    #[test]
    fn quoted_round_trips_through_split() {
        let marks: Vec<char> = (' '..='~').filter(|c| !c.is_alphanumeric()).collect();
        for (one, other) in marks
            .iter()
            .flat_map(|one| marks.iter().map(move |two| (one, two)))
        {
            let value = format!("a{one}b{other}");
            for quote in [None, Some('"'), Some('\'')] {
                let around = quote.map(String::from).unwrap_or_default();
                let line = format!("{around}{}{around}", quoted(&value, quote));
                assert_eq!(texts(&line), [value.as_str()], "{line}");
                // Outside of single quotes this calls up an earlier command.
                let held = line.replace("\\!", "").replace("'!'", "");
                assert!(quote == Some('\'') || !held.contains('!'), "{line}");
            }
        }
    }

    #[test]
    fn answer_shows_descriptions_only_in_lists() {
        let two = [("aa11", "Ada"), ("aa22", "Bob")];
        assert_eq!(answers("c show aa", "aa", "9", &two), "aa11\naa22\n");
        assert_eq!(
            answers("c show aa", "aa", "63", &two),
            "aa11  (Ada)\naa22  (Bob)\n"
        );
        assert_eq!(answers("c show aa", "aa", "63", &two[..1]), "aa11\n");
    }

    #[test]
    fn answer_keeps_name_when_several_match() {
        let two = [("aa11", "Ada"), ("aa22", "Ada")];
        assert!(answers("c show Ada", "Ada", "9", &two).ends_with("\n \n"));
        assert_eq!(answers("c show Ada", "Ada", "9", &two[..1]), "aa11\n");
    }
}
