//! Which stores are meant, and where passwords come from.

use std::path::{Path, PathBuf};

use certstow_core::password::Source;
use certstow_platform::os::CommandLine;
use certstow_platform::spec::StoreSpec;
use certstow_platform::vault::Name;
use clap::{Args, ValueHint};

use super::command::CommandParser;

/// Which stores to look in, and how to open what is locked there.
#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct StoreArgs {
    /// A store to look in: windows:CurrentUser\My, keychain:login, dotnet:My, nss:DIR (a profile of
    /// Firefox), nss: (all profiles), file:DIR, or a path; repeatable [default: all found]
    #[arg(long = "store", value_name = "SPEC", help_heading = "Stores")]
    pub(crate) stores: Vec<StoreSpec>,
    /// Read a password of locked keys from a file; - is standard input; repeatable
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Stores",
        hide_short_help = true
    )]
    pub(crate) unlock_password_file: Vec<PathBuf>,
    /// Take a password of locked keys from an environment variable; repeatable
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Stores",
        hide_short_help = true
    )]
    pub(crate) unlock_password_env: Vec<String>,
    /// Read a password of locked keys from an open file descriptor; repeatable
    #[arg(
        long,
        value_name = "N",
        help_heading = "Stores",
        hide_short_help = true
    )]
    pub(crate) unlock_password_fd: Vec<i32>,
    /// Take a password of locked keys from the operating system's vault; repeatable
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Stores",
        hide_short_help = true
    )]
    pub(crate) unlock_password_vault: Vec<Name>,
    /// Take a password of locked keys from the first line that a command prints; repeatable
    #[arg(
        long,
        value_name = "CMD",
        value_parser = CommandParser,
        value_hint = ValueHint::CommandString,
        help_heading = "Stores",
        hide_short_help = true
    )]
    pub(crate) unlock_password_command: Vec<CommandLine>,
}

impl StoreArgs {
    pub(crate) fn unlock(&self) -> Vec<Source> {
        let files = self.unlock_password_file.iter().map(|file| of_file(file));
        let variables = self.unlock_password_env.iter().cloned().map(Source::Env);
        let descriptors = self.unlock_password_fd.iter().copied().map(of_descriptor);
        let names = self.unlock_password_vault.iter().cloned();
        let commands = self.unlock_password_command.iter().cloned();
        files
            .chain(variables)
            .chain(descriptors)
            .chain(names.map(Source::Vault))
            .chain(commands.map(Source::Command))
            .collect()
    }
}

/// Where the password of a file comes from.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Password")]
pub(crate) struct PasswordArgs {
    /// Read the password from a file; - is standard input
    #[arg(long, value_name = "FILE", group = "password")]
    pub(crate) password_file: Option<PathBuf>,
    /// Take the password from an environment variable
    #[arg(long, value_name = "NAME", group = "password", hide_short_help = true)]
    pub(crate) password_env: Option<String>,
    /// Read the password from an open file descriptor
    #[arg(long, value_name = "N", group = "password", hide_short_help = true)]
    pub(crate) password_fd: Option<i32>,
    /// Take the password from the operating system's vault ('certstow password set'), or from
    /// systemd's credentials
    #[arg(long, value_name = "NAME", group = "password")]
    pub(crate) password_vault: Option<Name>,
    /// Take the password from the first line that a command prints, such as 'pass show backup'; it is
    /// run without a shell
    #[arg(
        long,
        value_name = "CMD",
        value_parser = CommandParser,
        value_hint = ValueHint::CommandString,
        group = "password"
    )]
    pub(crate) password_command: Option<CommandLine>,
    /// Accept the empty password
    #[arg(long, hide_short_help = true)]
    pub(crate) allow_empty_password: bool,
}

impl PasswordArgs {
    pub(crate) fn source(&self) -> Option<Source> {
        let file = self.password_file.as_deref().map(of_file);
        file.or_else(|| self.password_env.clone().map(Source::Env))
            .or_else(|| self.password_fd.map(of_descriptor))
            .or_else(|| self.password_vault.clone().map(Source::Vault))
            .or_else(|| self.password_command.clone().map(Source::Command))
    }
}

fn of_file(file: &Path) -> Source {
    match file.as_os_str() == "-" {
        true => Source::Stdin,
        false => Source::File(file.to_owned()),
    }
}

fn of_descriptor(number: i32) -> Source {
    match number {
        0 => Source::Stdin,
        number => Source::Fd(number),
    }
}
