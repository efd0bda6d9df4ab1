//! The options that a command line gave, as names and values: what the logs tell of a run, what a
//! scheduled task is to repeat, and what is put over the option file.

use std::any::TypeId;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use certstow_formats::pkcs12::profile::Iterations;
use certstow_platform::os::CommandLine;
use certstow_platform::spec::StoreSpec;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

/// An option that was given, once for each of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// The option's long name, without dashes.
    pub(crate) name: String,
    /// What its value is.
    pub(crate) kind: Kind,
    /// The value, if there is one.
    pub(crate) value: Option<OsString>,
}

/// What the value of an option is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// There is none.
    Flag,
    /// A path.
    Path,
    /// A store's name, with a path in it or not.
    Store,
    /// A number.
    Number,
    /// One of the words that the option knows.
    Word,
    /// Any text.
    Text,
    /// A command line to run.
    Command,
    /// Text in a form of its own, such as a length of time.
    Other,
}

impl Kind {
    pub(crate) fn of(argument: &Arg) -> Self {
        let value = argument.get_value_parser().type_id();
        if !argument.get_action().takes_values() {
            Self::Flag
        } else if !argument.get_possible_values().is_empty() {
            Self::Word
        } else if value == TypeId::of::<PathBuf>() {
            Self::Path
        } else if value == TypeId::of::<StoreSpec>() {
            Self::Store
        } else if value == TypeId::of::<i32>() || value == TypeId::of::<Iterations>() {
            Self::Number
        } else if value == TypeId::of::<CommandLine>() {
            Self::Command
        } else if value == TypeId::of::<String>() {
            Self::Text
        } else {
            Self::Other
        }
    }
}

impl Given {
    pub(crate) fn new(name: &str, kind: Kind, value: impl Into<OsString>) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            value: Some(value.into()),
        }
    }

    pub(crate) fn flag(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Flag,
            value: None,
        }
    }

    /// The words of a command line that give this option. A value that begins with a hyphen would be
    /// taken for an option as a word of its own.
    pub(crate) fn words(&self) -> Vec<OsString> {
        let mut option = OsString::from(format!("--{}", self.name));
        match &self.value {
            Some(value) if value.as_encoded_bytes().starts_with(b"-") => {
                option.push("=");
                option.push(value);
                vec![option]
            }
            Some(value) => vec![option, value.clone()],
            None => vec![option],
        }
    }

    /// The same as one word, which an option wants whose value may be left out.
    pub(crate) fn word(&self) -> OsString {
        let mut word = OsString::from(format!("--{}", self.name));
        if let Some(value) = &self.value {
            word.push("=");
            word.push(value);
        }
        word
    }

    /// Whether a password is read from standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        self.name.ends_with("password-file") && self.value.as_deref() == Some("-".as_ref())
    }

    /// The same with `at` applied to the path in its value.
    pub(crate) fn with_path<E>(
        mut self,
        at: impl Fn(&Path) -> Result<PathBuf, E>,
    ) -> Result<Self, E> {
        let Some(value) = self.value.as_deref().filter(|_| !self.is_stdin()) else {
            return Ok(self);
        };
        let value = match self.kind {
            Kind::Path => at(Path::new(value))?.into_os_string(),
            Kind::Store => match value.to_str().map(str::parse::<StoreSpec>) {
                Some(Ok(store)) => store.resolved(at)?,
                // clap says what is wrong with it.
                Some(Err(_)) | None => return Ok(self),
            },
            Kind::Flag | Kind::Number | Kind::Word | Kind::Text | Kind::Command | Kind::Other => {
                return Ok(self);
            }
        };
        self.value = Some(value);
        Ok(self)
    }
}

/// The options of `command` that were given, in the order of its help.
pub(crate) fn given(command: &Command, matches: &ArgMatches) -> Vec<Given> {
    command
        .get_arguments()
        .filter(|argument| {
            let source = matches.value_source(argument.get_id().as_str());
            source == Some(ValueSource::CommandLine)
        })
        .flat_map(|argument| values_of(argument, matches))
        .collect()
}

fn values_of(argument: &Arg, matches: &ArgMatches) -> Vec<Given> {
    let Some(name) = argument.get_long() else {
        return Vec::new();
    };
    let kind = Kind::of(argument);
    let raw = matches.get_raw(argument.get_id().as_str());
    let values = raw.into_iter().flatten().filter(|_| kind != Kind::Flag);
    let given: Vec<_> = values.map(|value| Given::new(name, kind, value)).collect();
    match given.is_empty() {
        true => vec![Given::flag(name)],
        false => given,
    }
}

/// Arguments, and which of them were given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Typed<A> {
    pub(crate) args: A,
    pub(crate) given: Vec<Given>,
}

impl<A: Args> Args for Typed<A> {
    fn augment_args(command: Command) -> Command {
        A::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        A::augment_args_for_update(command)
    }
}

impl<A: Args> FromArgMatches for Typed<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self {
            args: A::from_arg_matches(matches)?,
            given: given(&A::augment_args(Command::new("")), matches),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
