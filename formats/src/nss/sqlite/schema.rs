//! The table of all tables, `sqlite_schema` (2.6), and the columns in the text of a `CREATE TABLE`.

use super::record::{Row, Value};

/// A table: where its rows are, and what its columns are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The page on which its b-tree begins.
    pub(super) root: u32,
    /// The names of its columns, in their order.
    pub columns: Vec<String>,
}

impl Table {
    /// A row of `sqlite_schema`, if it is of the table with this name: type, name, tbl_name, rootpage
    /// and sql.
    pub(super) fn read(row: &Row<'_>, name: &str) -> Option<Self> {
        let is = |column, text: &str| match row.value(column) {
            Value::Text(found) => found.eq_ignore_ascii_case(text.as_bytes()),
            _ => false,
        };
        let (Value::Integer(root), Value::Text(sql)) = (row.value(3), row.value(4)) else {
            return None;
        };
        (is(0, "table") && is(1, name)).then(|| Self {
            root: u32::try_from(root).unwrap_or_default(),
            columns: columns(sql),
        })
    }

    /// The number of a column, from 0 on.
    pub fn column(&self, name: &str) -> Option<usize> {
        let mut columns = self.columns.iter();
        columns.position(|column| column.eq_ignore_ascii_case(name))
    }
}

/// A piece of SQL that matters here.
enum Token<'a> {
    Open,
    Close,
    Comma,
    /// A word or a number.
    Word(&'a [u8]),
    /// A name in quotes.
    Quoted(&'a [u8]),
    Other,
}

/// What a table constraint, which follows all columns, begins with.
const CONSTRAINTS: [&[u8]; 5] = [b"CONSTRAINT", b"PRIMARY", b"UNIQUE", b"CHECK", b"FOREIGN"];

/// The names of the columns: the first word of each definition between the outer parentheses.
fn columns(mut sql: &[u8]) -> Vec<String> {
    let mut columns = Vec::new();
    let mut depth = 0_usize;
    let mut begins = false;
    while let Some((token, rest)) = token(sql) {
        sql = rest;
        match token {
            Token::Open => {
                begins = depth == 0;
                depth += 1;
            }
            Token::Close if depth <= 1 => break,
            Token::Close => depth -= 1,
            Token::Comma => begins = depth == 1,
            Token::Word(word) if begins => {
                if CONSTRAINTS
                    .iter()
                    .any(|constraint| word.eq_ignore_ascii_case(constraint))
                {
                    break;
                }
                columns.push(String::from_utf8_lossy(word).into_owned());
                begins = false;
            }
            Token::Quoted(name) if begins => {
                columns.push(String::from_utf8_lossy(name).into_owned());
                begins = false;
            }
            Token::Word(_) | Token::Quoted(_) | Token::Other => {}
        }
    }
    columns
}

/// The first token, and what follows it. Blanks and comments are none.
fn token(sql: &[u8]) -> Option<(Token<'_>, &[u8])> {
    let mut sql = sql;
    loop {
        sql = sql.trim_ascii_start();
        sql = match sql {
            [b'-', b'-', rest @ ..] => after(rest, b"\n"),
            [b'/', b'*', rest @ ..] => after(rest, b"*/"),
            _ => break,
        };
    }
    let (&first, rest) = sql.split_first()?;
    let quoted = |end: u8| {
        let length = rest.iter().position(|&octet| octet == end);
        let length = length.unwrap_or(rest.len());
        (
            Token::Quoted(&rest[..length]),
            rest.get(length + 1..).unwrap_or_default(),
        )
    };
    Some(match first {
        b'(' => (Token::Open, rest),
        b')' => (Token::Close, rest),
        b',' => (Token::Comma, rest),
        b'"' | b'\'' | b'`' => quoted(first),
        b'[' => quoted(b']'),
        _ => {
            let is_word =
                |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'$' | 0x80..);
            let length = sql.iter().take_while(|octet| is_word(octet)).count();
            match length {
                0 => (Token::Other, rest),
                _ => (Token::Word(&sql[..length]), &sql[length..]),
            }
        }
    })
}

/// What follows the first `end`; nothing where there is none.
fn after<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    let at = text.windows(end.len()).position(|part| part == end);
    at.map_or(&[], |at| &text[at + end.len()..])
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn columns_are_first_words_of_definitions() {
        for (sql, expected) in [
            (
                "CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0, a10, a634)",
                &["id", "a0", "a10", "a634"][..],
            ),
            (
                "create table \"odd (name\"(\"a,b\" numeric(3, 2) default (1), [c d] text,`e`)",
                &["a,b", "c d", "e"],
            ),
            (
                "CREATE TABLE t(a -- one, of\n, /* b, */ c, PRIMARY KEY (a, c), CHECK (a > 0))",
                &["a", "c"],
            ),
            ("CREATE TABLE t(", &[]),
            ("CREATE TABLE t(a, \"b", &["a", "b"]),
            ("CREATE VIRTUAL TABLE t USING x", &[]),
        ] {
            assert_eq!(columns(sql.as_bytes()), expected, "{sql}");
        }
    }
}
