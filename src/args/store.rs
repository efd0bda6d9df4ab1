//! Which stores are meant, and where passwords come from.

use std::path::PathBuf;

use certstow_core::password::Source;
use certstow_platform::spec::StoreSpec;
use certstow_platform::vault::Name;
use clap::Args;

/// Which stores to look in, and how to open what is locked there.
#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct StoreArgs {
    /// A store to look in: windows:CurrentUser\My, keychain:login, dotnet:My, file:DIR, or a path;
    /// repeatable [default: all found]
    #[arg(long = "store", value_name = "SPEC", help_heading = "Stores")]
    pub(crate) stores: Vec<StoreSpec>,
    /// Read the password of locked keys from a file; - is standard input
    #[arg(long, value_name = "FILE", group = "unlock", help_heading = "Stores")]
    pub(crate) unlock_password_file: Option<PathBuf>,
    /// Take the password of locked keys from an environment variable
    #[arg(long, value_name = "NAME", group = "unlock", help_heading = "Stores")]
    pub(crate) unlock_password_env: Option<String>,
    /// Read the password of locked keys from an open file descriptor
    #[arg(long, value_name = "N", group = "unlock", help_heading = "Stores")]
    pub(crate) unlock_password_fd: Option<i32>,
    /// Take the password of locked keys from the operating system's vault
    #[arg(long, value_name = "NAME", group = "unlock", help_heading = "Stores")]
    pub(crate) unlock_password_vault: Option<Name>,
}

impl StoreArgs {
    pub(crate) fn unlock(&self) -> Option<Source> {
        source(
            self.unlock_password_file.as_ref(),
            self.unlock_password_env.as_ref(),
            self.unlock_password_fd,
            self.unlock_password_vault.as_ref(),
        )
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
    #[arg(long, value_name = "NAME", group = "password")]
    pub(crate) password_env: Option<String>,
    /// Read the password from an open file descriptor
    #[arg(long, value_name = "N", group = "password")]
    pub(crate) password_fd: Option<i32>,
    /// Take the password from the operating system's vault ('certstow password set'), or from
    /// systemd's credentials
    #[arg(long, value_name = "NAME", group = "password")]
    pub(crate) password_vault: Option<Name>,
    /// Accept the empty password
    #[arg(long)]
    pub(crate) allow_empty_password: bool,
}

impl PasswordArgs {
    pub(crate) fn source(&self) -> Option<Source> {
        source(
            self.password_file.as_ref(),
            self.password_env.as_ref(),
            self.password_fd,
            self.password_vault.as_ref(),
        )
    }
}

fn source(
    file: Option<&PathBuf>,
    env: Option<&String>,
    fd: Option<i32>,
    vault: Option<&Name>,
) -> Option<Source> {
    match (file, env, fd, vault) {
        (Some(file), ..) if file.as_os_str() == "-" => Some(Source::Stdin),
        (Some(file), ..) => Some(Source::File(file.clone())),
        (_, Some(name), ..) => Some(Source::Env(name.clone())),
        (.., Some(0), _) => Some(Source::Stdin),
        (.., Some(fd), _) => Some(Source::Fd(fd)),
        (.., Some(name)) => Some(Source::Vault(name.clone())),
        _ => None,
    }
}
