//! What `java.io.DataOutputStream` writes: numbers in network order and strings in modified UTF-8,
//! in which U+0000 has two octets, and a character beyond the Basic Multilingual Plane is a surrogate
//! pair of three octets each (JVM specification, 4.4.7).

use super::error::JksError;

/// Bytes not read yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], JksError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(JksError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], JksError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(JksError::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(crate) fn number(&mut self) -> Result<u32, JksError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Milliseconds since 1970.
    pub(crate) fn time(&mut self) -> Result<i64, JksError> {
        self.array().map(i64::from_be_bytes)
    }

    /// Octets after their number.
    pub(crate) fn counted(&mut self) -> Result<&'a [u8], JksError> {
        let length = self.number()?;
        self.take(usize::try_from(length).map_err(|_| JksError::Truncated)?)
    }

    /// A string after the number of its octets. Half a surrogate pair, which Java allows, becomes
    /// U+FFFD.
    pub(crate) fn text(&mut self) -> Result<String, JksError> {
        let length = u16::from_be_bytes(self.array()?);
        let mut octets = self.take(length.into())?;
        let mut units = Vec::with_capacity(octets.len());
        while let Some((unit, rest)) = utf16_unit(octets) {
            units.push(unit);
            octets = rest;
        }
        if octets.is_empty() {
            Ok(String::from_utf16_lossy(&units))
        } else {
            Err(JksError::Damaged("a name in it is no text".to_owned()))
        }
    }
}

/// The first unit of UTF-16, as `DataInputStream.readUTF` reads it, and what follows.
fn utf16_unit(octets: &[u8]) -> Option<(u16, &[u8])> {
    let six = |octet: u8| (octet & 0xc0 == 0x80).then_some(u16::from(octet & 0x3f));
    match *octets {
        [first @ 0..=0x7f, ref rest @ ..] => Some((first.into(), rest)),
        [first @ 0xc0..=0xdf, second, ref rest @ ..] => {
            Some((u16::from(first & 0x1f) << 6 | six(second)?, rest))
        }
        [first @ 0xe0..=0xef, second, third, ref rest @ ..] => {
            let high = u16::from(first & 0x0f) << 12 | six(second)? << 6;
            Some((high | six(third)?, rest))
        }
        _ => None,
    }
}
