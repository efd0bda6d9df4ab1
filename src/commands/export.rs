//! `certstow export`: what the options mean, then [`certstow_core::export`].

pub(crate) mod copies;
mod deletion;
mod destination;
mod generated;
mod telling;

use std::io::{self, IsTerminal as _};

use certstow_core::error::Error as LibraryError;
use certstow_core::export::{Destination, Exported, Format, Job, Options, Stage};
use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_core::password::{self, Strength};
use certstow_core::select::{Choice, Want};
use certstow_formats::certificate::EntryId;
use certstow_formats::pkcs12::attributes::Properties;
use certstow_formats::sanitize::shortened;
use certstow_formats::secret::Password;
use certstow_platform::os;
use certstow_platform::store::Interaction;

use crate::args::ExportArgs;
use crate::ask::{self, TerminalAsk};
use crate::error::Error;
use crate::exit::Exit;
use crate::journal::Entry;
use crate::prompt;
use crate::render::progress::Progress;
use crate::screen::Screen;
use crate::{file_options, inventory, notes};
pub(crate) use destination::{file_of, to_stdout};
use telling::{file_name, tell};

pub(crate) fn run(args: &ExportArgs, screen: &Screen) -> Result<Exit, Error> {
    let options = options(args);
    check_together(args, &options, screen)?;
    let mut inventory = inventory::read_and_ask(&args.select.stores, screen)?;
    let filters = args.select.filters.filters();
    let choice = Choice {
        selector: args.select.selector.as_deref(),
        filters: &filters,
        newest: args.select.newest,
        want: if options.format.has_key() {
            Want::Key
        } else {
            Want::Certificate
        },
    };
    let identity = inventory::choose(&inventory, &choice, &args.select.stores, screen)?;
    for problem in inventory.problems() {
        screen.explain(&format!("{}: {}", problem.place, problem.message));
    }

    let file = file_of(args, identity, &options);
    copies::preflight(args, &file)?;
    if args.delete_key_after_verify {
        deletion::agree(&inventory, identity, &file, &args.copy_to, screen)?;
    }
    let id = identity.entry().id;
    let mut ask = ask(args, screen);
    let password = |identity: &ListedCertificate| obtain_password(args, identity, screen);
    let mut report = save(&mut inventory, &id, args, password, &mut ask, screen)?;
    let copies = copies::make(args, &mut report, screen);
    let keeps_key = if report.unsynced.is_some() {
        Some("the disk did not confirm the file")
    } else if copies.iter().any(|copy| copy.error().is_some()) {
        Some("not every copy was made and confirmed")
    } else {
        None
    };
    let exit = match keeps_key {
        Some(_) => Exit::Partial,
        None => Exit::Done,
    };
    if !args.delete_key_after_verify {
        return tell(&report, &copies, false, screen).map(|()| exit);
    }
    // A person sees what was saved before the last question.
    if !screen.json {
        tell(&report, &copies, false, screen)?;
        report.warnings.clear();
    }
    let deleted = match keeps_key {
        Some(why) => {
            deletion::not_now(why, &mut report, screen);
            Ok(false)
        }
        None => deletion::delete(&mut inventory, &mut report, &mut ask, screen),
    };
    if screen.json {
        tell(&report, &copies, matches!(deleted, Ok(true)), screen)?;
    }
    deleted.map(|_| exit)
}

/// How stores ask the person in an export.
pub(crate) fn ask<'s>(args: &ExportArgs, screen: &'s Screen) -> TerminalAsk<'s> {
    let mut ask = TerminalAsk::new(screen);
    if args.allow_prompt {
        ask.system_windows = screen.interaction();
    }
    ask
}

/// Saves an identity of the inventory as the options say, and records it. The password is obtained
/// once the key has come out.
pub(crate) fn save(
    inventory: &mut Inventory,
    id: &EntryId,
    args: &ExportArgs,
    password: impl FnOnce(&ListedCertificate) -> Result<Password, LibraryError>,
    ask: &mut TerminalAsk<'_>,
    screen: &Screen,
) -> Result<Exported, Error> {
    let options = options(args);
    let identity = inventory.certificate(id).ok_or_else(|| {
        Error::Usage("the identity is not in the stores that were read".to_owned())
    })?;
    file_options::check_certificate(&options, identity.certificate())?;
    let mut stdout = io::stdout().lock();
    let destination = if to_stdout(args) {
        Destination::Stream {
            stream: &mut stdout,
            name: "standard output",
        }
    } else {
        Destination::File {
            file: file_of(args, identity, &options),
            existing: file_options::existing(args.force),
            privacy: file_options::privacy(args.require_private),
        }
    };
    let job = Job::new(inventory, id, &options, destination)?;
    check_password(args, &options, screen)?;
    let mut spinner = None;
    let report = job.run(password, ask, &mut |step| {
        // Not while the key is read: a store may prompt then.
        if step == Stage::Write {
            spinner = Some(Progress::start(
                screen,
                "Encrypting, writing and reading back",
            ));
        }
        screen.explain(match step {
            Stage::Key => "taking the private key from its store",
            Stage::Path => "building the certification path",
            Stage::Write => "encrypting, writing and reading back",
        });
    });
    drop(spinner);
    drop(stdout);
    let mut report = report?;
    record(&report, screen);
    if let Some(file) = report.file.clone() {
        let warning = notes::add(&report, &file);
        report.warnings.extend(warning);
    }
    Ok(report)
}

