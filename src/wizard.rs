//! The wizard: `certstow` alone at a terminal, and `certstow export` that names nothing. It asks for
//! what the options of an export say, and saves by the same function; what was given as an option
//! is not asked for. Every question can be gone back from.

mod asker;
mod command_line;
mod contents;
mod context;
mod copies;
mod draft;
mod drawn;
mod file;
mod identity;
mod list;
mod password;
mod plain;
mod reader;
mod saved;
mod steps;
mod summary;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};

use certstow_core::error::Error as LibraryError;
use certstow_core::export::Exported;
use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_formats::secret::Password;
use certstow_platform::os::{self, Asking};
use certstow_platform::store::Interaction;
use clap::ArgMatches;
use clap::error::ErrorKind;

use super::args::{self, Command, ExportArgs};
use super::inventory::{self, Reading};
use super::raw_terminal;
use super::screen::Screen;
use crate::commands::export;
use crate::error::Error;
use crate::exit::Exit;
use asker::Asker;
use context::WizardContext;
use draft::Draft;
use drawn::Drawn;
pub(super) use drawn::leave_other_screen;
use plain::Plain;
use steps::Step;

const NOTHING_SAVED: &str = "Nothing was saved.";

/// What a command line means that leaves out what the wizard asks for; `None` if it does not, or
/// nobody is there.
pub(super) fn meant(
    error: &clap::Error,
    mut arguments: Vec<OsString>,
) -> Option<(clap::Command, ArgMatches)> {
    match error.kind() {
        ErrorKind::MissingRequiredArgument => {}
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            arguments.push("export".into());
        }
        _ => return None,
    }
    let mut command = args::wizard_command();
    let (cli, matches) = args::parse(&mut command, &arguments).ok()?;
    let Command::Export(export) = &cli.command else {
        return None;
    };
    // The wizard deletes nothing.
    let means_it = export.select.is_empty() && !export.delete_key_after_verify;
    let asks = !cli.global.json && !cli.global.non_interactive;
    let somebody_is_there = match os::asking() {
        Asking::AtTerminal => io::stderr().is_terminal(),
        // To be told where they can be asked.
        Asking::OutOfSight => true,
        Asking::Nowhere => false,
    };
    (means_it && asks && somebody_is_there).then_some((command, matches))
}

/// Somebody who leaves is told what became of it. That is no error, but nothing else than an answer
/// to every question is [`Exit::Done`].
pub(super) fn run(preset: &ExportArgs, screen: &Screen) -> Result<Exit, Error> {
    if !screen.is_quiet() {
        raw_terminal::set_outcome(Some(NOTHING_SAVED.to_owned()));
    }
    match save_by_answers(preset, screen) {
        Err(Error::Cancelled) => {
            screen.note(NOTHING_SAVED);
            Ok(Exit::Cancelled)
        }
        ended => ended,
    }
}

fn save_by_answers(preset: &ExportArgs, screen: &Screen) -> Result<Exit, Error> {
    if screen.interaction() == Interaction::Never {
        return Err(LibraryError::InteractionRequired {
            what: "the certificate to save".to_owned(),
        }
        .into());
    }
    screen.enter_wizard();
    export::check_together(preset, &export::options(preset), screen)?;
    let reading = Reading::new(&preset.select.stores, screen)?;
    let mut inventory = reading.read()?;
    let locked: Vec<_> = inventory::locked(&inventory)
        .map(|file| file.place.clone())
        .collect();
    reading.ask_for_single_file(&mut inventory)?;
    let mut asker: Box<dyn Asker> = match screen.is_plain() {
        true => Box::new(Plain),
        false => Box::new(Drawn::new()),
    };
    let asker = &mut *asker;
    identity::introduce(&inventory, preset, asker)?;
    let mut draft = Draft::new(preset);
    let mut from = Step::Identity;
    let mut report = loop {
        let mut context = WizardContext {
            asker,
            inventory: &mut inventory,
            reading: &reading,
            locked: &locked,
            preset,
        };
        steps::fill(&mut draft, from, &mut context)?;
        if screen.is_plain() {
            asker.say("Encrypting, writing and reading back.");
        }
        match save(&mut inventory, &draft, screen) {
            Ok(report) => break report,
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => {
                screen.error(&error);
                from = Step::to_fix(&error);
            }
        }
    };
    raw_terminal::set_outcome(saved::what_stays(&report));
    saved::tell(&report, asker, screen)?;
    let lasts = report.unsynced.is_none();
    let copied = match preset.copy_to.is_empty() {
        false => Ok(copies::make(&mut report, &draft, asker, screen)),
        true if report.file.is_some() => copies::offer(&mut report, &mut draft, asker, screen),
        true => Ok(true),
    };
    let exit = match copied {
        Ok(copies_last) if lasts && copies_last => Exit::Done,
        Ok(_) => Exit::Partial,
        Err(Error::Cancelled) => Exit::Cancelled,
        Err(error) => return Err(error),
    };
    if exit == Exit::Cancelled {
        saved::stays(&report, asker);
    }
    saved::close(&draft, exit, asker);
    Ok(exit)
}

fn save(inventory: &mut Inventory, draft: &Draft, screen: &Screen) -> Result<Exported, Error> {
    let id = draft.identity.ok_or(Error::Cancelled)?;
    if let Some(identity) = inventory.certificate(&id) {
        let file = export::file_of(&draft.args, identity, &export::options(&draft.args));
        export::copies::preflight(&draft.args, &file)?;
    }
    let password = |identity: &ListedCertificate| match &draft.password {
        Some(password) => Ok(Password::new(password.expose().to_owned())),
        None => export::obtain_password(&draft.args, identity, screen),
    };
    let mut ask = export::ask(&draft.args, screen);
    export::save(inventory, &id, &draft.args, password, &mut ask, screen)
}
