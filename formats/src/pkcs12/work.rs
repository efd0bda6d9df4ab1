//! How much a PKCS#12 file may ask for: iterations, bags, bytes.

use super::error::DecodeError;
use super::structure::{Bag, BagContent, Safe, Structure};

/// How much a file may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The iteration count of one derivation, as the file states it. NSS, Firefox and GnuTLS
    /// write 600,000.
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

/// What a file asked for so far, in every attempt at opening it.
pub(super) struct Work<'a> {
    limits: &'a Limits,
    iterations: u64,
    /// How many bags there may still be in this attempt.
    pub(super) bags_left: usize,
}

impl<'a> Work<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            iterations: 0,
            bags_left: 0,
        }
    }

    /// Adds the work of one attempt that can be seen from outside.
    pub(super) fn begin(&mut self, structure: &Structure) -> Result<(), DecodeError> {
        self.bags_left = structure.bags_left;
        if let Some(mac) = &structure.mac {
            self.add(mac.scheme.iterations(), mac.scheme.work())?;
        }
        structure.safes.iter().try_for_each(|safe| match safe {
            Safe::Plain(bags) => self.add_bags(bags),
            Safe::Encrypted { scheme, .. } => self.add(scheme.iterations(), scheme.work()),
            Safe::Other(_) => Ok(()),
        })
    }

    /// Adds the work of bags that only a password showed.
    pub(super) fn add_bags(&mut self, bags: &[Bag]) -> Result<(), DecodeError> {
        bags.iter().try_for_each(|bag| match &bag.content {
            BagContent::ShroudedKey { scheme, .. } => self.add(scheme.iterations(), scheme.work()),
            _ => Ok(()),
        })
    }

    fn add(&mut self, iterations: u32, work: u64) -> Result<(), DecodeError> {
        if iterations > self.limits.max_iterations {
            return Err(DecodeError::TooMuchWork {
                iterations: iterations.into(),
                limit: self.limits.max_iterations.into(),
            });
        }
        self.iterations = self.iterations.saturating_add(work);
        if self.iterations > self.limits.max_total_iterations {
            return Err(DecodeError::TooMuchWork {
                iterations: self.iterations,
                limit: self.limits.max_total_iterations,
            });
        }
        Ok(())
    }
}
