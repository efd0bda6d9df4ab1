//! What the logs tell of the command line: the command, and the options that were given, with the
//! values of those that can hold no password.

use clap::ArgMatches;
use serde_json::{Map, Value};

use crate::args::{self, Given, Kind};

/// Whether the value of an option is logged: it is a path, one of a few words, or in a form that no
/// password has. Of the others the logs say only that they were given: a password typed there by
/// mistake must not get into a log.
fn is_logged(given: &Given) -> bool {
    match given.kind {
        Kind::Flag | Kind::Text | Kind::Command => false,
        Kind::Word | Kind::Store => true,
        Kind::Path | Kind::Number | Kind::Other => !given.name.contains("password"),
    }
}

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
    let value = match &given.value {
        Some(value) if is_logged(given) => Value::from(value.to_string_lossy()),
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

    #[test]
    fn given_logs_values_in_forms_of_their_own() {
        let mut command = args::command();
        let words = "schedule install --to a --monthly last@03:15 --daily 8:05 --random-delay 5m \
                     --expires-within 30d --on-failure hidden --password-command hidden \
                     --unlock-password-command hidden --email hidden --store s --unlock-password-env s=hidden \
             --unlock-password-fd s=3";
        let matches = command
            .try_get_matches_from_mut(["certstow"].into_iter().chain(words.split_whitespace()))
            .unwrap();
        let (_, options) = given(&command, &matches);
        let expected = serde_json::json!({
            "to": "a",
            "monthly": "last@03:15",
            "daily": "8:05",
            "random-delay": "5m",
            "expires-within": "30d",
            "on-failure": true,
            "password-command": true,
            "unlock-password-command": true,
            "email": true,
            "store": "s",
            "unlock-password-env": true,
            "unlock-password-fd": true,
        });
        assert_eq!(Value::Object(options), expected);
    }
}
