//! Reads TOML whose keys are options without their hyphens: each key becomes words of a command line,
//! which clap reads, so that a key means what its option means.

use std::convert::Infallible;
use std::ops::Range;
use std::path::{Path, PathBuf};

use certstow_core::{text, waits};
use certstow_platform::spec::StoreSpec;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::args::{Given, Kind, Nameable};
use crate::error::{Error, WrongOption};

/// A table, with the places of its keys.
pub(crate) type Table<'a> = DeTable<'a>;
/// A key of a table.
pub(crate) type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;
/// The value of a key.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// A file with options.
pub(crate) struct OptionText<'a> {
    pub(crate) file: &'a Path,
    pub(crate) text: &'a str,
    /// What is to be said to whoever wrote something wrong.
    pub(crate) advice: WrongOption,
}

/// The text of a file.
///
/// # Errors
/// - [`Error::Library`]: it cannot be read.
/// - [`Error::Config`]: it is no text.
pub(crate) fn read(file: &Path, advice: WrongOption) -> Result<String, Error> {
    let wait = waits::waiting_for(format!("the options in {}", file.display()));
    let bytes = std::fs::read(file);
    drop(wait);
    let bytes = bytes.map_err(|source| Error::io(file.display().to_string(), source))?;
    let text = text::decode(&bytes).ok_or_else(|| Error::Config {
        file: file.to_owned(),
        line: None,
        message: "it is neither UTF-8 text nor UTF-16 with a byte order mark".to_owned(),
        advice,
    })?;
    Ok(text.as_str().to_owned())
}

impl<'a> OptionText<'a> {
    /// The outermost table.
    ///
    /// # Errors
    /// [`Error::Config`]: it is no TOML.
    pub(crate) fn table(&self) -> Result<Table<'a>, Error> {
        let table = DeTable::parse(self.text).map_err(|error| {
            let line = error.span().map(|span| line_of(self.text, &span));
            let escaped = line.is_some_and(|line| has_escape(self.text, line));
            let advice = if escaped {
                WrongOption::Escape
            } else {
                self.advice
            };
            self.wrong(advice, line, with_key(self.text, &error))
        })?;
        Ok(table.into_inner())
    }

    /// What a key gives; its option is one of `command`.
    ///
    /// # Errors
    /// [`Error::Config`]: the value makes no sense there.
    pub(crate) fn given(
        &self,
        command: &Command,
        argument: &Arg,
        (key, value): (&Key<'_>, &Value<'_>),
        stores: &Nameable<'_>,
        at: &dyn Fn(&Path) -> PathBuf,
    ) -> Result<Vec<Given>, Error> {
        let given = given(command, argument, (key.get_ref(), value), stores, at)
            .map_err(|message| self.refused(key, message))?;
        if given.iter().any(has_control_character) {
            let message = format!("{}: a control character is in the path", key.get_ref());
            return Err(self.wrong(WrongOption::Escape, Some(self.line(key)), message));
        }
        Ok(given)
    }

    /// That a key is no use.
    pub(crate) fn refused(&self, key: &Key<'_>, message: String) -> Error {
        self.wrong(self.advice, Some(self.line(key)), message)
    }

    /// That there is something wrong with all of it.
    pub(crate) fn refused_as_a_whole(&self, message: String) -> Error {
        self.wrong(self.advice, None, message)
    }

    fn line(&self, key: &Key<'_>) -> usize {
        line_of(self.text, &key.span())
    }

    fn wrong(&self, advice: WrongOption, line: Option<usize>, message: String) -> Error {
        Error::Config {
            file: self.file.to_owned(),
            line,
            message,
            advice,
        }
    }
}

/// The keys of a table, in the order of the file.
pub(crate) fn in_order<'a, 'b>(table: &'b Table<'a>) -> Vec<(&'b Key<'a>, &'b Value<'a>)> {
    let mut keys: Vec<_> = table.iter().collect();
    keys.sort_by_key(|(key, _)| key.span().start);
    keys
}

