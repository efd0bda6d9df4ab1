use super::*;

const PAGE: usize = 512;

fn header(records: u32, initial_pages: u32) -> Vec<u8> {
    let fields = [records, 7, initial_pages, 512, PAGE as u32];
    let mut header = MAGIC.to_vec();
    header.extend(fields.iter().flat_map(|field| field.to_be_bytes()));
    header.resize(512, 0);
    header
}

fn record(number: u32, octet: u8) -> Vec<u8> {
    let page = vec![octet; PAGE];
    let checksum = checksum_of(&page, 7) as u32;
    [&number.to_be_bytes()[..], &page, &checksum.to_be_bytes()].concat()
}

fn after(journal: &[Vec<u8>]) -> Vec<u8> {
    undo(vec![1; 4 * PAGE], &journal.concat(), &Limits::default()).unwrap()
}

fn pages(octets: &[u8]) -> Vec<u8> {
    octets.iter().flat_map(|&octet| vec![octet; PAGE]).collect()
}

#[test]
fn undo_puts_pages_back_and_cuts() {
    assert_eq!(
        after(&[header(2, 3), record(1, 5), record(3, 6)]),
        pages(&[5, 1, 6])
    );
    assert_eq!(
        after(&[header(1, 5), record(4, 5)]),
        pages(&[1, 1, 1, 5, 0])
    );
    // A page that was not there before.
    assert_eq!(
        after(&[header(2, 2), record(3, 5), record(1, 6)]),
        pages(&[6, 1])
    );
}

#[test]
fn undo_reads_every_header() {
    // The second header begins at a sector.
    let padding = vec![0; 512 - 520 % 512];
    let two = [
        header(1, 4),
        record(1, 5),
        padding,
        header(1, 4),
        record(2, 6),
    ];
    assert_eq!(after(&two), pages(&[5, 6, 1, 1]));
    // Not written to the disk in between: as many as there are.
    let open = [
        header(u32::MAX, 4),
        record(1, 5),
        record(2, 6),
        record(3, 7),
    ];
    assert_eq!(after(&open), pages(&[5, 6, 7, 1]));
    // None of its pages was on the disk.
    assert_eq!(after(&[header(0, 3), record(1, 5)]), pages(&[1, 1, 1]));
}

#[test]
fn undo_stops_where_journal_is_not_whole() {
    let mut wrong = record(2, 6);
    wrong[4 + 312] ^= 1;
    let journal = [header(3, 4), record(1, 5), wrong, record(3, 7)];
    assert_eq!(after(&journal), pages(&[5, 1, 1, 1]));
    let mut cut = record(2, 6);
    cut.truncate(500);
    assert_eq!(
        after(&[header(3, 4), record(1, 5), cut]),
        pages(&[5, 1, 1, 1])
    );
    assert_eq!(
        after(&[header(3, 4), record(0, 5), record(1, 6)]),
        pages(&[1; 4])
    );
}

#[test]
fn undo_leaves_what_is_not_hot() {
    let whole = [header(1, 2), record(1, 5)].concat();
    let mut zeroed = whole.clone();
    zeroed[..28].fill(0);
    let mut sizes = vec![
        zeroed,
        Vec::new(),
        whole[..20].to_vec(),
        whole[..300].to_vec(),
    ];
    for (at, value) in [(22, 3), (23, 1), (26, 0x81), (25, 1)] {
        let mut changed = whole.clone();
        changed[at] = value;
        sizes.push(changed);
    }
    for journal in sizes {
        assert_eq!(after(&[journal]), pages(&[1; 4]));
    }
    let undone = undo(Vec::new(), &whole, &Limits::default());
    assert_eq!(undone, Ok(Vec::new()));
}

#[test]
fn undo_takes_page_size_of_database_for_zero() {
    let mut journal = [header(1, 2), record(2, 5)].concat();
    journal[24..28].fill(0);
    let mut database = pages(&[1; 4]);
    database[16..18].copy_from_slice(&[2, 0]);
    let undone = undo(database.clone(), &journal, &Limits::default()).unwrap();
    database.truncate(2 * PAGE);
    database[PAGE..].fill(5);
    assert_eq!(undone, database);
}

#[test]
fn undo_bounds_initial_size() {
    let undone = undo(pages(&[1]), &header(0, u32::MAX), &Limits::default());
    assert!(matches!(undone, Err(SqliteError::TooLarge { .. })));
}

#[test]
fn super_journal_is_name_at_the_end() {
    let name = "/home/zo\u{eb}/x-mj0123".as_bytes();
    let journal = |sum: u32, length: u32| {
        let parts = [name, &length.to_be_bytes(), &sum.to_be_bytes(), &MAGIC];
        [header(0, 1), parts.concat()].concat()
    };
    let unsigned: u32 = name.iter().map(|&octet| u32::from(octet)).sum();
    let signed = unsigned - 2 * 256;
    let length = name.len() as u32;
    assert_eq!(super_journal(&journal(signed, length)), Some(name));
    assert_eq!(super_journal(&journal(unsigned, length)), Some(name));
    assert_eq!(super_journal(&journal(unsigned + 1, length)), None);
    assert_eq!(super_journal(&journal(0, 0)), None);
    assert_eq!(super_journal(&journal(unsigned, u32::MAX)), None);
    assert_eq!(super_journal(&MAGIC), None);
    assert_eq!(super_journal(&header(0, 1)), None);
}
