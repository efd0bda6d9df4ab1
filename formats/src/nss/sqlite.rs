//! SQLite's database file format (<https://www.sqlite.org/fileformat2.html>), read only and only as
//! far as a table's rows need it: the header, the b-trees of tables, overflow pages, records, and the
//! columns in the text of `CREATE TABLE`. Indexes, the freelist and write-ahead logs are not read.
//!
//! The bytes may be anybody's. Each page is visited once in a walk, and the cells of a page may not take
//! up more room than the page, so that a walk takes no longer than the file is long.

mod numbers;
mod record;
mod schema;

use std::borrow::Cow;

use thiserror::Error;

use self::numbers::{BREAKS_OFF, Wrong, number, short, varint};
pub use self::record::{Row, Value};
pub use self::schema::Table;

/// What every database of SQLite 3 begins with.
pub(crate) const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The length of the database header, which the first page begins with.
const HEADER: usize = 100;

/// As deep as SQLite's own cursors go (`BTCURSOR_MAX_DEPTH`).
const MAX_DEPTH: u8 = 20;

/// The page on which the table of all tables begins.
const SCHEMA_ROOT: u32 = 1;

/// The types of b-tree pages.
const INTERIOR_TABLE: u8 = 5;
const LEAF_TABLE: u8 = 13;

/// How much a database may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The file's size in bytes.
    pub max_bytes: usize,
    /// The rows of one table.
    pub max_rows: usize,
}

impl Default for Limits {
    /// 256 MiB, and a million rows.
    fn default() -> Self {
        Self {
            max_bytes: 256 << 20,
            max_rows: 1_000_000,
        }
    }
}

/// Why a file cannot be read as a database.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SqliteError {
    /// It does not begin like one.
    #[error("it does not begin like an SQLite database")]
    NotSqlite,
    /// The file is larger than the limit.
    #[error("it has {bytes} bytes, more than the {limit} allowed")]
    TooLarge {
        /// The size it has, or says that it should have.
        bytes: u64,
        /// The size allowed.
        limit: usize,
    },
    /// Changes are kept in a second file.
    #[error("it is an SQLite database with a write-ahead log (WAL), which certstow does not read")]
    WriteAheadLog,
    /// It is made with something that is not read; the text names it.
    #[error("it is an SQLite database with {0}, which certstow does not read")]
    Unsupported(String),
    /// It contradicts itself; the text says where and how.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// A place in a database that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("page {page}{}: {wrong}", cell.map(|cell| format!(", cell {cell}")).unwrap_or_default())]
pub struct Damage {
    /// The page's number, from 1 on.
    page: u32,
    /// The number of the cell in the page, from 0 on; `None` if it concerns the page as a whole.
    cell: Option<usize>,
    wrong: Wrong,
}

impl Damage {
    /// Whether nothing at all can be read of this table.
    pub(super) fn is_of_whole(&self, table: &Table) -> bool {
        self.page == table.root && self.cell.is_none()
    }
}

/// A database whose header was read.
#[derive(Debug, Clone, Copy)]
pub struct Database<'a> {
    bytes: &'a [u8],
    page_size: usize,
    /// How much of each page is SQLite's, the rest being for extensions.
    usable: usize,
    max_rows: usize,
}

impl<'a> Database<'a> {
    /// Reads the header. No bytes at all are a database without tables, as SQLite has it.
    ///
    /// # Errors
    /// As [`SqliteError`] says.
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, SqliteError> {
        if bytes.len() > limits.max_bytes {
            let (bytes, limit) = (bytes.len() as u64, limits.max_bytes);
            return Err(SqliteError::TooLarge { bytes, limit });
        }
        let mut database = Self {
            bytes,
            page_size: HEADER,
            usable: HEADER,
            max_rows: limits.max_rows,
        };
        if bytes.is_empty() {
            return Ok(database);
        }
        if !bytes.starts_with(MAGIC) {
            return Err(SqliteError::NotSqlite);
        }
        let damaged = |what: &str| SqliteError::Damaged(what.to_owned());
        let header: &[u8; HEADER] = bytes.first_chunk().ok_or_else(|| damaged(BREAKS_OFF))?;
        database.page_size =
            page_size(bytes).ok_or_else(|| damaged("its page size is none that there is"))?;
        // The versions that are needed to write and to read: 1 with a rollback journal, 2 with a
        // write-ahead log.
        match (header[18], header[19]) {
            (1, 1) => {}
            (1 | 2, 1 | 2) => return Err(SqliteError::WriteAheadLog),
            (write, read) => {
                let version = write.max(read);
                return Err(SqliteError::Unsupported(format!(
                    "format version {version}"
                )));
            }
        }
        // Of a page of 512 bytes at least 480 must be left (1.3.4).
        database.usable = database.page_size - usize::from(header[20]);
        if database.usable < 480 {
            return Err(damaged("it reserves too much of each page"));
        }
        if header[21..24] != [64, 32, 32] {
            return Err(damaged("its payload fractions are not 64, 32 and 32"));
        }
        if !matches!(number(header, 56), Some(0 | 1)) {
            return Err(SqliteError::Unsupported("text in UTF-16".to_owned()));
        }
        Ok(database)
    }

