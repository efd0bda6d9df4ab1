//! What is wrong with text that was to be a distinguished name.

use thiserror::Error;

/// Why text is no distinguished name that a CA could be asked for. `part` is the key of the part, with
/// what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// It is in OpenSSL's form with slashes.
    #[error("names are written with commas, most specific part first: {commas}")]
    Slashes {
        /// The same name by RFC 4514.
        commas: String,
    },
    /// A part has no `=`.
    #[error("`{part}` is no part of a name, which has the form KEY=VALUE")]
    NoEquals {
        /// The part.
        part: String,
    },
    /// A comma, semicolon or plus sign stands where a part should be.
    #[error("there is nothing after a `{separator}`")]
    Nothing {
        /// What stands there.
        separator: char,
    },
    /// The key of a part is neither a known name nor an object identifier.
    #[error(
        "`{key}` names no part of a name; known are CN, O, OU, C, L, ST, E, SN, G and others of RFC 4519, \
         and object identifiers"
    )]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// A value is empty, or nothing but blanks.
    #[error("{part} is empty")]
    Empty {
        /// Which it is.
        part: String,
    },
    /// A value is longer than RFC 5280 allows.
    #[error("{part} has {length} characters, and may have {limit}")]
    TooLong {
        /// Which it is.
        part: String,
        /// Its characters.
        length: usize,
        /// The most that there may be.
        limit: usize,
    },
    /// A country that is not two letters.
    #[error("{part} is `{value}`, and has to be the two letters of ISO 3166, such as DE")]
    Country {
        /// Which it is.
        part: String,
        /// What was given.
        value: String,
    },
    /// A value has characters that its string type does not.
    #[error("{part} is `{value}`, and may have {allowed} only")]
    Characters {
        /// Which it is.
        part: String,
        /// What was given.
        value: String,
        /// What there may be.
        allowed: &'static str,
    },
    /// A value has a control character, such as a line's end.
    #[error("{part} has a control character in it")]
    Control {
        /// Which it is.
        part: String,
    },
    /// A backslash or a quotation mark is not as RFC 4514 has it, or the digits after `#` are no value
    /// in DER.
    #[error("{part} cannot be read: {reason}")]
    Syntax {
        /// Which it is.
        part: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// One relative name has the same part twice.
    #[error("{part} stands twice in parts joined by `+`")]
    Twice {
        /// Which it is.
        part: String,
    },
}
