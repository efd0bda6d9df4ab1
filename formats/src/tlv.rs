//! The elements of DER (X.690, 8.1): tag, length, content, one after the other, borrowed and not
//! interpreted. Keys, PKCS#7 and the guess at what a file holds need no more than that, and a
//! private key must not be copied into a decoder's own structures.

/// One element: its tag, its content, and both with the length between them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// The contents octets.
    pub content: &'a [u8],
    /// The whole element.
    pub raw: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside this one.
    pub fn inner(&self) -> Elements<'a> {
        Elements(self.content)
    }

    /// The single element inside this one.
    pub fn only(&self) -> Option<Element<'a>> {
        let mut elements = self.inner();
        let element = elements.next()?;
        elements.rest().is_empty().then_some(element)
    }

    /// This element, if it has the tag.
    pub fn tagged(self, tag: u8) -> Option<Self> {
        (self.tag == tag).then_some(self)
    }
}

/// Elements that follow one another.
#[derive(Clone, Copy)]
pub struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// The elements in `bytes`.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whatever follows the elements taken so far.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next element, if it has the tag; else nothing is taken.
    pub fn accept(&mut self, tag: u8) -> Option<Element<'a>> {
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
pub fn only(bytes: &[u8], tag: u8) -> Option<Element<'_>> {
    let mut elements = Elements::of(bytes);
    let element = elements.accept(tag)?;
    elements.rest().is_empty().then_some(element)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::{self, OCTET_STRING};

    #[test]
    fn what_is_written_is_read_back_at_every_length_of_length() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let bytes = der::value(OCTET_STRING, &[&vec![7; length]]);
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
