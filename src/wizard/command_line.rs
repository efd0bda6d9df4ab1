//! The command line of an export, as it is typed in a shell: the words that clap reads the same
//! options from. It has no password; where the password comes from is an option like others.

use std::ffi::OsString;

use certstow_core::export::Format;
use certstow_platform::os::{self, CommandLine};

use crate::args::{
    AlgorithmArgs, ContentArgs, ExportArgs, Given, Kind, OfStore, PasswordArgs, SelectArgs,
    StoreArgs, Words,
};

/// The whole line, quoted for the system's shell.
pub(super) fn of(args: &ExportArgs) -> String {
    let words = words(args);
    let quoted: Vec<_> = words
        .iter()
        .map(|word| os::shell_word(&word.to_string_lossy()))
        .collect();
    quoted.join(" ")
}

fn words(args: &ExportArgs) -> Vec<OsString> {
    let command = ["certstow", "export"].map(OsString::from);
    let selector = args.select.selector.iter().map(OsString::from);
    let options = given(args);
    let options = options.iter().flat_map(Given::words);
    command.into_iter().chain(selector).chain(options).collect()
}

/// The options. The identity is named by its thumbprint, and filters have done their work.
fn given(args: &ExportArgs) -> Vec<Given> {
    let ExportArgs {
        select,
        output,
        force,
        require_private,
        copy_to,
        format,
        contents: ContentArgs { chain, properties },
        name,
        algorithms:
            AlgorithmArgs {
                profile,
                target,
                iterations,
            },
        unencrypted_key,
        allow_prompt,
        delete_key_after_verify,
        password,
        generate_password,
    } = args;
    let SelectArgs {
        selector: _,
        newest: _,
        filters: _,
        stores,
    } = select;
    let form = Some(*format).filter(|format| *format != Format::P12);
    let options = [
        values("output", output),
        flag("force", *force),
        flag("require-private", *require_private),
        values("copy-to", copy_to),
        values("format", word(form)),
        values("chain", word(*chain)),
        values("properties", word(*properties)),
        values("name", name),
        values("profile", word(*profile)),
        values("for", target.map(|target| target.name)),
        values(
            "iterations",
            iterations.map(|number| number.get().to_string()),
        ),
        flag("unencrypted-key", *unencrypted_key),
        flag("allow-prompt", *allow_prompt),
        flag("delete-key-after-verify", *delete_key_after_verify),
        of_password(password),
        flag("generate-password", *generate_password),
    ];
    [of_stores(stores), options.concat()].concat()
}

fn of_stores(args: &StoreArgs) -> Vec<Given> {
    let StoreArgs {
        stores,
        unlock_password_file,
        unlock_password_env,
        unlock_password_fd,
        unlock_password_vault,
        unlock_password_command,
    } = args;
    [
        values("store", stores.iter().map(ToString::to_string)),
        unlocking("unlock-password-file", unlock_password_file),
        unlocking("unlock-password-env", unlock_password_env),
        unlocking("unlock-password-fd", unlock_password_fd),
        unlocking("unlock-password-vault", unlock_password_vault),
        unlocking("unlock-password-command", unlock_password_command),
    ]
    .concat()
}

fn of_password(args: &PasswordArgs) -> Vec<Given> {
    let PasswordArgs {
        password_file,
        password_env,
        password_fd,
        password_vault,
        password_command,
        allow_empty_password,
    } = args;
    [
        values("password-file", password_file),
        values("password-env", password_env),
        values("password-fd", password_fd.map(|fd| fd.to_string())),
        values(
            "password-vault",
            password_vault.as_ref().map(ToString::to_string),
        ),
        values(
            "password-command",
            password_command.as_ref().map(CommandLine::text),
        ),
        flag("allow-empty-password", *allow_empty_password),
    ]
    .concat()
}

fn flag(name: &str, given: bool) -> Vec<Given> {
    given.then(|| Given::flag(name)).into_iter().collect()
}

fn values(name: &str, values: impl IntoIterator<Item: Into<OsString>>) -> Vec<Given> {
    let given = values
        .into_iter()
        .map(|value| Given::new(name, Kind::Other, value));
    given.collect()
}

/// With the stores that they are for, as they were given.
fn unlocking<T>(name: &str, given: &[OfStore<T>]) -> Vec<Given> {
    values(name, given.iter().map(|one| &one.text))
}

fn word(value: Option<impl Words>) -> Option<&'static str> {
    value.map(Words::word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser as _;

    fn parsed(words: impl IntoIterator<Item = OsString>) -> ExportArgs {
        match Cli::try_parse_from(words).unwrap().command {
            Command::Export(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    const LINES: [&[&str]; 8] = [
        &[
            "ab12cd",
            "--store",
            "nss:/a b",
            "--unlock-password-file",
            "nss:/a b=/it's here",
            "--unlock-password-fd",
            "nss:/a b=3",
            "--unlock-password-command",
            "nss:/a b=pass \"show\"",
        ],
        &["694258fc134145baf46e277b2e68bcd0576d0623"],
        &[
            "ab12cd",
            "--copy-to",
            "/mnt/a stick",
            "--copy-to=-b",
            "--generate-password",
        ],
        &[
            "ab12cd",
            "-o",
            "/a folder/it's $HOME.p12",
            "--force",
            "--chain",
            "no-root",
        ],
        &[
            "ab12cd",
            "--store",
            "file:/a b",
            "--store",
            "dotnet:My",
            "--require-private",
        ],
        &[
            "ab12cd",
            "--name=-Ada \"the first\"",
            "--properties",
            "all",
            "--for",
            "windows2016",
        ],
        &[
            "ab12cd",
            "--profile",
            "legacy",
            "--iterations",
            "5000",
            "--allow-prompt",
            "--delete-key-after-verify",
            "--password-file",
            "-",
            "--unlock-password-env",
            "E",
            "--allow-empty-password",
        ],
        &[
            "ab12cd",
            "--format",
            "pem",
            "--unencrypted-key",
            "--password-vault",
            "backup",
            "--unlock-password-fd",
            "3",
        ],
    ];

    #[test]
    fn words_round_trip_export_options() {
        for line in LINES {
            let line = ["certstow", "export"].iter().chain(line);
            let args = parsed(line.map(OsString::from));
            assert_eq!(parsed(words(&args)), args);
        }
    }

    /// A real shell makes the words of the line.
    #[cfg(unix)]
    #[test]
    fn command_line_round_trips_through_shell() {
        for line in LINES {
            let line = ["certstow", "export"].iter().chain(line);
            let args = parsed(line.map(OsString::from));
            let script = format!("printf '%s\\n' {}", of(&args));
            let output = std::process::Command::new("sh")
                .args(["-c", &script])
                .output()
                .unwrap();
            let split = String::from_utf8(output.stdout).unwrap();
            assert_eq!(
                split.lines().map(OsString::from).collect::<Vec<_>>(),
                words(&args)
            );
        }
    }
}
