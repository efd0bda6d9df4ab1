//! PEM as written (RFC 7468): blocks, each with the text that stands before it, as OpenSSL writes
//! attributes. The file store's own reader takes more than this.

use pem_rfc7468::LineEnding;
use zeroize::Zeroizing;

/// The label of an `EncryptedPrivateKeyInfo`.
pub const ENCRYPTED_KEY: &str = "ENCRYPTED PRIVATE KEY";
/// The label of a `PrivateKeyInfo`.
pub const KEY: &str = "PRIVATE KEY";
/// The label of a certification request (RFC 7468, 7).
pub const REQUEST: &str = "CERTIFICATE REQUEST";
/// The label of a certificate.
pub const CERTIFICATE: &str = "CERTIFICATE";

/// A block to be written.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// Whole lines that stand before it, or nothing. Must hold no secret.
    pub before: &'a str,
    /// What stands after `BEGIN`.
    pub label: &'a str,
    /// What is in it.
    pub der: &'a [u8],
}

impl<'a> Block<'a> {
    /// A block with nothing before it.
    pub fn new(label: &'a str, der: &'a [u8]) -> Self {
        let before = "";
        Self { before, label, der }
    }
}

/// Writes the blocks into one buffer of the final size, so that no copy of a key stays behind.
///
/// # Errors
/// A block is larger than a PEM encoder takes.
pub fn join(blocks: &[Block<'_>]) -> Result<Zeroizing<Vec<u8>>, pem_rfc7468::Error> {
    let mut length = 0;
    for block in blocks {
        length += block.before.len();
        length += pem_rfc7468::encoded_len(block.label, LineEnding::LF, block.der)?;
    }
    let mut text = Zeroizing::new(vec![0; length]);
    let mut written = 0;
    for Block { before, label, der } in blocks {
        text[written..written + before.len()].copy_from_slice(before.as_bytes());
        written += before.len();
        written += pem_rfc7468::encode(label, LineEnding::LF, der, &mut text[written..])?.len();
    }
    text.truncate(written);
    Ok(text)
}
