//! How identities go into a store, and what became of each.

use certstow_formats::proof::Level;
use certstow_formats::secret::Password;
use certstow_platform::store::ExistingEntry;

use crate::error::Error;
use crate::warning::Warning;

/// How identities go into a store.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Whether the store may give the private keys out again.
    pub exportable: bool,
    /// What to do with what the store has already.
    pub existing: ExistingEntry,
    /// What protects the private keys where the store is a folder.
    pub password: Option<&'a Password>,
}

impl Default for Options<'_> {
    /// Exportable, never in the place of what is there, and without a password.
    fn default() -> Self {
        Self {
            exportable: true,
            existing: ExistingEntry::default(),
            password: None,
        }
    }
}

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
