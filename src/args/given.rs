//! The options that a command line gave, as names and values: what the logs tell of a run, what a
//! scheduled task is to repeat, and what is put over the option file.

use std::any::TypeId;
use std::convert::Infallible;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use certstow_formats::pkcs12::profile::Iterations;
use certstow_platform::os::CommandLine;
use certstow_platform::spec::StoreSpec;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::of_store::{Nameable, OfStore, is_known};

/// An option that was given, once for each of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// The option's long name, without dashes.
    pub(crate) name: String,
    /// What its value is.
    pub(crate) kind: Kind,
    /// The value, if there is one.
    pub(crate) value: Option<OsString>,
    /// The only store that a password of locked keys is for, once that is divided from the value: its name
    /// and an equals sign stand before the value.
    pub(crate) store: Option<StoreSpec>,
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
        } else if value == TypeId::of::<PathBuf>() || value == TypeId::of::<OfStore<PathBuf>>() {
            Self::Path
        } else if value == TypeId::of::<StoreSpec>() {
            Self::Store
        } else if value == TypeId::of::<i32>()
            || value == TypeId::of::<OfStore<i32>>()
            || value == TypeId::of::<Iterations>()
        {
            Self::Number
        } else if value == TypeId::of::<CommandLine>()
            || value == TypeId::of::<OfStore<CommandLine>>()
        {
            Self::Command
        } else if value == TypeId::of::<String>() || value == TypeId::of::<OfStore<String>>() {
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
            store: None,
        }
    }

    pub(crate) fn flag(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Flag,
            value: None,
            store: None,
        }
    }

    /// The words of a command line that give this option. A value that begins with a hyphen would be
    /// taken for an option as a word of its own.
    pub(crate) fn words(&self) -> Vec<OsString> {
        let mut option = OsString::from(format!("--{}", self.name));
        match self.whole_value() {
            Some(value) if value.as_encoded_bytes().starts_with(b"-") => {
                option.push("=");
                option.push(value);
                vec![option]
            }
            Some(value) => vec![option, value],
            None => vec![option],
        }
    }

    /// The same as one word, which an option wants whose value may be left out.
    pub(crate) fn word(&self) -> OsString {
        let mut word = OsString::from(format!("--{}", self.name));
        if let Some(value) = self.whole_value() {
            word.push("=");
            word.push(value);
        }
        word
    }

    /// The value with the store that it is for.
    fn whole_value(&self) -> Option<OsString> {
        let value = self.value.clone()?;
        let Some(store) = &self.store else {
            return Some(value);
        };
        let Ok(mut whole) = store.resolved(|path| Ok::<_, Infallible>(path.to_owned()));
        whole.push("=");
        whole.push(value);
        Some(whole)
    }

    /// Whether it gives a password of locked keys.
    pub(crate) fn unlocks(&self) -> bool {
        self.name.starts_with("unlock-password-")
    }

    /// Whether a password is read from standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        self.name.ends_with("password-file") && self.value.as_deref() == Some("-".as_ref())
    }

    /// The same with the store that a password of locked keys is for, divided from the value, where the
    /// value names one of these. A relative path means what `at` makes of it.
    pub(crate) fn divided(
        self,
        stores: &Nameable<'_>,
        at: &dyn Fn(&Path) -> Option<PathBuf>,
    ) -> Self {
        let value = self.value.as_ref();
        let value = value.filter(|_| self.unlocks() && self.store.is_none());
        match value.and_then(|value| stores.divide(value, at)) {
            Some((store, rest)) => Self {
                value: Some(rest),
                store: Some(store),
                ..self
            },
            None => self,
        }
    }

    /// The same with `at` applied to the path in its value, and to the one in the name of its store.
    pub(crate) fn with_path<E>(
        mut self,
        at: impl Fn(&Path) -> Result<PathBuf, E>,
    ) -> Result<Self, E> {
        if let Some(store) = &self.store {
            let name = store.resolved(&at)?;
            // One that is no Unicode can be written nowhere.
            let resolved = name.to_str().and_then(|name| name.parse().ok());
            self.store = resolved.or(self.store);
        }
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

/// The stores that options name.
pub(crate) fn stores_of(given: &[Given]) -> Vec<StoreSpec> {
    let stores = given.iter().filter(|given| given.name == "store");
    let names = stores.filter_map(|given| given.value.as_ref()?.to_str());
    names.filter_map(|name| name.parse().ok()).collect()
}

/// Leaves out the passwords of locked keys that are for a store which is not looked into; where no store
/// is named, all that are known are. The others name their store as it is named there. One that is for no
/// store alone is no PIN of a token but of one that is named `beside` it: it would be tried on it.
pub(crate) fn leave_out_other_stores(
    given: &mut Vec<Given>,
    beside: &[StoreSpec],
    stores: &[StoreSpec],
) {
    let is_token_of_others =
        matches!(stores, [one] if one.counts_wrong_tries() && !beside.contains(one));
    given.retain_mut(|given| match &given.store {
        None => !(is_token_of_others && given.unlocks()),
        Some(store) => {
            let named = as_named(store, stores);
            let is_meant = named.is_some();
            given.store = named;
            is_meant
        }
    });
}

fn as_named(store: &StoreSpec, stores: &[StoreSpec]) -> Option<StoreSpec> {
    let is_same = |other: &&StoreSpec| store.covers(other) && other.covers(store);
    if let Some(same) = stores.iter().find(is_same) {
        return Some(same.clone());
    }
    let is_part = |other: &StoreSpec| store.covers(other) || other.covers(store);
    let is_meant = is_known(store) && (stores.is_empty() || stores.iter().any(is_part));
    is_meant.then(|| store.clone())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_a_file_is_no_pin_of_a_token_named_elsewhere() {
        let left = |beside: &[&str], stores: &[&str]| {
            let [beside, stores] = [beside, stores].map(|names| {
                let names = names.iter().map(|name| name.parse().unwrap());
                names.collect::<Vec<StoreSpec>>()
            });
            let mut given = vec![
                Given::new("unlock-password-file", Kind::Path, "keys.pw"),
                Given::new("format", Kind::Word, "pem"),
            ];
            leave_out_other_stores(&mut given, &beside, &stores);
            assert!(given.iter().any(|given| given.name == "format"));
            given.iter().any(Given::unlocks)
        };
        let token = "pkcs11:token=Ada";
        assert!(!left(&["nss:", "certs"], &[token]));
        assert!(!left(&[], &[token]));
        assert!(!left(&["pkcs11:token=Eve"], &[token]));
        assert!(left(&[token], &[token]));
        assert!(left(&["nss:"], &["certs"]));
        // It is tried on no token then.
        assert!(left(&["nss:"], &[token, "certs"]));
        assert!(left(&["nss:"], &[]));
    }

    #[test]
    fn a_pin_that_names_its_token_is_kept() {
        let token: StoreSpec = "pkcs11:token=Ada".parse().unwrap();
        let mut given = vec![Given {
            store: Some(token.clone()),
            ..Given::new("unlock-password-file", Kind::Path, "pin")
        }];
        leave_out_other_stores(&mut given, &[], std::slice::from_ref(&token));
        assert_eq!(given.len(), 1);
    }
}
