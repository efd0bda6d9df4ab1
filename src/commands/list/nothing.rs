//! What is said where nothing is listed. That no identity passes the filters is an answer, and mostly the
//! one that was hoped for; that a text names nothing, or that there is no store to ask, is none.

use certstow_core::error::{Error as LibraryError, Near, Nearly};
use certstow_core::identity::{Inventory, ListedCertificate, StoreProblem};
use certstow_core::renewal::Renewals;
use certstow_core::select::{self, Choice, Filters, Want};
use certstow_core::time::{self, UnixTime};
use certstow_formats::plural::counted;

use crate::error::{Error, GETS_IN};
use crate::inventory::Wanted;
use crate::screen::Screen;

/// That nothing passes the filters, as a sentence; `None` where neither a text nor a filter was given, so
/// that the stores themselves are empty.
///
/// # Errors
/// - [`Error::NoStore`]: no store could have anything that passes.
/// - [`LibraryError::NotFound`]: the text names nothing that is listed.
pub(crate) fn answer(
    inventory: &Inventory,
    wanted: &Wanted<'_>,
    renewals: &Renewals<'_>,
    now: UnixTime,
) -> Result<Option<String>, Error> {
    let has_filters = !wanted.filters.is_empty();
    if has_filters && inventory.stores().is_empty() && inventory.problems().is_empty() {
        return Err(Error::NoStore);
    }
    let unfiltered = wanted.unfiltered();
    if wanted.text.is_some() && unfiltered.listed(inventory, renewals, now).is_empty() {
        return Err(not_found(inventory, &unfiltered, now).into());
    }
    Ok(has_filters.then(|| sentence(inventory, wanted, now)))
}

/// That a text names nothing that is listed, and what would be with `--all`, or may have been meant.
fn not_found(inventory: &Inventory, wanted: &Wanted<'_>, now: UnixTime) -> LibraryError {
    let choice = Choice {
        selector: wanted.text,
        filters: Filters::none(),
        newest: false,
        want: if wanted.all {
            Want::Certificate
        } else {
            Want::Key
        },
    };
    match unlisted(inventory, wanted, now) {
        Some(near) => LibraryError::NotFound {
            selector: select::described(wanted.text, Filters::none()),
            searched: inventory.store_names(),
            note: None,
            near: Some(Box::new(near)),
        },
        None => select::not_found(inventory, &choice, now),
    }
}

/// What matches and is listed with `--all` alone.
fn unlisted(inventory: &Inventory, wanted: &Wanted<'_>, now: UnixTime) -> Option<Near> {
    let unlisted = wanted.matching(inventory, now);
    let keyless = unlisted.iter().filter(|one| !one.has_key());
    let with_key = unlisted.iter().filter(|one| one.has_key());
    let (pending, others): (Vec<&&ListedCertificate>, Vec<_>) =
        with_key.partition(|one| one.is_pending());
    let why = Nearly::Unlisted {
        keyless: keyless.count(),
        archived: others.iter().filter(|one| one.is_archived()).count(),
        pending: pending.len(),
    };
    (!unlisted.is_empty()).then(|| select::offer(inventory, why, &unlisted))
}

/// "No identity ends within 60 days in file:/home/ada/certificates."
fn sentence(inventory: &Inventory, wanted: &Wanted<'_>, now: UnixTime) -> String {
    let what = match (wanted.filters.end_alone(), wanted.text) {
        (Some(span), None) => format!("No identity ends within {}", time::length(span)),
        (Some(span), Some(text)) => format!(
            "No identity that matches '{text}' ends within {}",
            time::length(span)
        ),
        (None, text) => format!(
            "No identity matches {}",
            select::described(text, wanted.filters)
        ),
    };
    let place = match inventory.store_names().as_slice() {
        // What is wrong with each was said.
        [] => String::new(),
        stores => format!(" in {}", stores.join(", ")),
    };
    let near = unlisted(inventory, wanted, now).and_then(|near| near.in_words());
    let near = near.map(|near| format!(" ({near}: see it with --all)"));
    format!("{what}{place}{}.", near.unwrap_or_default())
}

/// Says where certstow looked and what to do next.
pub(crate) fn explain(inventory: &Inventory, screen: &Screen) {
    let hidden = inventory.certificates();
    let keyless = hidden.iter().filter(|listed| !listed.has_key()).count();
    if !hidden.is_empty() {
        let pending = hidden.iter().filter(|one| one.is_pending()).count();
        let archived = hidden.len() - keyless - pending;
        screen.note(&match (archived, pending) {
            (0, 0) => {
                format!("No certificate here has a private key; --all lists the {keyless} without.")
            }
            (0, pending) if keyless == 0 => format!(
                "Nothing but {} that no CA has answered yet: see 'certstow request list'.",
                counted(pending, "request", "requests")
            ),
            (archived, _) => format!(
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
    screen.note(&format!("{GETS_IN}."));
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