/// The stores that a table and those inside it name, as they are written.
pub(crate) fn stores_in(table: &Table<'_>) -> Vec<StoreSpec> {
    let stores = table.iter().flat_map(|(key, value)| match value.get_ref() {
        DeValue::Table(inner) => stores_in(inner),
        value if key.get_ref() == "store" => texts_in(value)
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect(),
        _ => Vec::new(),
    });
    stores.collect()
}

/// One text, or those of a list.
pub(crate) fn texts_in(value: &DeValue<'_>) -> Vec<String> {
    match value {
        DeValue::Array(list) => list
            .iter()
            .flat_map(|one| texts_in(one.get_ref()))
            .collect(),
        value => value.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// The words of options, read as those of a command that may need others beside them.
pub(crate) fn check(command: &Command, given: &[Given]) -> Result<(), clap::Error> {
    let words = given.iter().flat_map(Given::words);
    match command.clone().try_get_matches_from(words) {
        Err(error) if error.kind() != ErrorKind::MissingRequiredArgument => Err(error),
        _ => Ok(()),
    }
}

/// The first two that clap would refuse together.
pub(crate) fn exclusive<'a>(
    command: &Command,
    given: &'a [Given],
) -> Option<(&'a Given, &'a Given)> {
    let conflict = |error: clap::Error| error.kind() == ErrorKind::ArgumentConflict;
    if !check(command, given).is_err_and(conflict) {
        return None;
    }
    let pairs = given.iter().enumerate();
    let mut pairs =
        pairs.flat_map(|(at, one)| given[at + 1..].iter().map(move |other| (one, other)));
    pairs.find(|(one, other)| exclude_each_other(command, one, other))
}

fn exclude_each_other(command: &Command, one: &Given, other: &Given) -> bool {
    let both = [one.clone(), other.clone()];
    check(command, &both).is_err_and(|error| error.kind() == ErrorKind::ArgumentConflict)
}

/// Whether an option that comes first takes the place of another: it is the same, or clap would refuse the
/// two together.
pub(crate) fn replaces(command: &Command, first: &Given, other: &Given) -> bool {
    // Typed together, both hold. Typed alone, --valid asks for everything that is valid, and the
    // passwords are those to be tried.
    let of_time = first.name == "valid" && other.name == "expires-within";
    first.name == other.name
        || of_time
        || (first.unlocks() && other.unlocks())
        || exclude_each_other(command, first, other)
}

/// What a key gives; the error is what is wrong with it.
fn given(
    command: &Command,
    argument: &Arg,
    (key, value): (&str, &Value<'_>),
    stores: &Nameable<'_>,
    at: &dyn Fn(&Path) -> PathBuf,
) -> Result<Vec<Given>, String> {
    let texts = texts(argument, value.get_ref()).map_err(|wanted| format!("{key}: {wanted}"))?;
    let kind = Kind::of(argument);
    let given = texts.into_iter().map(|text| {
        let given = match text {
            Some(text) => Given::new(key, kind, text),
            None => Given::flag(key),
        };
        let given = given.divided(stores, &|path| Some(at(path)));
        let Ok(given) = given.with_path(|path| Ok::<_, Infallible>(at(path)));
        given
    });
    let given: Vec<_> = given.collect();
    check(command, &given).map_err(|error| format!("{key}: {}", reason(&error)))?;
    Ok(given)
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

/// A number, or a text that has one behind the name of a store.
fn one_of_several(value: &DeValue<'_>) -> Result<Option<String>, &'static str> {
    match value.as_str() {
        Some(text) if text.contains('=') => Ok(Some(text.to_owned())),
        _ => decimal(value),
    }
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
            let texts = numbers
                .iter()
                .map(|number| one_of_several(number.get_ref()));
            texts.collect()
        }
        (Kind::Number, value) if several => Ok(vec![one_of_several(value)?]),
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
    if let Some(String(why)) = error.get(ContextKind::Custom) {
        return why.clone();
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
