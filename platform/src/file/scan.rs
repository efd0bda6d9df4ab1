//! Reading every file of a folder. It bounds the time of a listing, so that several threads share it;
//! each takes a batch of files at a time, in one buffer of its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use certstow_formats::threads;

use super::contents::ContentsReader;
use super::found::FileContents;
use super::pair::Scanned;
use super::passwords::Passwords;

/// Reads the files on several cores; the results are in the files' order.
pub(super) fn read_all(files: &[PathBuf], passwords: &Passwords) -> Scanned {
    /// As many files as a worker takes at a time: few, so that a small folder on a share is read by
    /// several as well.
    const BATCH: usize = 8;
    passwords.begin_listing();
    let workers = threads::for_reading()
        .min(files.len().div_ceil(BATCH))
        .max(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut reader = ContentsReader::new(passwords);
        let mut found: Scanned = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(batch) = files.chunks(BATCH).nth(number) else {
                return found;
            };
            let read = batch.iter().enumerate().map(|(at, file)| {
                let contents: FileContents = reader.read(file);
                (number * BATCH + at, contents)
            });
            found.extend(read.filter(|(_, contents)| !contents.is_empty()));
        }
    };
    let mut scanned = thread::scope(|scope| {
        let others = (1..workers).map_while(|_| threads::start(scope, work).ok());
        let others: Vec<_> = others.collect();
        let mut scanned = work();
        for other in others {
            match other.join() {
                Ok(found) => scanned.extend(found),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        scanned
    });
    scanned.sort_by_key(|(file, _)| *file);
    scanned
}
