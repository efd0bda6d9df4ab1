//! The elements of DER (X.690, 8.1): tag, length, content, one after the other, borrowed and not
//! interpreted. Keys, PKCS#7 and the guess at what a file holds need no more than that, and a
//! private key must not be copied into a decoder's own structures.

/// `INTEGER`.
pub(crate) const INTEGER: u8 = 0x02;
/// `BIT STRING`.
pub(crate) const BIT_STRING: u8 = 0x03;
/// `OCTET STRING`.
pub(crate) const OCTET_STRING: u8 = 0x04;
/// `NULL`.
pub(crate) const NULL: u8 = 0x05;
/// `OBJECT IDENTIFIER`.
pub(crate) const OID: u8 = 0x06;
/// `SEQUENCE`.
pub(crate) const SEQUENCE: u8 = 0x30;

/// One element: its tag, its content, and both with the length between them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) raw: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside this one.
    pub(crate) fn inner(&self) -> Elements<'a> {
        Elements(self.content)
    }

    /// This element, if it has the tag.
    pub(crate) fn tagged(self, tag: u8) -> Option<Self> {
        (self.tag == tag).then_some(self)
    }
}

/// Elements that follow one another.
#[derive(Clone, Copy)]
pub(crate) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// The elements in `bytes`.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whatever follows the elements taken so far.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next element, if it has the tag; else nothing is taken.
    pub(crate) fn accept(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let element = ahead.next()?.tagged(tag)?;
        *self = ahead;
        Some(element)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    /// `None` at the end, and where no element with a one-byte tag and a definite length stands.
    fn next(&mut self) -> Option<Element<'a>> {
        let (&tag, after) = self.0.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, mut after) = after.split_first()?;
        let length = if first < 0x80 {
            usize::from(first)
        } else {
            let (bytes, behind) = after.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            after = behind;
            bytes
                .iter()
                .fold(0, |length, &byte| length << 8 | usize::from(byte))
        };
        let (content, rest) = after.split_at_checked(length)?;
        let raw = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some(Element { tag, content, raw })
    }
}

/// The single element in `bytes`, which must have the tag and nothing behind it.
pub(crate) fn only(bytes: &[u8], tag: u8) -> Option<Element<'_>> {
    let mut elements = Elements::of(bytes);
    let element = elements.accept(tag)?;
    elements.rest().is_empty().then_some(element)
}

/// How many bytes an element with this much content takes.
pub(crate) fn encoded_len(content: usize) -> usize {
    let length_bytes = match content {
        0..0x80 => 0,
        _ => content.ilog(256) as usize + 1,
    };
    2 + length_bytes + content
}

/// Appends an element's tag and length; its content is to follow.
pub(crate) fn push_header(out: &mut Vec<u8>, tag: u8, content: usize) {
    out.push(tag);
    if content < 0x80 {
        out.push(content as u8);
    } else {
        let bytes = content.to_be_bytes();
        let used = &bytes[content.leading_zeros() as usize / 8..];
        out.push(0x80 | used.len() as u8);
        out.extend_from_slice(used);
    }
}

/// Appends an element whose content is these parts.
pub(crate) fn push(out: &mut Vec<u8>, tag: u8, parts: &[&[u8]]) {
    push_header(out, tag, parts.iter().map(|part| part.len()).sum());
    for part in parts {
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_is_read_back_at_every_length_of_length() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let mut bytes = Vec::new();
            push(&mut bytes, OCTET_STRING, &[&vec![7; length]]);
            assert_eq!(bytes.len(), encoded_len(length));
            let element = only(&bytes, OCTET_STRING).unwrap();
            assert_eq!(element.content.len(), length);
            assert_eq!(element.raw, bytes);
        }
    }

    #[test]
    fn lengths_beyond_the_end_and_indefinite_ones_give_nothing() {
        for bytes in [
            &[0x30, 0x05, 0x00][..],
            &[0x30, 0x80, 0x00, 0x00],
            &[0x30, 0x85, 1, 1, 1, 1, 1],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30],
            &[0x1f, 0x01, 0x00],
        ] {
            assert!(Elements::of(bytes).next().is_none(), "{bytes:02x?}");
        }
    }
}