    /// The table of this name; `None` if there is none.
    ///
    /// # Errors
    /// [`SqliteError::Damaged`]: it was not found, and something that cannot be read may be it.
    pub fn table(&self, name: &str) -> Result<Option<Table>, SqliteError> {
        let mut damage = None;
        for row in self.walk(SCHEMA_ROOT) {
            match row.map(|row| Table::read(&row, name)) {
                Ok(Some(table)) => return Ok(Some(table)),
                Ok(None) => {}
                Err(found) => damage = damage.or(Some(found)),
            }
        }
        match damage {
            Some(damage) => Err(SqliteError::Damaged(damage.to_string())),
            None => Ok(None),
        }
    }

    /// The rows of a table, in the order of their rowid. Where something is damaged, the rest follows.
    pub fn rows(&self, table: &Table) -> Rows<'a> {
        self.walk(table.root)
    }

    fn walk(&self, root: u32) -> Rows<'a> {
        let pages = self.bytes.len() / self.page_size;
        Rows {
            database: *self,
            pages: match self.bytes {
                [] => Vec::new(),
                _ => vec![(root, 0)],
            },
            seen: vec![false; pages],
            leaf: None,
            rows_left: self.max_rows,
        }
    }

    /// The usable part of a page, and where in it the b-tree's header is.
    fn page(&self, page: u32) -> Option<(&'a [u8], usize)> {
        let number = usize::try_from(page.checked_sub(1)?).ok()?;
        let start = number.checked_mul(self.page_size)?;
        let whole = self.bytes.get(start..start.checked_add(self.page_size)?)?;
        let header = if page == 1 { HEADER } else { 0 };
        Some((&whole[..self.usable], header))
    }
}

/// The page size that a database's header states.
pub(crate) fn page_size(bytes: &[u8]) -> Option<usize> {
    match u16::from_be_bytes(*bytes.get(16..)?.first_chunk()?) {
        1 => Some(0x1_0000),
        size @ 512.. if size.is_power_of_two() => Some(size.into()),
        _ => None,
    }
}

/// The rows of a table.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    database: Database<'a>,
    /// Pages that are still to be visited, the next one last, and how deep each is.
    pages: Vec<(u32, u8)>,
    /// The pages that were visited, also those of overflow.
    seen: Vec<bool>,
    leaf: Option<Leaf<'a>>,
    rows_left: usize,
}

/// A page with rows.
#[derive(Debug, Clone)]
struct Leaf<'a> {
    page: u32,
    bytes: &'a [u8],
    cells: Cells,
    /// How many bytes the cells not read yet may take up.
    bytes_left: usize,
}

/// The array of cell pointers of a page.
#[derive(Debug, Clone)]
struct Cells {
    /// Where the array begins.
    start: usize,
    next: usize,
    count: usize,
}

impl Cells {
    /// The number of the next cell, and the cell with all that follows it.
    fn next<'p>(&mut self, page: &'p [u8]) -> Option<(usize, Result<&'p [u8], Wrong>)> {
        let cell = self.next;
        if cell >= self.count {
            return None;
        }
        self.next += 1;
        let end = self.start + 2 * self.count;
        let bytes = short(page, self.start + 2 * cell)
            .filter(|&at| at >= end)
            .and_then(|at| page.get(at..))
            .filter(|bytes| !bytes.is_empty())
            .ok_or("it does not lie where a cell can");
        Some((cell, bytes))
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<Row<'a>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.next_of_leaf() {
                return Some(row);
            }
            let (page, depth) = self.pages.pop()?;
            if let Err(wrong) = self.enter(page, depth) {
                let cell = None;
                return Some(Err(Damage { page, cell, wrong }));
            }
        }
    }
}

