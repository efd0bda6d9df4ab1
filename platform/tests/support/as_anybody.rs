//! What accounts other than root may not do, tried by root, too.

/// Runs this as if root were nobody in particular: without the capabilities to pass by modes,
/// which belong to the thread.
pub(crate) fn as_anybody<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let thread = || {
        #[cfg(target_os = "linux")]
        {
            use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
            let mut sets = capabilities(None).unwrap();
            let passing = CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH;
            sets.effective.remove(passing);
            set_capabilities(None, sets).unwrap();
        }
        run()
    };
    std::thread::scope(|scope| scope.spawn(thread).join().unwrap())
}
