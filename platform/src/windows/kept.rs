//! A private key that a provider keeps, as far as it tells.

use super::ffi::KeyProviderInfo;

/// A private key, and what its public half is compared by.
pub(super) struct Kept {
    /// Where it is.
    pub(super) info: KeyProviderInfo,
    /// The modulus, or the point of a curve.
    pub(super) public: Vec<u8>,
}
