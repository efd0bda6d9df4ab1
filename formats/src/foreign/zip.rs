//! The names in a ZIP archive (PKWARE's APPNOTE, 4.3.12 and 4.3.16): the end record is looked for from
//! the end, and says how long the directory before it is. Nothing is unpacked, and the larger form
//! (ZIP64) is not read.

const FILE: &[u8] = b"PK\x03\x04";
const ENTRY: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";

/// The length of an entry of the directory before its name, and of the end record before its comment.
const ENTRY_LENGTH: usize = 46;
const END_LENGTH: usize = 22;

/// The longest comment there can be.
const MAX_COMMENT: usize = 0xffff;

/// How files are called that hold certificates and keys.
const ENDINGS: [&[u8]; 4] = [b".p12", b".pfx", b".pem", b".key"];

/// Whether this is an archive that lists a file with one of the endings. There are at most 65,535.
pub(super) fn lists_keys(bytes: &[u8]) -> bool {
    bytes.starts_with(FILE)
        && directory(bytes).is_some_and(|directory| any_key(directory).is_some())
}

fn directory(bytes: &[u8]) -> Option<&[u8]> {
    let last = bytes.len().checked_sub(END_LENGTH)?;
    let first = last.saturating_sub(MAX_COMMENT);
    let is_end = |&at: &usize| {
        let comment = number(bytes, at + 20, 2);
        bytes[at..].starts_with(END) && comment == Some(last - at)
    };
    let end = (first..=last).rev().find(is_end)?;
    // What says where the directory begins is wrong where something was put before the archive.
    let begin = end.checked_sub(number(bytes, end + 12, 4)?)?;
    Some(&bytes[begin..end])
}

fn any_key(mut directory: &[u8]) -> Option<()> {
    while directory.starts_with(ENTRY) {
        let [name, extra, comment] = [28, 30, 32].map(|at| number(directory, at, 2));
        let (name, rest) = directory.get(ENTRY_LENGTH..)?.split_at_checked(name?)?;
        if ENDINGS.iter().any(|ending| ends_with(name, ending)) {
            return Some(());
        }
        directory = rest.get(extra? + comment?..)?;
    }
    None
}

/// Whether a name has more than the ending, and that in whatever letters.
fn ends_with(name: &[u8], ending: &[u8]) -> bool {
    name.split_last_chunk::<4>()
        .is_some_and(|(stem, last)| !stem.is_empty() && last.eq_ignore_ascii_case(ending))
}

/// A number of some octets, the lowest first.
fn number(bytes: &[u8], at: usize, octets: usize) -> Option<usize> {
    let digits = bytes.get(at..at + octets)?;
    let add = |number: usize, &digit: &u8| number << 8 | usize::from(digit);
    Some(digits.iter().rev().fold(0, add))
}
