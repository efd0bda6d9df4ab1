//! One file into memory: as few system calls as will do, never more than it takes to see that a
//! file is none of ours, and never a file larger than any certificate file is. The buffer may
//! hold keys, so it is reused from file to file and wiped at the end.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::blocks;
use crate::os;

/// Larger files are not read.
pub(crate) const MAX_FILE: usize = 8 << 20;

/// As much as nearly every file has, and as is read of one before anything is decided.
const FIRST: usize = 64 << 10;

/// What a file turned out to be.
pub(crate) enum Content<'a> {
    /// Its whole content.
    Whole(&'a [u8]),
    /// Large, and not one of ours by its beginning.
    Foreign,
    /// Larger than [`MAX_FILE`], and one of ours by its name or its beginning.
    TooLarge,
}

/// Reads files one after the other.
pub(crate) struct FileReader {
    buffer: Zeroizing<Vec<u8>>,
}

impl FileReader {
    pub(crate) fn new() -> Self {
        Self {
            buffer: Zeroizing::new(vec![0; FIRST]),
        }
    }

    /// Reads a file. `expected` says that by its name it should be one of ours, however it begins.
    pub(crate) fn read(&mut self, path: &Path, expected: bool) -> io::Result<Content<'_>> {
        let mut file = os::open_to_read(path)?;
        let mut length = fill(&mut file, &mut self.buffer[..FIRST], 0)?;
        if length == FIRST {
            if !expected && !blocks::looks_like_one_of_ours(&self.buffer[..FIRST]) {
                return Ok(Content::Foreign);
            }
            if file.metadata()?.len() > MAX_FILE as u64 {
                return Ok(Content::TooLarge);
            }
            self.grow();
            length = fill(&mut file, &mut self.buffer, FIRST)?;
            if length > MAX_FILE {
                return Ok(Content::TooLarge);
            }
        }
        Ok(Content::Whole(&self.buffer[..length]))
    }

    /// Makes room for the largest file, without leaving the first bytes behind in the old place.
    fn grow(&mut self) {
        if self.buffer.len() == FIRST {
            let mut larger = Zeroizing::new(vec![0; MAX_FILE + 1]);
            larger[..FIRST].copy_from_slice(&self.buffer);
            self.buffer = larger;
        }
    }
}

/// Reads until the end or until the buffer is full; how far it is filled then.
fn fill(file: &mut File, buffer: &mut [u8], mut filled: usize) -> io::Result<usize> {
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
