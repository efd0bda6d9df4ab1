//! A person's own options file: TOML whose keys are options of any command. Those before the first table
//! hold for every command that has the option; those of a table, such as `[list]` or `[backup.verify]`,
//! for that command alone, in the place of the former. It can name programs to run, and is refused where
//! another account may write to it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use certstow_core::nearest::nearest;
use certstow_platform::os;
use certstow_platform::spec::StoreSpec;
use clap::{Arg, Command};
use toml::de::DeValue;

use crate::args::{Given, Nameable};
use crate::error::{Error, WrongOption};
use crate::option_file::reader::{
    self, Key, OptionText, Table, Value, exclusive, in_order, replaces, stores_in,
};

/// Options that are given each time, and are no keys: what acts once, destroys, takes protection away, or
/// is of one run alone.
const NO_KEYS: [&str; 16] = [
    "accept-empty",
    "allow-empty-password",
    "config",
    "delete-key-after-verify",
    "dry-run",
    "force",
    "no-config",
    "output",
    "password-fd",
    "print",
    "program",
    "rewrite",
    "system",
    "unencrypted-key",
    "unlock-password-fd",
    "unnamed",
];

/// Whether an option of a command may come from what is said for all commands. The store of `backup verify`
/// and `import` is no place to look for something, but what a backup is compared with, and what is written
/// to: the password to unlock it would protect the new keys.
pub(super) fn holds_from_elsewhere(name: &str, command: &Command, option: &str) -> bool {
    let of_store = option == "store" || option.starts_with("unlock-password-");
    let means_another = ["backup verify", "import"].contains(&name) && of_store;
    key_of(command, option).is_some() && !means_another
}

/// The tables that hold for a command, the later ones in the place of the former: a task is a backup, and
/// `doctor` tries what a backup depends on.
fn tables_of(name: &str) -> Vec<&str> {
    match name {
        "schedule install" | "doctor" => vec!["backup", name],
        _ => vec![name],
    }
}

/// The options file that is to be read.
pub(super) struct OptionsFile {
    pub(super) path: PathBuf,
    /// It was asked for, and has to be there.
    pub(super) named: bool,
}

/// What the file says for the command of this name, which names these stores; `None` if there is no file.
///
/// # Errors
/// - [`Error::Library`]: it cannot be read.
/// - [`Error::Config`]: it is a pipe, a device or a folder; another account may write to it; or something in it makes no sense, even in a part
///   for another command.
pub(super) fn read(
    file: &OptionsFile,
    certstow: &Command,
    name: &str,
    command: &Command,
    named: &[StoreSpec],
) -> Result<Option<Vec<Given>>, Error> {
    let path = &file.path;
    // A pipe may never answer, and no wait is bounded yet.
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(Error::Config {
            file: path.clone(),
            line: None,
            message: "it is no regular file".to_owned(),
            advice: WrongOption::OfPerson,
        });
    }
    match os::written_by_others(path) {
        Ok(None) => {}
        Ok(Some(open)) => return Err(open_to_others(path, &open)),
        Err(error) if !file.named && error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path.display().to_string(), error)),
    }
    let text = reader::read(path, WrongOption::OfPerson)?;
    parse(&text, path, certstow, name, command, named).map(Some)
}

fn open_to_others(file: &Path, open: &Path) -> Error {
    let message = match file.file_name() == open.file_name() {
        true => "other accounts may write to it".to_owned(),
        false => format!(
            "other accounts may write to {}, and put another file in its place",
            open.display()
        ),
    };
    Error::Config {
        file: file.to_owned(),
        line: None,
        message,
        advice: WrongOption::OfOthers,
    }
}

/// The same of the text of a file.
pub(super) fn parse(
    text: &str,
    file: &Path,
    certstow: &Command,
    name: &str,
    command: &Command,
    named: &[StoreSpec],
) -> Result<Vec<Given>, Error> {
    let text = OptionText {
        file,
        text,
        advice: WrongOption::OfPerson,
    };
    let mut commands = BTreeMap::new();
    runnable(certstow, "", &mut commands);
    let table = text.table()?;
    let beside = stores_in(&table);
    let reading = Reading {
        text,
        commands,
        stores: Nameable {
            beside: &beside,
            elsewhere: named,
        },
    };
    let mut given = reading.for_all(&table, name, command)?;
    let mut of_tables = BTreeMap::new();
    reading.tables("", certstow, &table, &mut of_tables)?;
    for table in tables_of(name) {
        let mut own: Vec<Given> = of_tables.remove(table).unwrap_or_default();
        let judge = reading.commands.get(table).unwrap_or(command);
        given.retain(|given| !own.iter().any(|own| replaces(judge, own, given)));
        own.retain(|own| key_of(command, &own.name).is_some());
        given.extend(own);
    }
    Ok(given)
}

/// The commands that do something, by their names with those of the commands they are below.
fn runnable(command: &Command, name: &str, found: &mut BTreeMap<String, Command>) {
    if !command.is_subcommand_required_set() {
        found.insert(name.to_owned(), command.clone().no_binary_name(true));
    }
    for below in command
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
    {
        runnable(below, &inside(name, below.get_name()), found);
    }
}

fn inside(name: &str, below: &str) -> String {
    format!("{name} {below}").trim_start().to_owned()
}

fn keys(command: &Command) -> impl Iterator<Item = &str> {
    let names = command.get_arguments().filter_map(Arg::get_long);
    names.filter(|name| !NO_KEYS.contains(name) && !["help", "version"].contains(name))
}

