//! `certstow import`: where to and under which password, then [`certstow::import`].

use certstow::error::Error;
use certstow::exit::Exit;
use certstow::identity::Inventory;
use certstow::import::{self, Imported, Options, Outcome, Sources};
use certstow::password::{self, Source};
use certstow::platform::error::StoreError;
use certstow::platform::secret::Password;
use certstow::platform::spec::StoreSpec;
use certstow::platform::store::{ExistingEntry, Interaction};
use certstow::platform::{self, OpenOptions};
use certstow::sanitize::safe;
use serde::Serialize;

use super::args::ImportArgs;
use super::ask::TerminalAsk;
use super::journal::Entry;
use super::prompt;
use super::render::json::{self, ErrorJson};
use super::screen::Screen;

pub(super) fn run(args: &ImportArgs, screen: &Screen) -> Result<Exit, Error> {
    check_together(args)?;
    let mut ask = TerminalAsk {
        interaction: screen.interaction(),
        system_windows: Interaction::Never,
    };
    let allow_empty = args.password.allow_empty_password;
    let password = match args.password.source() {
        Some(source) => Some(password::read(&source, allow_empty)?),
        None => None,
    };
    let mut sources = import::read(&args.files, password, &mut ask)?;
    for problem in &sources.problems {
        screen.warn(&format!("{}: {}", problem.place, problem.message));
    }
    something_to_import(&mut sources)?;

    let target = target(args, screen)?;
    let password = protection(args, &target.spec, screen)?;
    let mut store = platform::open_to_import(&target.spec, &OpenOptions::default())?;
    screen.explain(&format!("importing into {}", target.spec));
    let options = Options {
        exportable: target.exportable,
        existing: match args.force {
            true => ExistingEntry::Replace,
            false => ExistingEntry::Keep,
        },
        password: password.as_ref(),
    };
    let outcomes = import::identities(&sources.inventory, &mut *store, &options, &mut ask);
    let mut report = Report {
        store: target.spec.to_string(),
        imported: Vec::new(),
        failed: sources.locked.into_iter().map(Failed::file).collect(),
        unreadable: sources.problems.len(),
        warnings: keyless(&sources.inventory).into_iter().collect(),
    };
    for outcome in outcomes {
        if let Ok(imported) = &outcome.result {
            screen.record(&entry(&outcome, imported).with("store", store.info().spec.to_string()));
        }
        report.add(outcome);
    }
    if password.is_none() && matches!(target.spec, StoreSpec::File(_)) {
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
    if args.password.source() == Some(Source::Stdin) && args.stores.unlock() == Some(Source::Stdin)
    {
        return usage("only one password can come from standard input");
    }
    match args.stores.stores.as_slice() {
        [] => Ok(()),
        [StoreSpec::File(_)] => Ok(()),
        [_] if args.stores.unlock().is_none() => Ok(()),
        [store] => Err(Error::Usage(format!(
            "{store} protects its keys by itself: leave the --unlock-password options out"
        ))),
        _ => usage("identities are imported into one store: name one --store"),
    }
}

/// Fails unless there is an identity with a private key.
fn something_to_import(sources: &mut Sources) -> Result<(), Error> {
    let identities = sources.inventory.identities();
    if identities.iter().any(|identity| identity.has_key()) {
        return Ok(());
    }
    if !sources.locked.is_empty() {
        return Err(sources.locked.remove(0));
    }
    Err(Error::NothingToImport {
        searched: sources.inventory.store_names(),
        without_key: identities.len(),
    })
}

/// What is to be said of certificates that cannot be imported.
fn keyless(inventory: &Inventory) -> Option<String> {
    let identities = inventory.identities().iter();
    match identities.filter(|identity| !identity.has_key()).count() {
        0 => None,
        1 => Some("one certificate without a private key was not imported".to_owned()),
        more => Some(format!(
            "{more} certificates without a private key were not imported"
        )),
    }
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
    let mut known = platform::stores_to_import_into();
    known.retain(|store| store.unavailable.is_none());
    let Some(usual) = known.first() else {
        return Err(Error::Store(StoreError::Unavailable {
            store: "file:".to_owned(),
            reason: "this account has no home folder; name a store with --store".to_owned(),
            source: None,
        }));
    };
    if screen.interaction() == Interaction::Never {
        let spec = usual.spec.clone();
        return Ok(Target { spec, exportable });
    }
    let options = known
        .iter()
        .map(|store| format!("{} ({})", store.spec, store.description));
    let options: Vec<_> = options
        .chain(["another folder or store".to_owned()])
        .collect();
    let chosen = prompt::choose("Where to?", &options)?;
    let spec = match known.get(chosen) {
        Some(store) => store.spec.clone(),
        None => prompt::line("Folder or store:")?
            .parse()
            .map_err(|error| Error::Usage(format!("{error}")))?,
    };
    let exportable = match spec.can_keep_keys_in() && exportable {
        true => prompt::yes_or_no("May the private key be exported from there again?", true)?,
        false => exportable,
    };
    Ok(Target { spec, exportable })
}

/// The password that protects the private keys in a folder; `None` for none.
fn protection(
    args: &ImportArgs,
    spec: &StoreSpec,
    screen: &Screen,
) -> Result<Option<Password>, Error> {
    let StoreSpec::File(folder) = spec else {
        return Ok(None);
    };
    let password = match args.stores.unlock() {
        Some(source) => password::read(&source, true)?,
        None if screen.interaction() == Interaction::Never => return Ok(None),
        None => {
            let folder = folder.to_string_lossy();
            let text = format!(
                "Password to protect the private key in {} (empty for none):",
                safe(&folder)
            );
            password::prompt(&text, true, true)?
        }
    };
    Ok(Some(password).filter(|password| !password.is_empty()))
}

/// What became of everything.
struct Report {
    store: String,
    imported: Vec<Line>,
    failed: Vec<Failed>,
    /// How many files or pieces could not be read; the person was told.
    unreadable: usize,
    warnings: Vec<String>,
}

/// An identity, or a file that did not open.
struct Failed {
    identity: Option<(String, String)>,
    error: Error,
}

impl Failed {
    fn file(error: Error) -> Self {
        let identity = None;
        Self { identity, error }
    }
}

impl Report {
    fn add(&mut self, outcome: Outcome) {
        match outcome.result {
            Ok(imported) => self.imported.push(Line {
                thumbprint: outcome.thumbprint,
                label: outcome.label,
                from: outcome.from,
                imported,
            }),
            Err(error) => self.failed.push(Failed {
                identity: Some((outcome.label, outcome.thumbprint)),
                error,
            }),
        }
    }

    fn warn_of_open_keys(&mut self) {
        if !self.imported.is_empty() {
            self.warnings.push(
                "no password protects the private key in the folder: whoever can read the file \
                 has it (--unlock-password-file and its kind set one)"
                    .to_owned(),
            );
        }
    }

    fn tell(mut self, screen: &Screen) -> Result<Exit, Error> {
        let gave_up = |failed: &Failed| matches!(failed.error, Error::Cancelled);
        let gave_up = self.failed.iter().position(gave_up);
        let gave_up = gave_up.map(|at| self.failed.remove(at).error);
        // A single thing that went wrong is told as every other error is.
        if self.imported.is_empty() && self.failed.len() + usize::from(gave_up.is_some()) == 1 {
            let only = self.failed.pop().map(|failed| failed.error);
            return Err(gave_up.or(only).unwrap_or(Error::Cancelled));
        }
        if screen.json {
            screen.print_json(&Json::of(&self))?;
        } else {
            self.write(screen)?;
        }
        let first = self.failed.first().map(|failed| failed.error.exit());
        match (gave_up, first) {
            (Some(error), _) => Err(error),
            (None, Some(exit)) if self.imported.is_empty() => Ok(exit),
            (None, None) if self.unreadable == 0 => Ok(Exit::Done),
            _ => Ok(Exit::Partial),
        }
    }

    fn write(&self, screen: &Screen) -> Result<(), Error> {
        let of_each = self
            .imported
            .iter()
            .flat_map(|line| &line.imported.warnings);
        for warning in self.warnings.iter().chain(of_each) {
            screen.warn(warning);
        }
        let text: String = self
            .imported
            .iter()
            .map(|line| line.text(&self.store))
            .collect();
        screen.print(|out| out.write_all(text.as_bytes()))?;
        for failed in &self.failed {
            if let Some((label, thumbprint)) = &failed.identity {
                screen.note(&format!("{label} ({thumbprint}) was not imported:"));
            }
            screen.error(&failed.error);
        }
        Ok(())
    }
}

/// An identity that was imported.
struct Line {
    thumbprint: String,
    label: String,
    from: String,
    imported: Imported,
}

impl Line {
    fn text(&self, store: &str) -> String {
        let mut text = format!("Imported {} ({})\n", safe(&self.label), self.thumbprint);
        let mut field = |name: &str, value: &str| {
            text.push_str(&format!("  {name:<11}{}\n", safe(value)));
        };
        field("from", &self.from);
        field("into", store);
        field("place", &self.imported.place);
        field("read back", &self.imported.verified.join(", "));
        text
    }
}

/// `certstow.import/1`.
#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    store: &'a str,
    imported: Vec<ImportedJson<'a>>,
    failed: Vec<FailedJson<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct ImportedJson<'a> {
    label: &'a str,
    thumbprint: &'a str,
    from: &'a str,
    place: &'a str,
    verified: &'a [&'static str],
    warnings: &'a [String],
}

#[derive(Serialize)]
struct FailedJson<'a> {
    label: Option<&'a str>,
    thumbprint: Option<&'a str>,
    #[serde(flatten)]
    error: ErrorJson,
}

impl<'a> Json<'a> {
    fn of(report: &'a Report) -> Self {
        let imported = report.imported.iter().map(|line| ImportedJson {
            label: &line.label,
            thumbprint: &line.thumbprint,
            from: &line.from,
            place: &line.imported.place,
            verified: &line.imported.verified,
            warnings: &line.imported.warnings,
        });
        let failed = report.failed.iter().map(|failed| {
            let identity = failed.identity.as_ref();
            FailedJson {
                label: identity.map(|(label, _)| label.as_str()),
                thumbprint: identity.map(|(_, thumbprint)| thumbprint.as_str()),
                error: json::error(&failed.error),
            }
        });
        Self {
            schema: "certstow.import/1",
            store: &report.store,
            imported: imported.collect(),
            failed: failed.collect(),
            warnings: &report.warnings,
        }
    }
}
