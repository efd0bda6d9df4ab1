//! `certstow list`.

use std::collections::BTreeSet;

use certstow_core::error::{Error as LibraryError, Nearly};
use certstow_core::identity::{Inventory, ListedCertificate, StoreProblem};
use certstow_core::renewal::Renewals;
use certstow_core::select::{self, Filters};
use certstow_core::time::UnixTime;
use certstow_core::{time, waits};
use certstow_formats::threads;

use crate::args::ListArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::inventory;
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
    let now = time::now();
    let renewals = Renewals::among(inventory.certificates(), now);
    let identities = inventory::listed(&inventory, args.all, &filters, &renewals, now);

    if screen.json {
        screen.print_json(&json::list(&inventory, &identities, &renewals))?;
    } else if !identities.is_empty() {
        let text = match args.tree {
            true => tree(&inventory, &identities, &renewals, now, screen),
            false => table::list(&inventory, &identities, &renewals, now, screen.look()),
        };
        screen.print(|out| writeln!(out, "{text}"))?;
    }
    inventory::warn_of_problems(inventory.problems(), screen);
    inventory::note_notices(inventory.notices(), screen);
    // A filter that leaves nothing is an answer a script can act on; an empty store is none.
    if identities.is_empty() && !filters.is_empty() {
        return Err(nothing_left(&inventory, &filters, now));
    }
    if identities.is_empty() && !screen.json {
        explain_emptiness(&inventory, screen);
    }
    Ok(if inventory.problems().is_empty() {
        Exit::Done
    } else {
        Exit::Partial
    })
}

/// That the filters leave nothing to list, and what would be left with `--all`.
pub(crate) fn nothing_left(inventory: &Inventory, filters: &Filters, now: UnixTime) -> Error {
    let all = inventory.certificates().iter();
    let unlisted: Vec<_> = all.filter(|listed| filters.matches(listed, now)).collect();
    let keyless = unlisted.iter().filter(|one| !one.has_key());
    let archived = unlisted.iter();
    let archived = archived.filter(|one| one.has_key() && one.is_archived());
    let why = Nearly::Unlisted {
        keyless: keyless.count(),
        archived: archived.count(),
    };
    let not_found = LibraryError::NotFound {
        selector: filters.described().to_owned(),
        searched: inventory.store_names(),
        note: None,
        near: (!unlisted.is_empty()).then(|| Box::new(select::offer(inventory, why, &unlisted))),
    };
    not_found.into()
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

/// Says where certstow looked and what to do next.
fn explain_emptiness(inventory: &Inventory, screen: &Screen) {
    let hidden = inventory.certificates();
    let keyless = hidden.iter().filter(|listed| !listed.has_key()).count();
    if !hidden.is_empty() {
        let archived = hidden.len() - keyless;
        screen.note(&match archived {
            0 => format!(
                "No certificate here has a private key; there are {keyless} without: add --all to \
                 list them."
            ),
            _ => format!(
                "There are only certificates that are archived ({archived}) or have no private \
                 key ({keyless}): add --all to list them."
            ),
        });
        return;
    }
    screen.note("No certificates were found. certstow looked in");
    for known in inventory.known_stores() {
        let state = match &known.unavailable {
            Some(reason) => reason,
            None => state(inventory, &known.spec.to_string()),
        };
        screen.note(&format!(
            "  {} ({}): {state}",
            known.spec, known.description
        ));
    }
    if inventory.known_stores().is_empty() {
        for name in inventory.store_names() {
            screen.note(&format!("  {name}: {}", state(inventory, &name)));
        }
    }
    screen.note("Name the folder your certificates are in: certstow list --store DIR");
}

/// What there is to say of a store without certificates.
fn state(inventory: &Inventory, store: &str) -> &'static str {
    let of_store = |problems: &[StoreProblem]| problems.iter().any(|one| one.store == store);
    if of_store(inventory.problems()) {
        "nothing readable, see the warnings above"
    } else if of_store(inventory.notices()) {
        "no certificate, see the notices above"
    } else if inventory.has_issuers(store) {
        "only certificates of CAs, without their private keys"
    } else {
        "empty"
    }
}
