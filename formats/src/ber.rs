//! Reading BER (X.690), of which DER is the strict part. NSS, and older tools of Apple and Java,
//! write PKCS#12 with indefinite lengths and with strings in pieces, so values are read as they
//! come. Depth is bounded, and no length is believed before its bytes are there.

use std::fmt;

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::der::{NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET};

/// How deep values of indefinite length and strings in pieces may be nested.
const MAX_DEPTH: u8 = 24;

const CONSTRUCTED: u8 = 0x20;

/// What is wrong with an encoding.
pub(super) type Wrong = &'static str;

/// A value has another type, or another content, than belongs there.
pub(super) const UNEXPECTED: Wrong = "it holds something else than it should";

/// See [`is_identifier`].
pub(super) const MALFORMED_IDENTIFIER: Wrong = "an object identifier in it is malformed";

const TRUNCATED: Wrong = "it breaks off";

/// One value: its tag, its content, and the bytes it takes up in all.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) raw: &'a [u8],
    /// Whether the length is as DER has it: definite, and in as few bytes as will do.
    der: bool,
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
        if tag == OBJECT_IDENTIFIER && !is_identifier(value.content) {
            return Err(MALFORMED_IDENTIFIER);
        }
        if value.tag == tag || (tag == OCTET_STRING && value.tag == tag | CONSTRUCTED) {
            Ok(value)
        } else {
            Err(UNEXPECTED)
        }
    }

    /// The parameters of an algorithm that has none: `NULL` or left out, and nothing after them.
    pub(super) fn no_parameters(&mut self) -> Result<(), Wrong> {
        if let Some(null) = self.optional(NULL)?
            && !null.content.is_empty()
        {
            return Err(UNEXPECTED);
        }
        self.end()
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
        let (content, der) = match first {
            0..0x80 => (self.take(first.into())?, true),
            0x80 if tag & CONSTRUCTED != 0 => return self.indefinite(start, tag, depth),
            0x81..=0x88 => {
                let digits = self.take((first & 0x7f).into())?;
                let length = digits.iter().try_fold(0_usize, |length, &digit| {
                    length.checked_mul(256)?.checked_add(digit.into())
                });
                let length = length.ok_or(TRUNCATED)?;
                (self.take(length)?, digits[0] != 0 && length >= 0x80)
            }
            _ => return Err("it holds a length that cannot be"),
        };
        Ok(Value {
            tag,
            content,
            raw: self.since(start)?,
            der,
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
            der: false,
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

/// Whether this is the content of an object identifier: each arc in as few octets as possible, and
/// the last one complete (X.690, 8.19.2).
pub(super) fn is_identifier(content: &[u8]) -> bool {
    let mut arcs = content.split_inclusive(|&octet| octet & 0x80 == 0);
    content.last().is_some_and(|&last| last & 0x80 == 0) && arcs.all(|arc| arc[0] != 0x80)
}

impl<'a> Value<'a> {
    /// Whether everything inside a constructed value can be read, down to the last octet.
    pub(super) fn is_readable_throughout(&self) -> bool {
        fn inside(value: &Value<'_>, depth: u8) -> bool {
            let Some(depth) = depth.checked_sub(1) else {
                return false;
            };
            let mut values = value.inside();
            while value.tag & CONSTRUCTED != 0 && !values.is_empty() {
                if !values.any().is_ok_and(|value| inside(&value, depth)) {
                    return false;
                }
            }
            true
        }
        inside(self, MAX_DEPTH)
    }

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

    /// Whether the value, and every value inside, is as DER has it: each length, and each string
    /// in one piece. What is in a string is not looked at. Nesting deeper than any real file's
    /// does not pass for DER.
    pub(super) fn is_der_throughout(&self) -> bool {
        self.is_der_down_to(MAX_DEPTH)
    }

    fn is_der_down_to(&self, depth: u8) -> bool {
        if !self.der || self.tag & CONSTRUCTED == 0 {
            return self.der;
        }
        let universal = self.tag & 0xc0 == 0;
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        if universal && !matches!(self.tag, SEQUENCE | SET) {
            return false;
        }
        let mut inside = self.inside();
        while !inside.is_empty() {
            if !inside.any().is_ok_and(|value| value.is_der_down_to(depth)) {
                return false;
            }
        }
        true
    }

    /// The value of an `OBJECT IDENTIFIER`.
    pub(super) fn oid(&self) -> Oid<'a> {
        Oid(self.content)
    }

    /// The value of an `INTEGER` that is not negative; one beyond 64 bits is `u64::MAX`.
    pub(super) fn unsigned(&self) -> Result<u64, Wrong> {
        match self.content {
            [] | [0x80..=0xff, ..] => Err("a number is negative or empty"),
            // BER forbids it, too (X.690, 8.3.2).
            [0, 0..=0x7f, ..] => Err("a number has more octets than it needs"),
            content => Ok(content.iter().fold(0_u64, |number, &digit| {
                let shifted = number.checked_mul(256);
                shifted.map_or(u64::MAX, |number| number.saturating_add(digit.into()))
            })),
        }
    }
}

/// An object identifier as it is written. Its arcs may have any size: those made from a UUID
/// (X.667) have one of 128 bits, which `const_oid` cannot hold.
#[derive(Clone, Copy)]
pub(super) struct Oid<'a>(&'a [u8]);

impl Oid<'_> {
    /// The same as a type that compares and takes part in `match`; `None` for one that no
    /// constant can be equal to.
    pub(super) fn known(self) -> Option<ObjectIdentifier> {
        ObjectIdentifier::from_bytes(self.0).ok()
    }

    /// The numbers between the dots; `None` where they are beyond 128 bits or break off.
    fn arcs(self) -> Option<Vec<u128>> {
        let mut arcs = Vec::new();
        for digits in self.0.split_inclusive(|&byte| byte & 0x80 == 0) {
            let last = digits.last()?;
            let arc = digits.iter().try_fold(0_u128, |arc, &digit| {
                let digit = u128::from(digit & 0x7f);
                Some(arc.checked_mul(0x80)? | digit)
            })?;
            if last & 0x80 != 0 {
                return None;
            }
            if arcs.is_empty() {
                // The first two are written as one (X.690, 8.19.4).
                let first = (arc / 40).min(2);
                arcs.extend([first, arc - 40 * first]);
            } else {
                arcs.push(arc);
            }
        }
        (!arcs.is_empty()).then_some(arcs)
    }
}

impl fmt::Display for Oid<'_> {
    /// With dots, or as hexadecimal bytes where there are no numbers to tell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.arcs() {
            Some(arcs) => {
                let arcs: Vec<String> = arcs.iter().map(u128::to_string).collect();
                f.write_str(&arcs.join("."))
            }
            None => write!(f, "0x")
                .and_then(|()| self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))),
        }
    }
}

#[cfg(test)]
mod tests;
