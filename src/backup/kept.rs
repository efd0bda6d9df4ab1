//! What a folder keeps of which identity, for those who only look: nothing is locked, opened with a
//! password, or changed. A file counts if it is, by its hash, the one that was proven when it was
//! written.

use std::path::Path;

use super::folder::{Condition, condition_of};
use super::manifest::{self, Found, Manifest};

/// An identity's file in a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The SHA-256 of the certificate, 64 lower-case digits.
    pub sha256: String,
    /// The label.
    pub label: String,
    /// The file's name in the folder.
    pub file: String,
    /// When it was written, RFC 3339 in UTC, as the manifest has it.
    pub written: String,
    /// What is wrong with the file, if it is not the one that was written.
    pub damage: Option<String>,
}

/// Reads a folder's manifest, and each of its files.
///
/// # Errors
/// Why the manifest cannot be used, in a clause.
pub fn kept(folder: &Path) -> Result<Vec<Kept>, String> {
    let entries = match Manifest::of_folder(folder) {
        Found::Whole(manifest) => manifest.entries,
        Found::None => return Err(format!("there is no {} in it", manifest::NAME)),
        Found::Damaged(reason) => {
            return Err(format!("{} cannot be used: {reason}", manifest::NAME));
        }
    };
    let kept = entries.into_iter().map(|saved| {
        let damage = match condition_of(folder, &saved) {
            Condition::Whole => None,
            Condition::Missing => Some("it is missing".to_owned()),
            Condition::Damaged(reason) => Some(reason),
        };
        Kept {
            sha256: saved.thumbprint.sha256,
            label: saved.label,
            file: saved.file,
            written: saved.written,
            damage,
        }
    });
    Ok(kept.collect())
}
