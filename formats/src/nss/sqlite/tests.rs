use super::*;

const PAGE: usize = 512;

/// The first page: the header, and a leaf with these rows of `sqlite_schema`.
fn first_page(rows: &[Vec<u8>]) -> Vec<u8> {
    let mut page = leaf(HEADER, rows);
    page[..16].copy_from_slice(MAGIC);
    page[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
    page[18..20].fill(1);
    page[21..24].copy_from_slice(&[64, 32, 32]);
    page[59] = 1;
    page
}

/// A leaf with these cells, its header at `start`.
fn leaf(start: usize, cells: &[Vec<u8>]) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    page[start] = LEAF_TABLE;
    put_cells(&mut page, start + 8, cells);
    page[start + 3..start + 5].copy_from_slice(&(cells.len() as u16).to_be_bytes());
    page
}

fn put_cells(page: &mut [u8], pointers: usize, cells: &[Vec<u8>]) {
    let mut end = PAGE;
    for (number, cell) in cells.iter().enumerate() {
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(cell);
        let at = pointers + 2 * number;
        page[at..at + 2].copy_from_slice(&(end as u16).to_be_bytes());
    }
}

/// An interior page with these children.
fn interior(children: &[u32], last: u32) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    page[0] = INTERIOR_TABLE;
    let cells: Vec<_> = children
        .iter()
        .map(|child| [&child.to_be_bytes()[..], &[1]].concat())
        .collect();
    put_cells(&mut page, 12, &cells);
    page[3..5].copy_from_slice(&(cells.len() as u16).to_be_bytes());
    page[8..12].copy_from_slice(&last.to_be_bytes());
    page
}

/// A cell of a leaf: a record of these types and contents, none longer than 120 octets.
fn cell(types: &[u8], content: &[u8]) -> Vec<u8> {
    let length = 1 + types.len() + content.len();
    [&[length as u8, 1, 1 + types.len() as u8], types, content].concat()
}

/// The row of a table that begins on page 2.
fn schema() -> Vec<u8> {
    let sql = b"CREATE TABLE t(a, b)";
    let text = |text: &[u8]| 13 + 2 * text.len() as u8;
    let types = [text(b"table"), text(b"t"), text(b"t"), 1, text(sql)];
    cell(&types, &[b"table", &b"tt"[..], &[2], sql].concat())
}

/// A database whose table `t` begins with the first of these pages, which is page 2.
fn database(pages: &[Vec<u8>]) -> Vec<u8> {
    [&[first_page(&[schema()])], pages].concat().concat()
}

/// How many rows of `t` can be read, and what is wrong with the others.
fn rows(bytes: &[u8]) -> (usize, Vec<String>) {
    let database = Database::open(bytes, &Limits::default()).unwrap();
    let table = database.table("T").unwrap().unwrap();
    assert_eq!(table.columns, ["a", "b"]);
    let (read, damaged): (Vec<_>, Vec<_>) = database.rows(&table).partition(Result::is_ok);
    let damaged = damaged.into_iter().filter_map(Result::err);
    (
        read.len(),
        damaged.map(|damage| damage.to_string()).collect(),
    )
}

