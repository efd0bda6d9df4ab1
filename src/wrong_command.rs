//! What was meant by a command line that clap refuses: a command of another program, one with a slip in
//! it, a file or folder in the place of a command, a password as the value of an option. The command to
//! type is said, and nothing is run.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use certstow_core::nearest::nearest;
use certstow_platform::{os, stores_to_import_into};
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::Error;
use crate::{args, backup_folder};

/// Words that people bring from other programs.
struct Habit {
    /// The command below which they are typed; empty for certstow itself.
    below: &'static str,
    words: &'static [&'static str],
    /// What to type instead, after "certstow".
    line: &'static str,
    /// What that does.
    what: &'static str,
}

const fn habit(
    below: &'static str,
    words: &'static [&'static str],
    line: &'static str,
    what: &'static str,
) -> Habit {
    Habit {
        below,
        words,
        line,
        what,
    }
}

const HABITS: [Habit; 18] = [
    habit(
        "",
        &["restore"],
        "backup restore DIR --into STORE",
        "puts back what a backup holds, and 'certstow import FILE' a single file",
    ),
    habit(
        "",
        &["verify"],
        "backup verify DIR",
        "looks at a backup, and 'certstow check FILE' at a single file",
    ),
    habit(
        "",
        &["uninstall", "unschedule"],
        "schedule remove",
        "takes a scheduled backup away; docs/install.md says how to remove certstow",
    ),
    habit(
        "",
        &["ls", "dir", "identities"],
        "list",
        "lists what is there",
    ),
    habit("", &["version"], "--version", "says which version this is"),
    habit(
        "",
        &["status"],
        "schedule show",
        "shows the scheduled backup, and 'certstow doctor' tries what it depends on",
    ),
    habit("", &["info", "inspect"], "show NAME", "shows one identity"),
    habit("", &["save"], "export NAME", "saves one identity"),
    habit(
        "",
        &["delete", "remove", "rm"],
        "export NAME --delete-key-after-verify",
        "deletes a private key once it is saved; 'certstow schedule remove' takes a scheduled backup \
         away",
    ),
    habit(
        "",
        &["snapshots"],
        "backup list DIR",
        "lists what a backup holds",
    ),
    habit(
        "backup",
        &["ls", "show", "snapshots"],
        "backup list DIR",
        "lists what a backup holds",
    ),
    habit(
        "backup",
        &["check"],
        "backup verify DIR",
        "looks at a backup",
    ),
    habit(
        "backup",
        &["run", "create", "save"],
        "backup --to DIR",
        "saves every identity into a folder",
    ),
    habit(
        "schedule",
        &["uninstall", "delete", "rm", "disable"],
        "schedule remove",
        "takes a scheduled backup away",
    ),
    habit(
        "schedule",
        &["status", "info"],
        "schedule show",
        "shows a scheduled backup",
    ),
    habit(
        "schedule",
        &["ls"],
        "schedule list",
        "lists the scheduled backups, and how the last run of each ended",
    ),
    habit(
        "password",
        &["ls"],
        "password list",
        "lists the names of passwords",
    ),
    habit(
        "password",
        &["delete", "remove", "rm"],
        "password forget NAME",
        "removes a password",
    ),
];

/// Options by which other programs take a password itself.
const PASSWORDS: [&str; 12] = [
    "--password",
    "--passwd",
    "--pass",
    "--passphrase",
    "--pw",
    "--pin",
    "--unlock-password",
    "-password",
    "-passin",
    "-passout",
    "-storepass",
    "-keypass",
];

/// What was meant by the command line that clap gave this error for, if that can be said better than
/// clap does.
pub(super) fn meant(error: &clap::Error, arguments: &[OsString]) -> Option<Error> {
    let (message, hint) = match error.kind() {
        ErrorKind::InvalidSubcommand => of_word(error, arguments)?,
        ErrorKind::UnknownArgument => of_option(arguments)?,
        _ => return None,
    };
    Some(Error::WrongCommand { message, hint })
}

/// What is wrong, and what to type.
type Said = (String, String);

/// Of a word in the place of a command.
fn of_word(error: &clap::Error, arguments: &[OsString]) -> Option<Said> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let root = args::command();
    let (parent, below) = typed_before(&root, arguments, word);
    let message = format!("'certstow {}' is no command", joined(&below, word));
    let lowered = word.to_lowercase();
    let habit = HABITS
        .iter()
        .find(|habit| habit.below == below && habit.words.contains(&lowered.as_str()));
    if let Some(Habit { line, what, .. }) = habit {
        let line = with_folder(line, word, arguments);
        return Some((message, format!("'certstow {line}' {what}")));
    }
    let nearest = nearest(
        word,
        parent.get_subcommands().map(Command::get_name),
        |name| name,
    );
    let path = Path::new(word);
    let is_bare = path.extension().is_none() && !word.contains(['/', '\\']);
    let is_meant = nearest.is_none() || !is_bare || backup_folder::is_one(path);
    let takes_paths = below.is_empty() || below == "backup";
    if takes_paths
        && is_meant
        && let Some(said) = of_path(&below, word, arguments)
    {
        return Some(said);
    }
    let suggested: Vec<_> = suggested(error, nearest)
        .iter()
        .map(|name| format!("'certstow {}'", joined(&below, name)))
        .collect();
    let help = format!("'certstow {}' lists the commands", joined(&below, "--help"));
    let hint = match suggested.as_slice() {
        [] => help,
        names => format!("did you mean {}? {help}", names.join(" or ")),
    };
    Some((message, hint))
}

