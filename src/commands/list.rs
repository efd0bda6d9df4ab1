//! `certstow list`.

pub(crate) mod nothing;

use std::collections::BTreeSet;

use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_core::renewal::Renewals;
use certstow_core::time::UnixTime;
use certstow_core::{time, waits};
use certstow_formats::{names, threads};

use crate::args::{ListArgs, Order};
use crate::backup_folder;
use crate::error::Error;
use crate::exit::Exit;
use crate::inventory::{self, Wanted};
use crate::render::forest::Forest;
use crate::render::{json, table};
use crate::screen::Screen;

pub(crate) fn run(args: &ListArgs, screen: &Screen) -> Result<Exit, Error> {
    if args.tree && screen.json {
        return Err(Error::Usage(
            "--tree is for people, and means nothing with --json: each entry names its issuer"
                .to_owned(),
        ));
    }
    let inventory = inventory::read_and_ask(&args.stores, screen)?;
    let filters = args.filters.filters();
    let wanted = Wanted {
        text: args.selector.as_deref(),
        filters: &filters,
        all: args.all,
    };
    let now = time::now();
    let renewals = Renewals::among(inventory.certificates(), now);
    let mut identities = wanted.listed(&inventory, &renewals, now);
    let nothing = match identities.is_empty() {
        true => nothing::answer(&inventory, &wanted, &renewals, now),
        false => Ok(None),
    };
    // What is wrong in the stores is said first, and beside an error, too.
    let tell_of_stores = || {
        inventory::warn_of_problems(inventory.problems(), screen);
        inventory::note_notices(inventory.notices(), screen);
        backup_folder::tell(backup_folder::paths(&args.stores.stores), screen);
    };
    let nothing = nothing.map_err(|error| {
        tell_of_stores();
        match error {
            Error::Library(error) => {
                inventory::beside_locked(error, &inventory, &args.stores, screen)
            }
            other => other,
        }
    })?;
    if let Some(order) = args.sort {
        sort(&mut identities, order, &inventory);
    }

    if screen.json {
        screen.print_json(&json::list(
            &inventory,
            &identities,
            &renewals,
            &inventory::copies(screen),
        ))?;
    } else if !identities.is_empty() {
        let text = match args.tree {
            true => tree(&inventory, &identities, &renewals, now, screen),
            false => table::list(&inventory, &identities, &renewals, now, screen.look()),
        };
        screen.print(|out| writeln!(out, "{text}"))?;
    }
    tell_of_stores();
    if identities.is_empty() && !screen.json {
        match nothing {
            Some(sentence) => screen.note(&sentence),
            None => nothing::explain(&inventory, screen),
        }
    }
    Ok(match inventory.problems().is_empty() {
        false => Exit::Partial,
        true if identities.is_empty() && args.exit_code => Exit::NotFound,
        true => Exit::Done,
    })
}

/// Puts them in the order of a column; what is alike there stays as it was.
fn sort(identities: &mut [&ListedCertificate], order: Order, inventory: &Inventory) {
    let name = |one: &ListedCertificate| one.label().to_lowercase();
    match order {
        Order::Name => identities.sort_by_cached_key(|one| name(one)),
        Order::End => identities.sort_by_cached_key(|one| one.not_after()),
        Order::Issuer => identities.sort_by_cached_key(|one| {
            let issuer = names::short_name_of_der(one.certificate().issuer_der());
            (issuer.to_lowercase(), name(one))
        }),
        Order::Store => identities.sort_by_cached_key(|one| {
            let store = inventory.store_called(one.entries()[0].store);
            (store, name(one))
        }),
    }
}

/// The identities below their issuers.
fn tree(
    inventory: &Inventory,
    identities: &[&ListedCertificate],
    renewals: &Renewals<'_>,
    now: UnixTime,
    screen: &Screen,
) -> String {
    let issuers = inventory.known_issuers();
    let paths = threads::each(
        threads::for_computing(),
        identities,
        |identity| issuers.path_of(identity.certificate()),
        &mut |_, _| waits::progress(),
    );
    let mut forest = Forest::default();
    let mut warned = BTreeSet::new();
    for (identity, (path, problems)) in identities.iter().zip(paths) {
        forest.add(identity, &path);
        for problem in problems {
            if warned.insert(problem.clone()) {
                screen.warn(&problem);
            }
        }
    }
    let look = screen.look();
    table::tree(inventory, &forest.lines(look.drawing), renewals, now, look)
}
