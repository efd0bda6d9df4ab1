//! Certificates and keys inside text of other kinds: JSON, YAML, `.env`, `.ovpn`, a kubeconfig. One rule
//! covers them all, and no parser of any: escapes are undone over the whole text, and then every PEM
//! block (RFC 7468) is a piece wherever it begins, and so is whatever a long run of base64 (RFC 4648)
//! decodes to, if that is PEM again, or a certificate, key, PKCS#12 file or Java keystore.

mod runs;
mod text;

use zeroize::Zeroizing;

use self::runs::Found;
use self::text::Unescaped;

/// How much is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The size of the text in bytes.
    pub max_bytes: usize,
    /// The pieces in it.
    pub max_pieces: usize,
}

impl Default for Limits {
    /// 16 MiB, and 10,000 pieces.
    fn default() -> Self {
        Self {
            max_bytes: 16 << 20,
            max_pieces: 10_000,
        }
    }
}

/// A certificate, a key, or a file of both, that stands in a text. Wiped when dropped.
#[derive(Debug)]
pub struct Piece {
    /// The line of the text it begins on, counted from 1.
    pub line: usize,
    /// One PEM block with line ends and without indentation; or else DER, or a Java keystore.
    pub content: Zeroizing<Vec<u8>>,
}

/// Why a text was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmbeddedError {
    /// It has more bytes than this many, which are allowed.
    TooLarge(usize),
    /// It holds more pieces than this many, which are allowed.
    TooMany(usize),
}

impl std::fmt::Display for EmbeddedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge(limit) => write!(f, "it has more than {limit} bytes"),
            Self::TooMany(limit) => {
                write!(f, "it holds more than {limit} certificates and keys")
            }
        }
    }
}

impl std::error::Error for EmbeddedError {}

/// The pieces of a text, in order. A PEM block is one whether or not its base64 can be decoded, so that
/// whoever reads it can say that it is damaged; one that is too short to hold anything is a placeholder.
/// A text in UTF-16 has to be made UTF-8 before, and bytes that are no text hold nothing.
///
/// # Errors
/// [`EmbeddedError`]: there is more than `limits` allow.
pub fn pieces(bytes: &[u8], limits: &Limits) -> Result<Vec<Piece>, EmbeddedError> {
    if bytes.len() > limits.max_bytes {
        return Err(EmbeddedError::TooLarge(limits.max_bytes));
    }
    if bytes.contains(&0) {
        return Ok(Vec::new());
    }
    let text = Unescaped::of(bytes);
    let mut pieces = Vec::new();
    for Found { at, content } in runs::found(&text.octets) {
        if pieces.len() == limits.max_pieces {
            return Err(EmbeddedError::TooMany(limits.max_pieces));
        }
        let line = text.line(at);
        pieces.push(Piece { line, content });
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests;
