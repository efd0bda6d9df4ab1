//! `certstow import`: where to, whether exportable, what to do with what is there already, and under
//! which password; then [`certstow_core::import`]. What is asked is asked before anything is changed.

mod report;

use std::path::PathBuf;
use std::sync::Arc;

use certstow_core::error::Error as LibraryError;
use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_core::import::{self, Input, Options, Outcome, Present, Sources};
use certstow_core::password::Empty;
use certstow_core::waits;
use certstow_formats::pkcs12::profile::blank_warning;
use certstow_formats::sanitize::safe;
use certstow_formats::secret::Password;
use certstow_platform::error::StoreError;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{
    ExistingEntry, Interaction, KeyProtection, Store, StoreInfo, Unlock,
};
use certstow_platform::{self, KnownStore, OpenOptions};

use crate::args::{ImportArgs, UnlockSource};
use crate::ask::{self, TerminalAsk};
use crate::backup_folder;
use crate::error::Error;
use crate::exit::Exit;
use crate::journal::Entry;
use crate::prompt;
use crate::screen::Screen;
use crate::typed_path::typed_path;
use crate::warning::Warning;
use report::ImportReport;

pub(crate) fn run(args: &ImportArgs, screen: &Screen) -> Result<Exit, Error> {
    check_together(args)?;
    check_there(&args.files)?;
    backup_folder::tell(&args.files, screen);
    let mut ask = TerminalAsk::new(screen);
    let password = ask::if_given(&args.password, screen)?.map(Arc::new);
    let mut sources = import::read(Input::Files(&args.files), password.as_slice(), &mut ask)?;
    let named = match args.stores.stores.as_slice() {
        [spec] => Some(given(args, spec, screen)?),
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

    let target = target(args, screen)?;
    // It may open what is in the folder already.
    let unlock = match named {
        Some(unlock) => unlock,
        None => given(args, &target.spec, screen)?,
    };
    let given = unlock.first().map(|unlock| Arc::clone(&unlock.password));
    let options = OpenOptions { unlock };
    let mut store = certstow_platform::open_to_import(&target.spec, &options)?;
    let info = store.info();
    let identities = sources.inventory.identities().collect();
    let plan = Plan::of(identities, &*store, args, screen)?;
    let password = match (given, plan.changes_anything()) {
        (None, true) => protection(&info, screen)?.map(Arc::new),
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

/// What makes no sense together; before anything is read.
fn check_together(args: &ImportArgs) -> Result<(), Error> {
    let usage = |text: &str| Err(Error::Usage(text.to_owned()));
    ask::check_stdin(&args.password, &args.stores)?;
    let store = match args.stores.stores.as_slice() {
        [] => return Ok(()),
        [store] => store,
        _ => return usage("identities are imported into one store: name one --store"),
    };
    if args.not_exportable && !can_forbid_export(store) {
        return Err(always_exportable(store));
    }
    let unlock = args.stores.unlock()?;
    check_unlock(&unlock, store)?;
    match key_protection(store).is_opened_by_password() || unlock.is_empty() {
        true => Ok(()),
        false => Err(Error::Usage(format!(
            "{store} protects its keys by itself: leave the --unlock-password options out"
        ))),
    }
}

/// That there is at most one password, and that it is for the store that identities go into.
fn check_unlock(unlock: &[UnlockSource], store: &StoreSpec) -> Result<(), Error> {
    let mut meant = unlock.iter().filter_map(|unlock| unlock.store.as_ref());
    if let Some(other) = meant.find(|meant| !meant.covers(store)) {
        return Err(Error::Usage(format!(
            "an --unlock-password option is for {other}, and identities are imported into {store}"
        )));
    }
    match unlock.len() {
        0 | 1 => Ok(()),
        _ => Err(Error::Usage(
            "one password is that of the store: name one --unlock-password option".to_owned(),
        )),
    }
}

/// That every file is there; of one that cannot be looked at, reading tells.
fn check_there(files: &[PathBuf]) -> Result<(), Error> {
    let is_missing = |file: &&PathBuf| matches!(file.try_exists(), Ok(false));
    match files.iter().find(is_missing) {
        Some(file) => Err(Error::NoFile { file: file.clone() }),
        None => Ok(()),
    }
}

/// What would protect a key in the store, whether or not it can be opened.
fn key_protection(store: &StoreSpec) -> KeyProtection {
    StoreInfo::new(store.clone()).key_protection
}

fn can_forbid_export(store: &StoreSpec) -> bool {
    key_protection(store).can_forbid_export()
}

fn always_exportable(store: &StoreSpec) -> Error {
    Error::Usage(format!(
        "--not-exportable means nothing for {store}: whoever can read its files has the keys in \
         them"
    ))
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

/// Where the identities go.
struct Target {
    spec: StoreSpec,
    exportable: bool,
}

fn target(args: &ImportArgs, screen: &Screen) -> Result<Target, Error> {
    let exportable = !args.not_exportable;
    if let [spec] = args.stores.stores.as_slice() {
        let spec = spec.clone();
        return Ok(Target { spec, exportable });
    }
    let wait = waits::waiting_for("this machine's stores");
    let mut known = certstow_platform::stores_to_import_into();
    drop(wait);
    known.retain(|store| store.unavailable.is_none());
    let usual = known.first().ok_or_else(no_store)?.spec.clone();
    known.retain(|store| exportable || can_forbid_export(&store.spec));
    if screen.interaction() == Interaction::Allowed {
        return asked(&known, exportable, screen);
    }
    match known.into_iter().next() {
        Some(KnownStore { spec, .. }) => Ok(Target { spec, exportable }),
        None => Err(always_exportable(&usual)),
    }
}

fn no_store() -> Error {
    let unavailable = StoreError::Unavailable {
        store: "file:".to_owned(),
        reason: "this account has no home folder; name a store with --store".to_owned(),
        source: None,
    };
    unavailable.into()
}

/// Where the person at the terminal wants them.
fn asked(known: &[KnownStore], exportable: bool, screen: &Screen) -> Result<Target, Error> {
    let options = known
        .iter()
        .map(|store| format!("{} ({})", store.spec, store.description));
    let options: Vec<_> = options
        .chain(["another folder or store".to_owned()])
        .collect();
    let chosen = prompt::choose("Where to?", &options, screen)?;
    let spec = match known.get(chosen) {
        Some(store) => store.spec.clone(),
        None => prompt::place("Folder or store:", screen, |answer| {
            named(answer, exportable)
        })?,
    };
    let exportable = match can_forbid_export(&spec) && exportable {
        true => {
            let question = "May the private key be exported from there again?";
            prompt::yes_or_no(question, true, screen)?
        }
        false => exportable,
    };
    Ok(Target { spec, exportable })
}

/// The store that somebody typed the name of.
fn named(answer: &str, exportable: bool) -> Result<StoreSpec, String> {
    if answer.is_empty() {
        return Err("a folder or a store has to be named".to_owned());
    }
    let place = typed_path(answer);
    let named = place.to_string_lossy();
    let spec: StoreSpec = named.parse().map_err(|error| format!("{error}"))?;
    match exportable || can_forbid_export(&spec) {
        true => Ok(spec),
        false => Err(always_exportable(&spec).to_string()),
    }
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

/// The password of the private keys in a folder, which is to protect what is imported, too; or that of
/// the store.
fn given(args: &ImportArgs, store: &StoreSpec, screen: &Screen) -> Result<Vec<Unlock>, Error> {
    let protection = key_protection(store);
    if !protection.is_opened_by_password() {
        return Ok(Vec::new());
    }
    check_unlock(&args.stores.unlock()?, store)?;
    let mut unlock = ask::unlocking(&args.stores, screen)?;
    for one in &mut unlock {
        one.store = Some(store.clone());
        if protection.takes_password() {
            warn_of_blank(&one.password, screen);
        }
    }
    Ok(unlock)
}

/// The password that a person wants to protect the private keys in a folder; `None` for none.
fn protection(store: &StoreInfo, screen: &Screen) -> Result<Option<Password>, Error> {
    if !store.key_protection.takes_password() || screen.interaction() == Interaction::Never {
        return Ok(None);
    }
    let name = match &store.path {
        Some(folder) => folder.display().to_string(),
        None => store.spec.to_string(),
    };
    let text = format!(
        "Password to protect the private key in {} (empty for none):",
        safe(&name)
    );
    let password = prompt::new_password(&text, Empty::Allowed, screen)?;
    warn_of_blank(&password, screen);
    Ok(Some(password))
}

fn warn_of_blank(password: &Password, screen: &Screen) {
    if let Some(warning) = blank_warning(password) {
        screen.warn(&warning);
    }
}
