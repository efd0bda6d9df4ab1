//! Keys in a store that are locked. A task asks nobody: each of them that the password at hand does not
//! open, or that has none, is one that the backup ends without.

use certstow_formats::plural::counted;
use certstow_formats::proof::Level;
use certstow_platform::store::{Entry, KeyState, Listing, Store};

use super::Check;
use super::key::{SAVED_UNPROVEN, take};
use crate::exit::Exit;

/// As many are named; of the others it is said how many there are.
const NAMED: usize = 3;

/// Takes every locked key out; `None` if there are none. `unlocks` where a password was given.
pub(super) fn check(
    name: &str,
    store: &dyn Store,
    listing: &Listing,
    unlocks: bool,
) -> Option<Check> {
    let is_locked = |entry: &&Entry| matches!(entry.key, KeyState::Locked(_));
    let locked: Vec<&Entry> = listing.entries.iter().filter(is_locked).collect();
    if locked.is_empty() {
        return None;
    }
    let (mut labels, mut errors, mut levels) = (Vec::new(), Vec::new(), Vec::new());
    for entry in &locked {
        match take(store, entry) {
            Ok(proof) => levels.push(proof.level()),
            Err(error) => {
                labels.push(entry.display_label());
                errors.push(error);
            }
        }
    }
    let Some(first) = errors.first() else {
        let unsigned = levels.iter().filter(|level| **level != Level::Signature);
        let proven = match (locked.len(), unsigned.count()) {
            (1, 0) => "and signs".to_owned(),
            (_, 0) => "and sign".to_owned(),
            (_, unsigned) => format!("and certstow does not sign with {unsigned} of them"),
        };
        let keys = counted(locked.len(), "locked key", "locked keys");
        let found = format!("{keys} came out with the password, {proven}");
        let check = Check::ok("keys", name, found);
        return Some(match levels.contains(&Level::None) {
            true => check.warn(SAVED_UNPROVEN),
            false => check,
        });
    };
    let failed = Check::failed("keys", name, first);
    let (number, labels) = (
        counted(labels.len(), "locked key", "locked keys"),
        listed(&labels),
    );
    let found = match unlocks {
        true => format!("{number} did not come out, of {labels}: {}", failed.found),
        false => format!("nothing gives the password of {number}, of {labels}"),
    };
    // A backup saves the rest, and ends so.
    Some(Check {
        exit: Exit::Partial,
        found,
        ..failed
    })
}

fn listed(labels: &[String]) -> String {
    let mut listed = labels[..labels.len().min(NAMED)].join(", ");
    if labels.len() > NAMED {
        listed.push_str(&format!(" and {} more", labels.len() - NAMED));
    }
    listed
}
