//! One file into memory: as few system calls as will do, never more than it takes to see that a
//! file is none of ours, and never a file larger than what certstow opens anywhere. The buffer may
//! hold keys, so it is reused from file to file and wiped at the end.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::path::Path;

use zeroize::Zeroizing;

use super::blocks;
use crate::os;

/// Larger files are not read.
pub(crate) const MAX_FILE: usize = 64 << 20;

/// Larger files are read only if they begin like one of ours, whatever their name promises; and a
/// buffer of that size is given back before the next file.
pub(crate) const LARGE: usize = 8 << 20;

/// As much as nearly every file has, and as is read of one before anything is decided.
pub(crate) const FIRST: usize = 64 << 10;

/// What a file turned out to be.
pub(crate) enum Content<'a> {
    /// Its whole content.
    Whole(&'a [u8]),
    /// Large, and not one of ours by its beginning, which this is; of a ZIP archive its end is behind
    /// it, where the directory is.
    Foreign(&'a [u8]),
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
        #[cfg(feature = "testing")]
        crate::testing::counts::read_file(path);
        self.read_from(&mut os::open_to_read(path)?, expected)
    }

    /// The same of a file that is open, from where it stands.
    pub(crate) fn read_from(&mut self, file: &mut File, expected: bool) -> io::Result<Content<'_>> {
        if self.buffer.len() > LARGE {
            *self = Self::new();
        }
        let mut length = os::fill(file, &mut self.buffer[..FIRST], 0)?;
        if length == FIRST {
            let start = &self.buffer[..FIRST];
            let is_ours = blocks::looks_like_one_of_ours(start);
            let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
            let may_be = || size <= LARGE && blocks::may_have_ours_inside(start);
            if !is_ours && !expected && !may_be() {
                return self.foreign(file);
            }
            if size > MAX_FILE {
                return Ok(Content::TooLarge);
            }
            if !is_ours && size > LARGE {
                return self.foreign(file);
            }
            // One byte more shows whether it has grown meanwhile.
            self.grow(size + 1, length);
            length = os::fill(file, &mut self.buffer, length)?;
            while length == self.buffer.len() {
                if length > MAX_FILE {
                    return Ok(Content::TooLarge);
                }
                self.grow(2 * length, length);
                length = os::fill(file, &mut self.buffer, length)?;
            }
        }
        Ok(Content::Whole(&self.buffer[..length]))
    }

    /// A large file that is none of ours.
    fn foreign(&mut self, file: &mut File) -> io::Result<Content<'_>> {
        let mut length = FIRST;
        if self.buffer.starts_with(b"PK") {
            let rest = file.metadata()?.len().saturating_sub(FIRST as u64);
            file.seek(SeekFrom::End(-(rest.min(FIRST as u64) as i64)))?;
            self.grow(2 * FIRST, FIRST);
            length = os::fill(file, &mut self.buffer[..2 * FIRST], FIRST)?;
        }
        Ok(Content::Foreign(&self.buffer[..length]))
    }

    /// Makes room for this much, without leaving the first bytes behind in the old place.
    fn grow(&mut self, wanted: usize, filled: usize) {
        if self.buffer.len() < wanted {
            let mut larger = Zeroizing::new(vec![0; wanted.min(MAX_FILE + 1)]);
            larger[..filled].copy_from_slice(&self.buffer[..filled]);
            self.buffer = larger;
        }
    }
}
