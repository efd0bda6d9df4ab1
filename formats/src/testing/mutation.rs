//! Changed copies of files, to see what readers make of damage: bits flipped, pieces cut out,
//! doubled or taken from another file, and elements of DER changed with the lengths around them
//! mended, so that the change gets past the outer layers. The same seed gives the same copies.

use crate::ber::Reader;
use crate::der::{self, OCTET_STRING};

/// How deep elements of DER are looked for.
const MAX_DEPTH: usize = 16;

/// Elements of DER that are looked at in one file.
const MAX_ELEMENTS: usize = 1_000;

/// No copy is longer.
const MAX_LENGTH: usize = 64 * 1024;

/// Octets that are often at the edge of something.
const EDGES: [u8; 12] = [
    0, 1, 0x20, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xfe, 0xff,
];

/// Numbers that look random, the same for the same seed (xorshift64*, Vigna 2016). For tests alone.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator that begins at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// A number below `limit`; 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % (limit.max(1) as u64)) as usize
    }
}

/// Changed copies of `seeds`, without end; none if there are no seeds.
#[derive(Debug, Clone)]
pub struct Mutations<'a> {
    seeds: &'a [Vec<u8>],
    random: Random,
}

impl<'a> Mutations<'a> {
    /// Copies of these files. The same `seed` gives the same ones.
    pub fn of(seeds: &'a [Vec<u8>], seed: u64) -> Self {
        Self {
            seeds,
            random: Random::new(seed),
        }
    }

    fn any_seed(&mut self) -> Option<&'a Vec<u8>> {
        self.seeds.get(self.random.below(self.seeds.len()))
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let random = &mut self.random;
        let (at, other) = (random.below(bytes.len()), random.below(bytes.len()));
        let (from, to) = (at.min(other), at.max(other));
        match random.below(10) {
            _ if bytes.is_empty() => bytes.push(random.next() as u8),
            0 | 1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes[at] = EDGES[random.below(EDGES.len())],
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(from..to.min(from + 64))),
            5 => {
                let piece = bytes[from..to.min(from + 256)].to_vec();
                bytes.splice(at..at, piece);
            }
            6 => {
                let Some(second) = self.any_seed() else {
                    return;
                };
                let cut = self.random.below(second.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&second[cut..]);
            }
            _ => self.change_element(bytes),
        }
    }

    /// Changes an element of DER, if there is any.
    fn change_element(&mut self, bytes: &mut Vec<u8>) {
        let elements = elements(bytes);
        if elements.is_empty() {
            return;
        }
        let random = &mut self.random;
        let at = random.below(elements.len());
        let element = &elements[at];
        let raw = bytes[element.start..element.end].to_vec();
        let content = &bytes[element.content..element.end];
        let tag = bytes[element.start];
        let new = match random.below(8) {
            0 => Vec::new(),
            1 => [raw.clone(), raw].concat(),
            2 => der::value(tag, &[]),
            3 => der::value(EDGES[random.below(EDGES.len())], &[content]),
            4 => der::value(tag, &[content, &[random.next() as u8]]),
            5 => der::value(tag, &[&content[..random.below(content.len())]]),
            // Another element in its place.
            6 => {
                let other = &elements[random.below(elements.len())];
                bytes[other.start..other.end].to_vec()
            }
            // The length alone, with nothing around it mended.
            _ => {
                let length = element.start + 1 + random.below(element.content - element.start - 1);
                bytes[length] = bytes[length].wrapping_add(EDGES[random.below(4)] | 1);
                return;
            }
        };
        *bytes = replaced(bytes, &elements, at, &new);
    }
}

impl Iterator for Mutations<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut bytes = self.any_seed()?.clone();
        for _ in 0..=self.random.below(4) {
            self.change(&mut bytes);
        }
        bytes.truncate(MAX_LENGTH);
        Some(bytes)
    }
}

/// Where an element of DER lies.
struct Element {
    start: usize,
    content: usize,
    end: usize,
    /// The element around it.
    parent: Option<usize>,
}

/// The elements in a file, those in constructed ones and in octet strings among them.
fn elements(bytes: &[u8]) -> Vec<Element> {
    let mut found = Vec::new();
    gather(bytes, (0, bytes.len()), None, MAX_DEPTH, &mut found);
    found
}

/// False if what lies there is no row of elements.
fn gather(
    bytes: &[u8],
    (start, end): (usize, usize),
    parent: Option<usize>,
    depth: usize,
    found: &mut Vec<Element>,
) -> bool {
    let mut reader = Reader::definite(&bytes[start..end]);
    while !reader.is_empty() {
        let start = end - reader.rest().len();
        let Some(value) = reader.next() else {
            return false;
        };
        let stop = end - reader.rest().len();
        let content = stop - value.content.len();
        if depth == 0 || found.len() == MAX_ELEMENTS {
            return true;
        }
        let at = found.len();
        found.push(Element {
            start,
            content,
            end: stop,
            parent,
        });
        let constructed = value.tag & 0x20 != 0;
        if (constructed || value.tag == OCTET_STRING)
            && !gather(bytes, (content, stop), Some(at), depth - 1, found)
        {
            found.truncate(at + 1);
        }
    }
    true
}

/// The file with `new` in the place of an element, and the lengths of those around it mended.
fn replaced(bytes: &[u8], elements: &[Element], at: usize, new: &[u8]) -> Vec<u8> {
    let mut new = new.to_vec();
    let (mut start, mut end) = (elements[at].start, elements[at].end);
    let mut around = elements[at].parent;
    while let Some(parent) = around.map(|parent| &elements[parent]) {
        let before = &bytes[parent.content..start];
        let after = &bytes[end..parent.end];
        new = der::value(bytes[parent.start], &[before, &new, after]);
        (start, end, around) = (parent.start, parent.end, parent.parent);
    }
    [&bytes[..start], &new, &bytes[end..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sequence with an integer, and an octet string that holds a sequence with a null.
    const NESTED: [u8; 11] = [0x30, 9, 2, 1, 3, 4, 4, 0x30, 2, 5, 0];

    #[test]
    fn elements_finds_nested_in_octet_strings() {
        let found: Vec<_> = elements(&NESTED)
            .iter()
            .map(|element| (NESTED[element.start], element.end))
            .collect();
        assert_eq!(found, [(0x30, 11), (2, 5), (4, 11), (0x30, 11), (5, 11)]);
    }

    #[test]
    fn replaced_adjusts_enclosing_lengths() {
        let longer = replaced(&NESTED, &elements(&NESTED), 4, &[0x84; 200]);
        let inner = der::value(0x30, &[&[0x84; 200]]);
        let octets = der::value(4, &[&inner]);
        assert_eq!(longer, der::value(0x30, &[&[2, 1, 3], &octets]));
    }

    #[test]
    fn mutations_are_deterministic_per_seed() {
        let seeds = [NESTED.to_vec(), b"text = 1\n".to_vec()];
        let some = |seed| Mutations::of(&seeds, seed).take(500).collect::<Vec<_>>();
        assert_eq!(some(1), some(1));
        assert_ne!(some(1), some(2));
        assert!(some(1).iter().any(|copy| elements(copy).len() > 4));
    }
}
