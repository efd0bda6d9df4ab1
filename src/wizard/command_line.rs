//! The command line of an export, as it is typed in a shell: the words that clap reads the same
//! options from. It has no password; where the password comes from is an option like others.

use std::path::Path;

use certstow_platform::os;
use clap::ValueEnum;

use crate::args::{ExportArgs, FormatArg, PasswordArgs, SelectArgs, StoreArgs};

/// The whole line, quoted for the system's shell.
pub(super) fn of(args: &ExportArgs) -> String {
    let words = words(args);
    let quoted: Vec<_> = words.iter().map(|word| os::shell_word(word)).collect();
    quoted.join(" ")
}

/// The words of it. The identity is named by its thumbprint, and filters have done their work.
fn words(args: &ExportArgs) -> Vec<String> {
    let ExportArgs {
        select,
        output,
        force,
        require_private,
        copy_to,
        format,
        chain,
        properties,
        name,
        profile,
        target,
        iterations,
        unencrypted_key,
        allow_prompt,
        delete_key_after_verify,
        password,
        generate_password,
    } = args;
    let SelectArgs {
        selector,
        newest: _,
        filters: _,
        stores,
    } = select;
    let mut words = Words(vec!["certstow".to_owned(), "export".to_owned()]);
    words.0.extend(selector.clone());
    words.add_stores(stores);
    words.path("output", output.as_deref());
    words.flag("force", *force);
    words.flag("require-private", *require_private);
    for folder in copy_to {
        words.path("copy-to", Some(folder));
    }
    words.one_of(
        "format",
        Some(*format).filter(|format| *format != FormatArg::P12),
    );
    words.one_of("chain", *chain);
    words.one_of("properties", *properties);
    words.value("name", name.clone());
    words.one_of("profile", *profile);
    words.value("for", target.map(|target| target.name.to_owned()));
    words.value(
        "iterations",
        iterations.map(|number| number.get().to_string()),
    );
    words.flag("unencrypted-key", *unencrypted_key);
    words.flag("allow-prompt", *allow_prompt);
    words.flag("delete-key-after-verify", *delete_key_after_verify);
    words.add_password(password);
    words.flag("generate-password", *generate_password);
    words.0
}

struct Words(Vec<String>);

impl Words {
    fn flag(&mut self, name: &str, given: bool) {
        if given {
            self.0.push(format!("--{name}"));
        }
    }

    fn value(&mut self, name: &str, value: Option<String>) {
        match value {
            // It would be taken for an option.
            Some(value) if value.starts_with('-') => self.0.push(format!("--{name}={value}")),
            Some(value) => self.0.extend([format!("--{name}"), value]),
            None => {}
        }
    }

    fn path(&mut self, name: &str, path: Option<&Path>) {
        self.value(name, path.map(|path| path.to_string_lossy().into_owned()));
    }

    fn one_of(&mut self, name: &str, value: Option<impl ValueEnum>) {
        let value = value.and_then(|value| value.to_possible_value());
        self.value(name, value.map(|value| value.get_name().to_owned()));
    }

    fn add_stores(&mut self, args: &StoreArgs) {
        let StoreArgs {
            stores,
            unlock_password_file,
            unlock_password_env,
            unlock_password_fd,
            unlock_password_vault,
        } = args;
        for store in stores {
            self.value("store", Some(store.to_string()));
        }
        self.path("unlock-password-file", unlock_password_file.as_deref());
        self.value("unlock-password-env", unlock_password_env.clone());
        self.value(
            "unlock-password-fd",
            unlock_password_fd.map(|fd| fd.to_string()),
        );
        let vault = unlock_password_vault.as_ref();
        self.value("unlock-password-vault", vault.map(ToString::to_string));
    }

    fn add_password(&mut self, args: &PasswordArgs) {
        let PasswordArgs {
            password_file,
            password_env,
            password_fd,
            password_vault,
            allow_empty_password,
        } = args;
        self.path("password-file", password_file.as_deref());
        self.value("password-env", password_env.clone());
        self.value("password-fd", password_fd.map(|fd| fd.to_string()));
        self.value(
            "password-vault",
            password_vault.as_ref().map(ToString::to_string),
        );
        self.flag("allow-empty-password", *allow_empty_password);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser as _;

    fn parsed(words: impl IntoIterator<Item = String>) -> ExportArgs {
        match Cli::try_parse_from(words).unwrap().command {
            Command::Export(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    const LINES: [&[&str]; 7] = [
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
    fn the_words_give_the_same_options() {
        for line in LINES {
            let line = ["certstow", "export"].iter().chain(line);
            let args = parsed(line.map(|word| (*word).to_owned()));
            assert_eq!(parsed(words(&args)), args);
        }
    }

    /// A real shell makes the words of the line.
    #[cfg(unix)]
    #[test]
    fn a_shell_gives_the_same_words() {
        for line in LINES {
            let line = ["certstow", "export"].iter().chain(line);
            let args = parsed(line.map(|word| (*word).to_owned()));
            let script = format!("printf '%s\\n' {}", of(&args));
            let output = std::process::Command::new("sh")
                .args(["-c", &script])
                .output()
                .unwrap();
            let split = String::from_utf8(output.stdout).unwrap();
            assert_eq!(
                split.lines().map(str::to_owned).collect::<Vec<_>>(),
                words(&args)
            );
        }
    }
}
