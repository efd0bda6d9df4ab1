//! PEM (RFC 7468, and what came before it): the blocks of a text file, whatever stands between
//! them, with any line length and line end, and each line quoted as in an answered mail. Keys pass through here, so the base64 decoder takes
//! no decision and makes no memory access that depends on a decoded value.

use zeroize::Zeroize;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// A block of a PEM file, not yet decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PemBlock<'a> {
    /// What follows `BEGIN`.
    pub(crate) label: &'a str,
    /// What stands between the block before this one and this one.
    pub(crate) before: &'a [u8],
    /// Everything up to the end line; `None` when there is no such line.
    body: Option<&'a [u8]>,
}

/// Whether a PEM block begins anywhere in these bytes.
pub(crate) fn has_block(bytes: &[u8]) -> bool {
    Blocks(bytes).next().is_some()
}

/// The blocks of a file, in order.
pub(crate) struct Blocks<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Blocks<'a> {
    type Item = PemBlock<'a>;

    fn next(&mut self) -> Option<PemBlock<'a>> {
        let text = self.0;
        loop {
            let start = find(self.0, BEGIN)?;
            let begins_line = self.0[..start]
                .iter()
                .rev()
                .find(|&&byte| !matches!(byte, b' ' | b'\t' | b'>'))
                .is_none_or(|byte| matches!(byte, b'\n' | b'\r' | 0xbf));
            let before = &text[..text.len() - self.0.len() + start];
            self.0 = &self.0[start + BEGIN.len()..];
            if begins_line && let Some(label) = label(self.0) {
                self.0 = &self.0[label.len() + DASHES.len()..];
                return Some(self.block(before, label));
            }
        }
    }
}

impl<'a> Blocks<'a> {
    /// The block whose body begins here.
    fn block(&mut self, before: &'a [u8], label: &'a str) -> PemBlock<'a> {
        let end = find(self.0, DASHES).filter(|&end| {
            self.0[end..]
                .strip_prefix(END)
                .and_then(|rest| rest.strip_prefix(label.as_bytes()))
                .is_some_and(|rest| rest.starts_with(DASHES))
        });
        let body = end.map(|end| &self.0[..end]);
        if let Some(end) = end {
            self.0 = &self.0[end + END.len() + label.len() + DASHES.len()..];
        }
        PemBlock {
            label,
            before,
            body,
        }
    }
}

impl PemBlock<'_> {
    /// Whether it stands indented, as in YAML, in an element of its own, as in `.ovpn`, or behind a
    /// quotation mark or `<<` of the line before, as in `.env` and scripts.
    pub(crate) fn is_inside_other_text(&self) -> bool {
        let is_blank = |octet: &u8| matches!(octet, b' ' | b'\t');
        let before = self.before.trim_ascii_end();
        let mut lines = before.rsplit(|octet| *octet == b'\n');
        let line = lines.next().unwrap_or_default().trim_ascii();
        let is_open = |mark: &u8| line.iter().filter(|octet| *octet == mark).count() % 2 == 1;
        self.before.last().is_some_and(is_blank)
            || line.starts_with(b"<") && line.ends_with(b">")
            || b"\"'`"
                .iter()
                .any(|mark| line.last() == Some(mark) && is_open(mark))
            || line.windows(2).any(|pair| pair == b"<<")
    }

    /// Whether a header says that PEM itself encrypts it (RFC 1421, 4.6.1.1).
    pub(crate) fn is_encrypted(&self) -> bool {
        self.header("Proc-Type")
            .is_some_and(|value| value.ends_with("ENCRYPTED"))
    }

    /// The value of a header, without the blanks around it.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let body = unquoted(self.body?);
        let headers = &body[..body.len() - without_headers(body).len()];
        let lines = headers.split(|&byte| byte == b'\n');
        let mut values = lines.filter_map(|line| {
            let line = std::str::from_utf8(unquoted(line)).ok()?;
            let value = line.trim().strip_prefix(name)?;
            Some(value.trim_start().strip_prefix(':')?.trim())
        });
        values.next()
    }

    /// Decodes the block into `out`, replacing what is there.
    pub(crate) fn decode(&self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        let body = self.body.ok_or("it has no end line")?;
        decode_base64(without_headers(body), out).ok_or("its base64 is damaged")
    }
}

