//! `certstow import`: where to, whether exportable, what to do with what is there already, and under
//! which password; then [`certstow_core::import`]. What is asked is asked before anything is changed.

mod report;

use std::path::PathBuf;
use std::sync::Arc;

use certstow_core::error::Error as LibraryError;
use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_core::import::{self, Input, Options, Outcome, Present, Sources};
use certstow_formats::secret::Password;
use certstow_platform::OpenOptions;
use certstow_platform::store::{ExistingEntry, Interaction, Store};

use crate::args::ImportArgs;
use crate::ask::{self, TerminalAsk};
use crate::backup_folder;
use crate::error::Error;
use crate::exit::Exit;
use crate::into_store::{self, IntoStore};
use crate::journal::Entry;
use crate::prompt;
use crate::screen::Screen;
use crate::warning::Warning;
use report::ImportReport;

pub(crate) fn run(args: &ImportArgs, screen: &Screen) -> Result<Exit, Error> {
    let into = IntoStore {
        stores: &args.stores,
        not_exportable: args.not_exportable,
    };
    ask::check_stdin(&args.password, &args.stores)?;
    into.check()?;
    check_there(&args.files)?;
    backup_folder::tell(&args.files, screen);
    let mut ask = TerminalAsk::new(screen);
    let password = ask::if_given(&args.password, screen)?.map(Arc::new);
    let mut sources = import::read(Input::Files(&args.files), password.as_slice(), &mut ask)?;
    let named = match args.stores.stores.as_slice() {
        [spec] => Some(into.given(spec, screen)?),
        _ => None,
    };
    let something = something_to_import(&mut sources, args);
    let problems = sources.problems.iter();
    let problems = problems.map(|problem| Warning::about(&problem.place, &problem.message));
    match something {
        Ok(()) => screen.warn_of_each_unless_json(problems),
        // There will be no report to say it.
        Err(_) => screen.warn_of_each(problems),
    }
    something?;

    let target = into.target(screen)?;
    // It may open what is in the folder already.
    let unlock = match named {
        Some(unlock) => unlock,
        None => into.given(&target.spec, screen)?,
    };
    let given = unlock.first().map(|unlock| Arc::clone(&unlock.password));
    let options = OpenOptions { unlock };
    let mut store = certstow_platform::open_to_import(&target.spec, &options)?;
    let info = store.info();
    let identities = sources.inventory.identities().collect();
    let plan = Plan::of(identities, &*store, args, screen)?;
    let password = match (given, plan.changes_anything()) {
        (None, true) => into_store::protection(&info, screen)?.map(Arc::new),
        (given, _) => given,
    };
    let password = password.filter(|one| info.key_protection.takes_password() && !one.is_empty());
    screen.explain(&format!("importing into {}", info.spec));
    let outcomes = plan.carry_out(
        &mut *store,
        target.exportable,
        password.as_deref(),
        &sources.inventory,
        &mut ask,
    );

    let in_clear = password.is_none() && info.key_protection.takes_password();
    let mut report = ImportReport::new(&info.spec, target.exportable, sources);
    for outcome in outcomes {
        if let Ok(imported) = &outcome.result {
            screen.record(&entry(&outcome, imported).with("store", info.spec.to_string()));
        }
        report.add(outcome);
    }
    if in_clear {
        report.warn_of_open_keys();
    }
    report.tell(screen)
}

/// What the logs say of an identity that was imported.
fn entry(outcome: &import::Outcome, imported: &import::Imported) -> Entry {
    Entry::imported(&outcome.label)
        .with("thumbprint", outcome.thumbprint.as_str())
        .with("from", outcome.from.as_str())
        .with("place", imported.place.as_str())
}

/// That every file is there; of one that cannot be looked at, reading tells.
fn check_there(files: &[PathBuf]) -> Result<(), Error> {
    let is_missing = |file: &&PathBuf| matches!(file.try_exists(), Ok(false));
    match files.iter().find(is_missing) {
        Some(file) => Err(Error::NoFile { file: file.clone() }),
        None => Ok(()),
    }
}

/// Fails unless there is an identity with a private key.
fn something_to_import(sources: &mut Sources, args: &ImportArgs) -> Result<(), Error> {
    if sources.inventory.identities().next().is_some() {
        return Ok(());
    }
    if !sources.locked.is_empty() {
        return Err(sources.locked.remove(0).into());
    }
    let files = args.files.iter();
    Err(Error::NothingToImport {
        searched: files.map(|file| file.display().to_string()).collect(),
        without_key: sources.inventory.certificates().len(),
    })
}

/// What is to become of each identity.
struct Plan<'a> {
    /// Go in unless the store has them.
    keep: Vec<&'a ListedCertificate>,
    /// Go in, in the place of what the store has.
    replace: Vec<&'a ListedCertificate>,
    /// How many of the first the store has.
    refused: usize,
    /// What the store had when the plan was made; nothing is known of it where all is replaced.
    there: Present,
}

impl<'a> Plan<'a> {
    /// Asks a person about each identity that the store has, unless `--force` answers it.
    fn of(
        keep: Vec<&'a ListedCertificate>,
        store: &dyn Store,
        args: &ImportArgs,
        screen: &Screen,
    ) -> Result<Self, Error> {
        if args.force {
            return Ok(Self {
                keep: Vec::new(),
                replace: keep,
                refused: 0,
                there: Present::default(),
            });
        }
        let there = Present::of(store)?;
        let place =
            |identity: &&'a ListedCertificate| Some((*identity, there.place(identity)?.to_owned()));
        let refused: Vec<_> = keep.iter().filter_map(place).collect();
        let mut plan = Self {
            keep,
            replace: Vec::new(),
            refused: refused.len(),
            there,
        };
        if screen.interaction() == Interaction::Never {
            return Ok(plan);
        }
        for (identity, place) in refused {
            let label = identity.label();
            let question = format!("{place} holds {label} already. Replace it?");
            if prompt::yes_or_no(&question, false, screen)? {
                plan.keep
                    .retain(|kept| kept.entry().id != identity.entry().id);
                plan.replace.push(identity);
                plan.refused -= 1;
            }
        }
        Ok(plan)
    }

    fn changes_anything(&self) -> bool {
        self.keep.len() + self.replace.len() > self.refused
    }

    fn carry_out(
        &self,
        store: &mut dyn Store,
        exportable: bool,
        password: Option<&Password>,
        from: &Inventory,
        ask: &mut TerminalAsk<'_>,
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for (identities, existing) in [
            (&self.keep, ExistingEntry::Keep),
            (&self.replace, ExistingEntry::Replace),
        ] {
            let options = Options {
                exportable,
                existing,
                password,
            };
            let gave_up =
                |outcome: &Outcome| matches!(outcome.result, Err(LibraryError::Cancelled));
            if !identities.is_empty() && !outcomes.iter().any(gave_up) {
                let there = &self.there;
                outcomes.extend(import::chosen(
                    from, identities, there, store, &options, ask,
                ));
            }
        }
        outcomes
    }
}
