//! `certstow request list`, `show` and `forget`: the requests that stores keep.

use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_core::request;
use certstow_core::select::{Choice, Filters, Want};
use certstow_core::time;
use certstow_formats::request::{CertificationRequest, pending};
use certstow_formats::sanitize::{safe, shortened};
use certstow_platform::store::Interaction;

use super::made::{RequestFile, Where, bytes, described, fields};
use crate::args::{RequestForgetArgs, RequestShowArgs, StoreArgs};
use crate::ask::TerminalAsk;
use crate::error::Error;
use crate::exit::Exit;
use crate::into_store::with_requests;
use crate::inventory;
use crate::journal::Entry;
use crate::prompt;
use crate::render::json::{self, Object};
use crate::screen::Screen;

pub(super) fn list(stores: &StoreArgs, screen: &Screen) -> Result<Exit, Error> {
    let inventory = inventory::read(&with_requests(stores), screen)?;
    let found: Vec<&ListedCertificate> = request::pending(&inventory).collect();
    if screen.json {
        let requests = found.iter().map(|one| of_list(&inventory, one));
        screen.print_json(&Object::new("certstow.requests/1").list("requests", requests))?;
    } else if !found.is_empty() {
        screen.print(|out| {
            for one in &found {
                let since = time::local_date(made(one));
                let thumbprint = one.thumbprint();
                let (label, thumbprint) = (one.label(), &thumbprint[..16]);
                writeln!(out, "{} ({thumbprint}), since {since}", shortened(&label))?;
                let store = inventory.store_called(one.entries()[0].store);
                writeln!(out, "  {}\n  {}", safe(&store), safe(&one.entry().place()))?;
            }
            Ok(())
        })?;
    }
    inventory::warn_of_problems(inventory.problems(), screen);
    if found.is_empty() && !screen.json {
        screen.note("No request waits for a CA.");
    }
    Ok(match inventory.problems().is_empty() {
        true => Exit::Done,
        false => Exit::Partial,
    })
}

fn made(listed: &ListedCertificate) -> time::UnixTime {
    listed.certificate().parse().not_before()
}

fn of_list(inventory: &Inventory, listed: &ListedCertificate) -> Object {
    let (store, place) = (listed.entries()[0].store, listed.entry().place());
    let kept = Where {
        certificate: listed.certificate(),
        store: &inventory.store_name(store),
        place: &place,
        label: &listed.label(),
    };
    let object = match pending::request(listed.certificate()) {
        Some(request) => described(Object::default(), &request, &kept),
        // A dummy certificate of Windows' own.
        None => Object::default()
            .with("store", &kept.store)
            .with("place", &kept.place)
            .object("thumbprint", json::thumbprint(kept.certificate))
            .with("label", &kept.label)
            .with("subject", &listed.subject()),
    };
    object.with("made", &made(listed).to_string())
}

pub(super) fn show(args: &RequestShowArgs, screen: &Screen) -> Result<Exit, Error> {
    let inventory = inventory::read(&with_requests(&args.stores), screen)?;
    let listed = chosen(&inventory, &args.selector, &args.stores, screen)?;
    let request = carried(listed)?;
    if args.file.output.is_none() {
        match screen.json {
            true => {
                let object = Object::new("certstow.request-show/1");
                let object = object.object("kept", of_list(&inventory, listed));
                screen.print_json(&object.with("request", &request.to_pem()))?;
            }
            false => {
                for (name, value) in fields(&request) {
                    screen.note(&format!("{name:<13}{value}"));
                }
                screen.print(|out| out.write_all(&bytes(&request, args.file.format)))?;
            }
        }
        return Ok(Exit::Done);
    }
    let file = RequestFile::prepare(&args.file, &listed.label(), screen)?;
    file.write(&request, screen)?.tell(screen)?;
    Ok(Exit::Done)
}

/// The request in a pending certificate.
fn carried(listed: &ListedCertificate) -> Result<CertificationRequest, Error> {
    pending::request(listed.certificate()).ok_or_else(|| {
        Error::Usage(format!(
            "{} was requested by another program, which has the request",
            safe(&listed.entry().place())
        ))
    })
}

pub(super) fn forget(args: &RequestForgetArgs, screen: &Screen) -> Result<Exit, Error> {
    let mut inventory = inventory::read(&with_requests(&args.stores), screen)?;
    let listed = chosen(&inventory, &args.selector, &args.stores, screen)?;
    let (id, label, thumbprint) = (listed.id(), listed.label(), listed.thumbprint());
    let (place, certificate) = (listed.entry().place(), listed.certificate().clone());
    if !args.force {
        if screen.interaction() == Interaction::Never {
            return Err(Error::Unanswered {
                what: format!("a yes to deleting the request for {label} with its private key"),
                option: "--force",
            });
        }
        let question = format!(
            "Delete the request for {} ({}), and its private key unless another certificate has it?",
            shortened(&label),
            safe(&place)
        );
        if !prompt::yes_or_no(&question, false, screen)? {
            return Err(Error::Cancelled);
        }
    }
    let warnings = request::forget(&mut inventory, &id, &mut TerminalAsk::new(screen))?;
    screen.record(
        &Entry::removed(&format!("the request for {label}"))
            .with("thumbprint", thumbprint.as_str())
            .with("place", place.as_str()),
    );
    if screen.json {
        let object = Object::new("certstow.request-forget/1");
        let object = object.object("thumbprint", json::thumbprint(&certificate));
        let object = object.with("label", &label);
        screen.print_json(&object.with("place", &place).with("warnings", &warnings))?;
        return Ok(Exit::Done);
    }
    screen.print_done(|out| {
        writeln!(
            out,
            "Forgot the request for {} ({})",
            shortened(&label),
            safe(&place)
        )
    })?;
    for warning in &warnings {
        screen.warn(&warning.text);
    }
    Ok(Exit::Done)
}

/// The one request that is meant.
fn chosen<'i>(
    inventory: &'i Inventory,
    selector: &str,
    stores: &StoreArgs,
    screen: &Screen,
) -> Result<&'i ListedCertificate, Error> {
    let choice = Choice {
        selector: Some(selector),
        filters: Filters::none(),
        newest: false,
        want: Want::Pending,
    };
    inventory::choose(inventory, &choice, stores, screen)
}