#[test]
fn open_tells_what_is_not_read() {
    let sound = database(&[leaf(0, &[])]);
    let limits = Limits {
        max_bytes: 2 * PAGE,
        ..Limits::default()
    };
    let open = |bytes: &[u8]| Database::open(bytes, &limits).map(drop);
    assert_eq!(open(&sound), Ok(()));
    assert_eq!(open(b""), Ok(()));
    assert_eq!(open(b"anything"), Err(SqliteError::NotSqlite));
    let larger = [&sound[..], &[0]].concat();
    assert!(matches!(open(&larger), Err(SqliteError::TooLarge { .. })));
    let cut = open(&sound[..60]);
    assert_eq!(cut.unwrap_err().to_string(), "it is damaged: it breaks off");
    for (at, value, words) in [
        (18, 2, "a write-ahead log (WAL)"),
        (19, 2, "a write-ahead log (WAL)"),
        (19, 3, "format version 3"),
        (59, 2, "text in UTF-16"),
        (16, 3, "its page size is none that there is"),
        (20, 33, "it reserves too much of each page"),
        (22, 33, "its payload fractions"),
    ] {
        let mut changed = sound.clone();
        changed[at] = value;
        let error = open(&changed).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[test]
fn table_is_none_or_damaged() {
    let bytes = database(&[leaf(0, &[])]);
    let table = |bytes: &[u8], name| {
        let database = Database::open(bytes, &Limits::default()).unwrap();
        database.table(name).map(|table| table.is_some())
    };
    assert_eq!(table(&bytes, "other"), Ok(false));
    assert_eq!(table(b"", "t"), Ok(false));
    let mut damaged = bytes.clone();
    damaged[HEADER] = 7;
    let error = table(&damaged, "t").unwrap_err().to_string();
    assert_eq!(error, "it is damaged: page 1: it is none of a table");
    let cut = table(&bytes[..300], "t").unwrap_err().to_string();
    assert_eq!(cut, "it is damaged: page 1: the file has no such page");
}

#[test]
fn row_has_values_of_every_type() {
    let types = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15];
    let content = [
        &[0xff][..],
        &[1, 0],
        &[0xff, 0xff, 0xfe],
        &[0x7f, 0, 0, 0],
        &[0x80, 0, 0, 0, 0, 0],
        &i64::MIN.to_be_bytes(),
        &1.5_f64.to_be_bytes(),
        &[7],
        b"x",
    ];
    let bytes = database(&[leaf(0, &[cell(&types, &content.concat())])]);
    let database = Database::open(&bytes, &Limits::default()).unwrap();
    let table = database.table("t").unwrap().unwrap();
    let row = database.rows(&table).next().unwrap().unwrap();
    for (column, expected) in [
        Value::Null,
        Value::Integer(-1),
        Value::Integer(256),
        Value::Integer(-2),
        Value::Integer(0x7f00_0000),
        Value::Integer(-0x8000_0000_0000),
        Value::Integer(i64::MIN),
        Value::Real(1.5),
        Value::Integer(0),
        Value::Integer(1),
        Value::Blob(b""),
        Value::Blob(&[7]),
        Value::Text(b"x"),
        Value::Null,
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(row.value(column), expected, "{column}");
    }
}

#[test]
fn rows_visit_no_page_twice() {
    let page = interior(&[2, 3, 3, 1, 0, 9], 2);
    let (read, damaged) = rows(&database(&[page, leaf(0, &[cell(&[8], &[])])]));
    assert_eq!(read, 1 + 1, "the row, and that of the schema");
    assert_eq!(
        damaged,
        [
            "page 2: it is in use at another place",
            "page 3: it is in use at another place",
            "page 0: the file has no such page",
            "page 9: the file has no such page",
            "page 2: it is in use at another place",
        ]
    );
}

#[test]
fn rows_go_down_only_so_far() {
    let pages: Vec<_> = (3..40).map(|next| interior(&[], next)).collect();
    let (read, damaged) = rows(&database(&pages));
    assert_eq!(
        (read, damaged),
        (0, vec!["page 22: it lies too deep".to_owned()])
    );
}

#[test]
fn rows_overlap_no_cells() {
    let one = cell(&[44], &[7; 16]);
    let mut page = leaf(0, std::slice::from_ref(&one));
    // Sixty times the same cell.
    let place = page[8..10].to_vec();
    page[8..128].copy_from_slice(&place.repeat(60));
    page[4] = 60;
    let (read, damaged) = rows(&database(&[page]));
    assert_eq!(read, (PAGE - 128) / one.len());
    assert_eq!(damaged.len(), 1);
    assert!(
        damaged[0].ends_with("it overlaps another cell"),
        "{damaged:?}"
    );
}

#[test]
fn rows_tell_damaged_cells_and_keep_others() {
    let sound = cell(&[1], &[7]);
    let cells = [
        cell(&[10], &[]),
        cell(&[11], &[]),
        cell(&[2], &[7]),
        cell(&[0x81, 0x81, 0x81], &[]),
        vec![3, 1, 9, 1, 7],
        vec![0x84, 0x80, 0x80, 0, 1, 1],
        sound,
    ];
    let (read, damaged) = rows(&database(&[leaf(0, &cells)]));
    assert_eq!(read, 1);
    assert_eq!(
        damaged,
        [
            "page 2, cell 0: it holds a value of a reserved type",
            "page 2, cell 1: it holds a value of a reserved type",
            "page 2, cell 2: it breaks off",
            "page 2, cell 3: it breaks off",
            "page 2, cell 4: it breaks off",
            "page 2, cell 5: it is larger than the file",
        ]
    );
    let mut page = leaf(0, &cells);
    page[3..5].fill(0xff);
    let (_, damaged) = rows(&database(&[page]));
    assert_eq!(damaged, ["page 2: it has more cells than it has room for"]);
}

/// A cell whose record of 600 octets continues on a page.
fn long_cell(next: u32) -> Vec<u8> {
    let header = [0x84, 0x58, 1, 3, 0x89, 0x36];
    // All but 8 fit on a page of overflow, and at least 39 stay.
    let kept = (512 - 12) * 32 / 255 - 23;
    let kept = kept + (600 - kept) % (512 - 4);
    [&header[..], &vec![7; kept - 3], &next.to_be_bytes()].concat()
}

fn overflow(next: u32) -> Vec<u8> {
    [&next.to_be_bytes()[..], &[7; PAGE - 4]].concat()
}

#[test]
fn rows_follow_overflow_once() {
    let sound = database(&[leaf(0, &[long_cell(3)]), overflow(0)]);
    assert_eq!(rows(&sound), (1, Vec::new()));
    for (cells, pages) in [
        (vec![long_cell(3), long_cell(3)], vec![overflow(0)]),
        (vec![long_cell(3), long_cell(2)], vec![overflow(0)]),
        (vec![long_cell(3), long_cell(0)], vec![overflow(0)]),
        (vec![long_cell(3), long_cell(u32::MAX)], vec![overflow(0)]),
    ] {
        let (read, damaged) = rows(&database(&[vec![leaf(0, &cells)], pages].concat()));
        assert_eq!(read, 1);
        let words = "page 2, cell 1: it continues on a page that is not there, or not its own";
        assert_eq!(damaged, [words]);
    }
}

#[test]
fn rows_stop_at_limit() {
    let cells = vec![cell(&[8], &[]); 20];
    let bytes = database(&[leaf(0, &cells)]);
    let limits = Limits {
        max_rows: 7,
        ..Limits::default()
    };
    let database = Database::open(&bytes, &limits).unwrap();
    let table = database.table("t").unwrap().unwrap();
    let rows: Vec<_> = database.rows(&table).collect();
    assert_eq!(rows.len(), 8);
    let damage = rows[7].as_ref().unwrap_err().to_string();
    assert_eq!(
        damage,
        "page 2, cell 7: there are more rows than certstow reads"
    );
}
