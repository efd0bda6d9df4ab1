//! How often this process did what costs much, counted by what it was done to, so that tests that
//! run at the same time do not count each other's work.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Key derivations, by their salt.
static DERIVED: Mutex<Option<HashMap<Vec<u8>, usize>>> = Mutex::new(None);

/// Files that were read and parsed, by their path.
static READ: Mutex<Option<HashMap<PathBuf, usize>>> = Mutex::new(None);

fn with<K, T>(
    counts: &Mutex<Option<HashMap<K, usize>>>,
    work: impl FnOnce(&mut HashMap<K, usize>) -> T,
) -> T {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    work(counts.get_or_insert_default())
}

pub(crate) fn derived_from(salt: &[u8]) {
    with(&DERIVED, |counts| {
        *counts.entry(salt.to_vec()).or_default() += 1;
    });
}

pub(crate) fn read_file(path: &Path) {
    with(&READ, |counts| {
        *counts.entry(path.to_owned()).or_default() += 1;
    });
}

/// How often a key was derived from this salt, to decrypt something.
pub fn derivations(salt: &[u8]) -> usize {
    with(&DERIVED, |counts| {
        counts.get(salt).copied().unwrap_or_default()
    })
}

/// How often a file store read one of the files below this folder.
pub fn files_read_below(folder: &Path) -> usize {
    with(&READ, |counts| {
        let below = counts.iter().filter(|(path, _)| path.starts_with(folder));
        below.map(|(_, count)| count).sum()
    })
}
