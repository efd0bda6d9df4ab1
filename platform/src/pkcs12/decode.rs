//! Opens a PKCS#12 file with a password.
use super::error::DecodeError;
use super::kdf::PasswordForm;
use super::mac::MacScheme;
use crate::secret::{Password, PrivateKey};
use crate::store::Property;

/// Bounds checked before any derivation.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Limits { pub max_iterations: u32, pub max_total_iterations: u64, pub max_bags: usize, pub max_bytes: usize }
impl Default for Limits { fn default() -> Self { Self { max_iterations: 10_000_000, max_total_iterations: 30_000_000, max_bags: 10_000, max_bytes: 64 << 20 } } }

/// Bag attributes certstow knows
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct BagAttributes {
    pub friendly_name: Option<String>,
    pub local_key_id: Option<Vec<u8>>,
    /// 1.3.6.1.4.1.311.17.1
    pub provider_name: Option<String>,
    /// 1.3.6.1.4.1.311.17.2
    pub machine_keyset: bool,
    /// 1.3.6.1.4.1.311.17.3.N
    pub properties: Vec<Property>,
}
/// key bag, decrypted
#[derive(Debug)]
#[allow(missing_docs)]
pub struct KeyBag { pub key: PrivateKey, pub attributes: BagAttributes }
/// X.509 cert bag; `der` is not yet checked to be a readable certificate
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct CertificateBag { pub der: Vec<u8>, pub attributes: BagAttributes }
/// MAC verdict
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MacStatus { Ok, Mismatch, Absent }
/// Everything in the file, in order
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Contents { pub mac: MacStatus, pub keys: Vec<KeyBag>, pub certificates: Vec<CertificateBag>, pub other_bags: usize }

/// Opens `bytes` with the password. An empty `Text` password tries the null form also (and vice versa), the MAC deciding.
/// A wrong MAC is `WrongPassword` unless the content decrypts all the same (then `Damaged("... MAC does not match")`).
pub fn decode(bytes: &[u8], password: PasswordForm<'_>, limits: &Limits) -> Result<Contents, DecodeError> { todo!() }
