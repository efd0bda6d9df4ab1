//! What a backup is to hold, and where it goes.

use std::path::PathBuf;
use std::time::Duration;

use certstow_core::time;
use certstow_platform::os::CommandLine;
use certstow_platform::spec::StoreSpec;
use clap::{Args, Subcommand, ValueHint};

use super::command::CommandParser;
use super::contents::{AlgorithmArgs, ContentArgs};
use super::filter::FilterArgs;
use super::given::Typed;
use super::monitor::MonitorArgs;
use super::spec::SpecParser;
use super::store::{PasswordArgs, StoreArgs};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BackupCommand {
    #[command(subcommand)]
    pub(crate) action: Option<BackupAction>,
    /// Say what would be written, replaced and removed, and why; write nothing, and ask for no password
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) run: Typed<BackupArgs>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BackupAction {
    /// List what a backup holds, without a password
    List(BackupListArgs),
    /// Check that every file of a backup is whole; with the password, that it restores
    Verify(Box<BackupVerifyArgs>),
    /// Put the identities of a backup back into a store
    Restore(Box<BackupRestoreArgs>),
}

/// The options of a run. Each but --config is also a key of the file for --config.
#[derive(Debug, Clone, Args)]
// Unlike mut_arg, this leaves the option in its place.
#[command(mut_args(|argument| match argument.get_id().as_str() {
    "target" => argument.help(
        "The program that has to open the files, which decides the profile: windows2016, macos14, \
         java8, ... ('certstow check FILE' lists them all)"
    ),
    _ if argument.get_help_heading() == Some("Filters") => argument.hide_short_help(true),
    _ => argument,
}))]
pub(crate) struct BackupArgs {
    /// A folder to save to, made if need be; repeatable, and each gets a copy of everything
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) to: Vec<PathBuf>,
    /// Read options from a TOML file; those of the command line come first
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// Write every file anew, also those that are as they were
    #[arg(long)]
    pub(crate) rewrite: bool,
    /// Remove the files of certificates that expired this long ago (90d, 1y), but never the only
    /// copy of a key that is still in a store
    #[arg(long, value_name = "TIME", value_parser = time::parse_span)]
    pub(crate) prune_expired: Option<Duration>,
    /// Begin a new backup in a folder that held one when it was last saved to, and holds none today:
    /// without it, such a folder is refused, since its disk may not be mounted
    #[arg(long, hide_short_help = true)]
    pub(crate) accept_empty: bool,
    /// Keys that are known never to leave their store are no failure; they are still reported
    #[arg(long, hide_short_help = true)]
    pub(crate) skip_not_exportable: bool,
    /// Keys that certstow has no way to prove are no failure; they are still warned about. The
    /// backup remembers it of each
    #[arg(long, hide_short_help = true)]
    pub(crate) allow_unproven: bool,
    /// Refuse a disk or share where other accounts could read the files; without it, warn
    #[arg(long, hide_short_help = true)]
    pub(crate) require_private: bool,
    #[command(flatten)]
    pub(crate) contents: ContentArgs,
    #[command(flatten)]
    pub(crate) algorithms: AlgorithmArgs,
    /// Give every file a random password of its own, kept beside it encrypted to this certificate
    #[arg(
        long,
        value_name = "CERT",
        conflicts_with_all = ["password", "allow_empty_password"],
        value_hint = ValueHint::FilePath,
        help_heading = "Password"
    )]
    pub(crate) escrow: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) filters: Typed<FilterArgs>,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    #[command(flatten)]
    pub(crate) monitor: MonitorArgs,
    /// Run a command if the run did not end with 0, with CERTSTOW_EXIT and CERTSTOW_STATUS in its
    /// environment; without a shell
    #[arg(
        long,
        value_name = "CMD",
        value_parser = CommandParser,
        value_hint = ValueHint::CommandString,
        help_heading = "Monitoring"
    )]
    pub(crate) on_failure: Option<CommandLine>,
}

#[derive(Debug, Args)]
pub(crate) struct BackupListArgs {
    /// The folders of the backup
    #[arg(required = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) folders: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(mut_arg("stores", |store| store.help(
    "Compare with what this store holds: every identity with a private key has to be in the \
     backup, by its thumbprint; repeatable [default: none]"
)))]
#[command(mut_arg("unlock_password_file", |file| file.requires("stores")))]
#[command(mut_arg("unlock_password_env", |name| name.requires("stores")))]
#[command(mut_arg("unlock_password_fd", |number| number.requires("stores")))]
#[command(mut_arg("unlock_password_vault", |name| name.requires("stores")))]
#[command(mut_arg("unlock_password_command", |command| command.requires("stores")))]
pub(crate) struct BackupVerifyArgs {
    /// The folders of the backup
    #[arg(required = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) folders: Vec<PathBuf>,
    /// Fail where no run has looked at every identity for this long: 26h, 8d
    #[arg(long, value_name = "TIME", value_parser = time::parse_span)]
    pub(crate) max_age: Option<Duration>,
    /// Keys that certstow has no way to prove are no failure; they are still warned about
    #[arg(long)]
    pub(crate) allow_unproven: bool,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
    #[command(flatten)]
    pub(crate) opening: OpeningArgs,
    #[command(flatten)]
    pub(crate) monitor: MonitorArgs,
}

#[derive(Debug, Args)]
pub(crate) struct BackupRestoreArgs {
    /// The folder of the backup
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
    /// Which identities: the first digits of a thumbprint (6 or more), or text in label, subject,
    /// e-mail addresses or other alternative names; a whole name goes before longer ones
    /// [default: all]
    pub(crate) selector: Option<String>,
    /// The store that takes them in; a folder is made if need be, and keeps the keys under the
    /// password of the backup
    #[arg(long, value_name = "SPEC", value_parser = SpecParser)]
    pub(crate) into: StoreSpec,
    /// Put them in the place of those that the store has already
    #[arg(long)]
    pub(crate) force: bool,
    /// Have the store never give the private keys out again
    #[arg(long)]
    pub(crate) not_exportable: bool,
    /// Restore what the manifest does not name, too: whoever may write to the folder can have put
    /// it there
    #[arg(long)]
    pub(crate) unnamed: bool,
    /// Keys that certstow has no way to prove are no failure; they are still warned about
    #[arg(long)]
    pub(crate) allow_unproven: bool,
    #[command(flatten)]
    pub(crate) filters: Typed<FilterArgs>,
    #[command(flatten)]
    pub(crate) opening: OpeningArgs,
}

/// What opens the files of a backup.
#[derive(Debug, Args)]
pub(crate) struct OpeningArgs {
    /// Ask for the password at the terminal
    #[arg(long, group = "password", help_heading = "Password")]
    pub(crate) ask_password: bool,
    /// The private key of the certificate that --escrow named: a PEM, DER or PKCS#12 file, opened
    /// by the password if it is locked
    #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath, help_heading = "Password")]
    pub(crate) escrow_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}
