//! A switch of the whole process that is off for as long as anybody wants it off:
//! SecKeychainSetUserInteractionAllowed, which does not nest by itself.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The switch. `L` keeps it off, and turns it on again when dropped.
pub(super) struct Switch<L> {
    uses: Mutex<Uses<L>>,
}

struct Uses<L> {
    count: usize,
    off: Option<L>,
}

impl<L> Switch<L> {
    pub(super) const fn new() -> Self {
        let uses = Uses {
            count: 0,
            off: None,
        };
        Self {
            uses: Mutex::new(uses),
        }
    }

    /// Keeps it off until the result is dropped; `turn_off` runs if it is not off already.
    pub(super) fn off<E>(
        &'static self,
        turn_off: impl FnOnce() -> Result<L, E>,
    ) -> Result<Off<L>, E> {
        let mut uses = self.uses();
        if uses.off.is_none() {
            uses.off = Some(turn_off()?);
        }
        uses.count += 1;
        Ok(Off(self))
    }

    fn uses(&self) -> MutexGuard<'_, Uses<L>> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a [`Switch`] off.
#[must_use = "it is off until this is dropped"]
pub(crate) struct Off<L: 'static>(&'static Switch<L>);

impl<L> Drop for Off<L> {
    fn drop(&mut self) {
        let mut uses = self.0.uses();
        uses.count -= 1;
        if uses.count == 0 {
            uses.off = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static TURNED: Mutex<Vec<&str>> = Mutex::new(Vec::new());

    fn turned() -> Vec<&'static str> {
        TURNED.lock().unwrap().clone()
    }

    struct Lock;

    impl Drop for Lock {
        fn drop(&mut self) {
            TURNED.lock().unwrap().push("on");
        }
    }

    fn turn_off() -> Result<Lock, &'static str> {
        TURNED.lock().unwrap().push("off");
        Ok(Lock)
    }

    #[test]
    fn switch_stays_off_until_last_use_ends() {
        static SWITCH: Switch<Lock> = Switch::new();
        assert_eq!(SWITCH.off(|| Err("refused")).err(), Some("refused"));
        for _ in 0..2 {
            let outer = SWITCH.off(turn_off).unwrap();
            drop(SWITCH.off(turn_off).unwrap());
            let overlapping = SWITCH.off(turn_off).unwrap();
            drop(outer);
            assert_eq!(turned(), ["off"]);
            drop(overlapping);
            assert_eq!(turned(), ["off", "on"]);
            TURNED.lock().unwrap().clear();
        }
    }
}
