//! The reader of BER and DER (X.690): values as tag, length and content, borrowed and not
//! interpreted, so that a private key is not copied into a decoder's own structures. PKCS#12 is read
//! and PKCS#7 in full BER ([`Reader::new`]), because NSS, OpenSSL's streaming, and older tools of Apple
//! and Java write indefinite lengths and strings in segments; keys and certificates with definite lengths
//! alone ([`Reader::definite`]). The depth of nesting is bounded, and no length is trusted before its octets
//! are there.

use std::fmt;

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use crate::der::{self, BIT_STRING, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET};

/// How deep values of indefinite length and strings in segments may be nested.
const MAX_DEPTH: u8 = 24;

const CONSTRUCTED: u8 = 0x20;

/// What is wrong with an encoding.
pub(crate) type Wrong = &'static str;

/// A value has another type, or another content, than belongs there.
pub(crate) const UNEXPECTED: Wrong = "it holds something else than it should";

/// See [`is_identifier`].
pub(crate) const MALFORMED_IDENTIFIER: Wrong = "an object identifier in it is malformed";

const TRUNCATED: Wrong = "it breaks off";

const IMPOSSIBLE_LENGTH: Wrong = "it holds a length that cannot be";

/// One value: its tag, its content, and the bytes it takes up in all.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    /// The identifier octet.
    pub(crate) tag: u8,
    /// The contents octets.
    pub(crate) content: &'a [u8],
    /// The whole encoding: identifier, length and contents.
    pub(crate) raw: &'a [u8],
    /// Whether the length is as DER has it: definite, and in as few octets as possible.
    der: bool,
    lengths: Lengths,
}

/// Which forms of length are read (X.690, 8.1.3).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lengths {
    /// All of BER's.
    Any,
    /// Definite ones of up to four octets, whether or not fewer would do.
    Definite,
}

/// Values one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    lengths: Lengths,
}

/// The single value in `bytes`, if its length is definite, it has the tag and nothing follows it.
pub(crate) fn only(bytes: &[u8], tag: u8) -> Option<Value<'_>> {
    Reader::definite(bytes).only()?.tagged(tag)
}

