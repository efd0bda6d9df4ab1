//! The store that something new goes into, from options or from a person; whether its keys may be exported
//! again, and what protects them there.

use certstow_core::password::Empty;
use certstow_core::waits;
use certstow_formats::pkcs12::profile::blank_warning;
use certstow_formats::sanitize::safe;
use certstow_formats::secret::Password;
use certstow_platform::error::StoreError;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{Interaction, KeyProtection, StoreInfo, Unlock};
use certstow_platform::{self, KnownStore, OpenOptions};

use crate::args::{StoreArgs, UnlockSource};
use crate::ask;
use crate::error::Error;
use crate::prompt;
use crate::screen::Screen;
use crate::typed_path::typed_path;

/// The options that say which store it is, and how keys are kept there.
#[derive(Clone, Copy)]
pub(crate) struct IntoStore<'a> {
    pub(crate) stores: &'a StoreArgs,
    pub(crate) not_exportable: bool,
}

impl IntoStore<'_> {
    /// Refuses what makes no sense together; before anything is read.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let usage = |text: &str| Err(Error::Usage(text.to_owned()));
        let store = match self.stores.stores.as_slice() {
            [] => return Ok(()),
            [store] => store,
            _ => return usage("it goes into one store: name one --store"),
        };
        check_export(store, self.not_exportable)?;
        let unlock = self.stores.unlock()?;
        check_unlock(&unlock, store)?;
        match key_protection(store).is_opened_by_password() || unlock.is_empty() {
            true => Ok(()),
            false => Err(Error::Usage(format!(
                "{store} protects its keys by itself: leave the --unlock-password options out"
            ))),
        }
    }

    /// The store that the options name, or a person, or else the usual one.
    pub(crate) fn target(&self, screen: &Screen) -> Result<Target, Error> {
        let exportable = !self.not_exportable;
        if let [spec] = self.stores.stores.as_slice() {
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

    /// The password of the private keys in a folder, which is to protect what is imported, too; or that of
    /// the store.
    pub(crate) fn given(&self, store: &StoreSpec, screen: &Screen) -> Result<Vec<Unlock>, Error> {
        let protection = key_protection(store);
        if !protection.is_opened_by_password() {
            return Ok(Vec::new());
        }
        check_unlock(&self.stores.unlock()?, store)?;
        let mut unlock = ask::unlocking(self.stores, screen)?;
        for one in &mut unlock {
            one.store = Some(store.clone());
            if protection.takes_password() {
                warn_of_blank(&one.password, screen);
            }
        }
        Ok(unlock)
    }
}

/// Where the identities go.
pub(crate) struct Target {
    pub(crate) spec: StoreSpec,
    pub(crate) exportable: bool,
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

/// These stores, and those in which requests for them wait, where there are such.
pub(crate) fn with_requests(args: &StoreArgs) -> StoreArgs {
    let mut args = args.clone();
    for requests in args.stores.clone().iter().map(StoreSpec::for_requests) {
        let is_there = || certstow_platform::open(&requests, &OpenOptions::default()).is_ok();
        if !args.stores.contains(&requests) && is_there() {
            args.stores.push(requests);
        }
    }
    args
}

/// Refuses to keep a key in where nothing keeps it in.
pub(crate) fn check_export(store: &StoreSpec, not_exportable: bool) -> Result<(), Error> {
    match not_exportable && !can_forbid_export(store) {
        true => Err(always_exportable(store)),
        false => Ok(()),
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

/// The password that a person wants to protect the private keys in a folder; `None` for none.
pub(crate) fn protection(store: &StoreInfo, screen: &Screen) -> Result<Option<Password>, Error> {
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
