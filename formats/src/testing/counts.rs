//! How often this process derived a key, counted by its salt, so that tests that run at the same
//! time do not count each other's work.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

static DERIVED: Mutex<Option<HashMap<Vec<u8>, usize>>> = Mutex::new(None);

fn with<T>(work: impl FnOnce(&mut HashMap<Vec<u8>, usize>) -> T) -> T {
    let mut counts = DERIVED.lock().unwrap_or_else(PoisonError::into_inner);
    work(counts.get_or_insert_default())
}

pub(crate) fn derived_from(salt: &[u8]) {
    with(|counts| *counts.entry(salt.to_vec()).or_default() += 1);
}

/// How often a key was derived from this salt, to decrypt something.
pub fn derivations(salt: &[u8]) -> usize {
    with(|counts| counts.get(salt).copied().unwrap_or_default())
}
