//! What the logs tell of the command line: the command, and the options that were given, of which
//! only those have their values told that are listed here.

use clap::ArgMatches;
use clap::parser::ValueSource;
use serde_json::{Map, Value};

/// Options whose values are logged, beside those that take one of a few words. Of all others only
/// that they were given: who mistakes one for a place to type a password in is not to find it here.
const LOGGED: [&str; 17] = [
    "backup",
    "config",
    "copy-to",
    "daily",
    "escrow",
    "escrow-key",
    "expires-within",
    "for",
    "into",
    "iterations",
    "log",
    "output",
    "prune-expired",
    "store",
    "timeout",
    "to",
    "weekly",
];

/// The command's name, with those of its subcommands, and the options that were given.
pub(super) fn given(command: &clap::Command, matches: &ArgMatches) -> (String, Map<String, Value>) {
    let (mut command, mut matches) = (command, matches);
    let mut names = Vec::new();
    let mut options = Map::new();
    loop {
        for argument in command.get_arguments() {
            let source = matches.value_source(argument.get_id().as_str());
            if let (Some(name), Some(ValueSource::CommandLine)) = (argument.get_long(), source) {
                options.insert(name.to_owned(), value(argument, name, matches));
            }
        }
        let Some((name, inner)) = matches.subcommand() else {
            break;
        };
        let Some(subcommand) = command.find_subcommand(name) else {
            break;
        };
        names.push(name);
        (command, matches) = (subcommand, inner);
    }
    (names.join(" "), options)
}

/// The value of an option, or that it was given.
fn value(argument: &clap::Arg, name: &str, matches: &ArgMatches) -> Value {
    let harmless = LOGGED.contains(&name) || !argument.get_possible_values().is_empty();
    if !argument.get_action().takes_values() || !harmless {
        return true.into();
    }
    let values = matches.get_raw(argument.get_id().as_str());
    let mut values = values
        .into_iter()
        .flatten()
        .map(|value| Value::from(value.to_string_lossy()));
    match (values.next(), values.next()) {
        (Some(only), None) => only,
        (first, second) => first.into_iter().chain(second).chain(values).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    #[test]
    fn of_the_options_only_harmless_values_are_logged() {
        let mut command = args::command();
        let words = "certstow -v export Selector --store a --store b --format pem --name Secret \
                     --password-file hidden -o out.pem --force --timeout 5s";
        let matches = command
            .try_get_matches_from_mut(words.split_whitespace())
            .unwrap();
        let (name, options) = given(&command, &matches);
        assert_eq!(name, "export");
        let expected = serde_json::json!({
            "verbose": true,
            "store": ["a", "b"],
            "format": "pem",
            "name": true,
            "password-file": true,
            "output": "out.pem",
            "force": true,
            "timeout": "5s",
        });
        assert_eq!(Value::Object(options), expected);
    }

    #[test]
    fn a_backup_tells_where_to_and_whose_certificate_opens_it() {
        let mut command = args::command();
        let words = "certstow backup --to a --to b --escrow e.pem --prune-expired 90d --rewrite \
                     --unlock-password-vault hidden";
        let matches = command
            .try_get_matches_from_mut(words.split_whitespace())
            .unwrap();
        let (_, options) = given(&command, &matches);
        let expected = serde_json::json!({
            "to": ["a", "b"],
            "escrow": "e.pem",
            "prune-expired": "90d",
            "rewrite": true,
            "unlock-password-vault": true,
        });
        assert_eq!(Value::Object(options), expected);
    }
}