/// The line with the folder that follows the word, where that stands in it as it was typed.
fn with_folder(line: &str, word: &str, arguments: &[OsString]) -> String {
    let mut after = arguments.iter().skip_while(|argument| *argument != word);
    let folder = after.nth(1).and_then(|folder| folder.to_str());
    match folder.filter(|folder| os::shell_word(folder) == *folder && !folder.starts_with('-')) {
        Some(folder) => line.replace("DIR", folder),
        None => line.to_owned(),
    }
}

/// The command whose word this is, and its name after "certstow".
fn typed_before<'c>(
    root: &'c Command,
    arguments: &[OsString],
    word: &str,
) -> (&'c Command, String) {
    let before = arguments.iter().skip(1);
    let before = before.take_while(|argument| argument.as_os_str() != OsStr::new(word));
    before.fold(
        (root, String::new()),
        |(command, below), argument| match command.find_subcommand(argument) {
            Some(inner) => (inner, joined(&below, inner.get_name())),
            None => (command, below),
        },
    )
}

fn joined(below: &str, word: &str) -> String {
    match below {
        "" => word.to_owned(),
        below => format!("{below} {word}"),
    }
}

/// The commands that the word may be, the nearest first.
fn suggested(error: &clap::Error, nearest: Option<&str>) -> Vec<String> {
    let nearest = nearest.map(str::to_owned);
    let Some(ContextValue::Strings(of_clap)) = error.get(ContextKind::SuggestedSubcommand) else {
        return nearest.into_iter().collect();
    };
    // What clap finds most alike comes last.
    let others = of_clap.iter().rev().cloned();
    let others = others.filter(|name| Some(name) != nearest.as_ref());
    nearest.iter().cloned().chain(others).collect()
}

/// What a file with an identity is called.
const ENDINGS: [&str; 10] = [
    "p12", "pfx", "pem", "crt", "cer", "der", "key", "p8", "p7b", "p7c",
];

/// Of a file or folder in the place of a command.
fn of_path(below: &str, word: &str, arguments: &[OsString]) -> Option<Said> {
    let path = Path::new(word);
    let quoted = os::shell_word(word);
    if path.is_dir() {
        let message = format!("'{word}' is a folder, and no command");
        return Some((message, of_folder(below, path, &quoted)));
    }
    if !below.is_empty() {
        return None;
    }
    let extension = path.extension().and_then(OsStr::to_str);
    let is_identity = extension.is_some_and(|extension| {
        let extension = extension.to_lowercase();
        ENDINGS.contains(&extension.as_str())
    });
    match (path.is_file(), is_identity) {
        (true, _) => {
            let words = arguments.iter().skip_while(|argument| *argument != word);
            let [import, check] = ["import", "check"].map(|name| with_files(name, words.clone()));
            Some((
                format!("'{word}' is a file, and no command"),
                format!("to take in what it holds: {import}; to see how it is protected: {check}"),
            ))
        }
        (false, true) => Some((
            format!("'{word}' is no command, and no file that is there"),
            format!("to take in what a file holds: certstow import {quoted}"),
        )),
        (false, false) => None,
    }
}

/// The line of a command for the files among the words up to the first option, and with the options that
/// follow, if it has them all.
fn with_files<'a>(name: &str, words: impl Iterator<Item = &'a OsString>) -> String {
    let mut words = words.peekable();
    let mut line: Vec<OsString> = vec!["certstow".into(), name.into()];
    while let Some(word) = words.next_if(|word| !word.as_encoded_bytes().starts_with(b"-")) {
        if Path::new(word).is_file() {
            line.push(word.clone());
        }
    }
    let whole = [&line[..], &words.cloned().collect::<Vec<_>>()].concat();
    if args::parse(&mut args::command(), &whole).is_ok() {
        line = whole;
    }
    let line = line.iter();
    let line = line.map(|word| os::shell_word(&word.to_string_lossy()));
    line.collect::<Vec<_>>().join(" ")
}

