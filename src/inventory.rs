//! Reading the stores a command names, with what the person sees of it.

use certstow_core::backup;
use certstow_core::identity::{Inventory, ListedCertificate, StoreProblem, Stores};
use certstow_core::select::Filters;
use certstow_core::time::UnixTime;
use certstow_platform::OpenOptions;

use super::args::StoreArgs;
use super::ask;
use super::error::Error;
use super::render::progress::Progress;
use super::screen::Screen;
use super::warning::{Warning, advise_of_problem};

/// Reads the stores that are named, or all that are found.
pub(super) fn read(args: &StoreArgs, screen: &Screen) -> Result<Inventory, Error> {
    let unlock = ask::unlocking(args, screen)?;
    let stores = match args.stores.as_slice() {
        [] => Stores::Found,
        named => Stores::Named(named),
    };
    let progress = Progress::start(screen, "Reading the stores");
    let mut inventory = Inventory::read(stores, &OpenOptions { unlock })?;
    let left_out = backup::leave_out(&mut inventory);
    for problem in inventory.problems_mut() {
        advise_of_problem(problem);
    }
    drop(progress);
    for notice in left_out {
        screen.note(&notice);
    }
    for name in inventory.store_names() {
        screen.explain(&format!("read {name}"));
    }
    Ok(inventory)
}

/// The identities that pass the filters; certificates without a private key, and archived ones, only
/// if `all` are wanted.
pub(super) fn listed<'a>(
    inventory: &'a Inventory,
    all: bool,
    filters: &Filters,
    now: UnixTime,
) -> Vec<&'a ListedCertificate> {
    let listed = inventory.certificates().iter();
    listed
        .filter(|listed| all || (listed.has_key() && !listed.is_archived()))
        .filter(|listed| filters.matches(listed, now))
        .collect()
}

/// Says what holds private keys that are of no use here as they are. They end no command otherwise.
pub(super) fn note_notices(notices: &[StoreProblem], screen: &Screen) {
    let notices = notices.iter();
    screen.note_of_each_unless_json(
        notices.map(|notice| Warning::about(&notice.place, &notice.message)),
    );
}

pub(super) fn warn_of_problems(problems: &[StoreProblem], screen: &Screen) {
    let problems = problems.iter();
    screen.warn_of_each_unless_json(
        problems.map(|problem| Warning::about(&problem.place, &problem.message)),
    );
}
