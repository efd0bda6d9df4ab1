//! SQLite's rollback journal (<https://www.sqlite.org/fileformat2.html>, 3): the pages of a database as
//! they were before a transaction. One that still has its header is *hot*: the writer was ended in
//! the middle, or is at work. [`undo`] takes such a transaction back in memory, as SQLite itself would in
//! the file (`pager_playback` of its `pager.c`).

use super::sqlite::{self, Limits, SqliteError};

/// What each header of a journal begins with.
const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// The lengths of pages and sectors that SQLite has.
const PAGE_SIZES: std::ops::RangeInclusive<usize> = 512..=0x1_0000;
const SECTOR_SIZES: std::ops::RangeInclusive<usize> = 32..=0x1_0000;

/// Where SQLite locks a file. The page there is never used.
const PENDING_BYTE: usize = 0x4000_0000;

/// Whether a journal has a header, so that there is something to undo. A journal that was emptied, cut
/// to no length or had its header zeroed belongs to a transaction that was finished.
pub fn is_hot(journal: &[u8]) -> bool {
    Header::read(journal, 0).is_some()
}

/// The file that stands for a transaction over several databases (a *super-journal*), by the name in the
/// journal. Where there is no such file any more, the transaction was finished, and the journal is
/// not to be undone.
pub fn super_journal(journal: &[u8]) -> Option<&[u8]> {
    let before = journal.strip_suffix(&MAGIC)?;
    let (before, checksum) = before.split_last_chunk()?;
    let (before, length) = before.split_last_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let name = &before[before.len().checked_sub(length)?..];
    let sum = |number: fn(u8) -> u32| {
        name.iter()
            .fold(0, |sum: u32, &octet| sum.wrapping_add(number(octet)))
    };
    // SQLite adds characters of C, which have a sign on some processors.
    let sums = [sum(u32::from), sum(|octet| i32::from(octet as i8) as u32)];
    (!name.is_empty() && sums.contains(&u32::from_be_bytes(*checksum))).then_some(name)
}

/// The database as it was before the transaction of a hot journal; unchanged with any other journal.
/// No bytes stay none: SQLite takes a journal beside an empty file for a remnant.
///
/// # Errors
/// [`SqliteError::TooLarge`]: it was larger than the limit.
pub fn undo(
    mut database: Vec<u8>,
    journal: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, SqliteError> {
    let Some(first) = Header::read(journal, 0).filter(|_| !database.is_empty()) else {
        return Ok(database);
    };
    let page_size = match first.page_size {
        // Before SQLite 3.5.8 it was left to the database.
        0 => sqlite::page_size(&database).unwrap_or_default(),
        size => size,
    };
    let sector = first.sector_size;
    let is_size = |size: usize, allowed: &std::ops::RangeInclusive<usize>| {
        size.is_power_of_two() && allowed.contains(&size)
    };
    // Who wrote such a header ended before it was on the disk, and so before the database was changed.
    let sizes_exist = is_size(page_size, &PAGE_SIZES) && is_size(sector, &SECTOR_SIZES);
    if !sizes_exist || journal.len() < sector {
        return Ok(database);
    }
    let size = u64::from(first.initial_pages) * page_size as u64;
    let limit = limits.max_bytes;
    let allowed = usize::try_from(size).ok().filter(|&size| size <= limit);
    let Some(size) = allowed else {
        return Err(SqliteError::TooLarge { bytes: size, limit });
    };
    database.resize(size, 0);

    let mut at = 0;
    // A further header follows wherever the journal was written to the disk in between.
    while let Some(header) = Header::read(journal, at) {
        at += sector;
        if at > journal.len() {
            break;
        }
        // All ones: it was never written to the disk in between.
        for _ in 0..header.records {
            let Some(record) = journal.get(at..at + page_size + 8) else {
                return Ok(database);
            };
            at += record.len();
            let (number, rest) = record.split_at(4);
            let (page, checksum) = rest.split_at(page_size);
            let number = be(number);
            if number == 0 || number == PENDING_BYTE / page_size + 1 {
                return Ok(database);
            }
            // A page that was added by the transaction.
            let start = (number - 1).saturating_mul(page_size);
            let Some(place) = database.get_mut(start..start.saturating_add(page_size)) else {
                continue;
            };
            if be(checksum) != checksum_of(page, header.nonce) {
                return Ok(database);
            }
            place.copy_from_slice(page);
        }
        at = at.next_multiple_of(sector);
    }
    Ok(database)
}

/// Every two-hundredth octet from the end on, but for the first of the page, added to the nonce.
fn checksum_of(page: &[u8], nonce: u32) -> usize {
    let octets = (1..)
        .map_while(|step| page.len().checked_sub(200 * step))
        .take_while(|&at| at > 0)
        .map(|at| u32::from(page[at]));
    octets.fold(nonce, u32::wrapping_add) as usize
}

fn be(octets: &[u8]) -> usize {
    octets
        .iter()
        .fold(0, |number, &octet| number << 8 | usize::from(octet))
}

/// A header of a journal, which takes up a sector of the disk.
struct Header {
    /// How many pages follow.
    records: usize,
    nonce: u32,
    /// The pages of the database before the transaction.
    initial_pages: u32,
    sector_size: usize,
    page_size: usize,
}

impl Header {
    fn read(journal: &[u8], at: usize) -> Option<Self> {
        let fields = journal.get(at..)?.strip_prefix(&MAGIC)?;
        let ([records, nonce, pages, sector, size, ..], _) = fields.as_chunks::<4>() else {
            return None;
        };
        Some(Self {
            records: be(records),
            nonce: u32::from_be_bytes(*nonce),
            initial_pages: u32::from_be_bytes(*pages),
            sector_size: be(sector),
            page_size: be(size),
        })
    }
}

#[cfg(test)]
mod tests;
