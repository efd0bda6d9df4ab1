//! Drives that can be removed.

use std::path::PathBuf;

/// A drive that can be taken out of the machine, or unplugged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drive {
    /// Where it can be written to: its root folder.
    pub folder: PathBuf,
    /// What its file system is called. Not made safe for a terminal.
    pub label: Option<String>,
    /// How many bytes this account may still write to it, where that is told.
    pub free: Option<u64>,
}
