//! `certstow install`: what a CA returned is joined with its private key, wherever that is; see
//! [`certstow_core::install`]. With `--json`, `certstow.install/1`:
//!
//! ```json
//! {"schema": "certstow.install/1", "dry_run": false,
//!  "installed": [{"store": "...", "place": "...", "thumbprint": {"sha1": "...", "sha256": "..."},
//!    "subject": "...", "was_there": false, "request_removed": true,
//!    "proof": "signature" | "public-key" | "none" | null, "differences": ["..."], "chain": ["..."],
//!    "gap": null | "...", "backup": [{"destination": "...", "file": "...", "verified": true,
//!    "error": null}], "warnings": []}],
//!  "failed": [{"subject": "...", "thumbprint": {...}, "error": {"code": "...", ...}}],
//!  "problems": [{"place": "...", "message": "..."}]}
//! ```

use std::io::{self, Read as _};
use std::path::PathBuf;

use certstow_core::error::{Error as LibraryError, NotInstallable};
use certstow_core::identity::{Inventory, StoreProblem};
use certstow_core::install::{self, Installed, Options, Outcome, Returned};
use certstow_core::password::Source;
use certstow_core::select::{self, Choice, Want};
use certstow_core::{time, waits};
use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::names;
use certstow_formats::sanitize::{safe, shortened};

use crate::args::InstallArgs;
use crate::ask::{self, TerminalAsk};
use crate::backup_to::{BackupTo, Saved};
use crate::error::{Error, Explain as _};
use crate::exit::Exit;
use crate::into_store::with_requests;
use crate::inventory;
use crate::journal::Entry;
use crate::render::json::{self, Object};
use crate::screen::Screen;
use crate::warning::Warning;

pub(crate) fn run(args: &InstallArgs, screen: &Screen) -> Result<Exit, Error> {
    let files = args.files.iter().filter(|file| file.as_os_str() == "-");
    let passwords: Vec<_> = files
        .map(|_| Some(Source::Stdin))
        .chain([args.copies.password.source()])
        .collect();
    ask::check_stdin_of(&passwords, &args.stores)?;
    if let Some(file) = args.chain.iter().find(is_missing) {
        return Err(Error::NoFile { file: file.clone() });
    }
    let is_stdin = matches!(args.files.as_slice(), [file] if file.as_os_str() == "-");
    let files = match args.files.iter().find(is_missing) {
        _ if is_stdin => Some(from_stdin(args)?),
        None => Some(Returned::read(&args.files, &args.chain)?),
        Some(_) => None,
    };
    let mut stores = inventory::read(&with_requests(&args.stores), screen)?;
    let returned = match files {
        Some(files) => files,
        None => named(args, &stores)?,
    };
    let folders = args.copies.backup_to.clone();
    let copies = BackupTo::prepare(folders, &args.copies.password, screen)?;
    let mut ask = TerminalAsk::new(screen);
    let options = Options {
        label: args.label.as_deref(),
        dry_run: args.dry_run,
        keep_request: args.keep_request,
    };
    let outcomes = install::install(&returned, &mut stores, &options, &mut ask)?;
    inventory::warn_of_problems(stores.problems(), screen);
    let mut report = Report {
        dry_run: args.dry_run,
        outcomes,
        problems: &returned.problems,
        copies: Vec::new(),
    };
    report.save(&copies, stores, screen);
    report.tell(screen)
}

/// More than an answer has.
const LARGEST: u64 = 1 << 20;

fn from_stdin(args: &InstallArgs) -> Result<Returned, Error> {
    let name = "standard input";
    let wait = waits::waiting_for(name);
    let mut bytes = Vec::new();
    let read = io::stdin().take(LARGEST).read_to_end(&mut bytes);
    read.map_err(|error| Error::io(name, error))?;
    drop(wait);
    Ok(Returned::read_bytes(&bytes, name, &args.chain)?)
}

fn is_missing(file: &&PathBuf) -> bool {
    matches!(file.try_exists(), Ok(false))
}

