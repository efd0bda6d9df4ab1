//! What is to be done for each identity at each destination. Reads every file that the manifests
//! name, and opens no key.

use certstow_formats::certificate::EntryId;

use super::destination::Destination;
use super::folder::Condition;
use super::retention::Retention;
use crate::identity::{Inventory, ListedCertificate};
use crate::select::Filters;
use crate::time::UnixTime;

/// An identity that is wanted in the backup.
pub(super) struct Wanted<'a> {
    pub(super) identity: &'a ListedCertificate,
    pub(super) label: String,
    /// One for each destination.
    pub(super) actions: Vec<Action>,
}

/// What is to be done at one destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
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

/// Identities that the filters leave, archived ones too: old mail needs old keys. Pending ones are wanted
/// whatever the filters say, since no CA can give their keys again. Where one identity is named, it is that
/// alone.
pub(super) fn wanted<'a>(
    inventory: &'a Inventory,
    filters: &Filters,
    only: Option<&EntryId>,
    now: UnixTime,
) -> impl Iterator<Item = &'a ListedCertificate> {
    let identities = inventory.identities();
    identities.filter(move |identity| match only {
        Some(id) => identity.id() == *id,
        None => identity.is_pending() || filters.matches(identity, now),
    })
}

/// Plans for one identity.
pub(super) fn plan<'a>(
    identity: &'a ListedCertificate,
    destinations: &[Option<Destination>],
    rewrite: bool,
    retention: Option<&Retention>,
) -> Wanted<'a> {
    let not_after = identity.not_after();
    let label = identity.label();
    let mut actions: Vec<Action> = destinations
        .iter()
        .map(|destination| match destination {
            Some(destination) => action(identity, &label, destination, rewrite),
            None => Action::Unreachable,
        })
        .collect();
    let is_over = |retention: &Retention| retention.is_over(not_after) && !identity.is_pending();
    if retention.is_some_and(is_over) {
        leave_one(&mut actions, destinations, identity);
    }
    Wanted {
        identity,
        label,
        actions,
    }
}

fn action(
    identity: &ListedCertificate,
    label: &str,
    destination: &Destination,
    rewrite: bool,
) -> Action {
    let id = &identity.entry().id;
    let Some(saved) = destination.saved(id) else {
        let file = destination.path(&destination.name_for(id, label));
        // Whatever it is, nothing says what it should be.
        return Action::Write(match file.symlink_metadata().is_ok() {
            true => Cause::Wrong("the manifest did not name the file that was there".to_owned()),
            false => Cause::New,
        });
    };
    match destination.condition(saved) {
        Condition::Whole if rewrite => Action::Write(Cause::Asked),
        Condition::Whole => Action::Keep,
        Condition::Missing => Action::Write(Cause::Wrong("the file was missing".to_owned())),
        Condition::Damaged(reason) => {
            Action::Write(Cause::Wrong(format!("the file was damaged: {reason}")))
        }
    }
}

/// Has one destination alone keep an identity whose time is over: the first that has a whole copy,
/// else the first there is.
fn leave_one(
    actions: &mut [Action],
    destinations: &[Option<Destination>],
    identity: &ListedCertificate,
) {
    let whole = |action: &Action| matches!(action, Action::Keep | Action::Write(Cause::Asked));
    let keeper = actions
        .iter()
        .position(whole)
        .or_else(|| {
            let id = &identity.entry().id;
            let has = |at: &usize| {
                destinations[*at]
                    .as_ref()
                    .is_some_and(|d| d.saved(id).is_some())
            };
            (0..actions.len()).find(has)
        })
        .or_else(|| {
            actions
                .iter()
                .position(|action| *action != Action::Unreachable)
        });
    for (at, action) in actions.iter_mut().enumerate() {
        if Some(at) != keeper && *action != Action::Unreachable {
            *action = Action::Leave;
        }
    }
}
