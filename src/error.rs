//! The one error of the crate: what happened, to which store or file; [`Error::hint`] says what
//! to do next, [`Error::exit`] which code the process ends with. None can hold a secret.

use std::fmt;
use std::path::PathBuf;

use certstow_platform::error::StoreError;
use certstow_platform::pkcs12::error::DecodeError;

use crate::exit::Exit;

/// One identity offered to choose from, in [`Error::Ambiguous`] and as near misses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// SHA-1 thumbprint, 40 lower-case hexadecimal digits.
    pub thumbprint: String,
    /// The label, for a person. Not made safe for a terminal.
    pub label: String,
    /// notAfter, RFC 3339 in UTC.
    pub not_after: String,
    /// The store's name.
    pub store: String,
}

/// Why certstow could not do what was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The command line or an option's value makes no sense.
    Usage(String),
    /// No identity matches; `searched` names the stores that were searched.
    NotFound { /// the selector as given, or a description of the filters
        selector: String, /// stores
        searched: Vec<String>, /// entries that match but have no key, or problems count
        note: Option<String> },
    /// Several identities match.
    Ambiguous { /// the selector as given
        selector: String, /// all of them
        candidates: Vec<Candidate> },
    /// A store refused.
    Store(StoreError),
    /// A prompt would be needed: `what` names it ("a password for the file").
    InteractionRequired { /// what would be asked
        what: String },
    /// The password is missing, empty, or the two entries differ.
    Password(String),
    /// The password does not open this file.
    WrongPassword { /// the file
        file: PathBuf },
    /// A file is not a readable PKCS#12 file.
    Decode { /// the file
        file: PathBuf, /// why
        source: DecodeError },
    /// The target exists already.
    TargetExists { /// the file
        file: PathBuf },
    /// The target cannot be written.
    Target { /// the file
        file: PathBuf, /// what was tried ("create a file in the folder")
        action: &'static str, /// the OS's word
        source: std::io::Error },
    /// What was written did not read back as what was meant; the file was not kept.
    Verification { /// the file
        file: PathBuf, /// which check failed and how
        reason: String },
    /// The private key does not belong to the certificate.
    KeyMismatch { /// label or place
        place: String },
    /// Reading or writing something else failed.
    Io { /// the file or stream
        place: String, /// the OS's word
        source: std::io::Error },
    /// The person at the terminal gave up.
    Cancelled,
}

impl Error {
    /// The exit code for this error.
    pub fn exit(&self) -> Exit { todo!() }
    /// What to do next, if certstow knows.
    pub fn hint(&self) -> Option<String> { todo!() }
    /// The word for it in JSON: "not-found", "ambiguous", ...
    pub fn code(&self) -> &'static str { todo!() }
}
impl fmt::Display for Error { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { todo!() } }
impl std::error::Error for Error {}
impl From<StoreError> for Error { fn from(e: StoreError) -> Self { Self::Store(e) } }