/// The one certificate of a store that the argument names, where it is no file.
fn named(args: &InstallArgs, stores: &Inventory) -> Result<Returned, Error> {
    let missing = args.files.iter().find(is_missing).cloned();
    let [text] = args.files.as_slice() else {
        return Err(Error::NoFile {
            file: missing.unwrap_or_default(),
        });
    };
    let text = text.to_string_lossy();
    let choice = Choice {
        want: Want::Certificate,
        ..Choice::of(&text)
    };
    match select::choose(stores, &choice, time::now()) {
        Ok(listed) if listed.is_pending() => Err(LibraryError::NothingToInstall {
            files: args.files.clone(),
            what: NotInstallable::Request,
        }
        .into()),
        Ok(listed) => Ok(Returned::of_store(listed)),
        Err(LibraryError::NotFound { .. }) => Err(Error::NoFile {
            file: missing.unwrap_or_default(),
        }),
        Err(error) => Err(error.into()),
    }
}

/// What became of everything.
struct Report<'a> {
    dry_run: bool,
    outcomes: Vec<Outcome>,
    problems: &'a [StoreProblem],
    /// What `--backup-to` saved, with the certificate of each.
    copies: Vec<(EntryId, Saved)>,
}

impl Report<'_> {
    /// Saves what was installed into the folders of `--backup-to`.
    fn save(&mut self, copies: &BackupTo, stores: Inventory, screen: &Screen) {
        let installed = self.outcomes.iter_mut();
        let installed: Vec<_> = installed
            .filter_map(|outcome| Some((outcome.certificate.id(), outcome.result.as_mut().ok()?)))
            .collect();
        if copies.is_empty() || installed.is_empty() {
            return;
        }
        let mut stores = match stores.listed_again() {
            Ok(stores) => stores,
            Err(error) => {
                let failed = installed.into_iter().flat_map(|(id, _)| {
                    copies
                        .failed(&error)
                        .into_iter()
                        .map(move |saved| (id, saved))
                });
                self.copies = failed.collect();
                return;
            }
        };
        for (id, installed) in installed {
            let (saved, warnings) = copies.save(&mut stores, &id, screen);
            installed.warnings.extend(warnings);
            self.copies
                .extend(saved.into_iter().map(|saved| (id, saved)));
        }
    }

    fn tell(mut self, screen: &Screen) -> Result<Exit, Error> {
        let problems = self.problems.iter();
        let problems = problems.map(|problem| Warning::about(&problem.place, &problem.message));
        screen.warn_of_each_unless_json(problems);
        // A single thing that went wrong is told as every other error is.
        if let [Outcome { result: Err(_), .. }] = self.outcomes.as_slice()
            && let Some(Outcome {
                result: Err(error), ..
            }) = self.outcomes.pop()
        {
            return Err(error.into());
        }
        for outcome in &self.outcomes {
            match &outcome.result {
                Ok(installed) if !self.dry_run && !installed.was_there => {
                    screen.record(&entry(&outcome.certificate, installed));
                }
                Ok(_) => {}
                Err(error) if screen.json => screen.record(&Entry::error(error)),
                Err(_) => {}
            }
        }
        match screen.json {
            true => screen.print_json(&self.json())?,
            false => self.write(screen)?,
        }
        for (_, saved) in &self.copies {
            if let Err(error) = &saved.result {
                match screen.json {
                    true => screen.record(&Entry::error(error)),
                    false => screen.error(error),
                }
            }
        }
        self.exit()
    }

    fn exit(&self) -> Result<Exit, Error> {
        let lost_a_copy = self.copies.iter().any(|(_, saved)| saved.result.is_err());
        let failed = |outcome: &Outcome| outcome.result.as_ref().err().map(LibraryError::exit);
        let mut exits = self.outcomes.iter().filter_map(failed);
        match exits.next() {
            None if lost_a_copy => Ok(Exit::Partial),
            None => Ok(Exit::Done),
            Some(exit) if self.outcomes.iter().all(|outcome| outcome.result.is_err()) => Ok(exit),
            Some(_) => Ok(Exit::Partial),
        }
    }

    fn write(&self, screen: &Screen) -> Result<(), Error> {
        for outcome in &self.outcomes {
            let called = called(&outcome.certificate);
            match &outcome.result {
                Ok(installed) => {
                    let text = self.text(&called, &outcome.certificate, installed);
                    screen.print_done(|out| out.write_all(text.as_bytes()))?;
                    for warning in &installed.warnings {
                        screen.warn(&warning.text);
                    }
                    for difference in &installed.differences {
                        screen.warn(&format!("not as requested: {difference}"));
                    }
                    if let Some(gap) = &installed.gap {
                        screen.warn(gap);
                    }
                }
                Err(error) => {
                    screen.note(&format!("{called} was not installed:"));
                    screen.error(error);
                }
            }
        }
        Ok(())
    }

    fn text(&self, called: &str, certificate: &Certificate, installed: &Installed) -> String {
        let what = match (installed.was_there, self.dry_run) {
            (true, _) => "There already with its private key:",
            (false, true) => "Would be joined with its private key:",
            (false, false) => "Installed",
        };
        let mut text = format!("{what} {called}\n");
        let mut field = |name: &str, value: &str| {
            text.push_str(&format!("  {name:<11}{}\n", safe(value)));
        };
        field("store", &installed.store);
        if !installed.place.is_empty() {
            field("place", &installed.place);
        }
        for (at, issuer) in installed.issuers.iter().enumerate() {
            field(if at == 0 { "path" } else { "" }, issuer);
        }
        if !(installed.was_there || self.dry_run) {
            field(
                "read back",
                match installed.proof {
                    Some(level) => level.word(),
                    None => "listed with its key, which does not leave the store",
                },
            );
        }
        if installed.request_removed {
            field("request", "answered, and taken out of the store");
        }
        for saved in self.saved(certificate) {
            if let Ok(file) = &saved.result {
                field("copy", &file.to_string_lossy());
            }
        }
        text
    }

    fn saved(&self, certificate: &Certificate) -> impl Iterator<Item = &Saved> {
        let id = certificate.id();
        let own = self.copies.iter().filter(move |(other, _)| *other == id);
        own.map(|(_, saved)| saved)
    }

    /// `certstow.install/1`.
    fn json(&self) -> Object {
        let installed = self.outcomes.iter().filter_map(|outcome| {
            let installed = outcome.result.as_ref().ok()?;
            let object = Object::default().with("store", &installed.store);
            let object = object.with("place", &installed.place);
            Some(
                with_certificate(object, &outcome.certificate)
                    .with("was_there", &installed.was_there)
                    .with("request_removed", &installed.request_removed)
                    .with("proof", &installed.proof)
                    .with("differences", &installed.differences)
                    .with("chain", &installed.issuers)
                    .with("gap", &installed.gap)
                    .list("backup", self.saved(&outcome.certificate).map(Saved::json))
                    .with("warnings", &installed.warnings),
            )
        });
        let failed = self.outcomes.iter().filter_map(|outcome| {
            let error = outcome.result.as_ref().err()?;
            let object = with_certificate(Object::default(), &outcome.certificate);
            Some(object.object("error", json::failure(error)))
        });
        let problems = self.problems.iter();
        let problems = problems.map(|problem| {
            Object::default()
                .with("place", &problem.place)
                .with("message", &problem.message)
        });
        Object::new("certstow.install/1")
            .with("dry_run", &self.dry_run)
            .list("installed", installed)
            .list("failed", failed)
            .list("problems", problems)
    }
}

fn with_certificate(object: Object, certificate: &Certificate) -> Object {
    let subject = names::distinguished_name_of_der(certificate.subject_der());
    object
        .object("thumbprint", json::thumbprint(certificate))
        .with("subject", &subject)
}

/// What the logs say of a certificate that was installed.
fn entry(certificate: &Certificate, installed: &Installed) -> Entry {
    Entry::installed(&certificate.parse().label())
        .with("thumbprint", names::thumbprint(certificate))
        .with("place", installed.place.as_str())
        .with("store", installed.store.as_str())
}

/// What a person calls a certificate, with its thumbprint.
fn called(certificate: &Certificate) -> String {
    let label = certificate.parse().label();
    format!("{} ({})", shortened(&label), names::thumbprint(certificate))
}
