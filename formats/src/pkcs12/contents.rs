//! The private keys and certificates of a PKCS#12 file, in the order of the file.

use super::bag_attributes::BagAttributes;
use super::layout::Layout;
use crate::secret::PrivateKey;

/// A private key of the file.
#[derive(Debug)]
pub struct KeyBag {
    /// The key.
    pub key: PrivateKey,
    /// The bag's attributes.
    pub attributes: BagAttributes,
}

/// A certificate of the file.
#[derive(Debug, Clone)]
pub struct CertificateBag {
    /// What the bag holds as the certificate's DER; it was not looked at.
    pub der: Vec<u8>,
    /// The bag's attributes.
    pub attributes: BagAttributes,
}

/// What the MAC said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MacStatus {
    /// It fits content and password.
    Ok,
    /// There is none, so that nothing would show a change.
    #[default]
    Absent,
}

/// Everything in a file.
#[derive(Debug, Default)]
pub struct Contents {
    /// What the MAC said.
    pub mac: MacStatus,
    /// The private keys, in the order of the file.
    pub keys: Vec<KeyBag>,
    /// The attributes of private keys that are under another password.
    pub locked_keys: Vec<BagAttributes>,
    /// The certificates, in the order of the file, duplicates and all.
    pub certificates: Vec<CertificateBag>,
    /// How many bags hold something else: revocation lists, secrets.
    pub other_bags: usize,
    /// What there is to say of the bags themselves.
    pub layout: Layout,
    /// How many parts are encrypted to a certificate, or are of an unknown content type. Nothing in
    /// them was read.
    pub unread_parts: usize,
}
