//! The command line, as clap derives it. Parsing decides nothing and touches nothing: what the
//! options mean together is decided by each command.

mod backup;
mod command;
mod contents;
mod copies;
mod doctor;
mod export;
mod filter;
mod given;
mod global;
mod import;
mod install;
mod list;
mod monitor;
mod of_store;
mod password;
mod report;
mod request;
mod schedule;
mod spec;
mod store;
mod wait;
mod words;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{
    ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueHint,
};

use super::topics;
use crate::exit::Exit;
pub(crate) use backup::{
    BackupAction, BackupArgs, BackupCommand, BackupListArgs, BackupRestoreArgs, BackupVerifyArgs,
    OpeningArgs,
};
pub(crate) use contents::{AlgorithmArgs, ContentArgs};
pub(crate) use copies::{CopiesAction, CopiesCommand, ForgetArgs};
pub(crate) use doctor::DoctorArgs;
pub(crate) use export::ExportArgs;
pub(crate) use filter::{SelectArgs, selects};
pub(crate) use given::{Given, Kind, Typed, given, leave_out_other_stores, stores_of};
pub(crate) use global::Global;
pub(crate) use import::ImportArgs;
pub(crate) use install::InstallArgs;
pub(crate) use list::{ListArgs, Order};
pub(crate) use monitor::MonitorArgs;
pub(crate) use of_store::{Nameable, OfStore};
pub(crate) use password::{PasswordCommand, SetArgs};
pub(crate) use report::{REPORT, ReportArgs};
pub(crate) use request::{
    Form, NameArgs, NewRequestArgs, RenewArgs, RequestAction, RequestArgs, RequestCommand,
    RequestFileArgs, RequestForgetArgs, RequestShowArgs,
};
pub(crate) use schedule::{ScheduleCommand, ScheduleInstallArgs};
pub(crate) use store::{PasswordArgs, StoreArgs, UnlockSource};
pub(crate) use words::Words;

/// Saves certificates with their private keys as PKCS#12 files that are known to restore
///
/// At a terminal, 'certstow' alone asks step by step for what to save, and how.
#[derive(Debug, Parser)]
#[command(name = "certstow", version, arg_required_else_help = true)]
#[command(subcommand_required = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List identities: certificates with their private keys
    List(ListArgs),
    /// Show one identity: whose it is, what it is for, whether it can be saved
    Show(ShowArgs),
    /// Write a page to look at: every identity on a time line, and which are in a backup
    Report(ReportArgs),
    /// Save one identity to a file, and prove that the file restores it
    ///
    /// Where nothing says which identity, it asks at a terminal, step by step, for that and for all
    /// else that is not given as an option.
    Export(Box<ExportArgs>),
    /// Put identities from files into a store, and read them back from it
    Import(ImportArgs),
    /// Make a private key and a request for a CA; list, show and forget requests
    ///
    /// The key waits in a store, and 'install' joins it with what the CA returns. Where no name is given,
    /// it asks at a terminal, step by step.
    Request(Box<RequestCommand>),
    /// Join a certificate that a CA returned with its private key, which is in a store here
    Install(InstallArgs),
    /// Request a certificate with the names and purposes of one that ends
    Renew(Box<RenewArgs>),
    /// Save every identity into folders, only what changed; list, verify and restore
    Backup(Box<BackupCommand>),
    /// Grade PKCS#12 files; with their password, prove that they restore
    Check(CheckArgs),
    /// List the files that were saved, and whether they are what they were
    Copies(CopiesCommand),
    /// Have the system run a backup at set times, and see about it
    #[command(subcommand)]
    Schedule(ScheduleCommand),
    /// Try what a backup depends on: account, stores, keys, password, targets
    Doctor(Typed<DoctorArgs>),
    /// Keep passwords in the operating system's vault, for runs with nobody there
    #[command(subcommand)]
    Password(PasswordCommand),
    /// List the stores of this machine, reachable or not, and why not
    Stores,
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder, which is made if need be
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
}

