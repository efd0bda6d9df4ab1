//! The work that opening a PKCS#12 file takes, added up and held against its [`Limits`] before it is
//! begun.

use super::error::DecodeError;
use super::limits::Limits;
use super::structure::{Bag, BagContent, Safe, Structure};

impl Structure {
    /// How much work one attempt to open it takes, as far as that shows from outside.
    ///
    /// # Errors
    /// [`DecodeError::TooMuchWork`]: more than the limits allow.
    pub fn work(&self, limits: &Limits) -> Result<u64, DecodeError> {
        let mut work = Work::new(limits);
        work.begin(self).map(|()| work.done())
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
