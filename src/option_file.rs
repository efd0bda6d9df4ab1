//! The option file of `certstow backup` (`--config`): TOML whose keys are the command's options
//! without their hyphens. Each key becomes words of a command line, which clap reads before those
//! that were typed, so that a key means what its option means and the command line comes first.
//! A path that is not absolute starts at the folder of the file. No key holds a password.

use std::convert::Infallible;
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use certstow_core::nearest::nearest;
use certstow_core::{text, waits};
use certstow_platform::os::CommandLine;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Args, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::args::{BackupArgs, Given, Kind, Typed};
use crate::error::Error;

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
        Some(file) => over(&typed.given, &read(file)?.given),
        None => Ok(typed.args.clone()),
    }
}

/// Reads a file.
///
/// # Errors
/// - [`Error::Library`]: it cannot be read.
/// - [`Error::Config`]: it is no text, or no TOML; it has a key that does not exist, or a value that makes
///   no sense there; or two keys exclude each other.
pub(super) fn read(file: &Path) -> Result<Typed<BackupArgs>, Error> {
    let wait = waits::waiting_for(format!("the options in {}", file.display()));
    let bytes = std::fs::read(file);
    drop(wait);
    let bytes = bytes.map_err(|source| Error::io(file.display().to_string(), source))?;
    let text = text::decode(&bytes).ok_or_else(|| Error::Config {
        file: file.to_owned(),
        line: None,
        message: "it is neither UTF-8 text nor UTF-16 with a byte order mark".to_owned(),
        escaped: false,
    })?;
    parse(&text, file)
}

/// The same of the text of a file.
pub(crate) fn parse(text: &str, file: &Path) -> Result<Typed<BackupArgs>, Error> {
    let wrong = |escaped, line, message| Error::Config {
        file: file.to_owned(),
        line,
        message,
        escaped,
    };
    let refused = |line, message| wrong(false, line, message);
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map(|span| line_of(text, &span));
        let escaped = line.is_some_and(|line| has_escape(text, line));
        wrong(escaped, line, with_key(text, &error))
    })?;
    let mut keys: Vec<_> = table.get_ref().iter().collect();
    keys.sort_by_key(|(key, _)| key.span().start);
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut all: Vec<Given> = Vec::new();
    for (key, value) in keys {
        let given = given(key.get_ref(), value, folder)
            .map_err(|message| refused(Some(line_of(text, &key.span())), message))?;
        if given.iter().any(has_control_character) {
            let message = format!("{}: a control character is in the path", key.get_ref());
            return Err(wrong(true, Some(line_of(text, &key.span())), message));
        }
        all.extend(given);
    }
    if let Some((one, other)) = exclusive(&all) {
        let message = format!("'{}' and '{}' exclude each other", one.name, other.name);
        return Err(refused(None, message));
    }
    let args = parsed(&COMMAND, &all).map_err(|error| refused(None, error.to_string()))?;
    Ok(Typed { args, given: all })
}

/// What a file says of how its run is to be told of.
#[derive(Debug, Default)]
pub(crate) struct MonitorOptions {
    pub(crate) status: Option<PathBuf>,
    pub(crate) metrics: Option<PathBuf>,
    pub(crate) on_failure: Option<CommandLine>,
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
    }
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
    given.retain(|given| known(&given.name) && !own.iter().any(|own| replaces(own, given)));
    given.extend_from_slice(own);
    parsed(&command, &given).map_err(|error| Error::Usage(error.to_string()))
}

/// Whether an option of the command line takes the place of one in the file: it is the same, or clap
/// would refuse the two together.
fn replaces(own: &Given, file: &Given) -> bool {
    // Typed together, both hold. Typed alone, --valid asks for everything that is valid, and the
    // passwords are those to be tried.
    let of_time = own.name == "valid" && file.name == "expires-within";
    let unlock = |given: &Given| given.name.starts_with("unlock-password-");
    own.name == file.name
        || of_time
        || (unlock(own) && unlock(file))
        || exclude_each_other(own, file)
}

fn exclusive(given: &[Given]) -> Option<(&Given, &Given)> {
    let conflict = |error: clap::Error| error.kind() == ErrorKind::ArgumentConflict;
    if !matches(&COMMAND, given).is_err_and(conflict) {
        return None;
    }
    let pairs = given.iter().enumerate();
    let mut pairs =
        pairs.flat_map(|(at, one)| given[at + 1..].iter().map(move |other| (one, other)));
    pairs.find(|(one, other)| exclude_each_other(one, other))
}

fn exclude_each_other(one: &Given, other: &Given) -> bool {
    let both = [one.clone(), other.clone()];
    matches(&COMMAND, &both).is_err_and(|error| error.kind() == ErrorKind::ArgumentConflict)
}

fn parsed<A: Args>(command: &Command, given: &[Given]) -> Result<A, clap::Error> {
    A::from_arg_matches(&matches(command, given)?)
}

