//! Keeping this process's memory to itself on Linux: `setrlimit(RLIMIT_CORE)` for core dumps, and
//! `prctl(PR_SET_DUMPABLE)`, which also refuses `ptrace` and `/proc/PID/mem` to other processes
//! of the same user.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Switches both off. A system that refuses leaves the process as it was: no reason not to work.
pub(crate) fn protect() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protect_disables_core_dumps() {
        protect();
        assert_eq!(
            rustix::process::dumpable_behavior().unwrap(),
            DumpableBehavior::NotDumpable
        );
        assert_eq!(rustix::process::getrlimit(Resource::Core).current, Some(0));
    }
}
