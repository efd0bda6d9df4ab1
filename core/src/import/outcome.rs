//! What became of each identity that was to go into a store.

use certstow_formats::proof::Level;

use crate::error::Error;
use crate::warning::Warning;

/// What became of one identity.
#[derive(Debug)]
#[must_use = "the identity may not have been imported"]
pub struct Outcome {
    /// Its SHA-1 thumbprint.
    pub thumbprint: String,
    /// Its label.
    pub label: String,
    /// Where it came from: a file.
    pub from: String,
    /// Whether it is in the store.
    pub result: Result<Imported, Error>,
}

/// An identity that is in the store, and was read back from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Where it lies there.
    pub place: String,
    /// What was checked, one word each: `listed`, with a private key; `key`, it can be exported and is
    /// the certificate's; `signature`, it signs.
    pub verified: Vec<&'static str>,
    /// How far the private key was proven before it went in.
    pub proof: Level,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}
