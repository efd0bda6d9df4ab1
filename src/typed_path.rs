//! Paths as people type, paste or drag them to where no shell has seen them: quotes around the whole,
//! blanks after backslashes, PowerShell's call of a string (`& 'C:\a b'`), `file:` URLs (RFC 8089), and
//! `~` for the person's own folder.

use std::path::{MAIN_SEPARATOR, Path, PathBuf, is_separator};

/// The path that is meant.
pub(crate) fn typed_path(typed: &str) -> PathBuf {
    let text = unquoted(typed);
    let inside = match text.strip_prefix('~') {
        Some("") => Some(""),
        Some(rest) if rest.starts_with(is_separator) => Some(&rest[1..]),
        _ => None,
    };
    match (inside, std::env::home_dir()) {
        (Some(inside), Some(home)) => home.join(inside),
        _ => Path::new(&text).to_owned(),
    }
}

/// The text without what a shell would take away.
pub(crate) fn unquoted(typed: &str) -> String {
    let text = typed.trim();
    let called = text.strip_prefix('&').map(str::trim_start);
    let text = called
        .filter(|text| text.starts_with(['\'', '"']))
        .unwrap_or(text);
    for quote in ['\'', '"'] {
        let inside = text.strip_prefix(quote);
        if let Some(inside) = inside.and_then(|inside| inside.strip_suffix(quote)) {
            return match quote {
                // As a POSIX shell and PowerShell have the quote itself.
                '\'' => inside.replace(r"'\''", "'").replace("''", "'"),
                _ => without_backslashes(inside, |next| "\"\\$`".contains(next)),
            };
        }
    }
    if let Some(path) = of_url(text) {
        return path;
    }
    without_backslashes(text, |next| !next.is_alphanumeric())
}

/// A line that is still being typed: the quote that it begins with, and the text behind that.
pub(crate) fn half_typed(line: &str) -> (&str, String) {
    let start = usize::from(line.starts_with(['\'', '"']));
    let (quote, rest) = line.split_at(start);
    match quote {
        "" => (
            quote,
            without_backslashes(rest, |next| !next.is_alphanumeric()),
        ),
        _ => (quote, rest.to_owned()),
    }
}

/// Without the backslashes that keep a character from a shell, where they separate no folders.
fn without_backslashes(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    if MAIN_SEPARATOR == '\\' {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(one) = rest.next() {
        match rest.peek() {
            Some(next) if one == '\\' && is_kept(*next) => out.extend(rest.next()),
            _ => out.push(one),
        }
    }
    out
}

/// The path of a `file:` URL of this machine.
fn of_url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return None;
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    let path = String::from_utf8(bytes).ok()?;
    // "/C:/a" is a path of a drive.
    let on_drive = MAIN_SEPARATOR == '\\' && path[1..].chars().nth(1) == Some(':');
    Some(match on_drive {
        true => path[1..].to_owned(),
        false => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_path_replaces_only_leading_tilde() {
        let home = std::env::home_dir().unwrap();
        assert_eq!(typed_path("~/a"), home.join("a"));
        assert_eq!(typed_path(" '~/a b' "), home.join("a b"));
        assert_eq!(typed_path("~"), home);
        assert_eq!(typed_path("~a"), Path::new("~a"));
        assert_eq!(typed_path("a/~"), Path::new("a/~"));
    }

    #[test]
    fn unquoted_takes_one_pair_around_the_whole() {
        for (typed, meant) in [
            ("'/a b/c.p12'", "/a b/c.p12"),
            ("  \"C:/a b\"  ", "C:/a b"),
            ("& 'C:/a b'", "C:/a b"),
            (r"'/it'\''s'", "/it's"),
            ("'C:/it''s'", "C:/it's"),
            ("\"it's\"", "it's"),
            ("'", "'"),
            ("'tis.p12", "'tis.p12"),
            ("A & B", "A & B"),
            ("& B", "& B"),
            ("file:///a%20b/%C3%A9", "/a b/é"),
            ("file://localhost/a", "/a"),
            ("file:///50%", "/50%"),
            ("file:///50%zz", "/50%zz"),
            ("file://server/a", "file://server/a"),
            ("", ""),
        ] {
            assert_eq!(unquoted(typed), meant, "{typed}");
        }
    }

    #[test]
    fn unquoted_keeps_backslashes_that_separate() {
        let separates = MAIN_SEPARATOR == '\\';
        for (typed, dragged) in [
            (r"/a\ b/c\(1\).p12", "/a b/c(1).p12"),
            (r"/it\'s", "/it's"),
            (r"/a\b", r"/a\b"),
            (r"/a\", r"/a\"),
            (r#""a\"b""#, r#"a"b"#),
        ] {
            let quoted = typed.trim_matches('"');
            let meant = if separates { quoted } else { dragged };
            assert_eq!(unquoted(typed), meant, "{typed}");
        }
    }

    #[test]
    fn half_typed_splits_off_an_opening_quote() {
        assert_eq!(half_typed("'/a b"), ("'", "/a b".to_owned()));
        assert_eq!(half_typed("/a b"), ("", "/a b".to_owned()));
    }
}
