//! What a PKCS#12 file says of itself without its password.
use super::error::DecodeError;
use super::mac::MacScheme;
use super::pbe::Scheme;

/// Structure visible without password
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Outline {
    /// outer encoding was BER (indefinite length or constructed strings), not DER
    pub ber: bool,
    pub mac: Option<MacScheme>,
    pub safes: Vec<SafeOutline>,
}
/// One ContentInfo of the AuthenticatedSafe
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct SafeOutline {
    /// `None`: plain data, whose bags are visible
    pub encryption: Option<Scheme>,
    /// Bags when visible; empty when encrypted
    pub bags: Vec<BagOutline>,
}
/// A bag seen without password
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BagOutline { ShroudedKey(Scheme), Key, Certificate(Vec<u8>), Other(String) }

/// Reads the outline. Derives nothing.
pub fn outline(bytes: &[u8]) -> Result<Outline, DecodeError> { todo!() }
