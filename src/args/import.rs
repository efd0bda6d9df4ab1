//! What goes into a store, and how.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::store::{PasswordArgs, StoreArgs};

#[derive(Debug, Args)]
#[command(mut_arg("stores", |store| store.help(
    "The store: windows:CurrentUser\\My, keychain:login, file:DIR, or a folder, which is made if \
     need be [default: asks at a terminal, else your personal store]"
)))]
#[command(mut_arg("unlock_password_file", |file| file.help(
    "Read the password that is to protect the keys in a folder, or that of the store, from a file; \
     - is standard input"
)))]
#[command(mut_arg("unlock_password_env", |name| name.help(
    "Take the password that is to protect the keys in a folder, or that of the store, from an \
     environment variable"
)))]
#[command(mut_arg("unlock_password_fd", |number| number.help(
    "Read the password that is to protect the keys in a folder, or that of the store, from an open \
     file descriptor"
)))]
#[command(mut_arg("unlock_password_vault", |name| name.help(
    "Take the password that is to protect the keys in a folder, or that of the store, from the \
     operating system's vault"
)))]
#[command(mut_arg("unlock_password_command", |command| command.help(
    "Take the password that is to protect the keys in a folder, or that of the store, from the first \
     line that a command prints"
)))]
#[command(mut_arg("password_file", |file| file.help(
    "Read the password that opens the files from a file; - is standard input"
)))]
#[command(mut_arg("password_env", |name| name.help(
    "Take the password that opens the files from an environment variable"
)))]
#[command(mut_arg("password_fd", |number| number.help(
    "Read the password that opens the files from an open file descriptor"
)))]
#[command(mut_arg("password_vault", |name| name.help(
    "Take the password that opens the files from the operating system's vault ('certstow password \
     set'), or from systemd's credentials"
)))]
#[command(mut_arg("password_command", |command| command.help(
    "Take the password that opens the files from the first line that a command prints; it is run \
     without a shell"
)))]
pub(crate) struct ImportArgs {
    /// The files, in any form that 'list' reads, or folders of such; a certificate and its key may
    /// lie in different ones
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub(crate) files: Vec<PathBuf>,
    /// Replace what the store has already, without asking
    #[arg(long)]
    pub(crate) force: bool,
    /// Have the store keep the private keys in: they cannot be exported again
    #[arg(long)]
    pub(crate) not_exportable: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
}