fn key_of<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    let mut arguments = command.get_arguments();
    arguments.find(|argument| argument.get_long() == Some(key))
}

struct Reading<'a> {
    text: OptionText<'a>,
    commands: BTreeMap<String, Command>,
    /// Those that a password may be for alone.
    stores: Nameable<'a>,
}

impl Reading<'_> {
    /// What stands before the tables.
    fn for_all(
        &self,
        table: &Table<'_>,
        name: &str,
        command: &Command,
    ) -> Result<Vec<Given>, Error> {
        let mut all = Vec::new();
        for (key, value) in in_order(table) {
            if matches!(value.get_ref(), DeValue::Table(_)) {
                continue;
            }
            let holds = holds_from_elsewhere(name, command, key.get_ref());
            let mut others = self.commands.values();
            let has = |command: &&Command| key_of(command, key.get_ref()).is_some();
            let reader = if holds {
                Some(command)
            } else {
                others.find(has)
            };
            let given = match reader {
                Some(reader) => self.option(reader, (key, value))?,
                None => {
                    let known = self.commands.values().flat_map(keys);
                    let message = unknown(key.get_ref(), "certstow", known);
                    return Err(self.text.refused(key, message));
                }
            };
            if holds {
                all.extend(given);
            }
        }
        self.refuse_exclusive(command, &all)?;
        Ok(all)
    }

    /// What stands in the tables of the commands below one.
    fn tables(
        &self,
        name: &str,
        command: &Command,
        table: &Table<'_>,
        found: &mut BTreeMap<String, Vec<Given>>,
    ) -> Result<(), Error> {
        let mut own = Vec::new();
        for (key, value) in in_order(table) {
            match value.get_ref() {
                DeValue::Table(inner) => {
                    let below = self.below(name, command, key)?;
                    self.tables(&inside(name, below.get_name()), below, inner, found)?;
                }
                _ if name.is_empty() => {}
                _ => own.extend(self.option_of(name, command, (key, value))?),
            }
        }
        if let Some(command) = self.commands.get(name) {
            self.refuse_exclusive(command, &own)?;
        }
        found.insert(name.to_owned(), own);
        Ok(())
    }

    fn below<'a>(
        &self,
        name: &str,
        command: &'a Command,
        key: &Key<'_>,
    ) -> Result<&'a Command, Error> {
        let wanted = key.get_ref().as_ref();
        let known = || {
            let below = command.get_subcommands();
            below.filter(|below| below.get_name() != "help")
        };
        if let Some(below) = known().find(|below| below.get_name() == wanted) {
            return Ok(below);
        }
        let table = |wanted: &str| format!("[{}]", inside(name, wanted).replace(' ', "."));
        let meant = nearest(wanted, known().map(Command::get_name), |name| name);
        let meant = meant.map(|meant| format!(": did you mean {}?", table(meant)));
        let message = format!(
            "{} is no command{}",
            table(wanted),
            meant.unwrap_or_default()
        );
        Err(self.text.refused(key, message))
    }

    /// An option in the table of a command.
    fn option_of(
        &self,
        name: &str,
        command: &Command,
        (key, value): (&Key<'_>, &Value<'_>),
    ) -> Result<Vec<Given>, Error> {
        let Some(command) = self.commands.get(name) else {
            let below = command.get_subcommands().map(Command::get_name);
            let below: Vec<_> = below.filter(|name| *name != "help").collect();
            return Err(self.text.refused(
                key,
                format!(
                    "'{name}' alone does nothing: its tables are [{name}.{}]",
                    below.join(&format!("], [{name}."))
                ),
            ));
        };
        match key_of(command, key.get_ref()) {
            Some(_) => self.option(command, (key, value)),
            None => {
                let message = unknown(key.get_ref(), &inside("certstow", name), keys(command));
                Err(self.text.refused(key, message))
            }
        }
    }

    /// An option that the command has.
    fn option(
        &self,
        command: &Command,
        (key, value): (&Key<'_>, &Value<'_>),
    ) -> Result<Vec<Given>, Error> {
        let name = key.get_ref().as_ref();
        let argument = key_of(command, name).filter(|_| keys(command).any(|key| key == name));
        let Some(argument) = argument else {
            let message = format!("'{name}' is given on the command line each time, and is no key");
            return Err(self.text.refused(key, message));
        };
        let folder = self.text.file.parent().unwrap_or(Path::new(""));
        let at = |path: &Path| below(folder, path);
        self.text
            .given(command, argument, (key, value), &self.stores, &at)
    }

    fn refuse_exclusive(&self, command: &Command, given: &[Given]) -> Result<(), Error> {
        match exclusive(command, given) {
            Some((one, other)) => Err(self.text.refused_as_a_whole(format!(
                "'{}' and '{}' exclude each other",
                one.name, other.name
            ))),
            None => Ok(()),
        }
    }
}

/// That a command has no such option, with the one that was meant.
fn unknown<'a>(key: &str, command: &str, known: impl Iterator<Item = &'a str>) -> String {
    let meant = nearest(key, known, |name| name);
    let meant = meant.map(|meant| format!(": did you mean '{meant}'?"));
    format!(
        "'{key}' is no option of {command}{}",
        meant.unwrap_or_default()
    )
}

/// A path as the file means it: below the home folder after `~`, else below the folder of the file.
fn below(folder: &Path, path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(below), Some(home)) => home.join(below),
        _ => folder.join(path),
    }
}

#[cfg(test)]
mod tests;
