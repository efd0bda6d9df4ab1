//! Text on lines that fit: broken between words, or cut.

/// How many characters a text has.
pub(super) fn length(text: &str) -> usize {
    text.chars().count()
}

/// The beginning of a text, with a sign where something is missing.
pub(super) fn cut(text: &str, width: usize) -> String {
    if length(text) <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The text on lines of so many characters at most. A longer word is broken; what a line of the text
/// begins with in blanks, its continuation begins with, too.
pub(super) fn broken(text: &str, width: usize) -> String {
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let indent = length(line) - length(line.trim_start());
        let mut used = 0;
        // Two blanks in a name stay two.
        let mut gap = 0;
        for word in line.trim_start().split(' ') {
            let mut word = word;
            if word.is_empty() {
                gap += 1;
                continue;
            }
            if used > 0 && used + gap + length(word) > width {
                out.push('\n');
                used = 0;
            }
            if used > 0 {
                out.push_str(&" ".repeat(gap));
                used += gap;
            } else {
                out.push_str(&" ".repeat(indent));
                used = indent;
            }
            let room = width.saturating_sub(indent).max(1);
            while length(word) > room {
                let end = word
                    .char_indices()
                    .nth(room)
                    .map_or(word.len(), |(end, _)| end);
                out.push_str(&word[..end]);
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                word = &word[end..];
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
    fn broken_keeps_lines_within_width() {
        let text =
            "a few words and averylongwordthatfitsnowhere, then\n  indented words that go on\n";
        for width in [8, 12, 20, 40] {
            let broken = broken(text, width);
            assert!(
                broken.lines().all(|line| length(line) <= width),
                "{width}: {broken}"
            );
            let joined: String = broken.split_whitespace().collect();
            assert_eq!(joined, text.split_whitespace().collect::<String>());
        }
        assert_eq!(
            broken("one two\n  three four", 9),
            "one two\n  three\n  four"
        );
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
}
