//! BER to DER (X.690). RFC 7292 lets the outer layers of a file be BER, and NSS writes them with
//! indefinite lengths and with strings in pieces; everything that reads structures here reads DER,
//! so the difference ends in this file.

use std::fmt;

use zeroize::Zeroizing;

/// How deep elements may nest. The deepest file known here goes to 12.
const MAX_DEPTH: usize = 32;

/// How many elements there may be: far above a file of 10,000 bags.
const MAX_ELEMENTS: usize = 1 << 20;

/// OCTET STRING, primitive and in pieces.
const OCTET_STRING: u8 = 0x04;
const OCTET_STRING_IN_PIECES: u8 = 0x24;

/// Why bytes are not BER, or more of it than certstow takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BerError {
    /// The bytes end within an element.
    Truncated,
    /// A tag or length that BER does not allow here.
    Malformed,
    /// Elements nest too deep, or there are too many of them.
    TooComplex,
}

impl fmt::Display for BerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "it breaks off",
            Self::Malformed => "its encoding is wrong",
            Self::TooComplex => "it nests too deep or holds too many elements",
        })
    }
}

impl std::error::Error for BerError {}

/// One element in DER: the input itself where that was DER already, else a copy that is wiped.
#[derive(Debug)]
pub struct Der<'a>(Bytes<'a>);

enum Bytes<'a> {
    Same(&'a [u8]),
    Rewritten(Zeroizing<Vec<u8>>),
}

impl fmt::Debug for Bytes<'_> {
    /// Lengths only: the element may be a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same(bytes) => write!(f, "Same({} bytes)", bytes.len()),
            Self::Rewritten(bytes) => write!(f, "Rewritten({} bytes)", bytes.len()),
        }
    }
}

impl Der<'_> {
    /// The element.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Same(bytes) => bytes,
            Bytes::Rewritten(bytes) => bytes,
        }
    }

    /// The element as a copy of its own.
    pub fn into_owned(self) -> Zeroizing<Vec<u8>> {
        match self.0 {
            Bytes::Same(bytes) => Zeroizing::new(bytes.to_vec()),
            Bytes::Rewritten(bytes) => bytes,
        }
    }

    /// Whether the input was BER that is not DER.
    pub fn was_ber(&self) -> bool {
        matches!(self.0, Bytes::Rewritten(_))
    }
}

/// The first element of `bytes` in DER; what follows it is left alone, as OpenSSL does.
///
/// Definite, shortest lengths, and OCTET STRINGs in one piece, the implicitly tagged one of
/// `EncryptedContentInfo` included. What is inside an OCTET STRING stays as it is.
///
/// # Errors
/// [`BerError`], if the first element is not BER or is nested too deep.
pub fn to_der(bytes: &[u8]) -> Result<Der<'_>, BerError> {
    let mut parser = Parser {
        rest: bytes,
        elements: 0,
        ber: false,
    };
    let element = parser.element(0)?;
    if !parser.ber {
        let length = bytes.len() - parser.rest.len();
        return Ok(Der(Bytes::Same(
            bytes.get(..length).ok_or(BerError::Truncated)?,
        )));
    }
    let mut der = Zeroizing::new(Vec::with_capacity(element.total_length()));
    element.write(&mut der);
    Ok(Der(Bytes::Rewritten(der)))
}

/// An element that was read.
struct Element<'a> {
    /// The identifier octets, as they will be written.
    tag: Vec<u8>,
    /// The length of the content in DER.
    length: usize,
    content: Content<'a>,
}

enum Content<'a> {
    Primitive(&'a [u8]),
    Elements(Vec<Element<'a>>),
    /// A string in pieces, which DER writes as one.
    Pieces(Vec<&'a [u8]>),
}

impl<'a> Element<'a> {
    fn first_tag_byte(&self) -> u8 {
        self.tag.first().copied().unwrap_or_default()
    }

    fn primitive(tag: &[u8], value: &'a [u8]) -> Self {
        Self {
            tag: tag.to_vec(),
            length: value.len(),
            content: Content::Primitive(value),
        }
    }

    fn constructed(tag: &[u8], elements: Vec<Element<'a>>) -> Self {
        Self {
            tag: tag.to_vec(),
            length: elements.iter().map(Element::total_length).sum(),
            content: Content::Elements(elements),
        }
    }

    /// The pieces of an OCTET STRING joined under another, primitive tag.
    fn joined(tag: u8, elements: Vec<Element<'a>>) -> Result<Self, BerError> {
        let mut pieces = Vec::new();
        for element in elements {
            match (element.first_tag_byte(), element.content) {
                (OCTET_STRING, Content::Primitive(value)) => pieces.push(value),
                (OCTET_STRING, Content::Pieces(inner)) => pieces.extend(inner),
                _ => return Err(BerError::Malformed),
            }
        }
        Ok(Self {
            tag: vec![tag],
            length: pieces.iter().map(|piece| piece.len()).sum(),
            content: Content::Pieces(pieces),
        })
    }

    fn total_length(&self) -> usize {
        self.tag.len() + length_octets(self.length).1 + self.length
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.tag);
        let (octets, count) = length_octets(self.length);
        out.extend(octets.iter().skip(octets.len() - count));
        match &self.content {
            Content::Primitive(value) => out.extend_from_slice(value),
            Content::Elements(elements) => elements.iter().for_each(|element| element.write(out)),
            Content::Pieces(pieces) => pieces.iter().for_each(|piece| out.extend_from_slice(piece)),
        }
    }
}

/// The shortest length octets, at the end of an array, and how many they are.
fn length_octets(length: usize) -> ([u8; 9], usize) {
    let mut octets = [0; 9];
    let (first, number) = octets.split_at_mut(1);
    number.copy_from_slice(&(length as u64).to_be_bytes());
    if length < 0x80 {
        return (octets, 1);
    }
    let count = number.iter().skip_while(|octet| **octet == 0).count();
    let marker = 0x80 | count as u8;
    if let Some(place) = (8 - count).checked_sub(1) {
        if let Some(octet) = number.get_mut(place) {
            *octet = marker;
        }
    } else if let Some(octet) = first.first_mut() {
        *octet = marker;
    }
    (octets, count + 1)
}

struct Parser<'a> {
    rest: &'a [u8],
    elements: usize,
    /// Whether anything so far was not DER.
    ber: bool,
}