impl<'a> Rows<'a> {
    /// Remembers that a page was visited, and gives its bytes.
    fn visit(&mut self, page: u32) -> Result<(&'a [u8], usize), Wrong> {
        const OUTSIDE: Wrong = "the file has no such page";
        let (bytes, header) = self.database.page(page).ok_or(OUTSIDE)?;
        let seen = self.seen.get_mut(page as usize - 1).ok_or(OUTSIDE)?;
        if std::mem::replace(seen, true) {
            return Err("it is in use at another place");
        }
        Ok((bytes, header))
    }

    fn enter(&mut self, page: u32, depth: u8) -> Result<(), Wrong> {
        if depth >= MAX_DEPTH {
            return Err("it lies too deep");
        }
        let (bytes, header) = self.visit(page)?;
        let kind = *bytes.get(header).ok_or(BREAKS_OFF)?;
        let count = short(bytes, header + 3).ok_or(BREAKS_OFF)?;
        let start = header + if kind == INTERIOR_TABLE { 12 } else { 8 };
        if start + 2 * count > bytes.len() {
            return Err("it has more cells than it has room for");
        }
        let mut cells = Cells {
            start,
            next: 0,
            count,
        };
        match kind {
            LEAF_TABLE => {
                let bytes_left = bytes.len() - start - 2 * count;
                self.leaf = Some(Leaf {
                    page,
                    bytes,
                    cells,
                    bytes_left,
                });
                Ok(())
            }
            INTERIOR_TABLE => {
                let mut children = Vec::with_capacity(count + 1);
                while let Some((_, cell)) = cells.next(bytes) {
                    // Where there is no child, it is page 0, which no file has.
                    let child = cell.ok().and_then(|cell| number(cell, 0));
                    children.push((child.unwrap_or_default(), depth + 1));
                }
                let last = number(bytes, header + 8).ok_or(BREAKS_OFF)?;
                children.push((last, depth + 1));
                self.pages.extend(children.into_iter().rev());
                Ok(())
            }
            _ => Err("it is none of a table"),
        }
    }

    fn next_of_leaf(&mut self) -> Option<Result<Row<'a>, Damage>> {
        let mut leaf = self.leaf.take()?;
        let (cell, bytes) = leaf.cells.next(leaf.bytes)?;
        let page = leaf.page;
        let damage = |wrong| {
            let cell = Some(cell);
            Damage { page, cell, wrong }
        };
        let Some(rows_left) = self.rows_left.checked_sub(1) else {
            self.pages.clear();
            return Some(Err(damage("there are more rows than certstow reads")));
        };
        self.rows_left = rows_left;
        let row = bytes.and_then(|bytes| {
            let (payload, used) = self.payload(bytes)?;
            leaf.bytes_left = match leaf.bytes_left.checked_sub(used) {
                Some(left) => left,
                None => {
                    // Nothing further on this page can be told from what was read already.
                    leaf.cells.next = leaf.cells.count;
                    return Err("it overlaps another cell");
                }
            };
            Row::read(payload)
        });
        self.leaf = Some(leaf);
        Some(row.map_err(damage))
    }

    /// The record in the cell at the beginning of `bytes`, and how much room the cell takes up there
    /// (1.6, "B-tree Cell Format").
    fn payload(&mut self, bytes: &'a [u8]) -> Result<(Cow<'a, [u8]>, usize), Wrong> {
        let (length, rest) = varint(bytes).ok_or(BREAKS_OFF)?;
        let (_rowid, rest) = varint(rest).ok_or(BREAKS_OFF)?;
        let before = bytes.len() - rest.len();
        let length = usize::try_from(length).map_err(|_| "it is larger than the file")?;
        if length > self.database.bytes.len() {
            return Err("it is larger than the file");
        }
        let usable = self.database.usable;
        let longest = usable - 35;
        if length <= longest {
            let payload = rest.get(..length).ok_or(BREAKS_OFF)?;
            return Ok((Cow::Borrowed(payload), before + length));
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let kept = least + (length - least) % (usable - 4);
        let kept = if kept <= longest { kept } else { least };
        let mut payload = rest.get(..kept).ok_or(BREAKS_OFF)?.to_vec();
        let mut next = number(rest, kept).ok_or(BREAKS_OFF)?;
        while payload.len() < length {
            let (page, _) = self
                .visit(next)
                .map_err(|_| "it continues on a page that is not there, or not its own")?;
            next = number(page, 0).ok_or(BREAKS_OFF)?;
            let missing = (length - payload.len()).min(usable - 4);
            payload.extend_from_slice(page.get(4..4 + missing).ok_or(BREAKS_OFF)?);
        }
        Ok((Cow::Owned(payload), before + kept + 4))
    }
}

#[cfg(test)]
mod tests;
