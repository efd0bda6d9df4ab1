//! The state of a private key in a store, and why one is not exportable.

use std::fmt;

/// What is known of an entry's private key without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// It is there and, as far as the store tells, exportable.
    Exportable,
    /// It is there and not exportable.
    NotExportable(NotExportable),
    /// The store has no private key for the certificate.
    Missing,
    /// It is there, behind a password or a locked store. The text says which.
    Locked(String),
    /// The store cannot tell before it is tried; or the key's algorithm is one whose public half
    /// certstow cannot compute, so that nothing proves that the key is the certificate's.
    Unknown,
}

/// Why a private key is not exportable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotExportable {
    /// The key was created or imported without permission to export it.
    Policy,
    /// The key lives in hardware, which is named.
    Hardware(String),
    /// The key is kept in a form that certstow does not read, which is named.
    UnsupportedForm(String),
    /// The same of a file, which another program can convert.
    UnsupportedFile {
        /// The file of the key.
        file: String,
        /// What certstow does not read in it.
        form: String,
    },
}

impl fmt::Display for NotExportable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy => f.write_str("marked as not exportable"),
            Self::Hardware(what) => write!(f, "kept in hardware ({what})"),
            Self::UnsupportedForm(what) => {
                write!(f, "kept in a form certstow does not read ({what})")
            }
            Self::UnsupportedFile { file, form } => {
                write!(
                    f,
                    "kept in {file}, in a form certstow does not read ({form})"
                )
            }
        }
    }
}
