//! What a doctor is to look at.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::store::{PasswordArgs, StoreArgs};
use crate::schedule::TaskName;

#[derive(Debug, Clone, Args)]
pub(crate) struct DoctorArgs {
    /// A folder that backups go to; repeatable
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) to: Vec<PathBuf>,
    /// Look at what this TOML file for 'certstow backup' names, too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// A certificate that passwords are to be sealed to
    #[arg(long, value_name = "CERT", value_hint = ValueHint::FilePath, help_heading = "Password")]
    pub(crate) escrow: Option<PathBuf>,
    /// Look at what this scheduled task would do, by the options that it was installed with
    #[arg(
        long,
        value_name = "TASK",
        // The groups that clap makes of the options of a struct.
        conflicts_with_all = ["to", "config", "escrow", "StoreArgs", "PasswordArgs"]
    )]
    pub(crate) name: Option<TaskName>,
    /// With --name: the task is one of the machine
    #[arg(long, requires = "name")]
    pub(crate) machine: bool,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}
