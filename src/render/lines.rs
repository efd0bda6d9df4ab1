//! Text on lines that fit a terminal: broken between words, or cut. What counts is columns, of which
//! a Chinese character takes two and a combining one none (Unicode Standard Annex #11).

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// How many columns a text takes, which is made safe for a terminal.
pub(crate) fn length(text: &str) -> usize {
    text.width()
}

/// As much of the beginning of a text as fits, by what is seen as one character.
pub(crate) fn beginning(text: &str, width: usize) -> &str {
    let mut used = 0;
    let end = text.grapheme_indices(true).find(|(_, one)| {
        used += length(one);
        used > width
    });
    &text[..end.map_or(text.len(), |(end, _)| end)]
}

/// The beginning of a text, with a sign where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if length(text) <= width {
        return text.to_owned();
    }
    let kept = beginning(text, width.saturating_sub(1));
    format!("{}…", kept.trim_end())
}

/// The text on lines of `width` columns at most. A longer word is broken; what a line of the text
/// begins with in blanks, its continuation begins with, too.
pub(crate) fn broken(text: &str, width: usize) -> String {
    hanging(text, width, 0)
}

/// As [`broken`], each continuation with `more` further blanks at its beginning.
pub(crate) fn hanging(text: &str, width: usize, more: usize) -> String {
    laid_out(text, width, more, |line| line.split(' ').collect())
}

/// As [`hanging`], with commands in one piece, to be copied: in single quotes, or between a colon and a
/// semicolon. A terminal that is too narrow for one breaks it itself.
pub(crate) fn with_commands(text: &str, width: usize, more: usize) -> String {
    laid_out(text, width, more, words_and_commands)
}

fn words_and_commands(line: &str) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let last = words.last().copied().unwrap_or_default();
        let end = if text.starts_with("'certstow ") {
            text[1..].find('\'').map(|end| end + 1)
        } else if text.starts_with("certstow ") && last.ends_with(':') {
            Some(text.find("; ").unwrap_or(text.len()))
        } else {
            None
        };
        let from = end.unwrap_or(0);
        let end = text[from..].find(' ').map_or(text.len(), |end| from + end);
        words.push(&text[..end]);
        rest = text.get(end + 1..);
    }
    words
}

fn laid_out<'a>(
    text: &'a str,
    width: usize,
    more: usize,
    words: impl Fn(&'a str) -> Vec<&'a str>,
) -> String {
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let indent = length(line) - length(line.trim_start());
        out.push_str(&" ".repeat(indent));
        let mut used = indent;
        let indent = (indent + more).min(width / 2);
        let mut begun = false;
        // Two blanks in a name stay two.
        let mut gap = 0;
        for word in words(line.trim_start()) {
            let mut word = word;
            if word.is_empty() {
                gap += 1;
                continue;
            }
            if begun && used + gap + length(word) > width {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                (used, gap) = (indent, 0);
            }
            out.push_str(&" ".repeat(gap));
            used += gap;
            begun = true;
            // Only a command has blanks.
            while used + length(word) > width && !word.contains(' ') {
                let one = word.graphemes(true).next().map_or(0, str::len);
                let (part, rest) =
                    word.split_at(beginning(word, width.saturating_sub(used)).len().max(one));
                out.push_str(part);
                word = rest;
                if word.is_empty() {
                    break;
                }
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                used = indent;
            }
            out.push_str(word);
            used += length(word);
            gap = 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_commands_breaks_no_command() {
        for (text, expected) in [
            (
                "say 'certstow list', or 'certstow backup restore a' then",
                "say 'certstow list', or\n  'certstow backup restore a'\n  then",
            ),
            (
                "to see it: certstow check 'a  b'; and so on; this",
                "to see it:\n  certstow check 'a  b';\n  and so on; this",
            ),
            (
                "it: certstow list --store a b",
                "it:\n  certstow list --store a b",
            ),
            ("a 'certstow without end", "a 'certstow without end"),
        ] {
            assert_eq!(with_commands(text, 24, 2), expected);
        }
    }

    #[test]
    fn broken_keeps_lines_within_width() {
        let text = "a few words and averylongwordthatfitsnowhere, then\n  indented words that go \
                    on\n田中太郎田中太郎田中太郎 e\u{301}\u{301}";
        for width in [8, 12, 20, 40] {
            for broken in [broken(text, width), hanging(text, width, 2)] {
                assert!(
                    broken.lines().all(|line| length(line) <= width),
                    "{width}: {broken}"
                );
                let joined: String = broken.split_whitespace().collect();
                assert_eq!(joined, text.split_whitespace().collect::<String>());
            }
        }
        assert_eq!(
            broken("one two\n  three four", 9),
            "one two\n  three\n  four"
        );
        assert_eq!(hanging("one two three", 9, 2), "one two\n  three");
    }

    #[test]
    fn broken_keeps_inner_blanks() {
        assert_eq!(broken("Saved /two  blanks/a", 40), "Saved /two  blanks/a");
        assert_eq!(broken("one  two", 7), "one\ntwo");
    }

    #[test]
    fn cut_marks_truncation() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("ab cd", 4), "ab…");
    }

    #[test]
    fn cut_counts_columns() {
        assert_eq!(cut("田中太郎", 8), "田中太郎");
        assert_eq!(cut("田中太郎", 6), "田中…");
        assert_eq!(
            cut("e\u{301}e\u{301}e\u{301}", 3),
            "e\u{301}e\u{301}e\u{301}"
        );
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    }
}
