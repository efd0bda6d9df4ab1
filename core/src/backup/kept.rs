//! What a folder keeps of which identity, for those who only look: nothing is locked, opened with a
//! password, or changed. A file counts if it is, by its hash, the one that was proven when it was
//! written.

use std::path::Path;

use certstow_formats::threads;

use super::folder::condition_of;
use super::manifest::{NAME, Saved};
use super::record::{self, Unusable};

/// An identity's file in a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What the manifest says of it.
    pub saved: Saved,
    /// What is wrong with the file, if it is not the one that was written.
    pub damage: Option<String>,
}

/// Reads a folder's manifest, and each of its files.
///
/// # Errors
/// Why the manifest cannot be used, in a clause.
pub fn kept(folder: &Path) -> Result<Vec<Kept>, String> {
    let entries = match record::of_folder(folder) {
        Ok(Some(manifest)) => manifest.entries,
        Ok(None) => return Err(format!("there is no {NAME} in it")),
        Err(Unusable::Damaged(reason)) => return Err(format!("{NAME} cannot be used: {reason}")),
        Err(Unusable::Unreadable(error)) => return Err(format!("{NAME} cannot be read: {error}")),
    };
    let damage = threads::each(
        threads::for_reading(),
        &entries,
        |saved| condition_of(folder, saved).damage(),
        &mut |_, _| {},
    );
    let kept = entries.into_iter().zip(damage);
    Ok(kept.map(|(saved, damage)| Kept { saved, damage }).collect())
}