impl<'a> Parser<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], BerError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(BerError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, BerError> {
        self.take(1)?.first().copied().ok_or(BerError::Truncated)
    }

    /// The identifier octets (X.690, 8.1.2).
    fn tag(&mut self) -> Result<&'a [u8], BerError> {
        let start = self.rest;
        let mut count = 1;
        if self.byte()? & 0x1f == 0x1f {
            count += 1;
            while self.byte()? & 0x80 != 0 {
                count += 1;
                if count > 5 {
                    return Err(BerError::Malformed);
                }
            }
        }
        start.get(..count).ok_or(BerError::Truncated)
    }

    /// The length octets (X.690, 8.1.3); `None` is the indefinite form.
    fn length(&mut self) -> Result<Option<usize>, BerError> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(Some(usize::from(first)));
        }
        if first == 0x80 {
            self.ber = true;
            return Ok(None);
        }
        let mut length = 0usize;
        for octet in self.take(usize::from(first & 0x7f))? {
            if length > usize::MAX >> 8 {
                return Err(BerError::Truncated);
            }
            length = length << 8 | usize::from(*octet);
        }
        if length_octets(length).1 != usize::from(first & 0x7f) + 1 {
            self.ber = true;
        }
        Ok(Some(length))
    }

    fn element(&mut self, depth: usize) -> Result<Element<'a>, BerError> {
        self.elements += 1;
        if depth > MAX_DEPTH || self.elements > MAX_ELEMENTS {
            return Err(BerError::TooComplex);
        }
        let tag = self.tag()?;
        let first = tag.first().copied().ok_or(BerError::Truncated)?;
        let length = self.length()?;
        if first & 0x20 == 0 {
            let value = self.take(length.ok_or(BerError::Malformed)?)?;
            return Ok(Element::primitive(tag, value));
        }
        let mut elements = match length {
            Some(length) => self.within(length, depth)?,
            None => self.until_end_of_contents(depth)?,
        };
        if first == OCTET_STRING_IN_PIECES {
            self.ber = true;
            return Element::joined(OCTET_STRING, elements);
        }
        if is_encrypted_content_info(first, &elements)
            && let Some(content) = elements.pop()
            && let Content::Elements(pieces) = content.content
        {
            self.ber = true;
            elements.push(Element::joined(0x80, pieces)?);
        }
        Ok(Element::constructed(tag, elements))
    }

    /// The elements of a content of definite length.
    fn within(&mut self, length: usize, depth: usize) -> Result<Vec<Element<'a>>, BerError> {
        let content = self.take(length)?;
        let after = std::mem::replace(&mut self.rest, content);
        let mut elements = Vec::new();
        while !self.rest.is_empty() {
            elements.push(self.element(depth + 1)?);
        }
        self.rest = after;
        Ok(elements)
    }

    /// The elements up to the end-of-contents octets (X.690, 8.1.5).
    fn until_end_of_contents(&mut self, depth: usize) -> Result<Vec<Element<'a>>, BerError> {
        let mut elements = Vec::new();
        loop {
            if let [0, 0, rest @ ..] = self.rest {
                self.rest = rest;
                return Ok(elements);
            }
            elements.push(self.element(depth + 1)?);
        }
    }
}

/// Whether these are the fields of an `EncryptedContentInfo` (RFC 2315, 10.1) whose content comes
/// in pieces: OBJECT IDENTIFIER, SEQUENCE, constructed `[0]`. It is the one implicitly tagged
/// string of PKCS#12, and nothing but its place tells it from an explicit tag; no other structure
/// here has this shape.
fn is_encrypted_content_info(tag: u8, fields: &[Element<'_>]) -> bool {
    tag == 0x30
        && fields
            .iter()
            .map(Element::first_tag_byte)
            .eq([0x06, 0x30, 0xa0])
}

#[cfg(test)]
mod tests;
