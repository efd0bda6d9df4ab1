//! What a command line leaves unsaid: the store that `CERTSTOW_STORE` names, and what a person's own
//! options file says. Both become words of the command line that clap reads, so that no command knows
//! where an option came from. The command line comes first, then the variable, then the file for
//! `--config`, then this one.

mod own_file;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use certstow_platform::spec::StoreSpec;
use clap::{ArgMatches, Command};

use crate::args::{self, Given, Kind};
use crate::error::Error;
use crate::option_file;
use crate::option_file::reader::replaces;
use own_file::OptionsFile;

/// The store that is looked into where none is named.
const STORE: &str = "CERTSTOW_STORE";
/// The options file that is read instead of the person's own; none if it is empty.
const FILE: &str = "CERTSTOW_CONFIG";

/// What a command line leaves unsaid.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    given: Vec<Given>,
    /// Where from, and which options.
    pub(crate) taken: Vec<(String, Vec<String>)>,
    /// Why nothing is taken, though something is there.
    pub(crate) wrong: Option<Error>,
}

impl Defaults {
    /// Of a command line that was typed, with what its file for `--config` says.
    pub(crate) fn of(certstow: &mut Command, matches: &ArgMatches, config: &[Given]) -> Self {
        let named = [STORE, FILE]
            .into_iter()
            .any(|name| env::var_os(name).is_some());
        let own = || {
            certstow_platform::options_file().is_some_and(|file| file.symlink_metadata().is_ok())
        };
        if !named && !own() {
            return Self::default();
        }
        // Options of all commands are then among those of each.
        certstow.build();
        let line = Line::of(certstow, matches);
        if !line.takes_any() {
            return Self::default();
        }
        line.defaults(config).unwrap_or_else(|wrong| Self {
            wrong: Some(wrong),
            ..Self::default()
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// The stores among them.
    pub(crate) fn stores(&self) -> Vec<StoreSpec> {
        args::stores_of(&self.given)
    }

    /// The words of the whole command line, with these.
    pub(crate) fn added(&self, certstow: &Command, matches: &ArgMatches) -> Vec<OsString> {
        let line = Line::of(certstow, matches);
        let names = std::iter::once("certstow").chain(line.names.iter().copied());
        let mut words: Vec<OsString> = names.map(OsString::from).collect();
        words.extend(self.given.iter().chain(&line.typed).map(Given::word));
        let mut places = line.command.get_positionals().peekable();
        if places.peek().is_some() {
            words.push("--".into());
        }
        for place in places {
            let values = line.matches.get_raw(place.get_id().as_str());
            words.extend(values.into_iter().flatten().map(OsString::from));
        }
        words
    }

    /// An error about options, with where some come from that nobody typed.
    pub(crate) fn told_of(&self, error: Error) -> Error {
        let taken = self.taken.iter().filter(|(_, options)| !options.is_empty());
        let taken: Vec<_> = taken
            .map(|(from, options)| format!("{from}: {}", options.join(", ")))
            .collect();
        match error {
            Error::Usage(text) if !taken.is_empty() => Error::Usage(format!(
                "{text} (some options are from {}; --no-config does without them)",
                taken.join("; ")
            )),
            error => error,
        }
    }

    fn take(&mut self, from: String, given: Vec<Given>) {
        let mut names: Vec<_> = given.iter().map(|given| given.name.clone()).collect();
        names.dedup();
        self.taken.push((from, names));
        self.given.extend(given);
    }
}

/// What the file for `--config` says; what is wrong with it the command says. It may be a pipe that nobody
/// writes to.
pub(crate) fn of_config(certstow: &Command, matches: &ArgMatches) -> Vec<Given> {
    let typed = Line::of(certstow, matches).typed;
    let config = typed.iter().find(|given| given.name == "config");
    let file = config.and_then(|given| given.value.as_deref());
    let named = args::stores_of(&typed);
    let read = file.and_then(|file| option_file::read(Path::new(file), &named).ok());
    read.map(|read| read.given).unwrap_or_default()
}

/// A command line as it was typed.
struct Line<'a> {
    /// Those of the command and of the command it is below.
    names: Vec<&'a str>,
    command: Command,
    matches: &'a ArgMatches,
    typed: Vec<Given>,
    certstow: &'a Command,
}

impl<'a> Line<'a> {
    fn of(certstow: &'a Command, matches: &'a ArgMatches) -> Self {
        let (mut command, mut inner) = (certstow, matches);
        let mut names = Vec::new();
        while let Some((name, below)) = inner.subcommand()
            && let Some(found) = command.find_subcommand(name)
        {
            names.push(name);
            (command, inner) = (found, below);
        }
        Self {
            names,
            command: command.clone().no_binary_name(true),
            matches: inner,
            typed: args::given(command, inner),
            certstow,
        }
    }

    /// What another machine's task is to do, no file of this one says.
    fn takes_any(&self) -> bool {
        let has = |name: &str| self.typed.iter().any(|given| given.name == name);
        let reads_none = matches!(self.names.first(), None | Some(&("completions" | "man")));
        !reads_none && !has("no-config") && !has("program")
    }

    fn defaults(&self, config: &[Given]) -> Result<Defaults, Error> {
        let mut defaults = Defaults::default();
        let mut before = self.typed.clone();
        let name = self.names.join(" ");
        if let Some(store) = store_of_environment()?
            && own_file::holds_from_elsewhere(&name, &self.command, "store")
            && !self.is_replaced(&store, &before)
        {
            before.push(store.clone());
            defaults.take(STORE.to_owned(), vec![store]);
        }
        let Some(file) = file() else {
            return Ok(defaults);
        };
        before.extend_from_slice(config);
        let mut stores = args::stores_of(&before);
        let own = own_file::read(&file, self.certstow, &name, &self.command, &stores)?;
        if let Some(mut given) = own {
            let beside = args::stores_of(&given);
            let asks = self.is_for_wizard();
            given.retain(|given| {
                !(self.is_replaced(given, &before) || asks && args::selects(&given.name))
            });
            if stores.is_empty() {
                stores = args::stores_of(&given);
            }
            args::leave_out_other_stores(&mut given, &beside, &stores);
            defaults.take(file.path.display().to_string(), given);
        }
        Ok(defaults)
    }

    /// Whether it asks which identity is meant. No filter for all commands answers that.
    fn is_for_wizard(&self) -> bool {
        let has_selector = self
            .command
            .get_positionals()
            .any(|place| self.matches.value_source(place.get_id().as_str()).is_some());
        self.names == ["export"]
            && !has_selector
            && !self.typed.iter().any(|given| args::selects(&given.name))
    }

    fn is_replaced(&self, given: &Given, before: &[Given]) -> bool {
        before
            .iter()
            .any(|first| replaces(&self.command, first, given))
    }
}

fn file() -> Option<OptionsFile> {
    let (path, named) = match env::var_os(FILE) {
        Some(named) => (PathBuf::from(named), true),
        None => (certstow_platform::options_file()?, false),
    };
    let is_none = path.as_os_str().is_empty();
    (!is_none).then_some(OptionsFile { path, named })
}

fn store_of_environment() -> Result<Option<Given>, Error> {
    let Some(store) = env::var_os(STORE).filter(|store| !store.is_empty()) else {
        return Ok(None);
    };
    let parsed = store.to_str().ok_or("it is no Unicode text".to_owned());
    let parsed =
        parsed.and_then(|name| name.parse::<StoreSpec>().map_err(|error| error.to_string()));
    match parsed {
        Ok(_) => Ok(Some(Given::new("store", Kind::Store, store))),
        Err(why) => Err(Error::Usage(format!("{STORE}: {why}"))),
    }
}
