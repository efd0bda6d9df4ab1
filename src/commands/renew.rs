//! `certstow renew`: a request with the names and purposes of an identity that ends. That one stays as it is,
//! with its key, which opens what was encrypted to it; it counts as renewed once the new certificate is
//! installed.

use certstow_core::identity::ListedCertificate;
use certstow_core::request::Again;
use certstow_core::select::{Choice, Want};
use certstow_core::waits;
use certstow_core::warning::Warning;
use certstow_formats::names::DistinguishedName;
use certstow_formats::sanitize::shortened;

use super::request::{Place, RequestFile, Wanted, finish};
use crate::args::RenewArgs;
use crate::ask::{self, TerminalAsk};
use crate::backup_to::BackupTo;
use crate::error::Error;
use crate::exit::Exit;
use crate::into_store::{self, Target};
use crate::inventory::{self, Reading};
use crate::screen::Screen;

pub(crate) fn run(args: &RenewArgs, screen: &Screen) -> Result<Exit, Error> {
    let stores = &args.select.stores;
    let passwords = [
        args.new.copies.password.source(),
        args.new.challenge_source(),
    ];
    ask::check_stdin_of(&passwords, stores)?;
    let reading = Reading::new(stores, screen)?;
    let mut inventory = reading.read()?;
    reading.ask_for_single_file(&mut inventory)?;
    let filters = args.select.filters.filters();
    let choice = Choice {
        selector: args.select.selector.as_deref(),
        filters: &filters,
        newest: args.select.newest,
        want: Want::Key,
    };
    let old = inventory::choose(&inventory, &choice, &args.select.stores, screen)?;
    let (wanted, warnings) = wanted(old, args.new_subject.as_ref());
    let wanted = wanted.with_challenge(&args.new, screen)?;
    let file = RequestFile::prepare(&args.new.file, &wanted.label(), screen)?;

    let from = old.entries()[0].store;
    let spec = inventory.stores()[from].info().spec;
    into_store::check_export(&spec, args.new.not_exportable)?;
    let unlock = reading.unlock_of(&spec);
    let target = Target {
        spec,
        exportable: !args.new.not_exportable,
    };
    let mut place = Place::open(&target, unlock)?;
    place.see_what_waits(&wanted, screen)?;
    let (folders, password) = (args.new.copies.backup_to.clone(), &args.new.copies.password);
    let label = old.entry().label.as_deref();
    let (report, copies) = if args.same_key {
        let copies = BackupTo::prepare(folders, password, screen)?;
        let store = &*inventory.stores()[from];
        let wait = waits::waiting_for_store(store);
        let key = store.private_key(&old.id(), &mut TerminalAsk::new(screen))?;
        drop(wait);
        (place.keep_beside_key(&wanted, key, label, screen)?, copies)
    } else {
        place.protect(screen)?;
        let copies = BackupTo::prepare(folders, password, screen)?;
        (
            place.make_key(&wanted, args.new.key, label, screen)?,
            copies,
        )
    };
    screen.note(&format!(
        "It is for {}. {} stays as it is.",
        match args.same_key {
            true => "the same private key",
            false => "a new private key",
        },
        shortened(&old.label())
    ));
    finish(
        report.with_warnings(warnings),
        place,
        &copies,
        &file,
        screen,
    )
}

/// The names and purposes of a certificate, with another subject if one is given.
fn wanted(old: &ListedCertificate, subject: Option<&DistinguishedName>) -> (Wanted, Vec<Warning>) {
    let again = Again::of(old.certificate());
    let wanted = Wanted {
        subject: subject.cloned().unwrap_or(again.subject),
        alternative_names: again.alternative_names,
        usages: again.usages,
        template: None,
        challenge: None,
    };
    (wanted, again.warnings)
}
