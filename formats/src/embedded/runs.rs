//! PEM blocks and runs of base64 in a text that has no escapes.

use base64ct::{Base64Unpadded, Encoding as _};
use zeroize::Zeroizing;

use super::text::Unescaped;
use crate::ber::Reader;
use crate::certificate::Certificate;
use crate::der::{INTEGER, SEQUENCE};
use crate::jks;
use crate::key::KeyForm;

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

/// The fewest characters of base64 that hold a private key: that of Ed25519 has 48 octets, and in PEM
/// inside base64 more.
const SHORTEST: usize = 60;

/// A label of PEM is no longer.
const MAX_LABEL: usize = 80;

/// Something that was found, and where.
pub(super) struct Found {
    pub(super) at: usize,
    pub(super) content: Zeroizing<Vec<u8>>,
}

/// All pieces, one after the other.
pub(super) fn found(text: &[u8]) -> impl Iterator<Item = Found> {
    let mut at = 0;
    let mut inside = Vec::new().into_iter();
    std::iter::from_fn(move || {
        loop {
            if let Some(found) = inside.next() {
                return Some(found);
            }
            let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
            if let Some((content, length)) = pem_block(rest) {
                let begin = at;
                at += length;
                return Some(Found { at: begin, content });
            }
            let length = token(rest);
            if length < SHORTEST {
                at += length.max(1);
                continue;
            }
            let (mut found, length) = base64(rest, length);
            found.iter_mut().for_each(|found| found.at += at);
            at += length;
            inside = found.into_iter();
        }
    })
}

/// The PEM block that begins here, and how much of the text it takes. Its headers and its base64 are told
/// apart by their words alone, since all of it may stand on one line.
fn pem_block(text: &[u8]) -> Option<(Zeroizing<Vec<u8>>, usize)> {
    let after = text.strip_prefix(BEGIN)?;
    let label = &after[..find(&after[..after.len().min(MAX_LABEL)], DASHES)?];
    if !label.iter().all(|octet| matches!(octet, b' '..=b'~')) {
        return None;
    }
    let body = &after[label.len() + DASHES.len()..];
    // Nothing in between begins with dashes, or the block has no end.
    let length = find(body, DASHES)?;
    let end = [b"-----END ", label, DASHES].concat();
    let rest = body[length..].strip_prefix(end.as_slice())?;
    let body = &body[..length];
    let digits = words(body).flatten().filter(|octet| is_base64(**octet));
    if digits.count() < SHORTEST {
        return None;
    }
    // Each word may become a line.
    let mut block = Zeroizing::new(Vec::with_capacity(text.len() - rest.len() + body.len() + 4));
    block.extend_from_slice(&text[..BEGIN.len() + label.len() + DASHES.len()]);
    block.push(b'\n');
    let mut header = false;
    let mut headers = false;
    for word in words(body) {
        let begins_header = word.ends_with(b":") && word.len() > 1;
        if headers && !header && !begins_header {
            block.push(b'\n');
            headers = false;
        }
        block.extend_from_slice(word);
        block.push(if begins_header { b' ' } else { b'\n' });
        headers |= begins_header;
        header = begins_header;
    }
    block.extend_from_slice(&end);
    block.push(b'\n');
    Some((block, text.len() - rest.len()))
}

/// What stands between blanks and quotes, without the marks of lists and quoted mail.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|octet| octet.is_ascii_whitespace() || matches!(octet, b'"' | b'\''))
        .filter(|word| !matches!(*word, b"" | b"," | b"+" | b">" | b"#"))
}

/// What the base64 that begins here holds, each with its distance, and how much of the text was looked at.
/// `length` is that of what stands on this line. Where lines hold nothing together, each is looked at by
/// itself, and none of them again, so that the work grows with the text alone.
fn base64(text: &[u8], length: usize) -> (Vec<Found>, usize) {
    let whole = wrapped(text, length);
    let mut found = decoded(0, &text[..whole]);
    if found.is_empty() && whole > length {
        let mut at = 0;
        while at < whole {
            let next = token(&text[at..whole]);
            if next >= SHORTEST {
                found.extend(decoded(at, &text[at..at + next]));
            }
            at += next.max(1);
        }
    }
    (found, whole)
}

/// How far base64 goes on over the lines that follow: as wrapped text has it, they are as long as the
/// first, and only the last is shorter.
fn wrapped(text: &[u8], length: usize) -> usize {
    let mut end = length;
    while text[end - 1] != b'=' {
        let blank = text[end..]
            .iter()
            .take_while(|octet| octet.is_ascii_whitespace())
            .count();
        let line = &text[end + blank..];
        let next = token(line);
        if !text[end..end + blank].contains(&b'\n') || !(1..=length).contains(&next) {
            break;
        }
        end += blank + next;
        if next < length {
            break;
        }
    }
    end
}

/// What a run of base64 holds, if that is of ours. Text in it may have escapes of its own.
fn decoded(at: usize, run: &[u8]) -> Vec<Found> {
    let mut text = Zeroizing::new(Vec::with_capacity(run.len()));
    text.extend(run.iter().filter(|octet| is_base64(**octet)));
    let mut octets = Zeroizing::new(vec![0; text.len() / 4 * 3 + 3]);
    let Ok(length) = Base64Unpadded::decode(text.as_slice(), &mut octets).map(<[u8]>::len) else {
        return Vec::new();
    };
    octets.truncate(length);
    if is_binary_of_ours(&octets) {
        let content = octets;
        return vec![Found { at, content }];
    }
    let mut blocks = Vec::new();
    if find(&octets, BEGIN).is_none() || octets.contains(&0) {
        return blocks;
    }
    let text = Unescaped::of(&octets);
    let mut rest = text.octets.as_slice();
    while let Some(begin) = find(rest, BEGIN) {
        rest = &rest[begin..];
        let block = pem_block(rest);
        rest = &rest[block.as_ref().map_or(BEGIN.len(), |(_, length)| *length)..];
        blocks.extend(block.map(|(content, _)| Found { at, content }));
    }
    blocks
}

fn is_binary_of_ours(octets: &[u8]) -> bool {
    KeyForm::of(octets).is_some()
        || jks::begins_like_one(octets)
        || is_pfx(octets)
        || Certificate::from_der(octets).is_ok()
}

/// A sequence that is whole, and begins with the version of a `PFX` (RFC 7292, section 4).
fn is_pfx(octets: &[u8]) -> bool {
    let read = || {
        let mut fields = Reader::new(octets).only()?.tagged(SEQUENCE)?.inside();
        let version = fields.accept(INTEGER)?.content;
        fields.accept(SEQUENCE)?;
        Some(version == [3])
    };
    read() == Some(true)
}

/// The length of the base64 that begins here, up to the end of a line at most.
fn token(text: &[u8]) -> usize {
    let digits = text.iter().take_while(|octet| is_base64(**octet)).count();
    let padding = text[digits..].iter().take(2);
    digits + padding.take_while(|&&octet| octet == b'=').count()
}

fn is_base64(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/')
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
