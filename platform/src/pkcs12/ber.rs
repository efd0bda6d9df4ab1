//! Reading BER (X.690), of which DER is the strict part. NSS, and older tools of Apple and Java,
//! write PKCS#12 with indefinite lengths and with strings in pieces, so values are read as they
//! come. Depth is bounded, and no length is believed before its bytes are there.

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::der::OCTET_STRING;

/// How deep values of indefinite length and strings in pieces may be nested.
const MAX_DEPTH: u8 = 24;

const CONSTRUCTED: u8 = 0x20;

/// What is wrong with an encoding.
pub(super) type Wrong = &'static str;

const TRUNCATED: Wrong = "it breaks off";

/// One value: its tag, its content, and the bytes it takes up in all.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) raw: &'a [u8],
    /// Whether the length is indefinite, which DER forbids.
    pub(super) indefinite: bool,
}

/// Values one after the other.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next value, whatever it is.
    pub(super) fn any(&mut self) -> Result<Value<'a>, Wrong> {
        self.value(MAX_DEPTH)
    }

    /// The next value, which must have this tag, in one piece or several.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Value<'a>, Wrong> {
        let value = self.any()?;
        if value.tag == tag || (tag == OCTET_STRING && value.tag == tag | CONSTRUCTED) {
            Ok(value)
        } else {
            Err("it holds something else than it should")
        }
    }

    /// Nothing may follow. It tells a length that was damaged from a field that was left out.
    pub(super) fn end(&self) -> Result<(), Wrong> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err("it holds more than it should")
        }
    }

    /// The next value if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Value<'a>>, Wrong> {
        if self.rest.first() == Some(&tag) {
            self.any().map(Some)
        } else {
            Ok(None)
        }
    }

    fn value(&mut self, depth: u8) -> Result<Value<'a>, Wrong> {
        let start = self.rest;
        let tag = self.byte()?;
        if tag & 0x1f == 0x1f {
            return Err("it holds a tag that no such file uses");
        }
        let first = self.byte()?;
        let content = match first {
            0..0x80 => self.take(first.into())?,
            0x80 if tag & CONSTRUCTED != 0 => return self.indefinite(start, tag, depth),
            0x81..=0x88 => {
                let digits = self.take((first & 0x7f).into())?;
                let length = digits.iter().try_fold(0_usize, |length, &digit| {
                    length.checked_mul(256)?.checked_add(digit.into())
                });
                self.take(length.ok_or(TRUNCATED)?)?
            }
            _ => return Err("it holds a length that cannot be"),
        };
        Ok(Value {
            tag,
            content,
            raw: self.since(start)?,
            indefinite: false,
        })
    }

    /// The rest of a value of indefinite length: values, up to the end-of-contents octets.
    fn indefinite(&mut self, start: &'a [u8], tag: u8, depth: u8) -> Result<Value<'a>, Wrong> {
        let depth = depth.checked_sub(1).ok_or("it is nested too deeply")?;
        let inside = *self;
        while !self.rest.starts_with(&[0, 0]) {
            self.value(depth)?;
        }
        let content = self.since(inside.rest)?;
        self.take(2)?;
        Ok(Value {
            tag,
            content,
            raw: self.since(start)?,
            indefinite: true,
        })
    }

    /// What was read since `start`, an earlier rest.
    fn since(&self, start: &'a [u8]) -> Result<&'a [u8], Wrong> {
        let length = start.len().checked_sub(self.rest.len()).ok_or(TRUNCATED)?;
        start.get(..length).ok_or(TRUNCATED)
    }

    fn byte(&mut self) -> Result<u8, Wrong> {
        let (&byte, rest) = self.rest.split_first().ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(byte)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Wrong> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(taken)
    }
}

impl<'a> Value<'a> {
    /// The values inside.
    pub(super) fn inside(&self) -> Reader<'a> {
        Reader::new(self.content)
    }

    /// The bytes of an `OCTET STRING`, in one piece or many, under whatever tag. Wiped when
    /// dropped, since they may be a private key.
    pub(super) fn octets(&self) -> Result<Zeroizing<Vec<u8>>, Wrong> {
        let mut octets = Zeroizing::new(Vec::with_capacity(self.content.len()));
        self.gather(&mut octets, MAX_DEPTH)?;
        Ok(octets)
    }

    fn gather(&self, octets: &mut Vec<u8>, depth: u8) -> Result<(), Wrong> {
        if self.tag & CONSTRUCTED == 0 {
            octets.extend_from_slice(self.content);
            return Ok(());
        }
        let depth = depth.checked_sub(1).ok_or("it is nested too deeply")?;
        let mut pieces = self.inside();
        while !pieces.is_empty() {
            pieces.expect(OCTET_STRING)?.gather(octets, depth)?;
        }
        Ok(())
    }

    /// The value of an `OBJECT IDENTIFIER`.
    pub(super) fn oid(&self) -> Result<ObjectIdentifier, Wrong> {
        ObjectIdentifier::from_bytes(self.content).map_err(|_| "it holds an unreadable identifier")
    }

    /// The value of an `INTEGER` that is not negative; one beyond 64 bits is `u64::MAX`.
    pub(super) fn unsigned(&self) -> Result<u64, Wrong> {
        match self.content {
            [] | [0x80..=0xff, ..] => Err("a number is negative or empty"),
            content => Ok(content.iter().fold(0_u64, |number, &digit| {
                let shifted = number.checked_mul(256);
                shifted.map_or(u64::MAX, |number| number.saturating_add(digit.into()))
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_reads_the_same_in_one_piece_and_in_many() {
        let whole = [0x04, 3, 1, 2, 3];
        let pieces = [
            0x24, 0x80, 0x04, 1, 1, 0x24, 6, 0x04, 1, 2, 0x04, 1, 3, 0, 0,
        ];
        for bytes in [&whole[..], &pieces[..]] {
            let mut reader = Reader::new(bytes);
            let value = reader.expect(OCTET_STRING).unwrap();
            assert_eq!(**value.octets().unwrap(), [1, 2, 3]);
            assert_eq!(value.raw, bytes);
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn whatever_breaks_off_is_an_error() {
        let bytes = [0x30, 0x80, 0x30, 0x82, 0, 5, 0x04, 3, 1, 2, 3, 0, 0];
        assert!(Reader::new(&bytes).any().is_ok());
        for length in 0..bytes.len() {
            assert!(Reader::new(&bytes[..length]).any().is_err(), "{length}");
        }
    }

    #[test]
    fn absurd_lengths_tags_and_depths_are_errors() {
        for bytes in [
            &[0x30, 0x88, 255, 255, 255, 255, 255, 255, 255, 255][..],
            &[0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
            &[0x04, 0x80, 0, 0][..],
            &[0x3f, 0x81, 0x01, 0][..],
            &[[0x30, 0x80]; 100_000].concat()[..],
        ] {
            assert!(Reader::new(bytes).any().is_err());
        }
    }

    #[test]
    fn numbers_beyond_all_bounds_stay_large() {
        let number = |bytes: &[u8]| Reader::new(bytes).any().unwrap().unsigned();
        assert_eq!(number(&[2, 2, 0x01, 0x00]), Ok(256));
        assert_eq!(
            number(&[2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255]),
            Ok(u64::MAX)
        );
        assert_eq!(number(&[2, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Ok(u64::MAX));
        assert!(number(&[2, 0]).is_err() && number(&[2, 1, 0x80]).is_err());
    }
}