/// The label at the start of `text`, if five dashes follow it on the same line.
fn label(text: &[u8]) -> Option<&str> {
    let line = &text[..text.len().min(80)];
    let end = find(line, DASHES)?;
    std::str::from_utf8(&line[..end])
        .ok()
        .filter(|label| label.bytes().all(|byte| matches!(byte, b' '..=b'~')))
}

/// What follows the empty line, where the body begins with `Name: value` headers.
fn without_headers(body: &[u8]) -> &[u8] {
    let mut rest = unquoted(body);
    let first_line = rest.split(|&byte| byte == b'\n').next().unwrap_or(rest);
    if !first_line.contains(&b':') {
        return rest;
    }
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let line = &rest[..end];
        rest = &rest[end + 1..];
        if unquoted(line).is_empty() {
            break;
        }
    }
    rest
}

/// Without the white space and the quotation marks of mail that it begins with.
pub(super) fn unquoted(text: &[u8]) -> &[u8] {
    let is_content = |byte: &u8| !byte.is_ascii_whitespace() && *byte != b'>';
    let start = text.iter().position(is_content);
    &text[start.unwrap_or(text.len())..]
}

pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    loop {
        let at = from + haystack[from..].iter().position(|&byte| byte == first)?;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Empties the buffer and sees to its capacity. What it held may be a key, which must not stay
/// behind in a place that growing would give back.
fn make_room(out: &mut Vec<u8>, capacity: usize) {
    if out.capacity() < capacity {
        out.zeroize();
        *out = Vec::with_capacity(capacity);
    }
    out.clear();
}

/// Decodes base64 (RFC 4648, 4) with white space anywhere, and `>` at the beginning of lines. The output
/// has its capacity up front, so that no part of a key stays behind in memory.
pub(super) fn decode_base64(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    make_room(out, text.len() / 4 * 3 + 3);
    let (mut bits, mut count, mut padding, mut invalid) = (0u32, 0u32, 0u32, 0i32);
    let mut begins_line = true;
    for &byte in text {
        match byte {
            b'\n' | b'\r' => {
                begins_line = true;
                continue;
            }
            // The last two are a no-break space, which mail and web pages leave at line ends.
            b' ' | b'\t' | 0xc2 | 0xa0 => continue,
            b'>' if begins_line => continue,
            b'=' => padding += 1,
            _ => {
                begins_line = false;
                let value = six_bits(byte);
                // Negative once anything was outside the alphabet, or came after the padding.
                invalid |= value | -(padding as i32);
                bits = bits << 6 | (value as u32 & 0x3f);
                count += 1;
                if count == 4 {
                    out.extend_from_slice(&bits.to_be_bytes()[1..]);
                    (bits, count) = (0, 0);
                }
            }
        }
    }
    match (count, padding) {
        (0, 0) => {}
        (2, 2) => out.push((bits >> 4) as u8),
        (3, 1) => out.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => return None,
    }
    (invalid >= 0).then_some(())
}

/// The value of a base64 character, or -1, by arithmetic alone.
fn six_bits(byte: u8) -> i32 {
    let byte = i32::from(byte);
    // All ones where `low <= byte <= high`, else zero.
    let within = |low: i32, high: i32| ((low - 1 - byte) & (byte - high - 1)) >> 8;
    let mut value = -1;
    value += within(0x41, 0x5a) & (byte - 0x41 + 1);
    value += within(0x61, 0x7a) & (byte - 0x61 + 26 + 1);
    value += within(0x30, 0x39) & (byte - 0x30 + 52 + 1);
    value += within(0x2b, 0x2b) & (62 + 1);
    value += within(0x2f, 0x2f) & (63 + 1);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<Result<Vec<u8>, &'static str>> {
        Blocks(text.as_bytes())
            .map(|block| {
                let mut out = Vec::new();
                block.decode(&mut out).map(|()| out)
            })
            .collect()
    }

    #[test]
    fn decode_round_trips_base64_of_every_length() {
        for length in 0..200 {
            let bytes: Vec<u8> = (0..length).map(|n| (n * 7 + 3) as u8).collect();
            let text = pem_rfc7468::encode_string("X", pem_rfc7468::LineEnding::CRLF, &bytes);
            assert_eq!(decoded(&text.unwrap()), [Ok(bytes)]);
        }
    }

    /// The process's own memory shows what lies in a place that was given back.
    #[cfg(target_os = "linux")]
    #[test]
    fn decode_base64_wipes_outgrown_buffer() {
        use std::os::unix::fs::FileExt;

        let key = [0x5a; 3000];
        let mut out = Vec::with_capacity(key.len());
        // Hinders the buffer from growing where it is.
        let next = vec![0_u8; 3000];
        out.extend_from_slice(&key);
        let place = out.as_ptr().addr();
        let larger = vec![b'A'; 8 * key.len()];
        decode_base64(&larger, &mut out).unwrap();
        assert_eq!((out.len(), next.len()), (6 * key.len(), key.len()));

        let Ok(memory) = std::fs::File::open("/proc/self/mem") else {
            return;
        };
        let mut left = [0; 1000];
        // Far enough inside that the allocator's own notes do not reach.
        if memory.read_exact_at(&mut left, place as u64 + 1000).is_ok() {
            assert!(!left.windows(16).any(|part| part == &key[..16]));
        }
    }

    #[test]
    fn decode_base64_rejects_characters_outside_alphabet() {
        for byte in 0..=255u8 {
            let mut out = Vec::new();
            let good = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
            let blank = matches!(byte, b'\n' | b'\r' | b' ' | b'\t' | 0xc2 | 0xa0);
            let text = [b'A', b'A', b'A', byte, b'A', b'A', b'A', b'A'];
            let read = decode_base64(&text, &mut out).is_some();
            assert_eq!(read, good && !blank, "{byte:02x}");
        }
        assert!(decode_base64(b"AA==AAAA", &mut Vec::new()).is_none());
    }

    #[test]
    fn blocks_allow_crlf_and_text_between_blocks() {
        let text = "Bag Attributes\r\n  x: y\r\n-----BEGIN A-----\r\nAAAA\r\n-----END A-----\r\n\
                    more\n  -----BEGIN B-----\nAA\nAA\n-----END B-----";
        assert_eq!(decoded(text), [Ok(vec![0; 3]), Ok(vec![0; 3])]);
        let labels: Vec<_> = Blocks(text.as_bytes()).map(|block| block.label).collect();
        assert_eq!(labels, ["A", "B"]);
        let before: Vec<_> = Blocks(text.as_bytes()).map(|block| block.before).collect();
        assert_eq!(
            before,
            [&b"Bag Attributes\r\n  x: y\r\n"[..], b"\r\nmore\n  "]
        );
    }

    #[test]
    fn has_block_ignores_marker_within_line() {
        assert!(!has_block(b"it starts with -----BEGIN CERTIFICATE-----\n"));
    }

    #[test]
    fn blocks_recover_after_missing_end_line() {
        let text = "-----BEGIN A-----\nAAAA\n-----BEGIN B-----\nAAAA\n-----END B-----\n";
        assert_eq!(decoded(text), [Err("it has no end line"), Ok(vec![0; 3])]);
    }

    #[test]
    fn blocks_allow_quoted_mail() {
        let text = "She wrote:\n> -----BEGIN A-----\n> AAAA\u{a0}\n>> AAAA\n> -----END A-----\n>\n\
                    >-----BEGIN B-----\r\n>DEK-Info: X\r\n>\r\n>AAAA\r\n>-----END B-----\r\n";
        assert_eq!(decoded(text), [Ok(vec![0; 6]), Ok(vec![0; 3])]);
        let block = Blocks(text.as_bytes()).nth(1).unwrap();
        assert_eq!(block.header("DEK-Info"), Some("X"));
    }

    #[test]
    fn blocks_skip_headers_and_detect_pem_encryption() {
        let text =
            "-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X\n\nAAAA\n-----END K-----";
        let block = Blocks(text.as_bytes()).next().unwrap();
        assert!(block.is_encrypted());
        assert_eq!(block.header("DEK-Info"), Some("X"));
        assert_eq!(block.header("DEK"), None);
        assert_eq!(decoded(text), [Ok(vec![0; 3])]);
    }
}
