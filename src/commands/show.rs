//! `certstow show`: one identity, in plain words, or with everything that is in it.

mod plain;
mod subject;
mod technical;

use certstow_core::export::issuers_outside_validity;
use certstow_core::renewal::Renewals;
use certstow_core::select::{Choice, Want};
use certstow_core::time;

use crate::args::ShowArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::inventory;
use crate::render::json;
use crate::screen::Screen;
use subject::Subject;

pub(crate) fn run(args: &ShowArgs, screen: &Screen) -> Result<Exit, Error> {
    let inventory = inventory::read_and_ask(&args.select.stores, screen)?;
    let filters = args.select.filters.filters();
    let now = time::now();
    let choice = Choice {
        selector: args.select.selector.as_deref(),
        filters: &filters,
        newest: args.select.newest,
        want: Want::Certificate,
    };
    let identity = inventory::choose(&inventory, &choice, &args.select.stores, screen)?;
    let renewals = Renewals::among(inventory.certificates(), now);
    let issuers = inventory.known_issuers();
    let (path, mut warnings) = issuers.path_of(identity.certificate());
    let outside = issuers_outside_validity(&path, now);
    warnings.extend(outside.into_iter().map(|warning| warning.text));
    for warning in &warnings {
        screen.warn_unless_json(warning);
    }
    let root_trusted = issuers.root_is_trusted(&path);
    let copies = inventory::copies(screen);
    if screen.json {
        screen.print_json(&json::show(
            &inventory,
            identity,
            &renewals,
            &copies,
            &path,
            root_trusted,
            &warnings,
        ))?;
        return Ok(Exit::Done);
    }
    let subject = Subject {
        inventory: &inventory,
        identity,
        renewal: renewals.of(identity),
        copies: copies.states(&identity.id()),
        path: &path,
        root_trusted,
        now,
        look: screen.look(),
    };
    if args.technical {
        screen.print(|out| technical::write(out, &subject))?;
    } else {
        screen.print(|out| plain::write(out, &subject))?;
        // Who has no terminal has read the manual.
        if subject.look.width.is_some() {
            screen.note("--technical shows everything that is in the certificate");
        }
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests;
