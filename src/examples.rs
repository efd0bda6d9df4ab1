//! Command lines to copy, for each command: at the end of `--help`, and in the manual.

/// A command line, and what it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Example {
    pub(crate) line: &'static str,
    pub(crate) what: &'static str,
}

const fn example(line: &'static str, what: &'static str) -> Example {
    Example { line, what }
}

/// Those of a command, by what one types for it; none if there is no such command.
pub(crate) fn of(command: &str) -> &'static [Example] {
    let found = EXAMPLES.iter().find(|(name, _)| *name == command);
    found.map_or(&[], |(_, examples)| examples)
}

const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "certstow",
        &[
            example("certstow", "save one, step by step"),
            example(
                "certstow list",
                "what is there, and whether its key can be exported",
            ),
            example(
                "certstow export \"Ada Example\" -o ada.p12",
                "save one identity; asks for a password",
            ),
            example(
                "certstow check ada.p12 --ask-password",
                "prove that the file restores",
            ),
        ],
    ),
    (
        "certstow list",
        &[
            example(
                "certstow list --expires-within 30d",
                "what has to be renewed soon",
            ),
            example(
                "certstow list --store ~/certificates --all",
                "everything in a folder, certificates without a key too",
            ),
            example(
                "certstow list --tree",
                "each below the authorities that issued it",
            ),
            example(
                "certstow list --eku emailProtection --json",
                "for a program",
            ),
        ],
    ),
    (
        "certstow show",
        &[
            example(
                "certstow show ada@example.org",
                "the one with this e-mail address",
            ),
            example(
                "certstow show 694258fc --technical",
                "all there is to know of the one whose thumbprint begins so",
            ),
            example(
                "certstow show --subject \"O=Example\" --newest",
                "of several, the one issued last",
            ),
        ],
    ),
    (
        "certstow report",
        &[
            example(
                "certstow report -o certificates.html",
                "a page with every identity on a time line",
            ),
            example(
                "certstow report --backup /media/usb/certificates --force",
                "which of them are in the backup, too; in the place of the last page",
            ),
            example(
                "certstow report --expires-within 90d -o soon.html",
                "those that have to be renewed soon",
            ),
        ],
    ),
    (
        "certstow export",
        &[
            example(
                "certstow export \"Ada Example\" -o ada.p12",
                "with its path, for a program of today; asks for a password",
            ),
            example(
                "certstow export 694258fc --for windows2016 -o ada.pfx",
                "for a program that needs an older protection",
            ),
            example(
                "certstow export --email ada@example.org --newest --password-vault backup --force",
                "with nobody there, into a file named after the label",
            ),
            example(
                "certstow export \"Ada Example\" --format pem -o ada.pem",
                "as PEM, the key encrypted",
            ),
        ],
    ),
    (
        "certstow import",
        &[
            example(
                "certstow import ada.p12",
                "asks for the password, and where it is to go",
            ),
            example(
                "certstow import ada.p12 --store windows:CurrentUser\\My --not-exportable",
                "into Windows' store, which never gives the key out again",
            ),
            example(
                "certstow import certificate.pem key.pem --store ~/certificates",
                "a certificate and its key from two files, into a folder",
            ),
        ],
    ),
    (
        "certstow backup",
        &[
            example(
                "certstow backup --to ~/Backups --to /media/disk/Backups",
                "every identity into two folders; later, what changed",
            ),
            example(
                "certstow backup --to ~/Backups --escrow escrow.pem",
                "with a random password for each file, which this certificate's key opens",
            ),
            example(
                "certstow backup --config backup.toml --json",
                "with the options of a file",
            ),
        ],
    ),
    (
        "certstow backup verify",
        &[
            example(
                "certstow backup verify ~/Backups",
                "is every file what was written?",
            ),
            example(
                "certstow backup verify ~/Backups --ask-password",
                "and does each restore?",
            ),
            example(
                "certstow backup verify ~/Backups --escrow-key escrow-key.pem",
                "the same of a backup in escrow",
            ),
            example(
                "certstow backup verify ~/Backups --store windows:CurrentUser\\My",
                "and is every identity of the store in it?",
            ),
        ],
    ),
    (
        "certstow backup restore",
        &[
            example(
                "certstow backup restore ~/Backups --into windows:CurrentUser\\My --ask-password",
                "all of them, into Windows' store",
            ),
            example(
                "certstow backup restore ~/Backups \"Ada Example\" --into ~/restored --ask-password",
                "one of them, into a folder",
            ),
        ],
    ),
    (
        "certstow check",
        &[
            example(
                "certstow check ada.p12",
                "what protects it, and which programs open it; no password is needed",
            ),
            example(
                "certstow check ada.p12 --ask-password",
                "prove that it restores",
            ),
            example(
                "certstow check old.pfx new.pfx --password-file password.txt --json",
                "several, for a program",
            ),
        ],
    ),
    (
        "certstow schedule",
        &[
            example(
                "certstow schedule install --daily 12:30 --to ~/Backups --escrow escrow.pem",
                "a backup every day",
            ),
            example("certstow schedule show", "when it ran, and how that ended"),
            example("certstow schedule remove", "no more of them"),
        ],
    ),
    (
        "certstow schedule install",
        &[
            example(
                "certstow schedule install --daily 12:30 --to ~/Backups --escrow escrow.pem",
                "every day; the machine keeps no password",
            ),
            example(
                "certstow schedule install --weekly sun@03:15 --to ~/Backups --password-vault backup",
                "once a week, with a password of the vault",
            ),
            example(
                "certstow schedule install --print --system windows --to D:\\Backups --escrow escrow.pem",
                "the file for Windows' Task Scheduler, and nothing installed",
            ),
        ],
    ),
    (
        "certstow schedule show",
        &[
            example("certstow schedule show", "the task that is called certstow"),
            example(
                "certstow schedule show --name weekly --json",
                "another, for a program",
            ),
        ],
    ),
    (
        "certstow schedule remove",
        &[
            example(
                "certstow schedule remove",
                "the task that is called certstow",
            ),
            example("certstow schedule remove --name weekly", "another"),
        ],
    ),
    (
        "certstow doctor",
        &[
            example(
                "certstow doctor",
                "who this is, and which stores and keys can be reached",
            ),
            example(
                "certstow doctor --to ~/Backups --escrow escrow.pem",
                "and whether a backup could be written there and sealed so",
            ),
            example(
                "certstow doctor --config backup.toml --json",
                "the same, for a program",
            ),
        ],
    ),
    (
        "certstow password",
        &[
            example("certstow password set backup", "asks for it, twice"),
            example("certstow password list", "the names; never the passwords"),
        ],
    ),
    (
        "certstow password set",
        &[
            example("certstow password set backup", "asks for it, twice"),
            example(
                "certstow password set backup --password-file password.txt --force",
                "from a file, in the place of the one before",
            ),
        ],
    ),
    (
        "certstow password forget",
        &[
            example("certstow password forget backup", "remove it for good"),
            example(
                "certstow password forget backup --quiet",
                "and say only what goes wrong",
            ),
        ],
    ),
    (
        "certstow password list",
        &[
            example("certstow password list", "names, and where they are kept"),
            example("certstow password list --json", "the same, for a program"),
        ],
    ),
    (
        "certstow stores",
        &[
            example(
                "certstow stores",
                "which there are, and why one cannot be used",
            ),
            example("certstow stores --json", "the same, for a program"),
        ],
    ),
    (
        "certstow completions",
        &[
            example(
                "certstow completions bash > ~/.local/share/bash-completion/completions/certstow",
                "for bash, with the package bash-completion",
            ),
            example(
                "certstow completions fish > ~/.config/fish/completions/certstow.fish",
                "for fish",
            ),
            example(
                "certstow completions powershell | Out-String | Invoke-Expression",
                "for PowerShell, in the file that $PROFILE names",
            ),
        ],
    ),
    (
        "certstow man",
        &[
            example(
                "certstow man ~/.local/share/man/man1",
                "where 'man certstow' finds it",
            ),
            example(
                "certstow man /usr/local/share/man/man1",
                "the same for everybody",
            ),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use clap::error::ErrorKind;

    use super::*;
    use crate::args::{self, Cli};

    /// The words of a line, up to where the shell does something with what is said.
    fn words(line: &str) -> Vec<&str> {
        let line = line.split(['>', '|']).next().unwrap_or_default();
        let quoted = line.split('"').enumerate();
        quoted
            .flat_map(|(number, part)| match number % 2 {
                0 => part.split_whitespace().collect(),
                _ => vec![part],
            })
            .collect()
    }

    fn commands(command: &clap::Command, name: &str, found: &mut Vec<String>) {
        found.push(name.to_owned());
        for below in command.get_subcommands() {
            if below.get_name() != "help" {
                commands(below, &format!("{name} {}", below.get_name()), found);
            }
        }
    }

    #[test]
    fn every_command_has_examples_and_nothing_else_has() {
        let mut all = Vec::new();
        commands(&args::command(), "certstow", &mut all);
        for name in &all {
            let number = of(name).len();
            assert!((2..=4).contains(&number), "{name} has {number} examples");
        }
        for (name, _) in EXAMPLES {
            assert!(
                all.iter().any(|command| command == name),
                "{name} is no command"
            );
        }
    }

    #[test]
    fn every_example_is_a_command_line_of_its_command() {
        for (name, examples) in EXAMPLES {
            for example in *examples {
                assert!(example.line.starts_with(name), "{}", example.line);
                let wrong = Cli::try_parse_from(words(example.line)).err();
                let wrong = wrong.as_ref().map(clap::Error::kind);
                // Alone it is the wizard, which clap does not know of.
                let missing = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
                let expected = (example.line == "certstow").then_some(missing);
                assert_eq!(wrong, expected, "{}", example.line);
            }
        }
    }
}
