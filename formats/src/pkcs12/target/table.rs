//! The table of programs, `programs.txt`, read by the compiler: a line that makes no sense does not
//! compile.

use super::rule::Rule;
use super::text::{after_word, field, first_line};

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
    /// Their names, as a page has them.
    #[cfg(test)]
    pub(super) fn programs(&self) -> String {
        let names = self.programs.split_whitespace();
        let names = names.map(|name| match name {
            "*" => "any".to_owned(),
            name => format!("`{name}`"),
        });
        names.collect::<Vec<_>>().join(", ")
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_speak_of_known_programs() {
        for row in &ROWS {
            for name in row.programs.split_whitespace() {
                let alone = Row {
                    programs: name,
                    ..*row
                };
                assert!(
                    PROGRAMS.iter().any(|one| alone.is_about(one.name)),
                    "{name}"
                );
            }
        }
    }
}
