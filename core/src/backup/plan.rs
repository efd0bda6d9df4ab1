//! What is to be done for each identity at each destination. Reads every file that the manifests
//! name, and opens no key.

use crate::identity::{Inventory, ListedCertificate};
use crate::select::Filters;

use super::destination::Destination;
use super::folder::Condition;
use super::retention::Retention;

/// An identity that is wanted in the backup.
pub(super) struct Wanted<'a> {
    pub(super) identity: &'a ListedCertificate,
    pub(super) label: String,
    /// One for each destination.
    pub(super) steps: Vec<Step>,
}

/// What is to be done at one destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The destination failed before.
    Unreachable,
    /// The file is as it was written.
    Keep,
    /// A file is to be written.
    Write(Cause),
    /// The certificate expired long ago, and another destination keeps it.
    Leave,
}

/// Why a file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    New,
    /// It was asked for.
    Asked,
    /// What is wrong with the file there is.
    Wrong(String),
}

/// Identities that the filters leave, archived ones too: old mail needs old
/// keys.
pub(super) fn wanted<'a>(
    inventory: &'a Inventory,
    filters: &Filters,
    now: i64,
) -> impl Iterator<Item = &'a ListedCertificate> {
    let identities = inventory.identities();
    identities.filter(move |identity| filters.matches(identity, now))
}

/// Plans for one identity.
pub(super) fn plan<'a>(
    identity: &'a ListedCertificate,
    destinations: &[Option<Destination>],
    rewrite: bool,
    retention: Option<&Retention>,
) -> Wanted<'a> {
    let not_after = identity.not_after().seconds();
    let label = identity.label();
    let mut steps: Vec<Step> = destinations
        .iter()
        .map(|destination| match destination {
            Some(destination) => step(identity, &label, destination, rewrite),
            None => Step::Unreachable,
        })
        .collect();
    if retention.is_some_and(|retention| retention.is_over(not_after)) {
        leave_one(&mut steps, destinations, identity);
    }
    Wanted {
        identity,
        label,
        steps,
    }
}

fn step(
    identity: &ListedCertificate,
    label: &str,
    destination: &Destination,
    rewrite: bool,
) -> Step {
    let id = &identity.entry().id;
    let Some(saved) = destination.saved(id) else {
        let file = destination.path(&destination.name_for(id, label));
        // Whatever it is, nothing says what it should be.
        return Step::Write(match file.symlink_metadata().is_ok() {
            true => Cause::Wrong("the manifest did not name the file that was there".to_owned()),
            false => Cause::New,
        });
    };
    match destination.condition(saved) {
        Condition::Whole if rewrite => Step::Write(Cause::Asked),
        Condition::Whole => Step::Keep,
        Condition::Missing => Step::Write(Cause::Wrong("the file was missing".to_owned())),
        Condition::Damaged(reason) => {
            Step::Write(Cause::Wrong(format!("the file was damaged: {reason}")))
        }
    }
}

/// Has one destination alone keep an identity whose time is over: the first that has a whole copy,
/// else the first there is.
fn leave_one(
    steps: &mut [Step],
    destinations: &[Option<Destination>],
    identity: &ListedCertificate,
) {
    let whole = |step: &Step| matches!(step, Step::Keep | Step::Write(Cause::Asked));
    let keeper = steps
        .iter()
        .position(whole)
        .or_else(|| {
            let id = &identity.entry().id;
            let has = |at: &usize| {
                destinations[*at]
                    .as_ref()
                    .is_some_and(|d| d.saved(id).is_some())
            };
            (0..steps.len()).find(has)
        })
        .or_else(|| steps.iter().position(|step| *step != Step::Unreachable));
    for (at, step) in steps.iter_mut().enumerate() {
        if Some(at) != keeper && *step != Step::Unreachable {
            *step = Step::Leave;
        }
    }
}