fn of_folder(below: &str, folder: &Path, quoted: &str) -> String {
    if below == "backup" {
        return format!("to save every identity there: certstow backup --to {quoted}");
    }
    if !backup_folder::is_one(folder) {
        return format!(
            "to see what it holds: certstow list --store {quoted}; to take it in: certstow import \
             {quoted}"
        );
    }
    let usual = stores_to_import_into().into_iter();
    let usual = usual
        .filter(|store| store.unavailable.is_none())
        .map(|store| os::shell_word(&store.spec.to_string()));
    let store = usual.take(1).collect::<String>();
    format!(
        "to put back the backup in it: certstow backup restore {quoted} --into {store}; to see what \
         that holds: certstow backup list {quoted}"
    )
}

/// Of an option that there is not.
fn of_option(arguments: &[OsString]) -> Option<Said> {
    let typed = || arguments.iter().skip(1).filter_map(|one| one.to_str());
    let mut names = typed().map(|one| one.split_once('=').map_or(one, |(name, _)| name));
    let password = names.find(|name| PASSWORDS.contains(name));
    if let Some(password) = password {
        return Some((
            format!("'{password}': a password never stands on the command line, where others see it"),
            "leave it out to be asked at a terminal (check and backup verify: --ask-password), or name \
             the file that has it with --password-file, for locked keys with --unlock-password-file"
                .to_owned(),
        ));
    }
    // An option of the wizard's command, without that.
    let first = typed().next()?;
    let mut line = arguments.to_vec();
    line.insert(1, "export".into());
    let is_of_export = args::parse(&mut args::wizard_command(), &line).is_ok();
    (first.starts_with('-') && is_of_export).then(|| {
        let words = line.iter().skip(1);
        let words = words.map(|word| os::shell_word(&word.to_string_lossy()));
        (
            format!("'{first}' is an option of a command, and none is named"),
            format!(
                "to save an identity: certstow {}",
                words.collect::<Vec<_>>().join(" ")
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command that a line begins with, as far as it is words of commands.
    fn find<'c>(root: &'c Command, line: &str) -> Option<&'c Command> {
        let words = line.split(' ').take_while(|word| {
            let is_word = |letter: char| letter.is_ascii_lowercase();
            word.chars().all(is_word)
        });
        words
            .into_iter()
            .try_fold(root, |command, word| command.find_subcommand(word))
    }

    #[test]
    fn habits_name_commands_that_exist() {
        let root = args::command();
        for habit in &HABITS {
            let below = match habit.below {
                "" => &root,
                below => find(&root, below).unwrap(),
            };
            assert!(find(&root, habit.line).is_some(), "{}", habit.line);
            for word in habit.words {
                assert!(
                    below.find_subcommand(word).is_none(),
                    "{} {word}",
                    habit.below
                );
            }
        }
    }

    fn said(line: &str) -> Option<(String, String)> {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let error = args::parse(&mut args::command(), &arguments).err()?;
        match meant(&error, &arguments)? {
            Error::WrongCommand { message, hint } => Some((message, hint)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn meant_names_the_nearest_command_first() {
        for (typed, first) in [
            ("exprot", "did you mean 'certstow export'"),
            ("Export", "did you mean 'certstow export'"),
            ("lst", "did you mean 'certstow list'"),
            ("bakcup", "did you mean 'certstow backup'"),
            ("schedule shwo", "did you mean 'certstow schedule show'"),
            ("commodore64", "'certstow --help' lists"),
            ("LS", "'certstow list' "),
            ("schedule ls", "'certstow schedule list' "),
        ] {
            let (message, hint) = said(&format!("certstow {typed}")).unwrap();
            assert!(hint.starts_with(first), "{typed}: {hint}");
            assert_eq!(message, format!("'certstow {typed}' is no command"));
        }
    }

    #[test]
    fn meant_never_repeats_a_password() {
        for line in [
            "certstow export ada --password s3cret",
            "certstow export ada --password=s3cret",
            "certstow check a.p12 -passin pass:s3cret",
            "certstow --pass s3cret",
        ] {
            let (message, hint) = said(line).unwrap();
            assert!(
                message.contains("never stands on the command line"),
                "{message}"
            );
            assert!(!format!("{message}{hint}").contains("s3cret"), "{line}");
        }
        assert_eq!(said("certstow list --colour always"), None);
    }

    #[test]
    fn meant_takes_no_value_for_a_file() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let typed = format!("certstow --quiet {file} --password-file {file}");
        let (_, hint) = said(&typed).unwrap();
        for name in ["import", "check"] {
            let line = format!("certstow {name} {file} --password-file {file}");
            assert!(hint.contains(&line), "{hint}");
        }
        let (_, hint) = said(&format!("certstow {file} --nonsense {file}")).unwrap();
        assert!(hint.ends_with(&format!("certstow check {file}")), "{hint}");
    }

    #[test]
    fn meant_puts_export_before_its_options() {
        let (_, hint) = said("certstow --store stick --plain").unwrap();
        assert!(
            hint.starts_with("to save an identity: certstow export --store stick --plain"),
            "{hint}"
        );
    }
}