pub(crate) fn options(args: &ExportArgs) -> Options {
    Options {
        friendly_name: args.name.clone(),
        unencrypted_key: args.unencrypted_key,
        ..file_options::of(args.format, &args.contents, &args.algorithms)
    }
}

/// What makes no sense together, or could only fail later; before any store is touched.
pub(crate) fn check_together(
    args: &ExportArgs,
    options: &Options,
    screen: &Screen,
) -> Result<(), Error> {
    let usage = |text: &str| Err(Error::Usage(text.to_owned()));
    ask::check_stdin(&args.password, &args.select.stores)?;
    if let Some(idle) = idle_option(args, options) {
        return Err(Error::Usage(idle));
    }
    file_options::check_target(&args.contents, &args.algorithms)?;
    if args.allow_prompt && screen.interaction() == Interaction::Never {
        return usage("--allow-prompt needs a person, and standard input is no terminal");
    }
    if args.allow_prompt && !options.format.has_key() {
        return usage("--allow-prompt means nothing where no private key is exported");
    }
    if args.name.is_some() && args.contents.properties == Some(Properties::None) {
        return usage("--properties none leaves no room for --name");
    }
    if args.delete_key_after_verify {
        deletion::check(args, options, screen)?;
    }
    if to_stdout(args) && !args.copy_to.is_empty() {
        return usage("--copy-to needs a file to copy: name one with -o");
    }
    if args.generate_password {
        generated::check(screen)?;
    }
    if to_stdout(args) && args.require_private {
        return usage("--require-private means nothing for standard output");
    }
    if to_stdout(args) && screen.json {
        return usage("--json and '-o -' both want standard output");
    }
    if to_stdout(args) && io::stdout().is_terminal() {
        return Err(Error::not_to_a_terminal("file"));
    }
    if to_stdout(args) && os::stdout_is_lost() {
        return Err(Error::io(
            "standard output",
            io::Error::other("it is closed or the null device, and the file would be lost"),
        ));
    }
    Ok(())
}

/// Refuses what lacks a password where nobody can be asked for it. What else is known to fail is told
/// before that.
fn check_password(args: &ExportArgs, options: &Options, screen: &Screen) -> Result<(), Error> {
    let is_there = args.password.source().is_some() || args.generate_password;
    if !options.needs_password() || is_there || screen.interaction() == Interaction::Allowed {
        return Ok(());
    }
    Err(Error::interaction_required(match &args.output {
        Some(file) if !to_stdout(args) => format!("a password for {}", file.display()),
        _ => "a password for the file".to_owned(),
    }))
}

/// An option that would change nothing, though somebody expects it to.
fn idle_option(args: &ExportArgs, options: &Options) -> Option<String> {
    let format = options.format;
    let p12 = format == Format::P12;
    let path = format != Format::Der;
    let idle = [
        (
            args.unencrypted_key && format != Format::Pem,
            "--unencrypted-key",
        ),
        (args.algorithms.profile.is_some() && !p12, "--profile"),
        (args.algorithms.target.is_some() && !p12, "--for"),
        (args.name.is_some() && !p12, "--name"),
        (args.contents.properties.is_some() && !p12, "--properties"),
        (args.contents.chain.is_some() && !path, "--chain"),
        (
            args.algorithms.iterations.is_some() && !options.needs_password(),
            "--iterations",
        ),
        (
            args.password.source().is_some() && !options.needs_password(),
            "a password",
        ),
        (
            args.generate_password && !options.needs_password(),
            "--generate-password",
        ),
    ];
    let (_, option) = idle.into_iter().find(|(idle, _)| *idle)?;
    let what = match format {
        Format::P12 => "a PKCS#12 file",
        Format::Pem if options.unencrypted_key => "a PEM file with an unencrypted key",
        Format::Pem => "a PEM file",
        Format::Der => "a certificate as DER",
        Format::P7b => "a PKCS#7 file",
    };
    Some(format!("{option} means nothing for {what}"))
}

pub(crate) fn obtain_password(
    args: &ExportArgs,
    identity: &ListedCertificate,
    screen: &Screen,
) -> Result<Password, LibraryError> {
    let label = identity.label();
    if args.generate_password {
        return generated::show_new(&label);
    }
    if let Some(given) = ask::if_given(&args.password, screen)? {
        return Ok(given);
    }
    let text = format!("Password for the file of {}:", shortened(&label));
    let refused = "the password is empty (--generate-password makes one)";
    let password = prompt::new_password(&text, ask::empty(&args.password, refused), screen)?;
    let subject = identity.subject();
    let emails = identity.certificate().parse().emails();
    let context = [label.as_str(), &subject].into_iter();
    let context: Vec<&str> = context.chain(emails.iter().map(String::as_str)).collect();
    let strength = password::strength(&password, &context);
    if strength.is_weak() {
        screen.note(&format!(
            "This password is {}: whoever has the file can find it out within {}. \
             --generate-password makes one that nobody guesses.",
            strength.words(),
            match strength {
                Strength::Weak => "days",
                _ => "seconds",
            },
        ));
    }
    Ok(password)
}

fn record(report: &Exported, screen: &Screen) {
    screen.record(
        &Entry::saved(&report.label)
            .with("thumbprint", report.thumbprint.as_str())
            .with("store", report.store.as_str())
            .with_some("file", file_name(report))
            .with_sha256(&report.sha256),
    );
}
