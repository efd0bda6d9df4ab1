//! What the logs tell of the command line: the command, and the options that were given, of which
//! only those have their values told that are listed here.

use clap::ArgMatches;
use serde_json::{Map, Value};

use crate::args::{self, Given, Kind};

/// Options whose values are logged, beside those that take one of a few words. Of all others only
/// that they were given: who mistakes one for a place to type a password in is not to find it here.
const LOGGED: [&str; 20] = [
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
    "max-age",
    "metrics",
    "output",
    "prune-expired",
    "status",
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
        // Global options are in every command's matches.
        let mut of_command = Map::new();
        for given in args::given(command, matches) {
            add(&mut of_command, &given);
        }
        options.extend(of_command);
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

/// The value of an option, or that it was given; of several values, a list.
fn add(options: &mut Map<String, Value>, given: &Given) {
    let harmless = given.kind == Kind::Word || LOGGED.contains(&given.name.as_str());
    let value = match &given.value {
        Some(value) if harmless => Value::from(value.to_string_lossy()),
        _ => true.into(),
    };
    match options.get_mut(&given.name) {
        Some(Value::Array(values)) => values.push(value),
        Some(first @ Value::String(_)) => *first = vec![first.take(), value].into(),
        _ => {
            options.insert(given.name.clone(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_logs_only_harmless_values() {
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
    fn given_logs_backup_folders_and_escrow() {
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
