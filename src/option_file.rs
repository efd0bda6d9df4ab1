//! The option file of `certstow backup` (`--config`): TOML whose keys are the command's options
//! without their hyphens. The command line comes first. A path that is not absolute starts at the
//! folder of the file. No key holds a password.

pub(crate) mod reader;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use certstow_core::nearest::nearest;
use certstow_core::text;
use certstow_platform::os::CommandLine;
use certstow_platform::spec::StoreSpec;
use clap::{Arg, Args, Command};
use toml::de::DeTable;

use super::args::{BackupArgs, Given, Nameable, Typed, leave_out_other_stores, stores_of};
use crate::error::{Error, WrongOption};
use reader::{OptionText, exclusive, in_order, replaces, stores_in, texts_in};

/// The options of `backup`, as a command line of them alone.
static COMMAND: LazyLock<Command> = LazyLock::new(|| {
    let mut command = command_of::<BackupArgs>();
    command.build();
    command
});

fn command_of<A: Args>() -> Command {
    let command = Command::new("backup").no_binary_name(true);
    A::augment_args(command.disable_help_flag(true))
}

/// The options of a backup: those of the command line, over those of its option file.
pub(super) fn with_file(typed: &Typed<BackupArgs>) -> Result<BackupArgs, Error> {
    match &typed.args.config {
        Some(file) => over(&typed.given, &read(file, &stores_of(&typed.given))?.given),
        None => Ok(typed.args.clone()),
    }
}

/// Reads a file, of a command that names these stores.
///
/// # Errors
/// - [`Error::Library`]: it cannot be read.
/// - [`Error::Config`]: it is no text, or no TOML; it has a key that does not exist, or a value that makes
///   no sense there; or two keys exclude each other.
pub(super) fn read(file: &Path, named: &[StoreSpec]) -> Result<Typed<BackupArgs>, Error> {
    parse(&text_of(file)?, file, named)
}

/// The text of a file. A pipe gives it only once, so that it is kept for the next call.
fn text_of(file: &Path) -> Result<String, Error> {
    static PIPED: Mutex<Vec<(PathBuf, String)>> = Mutex::new(Vec::new());
    let read = || reader::read(file, WrongOption::OfBackup);
    if file.is_file() {
        return read();
    }
    let mut piped = PIPED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, text)) = piped.iter().find(|(path, _)| path == file) {
        return Ok(text.clone());
    }
    let text = read()?;
    piped.push((file.to_owned(), text.clone()));
    Ok(text)
}

/// The same of the text of a file.
pub(crate) fn parse(
    text: &str,
    file: &Path,
    named: &[StoreSpec],
) -> Result<Typed<BackupArgs>, Error> {
    let of_file = OptionText {
        file,
        text,
        advice: WrongOption::OfBackup,
    };
    let table = of_file.table()?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let beside = stores_in(&table);
    let stores = Nameable {
        beside: &beside,
        elsewhere: named,
    };
    let mut all: Vec<Given> = Vec::new();
    for (key, value) in in_order(&table) {
        let argument =
            option(key.get_ref()).ok_or_else(|| of_file.refused(key, unknown(key.get_ref())))?;
        let below = |path: &Path| folder.join(path);
        all.extend(of_file.given(&COMMAND, argument, (key, value), &stores, &below)?);
    }
    if let Some((one, other)) = exclusive(&COMMAND, &all) {
        let message = format!("'{}' and '{}' exclude each other", one.name, other.name);
        return Err(of_file.refused_as_a_whole(message));
    }
    let args =
        parsed(&COMMAND, &all).map_err(|error| of_file.refused_as_a_whole(error.to_string()))?;
    Ok(Typed { args, given: all })
}

/// What a file says of how its run is to be told of.
#[derive(Debug, Default)]
pub(crate) struct MonitorOptions {
    pub(crate) status: Option<PathBuf>,
    pub(crate) metrics: Option<PathBuf>,
    pub(crate) on_failure: Option<CommandLine>,
    /// The environment variables that hold passwords.
    pub(crate) password_variables: Vec<String>,
}

/// Looks for that alone, in a file that may make no sense otherwise, for a run that ends over that.
pub(super) fn monitor_options(file: &Path) -> MonitorOptions {
    // Who reads a pipe a second time waits for ever.
    let bytes = match file.is_file() {
        true => std::fs::read(file).unwrap_or_default(),
        false => Vec::new(),
    };
    let text = text::decode(&bytes).unwrap_or_default();
    let (table, _) = DeTable::parse_recoverable(&text);
    let value = |key: &str| {
        table
            .get_ref()
            .get(key)?
            .get_ref()
            .as_str()
            .map(str::to_owned)
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let path = |key: &str| Some(folder.join(value(key)?));
    MonitorOptions {
        status: path("status"),
        metrics: path("metrics"),
        on_failure: value("on-failure").and_then(|command| command.parse().ok()),
        password_variables: ["password-env", "unlock-password-env"]
            .into_iter()
            .filter_map(|key| table.get_ref().get(key))
            .flat_map(|value| texts_in(value.get_ref()))
            .flat_map(|text| names_of_variables(&text))
            .collect(),
    }
}

/// What may be the name of a variable in a text, which may name a store before it.
fn names_of_variables(text: &str) -> Vec<String> {
    let behind = text.match_indices('=').map(|(at, _)| &text[at + 1..]);
    std::iter::once(text)
        .chain(behind)
        .map(str::to_owned)
        .collect()
}

/// The options of the command line, and of the file those that the command line says nothing about.
/// What is no option of `A` is left out.
pub(crate) fn over<A: Args>(own: &[Given], file: &[Given]) -> Result<A, Error> {
    let command = command_of::<A>();
    let known = |name: &str| {
        command
            .get_arguments()
            .any(|one| one.get_long() == Some(name))
    };
    let mut given = file.to_vec();
    given.retain(|given| {
        known(&given.name) && !own.iter().any(|own| replaces(&COMMAND, own, given))
    });
    let beside = stores_of(file);
    let mut stores = stores_of(own);
    if stores.is_empty() {
        stores = beside.clone();
    }
    leave_out_other_stores(&mut given, &beside, &stores);
    given.extend_from_slice(own);
    parsed(&command, &given).map_err(|error| Error::Usage(error.to_string()))
}

fn parsed<A: Args>(command: &Command, given: &[Given]) -> Result<A, clap::Error> {
    let words: Vec<OsString> = given.iter().flat_map(Given::words).collect();
    A::from_arg_matches(&command.clone().try_get_matches_from(words)?)
}

fn options() -> impl Iterator<Item = (&'static str, &'static Arg)> {
    let named = COMMAND
        .get_arguments()
        .filter_map(|argument| Some((argument.get_long()?, argument)));
    named.filter(|(name, _)| *name != "config")
}

fn option(key: &str) -> Option<&'static Arg> {
    let (_, argument) = options().find(|(name, _)| *name == key)?;
    Some(argument)
}

/// That there is no such key, with the one that was meant, or else all of them.
fn unknown(key: &str) -> String {
    let known: Vec<&str> = options().map(|(name, _)| name).collect();
    match nearest(key, known.iter().copied(), |name| name) {
        Some(meant) => format!("unknown field `{key}`: did you mean `{meant}`?"),
        None => format!(
            "unknown field `{key}`, expected one of `{}`",
            known.join("`, `")
        ),
    }
}

#[cfg(test)]
mod tests;