fn matches(command: &Command, given: &[Given]) -> Result<clap::ArgMatches, clap::Error> {
    let words: Vec<OsString> = given.iter().flat_map(Given::words).collect();
    command.clone().try_get_matches_from(words)
}

/// What a key gives; the error is what is wrong with it.
fn given(key: &str, value: &Spanned<DeValue<'_>>, folder: &Path) -> Result<Vec<Given>, String> {
    let argument = option(key).ok_or_else(|| unknown(key))?;
    let texts = texts(argument, value.get_ref()).map_err(|wanted| format!("{key}: {wanted}"))?;
    let below = |path: &Path| Ok::<_, Infallible>(folder.join(path));
    let kind = Kind::of(argument);
    let given = texts.into_iter().map(|text| {
        let given = match text {
            Some(text) => Given::new(key, kind, text),
            None => Given::flag(key),
        };
        let Ok(given) = given.with_path(below);
        given
    });
    let given: Vec<_> = given.collect();
    matches(&COMMAND, &given).map_err(|error| format!("{key}: {}", reason(&error)))?;
    Ok(given)
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

/// A whole number, as a command line has it.
fn decimal(value: &DeValue<'_>) -> Result<Option<String>, &'static str> {
    let DeValue::Integer(number) = value else {
        return Err("a number is needed");
    };
    let decimal = i128::from_str_radix(number.as_str(), number.radix());
    let decimal = decimal.map_err(|_| "a smaller number is needed")?;
    Ok(Some(decimal.to_string()))
}

/// The values of an option, none of which is a switch's that is off; the error is what is wanted.
fn texts(argument: &Arg, value: &DeValue<'_>) -> Result<Vec<Option<String>>, &'static str> {
    let text = |value: &DeValue<'_>| value.as_str().map(|text| Some(text.to_owned()));
    let several = matches!(argument.get_action(), ArgAction::Append);
    match (Kind::of(argument), value) {
        (Kind::Flag, DeValue::Boolean(true)) => Ok(vec![None]),
        (Kind::Flag, DeValue::Boolean(false)) => Ok(Vec::new()),
        (Kind::Flag, _) => Err("true or false is needed"),
        (Kind::Number, DeValue::Array(numbers)) if several => {
            let texts = numbers.iter().map(|number| decimal(number.get_ref()));
            texts.collect()
        }
        (Kind::Number, value) => Ok(vec![decimal(value)?]),
        (_, DeValue::Array(values)) if several => {
            let texts = values.iter().map(|value| text(value.get_ref()));
            let texts: Option<_> = texts.collect();
            texts.ok_or(TEXT_OR_TEXTS)
        }
        (_, value) => match text(value) {
            Some(text) => Ok(vec![text]),
            None if several => Err(TEXT_OR_TEXTS),
            None => Err("a text is needed"),
        },
    }
}

const TEXT_OR_TEXTS: &str = "a text, or a list of texts, is needed";

/// What clap says of a value, without the option's name.
fn reason(error: &clap::Error) -> String {
    use ContextValue::{String, Strings};
    if let Some(source) = std::error::Error::source(error) {
        return source.to_string();
    }
    let context = [ContextKind::InvalidValue, ContextKind::ValidValue].map(|kind| error.get(kind));
    match context {
        [Some(String(value)), Some(Strings(valid))] => {
            format!("'{value}' is none of {}", valid.join(", "))
        }
        _ => "it is no value for this option".to_owned(),
    }
}

/// Whether a line has a backslash after a quotation mark, where TOML takes it for an escape.
fn has_escape(text: &str, line: usize) -> bool {
    let line = text.lines().nth(line - 1).unwrap_or_default();
    line.split_once('"')
        .is_some_and(|(_, rest)| rest.contains('\\'))
}

/// `"C:\temp"` has a tab in it. No path that somebody means has such a character.
fn has_control_character(given: &Given) -> bool {
    let is_path = matches!(given.kind, Kind::Path | Kind::Store);
    let value = given.value.as_deref().unwrap_or_default();
    is_path && value.to_string_lossy().contains(char::is_control)
}

/// The line, from 1, in which a span begins.
fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = text.bytes().take(span.start);
    before.filter(|byte| *byte == b'\n').count() + 1
}

/// What is wrong with the TOML, with the key that it is about.
fn with_key(text: &str, error: &toml::de::Error) -> String {
    let what = error.message();
    let line = error.span().and_then(|span| {
        let number = line_of(text, &span);
        text.lines().nth(number - 1)
    });
    match line.and_then(|line| line.split_once('=')) {
        Some((key, _))
            if !key.trim().is_empty() && !what.contains(&format!("`{}`", key.trim())) =>
        {
            format!("{}: {what}", key.trim())
        }
        _ => what.to_owned(),
    }
}

#[cfg(test)]
mod tests;
