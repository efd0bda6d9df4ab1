//! Passwords in the operating system's vault.

use certstow_platform::vault::Name;
use clap::{Args, Subcommand};

use super::store::PasswordArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum PasswordCommand {
    /// Keep a password under a name, and read it back
    Set(SetArgs),
    /// Remove a password for good
    Forget {
        /// The name it has
        #[arg(value_name = "NAME")]
        name: Name,
    },
    /// List the names of the passwords that are kept, and where; never the passwords
    List,
}

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// The name it gets: letters, digits, '-', '_' and '.'
    #[arg(value_name = "NAME")]
    pub(crate) name: Name,
    /// Replace the password that has this name
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}
