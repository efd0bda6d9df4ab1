//! What a PKCS#12 file says of itself without its password: how it is encoded, protected and
//! divided (RFC 7292, 4), and whatever it leaves in clear.

use super::error::DecodeError;
use super::mac::MacScheme;
use super::pbe::Scheme;
use super::structure::{self, BagValue, Safe};

/// The structure that is visible without the password.
#[derive(Debug, Clone)]
pub struct Outline {
    /// Whether a layer in clear is BER (indefinite length, strings in pieces) rather than DER.
    pub ber: bool,
    /// How integrity is protected, if it is.
    pub mac: Option<MacScheme>,
    /// The parts of the `AuthenticatedSafe`, in order.
    pub safes: Vec<SafeOutline>,
}

/// One part of the `AuthenticatedSafe`.
#[derive(Debug, Clone)]
pub struct SafeOutline {
    /// How it is encrypted; `None` is plain data, whose bags are visible.
    pub encryption: Option<Scheme>,
    /// The bags where they are visible, those within bags included; empty when encrypted.
    pub bags: Vec<BagOutline>,
}

/// A bag seen without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BagOutline {
    /// An encrypted private key.
    ShroudedKey(Scheme),
    /// A private key in clear.
    Key,
    /// The DER of a certificate in clear, not checked to be one.
    Certificate(Vec<u8>),
    /// Something else, named.
    Other(String),
}

/// Reads the outline. Derives nothing.
///
/// # Errors
/// [`DecodeError::NotPkcs12`], [`DecodeError::Damaged`] and [`DecodeError::Unsupported`], as
/// [`super::decode::decode`] gives them for what is in clear.
pub fn outline(bytes: &[u8]) -> Result<Outline, DecodeError> {
    let file = structure::parse(bytes)?;
    let safes = (1..)
        .zip(&file.safes)
        .map(|(number, safe)| safe_outline(safe, number))
        .collect::<Result<_, _>>()?;
    Ok(Outline {
        ber: file.ber,
        mac: file.mac.map(|mac| mac.scheme),
        safes,
    })
}

fn safe_outline(safe: &Safe, number: usize) -> Result<SafeOutline, DecodeError> {
    let contents = match safe {
        Safe::Plain(contents) => contents,
        Safe::Encrypted { scheme, .. } => {
            return Ok(SafeOutline {
                encryption: Some(scheme.clone()),
                bags: Vec::new(),
            });
        }
    };
    let bags = structure::bags(contents, &format!("safe {number}"))?;
    Ok(SafeOutline {
        encryption: None,
        bags: bags.into_iter().map(|bag| bag_outline(bag.value)).collect(),
    })
}

fn bag_outline(value: BagValue<'_>) -> BagOutline {
    match value {
        BagValue::Key(_) => BagOutline::Key,
        BagValue::ShroudedKey { scheme, .. } => BagOutline::ShroudedKey(scheme),
        BagValue::Certificate(der) => BagOutline::Certificate(der.to_vec()),
        BagValue::Other(name) => BagOutline::Other(name),
    }
}
