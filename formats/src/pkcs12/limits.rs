//! How much a PKCS#12 file may ask for: iterations, bags, bytes.

use super::error::DecodeError;

/// How much a file may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The iteration count of one derivation, as the file states it. NSS, Firefox and GnuTLS
    /// write 600,000. scrypt counts as N times r times p, and may take 256 MiB of memory at most.
    pub max_iterations: u32,
    /// The iterations of all derivations together, GnuTLS making one for each certificate. A
    /// derivation counts once for each chain of hashes it takes: PBKDF2 one for every hash length
    /// of key, PKCS#12's own the same for the key, and again for the initialization vector. With
    /// an empty password that is tried in both forms, both count.
    pub max_total_iterations: u64,
    /// Parts and bags together.
    pub max_bags: usize,
    /// The file's size in bytes.
    pub max_bytes: usize,
}

impl Default for Limits {
    /// Ten million iterations a derivation (some ten seconds at most), thirty million in all,
    /// 10,000 bags, 64 MiB.
    fn default() -> Self {
        Self {
            max_iterations: 10_000_000,
            max_total_iterations: 30_000_000,
            max_bags: 10_000,
            max_bytes: 64 << 20,
        }
    }
}

impl Limits {
    /// For a look at many files of which nobody vouched for any: two million iterations a
    /// derivation, eight million a file, so that each costs seconds at most.
    pub fn listing() -> Self {
        Self {
            max_iterations: 2_000_000,
            max_total_iterations: 8_000_000,
            ..Self::default()
        }
    }

    pub(super) fn check_size(&self, bytes: &[u8]) -> Result<(), DecodeError> {
        if bytes.len() <= self.max_bytes {
            return Ok(());
        }
        let (is, limit) = (bytes.len(), self.max_bytes);
        Err(DecodeError::Damaged(format!(
            "it has {is} bytes, more than the {limit} allowed"
        )))
    }
}