impl<'a> Reader<'a> {
    /// Reads BER.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let lengths = Lengths::Any;
        let rest = bytes;
        Self { rest, lengths }
    }

    /// Reads DER, and beyond it lengths in more octets than are needed, as OpenSSL does. An
    /// indefinite length is an error.
    pub(crate) fn definite(bytes: &'a [u8]) -> Self {
        let lengths = Lengths::Definite;
        let rest = bytes;
        Self { rest, lengths }
    }

    /// Whatever follows the values taken so far.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next value, whatever it is. On an error, nothing is taken.
    pub(crate) fn any(&mut self) -> Result<Value<'a>, Wrong> {
        let mut ahead = *self;
        let value = ahead.value(MAX_DEPTH)?;
        *self = ahead;
        Ok(value)
    }

    /// The next value, if it can be read and has this tag; else nothing is taken.
    pub(crate) fn accept(&mut self, tag: u8) -> Option<Value<'a>> {
        let mut ahead = *self;
        let value = ahead.any().ok()?.tagged(tag)?;
        *self = ahead;
        Some(value)
    }

    /// The one value there is.
    pub(crate) fn only(mut self) -> Option<Value<'a>> {
        let value = self.any().ok()?;
        self.is_empty().then_some(value)
    }

    /// The next value, which must have this tag; an `OCTET STRING` may be in segments.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Value<'a>, Wrong> {
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
    pub(crate) fn no_parameters(&mut self) -> Result<(), Wrong> {
        if let Some(null) = self.optional(NULL)?
            && !null.content.is_empty()
        {
            return Err(UNEXPECTED);
        }
        self.end()
    }

    /// Nothing may follow. It tells a length that was damaged from a field that was left out.
    pub(crate) fn end(&self) -> Result<(), Wrong> {
        if self.is_empty() {
            Ok(())
        } else {
            Err("it holds more than it should")
        }
    }

    /// The next value if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Value<'a>>, Wrong> {
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
            0x80 if tag & CONSTRUCTED != 0 && self.lengths == Lengths::Any => {
                return self.indefinite(start, tag, depth);
            }
            0x85..=0x88 if self.lengths == Lengths::Definite => return Err(IMPOSSIBLE_LENGTH),
            0x81..=0x88 => {
                let digits = self.take((first & 0x7f).into())?;
                let length = digits.iter().try_fold(0_usize, |length, &digit| {
                    length.checked_mul(256)?.checked_add(digit.into())
                });
                let length = length.ok_or(TRUNCATED)?;
                (self.take(length)?, digits[0] != 0 && length >= 0x80)
            }
            _ => return Err(IMPOSSIBLE_LENGTH),
        };
        Ok(Value {
            tag,
            content,
            raw: self.since(start)?,
            der,
            lengths: self.lengths,
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
            lengths: self.lengths,
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

impl<'a> Iterator for Reader<'a> {
    type Item = Value<'a>;

    /// `None` at the end, and where a value cannot be read: [`Reader::is_empty`] tells which.
    fn next(&mut self) -> Option<Value<'a>> {
        self.any().ok()
    }
}

/// Whether this is the content of an object identifier: each arc in as few octets as possible, and
/// the last one complete (X.690, 8.19.2).
pub(crate) fn is_identifier(content: &[u8]) -> bool {
    let mut arcs = content.split_inclusive(|&octet| octet & 0x80 == 0);
    content.last().is_some_and(|&last| last & 0x80 == 0) && arcs.all(|arc| arc[0] != 0x80)
}

impl<'a> Value<'a> {
    /// Whether everything inside a constructed value can be read, down to the last octet.
    pub(crate) fn is_readable_throughout(&self) -> bool {
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
    pub(crate) fn inside(&self) -> Reader<'a> {
        Reader {
            rest: self.content,
            lengths: self.lengths,
        }
    }

    /// The single value inside.
    pub(crate) fn only(&self) -> Option<Value<'a>> {
        self.inside().only()
    }

    /// This value, if it has the tag.
    pub(crate) fn tagged(self, tag: u8) -> Option<Self> {
        (self.tag == tag).then_some(self)
    }

    /// The octets of an `OCTET STRING`, in one segment or many, under whatever tag. Wiped when
    /// dropped, since they may be a private key.
    pub(crate) fn octets(&self) -> Result<Zeroizing<Vec<u8>>, Wrong> {
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
        let mut segments = self.inside();
        while !segments.is_empty() {
            segments.expect(OCTET_STRING)?.gather(octets, depth)?;
        }
        Ok(())
    }

    /// Whether the value, and every value inside, is as DER has it: each length minimal, and each
    /// string primitive. What is in a string is not looked at. Nesting deeper than any real file's
    /// does not pass for DER.
    pub(crate) fn is_der_throughout(&self) -> bool {
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

    /// The value with definite lengths, each in as few octets as possible, and each `OCTET STRING` and `BIT
    /// STRING` in one piece. `None` if something inside cannot be read.
    pub(crate) fn to_der(self) -> Option<Vec<u8>> {
        self.to_der_down_to(MAX_DEPTH)
    }

    fn to_der_down_to(self, depth: u8) -> Option<Vec<u8>> {
        const SEGMENTED_OCTETS: u8 = OCTET_STRING | CONSTRUCTED;
        const SEGMENTED_BITS: u8 = BIT_STRING | CONSTRUCTED;
        if self.tag & CONSTRUCTED == 0 {
            return Some(der::value(self.tag, &[self.content]));
        }
        if self.tag == SEGMENTED_OCTETS {
            return Some(der::value(OCTET_STRING, &[&self.octets().ok()?]));
        }
        let depth = depth.checked_sub(1)?;
        let mut inside = self.inside();
        let parts: Vec<Vec<u8>> = inside
            .by_ref()
            .map(|part| part.to_der_down_to(depth))
            .collect::<Option<_>>()?;
        if !inside.is_empty() {
            return None;
        }
        if self.tag == SEGMENTED_BITS {
            // Each segment begins with its count of unused bits, which only the last may have.
            let mut bits = vec![0];
            for part in &parts {
                let (unused, segment) = only(part, BIT_STRING)?.content.split_first()?;
                bits[0] = *unused;
                bits.extend_from_slice(segment);
            }
            return Some(der::value(BIT_STRING, &[&bits]));
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Some(der::value(self.tag, &parts))
    }

    /// The value of an `OBJECT IDENTIFIER`.
    pub(crate) fn oid(&self) -> Oid<'a> {
        Oid(self.content)
    }

    /// The value of an `INTEGER` that is not negative; one beyond 64 bits is `u64::MAX`.
    pub(crate) fn unsigned(&self) -> Result<u64, Wrong> {
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
pub(crate) struct Oid<'a>(&'a [u8]);

impl Oid<'_> {
    /// The same as a type that compares and takes part in `match`; `None` for one that no
    /// constant can be equal to.
    pub(crate) fn known(self) -> Option<ObjectIdentifier> {
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
