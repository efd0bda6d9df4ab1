//! `certstow export`: what the options mean, then [`certstow::export`].

mod deletion;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use certstow::chain::Include;
use certstow::error::Error;
use certstow::exit::Exit;
use certstow::export::{self, Destination, Format, Job, Options, Report, Step};
use certstow::identity::Identity;
use certstow::output::{Existing, Privacy};
use certstow::password::{self, Source};
use certstow::pkcs12::attributes::Properties;
use certstow::pkcs12::profile::Profile;
use certstow::platform::os;
use certstow::platform::secret::Password;
use certstow::platform::store::Interaction;
use certstow::sanitize::safe;
use certstow::select::{self, Choice, Want};
use certstow::{names, time};
use serde::Serialize;

use super::args::{ChainArg, ExportArgs, PropertiesArg};
use super::ask::TerminalAsk;
use super::inventory;
use super::journal::Entry;
use super::render::progress::Progress;
use super::screen::Screen;

pub(super) fn run(args: &ExportArgs, screen: &Screen) -> Result<Exit, Error> {
    let options = options(args);
    check_together(args, &options, screen)?;
    let mut inventory = inventory::read(&args.select.stores, screen)?;
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
    let identity = select::choose(&inventory, &choice, time::now())?;
    for problem in inventory.problems() {
        screen.explain(&format!("{}: {}", problem.place, problem.message));
    }

    if args.delete_key_after_verify {
        deletion::agree(&inventory, identity, &file_of(args, identity, &options))?;
    }
    let mut stdout = io::stdout().lock();
    let destination = if to_stdout(args) {
        Destination::Stream(&mut stdout)
    } else {
        Destination::File {
            file: file_of(args, identity, &options),
            existing: if args.force {
                Existing::Replace
            } else {
                Existing::Refuse
            },
            privacy: if args.require_private {
                Privacy::Required
            } else {
                Privacy::Wanted
            },
        }
    };
    let id = identity.entry().id;
    let job = Job::new(&inventory, identity, &options, destination)?;
    let mut ask = TerminalAsk {
        interaction: screen.interaction(),
        system_windows: match args.allow_prompt {
            true => screen.interaction(),
            false => Interaction::Never,
        },
    };
    let mut spinner = None;
    let password = || obtain_password(args, identity);
    let report = job.run(password, &mut ask, &mut |step| {
        // Not while the key is read: a store may prompt then.
        if step == Step::Write {
            spinner = Some(Progress::start(
                screen,
                "Encrypting, writing and reading back",
            ));
        }
        screen.explain(match step {
            Step::Key => "taking the private key from its store",
            Step::Path => "building the certification path",
            Step::Write => "encrypting, writing and reading back",
        });
    });
    drop(spinner);
    drop(stdout);
    let mut report = report?;
    if report.file.is_some() && options.format.has_key() {
        let warnings = inventory.mark_backed_up(&id, time::now());
        report.warnings.extend(warnings);
    }
    record(&report, screen);
    if !args.delete_key_after_verify {
        return tell(&report, false, screen).map(|()| Exit::Done);
    }
    // A person sees what was saved before the last question.
    if !screen.json {
        tell(&report, false, screen)?;
        report.warnings.clear();
    }
    let deleted = deletion::delete(&mut inventory, &mut report, &mut ask, screen);
    if screen.json {
        tell(&report, matches!(deleted, Ok(true)), screen)?;
    }
    deleted.map(|_| Exit::Done)
}

/// The file that is to be written, where it is one.
fn file_of(args: &ExportArgs, identity: &Identity, options: &Options) -> PathBuf {
    match &args.output {
        Some(file) => export::with_extension(file, options.format),
        None => {
            let label = names::label(identity.entry(), &identity.certificate().parse());
            export::default_file_name(&label, options.format)
        }
    }
}

fn options(args: &ExportArgs) -> Options {
    let profile = match (args.profile, args.target) {
        (Some(profile), _) => profile.into(),
        (None, Some(target)) => target.profile,
        (None, None) => Profile::default(),
    };
    Options {
        format: args.format.into(),
        include: match args.chain {
            Some(chain) => chain.into(),
            None if reads_no_path(args) => Include::None,
            None => Include::default(),
        },
        properties: args.properties.map(Properties::from).unwrap_or_default(),
        friendly_name: args.name.clone(),
        profile,
        iterations: args.iterations.unwrap_or_else(|| profile.iterations()),
        unencrypted_key: args.unencrypted_key,
    }
}

/// Whether the program that is to open the file reads the certificate alone.
fn reads_no_path(args: &ExportArgs) -> bool {
    args.target
        .is_some_and(|target| target.reads.certificates == Some(1))
}

fn to_stdout(args: &ExportArgs) -> bool {
    args.output.as_deref() == Some(Path::new("-"))
}