// Where a store is named it may hold one identity alone, as a file mostly does.
#[derive(Debug, Args)]
#[command(mut_arg("selector", |selector| selector.required_unless_present("stores")))]
pub(crate) struct ShowArgs {
    /// Show everything that is in the certificate: serial number, thumbprints, usages, provider,
    /// extensions
    #[arg(long)]
    pub(crate) technical: bool,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The files
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Ask for the password at the terminal
    #[arg(long, group = "password", help_heading = "Password")]
    pub(crate) ask_password: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// The command line, with examples and the exit codes in its help.
pub(crate) fn command() -> clap::Command {
    dressed(Cli::command(), "", &exit_codes())
}

/// The command line with what the wizard can ask for left out.
pub(crate) fn wizard_command() -> clap::Command {
    command().mut_subcommand("export", |export| {
        // What is required unless other options are given cannot be taken back.
        export.mut_arg("selector", |_| clap::Arg::new("selector"))
    })
}

/// Parses the arguments, the first being the program's name.
pub(crate) fn parse(
    command: &mut clap::Command,
    arguments: &[OsString],
) -> Result<(Cli, ArgMatches), clap::Error> {
    let matches = command.try_get_matches_from_mut(arguments)?;
    Ok((Cli::from_arg_matches(&matches)?, matches))
}

/// What is wrong, in one line, without the usage and hints that clap adds in paragraphs below.
pub(crate) fn first_paragraph(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.trim().is_empty());
    let words: Vec<&str> = lines.map(str::trim).collect();
    let text = words.join(" ");
    match text.strip_prefix("error: ") {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// `name` is what one types for the command after the program's name.
fn dressed(command: clap::Command, name: &str, codes: &str) -> clap::Command {
    let typed = format!("certstow {name}");
    let mut text = String::new();
    for example in &topics::of(typed.trim_end()).examples {
        let before = if text.is_empty() { "Examples:" } else { "" };
        text.push_str(&format!(
            "{before}\n  {}\n      {}",
            example.line, example.what
        ));
    }
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    global::shown_in(command, name)
        .after_long_help(text + codes)
        .mut_subcommands(|command| {
            let name = format!("{name} {}", command.get_name());
            dressed(command, name.trim_start(), codes)
        })
}

fn exit_codes() -> String {
    let mut text = "Exit codes:".to_owned();
    for exit in Exit::ALL {
        text.push_str(&format!("\n  {:>3}  {}", exit.code(), exit.meaning()));
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;

    fn parse(words: &str) -> Result<Cli, clap::Error> {
        let words = std::iter::once("certstow").chain(words.split(' '));
        let words: Vec<_> = words.map(OsString::from).collect();
        super::parse(&mut command(), &words).map(|(cli, _)| cli)
    }

    #[test]
    fn command_passes_clap_debug_assert() {
        command().debug_assert();
    }

    /// The task has options of its own.
    #[test]
    fn doctor_takes_no_options_beside_name() {
        assert!(parse("doctor --name nightly --machine").is_ok());
        let command = DoctorArgs::augment_args(clap::Command::new("doctor"));
        let mut refused = 0;
        for argument in command.get_arguments() {
            let Some(name) = argument.get_long() else {
                continue;
            };
            if ["name", "machine"].contains(&name) {
                continue;
            }
            let value = match argument.get_action().takes_values() {
                true => " 3",
                false => "",
            };
            assert!(parse(&format!("doctor --{name}{value}")).is_ok(), "{name}");
            let error = parse(&format!("doctor --name nightly --{name}{value}")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ArgumentConflict, "{name}");
            refused += 1;
        }
        assert!(refused > 10, "{refused}");
    }

    #[test]
    fn wrong_stores_are_told_without_a_pin() {
        for command in ["list --store", "backup restore b --into"] {
            let words = format!("{command} pkcs11:token=Ada?pin-value=1234");
            let told = parse(&words).unwrap_err().to_string();
            assert!(told.contains("pin-value"), "{told}");
            assert!(!told.contains("1234"), "{told}");
        }
    }

    #[test]
    fn wrong_commands_are_told_without_their_arguments() {
        for option in [
            "--on-failure",
            "--password-command",
            "--unlock-password-command",
        ] {
            for command in ["op \"secret", "\"\" secret"] {
                let error = Cli::try_parse_from(["certstow", "backup", option, command]);
                let told = error.unwrap_err().to_string();
                assert!(told.contains(option) && !told.contains("secret"), "{told}");
            }
        }
    }

    #[test]
    fn export_accepts_one_password_source_only() {
        assert!(parse("export alice --password-file f").is_ok());
        assert!(parse("export alice --password-file f --password-env E").is_err());
        assert!(parse("list --unlock-password-fd 3 --unlock-password-env E").is_ok());
    }

    #[test]
    fn export_requires_selector_and_consistent_options() {
        assert!(parse("export").is_err());
        assert!(parse("export --store a.p12").is_err());
        assert!(parse("export --email alice@example.org").is_ok());
        assert!(parse("export alice --for windows2016 --profile modern").is_err());
    }

    #[test]
    fn show_needs_no_selector_beside_store() {
        assert!(parse("show").is_err());
        assert!(parse("show --store a.p12").is_ok());
        assert!(parse("show --valid").is_ok());
    }

    #[test]
    fn iterations_are_limited_to_windows_maximum() {
        assert!(parse("export a --iterations 600000").is_ok());
        assert!(parse("export a --iterations 600001").is_err());
    }

    /// What stands for words of the reader's own is taken as it is.
    #[test]
    fn docs_show_only_valid_commands() {
        let pages = [
            include_str!("../README.md"),
            include_str!("../docs/backup.md"),
            include_str!("../docs/enrolment.md"),
            include_str!("../docs/firefox.md"),
            include_str!("../docs/import.md"),
            include_str!("../docs/logging.md"),
            include_str!("../docs/monitoring.md"),
            include_str!("../docs/passwords.md"),
            include_str!("../docs/profiles.md"),
            include_str!("../docs/report.md"),
            include_str!("../docs/scheduled-backup.md"),
            include_str!("../docs/stores.md"),
            include_str!("../docs/windows-wizard.md"),
        ];
        for page in pages {
            let mut typed = false;
            let page = page.replace("\\\n    ", "");
            let lines = page.lines().filter_map(|line| {
                match line.strip_prefix("```") {
                    Some(kind) => typed = kind == "sh",
                    None if typed => return Some(line),
                    None => {}
                }
                line.strip_prefix("    ")
            });
            let mut commands = lines
                .filter(|line| line.starts_with("certstow ") && !line.contains('['))
                // What it does stands behind it.
                .filter_map(|line| line.split("  ").next())
                .filter(|line| !line.contains(['>', '|', '$']))
                .peekable();
            assert!(commands.peek().is_some(), "{page}");
            for command in commands {
                let quoted = command.split('"').enumerate();
                let words = quoted.flat_map(|(number, part)| match number % 2 {
                    0 => part.split_whitespace().collect(),
                    _ => vec![part],
                });
                let parsed = Cli::try_parse_from(words);
                assert!(parsed.is_ok(), "{command}: {}", parsed.unwrap_err());
            }
        }
    }

    #[test]
    fn options_never_take_password_values() {
        fn check(command: &clap::Command) -> usize {
            for argument in command.get_arguments() {
                let name = argument.get_long().unwrap_or_default();
                assert!(
                    !name.ends_with("password") || !argument.get_action().takes_values(),
                    "{name} of {}",
                    command.get_name()
                );
            }
            let below: usize = command.get_subcommands().map(check).sum();
            below + 1
        }
        // Those of `backup`, `password` and `schedule` lie one deeper.
        assert!(check(&command()) > command().get_subcommands().count() + 1);
    }

    /// Every command with what one types for it after the program's name.
    fn each(command: clap::Command, name: &str, found: &mut Vec<(String, clap::Command)>) {
        for below in command
            .get_subcommands()
            .filter(|one| one.get_name() != "help")
        {
            let name = format!("{name} {}", below.get_name());
            each(below.clone(), name.trim_start(), found);
        }
        found.push((name.to_owned(), command));
    }

    fn every_command() -> Vec<(String, clap::Command)> {
        let mut certstow = command().term_width(80);
        certstow.build();
        let mut found = Vec::new();
        each(certstow, "", &mut found);
        found
    }

    #[test]
    fn help_has_global_options_last() {
        let globals = Global::augment_args(clap::Command::new(""));
        let globals: Vec<_> = globals
            .get_arguments()
            .filter_map(clap::Arg::get_long)
            .collect();
        for (name, mut command) in every_command() {
            let help = command.render_long_help().to_string();
            let (own, after) = match help.split_once(&format!("\n{}:\n", global::HEADING)) {
                Some((own, global)) => (own, global),
                None => (help.as_str(), ""),
            };
            let has = |text: &str, option: &str| {
                let mut words = text.split_whitespace();
                words.any(|word| word == format!("--{option}"))
            };
            for option in &globals {
                let shown = command
                    .get_arguments()
                    .any(|one| one.get_long() == Some(option) && !one.is_hide_set());
                let own = own
                    .lines()
                    .filter(|line| line.trim_start().starts_with('-'))
                    .collect::<String>();
                assert_eq!(
                    (has(&own, option), has(after, option)),
                    (false, shown),
                    "{name}: {option}"
                );
            }
            let headings = after
                .lines()
                .filter(|line| !line.starts_with(' ') && line.ends_with(':'));
            for heading in headings {
                assert!(
                    ["Examples:", "Exit codes:"].contains(&heading),
                    "{name}: {heading}"
                );
            }
        }
    }

    #[test]
    fn help_shows_options_of_use() {
        for (name, option, shown) in [
            ("", "plain", true),
            ("list", "timeout", true),
            ("export", "plain", true),
            ("backup verify", "non-interactive", true),
            ("stores", "plain", false),
            ("stores", "json", true),
            ("man", "timeout", false),
            ("man", "json", false),
            ("completions", "quiet", false),
            ("schedule", "json", false),
            ("schedule install", "event-log", true),
            ("list", "event-log", cfg!(windows)),
            ("schedule show", "plain", false),
            ("password set", "plain", true),
            ("doctor", "no-config", true),
        ] {
            let commands = every_command();
            let (_, command) = commands.iter().find(|one| one.0 == name).unwrap();
            let mut arguments = command.get_arguments();
            let argument = arguments
                .find(|one| one.get_long() == Some(option))
                .unwrap();
            assert_eq!(!argument.is_hide_set(), shown, "{name}: {option}");
        }
        // What is not shown is accepted, at any place.
        for words in [
            "man x --plain",
            "--timeout 5s completions bash",
            "stores --event-log",
        ] {
            parse(words).unwrap();
        }
        for words in ["--json backup verify x", "backup verify x --json"] {
            assert!(parse(words).unwrap().global.json);
        }
    }

    /// 24 lines where that is honest; what has many options of its own has more.
    #[test]
    fn short_help_is_short() {
        for (name, mut command) in every_command() {
            let most = match name.as_str() {
                "" => 44,
                "export" | "backup" | "backup restore" | "backup verify" | "request" | "renew" => {
                    66
                }
                // Those of a backup, and when it runs.
                "schedule install" => 72,
                _ => 40,
            };
            let lines = command.render_help().to_string().lines().count();
            assert!(lines <= most, "{name}: {lines}");
        }
    }

    #[test]
    fn help_lists_every_exit_code() {
        let help = command().render_long_help().to_string();
        for exit in Exit::ALL {
            assert!(help.contains(exit.meaning()), "{exit:?}");
        }
    }
}
