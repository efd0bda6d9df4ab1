//! The syntax of distinguished names as text (RFC 4514, 3, and the quotation marks of RFC 1779, which
//! Windows writes): keys, values and what stands between them.

use crate::names::name_error::NameError;

/// What may follow a backslash for itself.
const ESCAPED: &str = "\"+,;<>\\ #=";

/// A value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// As text, without escapes.
    Text(String),
    /// As the DER that was given in hexadecimal digits.
    Der(Vec<u8>),
}

/// What is left of the text.
pub(super) struct Reader<'a> {
    rest: &'a str,
    /// What was read last: the separator before the next part.
    separator: char,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            separator: ',',
        }
    }

    /// The key of a part, and its `=`.
    pub(super) fn key(&mut self) -> Result<&'a str, NameError> {
        let end = self.rest.find(['=', ',', ';', '+']);
        let (key, after) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        match (key.trim(), after.strip_prefix('=')) {
            ("", None) => Err(NameError::Nothing {
                separator: self.separator,
            }),
            (part, None) => Err(NameError::NoEquals {
                part: part.to_owned(),
            }),
            (key, Some(rest)) => {
                self.rest = rest;
                Ok(key)
            }
        }
    }

    /// The value of a part, without the separator after it.
    pub(super) fn value(&mut self) -> Result<Value, &'static str> {
        self.skip_blanks();
        let value = if let Some(rest) = self.rest.strip_prefix('"') {
            self.rest = rest;
            Value::Text(self.quoted()?)
        } else if let Some(rest) = self.rest.strip_prefix('#') {
            self.rest = rest;
            Value::Der(self.hexadecimal()?)
        } else {
            Value::Text(self.plain()?)
        };
        self.skip_blanks();
        match self.rest.chars().next() {
            None | Some(',' | ';' | '+') => Ok(value),
            Some(_) => Err("text follows its closing quotation mark"),
        }
    }

    /// What separates the part before from the next one; `None` at the end.
    pub(super) fn separator(&mut self) -> Result<Option<char>, NameError> {
        let Some(separator) = self.next() else {
            return Ok(None);
        };
        self.separator = separator;
        self.skip_blanks();
        match self.rest.is_empty() {
            true => Err(NameError::Nothing { separator }),
            false => Ok(Some(separator)),
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next();
        self.rest = characters.as_str();
        next
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn plain(&mut self) -> Result<String, &'static str> {
        let mut value = Vec::new();
        // Blanks at the end belong to the value only behind a backslash.
        let mut kept = 0;
        while let Some(character) = self.rest.chars().next() {
            match character {
                ',' | ';' | '+' => break,
                '"' => return Err("a quotation mark stands within it; write \\\" for one"),
                _ => {}
            }
            self.next();
            match character {
                '\\' => self.escape(&mut value)?,
                other => push(&mut value, other),
            }
            if character != ' ' {
                kept = value.len();
            }
        }
        value.truncate(kept);
        text(value)
    }

    fn quoted(&mut self) -> Result<String, &'static str> {
        let mut value = Vec::new();
        loop {
            match self.next() {
                None => return Err("its closing quotation mark is missing"),
                Some('\\') => self.escape(&mut value)?,
                // Windows doubles a quotation mark within others.
                Some('"') if self.rest.starts_with('"') => {
                    self.next();
                    value.push(b'"');
                }
                Some('"') => return text(value),
                Some(other) => push(&mut value, other),
            }
        }
    }

    /// What stands behind a backslash: two hexadecimal digits, or a character that has a meaning.
    fn escape(&mut self, value: &mut Vec<u8>) -> Result<(), &'static str> {
        let digits = self.rest.get(..2).and_then(octet);
        if let Some(octet) = digits {
            self.rest = &self.rest[2..];
            value.push(octet);
            return Ok(());
        }
        match self.next() {
            Some(character) if ESCAPED.contains(character) => {
                push(value, character);
                Ok(())
            }
            _ => Err(
                "a backslash stands before something else than RFC 4514 has; write \\\\ for one",
            ),
        }
    }

    fn hexadecimal(&mut self) -> Result<Vec<u8>, &'static str> {
        const NO_DIGITS: &str = "`#` begins hexadecimal digits; write \\# for the character";
        let end = self.rest.find([',', ';', '+']);
        let (digits, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        let digits = digits.trim_end_matches(' ');
        let pairs = (0..digits.len()).step_by(2);
        let octets = pairs.map(|at| digits.get(at..at + 2).and_then(octet));
        octets.collect::<Option<Vec<u8>>>().ok_or(NO_DIGITS)
    }
}

fn push(value: &mut Vec<u8>, character: char) {
    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn text(value: Vec<u8>) -> Result<String, &'static str> {
    String::from_utf8(value).map_err(
        |_| "the hexadecimal digits after a backslash are no UTF-8; write \\\\ for a backslash",
    )
}

fn octet(digits: &str) -> Option<u8> {
    let hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    hexadecimal.then(|| u8::from_str_radix(digits, 16).ok())?
}