/// What makes no sense together, or could only fail later; before any store is touched.
fn check_together(args: &ExportArgs, options: &Options, screen: &Screen) -> Result<(), Error> {
    let usage = |text: &str| Err(Error::Usage(text.to_owned()));
    let source = args.password.source();
    if source == Some(Source::Stdin) && args.select.stores.unlock() == Some(Source::Stdin) {
        return usage("only one password can come from standard input");
    }
    if let Some(idle) = idle_option(args, options) {
        return Err(Error::Usage(idle));
    }
    if reads_no_path(args) && matches!(args.chain, Some(ChainArg::Full | ChainArg::NoRoot)) {
        return usage("the program named by --for reads one certificate only: leave --chain out");
    }
    if args.allow_prompt && screen.interaction() == Interaction::Never {
        return usage("--allow-prompt needs a person, and standard input is no terminal");
    }
    if args.allow_prompt && !options.format.has_key() {
        return usage("--allow-prompt means nothing where no private key is exported");
    }
    if args.name.is_some() && args.properties == Some(PropertiesArg::None) {
        return usage("--properties none leaves no room for --name");
    }
    if args.delete_key_after_verify {
        deletion::check(args, options, screen)?;
    }
    if to_stdout(args) && args.require_private {
        return usage("--require-private means nothing for standard output");
    }
    if to_stdout(args) && screen.json {
        return usage("--json and '-o -' both want standard output");
    }
    if to_stdout(args) && io::stdout().is_terminal() {
        return usage("the file is not written to a terminal: redirect standard output");
    }
    if to_stdout(args) && os::stdout_is_lost() {
        return Err(Error::Io {
            place: "standard output".to_owned(),
            source: io::Error::other("it is closed or the null device, and the file would be lost"),
        });
    }
    if options.needs_password() && source.is_none() && screen.interaction() == Interaction::Never {
        return Err(Error::InteractionRequired {
            what: match &args.output {
                Some(file) if !to_stdout(args) => format!("a password for {}", file.display()),
                _ => "a password for the file".to_owned(),
            },
        });
    }
    Ok(())
}

/// An option that would change nothing: whoever gave it expects something else.
fn idle_option(args: &ExportArgs, options: &Options) -> Option<String> {
    let format = options.format;
    let p12 = format == Format::P12;
    let path = format != Format::Der;
    let idle = [
        (
            args.unencrypted_key && format != Format::Pem,
            "--unencrypted-key",
        ),
        (args.profile.is_some() && !p12, "--profile"),
        (args.target.is_some() && !p12, "--for"),
        (args.name.is_some() && !p12, "--name"),
        (args.properties.is_some() && !p12, "--properties"),
        (args.chain.is_some() && !path, "--chain"),
        (
            args.iterations.is_some() && !options.needs_password(),
            "--iterations",
        ),
        (
            args.password.source().is_some() && !options.needs_password(),
            "a password",
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

fn obtain_password(args: &ExportArgs, identity: &Identity) -> Result<Password, Error> {
    let allow_empty = args.password.allow_empty_password;
    match args.password.source() {
        Some(source) => password::read(&source, allow_empty),
        None => {
            let label = names::label(identity.entry(), &identity.certificate().parse());
            let text = format!("Password for the file of {}:", safe(&label));
            password::prompt(&text, true, allow_empty)
        }
    }
}

fn record(report: &Report, screen: &Screen) {
    screen.record(
        &Entry::saved(&report.label)
            .with("thumbprint", report.thumbprint.as_str())
            .with("store", report.store.as_str())
            .with_some("file", file_name(report))
            .with_sha256(&report.sha256),
    );
}

fn tell(report: &Report, key_deleted: bool, screen: &Screen) -> Result<(), Error> {
    for warning in &report.warnings {
        screen.warn_unless_json(warning);
    }
    if screen.json {
        return screen.print_json(&Json::of(report, key_deleted));
    }
    let text = lines(report);
    match report.file {
        Some(_) => screen.print(|out| out.write_all(text.as_bytes())),
        // Standard output has the file.
        None => {
            text.lines().for_each(|line| screen.note(line));
            Ok(())
        }
    }
}

/// The file's name; `None` for standard output.
fn file_name(report: &Report) -> Option<String> {
    let file = report.file.as_ref()?;
    Some(file.to_string_lossy().into_owned())
}

fn lines(report: &Report) -> String {
    let place = file_name(report).unwrap_or_else(|| "to standard output".to_owned());
    let mut text = format!("Saved {}\n", safe(&place));
    let mut field = |name: &str, value: &str| {
        text.push_str(&format!("  {name:<14}{}\n", safe(value)));
    };
    field(
        "identity",
        &format!("{} ({})", report.label, report.thumbprint),
    );
    field("from", &report.store);
    for (position, subject) in report.chain.iter().enumerate() {
        field(if position == 0 { "certificates" } else { "" }, subject);
    }
    match (report.profile, report.iterations) {
        (Some(profile), Some(n)) => {
            field("protection", &format!("{}, {n} iterations", profile.name()));
        }
        (None, Some(n)) => field("protection", &format!("AES-256, {n} iterations")),
        _ => field("protection", "none"),
    }
    field("read back", &report.verified.join(", "));
    field("SHA-256", &names::hex(&report.sha256));
    text
}

/// `certstow.export/1`.
#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    file: Option<String>,
    sha256: String,
    thumbprint: &'a str,
    store: &'a str,
    profile: Option<&'static str>,
    iterations: Option<u32>,
    chain: &'a [String],
    root_included: bool,
    verified: &'a [&'static str],
    /// Whether the store has no private key any more.
    key_deleted: bool,
    warnings: &'a [String],
}

impl<'a> Json<'a> {
    fn of(report: &'a Report, key_deleted: bool) -> Self {
        Self {
            schema: "certstow.export/1",
            file: file_name(report),
            sha256: names::hex(&report.sha256),
            thumbprint: &report.thumbprint,
            store: &report.store,
            profile: report.profile.map(Profile::name),
            iterations: report.iterations,
            chain: &report.chain,
            root_included: report.root_included,
            verified: &report.verified,
            key_deleted,
            warnings: &report.warnings,
        }
    }
}
