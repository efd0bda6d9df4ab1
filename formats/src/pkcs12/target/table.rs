//! The table of programs, `programs.txt`, read by the compiler: a line that makes no sense does not
//! compile.

use super::rule::Rule;

const TEXT: &str = include_str!("programs.txt");

/// A program of the table.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
}

/// What some programs do not read, or only under a condition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Their names, a star at the end of one standing for whatever follows.
    programs: &'static str,
    /// The version that was measured, if one was.
    pub(super) version: Option<&'static str>,
    pub(super) rule: Rule,
    /// The condition under which they read it.
    pub(super) condition: Option<&'static str>,
}

impl Row {
    /// Whether it speaks of a program.
    pub(super) fn is_about(&self, program: &str) -> bool {
        let mut names = self.programs.split_whitespace();
        names.any(|name| match name.strip_suffix('*') {
            Some(beginning) => program.starts_with(beginning),
            None => program == name,
        })
    }
}

pub(super) static PROGRAMS: [Program; count("program ")] = programs();
pub(super) static ROWS: [Row; count("rule ")] = rows();

/// How many lines begin with this word.
const fn count(word: &str) -> usize {
    let (mut rest, mut count) = (TEXT, 0);
    while let Some((line, after)) = first_line(rest) {
        if after_word(line, word).is_some() {
            count += 1;
        } else {
            assert!(line.is_empty() || line.as_bytes()[0] == b'#' || is_known(line));
        }
        rest = after;
    }
    count
}

const fn is_known(line: &'static str) -> bool {
    after_word(line, "program ").is_some() || after_word(line, "rule ").is_some()
}

const fn programs() -> [Program; count("program ")] {
    const EMPTY: Program = Program {
        name: "",
        description: "",
    };
    let mut programs = [EMPTY; count("program ")];
    let (mut rest, mut at) = (TEXT, 0);
    while let Some((line, after)) = first_line(rest) {
        if let Some(fields) = after_word(line, "program ") {
            let (name, description) = field(fields);
            programs[at] = Program { name, description };
            at += 1;
        }
        rest = after;
    }
    programs
}

const fn rows() -> [Row; count("rule ")] {
    const EMPTY: Row = Row {
        programs: "",
        version: None,
        rule: Rule::Ber,
        condition: None,
    };
    let mut rows = [EMPTY; count("rule ")];
    let (mut rest, mut at) = (TEXT, 0);
    while let Some((line, after)) = first_line(rest) {
        if let Some(fields) = after_word(line, "rule ") {
            rows[at] = row(fields);
            at += 1;
        }
        rest = after;
    }
    rows
}

const fn row(fields: &'static str) -> Row {
    let (programs, fields) = field(fields);
    let (version, fields) = field(fields);
    let (predicate, fields) = field(fields);
    let (verdict, source) = field(fields);
    assert!(!source.is_empty(), "a rule has a source");
    Row {
        programs,
        version: match version.as_bytes() {
            b"-" => None,
            _ => Some(version),
        },
        rule: Rule::named(predicate),
        condition: match verdict.as_bytes() {
            b"no" => None,
            _ => match after_word(verdict, "only ") {
                Some(condition) => Some(condition),
                None => panic!("a verdict is 'no', or 'only' and the condition"),
            },
        },
    }
}

/// The first line of a text that is not empty, and what follows it.
const fn first_line(text: &'static str) -> Option<(&'static str, &'static str)> {
    match text.is_empty() {
        true => None,
        false => Some(split(text, b"\n")),
    }
}

/// The first field of a line, and the others.
const fn field(text: &'static str) -> (&'static str, &'static str) {
    split(text, b" | ")
}

/// The text before and after the first place of a separator.
const fn split(text: &'static str, separator: &[u8]) -> (&'static str, &'static str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + separator.len() <= bytes.len() {
        let (_, rest) = text.split_at(at);
        if begins_with(rest, separator) {
            let (_, after) = rest.split_at(separator.len());
            let (before, _) = text.split_at(at);
            return (before, after);
        }
        at += 1;
        while at < bytes.len() && !text.is_char_boundary(at) {
            at += 1;
        }
    }
    (text, "")
}

/// What follows a word at the beginning of a text.
pub(super) const fn after_word(text: &'static str, word: &str) -> Option<&'static str> {
    match begins_with(text, word.as_bytes()) {
        true => Some(text.split_at(word.len()).1),
        false => None,
    }
}

const fn begins_with(text: &str, beginning: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < beginning.len() {
        if at >= bytes.len() || bytes[at] != beginning[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_speak_of_known_programs() {
        for row in &ROWS {
            for name in row.programs.split_whitespace() {
                let alone = Row { programs: name, ..*row };
                assert!(PROGRAMS.iter().any(|one| alone.is_about(one.name)), "{name}");
            }
        }
    }
}
