//! How often a file store read and parsed a file, counted by its path, so that tests that run at the
//! same time do not count each other's work; and how often a process asked tokens for their objects.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

static READ: Mutex<Option<HashMap<PathBuf, usize>>> = Mutex::new(None);

fn with<T>(work: impl FnOnce(&mut HashMap<PathBuf, usize>) -> T) -> T {
    let mut counts = READ.lock().unwrap_or_else(PoisonError::into_inner);
    work(counts.get_or_insert_default())
}

pub(crate) fn read_file(path: &Path) {
    with(|counts| *counts.entry(path.to_owned()).or_default() += 1);
}

/// How often a file store read one of the files below this folder.
pub fn files_read_below(folder: &Path) -> usize {
    with(|counts| {
        let below = counts.iter().filter(|(path, _)| path.starts_with(folder));
        below.map(|(_, count)| count).sum()
    })
}

static SEARCHES: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn search_token() {
    SEARCHES.fetch_add(1, Ordering::Relaxed);
}

/// How often this process asked a token for all of its objects of a class.
pub fn searches_of_tokens() -> usize {
    SEARCHES.load(Ordering::Relaxed)
}
