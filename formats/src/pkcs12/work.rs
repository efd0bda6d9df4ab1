//! The work that opening a PKCS#12 file takes, added up and held against its [`Limits`] before it is
//! begun.

use super::error::DecodeError;
use super::limits::Limits;
use super::mac::MacScheme;
use super::pbe::Scheme;
use super::structure::{BagContent, Safe, Structure};

impl Structure {
    /// How much work one attempt to open it takes, as far as that shows from outside.
    ///
    /// # Errors
    /// [`DecodeError::TooMuchWork`]: more than the limits allow.
    pub fn work(&self, limits: &Limits) -> Result<u64, DecodeError> {
        let mut work = Work::new(limits);
        work.add_outside(self).map(|()| work.done())
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

    /// Begins an attempt, for which there may be as many bags again.
    pub(super) fn begin(&mut self, structure: &Structure) {
        self.bags_left = structure.bags_left;
    }

    /// Adds all the work that can be seen from outside.
    pub(super) fn add_outside(&mut self, structure: &Structure) -> Result<(), DecodeError> {
        if let Some(mac) = &structure.mac {
            self.add_mac(&mac.scheme)?;
        }
        structure.safes.iter().try_for_each(|safe| match safe {
            Safe::Plain(bags) => bags.iter().try_for_each(|bag| match &bag.content {
                BagContent::ShroudedKey { scheme, .. } => self.add_scheme(scheme),
                _ => Ok(()),
            }),
            Safe::Encrypted { scheme, .. } => self.add_scheme(scheme),
            Safe::Other(_) => Ok(()),
        })
    }

    pub(super) fn add_mac(&mut self, scheme: &MacScheme) -> Result<(), DecodeError> {
        self.add(scheme.iterations(), scheme.work())
    }

    pub(super) fn add_scheme(&mut self, scheme: &Scheme) -> Result<(), DecodeError> {
        self.add(scheme.iterations(), scheme.work())
    }

    /// All that was added.
    pub(super) fn done(&self) -> u64 {
        self.iterations
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
