//! The words of a command line on Windows, where each program divides its own, mostly as
//! `CommandLineToArgvW` does (Microsoft's documentation of it; "Parsing C++ command-line arguments"):
//! blanks divide, quotation marks keep together, and a backslash is an escape only before a quotation
//! mark, be it after further backslashes.

use std::iter::Peekable;
use std::str::Chars;

/// The words; `None` if a quotation mark is not closed, which Windows would close at the end.
#[cfg(any(windows, test))]
pub(super) fn words(line: &str) -> Option<Vec<String>> {
    let mut characters = line.trim_matches(is_blank).chars().peekable();
    let mut words = Vec::new();
    if characters.peek().is_some() {
        words.push(program(&mut characters)?);
    }
    let (arguments, closed) = rest(&mut characters);
    words.extend(arguments);
    closed.then_some(words)
}

/// The arguments of a line that does not begin with the program, as Windows reads it: a quotation mark that
/// is not closed is closed by the end.
pub fn windows_arguments(line: &str) -> Vec<String> {
    rest(&mut line.chars().peekable()).0
}

/// The arguments, and whether each quotation mark is closed.
fn rest(characters: &mut Peekable<Chars<'_>>) -> (Vec<String>, bool) {
    let (mut arguments, mut all_closed) = (Vec::new(), true);
    loop {
        while characters.next_if(|next| is_blank(*next)).is_some() {}
        if characters.peek().is_none() {
            return (arguments, all_closed);
        }
        let (argument, closed) = argument(characters);
        arguments.push(argument);
        all_closed &= closed;
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// The first word: no file's name has a quotation mark in it, so nothing is an escape.
#[cfg(any(windows, test))]
fn program(characters: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut word = String::new();
    if characters.next_if_eq(&'"').is_none() {
        while let Some(character) = characters.next_if(|next| !is_blank(*next)) {
            word.push(character);
        }
        return Some(word);
    }
    loop {
        match characters.next()? {
            '"' => return Some(word),
            character => word.push(character),
        }
    }
}

/// An argument, and whether each quotation mark in it is closed.
fn argument(characters: &mut Peekable<Chars<'_>>) -> (String, bool) {
    let mut word = String::new();
    let mut quoted = false;
    while let Some(character) = characters.next_if(|next| quoted || !is_blank(*next)) {
        match character {
            '\\' => {
                let mut backslashes = 1;
                while characters.next_if_eq(&'\\').is_some() {
                    backslashes += 1;
                }
                let escapes = characters.peek() == Some(&'"');
                let kept = if escapes {
                    backslashes / 2
                } else {
                    backslashes
                };
                word.extend(std::iter::repeat_n('\\', kept));
                if escapes && backslashes % 2 == 1 {
                    word.extend(characters.next());
                }
            }
            // Two in a row within quotation marks are one, and end them.
            '"' if quoted && characters.next_if_eq(&'"').is_some() => {
                word.push('"');
                quoted = false;
            }
            '"' => quoted = !quoted,
            character => word.push(character),
        }
    }
    (word, !quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: [(&str, &[&str]); 14] = [
        // The examples of "Parsing C++ command-line arguments".
        (r#"x "abc" d e"#, &["x", "abc", "d", "e"]),
        (r#"x a\\b d"e f"g h"#, &["x", r"a\\b", "de fg", "h"]),
        (r#"x a\\\"b c d"#, &["x", r#"a\"b"#, "c", "d"]),
        (r#"x a\\\\"b c" d e"#, &["x", r"a\\b c", "d", "e"]),
        // The next one of them, of which the C runtime makes `ab" c d`.
        (r#"x a"b"" c d"#, &["x", r#"ab""#, "c", "d"]),
        // Others.
        (r#""C:\a b\x.exe" y"#, &[r"C:\a b\x.exe", "y"]),
        (r#""C:\a\" y"#, &[r"C:\a\", "y"]),
        (
            r"C:\a\x.exe C:\b\ \\s\t",
            &[r"C:\a\x.exe", r"C:\b\", r"\\s\t"],
        ),
        (r#"x "" y"#, &["x", "", "y"]),
        (r#"x "C:\a b\\" y"#, &["x", r"C:\a b\", "y"]),
        ("  x\t y  ", &["x", "y"]),
        ("x 'a b' $c", &["x", "'a", "b'", "$c"]),
        ("x ä", &["x", "ä"]),
        ("  ", &[]),
    ];

    #[test]
    fn words_divides_as_windows_does() {
        for (line, expected) in CASES {
            assert_eq!(words(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn windows_arguments_begin_with_no_program() {
        for (line, expected) in CASES {
            let all = windows_arguments(&format!("x {line}"));
            if !line.starts_with('"') {
                assert_eq!(all[1..], *expected, "{line}");
            }
        }
        assert_eq!(windows_arguments(r#"a "b c"#), ["a", "b c"]);
    }

    #[test]
    fn words_refuses_open_quotation_marks() {
        for line in [r#""x"#, r#"x "a b"#, r#"x a""#, r#"x "a\""#] {
            assert_eq!(words(line), None, "{line}");
        }
    }
}
