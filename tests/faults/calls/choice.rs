//! Which faults are injected at which calls of a scenario.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::scenarios::Scenario;
use super::trace::Call;
use super::{Fault, Injection, NAMES};

/// Every fault at every call.
pub(super) fn all(_: &str, _: &Scenario, calls: &[Call]) -> Vec<Injection> {
    let at = |call: &Call| {
        let faults = Fault::ALL.into_iter().filter(|fault| fault.can_hit(call));
        let faults = faults.map(|fault| Injection {
            call: call.clone(),
            fault,
        });
        faults.collect::<Vec<_>>()
    };
    calls.iter().flat_map(at).collect()
}

/// No more runs are chosen, of all the scenarios together.
const AT_MOST: usize = 150;

/// How many were.
static CHOSEN: AtomicUsize = AtomicUsize::new(0);

/// The order in which faults take turns. Kills come most often: after them nothing of the program
/// can put anything right.
const TURNS: [Fault; 8] = [
    Fault::Killed,
    Fault::Broken,
    Fault::Full,
    Fault::Killed,
    Fault::BrokenFromThen,
    Fault::Interrupted,
    Fault::Killed,
    Fault::FullFromThen,
];

/// One fault at one call of each class ([`Call::class`]) that changes something, at the one in the
/// middle; the faults take turns, in each scenario from another one on. So each scenario, each call
/// and each fault is there, and of each scenario that each kind of file of it is made, written,
/// synced, named and removed. Beside these there is all that something once went wrong at.
pub(super) fn part(name: &str, scenario: &Scenario, calls: &[Call]) -> Vec<Injection> {
    let mut classes = Vec::new();
    for call in calls.iter().filter(|call| call.changes) {
        if !classes.contains(&call.class()) {
            classes.push(call.class());
        }
    }
    let first = NAMES.iter().position(|other| *other == name);
    let first = first.expect("it is one of them");
    let chosen = classes.iter().enumerate().map(|(at, class)| {
        let alike = calls.iter().filter(|call| call.class() == *class);
        let alike: Vec<_> = alike.collect();
        Injection {
            call: alike[alike.len() / 2].clone(),
            fault: TURNS[(first + at) % TURNS.len()],
        }
    });
    let once_wrong = scenario.once_wrong.iter().map(|(name, about, fault)| {
        let call = calls
            .iter()
            .find(|call| call.name == *name && call.about.contains(about));
        Injection {
            call: call.expect("it is still called").clone(),
            fault: *fault,
        }
    });
    let chosen: Vec<_> = chosen.chain(once_wrong).collect();
    let all = CHOSEN.fetch_add(chosen.len(), Ordering::Relaxed) + chosen.len();
    assert!(all <= AT_MOST, "{all} runs are chosen, of {AT_MOST}");
    chosen
}
