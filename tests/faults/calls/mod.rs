//! Faults in system calls: a run of certstow is killed at its n-th call that changes a file or a
//! folder, or the call fails, by strace(1). Whatever the fault, nothing that was there before is
//! lost, nothing is said that is not so, and the next run finishes the work ([`rules`]).
//!
//! A [`Scenario`] says how the world is made, what is run in it, and what is there once it is
//! done. A first run without a fault counts its calls ([`trace`]), so that it is known which there
//! are; then there is one run, in the same world made anew, for each fault at each of them.
//!
//! [`every`] makes all these runs, some thousands of them, with `cargo xtask faults`; [`chosen`] a
//! part that is small enough for every change ([`choice`]).

mod choice;
mod claims;
mod held;
mod rules;
mod scenarios;
mod scene;
mod trace;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::{fmt, thread};

use scenarios::Scenario;
use scene::Scene;
use trace::Call;

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// The process is killed before the call begins, which is as good as after the one before.
    Killed,
    /// The call fails: the disk is full.
    Full,
    /// So does each call of its kind after it.
    FullFromThen,
    /// The call fails: the disk does not read or write.
    Broken,
    /// So does each call of its kind after it.
    BrokenFromThen,
    /// The call fails, for a signal came; it is to be made again.
    Interrupted,
}

impl Fault {
    const ALL: [Self; 6] = [
        Self::Killed,
        Self::Full,
        Self::FullFromThen,
        Self::Broken,
        Self::BrokenFromThen,
        Self::Interrupted,
    ];

    /// What strace's option `inject` calls it, at the n-th call.
    fn at(self, nth: usize) -> String {
        match self {
            Self::Killed => format!("signal=KILL:when={nth}"),
            Self::Full => format!("error=ENOSPC:when={nth}"),
            Self::FullFromThen => format!("error=ENOSPC:when={nth}+"),
            Self::Broken => format!("error=EIO:when={nth}"),
            Self::BrokenFromThen => format!("error=EIO:when={nth}+"),
            Self::Interrupted => format!("error=EINTR:when={nth}"),
        }
    }

    /// Whether it can come to this call. One that only reads leaves nothing to be seen by a kill,
    /// and takes no room.
    fn can_hit(self, call: &Call) -> bool {
        call.changes || matches!(self, Self::Broken | Self::BrokenFromThen)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Full => "full",
            Self::FullFromThen => "full from then on",
            Self::Broken => "broken",
            Self::BrokenFromThen => "broken from then on",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A fault at a call.
#[derive(Debug, Clone)]
struct Injection {
    call: Call,
    fault: Fault,
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.fault.word(), self.call)
    }
}

/// The core that the runs of a scenario are kept on: with one, a program starts as many threads
/// each time. Scenarios that run at the same time have different ones.
struct Core(usize);

/// How many scenarios use each core.
static USED: Mutex<Vec<usize>> = Mutex::new(Vec::new());

impl Core {
    fn take() -> Self {
        let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        used.resize(cores, 0);
        let core = (0..cores).min_by_key(|&core| used[core]).unwrap_or(0);
        used[core] += 1;
        Self(core)
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        USED.lock().unwrap_or_else(PoisonError::into_inner)[self.0] -= 1;
    }
}

/// Makes the runs of a scenario that `choose` takes of its calls, and says how many those were.
#[expect(clippy::print_stdout, reason = "the summary of a test")]
fn run(name: &str, scenario: &Scenario, choose: fn(&str, &Scenario, &[Call]) -> Vec<Injection>) {
    let core = Core::take();
    let mut scene = Scene::new(scenario, core.0);
    let calls = scene.calls();
    let injections = choose(name, scenario, &calls);
    let mut made: BTreeMap<Fault, usize> = BTreeMap::new();
    let mut findings = Vec::new();
    for injection in &injections {
        scene.make_anew();
        let run = scene.run(Some(injection));
        let broken = rules::after(&scene, injection, &run);
        if !broken.is_empty() {
            let broken = broken.join("\n    ");
            findings.push(format!("{injection}:\n    {broken}\n{run}"));
        }
        *made.entry(injection.fault).or_default() += 1;
    }
    let made: Vec<_> = made
        .iter()
        .map(|(fault, count)| format!("{count} {}", fault.word()))
        .collect();
    println!(
        "{name}: {} calls, {} runs ({}), {} findings",
        calls.len(),
        injections.len(),
        made.join(", "),
        findings.len()
    );
    assert!(!injections.is_empty(), "nothing was injected");
    assert!(findings.is_empty(), "{}", findings.join("\n\n"));
}

/// A test for each scenario, in a module for all of its runs and one for the chosen ones.
macro_rules! tests {
    ($($name:ident)*) => {
        /// The scenarios, in order.
        const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// All runs of each scenario.
        mod every {
            $(
                #[test]
                #[ignore = "needs strace and openssl, and minutes"]
                fn $name() {
                    super::run(stringify!($name), &super::scenarios::$name(), super::choice::all);
                }
            )*
        }

        /// Some runs of each scenario.
        mod chosen {
            $(
                #[test]
                #[ignore = "needs strace and openssl"]
                fn $name() {
                    super::run(stringify!($name), &super::scenarios::$name(), super::choice::part);
                }
            )*
        }
    };
}

tests! {
    export_replaces_file
    export_with_copy
    export_deletes_key
    backup_first_run
    backup_adds_identity
    backup_repairs_files
    backup_rewrites_two_folders
    backup_with_threads
    backup_with_escrow
    backup_with_retention
    restore_into_new_store
    import_into_new_store
    import_replaces_identity
    install_joins_key
}
