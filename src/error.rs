//! What an error is to a script and to a person: its exit code, the word for it in JSON, and what to
//! do next. What happened is said by the error itself.

mod codes;
mod escrow;
mod hint;
mod scheduler;
mod store;
#[cfg(test)]
mod tests;
mod vault;

use certstow_core::error::Error;

use crate::exit::Exit;

/// What an error is to a script and to a person.
pub(crate) trait Explain {
    /// The exit code.
    fn exit(&self) -> Exit;

    /// The word for it in JSON: "not-found", "ambiguous" and so on.
    fn code(&self) -> &'static str;

    /// What to do next, where certstow knows.
    fn hint(&self) -> Option<String>;
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        codes::exit(self)
    }

    fn code(&self) -> &'static str {
        codes::code(self)
    }

    fn hint(&self) -> Option<String> {
        hint::hint(self)
    }
}
