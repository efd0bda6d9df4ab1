//! Text inside XML 1.0: what has to be escaped, and which characters it has no way to hold.

use crate::error::Error;

/// The text for the content of an element.
///
/// # Errors
/// [`Error::Usage`]: it has a control character.
pub(super) fn escaped(text: &str) -> Result<String, Error> {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => return Err(unwritable(text)),
            control if control.is_control() => return Err(unwritable(text)),
            usual => escaped.push(usual),
        }
    }
    Ok(escaped)
}

fn unwritable(text: &str) -> Error {
    Error::Usage(format!(
        "a task of this system cannot hold the control character in '{text}'"
    ))
}
